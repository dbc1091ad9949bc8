/* SPDX-License-Identifier: ISC */
/*
 * judge - rules against what a main.cf says: one verdict for each occurrence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "postfix.h"
#include "verdict.h"

/*
 * Whose values a reference to a managed parameter finds: those that the policy
 * gives, or those of today. What one that is not set holds today depends on the
 * daemon: nothing, or its default.
 */
enum era { TOMORROW, TODAY_UNSET_EMPTY, TODAY_UNSET_DEFAULT };

struct decided {
	enum { OPEN, BUSY, DONE } state;
	size_t depth; /* of BUSY: how many were begun before it */
	struct verdict verdict;
};

#define NO_CIRCLE SIZE_MAX

/* Judging one file. */
struct trial {
	struct policy *policy;
	struct maincf *file;
	struct postfix_view view;
	enum era era;
	size_t budget;           /* of all expansions */
	struct decided *decided; /* what each rule's parameter will be, once somebody asked */
	size_t depth;            /* how many are being judged */
	size_t circle;           /* the least depth that one of them came back to, or NO_CIRCLE */
};

/* Of levels at a server all that is mandatory is the same. */
static bool level_meets(enum param_kind kind, const struct rule *r, enum tls_level level)
{
	enum tls_level wanted = postfix_level(kind, r->set, strlen(r->set));

	if (kind == PARAM_SERVER_LEVEL && postfix_level_reaches(wanted, LEVEL_ENCRYPT))
		wanted = LEVEL_ENCRYPT;
	return postfix_level_reaches(level, wanted);
}

/* What the rule sets, expanded; -1 with the cause where a daemon would die on it. */
static int expand_set(const struct trial *t, const struct rule *r, struct buf *set, bool *known,
		      struct buf *why)
{
	struct buf cause = BUF_INIT;
	enum expand_result rc = postfix_expand(&t->view, r->set, strlen(r->set), set, &cause);

	*known = rc == EXPAND_OK;
	if (rc == EXPAND_MALFORMED) {
		buf_addc(why, '"');
		diag_add_start(why, r->set, 60);
		buf_addf(why, "\" does not fit in here: %s", buf_string(&cause));
	}
	buf_release(&cause);
	return rc == EXPAND_MALFORMED ? -1 : 0;
}

/* Whether a value is the one that the rule sets, or what that comes to. */
static int is_set_value(const struct trial *t, const struct rule *r, const char *value, size_t len,
			struct buf *why)
{
	struct buf set = BUF_INIT;
	bool known;
	int rc;

	if (strchr(r->set, '$') == NULL)
		return strlen(r->set) == len && memcmp(r->set, value, len) == 0;
	rc = expand_set(t, r, &set, &known, why);
	if (rc == 0 && known)
		rc = set.len == len && memcmp(buf_string(&set), value, len) == 0;
	buf_release(&set);
	return rc;
}

/* Whether a value meets the rule; -1 with the cause where that cannot be known. */
static int suffices(struct trial *t, const struct rule *r, const char *value, size_t len,
		    struct buf *why)
{
	enum param_kind kind = postfix_kind(r->name);
	enum tls_level level;
	int good;

	switch (kind) {
	case PARAM_CLIENT_LEVEL:
	case PARAM_SERVER_LEVEL:
		level = postfix_level(kind, value, len);
		/* No pattern makes a daemon live on what it dies on. */
		if (level == LEVEL_FATAL)
			return 0;
		good = level_meets(kind, r, level);
		break;
	case PARAM_LOGLEVEL:
		good = postfix_loglevel_reaches(postfix_loglevel(value, len),
						postfix_loglevel(r->set, strlen(r->set)));
		break;
	default:
		good = is_set_value(t, r, value, len, why);
		break;
	}
	return good != 0 ? good : policy_accepts(t->policy, r, value, len, why);
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

/* ---- where the rule's own value would take something away ---- */

/*
 * dane is opportunistic, but with DNSSEC it authenticates the servers that publish
 * TLSA records. encrypt authenticates nobody: it closes the mail to who only
 * listens, and opens it to who stands in between. So what is raised to encrypt
 * from dane becomes dane-only, which has both. The price is that mail to servers
 * without TLSA records waits in the queue, where it is seen; that nobody is
 * authenticated any longer is seen nowhere. Without DNSSEC dane is but may, there
 * is nothing to lose, and dane-only would hold back all mail.
 */
static int keeps_dane(const struct trial *t, const struct rule *r, enum tls_level before,
		      enum tls_level after, struct buf *why)
{
	bool on;

