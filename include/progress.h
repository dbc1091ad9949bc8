/*
 * progress - a line that tells how far a long reading has come.
 * Shape:  asked at each step; says something after a second, and then five times a second.
 * Units:  times in nanoseconds of a clock that never goes back.
 * Misses: where the line goes, and whether it is wanted.
 */
#ifndef TLSHARDEN_PROGRESS_H
#define TLSHARDEN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct progress {
	int64_t next; /* when something is said again; 0: the first step is to come */
	bool shown;
};

/*
 * Appends what is to be written over the line that was there, if it is time. total is
 * 0 where it is not known.
 */
void progress_step(struct progress *, int64_t now, uint64_t done, uint64_t total, struct buf *out);
/* Appends what takes the line away, if there is one. */
void progress_end(struct progress *, struct buf *out);

#endif
