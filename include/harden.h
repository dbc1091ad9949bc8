/*
 * harden - one main.cf from reading to rename, as the options say.
 * Shape:  a file is read, judged and edited in memory; then its findings or its
 *         diff are printed, or it is replaced.
 * Errors: said on standard error; the exit status of the file is returned.
 * Source: what the manual page says of exit status and streams.
 */
#ifndef TLSHARDEN_HARDEN_H
#define TLSHARDEN_HARDEN_H

#include <stdbool.h>

#include "policy.h"

enum harden_mode { HARDEN_APPLY, HARDEN_DRY_RUN, HARDEN_CHECK };

enum exit_status {
	EXIT_IN_ORDER = 0, /* in order, or put in order */
	EXIT_UNMET = 1,    /* an error found, or a rule that stays unmet */
	EXIT_TROUBLE = 2   /* the file is as it was */
};

struct harden_options {
	enum harden_mode mode;
	bool backup;
	const char *backup_dir; /* NULL: beside the file */
	bool colour;
	bool terminal; /* standard output is one: control bytes are made visible */
};

/* A main.cf, or a folder that holds one. */
enum exit_status harden_file(const struct harden_options *, struct policy *, const char *name);
/* Standard input to standard output. */
enum exit_status harden_stream(const struct harden_options *, struct policy *);

#endif
