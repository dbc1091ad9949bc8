/*
 * policy - rules that say which values are good, and what to set otherwise.
 * Shape:  a policy is a table of rules; judging a main.cf gives one verdict for
 *         each occurrence of each parameter that the policy manages, or one for
 *         a parameter that the file does not set, sorted by rule.
 * Units:  line numbers physical, from 1; 0 for what the file does not set.
 * Errors: what cannot be known is a verdict of its own, never a guess.
 * Owner:  policy_free(), verdicts_release().
 * Law:    nothing is weakened: a value that protects as much as the rule asks
 *         keeps its bytes, one that is implied is written out as what it implies.
 * Misses: files, and how a value gets into one.
 */
#ifndef TLSHARDEN_POLICY_H
#define TLSHARDEN_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "expand.h"
#include "maincf.h"

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
/* The rules in their order; NULL behind the last. */
const struct rule *policy_rule(const struct policy *, size_t i);

enum verdict_code {
	VERDICT_MET,
	VERDICT_UNMET,       /* falls short */
	VERDICT_FATAL,       /* Postfix dies on it */
	VERDICT_WRAPPERMODE, /* with TLS from the first byte Postfix defers all mail */
	VERDICT_IMPLIED,     /* good, but only by what obsolete parameters imply */
	VERDICT_UNKNOWN,     /* cannot be known: nothing is to be changed */
	VERDICT_REFERENCE,   /* refers to what the policy changes, and would be weakened by that */
	VERDICT_HELD         /* to set it would weaken something else (guard.h): cause */
};

struct verdict {
	const struct rule *rule;
	size_t occurrence; /* in the main.cf, or MAINCF_NONE */
	size_t line;       /* of the occurrence */
	char *old;         /* raw value; NULL where there is no occurrence */
	char *effective;   /* what it comes to; NULL where that is not known */
	char *value;       /* what to set; NULL where nothing is to be changed */
	char *cause;       /* what stands behind the code or the value, one phrase; or NULL */
	enum verdict_code code;
	bool in_force; /* the last duplicate, or the only one */
	bool empty;    /* it expands to nothing: what is effective was implied */
	bool repeated; /* the strings are those of the verdict before this one */
};

struct verdicts {
	struct verdict *v;
	size_t n;
	size_t cap;
};

void policy_judge(struct policy *, struct maincf *, struct verdicts *);
void verdicts_release(struct verdicts *);
/* For a view (postfix.h) of what will be: what the parameters are once all values are set. */
enum expand_result verdicts_decide(void *verdicts, const char *name, size_t len, bool *decided,
				   struct buf *value, struct buf *why);
/* Appends, for people, what is wrong, and after the verb ("should be") what to set. */
void verdict_explain(const struct verdict *, const char *verb, struct buf *out);

#endif
