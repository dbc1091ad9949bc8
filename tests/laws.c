/* SPDX-License-Identifier: ISC */
#include "laws.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edit.h"
#include "trial.h"
#include "udiff.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

void laws_outcome_release(struct laws_outcome *o)
{
	buf_release(&o->text);
}

/* No edits, the same bytes. */
static bool check_identity(struct trial *t)
{
	struct buf out = BUF_INIT;
	const struct edits *edits = maincf_edits(t->file);
	bool same;

	edits_apply(edits, t->text, t->len, &out);
	same = edits->n == 0 && same_bytes(out.data, out.len, t->text, t->len);
	buf_release(&out);
	return same || broken(t, "identity: reading and writing changed the text");
}

static bool check_errors(struct trial *t)
{
	const struct maincf_error *e;
	size_t i, n = maincf_errors(t->file, &e);

	if ((n > 0) != t->old.refused)
		return broken(t, "grammar: Postfix %s the text, the model does not",
			      t->old.refused ? "refuses" : "takes");
	for (i = 0; i < n; i++) {
		if (e[i].line < 1 || e[i].line > t->old.nlines ||
		    (i > 0 && e[i].line < e[i - 1].line))
			return broken(t, "grammar: error at line %zu of %zu", e[i].line,
				      t->old.nlines);
		if (e[i].text < t->text || e[i].text + e[i].len > t->text + t->len)
			return broken(t, "grammar: the text of an error is none of the file's");
	}
	return true;
}

static bool check_setting(struct trial *t, size_t i)
{
	const struct reading_setting *s = &t->old.settings[i];
	struct buf value = BUF_INIT;
	size_t len, at;
	const char *name = maincf_name(t->file, i, &len);
	bool good;

	maincf_value(t->file, i, &value);
	good = same_bytes(name, len, s->name, strlen(s->name)) && same_buf(&value, &s->value) &&
	       maincf_first_line(t->file, i) == s->first + 1 &&
	       maincf_last_line(t->file, i) == s->last + 1;
	buf_release(&value);
	if (!good)
		return broken(t, "grammar: %s at line %zu is read another way", s->name,
			      s->first + 1);
	at = maincf_find(t->file, s->name, strlen(s->name));
	if (at != reading_find(&t->old, s->name, strlen(s->name)))
		return broken(t, "grammar: another %s is in force", s->name);
	for (at = i; at-- > 0;)
		if (strcmp(t->old.settings[at].name, s->name) == 0)
			break;
	if (maincf_earlier(t->file, i) != (at == (size_t)-1 ? MAINCF_NONE : at))
		return broken(t, "grammar: another %s comes before line %zu", s->name,
			      s->first + 1);
	return true;
}

/* The model and our own reading say the same. */
static bool check_model(struct trial *t)
{
	size_t i;

	if (maincf_count(t->file) != t->old.nsettings)
		return broken(t, "grammar: %zu settings, the model has %zu", t->old.nsettings,
			      maincf_count(t->file));
	for (i = 0; i < t->old.nsettings; i++)
		if (!check_setting(t, i))
			return false;
	return true;
}

static bool check_explanations(struct trial *t)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < t->verdicts.n; i++) {
		buf_clear(&text);
		verdict_explain(&t->verdicts.v[i], "should be", &text);
		if (text.len == 0 || strstr(text.data, t->verdicts.v[i].rule->name) == NULL)
			break;
	}
	buf_release(&text);
	return i == t->verdicts.n || broken(t, "verdicts: nothing is said of one");
}

/* A policy that went through text and back says the same. */
static bool check_twin(struct trial *t)
{
	struct verdicts twin = {0};
	bool same;

	if (trial_twin(t) == NULL)
		return broken(t, "twin: the policy as text is none");
	policy_judge(trial_twin(t), t->file, &twin);
	same = same_verdicts(&t->verdicts, &twin);
	verdicts_release(&twin);
	return same || broken(t, "twin: the policy as text says something else");
}

