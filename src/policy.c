/* SPDX-License-Identifier: ISC */
#include "policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "diag.h"
#include "pattern.h"
#include "postfix.h"

/* The summary, and no dump of what was said. */
static bool logs_summary_only(const char *value, size_t len)
{
	return (postfix_loglevel(value, len) & (LOG_SUMMARY | LOG_DUMP)) == LOG_SUMMARY;
}

static const struct rule opportunistic[] = {
	{"smtpd_tls_security_level", "may", "may|encrypt|verify|secure|fingerprint", NULL,
	 "other servers cannot encrypt the mail that they send here"},
	{"smtp_tls_security_level", "may", "may|encrypt|dane|dane-only|fingerprint|verify|secure",
	 NULL, "mail leaves in plaintext even where the other server offers TLS"},
	{"smtp_tls_loglevel", "1", NULL, logs_summary_only,
	 "the log does not show which mail left encrypted"},
	{"smtpd_tls_loglevel", "1", NULL, logs_summary_only,
	 "the log does not show which mail arrived encrypted"},
};

struct policy {
	const struct rule *rules;
	size_t n;
	struct pattern **patterns; /* compiled on first use; NULL before that */
};

struct policy *policy_builtin(const char *name)
{
	static const struct {
		const char *name;
		const struct rule *rules;
		size_t n;
	} table[] = {
		{"opportunistic", opportunistic, sizeof(opportunistic) / sizeof(opportunistic[0])},
	};
	struct policy *p;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, name) != 0)
			continue;
		p = xcalloc(1, sizeof(*p));
		p->rules = table[i].rules;
		p->n = table[i].n;
		p->patterns = xcalloc(p->n, sizeof(struct pattern *));
		return p;
	}
	return NULL;
}

void policy_free(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		pattern_free(p->patterns[i]);
	free(p->patterns);
	free(p);
}

/* Judging one file. */
struct trial {
	struct policy *policy;
	const struct maincf *file;
	struct postfix_view view;
	/* What each rule's parameter will come to, once somebody asked. */
	struct {
		enum { OPEN, BUSY, DONE } state;
		struct verdict verdict;
	} * decided;
};

/* Whether a value is what the rule sets, or what else it accepts; -1 with the cause. */
static int accepts(struct policy *p, const struct rule *r, const char *value, size_t len,
		   struct buf *why)
{
	size_t i = (size_t)(r - p->rules);

	if (strlen(r->set) == len && strncasecmp(r->set, value, len) == 0)
		return 1;
	if (r->meets != NULL)
		return r->meets(value, len);
	if (r->accept == NULL)
		return 0;
	if (p->patterns[i] == NULL)
		p->patterns[i] = pattern_compile(r->accept, why);
	if (p->patterns[i] == NULL)
		return -1;
	return pattern_match(p->patterns[i], value, len, why);
}

/* As accepts(), and for a level also one that protects no less than what the rule sets. */
static int suffices(struct policy *p, const struct rule *r, const char *value, size_t len,
		    struct buf *why)
{
	enum param_kind kind = postfix_kind(r->name);
	enum tls_level level;

	if (kind != PARAM_CLIENT_LEVEL && kind != PARAM_SERVER_LEVEL)
		return accepts(p, r, value, len, why);
	level = postfix_level(kind, value, len);
	if (level == LEVEL_FATAL)
		return 0;
	if (postfix_level_reaches(level, postfix_level(kind, r->set, strlen(r->set))))
		return 1;
	return accepts(p, r, value, len, why);
}

static void unknown(struct verdict *v, struct buf *why)
{
	v->code = VERDICT_UNKNOWN;
	free(v->cause);
	v->cause = buf_detach(why);
	free(v->value);
	v->value = NULL;
}

static void want(struct verdict *v, enum verdict_code code, const char *value, size_t len)
{
	v->code = code;
	free(v->value);
	v->value = xmemdupz(value, len);
}

/* What somebody meant who wrote a value on which Postfix dies: its first word, without quotes. */
static const char *first_word(const char *value, size_t *len)
{
	value += strspn(value, "\"' \t\r\n\v\f");
	*len = strcspn(value, "\"' \t\r\n\v\f,;#");
	return value;
}

