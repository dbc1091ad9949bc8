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

/*
 * Whose values a reference to a managed parameter finds: those that the policy
 * gives, or those of today. What one that is not set holds today depends on the
 * daemon: nothing, or its default.
 */
enum era { TOMORROW, TODAY_UNSET_EMPTY, TODAY_UNSET_DEFAULT };

struct decided {
	enum { OPEN, BUSY, DONE } state;
	struct verdict verdict;
};

/* Judging one file. */
struct trial {
	struct policy *policy;
	struct maincf *file;
	struct postfix_view view;
	enum era era;
	size_t budget;           /* of all expansions */
	struct decided *decided; /* what each rule's parameter will be, once somebody asked */
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

/* Whether it is known that the client with this level asks for no DNSSEC. */
static bool lacks_dnssec(const struct trial *t, const struct rule *r)
{
	struct buf unused = BUF_INIT;
	bool on, lacks;

	lacks = postfix_dnssec(&t->view, r->name, &on, &unused) == EXPAND_OK && !on;
	buf_release(&unused);
	return lacks;
}

/* Whether Postfix defers all that it would send at this level with TLS from the first byte. */
static bool defers_all(const struct trial *t, const struct rule *r, const char *value)
{
	enum tls_level level = postfix_level(PARAM_CLIENT_LEVEL, value, strlen(value));

	return level == LEVEL_NONE || level == LEVEL_MAY ||
	       (level == LEVEL_DANE && lacks_dnssec(t, r));
}

static void judge_wrappermode(struct trial *t, const struct rule *r, struct verdict *v,
			      struct buf *why)
{
	size_t line;
	bool on;

	if (v->code == VERDICT_UNKNOWN ||
	    !defers_all(t, r, v->value != NULL ? v->value : v->effective))
		return;
	if (postfix_wrappermode(&t->view, r->name, &on, &line, why) != EXPAND_OK) {
		unknown(v, why);
	} else if (on) {
		want(v, VERDICT_WRAPPERMODE, "encrypt", strlen("encrypt"));
		buf_addf(why, "line %zu", line);
		free(v->cause);
		v->cause = buf_detach(why);
	}
}

/* The level of today; LEVEL_FATAL for one that protects nothing, or that nobody can know. */
static enum tls_level find_level_today(const struct trial *t, const struct rule *r, const char *raw)
{
	enum param_kind kind = postfix_kind(r->name);
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct implied implied;
	enum tls_level level = LEVEL_FATAL;