/* Judges, edits, and reads what comes out. */
static bool harden(struct trial *t)
{
	const struct edits *edits;

	policy_judge(trial_policy(t), t->file, &t->verdicts);
	if (!check_twin(t))
		return false;
	trial_act(t->file, &t->verdicts);
	edits = maincf_edits(t->file);
	edits_apply(edits, t->text, t->len, &t->new_text);
	reading_make(&t->new, buf_string(&t->new_text), t->new_text.len);
	t->changed = !same_bytes(t->text, t->len, t->new_text.data, t->new_text.len);
	if (t->new.refused)
		return broken(t, "grammar: Postfix refuses the new text");
	if (t->changed != (edits->n > 0))
		return broken(t, "edits: %zu, but the text %s", edits->n,
			      t->changed ? "is another" : "is the same");
	return check_explanations(t);
}

static size_t count_managed(const struct reading *r, size_t managed)
{
	size_t i, n = 0;

	for (i = 0; i < r->nsettings; i++)
		n += r->settings[i].managed == managed;
	return n;
}

/* Whether a setting of the new text is one that was added. */
static bool is_added(const struct trial *t, size_t i)
{
	size_t managed = t->new.settings[i].managed;

	return managed < t->managed && count_managed(&t->old, managed) == 0;
}

/* The same names in the same order, but for what was added; the same values, but for the managed.
 */
static bool check_settings(struct trial *t)
{
	size_t i, j;

	for (i = j = 0; j < t->new.nsettings; j++) {
		if (is_added(t, j))
			continue;
		if (i == t->old.nsettings ||
		    strcmp(t->old.settings[i].name, t->new.settings[j].name) != 0)
			return broken(t, "others: %s at line %zu was not there",
				      t->new.settings[j].name, t->new.settings[j].first + 1);
		if (t->old.settings[i].managed >= t->managed &&
		    !same_buf(&t->old.settings[i].value, &t->new.settings[j].value))
			return broken(t, "others: %s has another value", t->old.settings[i].name);
		i++;
	}
	if (i < t->old.nsettings)
		return broken(t, "others: %s is gone", t->old.settings[i].name);
	for (i = 0; i < t->managed; i++)
		if (count_managed(&t->old, i) == 0 && count_managed(&t->new, i) > 1)
			return broken(t, "others: %s was added twice", laws_managed[i]);
	return true;
}

/* The setting of the new text that the i-th one of the old text has become. */
static size_t successor(const struct trial *t, size_t i)
{
	size_t j;

	for (j = 0; j < t->new.nsettings; j++)
		if (!is_added(t, j) && i-- == 0)
			break;
	return j;
}

static const struct verdict *verdict_of(const struct trial *t, size_t setting)
{
	size_t i;

	for (i = 0; i < t->verdicts.n; i++)
		if (t->verdicts.v[i].occurrence == setting)
			return &t->verdicts.v[i];
	return NULL;
}

static const struct verdict *verdict_in_force(const struct trial *t, size_t managed)
{
	size_t i;

	for (i = 0; i < t->verdicts.n; i++)
		if (t->verdicts.v[i].in_force &&
		    strcmp(t->verdicts.v[i].rule->name, laws_managed[managed]) == 0)
			return &t->verdicts.v[i];
	return NULL;
}

static const char *line_text(const struct reading *r, size_t line, size_t *len)
{
	*len = r->lines[line].to - r->lines[line].from;
	return r->text + r->lines[line].from;
}

/* What was changed is one line, which up to '=' and in its ending is the old one. */
static bool check_form(struct trial *t, const struct reading_setting *before,
		       const struct reading_setting *after)
{
	size_t old_len, new_len, n;
	const char *old = line_text(&t->old, before->first, &old_len);
	const char *new = line_text(&t->new, after->first, &new_len);

	if (after->first != after->last)
		return broken(t, "form: %s goes on at line %zu", after->name, after->last + 1);
	n = strlen(before->name);
	if (before->sign_on_first) {
		n = (size_t)((const char *)memchr(old, '=', old_len) - old) + 1;
		while (before->first == before->last && before->value.len > 0 &&
		       reading_is_space(old[n]))
			n++;
	}
	if (n > new_len || memcmp(old, new, n) != 0)
		return broken(t, "form: the spacing of %s is another one", before->name);
	if (!before->sign_on_first && strncmp(new + n, " = ", 3) != 0)
		return broken(t, "form: %s has no '=' on its line", before->name);
	if (old[old_len - 1] == '\n' && new[new_len - 1] != '\n')
		return broken(t, "form: %s lost its line ending", before->name);
	if (old_len >= 2 && old[old_len - 1] == '\n' &&
	    (old[old_len - 2] == '\r') != (new[new_len - 2] == '\r'))
		return broken(t, "form: %s has another line ending", before->name);
	return true;
}

