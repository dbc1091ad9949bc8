/*
 * years - a log whose stamps have no year -> how many years end in it.
 * Shape:  a small file is looked at as a whole, a large one in many places.
 * Errors: what cannot be read is not looked at.
 * Owner:  nothing is owned; the place in the file stays.
 */
#ifndef TLSHARDEN_YEARS_H
#define TLSHARDEN_YEARS_H

#include <sys/types.h>

#include "maillog.h"

/* What stamp_clock_init() wants to know. */
struct years {
	int last; /* month of the last line, from 0; -1: none was seen without a year */
	int ends; /* of years, between the first line and the last */
};

struct years years_of(int fd, off_t size, struct maillog_reader *);

#endif
