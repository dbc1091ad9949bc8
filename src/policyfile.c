/* SPDX-License-Identifier: ISC */
#include "policyfile.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "diag.h"
#include "expand.h"
#include "maincf.h"
#include "parameters.h"
#include "postfix.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* How much of a value is shown. */
#define SHOWN 60

/* ---- errors ---- */

static void error(struct policyfile_errors *, size_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void error(struct policyfile_errors *all, size_t line, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	struct policyfile_error *e;
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	e = &all->v[all->n];
	*e = (struct policyfile_error){.line = line, .seq = all->n, .text = buf_detach(&text)};
	all->n++;
}

static int by_line(const void *one, const void *two)
{
	const struct policyfile_error *a = one, *b = two;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void policyfile_errors_release(struct policyfile_errors *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->v[i].text);
	free(all->v);
	*all = (struct policyfile_errors){0};
}

/* ---- names ---- */

/* The longest name that is looked at twice, and how many are. */
#define LONGEST 64
#define GUESSES 20

enum slip { SWAPPED, TOO_MUCH, WRONG, MISSING };

/* Undoes a slip of the pen; the new length, or 0 if there can be none like it at that place. */
static size_t undo(char *out, const char *name, size_t len, enum slip slip, size_t at, char letter)
{
	const size_t skipped = slip == SWAPPED ? 2 : slip == MISSING ? 0 : 1;
	size_t n = at;

	if (at + skipped > len)
		return 0;
	memcpy(out, name, at);
	if (slip == SWAPPED) {
		out[n++] = name[at + 1];
		out[n++] = name[at];
	} else if (slip != TOO_MUCH) {
		out[n++] = letter;
	}
	memcpy(out + n, name + at + skipped, len - at - skipped);
	return n + len - at - skipped;
}

/* The parameter that somebody meant who made one slip. */
static size_t find_meant(char *out, const char *name, size_t len)
{
	static const char letters[] = "_abcdefghijklmnopqrstuvwxyz0123456789";
	size_t i, at, n;
	int slip;

	for (slip = SWAPPED; slip <= MISSING; slip++)
		for (at = 0; at <= len; at++)
			for (i = 0; i < (slip < WRONG ? 1 : strlen(letters)); i++) {
				n = undo(out, name, len, (enum slip)slip, at, letters[i]);
				if (n > 0 && parameters_known(out, n))
					return n;
			}
	return 0;
}

/* A name as Postfix writes most of them: small letters, underscores, and CA for authorities. */
static void spell(char *out, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		out[i] = name[i];
		if (name[i] == '-')
			out[i] = '_';
		else if (name[i] >= 'A' && name[i] <= 'Z')
			out[i] = (char)(name[i] - 'A' + 'a');
		if (i >= 6 && memcmp(out + i - 6, "_cafile", 7) == 0)
			memcpy(out + i - 6, "_CAfile", 7);
		if (i >= 6 && memcmp(out + i - 6, "_capath", 7) == 0)
			memcpy(out + i - 6, "_CApath", 7);
	}
}

/* Adds a guess at what was meant by a name that is none. */
static void add_guess(struct buf *out, const char *name, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";
	char spelt[LONGEST], meant[LONGEST + 1];
	size_t n;

	if (len > strlen(mark) && memcmp(name, mark, strlen(mark)) == 0) {
		buf_adds(out, ": the file starts with a byte order mark");
		return;
	}
	if (len > LONGEST)
		return;
	spell(spelt, name, len);
	if (parameters_known(spelt, len)) {
		buf_addf(out, ": did you mean %.*s?", (int)len, spelt);
		return;
	}
	n = find_meant(meant, name, len);
	if (n == 0)
		n = find_meant(meant, spelt, len);
	if (n > 0)
		buf_addf(out, ": did you mean %.*s?", (int)n, meant);
}

/* The level that takes the place of an obsolete parameter, or NULL. */
static const char *successor(const char *name)
{
	static const struct {
		const char *obsolete, *level;
	} table[] = {
		{"smtp_use_tls", "smtp_tls_security_level"},
		{"smtp_enforce_tls", "smtp_tls_security_level"},
		{"smtp_tls_enforce_peername", "smtp_tls_security_level"},
		{"lmtp_use_tls", "lmtp_tls_security_level"},
		{"lmtp_enforce_tls", "lmtp_tls_security_level"},
		{"lmtp_tls_enforce_peername", "lmtp_tls_security_level"},
		{"smtpd_use_tls", "smtpd_tls_security_level"},
		{"smtpd_enforce_tls", "smtpd_tls_security_level"},
	};
	size_t i;

	for (i = 0; i < COUNT(table); i++)
		if (strcmp(table[i].obsolete, name) == 0)
			return table[i].level;
	return NULL;
}