static bool same_lines(const struct trial *t, const struct reading_setting *before,
		       const struct reading_setting *after)
{
	size_t i, old_len, new_len;
	const char *old, *new;

	if (before->last - before->first != after->last - after->first)
		return false;
	for (i = 0; i <= before->last - before->first; i++) {
		old = line_text(&t->old, before->first + i, &old_len);
		new = line_text(&t->new, after->first + i, &new_len);
		if (old[old_len - 1] != '\n' && new_len > old_len)
			new_len = old_len;
		if (!same_bytes(old, old_len, new, new_len))
			return false;
	}
	return true;
}

/* What keeps its value keeps its bytes; what is unknown keeps its value. */
static bool check_kept(struct trial *t, size_t i)
{
	const struct reading_setting *before = &t->old.settings[i];
	const struct reading_setting *after = &t->new.settings[successor(t, i)];
	const struct verdict *v = verdict_of(t, i);

	if (v == NULL)
		return broken(t, "verdicts: none on %s at line %zu", before->name,
			      before->first + 1);
	if (v->code != VERDICT_MET && (v->code != VERDICT_UNKNOWN || v->value != NULL))
		return check_form(t, before, after);
	if (!same_lines(t, before, after))
		return broken(t, "kept: %s at line %zu is not to be changed, but was", before->name,
			      before->first + 1);
	return true;
}

/* Whether a switch, if it is set, could make the level beside it unknown. */
static bool is_dubious(const struct reading *r, const char *name)
{
	size_t i = reading_find(r, name, strlen(name));
	const char *value = i != READING_NONE ? buf_string(&r->settings[i].value) : "no";

	return strcasecmp(value, "yes") != 0 && strcasecmp(value, "no") != 0;
}

/* Whether a value has a macro of that name. */
static bool refers_to(const char *value, const char *name)
{
	size_t len = strlen(name);

	while ((value = strchr(value, '$')) != NULL) {
		value += 1 + strspn(value + 1, "{( ");
		if (strncmp(value, name, len) == 0 && !isalnum((unsigned char)value[len]) &&
		    value[len] != '_')
			return true;
	}
	return false;
}

/* Whether the value of a setting leads to a name, by itself or by what it refers to. */
static bool leads_to(const struct reading *r, size_t setting, const char *goal, bool *seen)
{
	const char *value = buf_string(&r->settings[setting].value);
	size_t i;

	if (refers_to(value, goal))
		return true;
	seen[setting] = true;
	for (i = 0; i < r->nsettings; i++)
		if (!seen[i] &&
		    reading_find(r, r->settings[i].name, strlen(r->settings[i].name)) == i &&
		    refers_to(value, r->settings[i].name) && leads_to(r, i, goal, seen))
			return true;
	return false;
}

/* Where DNSSEC hangs on the very level that hangs on DNSSEC, neither may be known. */
static bool goes_round(const struct reading *r)
{
	size_t i = reading_find(r, "smtp_dns_support_level", strlen("smtp_dns_support_level"));
	bool *seen = xcalloc(r->nsettings + 1, sizeof(*seen));
	bool round = i != READING_NONE && leads_to(r, i, "smtp_tls_security_level", seen);

	free(seen);
	return round;
}

/* What is called unknown has a macro, or beside it a switch that is not plainly yes or no. */
static bool may_be_unknown(const struct trial *t, size_t managed, size_t setting)
{
	static const char *const client[] = {"smtp_use_tls", "smtp_enforce_tls",
					     "smtp_tls_enforce_peername", "smtp_tls_wrappermode"};
	static const char *const server[] = {"smtpd_use_tls", "smtpd_enforce_tls"};
	const char *dns = laws_managed[DNS_SUPPORT];
	size_t i;

	if (setting != READING_NONE &&
	    strchr(buf_string(&t->old.settings[setting].value), '$') != NULL)
		return true;
	if (managed == CLIENT_LEVEL && goes_round(&t->old))
		return true;
	/* What dane is worth depends on it. */
	i = reading_find(&t->old, dns, strlen(dns));
	if (managed == CLIENT_LEVEL && t->policy == LAWS_MANDATORY && i != READING_NONE &&
	    strchr(buf_string(&t->old.settings[i].value), '$') != NULL)
		return true;
	for (i = 0; managed == CLIENT_LEVEL && i < COUNT(client); i++)
		if (is_dubious(&t->old, client[i]))
			return true;
	for (i = 0; managed == SERVER_LEVEL && i < COUNT(server); i++)
		if (is_dubious(&t->old, server[i]))
			return true;
	return false;
}

