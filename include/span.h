/*
 * span - bytes that belong to somebody else.
 * Shape:  at[0..len); at may be anything where len is 0. No NUL behind them.
 * Owner:  whoever made it says how long the bytes stay.
 */
#ifndef TLSHARDEN_SPAN_H
#define TLSHARDEN_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "buf.h"

struct span {
	const char *at;
	size_t len; /* bytes */
};

/* Valid until the next change of the buffer. */
static inline struct span span_of_buf(const struct buf *b)
{
	return (struct span){buf_string(b), b->len};
}

/* Goes on by so many bytes, which must be there. */
static inline void span_skip(struct span *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

static inline bool span_begins(struct span s, const char *with, size_t len)
{
	return s.len >= len && memcmp(s.at, with, len) == 0;
}

/* Goes past a text if it is there. */
static inline bool span_take(struct span *s, const char *text, size_t len)
{
	if (!span_begins(*s, text, len))
		return false;
	span_skip(s, len);
	return true;
}

#endif