/* ---- values ---- */

/* Parameters that know but a few words, of which the daemon dies on any other. */
static const char *words_of(const char *name)
{
	static const struct {
		const char *name, *words;
	} table[] = {
		{"smtp_dns_support_level", "disabled enabled dnssec"},
		{"lmtp_dns_support_level", "disabled enabled dnssec"},
		{"smtp_tls_wrappermode", "yes no"},
		{"lmtp_tls_wrappermode", "yes no"},
		{"smtpd_tls_wrappermode", "yes no"},
	};
	size_t i;

	for (i = 0; i < COUNT(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].words;
	return NULL;
}

static bool is_word(const char *words, const char *value)
{
	size_t len;

	for (; *words != '\0'; words += len + strspn(words + len, " ")) {
		len = strcspn(words, " ");
		if (strlen(value) == len && strncasecmp(words, value, len) == 0)
			return true;
	}
	return false;
}

static void check_level(const char *name, const char *value, struct buf *why)
{
	if (postfix_level(postfix_kind(name), value, strlen(value)) != LEVEL_FATAL)
		return;
	if (*value == '\0')
		buf_adds(why, "an empty level leaves it to obsolete parameters");
	else
		buf_addf(why, "%s stops with a fatal error on this level", postfix_daemon(name));
}

/* Puts into words what is wrong with a value, if something is; of macros see check_macros(). */
static void check_value(const char *name, const char *value, struct buf *why)
{
	enum param_kind kind = postfix_kind(name);
	const char *words = words_of(name);

	if (kind == PARAM_PLAIN && strchr(value, '$') != NULL)
		return;
	if (words != NULL && !is_word(words, value))
		buf_addf(why, "the words that Postfix knows here are: %s", words);
	if (kind == PARAM_PLAIN)
		return;
	if (strchr(value, '$') != NULL)
		buf_adds(why, "what it refers to differs from file to file, so nobody can say "
			      "what it is worth");
	else if (kind != PARAM_LOGLEVEL)
		check_level(name, value, why);
	else if (postfix_loglevel(value, strlen(value)) == LOG_UNKNOWN_WORD)
		buf_adds(why, "Postfix does not know a word of it and logs nothing");
}

/* ---- lines ---- */

struct reader {
	struct maincf *file;
	struct policyfile_errors *errors;
	struct policy *policy;
	size_t rules;     /* that the policy has so far */
	unsigned guesses; /* that were made; a long list of them helps nobody */
};

/* A setting of the file. */
struct line {
	size_t occurrence;
	size_t number;
	char *name;   /* up to the dot */
	char *suffix; /* what follows the dot, or NULL */
	struct buf value;
};

static void line_make(struct line *l, const struct reader *r, size_t occurrence)
{
	size_t len;
	const char *name = maincf_name(r->file, occurrence, &len), *dot = memchr(name, '.', len);

	*l = (struct line){.occurrence = occurrence};
	l->number = maincf_first_line(r->file, occurrence);
	l->name = xmemdupz(name, dot != NULL ? (size_t)(dot - name) : len);
	if (dot != NULL)
		l->suffix = xmemdupz(dot + 1, len - (size_t)(dot + 1 - name));
	maincf_value(r->file, occurrence, &l->value);
}

/* Such a line is malformed, which was said; half of it would be another one. */
static bool has_nul(const struct line *l, const struct reader *r)
{
	size_t len;
	const char *name = maincf_name(r->file, l->occurrence, &len);

	return memchr(name, '\0', len) != NULL || strlen(buf_string(&l->value)) < l->value.len;
}

static void line_release(struct line *l)
{
	free(l->name);
	free(l->suffix);
	buf_release(&l->value);
}

static bool check_name(struct reader *r, const struct line *l)
{
	const char *level = successor(l->name);
	struct buf guess = BUF_INIT;

	if (level != NULL) {
		error(r->errors, l->number, "%s is obsolete: set %s instead", l->name, level);
		return false;
	}
	if (parameters_known(l->name, strlen(l->name)))
		return true;
	if (r->guesses++ < GUESSES)
		add_guess(&guess, l->name, strlen(l->name));
	error(r->errors, l->number, "Postfix has no parameter \"%.*s\"%s",
	      (int)diag_cut(l->name, strlen(l->name), SHOWN), l->name, buf_string(&guess));
	buf_release(&guess);
	return false;
}

/* What stands there twice would be heard but once. */
static bool check_duplicate(struct reader *r, const struct line *l)
{
	size_t len, last;
	const char *name = maincf_name(r->file, l->occurrence, &len);

	last = maincf_find(r->file, name, len);
	if (last == l->occurrence)
		return true;
	error(r->errors, l->number, "%.*s is there again, at line %zu",
	      (int)diag_cut(name, len, SHOWN), name, maincf_first_line(r->file, last));
	return false;
}

static void check_suffix(struct reader *r, const struct line *l)
{
	if (strcmp(l->suffix, "accept") != 0 && strcmp(l->suffix, "why") != 0)
		error(r->errors, l->number,
		      "a rule has %s, %s.accept and %s.why, and nothing called \".%.*s\"", l->name,
		      l->name, l->name, (int)diag_cut(l->suffix, strlen(l->suffix), SHOWN),
		      l->suffix);
	else if (maincf_find(r->file, l->name, strlen(l->name)) == MAINCF_NONE)
		error(r->errors, l->number, "%s.%s belongs to \"%s = VALUE\", which is missing",
		      l->name, l->suffix, l->name);
}

/* What else the file says of a parameter: a string, or NULL. The line is stored. */
static char *find_more(struct reader *r, const char *name, const char *suffix, size_t *number)
{
	struct buf full = BUF_INIT, value = BUF_INIT;
	char *text = NULL;
	size_t i;

	buf_addf(&full, "%s.%s", name, suffix);
	i = maincf_find(r->file, full.data, full.len);
	if (i != MAINCF_NONE) {
		*number = maincf_first_line(r->file, i);
		maincf_value(r->file, i, &value);
		text = buf_detach(&value);
	}
	buf_release(&full);
	return text;
}

static void add_rule(struct reader *r, const struct line *l)
{
	size_t number = 0, unused;
	char *accept = find_more(r, l->name, "accept", &number);
	char *reason = find_more(r, l->name, "why", &unused);
	const struct rule rule = {l->name, buf_string(&l->value), accept,
				  reason != NULL && *reason != '\0' ? reason : NULL};
	struct buf cause = BUF_INIT;

	policy_add(r->policy, &rule);
	if (policy_compile(r->policy, r->rules++, &cause) < 0)
		error(r->errors, number, "%s.accept: %s", l->name, buf_string(&cause));
	buf_release(&cause);
	free(accept);
	free(reason);
}

static void read_line(struct reader *r, const struct line *l)
{
	struct buf why = BUF_INIT;
	bool good = check_name(r, l);

	good = check_duplicate(r, l) && good;
	if (l->suffix != NULL) {
		if (good)
			check_suffix(r, l);
		return;
	}
	if (good)
		check_value(l->name, buf_string(&l->value), &why);
	if (why.len > 0)
		error(r->errors, l->number, "%s = %.*s: %s", l->name,
		      (int)diag_cut(buf_string(&l->value), l->value.len, SHOWN),
		      buf_string(&l->value), buf_string(&why));
	if (good)
		add_rule(r, l);
	buf_release(&why);
}

/* ---- the file ---- */

static void take_malformed(struct reader *r)
{
	const struct maincf_error *e;
	size_t i, n = maincf_errors(r->file, &e);

	for (i = 0; i < n; i++)
		error(r->errors, e[i].line, "%s: \"%.*s%s\"", e[i].cause, (int)e[i].len, e[i].text,
		      e[i].more ? "..." : "");
}

static size_t count_space(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (text[n] == ' ' || (text[n] >= '\t' && text[n] <= '\r')))
		n++;
	return n;
}