/* What is as good as nothing with TLS from the first byte: may, and dane without DNSSEC. */
static bool is_weak_at_first_byte(const struct trial *t, const char *level)
{
	bool on, known = meaning_dnssec(&t->new, &on) == LAWS_KNOWN && !goes_round(&t->old);

	return meaning_client_rank(level) < 2 || (meaning_client_rank(level) == 2 && known && !on);
}

static bool good_with_wrappermode(const struct trial *t, const struct laws_meaning *m)
{
	bool on = false;

	if (!is_weak_at_first_byte(t, buf_string(&m->value)))
		return true;
	return meaning_switch(&t->new, "smtp_tls_wrappermode", &on) == LAWS_KNOWN && !on;
}

/* Of a setting of the new text. */
static bool is_good(const struct trial *t, size_t managed, const struct laws_meaning *m)
{
	return laws_good_value(t->policy, managed, buf_string(&m->value), m->value.len) &&
	       !m->implied && (managed != CLIENT_LEVEL || good_with_wrappermode(t, m));
}

/* A setting of the new text meets the policy, or it cannot be known. */
static bool check_met(struct trial *t, size_t i)
{
	size_t managed = t->new.settings[i].managed;
	struct laws_meaning m;
	bool good;

	laws_mean(&t->new, managed, i, &m);
	good = m.known == LAWS_TOO_LONG || (m.known == LAWS_KNOWN && is_good(t, managed, &m));
	if (!good)
		(void)broken(t, "policy: %s at line %zu of the new text is %s%.60s",
			     laws_managed[managed], t->new.settings[i].first + 1,
			     m.known == LAWS_KNOWN ? "" : "unknown: ", buf_string(&m.value));
	buf_release(&m.value);
	return good;
}

/* A setting of the old text that meets the policy, beside the others as they are now, is kept. */
static bool check_not_touched(struct trial *t, size_t i)
{
	struct reading_setting *after = &t->new.settings[successor(t, i)];
	struct buf value = BUF_INIT, swap;
	struct laws_meaning m;
	bool good;

	if (same_buf(&after->value, &t->old.settings[i].value))
		return true;
	/* What is written out lest a reference weaken it was good: see "weakened". */
	if ((verdict_of(t, i)->code == VERDICT_REFERENCE ||
	     verdict_of(t, i)->code == VERDICT_UNKNOWN) &&
	    memchr(t->old.settings[i].value.data, '$', t->old.settings[i].value.len) != NULL)
		return true;
	buf_add(&value, t->old.settings[i].value.data, t->old.settings[i].value.len);
	swap = after->value;
	after->value = value;
	laws_mean(&t->new, after->managed, (size_t)(after - t->new.settings), &m);
	good = m.known != LAWS_KNOWN || !is_good(t, after->managed, &m);
	value = after->value;
	after->value = swap;
	if (!good)
		(void)broken(t, "kept: %s at line %zu was good enough, but was changed",
			     after->name, t->old.settings[i].first + 1);
	buf_release(&m.value);
	buf_release(&value);
	return good;
}

static bool check_managed_setting(struct trial *t, size_t i)
{
	const struct verdict *v = verdict_of(t, i);

	if (!check_kept(t, i) || !check_not_touched(t, i))
		return false;
	if (v->code != VERDICT_UNKNOWN)
		return check_met(t, successor(t, i));
	return may_be_unknown(t, t->old.settings[i].managed, i) ||
	       broken(t, "unknown: why is %s at line %zu", v->rule->name, v->line);
}

/* A managed parameter that was not set is set now, unless it cannot be known. */
static bool check_missing(struct trial *t, size_t managed)
{
	const char *name = laws_managed[managed];
	const struct verdict *v = verdict_in_force(t, managed);
	size_t i = reading_find(&t->new, name, strlen(name));

	if (v == NULL)
		return broken(t, "verdicts: none on %s", name);
	if (v->code == VERDICT_UNKNOWN)
		return (i == READING_NONE && may_be_unknown(t, managed, READING_NONE)) ||
		       broken(t, "unknown: why is %s", name);
	return i == READING_NONE ? broken(t, "policy: %s is not set", name) : check_met(t, i);
}

