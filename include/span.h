/*
 * span - bytes that belong to somebody else.
 * Shape:  at[0..len); at may be anything where len is 0. No NUL behind them.
 * Owner:  whoever made it says how long the bytes stay.
 */
#ifndef TLSHARDEN_SPAN_H
#define TLSHARDEN_SPAN_H

#include <stddef.h>

struct span {
	const char *at;
	size_t len; /* bytes */
};

#endif