/* Postfix passes such a line over with a warning: here it would be a rule that is not heard. */
static void find_lost_line(struct reader *r, const char *text, size_t len)
{
	size_t from, to, blanks, line = 1;
	const char *nl;

	for (from = 0; from < len; from = to, line++) {
		nl = memchr(text + from, '\n', len - from);
		to = nl != NULL ? (size_t)(nl - text) + 1 : len;
		blanks = count_space(text + from, to - from);
		if (from + blanks == to || text[from + blanks] == '#')
			continue;
		if (blanks > 0)
			error(r->errors, line,
			      "it starts with white space, but there is nothing that it goes on "
			      "with");
		return;
	}
}

/* What names stand for while nobody knows a main.cf: what the policy sets, else the same for all.
 */
struct names {
	const struct policy *policy;
	const char *others;
};

static enum expand_result find_in_policy(void *context, const char *name, size_t len,
					 struct buf *value, struct buf *why)
{
	const struct names *names = context;
	const struct rule *rule;
	size_t i;

	(void)why;
	for (i = 0; (rule = policy_rule(names->policy, i)) != NULL; i++)
		if (strlen(rule->name) == len && memcmp(rule->name, name, len) == 0)
			break;
	buf_adds(value, rule != NULL ? rule->set : names->others);
	return EXPAND_OK;
}