static bool check_managed(struct trial *t)
{
	size_t i;

	for (i = 0; i < t->old.nsettings; i++)
		if (t->old.settings[i].managed < t->managed && !check_managed_setting(t, i))
			return false;
	for (i = 0; i < t->managed; i++)
		if (count_managed(&t->old, i) == 0 && !check_missing(t, i))
			return false;
	return true;
}

/* The level in force protects no less than before; of levels that are not ordered it is the same.
 */
static bool check_level(struct trial *t, size_t managed)
{
	const char *name = laws_managed[managed];
	struct laws_meaning before, after;
	int old, new;
	bool good;

	if (verdict_in_force(t, managed)->code == VERDICT_UNKNOWN)
		return true;
	laws_mean(&t->old, managed, reading_find(&t->old, name, strlen(name)), &before);
	laws_mean(&t->new, managed, reading_find(&t->new, name, strlen(name)), &after);
	old = meaning_rank(managed, buf_string(&before.value));
	new = meaning_rank(managed, buf_string(&after.value));
	if (old < 0)
		old = meaning_meant_rank(managed, buf_string(&before.value));
	good = before.known != LAWS_KNOWN || after.known != LAWS_KNOWN || new >= old;
	if (good && before.known == LAWS_KNOWN && after.known == LAWS_KNOWN && old == 4 &&
	    meaning_client_rank(buf_string(&before.value)) == 4)
		good = strcasecmp(buf_string(&before.value), buf_string(&after.value)) == 0;
	if (!good)
		(void)broken(t, "weakened: %s comes to \"%.60s\" and came to \"%.60s\"", name,
			     buf_string(&after.value), buf_string(&before.value));
	buf_release(&before.value);
	buf_release(&after.value);
	return good;
}

/* The servers that DANE authenticates are authenticated tomorrow. */
static bool check_authentication(struct trial *t)
{
	const char *name = laws_managed[CLIENT_LEVEL];
	struct laws_meaning before, after;
	bool was, is, good = true;

	laws_mean(&t->old, CLIENT_LEVEL, reading_find(&t->old, name, strlen(name)), &before);
	laws_mean(&t->new, CLIENT_LEVEL, reading_find(&t->new, name, strlen(name)), &after);
	if (before.known == LAWS_KNOWN && after.known == LAWS_KNOWN &&
	    meaning_dnssec(&t->old, &was) == LAWS_KNOWN &&
	    meaning_dnssec(&t->new, &is) == LAWS_KNOWN && was &&
	    meaning_client_rank(buf_string(&before.value)) == 2)
		good = is && strcasecmp(buf_string(&after.value), "encrypt") != 0;
	if (!good)
		(void)broken(t, "weakened: dane is given up for \"%.60s\"",
			     buf_string(&after.value));
	buf_release(&before.value);
	buf_release(&after.value);
	return good;
}

/* Whether neither a level nor what it may be implied by has a macro. */
static bool is_plain(const struct reading *r, size_t managed)
{
	static const char *const all[] = {
		"smtp_use_tls",          "smtp_enforce_tls", "smtp_tls_enforce_peername",
		"smtp_tls_wrappermode",  "smtpd_use_tls",    "smtpd_enforce_tls",
		"smtp_dns_support_level"};
	const char *name = laws_managed[managed];
	size_t i, at = reading_find(r, name, strlen(name));

	if (at != READING_NONE && strchr(buf_string(&r->settings[at].value), '$') != NULL)
		return false;
	for (i = 0; i < COUNT(all); i++) {
		at = reading_find(r, all[i], strlen(all[i]));
		if (at != READING_NONE && strchr(buf_string(&r->settings[at].value), '$') != NULL)
			return false;
	}
	return true;
}