	if (before != LEVEL_DANE || after != LEVEL_ENCRYPT)
		return 0;
	return postfix_dnssec(&t->view, r->name, &on, why) != EXPAND_OK ? -1 : on;
}

static void want_dane_only(struct verdict *v, enum verdict_code code)
{
	want(v, code, "dane-only", strlen("dane-only"));
	free(v->cause);
	v->cause = xstrdup("encrypt would no longer authenticate the servers with TLSA records");
}

/* A summary that is logged today is logged tomorrow, whatever the rule asks for. */
static void want_loglevel(const struct rule *r, struct verdict *v, const char *today, size_t len)
{
	unsigned wanted = postfix_loglevel(r->set, strlen(r->set));
	struct buf value = BUF_INIT;

	if (wanted != 0 || (postfix_loglevel(today, len) & LOG_SUMMARY) == 0)
		buf_adds(&value, r->set);
	if ((postfix_loglevel(today, len) & ~wanted & LOG_SUMMARY) != 0)
		buf_adds(&value, wanted != 0 ? ", summary" : "summary");
	want(v, VERDICT_UNMET, buf_string(&value), value.len);
	buf_release(&value);
}

/* What has macros is set only where it does no harm. */
static void want_text(struct trial *t, const struct rule *r, struct verdict *v,
		      enum verdict_code code, struct buf *why)
{
	struct buf set = BUF_INIT;
	bool unused;

	if (strchr(r->set, '$') != NULL && expand_set(t, r, &set, &unused, why) < 0)
		unknown(v, why);
	else
		want(v, code, r->set, strlen(r->set));
	buf_release(&set);
}

/* The rule's value is to be set in place of what somebody meant by len bytes. */
static void want_rule(struct trial *t, const struct rule *r, struct verdict *v,
		      enum verdict_code code, const char *meant, size_t len, struct buf *why)
{
	enum param_kind kind = postfix_kind(r->name);
	enum tls_level wanted = postfix_level(kind, r->set, strlen(r->set));
	int keeps = 0;

	if (kind == PARAM_LOGLEVEL) {
		want_loglevel(r, v, meant, len);
		return;
	}
	if (kind == PARAM_CLIENT_LEVEL)
		keeps = keeps_dane(t, r, postfix_level(kind, meant, len), wanted, why);
	if (keeps < 0)
		unknown(v, why);
	else if (keeps)
		want_dane_only(v, code);
	else
		want_text(t, r, v, code, why);
}

/* ---- one value of each kind ---- */

/* Blanks and quotes, also those that word processors make: no level has a letter beyond ASCII. */
static bool is_mark(char c)
{
	return c != '\0' && ((unsigned char)c >= 0x80 || strchr("\"' \t\r\n\v\f", c) != NULL);
}

/* What somebody meant who wrote a value on which Postfix dies: its first word, without quotes. */
static const char *first_word(const char *value, size_t *len)
{
	while (is_mark(*value))
		value++;
	for (*len = 0;
	     value[*len] != '\0' && !is_mark(value[*len]) && strchr(",;#", value[*len]) == NULL;)
		++*len;
	return value;
}

static void judge_fatal(struct trial *t, const struct rule *r, struct verdict *v, struct buf *why)
{
	size_t len;
	const char *word = first_word(v->effective, &len);
	int good = suffices(t, r, word, len, why);

	if (good < 0)
		unknown(v, why);
	else if (good)
		want(v, VERDICT_FATAL, word, len);
	else
		want_rule(t, r, v, VERDICT_FATAL, word, len, why);
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
	good = suffices(t, r, name, strlen(name), why);
	if (good < 0) {
		unknown(v, why);
	} else if (!good) {
		want(v, VERDICT_UNMET, r->set, strlen(r->set));
	} else if (implied.level != LEVEL_NONE && !implied.stands_in) {
		want(v, VERDICT_IMPLIED, name, strlen(name));
		buf_addf(why, "%s = yes at line %zu", implied.by, implied.line);
		v->cause = buf_detach(why);
	}
}

static bool defers_all(const struct trial *t, const struct rule *r, const char *value)
{
	return postfix_wrappermode_defers(&t->view, r->name,
					  postfix_level(PARAM_CLIENT_LEVEL, value, strlen(value)));
}

/* Whether dane is what the rule brings, and not what the file has or means. */
static bool brings_dane(const struct verdict *v)
{
	const char *meant;
	size_t len;

	if (v->value == NULL || v->code == VERDICT_REFERENCE ||
	    postfix_level(PARAM_CLIENT_LEVEL, v->value, strlen(v->value)) != LEVEL_DANE)
		return false;
	meant = first_word(v->effective, &len);
	return postfix_level(PARAM_CLIENT_LEVEL, meant, len) != LEVEL_DANE;
}

/*
 * What is deferred today for want of encryption is not to be deferred tomorrow for
 * want of TLSA records: there dane is but may, too. Who has chosen dane keeps it.
 */
static void judge_wrappermode(struct trial *t, const struct rule *r, struct verdict *v,
			      struct buf *why)
{
	struct buf cause = BUF_INIT;
	size_t line;
	bool on, known = postfix_wrappermode(&t->view, r->name, &on, &line, &cause) == EXPAND_OK;

