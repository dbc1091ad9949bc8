/*
 * explain - what a finding means, why it matters, what to do, and who says so.
 * Errors: none.
 * Source: named in each text.
 * Misses: the short text of a finding, which names lines and values.
 */
#ifndef TLSHARDEN_EXPLAIN_H
#define TLSHARDEN_EXPLAIN_H

#include "buf.h"
#include "finding.h"

struct explanation {
	const char *title;  /* a few words, for tables */
	const char *what;   /* what happens, and why it matters */
	const char *remedy; /* what to do */
	const char *source;
};

/* Never NULL. Static. */
const struct explanation *explanation_of(enum finding_code);
/* Appends it for people, lines of at most 78 columns. */
void explain(enum finding_code, struct buf *out);

#endif