/* The level that the one of the old text is to become, in a static buffer. */
static const char *wanted_level(const struct trial *t, size_t managed, const char *before)
{
	static char word[32];
	const char *least = laws_wanted(t->policy, managed);
	size_t len = strlen(before);
	bool on = false, dnssec, brought;

	if (meaning_rank(managed, before) < 0) {
		before += strspn(before, " \t\r\n\v\f\"'" BEYOND_ASCII);
		len = strcspn(before, " \t\r\n\v\f\"',;#" BEYOND_ASCII);
	}
	(void)snprintf(word, sizeof(word), "%.*s", len < sizeof(word) ? (int)len : 0, before);
	brought = meaning_rank(managed, word) < meaning_rank(managed, least);
	if (brought && managed == CLIENT_LEVEL && meaning_client_rank(word) == 2 &&
	    meaning_dnssec(&t->new, &dnssec) == LAWS_KNOWN && dnssec)
		return "dane-only";
	if (brought)
		(void)snprintf(word, sizeof(word), "%s", least);
	/* What the policy brings is not to depend on TLSA records there. */
	if (managed == CLIENT_LEVEL &&
	    (is_weak_at_first_byte(t, word) || (brought && strcmp(word, "dane") == 0)) &&
	    meaning_switch(&t->old, "smtp_tls_wrappermode", &on) == LAWS_KNOWN && on)
		return "encrypt";
	return word;
}

/* Where there are no macros it is known to the letter what a level becomes. */
static bool check_exact(struct trial *t, size_t managed)
{
	const char *name = laws_managed[managed], *want;
	size_t after = reading_find(&t->new, name, strlen(name));
	struct laws_meaning before;
	bool good;

	if (verdict_in_force(t, managed)->code == VERDICT_UNKNOWN || !is_plain(&t->old, managed))
		return true;
	laws_mean(&t->old, managed, reading_find(&t->old, name, strlen(name)), &before);
	want = wanted_level(t, managed, buf_string(&before.value));
	good = before.known != LAWS_KNOWN ||
	       strcasecmp(want, buf_string(&t->new.settings[after].value)) == 0;
	if (!good)
		(void)broken(t, "exact: %s is \"%.60s\", it should be %s", name,
			     buf_string(&t->new.settings[after].value), want);
	buf_release(&before.value);
	return good;
}

static bool check_levels(struct trial *t)
{
	return check_level(t, SERVER_LEVEL) && check_level(t, CLIENT_LEVEL) &&
	       check_exact(t, SERVER_LEVEL) && check_exact(t, CLIENT_LEVEL) &&
	       check_authentication(t);
}

static bool is_managed_line(const struct trial *t, const struct reading *r, size_t line)
{
	return r->lines[line].setting != READING_NONE &&
	       r->settings[r->lines[line].setting].managed < t->managed;
}

static size_t next_other_line(const struct trial *t, const struct reading *r, size_t line)
{
	while (line < r->nlines && is_managed_line(t, r, line))
		line++;
	return line;
}

/* The lines that have nothing to do with what is managed are there still, and no others. */
static bool check_lines(struct trial *t)
{
	size_t i = next_other_line(t, &t->old, 0), j = next_other_line(t, &t->new, 0), old_len,
	       new_len;
	const char *old, *new;

	while (i < t->old.nlines && j < t->new.nlines) {
		old = line_text(&t->old, i, &old_len);
		new = line_text(&t->new, j, &new_len);
		if (old[old_len - 1] != '\n' && j + 1 < t->new.nlines) {
			new_len -= new_len > 0 && new[new_len - 1] == '\n';
			new_len -= new_len > old_len && new[new_len - 1] == '\r';
		}
		if (!same_bytes(old, old_len, new, new_len))
			return broken(t, "lines: line %zu is no longer what it was", i + 1);
		i = next_other_line(t, &t->old, i + 1);
		j = next_other_line(t, &t->new, j + 1);
	}
	if (i < t->old.nlines)
		return broken(t, "lines: line %zu is gone", i + 1);
	return j == t->new.nlines || broken(t, "lines: line %zu of the new text is new", j + 1);
}

/* Whether a line of the new text is "#", blanks, the name, blanks, '='. */
static bool is_example(const struct reading *r, size_t line, const char *name)
{
	size_t len, n = strlen(name);
	const char *s = line_text(r, line, &len), *end = s + len;

	if (*s++ != '#')
		return false;
	s += reading_count_space(s, (size_t)(end - s));
	if ((size_t)(end - s) < n || memcmp(s, name, n) != 0)
		return false;
	s += n;
	s += reading_count_space(s, (size_t)(end - s));
	return s < end && *s == '=';
}

