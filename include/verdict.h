/*
 * verdict - what a policy says of a main.cf, and what is to be set by that.
 * Shape:  one verdict for each occurrence of each parameter that the policy manages, or
 *         one for a parameter that the file does not set, sorted by rule.
 * Units:  line numbers physical, from 1; 0 for what the file does not set.
 * Errors: what cannot be known is a verdict of its own, never a guess.
 * Owner:  verdicts_release(); the policy outlives its verdicts.
 * Law:    nothing is weakened: a value that protects as much as the rule asks
 *         keeps its bytes, one that is implied is written out as what it implies.
 * Misses: how a value gets into a file.
 */
#ifndef TLSHARDEN_VERDICT_H
#define TLSHARDEN_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "expand.h"
#include "maincf.h"
#include "policy.h"

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