	/* What dane is worth is asked only where it matters. */
	if (v->code == VERDICT_UNKNOWN || (known && !on) ||
	    (!brings_dane(v) && !defers_all(t, r, v->value != NULL ? v->value : v->effective))) {
		buf_release(&cause);
		return;
	}
	buf_clear(why);
	if (!known) {
		buf_adds(why, buf_string(&cause));
		unknown(v, why);
	} else {
		want(v, VERDICT_WRAPPERMODE, "encrypt", strlen("encrypt"));
		if (line > 0)
			buf_addf(why, "line %zu", line);
		else
			buf_adds(why, "set by the policy");
		free(v->cause);
		v->cause = buf_detach(why);
	}
	buf_release(&cause);
}

/* The level that a value means, or that somebody meant who wrote one on which Postfix dies. */
static enum tls_level level_meant(enum param_kind kind, const char *value)
{
	enum tls_level level = postfix_level(kind, value, strlen(value));
	size_t len;

	if (level != LEVEL_FATAL)
		return level;
	value = first_word(value, &len);
	return postfix_level(kind, value, len);
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
			level = level_meant(kind, buf_string(&value));
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
static void keep_today(struct trial *t, const struct rule *r, struct verdict *v, struct buf *why)
{
	static const enum era eras[] = {TODAY_UNSET_EMPTY, TODAY_UNSET_DEFAULT};
	const char *final = v->value != NULL ? v->value : v->effective, *name;
	enum tls_level level, today[2];
	bool certain;
	size_t i;
	int keeps;

	if (v->code == VERDICT_UNKNOWN ||
	    (v->old != NULL && *v->old != '\0' && strchr(v->old, '$') == NULL))
		return;
	for (i = 0; i < 2; i++) {
		t->era = eras[i];
		today[i] = find_level_today(t, r, v->old != NULL ? v->old : "");
	}
	t->era = TOMORROW;
	certain = today[0] == today[1];
	level = postfix_level(postfix_kind(r->name), final, strlen(final));
	for (i = 0; i < 2; i++) {
		if (!would_be_lost(today[i], level, certain))
			continue;
		level = today[i];
		name = postfix_level_name(level);
		want(v, VERDICT_REFERENCE, name, strlen(name));
	}
	/* The value to set is what the reference comes to today: that is why it is set. */
	if (certain && today[0] == level && v->code == VERDICT_UNMET)
		v->code = VERDICT_REFERENCE;
	keeps = certain ? keeps_dane(t, r, today[0], level, why) : 0;
	if (keeps < 0) {
		/* Left alone it would become what it refers to. */
		unknown(v, why);
		v->value = xstrdup(postfix_level_name(today[0]));
	} else if (keeps) {
		want_dane_only(v, VERDICT_REFERENCE);
	}
}

static void judge_value(struct trial *t, const struct rule *r, struct verdict *v, struct buf *why)
{
	int good = suffices(t, r, v->effective, strlen(v->effective), why);

	if (good < 0)
		unknown(v, why);
	else if (!good)
		want_rule(t, r, v, VERDICT_UNMET, v->effective, strlen(v->effective), why);
}

/* Of most parameters it is not known what stands for the lack of them. */
static void judge_unset(struct trial *t, const struct rule *r, struct verdict *v, struct buf *why)
{
	enum param_kind kind = postfix_kind(r->name);
	const char *none = postfix_default(kind);
	int good = kind == PARAM_LOGLEVEL ? suffices(t, r, none, strlen(none), why) : 0;

	if (good < 0)
		unknown(v, why);
	else if (!good)
		want_text(t, r, v, VERDICT_UNMET, why);
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
	keep_today(t, r, v, why);
	if (kind == PARAM_CLIENT_LEVEL)
		judge_wrappermode(t, r, v, why);
}

/* The text that the rule would set, to the byte: it is not asked what it comes to. */
static bool is_rule_text(const struct rule *r, const struct verdict *v)
{
	return postfix_kind(r->name) == PARAM_PLAIN && v->old != NULL &&
	       strcmp(v->old, r->set) == 0;
}

static void judge_expanded(struct trial *t, const struct rule *r, struct verdict *v,
			   struct buf *value, struct buf *why)
{
	enum param_kind kind = postfix_kind(r->name);
	bool level = kind == PARAM_CLIENT_LEVEL || kind == PARAM_SERVER_LEVEL;