/* The line below which a parameter that was missing belongs; READING_NONE: at the end. */
static size_t find_anchor(const struct trial *t, size_t managed)
{
	const char *name = laws_managed[managed];
	const char *prefix = strncmp(name, "smtpd", 5) == 0 ? "smtpd_tls_" : "smtp_tls_";
	size_t i;

	for (i = t->new.nlines; i-- > 0;)
		if (is_example(&t->new, i, name))
			return i;
	/* The others have no prefix that tells their kin. */
	for (i = managed != DNS_SUPPORT ? t->new.nsettings : 0; i-- > 0;)
		if (!is_added(t, i) &&
		    strncmp(t->new.settings[i].name, prefix, strlen(prefix)) == 0)
			return t->new.settings[i].first;
	return READING_NONE;
}

/* What was added stands where it belongs, with nothing of its own kind in between. */
static bool check_place(struct trial *t, size_t added)
{
	const struct reading_setting *s = &t->new.settings[added];
	size_t i, anchor = find_anchor(t, s->managed), setting;

	if (anchor == READING_NONE) {
		for (i = s->first; i < t->new.nlines; i++)
			if (t->new.lines[i].setting == READING_NONE ||
			    !is_added(t, t->new.lines[i].setting))
				return broken(t, "place: %s does not stand at the end", s->name);
		return true;
	}
	if (s->first < anchor)
		return broken(t, "place: %s stands above line %zu", s->name, anchor + 1);
	for (i = anchor + 1; i < s->first; i++) {
		setting = t->new.lines[i].setting;
		if (setting != READING_NONE && t->new.settings[setting].first == i &&
		    !is_added(t, setting))
			return broken(t, "place: line %zu stands between %s and line %zu", i + 1,
				      s->name, anchor + 1);
	}
	return true;
}

/* Lines that end in CR LF: more than half of those that have an end? */
static bool has_crlf(const struct reading *r)
{
	size_t i, n = 0, ended = 0, len;
	const char *s;

	for (i = 0; i < r->nlines; i++) {
		s = line_text(r, i, &len);
		ended += s[len - 1] == '\n';
		n += len >= 2 && s[len - 2] == '\r' && s[len - 1] == '\n';
	}
	return n > ended / 2;
}

/* What was added is "NAME = value" with the file's line ending. */
static bool check_added(struct trial *t, size_t added)
{
	const struct reading_setting *s = &t->new.settings[added];
	struct buf want = BUF_INIT;
	const char *line;
	size_t len;
	bool same;

	buf_addf(&want, "%s = %s%s", s->name, buf_string(&s->value),
		 has_crlf(&t->old) ? "\r\n" : "\n");
	line = line_text(&t->new, s->first, &len);
	same = s->first == s->last && same_bytes(line, len, want.data, want.len);
	buf_release(&want);
	return same || broken(t, "added: %s has another form", s->name);
}

static bool check_places(struct trial *t)
{
	size_t i;

	for (i = 0; i < t->new.nsettings; i++)
		if (is_added(t, i) && (!check_place(t, i) || !check_added(t, i)))
			return false;
	return true;
}

static unsigned count_code(const struct verdicts *verdicts, enum verdict_code code)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < verdicts->n; i++)
		n += verdicts->v[i].code == code;
	return n;
}

/* Twice is once. */
static bool check_again(struct trial *t)
{
	struct maincf *file = maincf_parse(buf_string(&t->new_text), t->new_text.len);
	struct verdicts again = {0};
	unsigned unknown;
	size_t n;

	policy_judge(trial_policy(t), file, &again);
	trial_act(file, &again);
	n = maincf_edits(file)->n;
	unknown = count_code(&again, VERDICT_UNKNOWN);
	verdicts_release(&again);
	maincf_free(file);
	if (n > 0)
		return broken(t, "again: a second run edits the text once more");
	if (unknown != count_code(&t->verdicts, VERDICT_UNKNOWN))
		return broken(t, "again: what cannot be known is not the same the second time");
	return true;
}

static bool check_diff(struct trial *t)
{
	struct buf diff = BUF_INIT, out = BUF_INIT, why = BUF_INIT;
	bool good;

	udiff(&diff, "etc/postfix/main.cf", t->text, t->len, maincf_edits(t->file));
	good = (diff.len > 0) == t->changed &&
	       laws_patch(t->text, t->len, buf_string(&diff), diff.len, &out, &why) &&
	       same_buf(&out, &t->new_text);
	if (!good)
		(void)broken(t, "diff: it does not give the new text: %s\n%s", buf_string(&why),
			     buf_string(&diff));
	buf_release(&diff);
	buf_release(&out);
	buf_release(&why);
	return good;
}

