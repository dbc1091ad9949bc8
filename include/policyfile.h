/*
 * policyfile - a policy as text, in the syntax of main.cf.
 * Shape:  NAME = value          is set where the rule is not met;
 *         NAME.accept = pattern what else meets it: PCRE2, the whole value, caseless;
 *         NAME.why = text       what goes wrong where it is not met.
 *         The order of the NAME lines is that of the rules.
 *         A value is written to main.cf as it stands, macros included. Levels and
 *         log levels have none: nobody could say what they are worth.
 * Units:  line numbers physical, from 1; 0 for the file as a whole.
 * Errors: all of a file, sorted by line; a file with errors is no policy.
 * Owner:  policy_free(), policyfile_errors_release().
 * Source: postconf(5) for the syntax, see maincf.h.
 * Misses: reading the file.
 */
#ifndef TLSHARDEN_POLICYFILE_H
#define TLSHARDEN_POLICYFILE_H

#include <stddef.h>

#include "buf.h"
#include "policy.h"

struct policyfile_error {
	size_t line;
	size_t seq; /* order of adding, for errors of one line */
	char *text; /* raw: to be escaped when it is shown */
};

struct policyfile_errors {
	struct policyfile_error *v;
	size_t n, cap;
};

/* The policy, or NULL if there are errors. text need not outlive the call. */
struct policy *policyfile_parse(const char *text, size_t len, struct policyfile_errors *)
	__attribute__((warn_unused_result));
void policyfile_errors_release(struct policyfile_errors *);
/* Appends a policy as text, with comments: parsed again it has the same rules. */
void policyfile_print(const struct policy *, struct buf *out);

#endif