	if (postfix_expand(&t->view, raw, strlen(raw), &value, &why) == EXPAND_OK) {
		if (value.len > 0)
			level = postfix_level(kind, buf_string(&value), value.len);
		else if (postfix_implied_level(&t->view, r->name, &implied, &why) == EXPAND_OK)
			level = implied.level;
	}
	buf_release(&value);
	buf_release(&why);
	return level;
}

/* Whether a level of today would be lost: it protects more, or in another way. */
static bool would_be_lost(enum tls_level today, enum tls_level tomorrow, bool certain)
{
	return today != LEVEL_FATAL && today != tomorrow &&
	       (!postfix_level_reaches(tomorrow, today) ||
		(certain && postfix_level_reaches(today, tomorrow)));
}

/*
 * What a level refers to may change by the policy itself. It must not come down
 * by that: then what it is today is written out. Where today depends on the
 * daemon that reads it, the stronger of both counts.
 */
static void keep_today(struct trial *t, const struct rule *r, struct verdict *v)
{
	static const enum era eras[] = {TODAY_UNSET_EMPTY, TODAY_UNSET_DEFAULT};
	const char *final = v->value != NULL ? v->value : v->effective, *name;
	enum tls_level level, today[2];
	size_t i;

	if (v->code == VERDICT_UNKNOWN ||
	    (v->old != NULL && *v->old != '\0' && strchr(v->old, '$') == NULL))
		return;
	for (i = 0; i < 2; i++) {
		t->era = eras[i];
		today[i] = find_level_today(t, r, v->old != NULL ? v->old : "");
	}
	t->era = TOMORROW;
	level = postfix_level(postfix_kind(r->name), final, strlen(final));
	for (i = 0; i < 2; i++) {
		if (!would_be_lost(today[i], level, today[0] == today[1]))
			continue;
		level = today[i];
		name = postfix_level_name(level);
		want(v, VERDICT_REFERENCE, name, strlen(name));
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
	keep_today(t, r, v);
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
		(void)maincf_value(t->file, occurrence, &raw);
		v.old = xstrdup(buf_string(&raw));
	}
	if (postfix_expand(&t->view, buf_string(&raw), raw.len, &value, &why) != EXPAND_OK) {
		unknown(&v, &why);
	} else {
		/* For a level, empty is as good as unset: the obsolete parameters speak. */
		v.empty = value.len == 0;
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
	if (v->repeated)
		return;
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

/* The rule for a parameter, by number, or the number of rules. */
static size_t find_rule(const struct policy *p, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strlen(p->rules[i].name) == len && memcmp(p->rules[i].name, name, len) == 0)
			break;
	return i;
}

/* Today the file speaks for itself; only of what it does not set the value is told. */
static enum expand_result find_today(const struct trial *t, const struct rule *r, bool *is_ours,
				     struct buf *value)
{
	*is_ours = maincf_find(t->file, r->name, strlen(r->name)) == MAINCF_NONE;
	if (*is_ours && t->era == TODAY_UNSET_DEFAULT && postfix_kind(r->name) == PARAM_LOGLEVEL)
		buf_adds(value, "0");
	return EXPAND_OK;
}

/* What a macro finds that refers to a parameter of the policy. */
static enum expand_result decide(void *context, const char *name, size_t len, bool *is_ours,
				 struct buf *value, struct buf *why)
{
	struct trial *t = context;
	const struct verdict *v;
	size_t i = find_rule(t->policy, name, len);

	*is_ours = i < t->policy->n;
	if (!*is_ours)
		return EXPAND_OK;
	if (t->era != TOMORROW)
		return find_today(t, &t->policy->rules[i], is_ours, value);
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

/*
 * Whether an occurrence has the value of a dead one that was judged: nothing has
 * changed since. A million lines that somebody pasted cost no million judgements.
 */
static bool repeats(const struct trial *t, size_t occurrence, const struct verdict *judged)
{
	struct buf raw = BUF_INIT;
	bool same;

	(void)maincf_value(t->file, occurrence, &raw);
	same = strcmp(buf_string(&raw), judged->old) == 0;
	buf_release(&raw);
	return same;
}

static struct verdict repeat(const struct trial *t, size_t occurrence, const struct verdict *judged)
{
	struct verdict v = *judged;

	v.repeated = true;
	v.occurrence = occurrence;
	v.line = maincf_first_line(t->file, occurrence);
	return v;
}

/* Dead duplicates, each as if it were in force: then it would be what its name stands for. */
static void judge_duplicates(struct trial *t, size_t rule, struct verdicts *all)
{
	size_t at = t->decided[rule].verdict.occurrence, first = all->n;
	struct verdict v;

	t->decided[rule].state = BUSY;
	while (at != MAINCF_NONE && (at = maincf_earlier(t->file, at)) != MAINCF_NONE) {
		if (all->n > first && repeats(t, at, &all->v[all->n - 1]))
			v = repeat(t, at, &all->v[all->n - 1]);
		else
			v = judge(t, &t->policy->rules[rule], at);
		append(all, &v);
	}
	t->decided[rule].state = DONE;
}

void policy_judge(struct policy *p, struct maincf *file, struct verdicts *all)
{
	struct trial t = {.policy = p, .file = file, .era = TOMORROW};
	size_t i;

	/* As much as many files need, and what names that double each other use up in no time. */
	t.budget = ((size_t)16 << 20) + maincf_count(file) * 64;
	t.view = (struct postfix_view){file, decide, &t, &t.budget};
	t.decided = xcalloc(p->n, sizeof(*t.decided));
	for (i = 0; i < p->n; i++)
		(void)decided(&t, i);
	for (i = 0; i < p->n; i++) {
		append(all, &t.decided[i].verdict);
		judge_duplicates(&t, i, all);
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

/* The start of a text. */
static void add_start(struct buf *out, const char *text, size_t most)
{
	size_t len = strlen(text), shown = diag_cut(text, len, most);

	buf_add(out, text, shown);
	buf_adds(out, shown < len ? "..." : "");
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
		add_start(out, v->old, 80);
	}
	if (v->old != NULL && *v->old != '\0' && v->empty) {
		buf_adds(out, " (which expands to nothing)");
	} else if (v->old != NULL && v->effective != NULL && strcmp(v->old, v->effective) != 0 &&
		   *v->old != '\0') {
		buf_adds(out, " (which expands to \"");
		add_start(out, v->effective, 40);
		buf_adds(out, "\")");
	}
	if (!v->in_force)
		buf_adds(out, " is overridden further down, but would count if that line went");
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

void verdict_explain(const struct verdict *v, const char *verb, struct buf *out)
{
	bool server = postfix_kind(v->rule->name) == PARAM_SERVER_LEVEL;

	describe(v, out);
	switch (v->code) {
	case VERDICT_MET:
		break;
	case VERDICT_UNMET:
		buf_addf(out, ": %s", loglevel_reason(v));
		break;
	case VERDICT_FATAL:
		buf_addf(out, ": %s stops with a fatal error on this value",
			 server ? "smtpd(8)" : "smtp(8)");
		break;
	case VERDICT_WRAPPERMODE:
		buf_addf(out, ": with TLS wrappermode (%s) all mail is deferred below encrypt",
			 v->cause);
		break;
	case VERDICT_IMPLIED:
		buf_addf(out, ": only the obsolete %s stands for \"%s\"", v->cause, v->effective);
		break;
	case VERDICT_REFERENCE:
		buf_addf(out, ": what it refers to changes; today it comes to \"%s\"", v->value);
		break;
	case VERDICT_UNKNOWN:
		buf_addf(out, ": left alone, for what it comes to cannot be known: %s", v->cause);
		break;
	}
	if (v->value != NULL)
		buf_addf(out, "; it %s \"%s\"", verb, v->value);
}