static void report(const struct trial *t, struct laws_outcome *o)
{
	size_t i;

	buf_add(&o->text, t->new_text.data, t->new_text.len);
	for (i = 0; i < t->verdicts.n; i++) {
		o->codes[t->verdicts.v[i].code]++;
		if (t->verdicts.v[i].code == VERDICT_UNKNOWN && t->verdicts.v[i].in_force)
			o->unknown = true;
	}
}

char *laws_broken(enum laws_policy policy, const char *text, size_t len,
		  struct laws_outcome *outcome)
{
	struct trial t;
	bool good;

	trial_init(&t, policy, text, len);
	good = check_identity(&t) && check_errors(&t);
	if (good && !t.old.refused)
		good = check_model(&t) && harden(&t) && check_settings(&t) && check_managed(&t) &&
		       check_levels(&t) && check_lines(&t) && check_places(&t) && check_again(&t) &&
		       check_diff(&t);
	if (outcome != NULL) {
		*outcome = (struct laws_outcome){.refused = t.old.refused};
		report(&t, outcome);
	}
	return trial_end(&t, good);
}

char *laws_broken_by_any(const char *text, size_t len)
{
	struct buf what = BUF_INIT;
	char *law = NULL;
	int policy;

	for (policy = 0; policy < LAWS_POLICIES && law == NULL; policy++)
		law = laws_broken((enum laws_policy)policy, text, len, NULL);
	if (law == NULL)
		return NULL;
	buf_addf(&what, "%s: %s", laws_policy_name((enum laws_policy)(policy - 1)), law);
	free(law);
	return buf_detach(&what);
}

/* ---- the laws of editing alone ---- */

/* Whether the i-th setting is one that we change: which ones depends on the text. */
static bool is_chosen(const struct trial *t, size_t i)
{
	return (i + (unsigned char)t->text[t->len / 2]) % 3 == 0;
}

static const char added_name[] = "smtp_tls_added";

static bool check_chosen(struct trial *t)
{
	size_t i, j, skip = t->new.nsettings - t->old.nsettings;
	const struct reading_setting *s;
	bool same;

	for (i = j = 0; j < t->new.nsettings; j++) {
		s = &t->new.settings[j];
		if (skip > 0 && strcmp(s->name, added_name) == 0 &&
		    strcmp(buf_string(&s->value), "added") == 0) {
			skip--;
			continue;
		}
		if (i == t->old.nsettings || strcmp(s->name, t->old.settings[i].name) != 0)
			return broken(t, "editing: %s is not where it was", s->name);
		same = is_chosen(t, i) ? strcmp(buf_string(&s->value), "edited") == 0
				       : same_buf(&s->value, &t->old.settings[i].value);
		if (!same)
			return broken(t, "editing: %s has another value", s->name);
		i++;
	}
	return i == t->old.nsettings || broken(t, "editing: a setting is gone");
}

static bool edit_some(struct trial *t)
{
	const struct edits *edits;
	size_t i;

	for (i = 0; i < t->old.nsettings; i++)
		if (is_chosen(t, i))
			maincf_set(t->file, i, "edited");
	if (reading_find(&t->old, added_name, strlen(added_name)) == READING_NONE)
		(void)maincf_add(t->file, added_name, "added");
	edits = maincf_edits(t->file);
	edits_apply(edits, t->text, t->len, &t->new_text);
	reading_make(&t->new, buf_string(&t->new_text), t->new_text.len);
	t->changed = edits->n > 0;
	if (t->new.refused || t->new.nsettings < t->old.nsettings)
		return broken(t, "editing: Postfix refuses the new text");
	return check_chosen(t);
}

char *laws_maincf_broken(const char *text, size_t len)
{
	struct trial t;
	bool good;

	trial_init(&t, LAWS_OPPORTUNISTIC, text, len);
	good = check_identity(&t) && check_errors(&t) && (t.old.refused || check_model(&t));
	if (good && !t.old.refused && len > 0)
		good = edit_some(&t) && check_diff(&t);
	return trial_end(&t, good);
}
