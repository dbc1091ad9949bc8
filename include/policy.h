/*
 * policy - rules that say which values are good, and what to set otherwise.
 * Shape:  a policy is a table of rules, by a name or from a file (policyfile.h).
 * Errors: a pattern that is none, or that gives up on a value, is -1 with the cause.
 * Owner:  policy_free().
 * Misses: main.cf, and what the rules make of it (verdict.h).
 */
#ifndef TLSHARDEN_POLICY_H
#define TLSHARDEN_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct policy;

/*
 * What meets a rule is decided by the kind of its parameter: a level that protects
 * no less, a log level that logs no less and dumps no more, else the same value.
 */
struct rule {
	const char *name;   /* parameter */
	const char *set;    /* value to set where the rule is not met, as it is to be written */
	const char *accept; /* PCRE2 pattern of what else meets it, or NULL */
	const char *why;    /* what goes wrong where it is not met, or NULL */
};

/* A built-in policy by name, or NULL if there is none of that name. Freed by policy_free(). */
struct policy *policy_builtin(const char *name) __attribute__((warn_unused_result));
/* The names of those, in the order in which to list them; NULL behind the last. */
const char *policy_builtin_name(size_t i);

/* A policy without rules, to be given some. about is one line. Freed by policy_free(). */
struct policy *policy_new(const char *name, const char *about) __attribute__((warn_unused_result));
/* Copies a rule behind the others, before the policy judges anything. */
void policy_add(struct policy *, const struct rule *);
/* Compiles the pattern of a rule, if it has one: -1 with the cause in why if it is none. */
int policy_compile(struct policy *, size_t rule, struct buf *why)
	__attribute__((warn_unused_result));
void policy_free(struct policy *);

/* All borrowed until policy_free(). */
const char *policy_name(const struct policy *);
const char *policy_about(const struct policy *);
size_t policy_rules(const struct policy *);
/* The rules in their order; NULL behind the last. */
const struct rule *policy_rule(const struct policy *, size_t i);

/*
 * Whether the pattern of one of the rules, if it has one, describes a value; -1 with the
 * cause in why where the pattern is none or gives up.
 */
int policy_accepts(struct policy *, const struct rule *, const char *value, size_t len,
		   struct buf *why) __attribute__((warn_unused_result));

#endif
