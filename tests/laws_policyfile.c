/* SPDX-License-Identifier: ISC */
#include "laws.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edit.h"
#include "generate.h"
#include "parameters.h"
#include "policyfile.h"
#include "trial.h"
#include "utf8.h"

/* Files that a policy judges. */
#define FILES 4

/* A policy as text, and what came of it. */
struct bench {
	struct trial trial; /* of the text, to say what is broken */
	struct policy *policy;
	struct policyfile_errors errors;
};

/* ---- what is refused ---- */

/* Each error can be shown, and belongs to a line; they are in the order of the lines. */
static bool check_errors(struct bench *b)
{
	const struct policyfile_error *e = b->errors.v;
	struct trial *t = &b->trial;
	size_t i;

	if ((b->policy == NULL) != (b->errors.n > 0))
		return broken(t, "errors: %zu, but %s policy", b->errors.n,
			      b->policy != NULL ? "a" : "no");
	if (t->old.refused && b->policy != NULL)
		return broken(t, "errors: Postfix refuses the text");
	for (i = 0; i < b->errors.n; i++) {
		if (e[i].line > t->old.nlines || (i > 0 && e[i].line < e[i - 1].line))
			return broken(t, "errors: line %zu of %zu", e[i].line, t->old.nlines);
		if (*e[i].text == '\0' || strlen(e[i].text) > 1000 ||
		    (!utf8_good(e[i].text, strlen(e[i].text)) && utf8_good(t->text, t->len)))
			return broken(t, "errors: said badly: %s", e[i].text);
	}
	return true;
}

/* ---- what is a policy ---- */

static const struct buf *find_value(const struct reading *r, const char *name, const char *suffix)
{
	struct buf full = BUF_INIT;
	size_t i;

	buf_addf(&full, "%s%s", name, suffix);
	i = reading_find(r, full.data, full.len);
	buf_release(&full);
	return i != READING_NONE ? &r->settings[i].value : NULL;
}

/* A text of a rule is what stands in the file, or nothing where nothing stands there. */
static bool same_value(const char *text, const struct buf *value)
{
	return text == NULL || value == NULL ? text == NULL && value == NULL
					     : strcmp(text, buf_string(value)) == 0;
}

static bool check_rule(struct bench *b, const struct rule *rule, const struct reading_setting *s)
{
	struct trial *t = &b->trial;
	const struct buf *why = find_value(&t->old, s->name, ".why");

	if (rule == NULL || strcmp(rule->name, s->name) != 0)
		return broken(t, "rules: none for %s at line %zu", s->name, s->first + 1);
	if (!parameters_known(rule->name, strlen(rule->name)))
		return broken(t, "rules: %s is no parameter", rule->name);
	/* An empty reason is none. */
	if (why != NULL && why->len == 0)
		why = NULL;
	if (!same_value(rule->set, &s->value) ||
	    !same_value(rule->accept, find_value(&t->old, s->name, ".accept")) ||
	    !same_value(rule->why, why))
		return broken(t, "rules: that for %s is another", s->name);
	return true;
}

/* For each setting without a suffix there is a rule, in the order of the file. */
static bool check_rules(struct bench *b)
{
	const struct reading *r = &b->trial.old;
	size_t i, n = 0;

	for (i = 0; i < r->nsettings; i++)
		if (strchr(r->settings[i].name, '.') == NULL &&
		    !check_rule(b, policy_rule(b->policy, n++), &r->settings[i]))
			return false;
	return (n > 0 && policy_rule(b->policy, n) == NULL) ||
	       broken(&b->trial, "rules: more than %zu", n);
}

/* Printed it is a policy again, and printed once more the same text. */
static struct policy *find_twin(struct bench *b)
{
	struct policyfile_errors errors = {0};
	struct buf text = BUF_INIT, again = BUF_INIT;
	struct policy *twin;

	policyfile_print(b->policy, &text);
	twin = policyfile_parse(text.data, text.len, &errors);
	if (twin != NULL)
		policyfile_print(twin, &again);
	if (twin == NULL || !same_buf(&text, &again))
		(void)broken(&b->trial, "twin: %s\n%s", errors.n > 0 ? errors.v[0].text : "another",
			     buf_string(&text));
	policyfile_errors_release(&errors);
	buf_release(&text);
	buf_release(&again);
	return twin;
}

/* ---- what it does to a main.cf ---- */