static void judge_fatal(struct trial *t, const struct rule *r, struct verdict *v, struct buf *why)
{
	size_t len;
	const char *word = first_word(v->effective, &len);
	int good = suffices(t->policy, r, word, len, why);

	if (good < 0)
		unknown(v, why);
	else if (good)
		want(v, VERDICT_FATAL, word, len);
	else
		want(v, VERDICT_FATAL, r->set, strlen(r->set));
}

static void judge_implied(struct trial *t, const struct rule *r, struct verdict *v, struct buf *why)
{
	struct implied implied;
	const char *name;
	int good;

	if (postfix_implied_level(&t->view, r->name, &implied, why) != EXPAND_OK) {
		unknown(v, why);
		return;
	}
	name = postfix_level_name(implied.level);
	v->effective = xstrdup(name);
	good = suffices(t->policy, r, name, strlen(name), why);
	if (good < 0) {
		unknown(v, why);
	} else if (!good) {
		want(v, VERDICT_UNMET, r->set, strlen(r->set));
	} else {
		want(v, VERDICT_IMPLIED, name, strlen(name));
		buf_addf(why, "%s = yes at line %zu", implied.by, implied.line);
		v->cause = buf_detach(why);
	}
}

/* With TLS from the first byte, Postfix defers what is not sent with mandatory TLS. */
static void judge_wrappermode(struct trial *t, const struct rule *r, struct verdict *v,
			      struct buf *why)
{
	const char *final = v->value != NULL ? v->value : v->effective;
	enum tls_level level;
	size_t line;
	bool on;

	if (v->code == VERDICT_UNKNOWN)
		return;
	level = postfix_level(PARAM_CLIENT_LEVEL, final, strlen(final));
	if (level != LEVEL_NONE && level != LEVEL_MAY)
		return;
	if (postfix_wrappermode(&t->view, r->name, &on, &line, why) != EXPAND_OK) {
		unknown(v, why);
	} else if (on) {
		want(v, VERDICT_WRAPPERMODE, "encrypt", strlen("encrypt"));
		buf_addf(why, "at line %zu", line);
		free(v->cause);
		v->cause = buf_detach(why);
	}
}

static void judge_value(struct trial *t, const struct rule *r, struct verdict *v, struct buf *why)
{
	int good = suffices(t->policy, r, v->effective, strlen(v->effective), why);

	if (good < 0)
		unknown(v, why);
	else if (!good)
		want(v, VERDICT_UNMET, r->set, strlen(r->set));
}

static void judge_level(struct trial *t, const struct rule *r, enum param_kind kind,
			struct verdict *v, struct buf *why)
{
	if (v->effective == NULL)
		judge_implied(t, r, v, why);
	else if (postfix_level(kind, v->effective, strlen(v->effective)) == LEVEL_FATAL)
		judge_fatal(t, r, v, why);
	else
		judge_value(t, r, v, why);
	if (kind == PARAM_CLIENT_LEVEL)
		judge_wrappermode(t, r, v, why);
}

/* Judges an occurrence as if it were in force, or the absence of any. */
static struct verdict judge(struct trial *t, const struct rule *r, size_t occurrence)
{
	struct verdict v = {.rule = r, .code = VERDICT_MET, .occurrence = occurrence};
	enum param_kind kind = postfix_kind(r->name);
	struct buf raw = BUF_INIT, value = BUF_INIT, why = BUF_INIT;
	bool level = kind == PARAM_CLIENT_LEVEL || kind == PARAM_SERVER_LEVEL;

	if (occurrence != MAINCF_NONE) {
		v.line = maincf_first_line(t->file, occurrence);
		maincf_value(t->file, occurrence, &raw);
		v.old = xstrdup(buf_string(&raw));
	}
	if (postfix_expand(&t->view, buf_string(&raw), raw.len, &value, &why) != EXPAND_OK) {
		unknown(&v, &why);
	} else {
		/* For a level, empty is as good as unset: the obsolete parameters speak. */
		if (value.len > 0 || (v.old != NULL && !level))
			v.effective = buf_detach(&value);
		if (level)
			judge_level(t, r, kind, &v, &why);
		else if (v.effective != NULL)
			judge_value(t, r, &v, &why);
		else
			want(&v, VERDICT_UNMET, r->set, strlen(r->set));
	}
	buf_release(&raw);
	buf_release(&value);
	buf_release(&why);
	return v;
}

static void verdict_release(struct verdict *v)
{
	free(v->old);
	free(v->effective);
	free(v->value);
	free(v->cause);
}

