/* SPDX-License-Identifier: ISC */
#include "laws.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "diag.h"
#include "edit.h"
#include "pattern.h"
#include "trial.h"
#include "utf8.h"

/* ---- patterns ---- */

/* One of three answers, a cause with the third and only then, and the same when asked again. */
static bool check_match(struct trial *t, struct pattern *p, const char *value, size_t len)
{
	struct buf why = BUF_INIT, again = BUF_INIT;
	int rc = pattern_match(p, value, len, &why);
	bool good = rc >= -1 && rc <= 1 && (rc == -1) == (why.len > 0) &&
		    pattern_match(p, value, len, &again) == rc && same_buf(&why, &again);

	if (!good)
		(void)broken(t, "pattern: %d on %zu bytes, \"%s\"", rc, len, buf_string(&why));
	buf_release(&why);
	buf_release(&again);
	return good;
}

/* A pattern is one, or there is a cause why not. It is asked about the text and its values. */
static bool check_pattern(struct trial *t, const char *pattern)
{
	struct buf why = BUF_INIT;
	struct pattern *p = pattern_compile(pattern, &why);
	bool good = (p == NULL) == (why.len > 0);
	size_t i, at;

	if (!good)
		(void)broken(t, "pattern: \"%s\" says \"%s\"", pattern, buf_string(&why));
	if (good && p != NULL)
		good = check_match(t, p, t->text, t->len);
	for (i = 0; good && p != NULL && i < LAWS_MANAGED; i++) {
		at = reading_find(&t->old, laws_managed[i], strlen(laws_managed[i]));
		if (at != READING_NONE)
			good = check_match(t, p, t->old.settings[at].value.data,
					   t->old.settings[at].value.len);
	}
	pattern_free(p);
	buf_release(&why);
	return good;
}

static bool matches(const struct buf *pattern, const char *value, size_t len)
{
	struct buf why = BUF_INIT;
	struct pattern *p = pattern_compile(buf_string(pattern), &why);
	int rc = p != NULL ? pattern_match(p, value, len, &why) : -1;

	pattern_free(p);
	buf_release(&why);
	return rc == 1;
}

/* A text is described by itself with all that is special quoted, in any case, and no more is. */
static bool check_quoted(struct trial *t, const char *text, size_t len)
{
	struct buf pattern = BUF_INIT, other = BUF_INIT;
	bool good;
	size_t i;

	for (i = 0; i < len && text[i] != '\0'; i++) {
		if (isascii((unsigned char)text[i]) && !isalnum((unsigned char)text[i]))
			buf_addc(&pattern, '\\');
		buf_addc(&pattern, text[i]);
		buf_addc(&other, isascii((unsigned char)text[i]) && isalpha((unsigned char)text[i])
					 ? text[i] ^ 0x20
					 : text[i]);
	}
	good = matches(&pattern, text, other.len) && matches(&pattern, other.data, other.len);
	buf_addc(&other, 'x');
	good = good && !matches(&pattern, other.data, other.len);
	buf_release(&pattern);
	buf_release(&other);
	return good || broken(t, "pattern: a text of %zu bytes does not describe itself", i);
}

/* ---- verdicts ---- */

static size_t managed_of(const struct verdict *v)
{
	size_t i;

	for (i = 0; i < LAWS_MANAGED; i++)
		if (strcmp(laws_managed[i], v->rule->name) == 0)
			break;
	return i;
}

/* What a verdict says of where it belongs to. */
static bool check_subject(struct trial *t, const struct verdict *v)
{
	const struct reading_setting *s;
	size_t in_force = reading_find(&t->old, v->rule->name, strlen(v->rule->name));

	if (v->occurrence == MAINCF_NONE)
		return (in_force == READING_NONE && v->in_force && v->line == 0 &&
			v->old == NULL) ||
		       broken(t, "verdict: %s is set, but is said not to be", v->rule->name);
	if (v->occurrence >= t->old.nsettings)
		return broken(t, "verdict: on no setting");
	s = &t->old.settings[v->occurrence];
	return (strcmp(s->name, v->rule->name) == 0 && v->line == s->first + 1 && v->old != NULL &&
		strcmp(v->old, buf_string(&s->value)) == 0 &&
		v->in_force == (v->occurrence == in_force)) ||
	       broken(t, "verdict: another %s than that at line %zu", v->rule->name, v->line);
}

