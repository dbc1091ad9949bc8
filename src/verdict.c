/* SPDX-License-Identifier: ISC */
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "postfix.h"

static void verdict_release(struct verdict *v)
{
	if (v->repeated)
		return;
	free(v->old);
	free(v->effective);
	free(v->value);
	free(v->cause);
}

enum expand_result verdicts_decide(void *context, const char *name, size_t len, bool *is_ours,
				   struct buf *value, struct buf *why)
{
	const struct verdicts *all = context;
	const struct verdict *v;
	size_t i;

	for (i = 0; i < all->n; i++) {
		v = &all->v[i];
		if (!v->in_force || strlen(v->rule->name) != len ||
		    memcmp(v->rule->name, name, len) != 0)
			continue;
		*is_ours = true;
		if (v->code == VERDICT_UNKNOWN) {
			buf_addf(why, "$%.*s cannot be known: %s", (int)len, name, v->cause);
			return EXPAND_UNKNOWN;
		}
		if (v->value != NULL || v->old != NULL)
			buf_adds(value, v->value != NULL ? v->value : v->old);
		return EXPAND_OK;
	}
	return EXPAND_OK;
}

void verdicts_release(struct verdicts *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		verdict_release(&all->v[i]);
	free(all->v);
	*all = (struct verdicts){0};
}

static void describe(const struct verdict *v, struct buf *out)
{
	buf_adds(out, v->rule->name);
	if (v->old == NULL) {
		buf_adds(out, " is not set");
	} else if (*v->old == '\0') {
		buf_adds(out, " is empty");
	} else {
		buf_adds(out, " = ");
		diag_add_start(out, v->old, 80);
	}
	if (v->old != NULL && *v->old != '\0' && v->empty) {
		buf_adds(out, " (which expands to nothing)");
	} else if (v->old != NULL && v->effective != NULL && strcmp(v->old, v->effective) != 0 &&
		   *v->old != '\0') {
		buf_adds(out, " (which expands to \"");
		diag_add_start(out, v->effective, 40);
		buf_adds(out, "\")");
	}
	if (!v->in_force)
		buf_adds(out, " is overridden further down, but would count if that line went");
}

/* What goes wrong where a rule is not met, or NULL where nobody says it. */
static const char *reason(const struct verdict *v)
{
	unsigned features = 0, wanted;

	if (postfix_kind(v->rule->name) == PARAM_LOGLEVEL && v->effective != NULL)
		features = postfix_loglevel(v->effective, strlen(v->effective));
	wanted = postfix_loglevel(v->rule->set, strlen(v->rule->set));
	if ((features & LOG_UNKNOWN_WORD) != 0)
		return "Postfix does not know a word of it and logs nothing";
	if ((features & ~wanted & LOG_DUMP) != 0)
		return postfix_dumped(features & ~wanted);
	return v->rule->why;
}

static void add_unknown(const struct verdict *v, struct buf *out)
{
	buf_addf(out, ": %s, for %s cannot be known: %s",
		 v->value == NULL ? "left alone" : "kept as it is today",
		 v->effective == NULL ? "what it comes to" : "whether that is enough", v->cause);
}

static void add_clause(struct buf *out, const char *mark, const char *clause)
{
	if (clause != NULL)
		buf_addf(out, "%s %s", mark, clause);
}

void verdict_explain(const struct verdict *v, const char *verb, struct buf *out)
{
	describe(v, out);
	switch (v->code) {
	case VERDICT_MET:
		break;
	case VERDICT_UNMET:
		add_clause(out, ":", reason(v));
		add_clause(out, ";", v->cause);
		break;
	case VERDICT_FATAL:
		buf_addf(out, ": %s stops with a fatal error on this value",
			 postfix_daemon(v->rule->name));
		add_clause(out, ";", v->cause);
		break;
	case VERDICT_WRAPPERMODE:
		buf_addf(out, ": with TLS wrappermode (%s) all mail is deferred below encrypt",
			 v->cause);
		break;
	case VERDICT_IMPLIED:
		buf_addf(out, ": only the obsolete %s stands for \"%s\"", v->cause, v->effective);
		break;
	case VERDICT_REFERENCE:
		buf_adds(out, ": what it refers to changes");
		if (v->cause != NULL)
			add_clause(out, ";", v->cause);
		else
			buf_addf(out, "; today it stands for \"%s\"", v->value);
		break;
	case VERDICT_UNKNOWN:
		add_unknown(v, out);
		break;
	case VERDICT_HELD:
		add_clause(out, ": left alone;", v->cause);
		break;
	}
	if (v->value != NULL)
		buf_addf(out, "; it %s \"%s\"", verb, v->value);
}