/*
 * Whether a daemon would die on the macros of a value, endless ones included. Of
 * a choice only the branch that is taken is looked at, so the names that the
 * policy does not set are empty at first, and then they are not.
 */
static bool has_bad_macro(const struct policy *p, const char *value, struct buf *why)
{
	struct names empty = {p, ""}, full = {p, "x"};
	const struct expand_lookup one = {find_in_policy, &empty, NULL};
	const struct expand_lookup two = {find_in_policy, &full, NULL};
	struct buf out = BUF_INIT;
	bool bad;

	bad = expand(value, strlen(value), &one, &out, why) != EXPAND_OK ||
	      expand(value, strlen(value), &two, &out, why) != EXPAND_OK;
	buf_release(&out);
	return bad;
}

static void check_macros(struct reader *r)
{
	const struct rule *rule;
	struct buf why = BUF_INIT;
	size_t i, at;

	for (i = 0; (rule = policy_rule(r->policy, i)) != NULL; i++) {
		buf_clear(&why);
		if (postfix_kind(rule->name) != PARAM_PLAIN || strchr(rule->set, '$') == NULL ||
		    !has_bad_macro(r->policy, rule->set, &why))
			continue;
		at = maincf_find(r->file, rule->name, strlen(rule->name));
		error(r->errors, maincf_first_line(r->file, at),
		      "%s = %.*s: a Postfix daemon stops with a fatal error on this: %s",
		      rule->name, (int)diag_cut(rule->set, strlen(rule->set), SHOWN), rule->set,
		      buf_string(&why));
	}
	buf_release(&why);
}

static void read_lines(struct reader *r)
{
	struct line l;
	size_t i;

	for (i = 0; i < maincf_count(r->file); i++) {
		line_make(&l, r, i);
		if (!has_nul(&l, r))
			read_line(r, &l);
		line_release(&l);
	}
	if (r->rules == 0 && r->errors->n == 0)
		error(r->errors, 0, "there is no rule in it");
}

struct policy *policyfile_parse(const char *text, size_t len, struct policyfile_errors *errors)
{
	struct reader r = {.errors = errors};

	text = text != NULL ? text : "";
	r.file = maincf_parse(text, len);
	r.policy = policy_new("policy file", "the rules of a policy file");
	take_malformed(&r);
	find_lost_line(&r, text, len);
	read_lines(&r);
	check_macros(&r);
	maincf_free(r.file);
	if (errors->n == 0)
		return r.policy;
	qsort(errors->v, errors->n, sizeof(*errors->v), by_line);
	policy_free(r.policy);
	return NULL;
}

static void add_setting(struct buf *out, const char *name, const char *suffix, const char *value)
{
	if (value != NULL)
		buf_addf(out, "%s%s =%s%s\n", name, suffix, *value != '\0' ? " " : "", value);
}

void policyfile_print(const struct policy *p, struct buf *out)
{
	const struct rule *r;
	size_t i;

	buf_addf(out, "# %s: %s.\n", policy_name(p), policy_about(p));
	buf_adds(out,
		 "#\n"
		 "# NAME = value           set, unless what is there is as good or better\n"
		 "# NAME.accept = pattern  what else is good: PCRE2, the whole value, caseless\n"
		 "# NAME.why = text        what goes wrong otherwise\n");
	for (i = 0; (r = policy_rule(p, i)) != NULL; i++) {
		buf_addc(out, '\n');
		add_setting(out, r->name, "", r->set);
		add_setting(out, r->name, ".accept", r->accept);
		add_setting(out, r->name, ".why", r->why);
	}
}