static const struct verdict *decided(struct trial *t, size_t rule)
{
	const struct rule *r = &t->policy->rules[rule];

	if (t->decided[rule].state == OPEN) {
		t->decided[rule].state = BUSY;
		t->decided[rule].verdict =
			judge(t, r, maincf_find(t->file, r->name, strlen(r->name)));
		t->decided[rule].verdict.in_force = true;
		t->decided[rule].state = DONE;
	}
	return t->decided[rule].state == DONE ? &t->decided[rule].verdict : NULL;
}

/* What a macro finds that refers to a parameter of the policy: the value as it will be. */
static enum expand_result decide(void *context, const char *name, size_t len, bool *is_ours,
				 struct buf *value, struct buf *why)
{
	struct trial *t = context;
	const struct verdict *v;
	size_t i;

	for (i = 0; i < t->policy->n; i++)
		if (strlen(t->policy->rules[i].name) == len &&
		    memcmp(t->policy->rules[i].name, name, len) == 0)
			break;
	*is_ours = i < t->policy->n;
	if (!*is_ours)
		return EXPAND_OK;
	v = decided(t, i);
	if (v == NULL) {
		buf_addf(why, "$%.*s refers to itself", (int)len, name);
		return EXPAND_MALFORMED;
	}
	if (v->code == VERDICT_UNKNOWN) {
		buf_addf(why, "$%.*s cannot be known: %s", (int)len, name, v->cause);
		return EXPAND_UNKNOWN;
	}
	buf_adds(value, v->value != NULL ? v->value : v->old);
	return EXPAND_OK;
}

static void append(struct verdicts *all, const struct verdict *v)
{
	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	all->v[all->n++] = *v;
}

void policy_judge(struct policy *p, const struct maincf *file, struct verdicts *all)
{
	struct trial t = {.policy = p, .file = file};
	struct verdict v;
	size_t i, at;

	t.view = (struct postfix_view){file, decide, &t};
	t.decided = xcalloc(p->n, sizeof(*t.decided));
	for (i = 0; i < p->n; i++)
		(void)decided(&t, i);
	for (i = 0; i < p->n; i++) {
		append(all, &t.decided[i].verdict);
		at = t.decided[i].verdict.occurrence;
		while (at != MAINCF_NONE && (at = maincf_earlier(file, at)) != MAINCF_NONE) {
			v = judge(&t, &p->rules[i], at);
			append(all, &v);
		}
	}
	free(t.decided);
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
	if (v->old == NULL)
		buf_adds(out, " is not set");
	else if (*v->old == '\0')
		buf_adds(out, " is empty");
	else
		buf_addf(out, " = %.80s%s", v->old, strlen(v->old) > 80 ? "..." : "");
	if (v->old != NULL && v->effective != NULL && strcmp(v->old, v->effective) != 0 &&
	    v->code != VERDICT_IMPLIED)
		buf_addf(out, " (which comes to \"%.40s\")", v->effective);
	if (!v->in_force)
		buf_adds(out, " is overridden further down, but may come alive again");
}

static const char *loglevel_reason(const struct verdict *v)
{
	unsigned features = 0;

	if (postfix_kind(v->rule->name) == PARAM_LOGLEVEL && v->effective != NULL)
		features = postfix_loglevel(v->effective, strlen(v->effective));
	if ((features & LOG_UNKNOWN_WORD) != 0)
		return "Postfix does not know a word of it and logs nothing";
	if ((features & LOG_DUMP) != 0)
		return "the log gets dumps of what is said over TLS";
	return v->rule->why;
}

void verdict_explain(const struct verdict *v, struct buf *out)
{
	describe(v, out);
	switch (v->code) {
	case VERDICT_MET:
		return;
	case VERDICT_UNMET:
		buf_addf(out, ": %s", loglevel_reason(v));
		break;
	case VERDICT_FATAL:
		buf_adds(out, ": the daemon that reads it dies");
		break;
	case VERDICT_WRAPPERMODE:
		buf_addf(out, ": with TLS wrappermode (%s) less than encrypt defers all mail",
			 v->cause);
		break;
	case VERDICT_IMPLIED:
		buf_addf(out, ": only the obsolete %s stands for \"%s\"", v->cause, v->effective);
		break;
	case VERDICT_UNKNOWN:
		buf_addf(out, ": its value cannot be known, so it is left alone: %s", v->cause);
		return;
	}
	buf_addf(out, "; it should be \"%s\"", v->value);
}