/* A level in force protects no less than before. */
static bool check_level(struct bench *b, const struct reading *old, const struct reading *new,
			size_t managed)
{
	const char *name = laws_managed[managed];
	struct laws_meaning before, after;
	int was;
	bool good;

	laws_mean(old, managed, reading_find(old, name, strlen(name)), &before);
	laws_mean(new, managed, reading_find(new, name, strlen(name)), &after);
	was = meaning_rank(managed, buf_string(&before.value));
	good = before.known != LAWS_KNOWN || after.known != LAWS_KNOWN ||
	       meaning_rank(managed, buf_string(&after.value)) >= was;
	if (!good)
		(void)broken(&b->trial, "weakened: %s comes to \"%.60s\" and came to \"%.60s\"",
			     name, buf_string(&after.value), buf_string(&before.value));
	buf_release(&before.value);
	buf_release(&after.value);
	return good;
}

/* Of what the policy manages; what it leaves to others it may change by what it sets. */
static bool check_levels(struct bench *b, const struct buf *old_text, const struct buf *new_text)
{
	struct reading old, new;
	size_t i, managed;
	const struct rule *rule;
	bool good = true;

	reading_make(&old, buf_string(old_text), old_text->len);
	reading_make(&new, buf_string(new_text), new_text->len);
	if (new.refused)
		good = broken(&b->trial, "grammar: Postfix refuses the new text");
	for (i = 0; good && (rule = policy_rule(b->policy, i)) != NULL; i++)
		for (managed = SERVER_LEVEL; managed <= CLIENT_LEVEL; managed++)
			if (strcmp(rule->name, laws_managed[managed]) == 0)
				good = good && check_level(b, &old, &new, managed);
	reading_release(&old);
	reading_release(&new);
	return good;
}

/* A second run finds nothing to set. */
static bool check_settled(struct bench *b, const struct buf *text)
{
	struct maincf *file = maincf_parse(buf_string(text), text->len);
	struct verdicts all = {0};
	size_t i;
	bool good;

	policy_judge(b->policy, file, &all);
	for (i = 0; i < all.n && all.v[i].value == NULL; i++)
		;
	good = i == all.n;
	if (!good)
		(void)broken(&b->trial, "again: code %d on %s at line %zu, \"%s\"\n%s",
			     (int)all.v[i].code, all.v[i].rule->name, all.v[i].line, all.v[i].value,
			     buf_string(text));
	verdicts_release(&all);
	maincf_free(file);
	return good;
}

static bool check_file(struct bench *b, struct policy *twin, const struct buf *text)
{
	struct maincf *file = maincf_parse(buf_string(text), text->len);
	struct verdicts one = {0}, two = {0};
	struct buf new_text = BUF_INIT;
	bool good;

	policy_judge(b->policy, file, &one);
	policy_judge(twin, file, &two);
	good = same_verdicts(&one, &two) || broken(&b->trial, "twin: it judges another way");
	trial_act(file, &one);
	edits_apply(maincf_edits(file), buf_string(text), text->len, &new_text);
	good = good && check_levels(b, text, &new_text) && check_settled(b, &new_text);
	verdicts_release(&one);
	verdicts_release(&two);
	maincf_free(file);
	buf_release(&new_text);
	return good;
}

/* The files are other ones for another text. */
static bool check_files(struct bench *b, struct policy *twin)
{
	static const unsigned flags[] = {0, GENERATE_BAD_MACROS};
	uint64_t seed = 0xcbf29ce484222325U;
	struct buf text = BUF_INIT;
	size_t i;
	bool good = true;

	for (i = 0; i < b->trial.len; i++)
		seed = (seed ^ (unsigned char)b->trial.text[i]) * 0x100000001b3U;
	for (i = 0; good && i < FILES; i++) {
		buf_clear(&text);
		generate(seed + i, flags[i % 2], &text);
		good = check_file(b, twin, &text);
	}
	buf_release(&text);
	return good;
}

char *laws_policyfile_broken(const char *text, size_t len)
{
	struct bench b = {.policy = NULL};
	struct policy *twin = NULL;
	bool good;

	trial_init(&b.trial, LAWS_OPPORTUNISTIC, text, len);
	b.policy = policyfile_parse(text, len, &b.errors);
	good = check_errors(&b);
	if (good && b.policy != NULL) {
		twin = find_twin(&b);
		good = b.trial.why.len == 0 && check_rules(&b) && check_files(&b, twin);
	}
	policy_free(b.policy);
	policy_free(twin);
	policyfile_errors_release(&b.errors);
	return trial_end(&b.trial, good);
}