/* Sorted by rule, in the order of the rules; those of one rule speak of different settings. */
static bool check_order(struct trial *t)
{
	size_t i, j, n[LAWS_MANAGED] = {0};

	for (i = 0; i < t->verdicts.n; i++) {
		if (!check_subject(t, &t->verdicts.v[i]))
			return false;
		n[managed_of(&t->verdicts.v[i])]++;
		if (i > 0 && managed_of(&t->verdicts.v[i]) < managed_of(&t->verdicts.v[i - 1]))
			return broken(t, "verdict: %s is not in its place",
				      t->verdicts.v[i].rule->name);
		for (j = 0; j < i; j++)
			if (t->verdicts.v[j].rule == t->verdicts.v[i].rule &&
			    t->verdicts.v[j].occurrence == t->verdicts.v[i].occurrence)
				return broken(t, "verdict: two on %s at line %zu",
					      t->verdicts.v[i].rule->name, t->verdicts.v[i].line);
	}
	for (i = 0; i < t->old.nsettings; i++)
		if (t->old.settings[i].managed < t->managed)
			n[t->old.settings[i].managed]--;
	for (i = 0; i < t->managed; i++)
		if (n[i] != (reading_find(&t->old, laws_managed[i], strlen(laws_managed[i])) ==
			     READING_NONE))
			return broken(t, "verdict: none on a %s", laws_managed[i]);
	return true;
}

/* A value is to be set but for what is met or unknown, and it is a good one and another. */
static bool check_value(struct trial *t, const struct verdict *v)
{
	bool changes = v->code != VERDICT_MET && v->code != VERDICT_UNKNOWN;

	/* What refers to another level is written out where it cannot be known and must stay. */
	if (v->code == VERDICT_UNKNOWN && v->value != NULL)
		return (v->old != NULL && strchr(v->old, '$') != NULL &&
			strcmp(v->value, "dane") == 0) ||
		       broken(t, "verdict: \"%s\" is unknown and to be set", v->value);
	if ((v->value != NULL) != changes)
		return broken(t, "verdict: code %d on %s, and \"%s\" to be set", (int)v->code,
			      v->rule->name, v->value != NULL ? v->value : "nothing");
	if (changes && (!laws_good_value(t->policy, managed_of(v), v->value, strlen(v->value)) ||
			(v->old != NULL && strcmp(v->value, v->old) == 0)))
		return broken(t, "verdict: \"%s\" is no better for %s", v->value, v->rule->name);
	return true;
}

/* What stands behind a code is told. */
static bool check_cause(struct trial *t, const struct verdict *v)
{
	bool needs = v->code == VERDICT_UNKNOWN || v->code == VERDICT_IMPLIED ||
		     v->code == VERDICT_WRAPPERMODE;

	if (needs && (v->cause == NULL || *v->cause == '\0'))
		return broken(t, "verdict: code %d on %s without a cause", (int)v->code,
			      v->rule->name);
	if (v->code == VERDICT_FATAL &&
	    (v->effective == NULL || meaning_rank(managed_of(v), v->effective) >= 0))
		return broken(t, "verdict: no daemon dies on \"%s\"",
			      v->effective != NULL ? v->effective : "");
	return true;
}

/* A value without a macro is met if it is good, and only then; TLS from the first byte may differ.
 */
static bool check_plain(struct trial *t, const struct verdict *v)
{
	bool good;

	if (v->old == NULL || *v->old == '\0' || strchr(v->old, '$') != NULL)
		return true;
	good = laws_good_value(t->policy, managed_of(v), v->old, strlen(v->old));
	if (good && managed_of(v) == CLIENT_LEVEL && meaning_client_rank(v->old) < 3)
		return v->code == VERDICT_MET || v->code == VERDICT_WRAPPERMODE ||
		       v->code == VERDICT_UNKNOWN || broken(t, "verdict: \"%s\" is good", v->old);
	return good == (v->code == VERDICT_MET) ||
	       (!good && v->code == VERDICT_UNKNOWN && managed_of(v) == CLIENT_LEVEL) ||
	       broken(t, "verdict: code %d on \"%s\"", (int)v->code, v->old);
}

/* encrypt authenticates nobody; with DNSSEC dane does. */
static bool gives_up_dane(const struct trial *t, const char *was, const char *after)
{
	bool dnssec;

	return strcasecmp(was, "dane") == 0 && strcasecmp(after, "encrypt") == 0 &&
	       meaning_dnssec(&t->old, &dnssec) == LAWS_KNOWN && dnssec;
}

/* A level protects no less than before; of levels that are not ordered it is the same. */
static bool check_strength(struct trial *t, const struct verdict *v)
{
	const char *after = v->value != NULL ? v->value : v->effective, *was;
	size_t managed = managed_of(v);
	struct laws_meaning before;
	int rank;
	bool good;

	if (managed > CLIENT_LEVEL || v->code == VERDICT_UNKNOWN)
		return true;
	laws_mean(&t->old, managed, v->occurrence != MAINCF_NONE ? v->occurrence : READING_NONE,
		  &before);
	was = buf_string(&before.value);
	rank = meaning_rank(managed, was);
	if (rank < 0)
		rank = meaning_meant_rank(managed, was);
	good = before.known != LAWS_KNOWN ||
	       (after != NULL && meaning_rank(managed, after) >= rank &&
		(meaning_rank(managed, was) != 4 || strcasecmp(was, after) == 0) &&
		!gives_up_dane(t, was, after));
	if (!good)
		(void)broken(t, "weakened: %s comes to \"%s\" and came to \"%.60s\"", v->rule->name,
			     after != NULL ? after : "", was);
	buf_release(&before.value);
	return good;
}

