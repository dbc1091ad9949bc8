/*
 * outcome - what became of one file, for the summary and for the JSON document.
 * Shape:  filled as the work goes on; diff and changes only where somebody wants
 *         to read them later.
 * Owner:  outcome_release().
 */
#ifndef TLSHARDEN_OUTCOME_H
#define TLSHARDEN_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "finding.h"

struct outcome_change {
	char *parameter;
	size_t line; /* of the old file; for a new setting the one above it */
	char *old;   /* raw value, or NULL where there was none */
	char *new;
	char *why;
};

struct outcome {
	char *path;        /* as it was named */
	char *master_path; /* of the master.cf beside it; findings borrow both */
	bool keep;         /* diff, changes and all findings are wanted */
	bool changed;      /* the file is not what it shall be */
	bool written;      /* it was replaced */
	char *backup;      /* path, or NULL */
	struct buf error;  /* what went wrong, a line each; empty if nothing did */
	struct buf diff;
	struct outcome_change *changes;
	size_t n, cap;
	struct findings findings;
};

/* Notes what went wrong. Raw. */
void outcome_error(struct outcome *, size_t line, const char *text);
/* Takes the reason over. */
void outcome_change(struct outcome *, const char *parameter, size_t line, const char *old,
		    const char *new, struct buf *why);
/* Forgets what was decided: it is decided anew. */
void outcome_clear(struct outcome *);
void outcome_release(struct outcome *);

#endif
