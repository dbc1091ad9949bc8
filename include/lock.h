/*
 * lock - Postfix's own lock for editing a file, on which postconf -e waits too.
 * Shape:  the lock on FILE is a flock on FILE.tmp, which is also where the new
 *         file is written: who holds it renames it over FILE or removes it.
 * Units:  deadlines by CLOCK_MONOTONIC.
 * Errors: -1 with the cause in why, one phrase; nothing is held and nothing of
 *         ours is left then.
 * Owner:  lock_drop() closes fd; the folder belongs to the caller.
 * Source: Postfix util/edit_file.c.
 * Misses: what is written, and the rename.
 */
#ifndef TLSHARDEN_LOCK_H
#define TLSHARDEN_LOCK_H

#include <stdbool.h>
#include <time.h>

#include "buf.h"

struct lock {
	int folder; /* borrowed */
	int fd;     /* the temporary, open for writing, empty; -1 if not held */
	char *name; /* of the temporary in that folder */
};

#define LOCK_INIT                                                                                  \
	{                                                                                          \
		-1, -1, NULL                                                                       \
	}

/* The moment that many seconds from now. */
struct timespec lock_deadline(int seconds);
/* Takes the lock on a file of the folder, or gives up at the deadline or a signal. */
int lock_take(struct lock *, int folder, const char *file, const struct timespec *deadline,
	      struct buf *why) __attribute__((warn_unused_result));
/* Whether a name of the folder is the locked temporary, or cannot be seen to be something else. */
bool lock_is_ours(const struct lock *, const char *name);
/* Lets go; removes the temporary unless it has become something else. */
void lock_drop(struct lock *, bool remove);

#endif
