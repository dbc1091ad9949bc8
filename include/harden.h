/*
 * harden - what a main.cf shall be by a policy, and what is wrong with it.
 * Shape:  the text is judged and edited in memory; then the findings are printed,
 *         or the file is rewritten (rewrite.h).
 * Errors: said on standard error; the exit status of the file is returned.
 * Source: what the manual page says of exit status and streams.
 */
#ifndef TLSHARDEN_HARDEN_H
#define TLSHARDEN_HARDEN_H

#include <stdbool.h>

#include "policy.h"
#include "rewrite.h"

struct harden_options {
	struct rewrite_options rewrite;
	bool check;  /* print findings, write nothing */
	bool strict; /* what is no mere note is a failure */
	bool live;   /* certificates and keys are those of this host */
};

/* A main.cf, or a folder that holds one. */
enum exit_status harden_file(const struct harden_options *, struct policy *, const char *name,
			     struct outcome *);
/* Standard input to standard output. */
enum exit_status harden_stream(const struct harden_options *, struct policy *, struct outcome *);

#endif