static bool check_verdicts(struct trial *t)
{
	const struct verdict *v;
	size_t i;

	for (i = 0; i < t->verdicts.n; i++) {
		v = &t->verdicts.v[i];
		if (!check_value(t, v) || !check_cause(t, v) || !check_plain(t, v) ||
		    !check_strength(t, v))
			return false;
	}
	return true;
}

/* What is said is short and names the parameter and the value; whole characters stay whole. */
static bool check_words(struct trial *t, const struct verdict *v)
{
	struct buf said = BUF_INIT, shown = BUF_INIT, value = BUF_INIT;
	bool good;

	verdict_explain(v, "should be", &said);
	diag_escape(&shown, said.data, said.len);
	if (v->value != NULL)
		buf_addf(&value, "should be \"%s\"", v->value);
	good = said.len > 0 && said.len < 1000 && memchr(said.data, '\0', said.len) == NULL &&
	       strstr(said.data, v->rule->name) != NULL &&
	       strstr(said.data, buf_string(&value)) != NULL &&
	       (utf8_good(said.data, said.len) || !utf8_good(t->text, t->len)) &&
	       utf8_shows(shown.data, shown.len);
	if (!good)
		(void)broken(t, "words: %s", buf_string(&said));
	buf_release(&said);
	buf_release(&shown);
	buf_release(&value);
	return good;
}

static bool check_explanations(struct trial *t)
{
	size_t i;

	for (i = 0; i < t->verdicts.n; i++)
		if (!check_words(t, &t->verdicts.v[i]))
			return false;
	return true;
}

/* Who asks again gets the same answer. */
static bool check_repeated(struct trial *t)
{
	struct verdicts again = {0};
	bool same;

	policy_judge(trial_policy(t), t->file, &again);
	same = same_verdicts(&t->verdicts, &again);
	verdicts_release(&again);
	return same || broken(t, "verdict: another one when asked again");
}

static size_t count_unknown(const struct verdicts *verdicts)
{
	size_t i, n = 0;

	for (i = 0; i < verdicts->n; i++)
		n += verdicts->v[i].code == VERDICT_UNKNOWN;
	return n;
}

/* With all values set there is nothing left to set, and no more and no less is known. */
static bool check_settled(struct trial *t)
{
	struct verdicts again = {0};
	struct maincf *file;
	size_t i;
	bool good;

	trial_act(t->file, &t->verdicts);
	edits_apply(maincf_edits(t->file), t->text, t->len, &t->new_text);
	file = maincf_parse(buf_string(&t->new_text), t->new_text.len);
	policy_judge(trial_policy(t), file, &again);
	for (i = 0; i < again.n; i++)
		if (again.v[i].code != VERDICT_MET && again.v[i].code != VERDICT_UNKNOWN)
			break;
	good = i == again.n && again.n == t->verdicts.n &&
	       count_unknown(&again) == count_unknown(&t->verdicts);
	if (!good)
		(void)broken(t, "again: code %d on %s at line %zu of the new text",
			     i < again.n ? (int)again.v[i].code : -1,
			     i < again.n ? again.v[i].rule->name : "any",
			     i < again.n ? again.v[i].line : 0);
	verdicts_release(&again);
	maincf_free(file);
	return good;
}

/* A pattern, held against a text and its values. */
static char *pattern_broken(const char *pattern, const char *text, size_t len)
{
	struct trial t;
	bool good;

	trial_init(&t, LAWS_OPPORTUNISTIC, text, len);
	good = check_pattern(&t, pattern) && check_quoted(&t, pattern, strlen(pattern));
	return trial_end(&t, good);
}

static char *verdicts_broken(enum laws_policy policy, const char *text, size_t len)
{
	struct trial t;
	bool good = true;

	trial_init(&t, policy, text, len);
	policy_judge(trial_policy(&t), t.file, &t.verdicts);
	/* What is refused is judged by nobody; it must do no harm all the same. */
	if (!t.old.refused)
		good = check_order(&t) && check_verdicts(&t) && check_explanations(&t) &&
		       check_repeated(&t) && check_settled(&t);
	return trial_end(&t, good);
}

char *laws_policy_broken(const char *text, size_t len)
{
	const char *nl = len > 0 ? memchr(text, '\n', len) : NULL;
	size_t first = nl != NULL ? (size_t)(nl - text) : len;
	char *pattern = xmemdupz(text, first), *law;
	int policy;

	first += nl != NULL;
	law = pattern_broken(pattern, text + first, len - first);
	for (policy = 0; policy < LAWS_POLICIES && law == NULL; policy++)
		law = verdicts_broken((enum laws_policy)policy, text + first, len - first);
	free(pattern);
	return law;
}