	/* For a level, empty is as good as unset: the obsolete parameters speak. */
	v->empty = value->len == 0;
	if (value->len > 0 || (v->old != NULL && !level))
		v->effective = buf_detach(value);
	if (level)
		judge_level(t, r, kind, v, why);
	else if (v->effective == NULL)
		judge_unset(t, r, v, why);
	else
		judge_value(t, r, v, why);
}

/* Judges an occurrence as if it were in force, or the absence of any. */
static struct verdict judge(struct trial *t, const struct rule *r, size_t occurrence)
{
	struct verdict v = {.rule = r, .code = VERDICT_MET, .occurrence = occurrence};
	struct buf raw = BUF_INIT, value = BUF_INIT, why = BUF_INIT;
	enum expand_result rc;

	if (occurrence != MAINCF_NONE) {
		v.line = maincf_first_line(t->file, occurrence);
		(void)maincf_value(t->file, occurrence, &raw);
		v.old = xstrdup(buf_string(&raw));
	}
	rc = postfix_expand(&t->view, buf_string(&raw), raw.len, &value, &why);
	if (rc == EXPAND_OK)
		judge_expanded(t, r, &v, &value, &why);
	else if (rc == EXPAND_MALFORMED || !is_rule_text(r, &v))
		unknown(&v, &why);
	buf_release(&raw);
	buf_release(&value);
	buf_release(&why);
	return v;
}

/*
 * What a parameter comes to hangs on itself, be it that DNSSEC hangs on the level whose
 * worth hangs on DNSSEC. In which order they are asked must not matter: none is known.
 */
static void open_circle(const struct rule *r, struct verdict *v)
{
	struct buf why = BUF_INIT;

	if (v->code == VERDICT_UNKNOWN)
		return;
	buf_addf(&why, "$%s refers to itself", r->name);
	unknown(v, &why);
	buf_release(&why);
}

static void decide_on(struct trial *t, size_t rule)
{
	const struct rule *r = policy_rule(t->policy, rule);
	struct decided *d = &t->decided[rule];
	size_t before = t->circle;

	d->state = BUSY;
	d->depth = t->depth++;
	t->circle = NO_CIRCLE;
	d->verdict = judge(t, r, maincf_find(t->file, r->name, strlen(r->name)));
	d->verdict.in_force = true;
	d->state = DONE;
	t->depth--;
	if (t->circle <= d->depth)
		open_circle(r, &d->verdict);
	/* One that leads further back holds for who asked, too. */
	if (t->circle >= d->depth || t->circle > before)
		t->circle = before;
}

static const struct verdict *decided(struct trial *t, size_t rule)
{
	struct decided *d = &t->decided[rule];

	if (d->state == BUSY && d->depth < t->circle)
		t->circle = d->depth;
	if (d->state == OPEN)
		decide_on(t, rule);
	return d->state == DONE ? &d->verdict : NULL;
}

/* The rule for a parameter, by number, or the number of rules. */
static size_t find_rule(const struct policy *p, const char *name, size_t len)
{
	const struct rule *r;
	size_t i;

	for (i = 0; (r = policy_rule(p, i)) != NULL; i++)
		if (strlen(r->name) == len && memcmp(r->name, name, len) == 0)
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

	*is_ours = i < policy_rules(t->policy);
	if (!*is_ours)
		return EXPAND_OK;
	if (t->era != TOMORROW)
		return find_today(t, policy_rule(t->policy, i), is_ours, value);
	v = decided(t, i);
	if (v == NULL) {
		buf_addf(why, "$%.*s refers to itself", (int)len, name);
		return EXPAND_MALFORMED;
	}
	if (v->code == VERDICT_UNKNOWN) {
		buf_addf(why, "$%.*s cannot be known: %s", (int)len, name, v->cause);
		return EXPAND_UNKNOWN;
	}
	/* What stays unset is for the daemon to say. */
	*is_ours = v->value != NULL || v->old != NULL;
	if (*is_ours)
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
			v = judge(t, policy_rule(t->policy, rule), at);
		append(all, &v);
	}
	t->decided[rule].state = DONE;
	t->circle = NO_CIRCLE;
}

void policy_judge(struct policy *p, struct maincf *file, struct verdicts *all)
{
	struct trial t = {.policy = p, .file = file, .era = TOMORROW, .circle = NO_CIRCLE};
	size_t i, n = policy_rules(p);

	/* As much as many files need, and what names that double each other use up in no time. */
	t.budget = ((size_t)16 << 20) + maincf_count(file) * 64;
	t.view = (struct postfix_view){
		.file = file, .decide = decide, .context = &t, .budget = &t.budget};
	t.decided = xcalloc(n, sizeof(*t.decided));
	for (i = 0; i < n; i++)
		(void)decided(&t, i);
	for (i = 0; i < n; i++) {
		append(all, &t.decided[i].verdict);
		judge_duplicates(&t, i, all);
	}
	free(t.decided);
}
