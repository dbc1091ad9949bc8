/* SPDX-License-Identifier: ISC */
#include "laws.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edit.h"
#include "expand.h"
#include "maincf.h"
#include "parameters.h"
#include "policy.h"
#include "udiff.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *const laws_managed[LAWS_MANAGED] = {"smtpd_tls_security_level",
						"smtp_tls_security_level", "smtp_tls_loglevel",
						"smtpd_tls_loglevel"};

enum { SERVER_LEVEL, CLIENT_LEVEL, CLIENT_LOG, SERVER_LOG };

/* ---- main.cf as Postfix reads it ---- */

static bool is_space(char c)
{
	return c != '\0' && strchr(" \t\n\v\f\r", c) != NULL;
}

static size_t count_space(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && is_space(s[n]))
		n++;
	return n;
}

static void cut_lines(struct reading *r, size_t len)
{
	struct reading_line line = {.setting = READING_NONE};
	size_t at;

	for (at = 0; at < len; at++) {
		if (r->text[at] != '\n' && at + 1 < len)
			continue;
		line.to = at + 1;
		r->lines = xgrow(r->lines, r->nlines, &r->lines_cap, sizeof(*r->lines));
		r->lines[r->nlines++] = line;
		line.from = line.to;
	}
}

static bool is_skipped(const struct reading *r, size_t line)
{
	const char *s = r->text + r->lines[line].from;
	size_t len = r->lines[line].to - r->lines[line].from, n = count_space(s, len);

	return n == len || s[n] == '#';
}

static size_t find_managed(const char *name)
{
	size_t i;

	for (i = 0; i < LAWS_MANAGED; i++)
		if (strcmp(laws_managed[i], name) == 0)
			break;
	return i;
}

/* Splits a logical line as split_nameval() does. */
static bool split(struct reading *r, const struct buf *logical, struct reading_setting *s)
{
	const char *p = buf_string(logical);
	size_t start, end, sign, len = logical->len;

	start = count_space(p, len);
	for (end = start; end < len && !is_space(p[end]) && p[end] != '='; end++)
		;
	sign = end + count_space(p + end, len - end);
	if (end == start || sign == len || p[sign] != '=') {
		r->refused = true;
		return false;
	}
	s->name = xmemdupz(p + start, end - start);
	s->managed = find_managed(s->name);
	start = sign + 1 + count_space(p + sign + 1, len - sign - 1);
	while (len > start && is_space(p[len - 1]))
		len--;
	buf_add(&s->value, p + start, len - start);
	return true;
}

/* Joins what goes on with a line; returns the line after the last that does. */
static size_t join(const struct reading *r, size_t first, struct buf *logical, size_t *last)
{
	size_t i, len;

	for (i = first; i < r->nlines; i++) {
		if (is_skipped(r, i))
			continue;
		if (i > first && !is_space(r->text[r->lines[i].from]))
			break;
		len = r->lines[i].to - r->lines[i].from;
		if (r->text[r->lines[i].to - 1] == '\n')
			len--;
		buf_add(logical, r->text + r->lines[i].from, len);
		*last = i;
	}
	return i;
}

static void add_setting(struct reading *r, const struct reading_setting *s)
{
	size_t i;

	for (i = s->first; i <= s->last; i++)
		if (!is_skipped(r, i))
			r->lines[i].setting = r->nsettings;
	r->settings = xgrow(r->settings, r->nsettings, &r->settings_cap, sizeof(*r->settings));
	r->settings[r->nsettings++] = *s;
}

void reading_make(struct reading *r, const char *text, size_t len)
{
	struct reading_setting s;
	struct buf logical = BUF_INIT;
	size_t i, next;

	*r = (struct reading){.text = text};
	cut_lines(r, len);
	if (len > 0 && memchr(text, '\0', len) != NULL)
		r->refused = true;
	for (i = 0; i < r->nlines; i = next) {
		next = i + 1;
		if (is_skipped(r, i))
			continue;
		s = (struct reading_setting){.first = i};
		buf_clear(&logical);
		next = join(r, i, &logical, &s.last);
		/* Before the first logical line there is nothing to go on with. */
		if (is_space(text[r->lines[i].from]))
			continue;
		s.sign_on_first = memchr(text + r->lines[i].from, '=',
					 r->lines[i].to - r->lines[i].from) != NULL;
		if (split(r, &logical, &s))
			add_setting(r, &s);
	}
	buf_release(&logical);
}

void reading_release(struct reading *r)
{
	size_t i;

	for (i = 0; i < r->nsettings; i++) {
		free(r->settings[i].name);
		buf_release(&r->settings[i].value);
	}
	free(r->settings);
	free(r->lines);
	*r = (struct reading){0};
}

size_t reading_find(const struct reading *r, const char *name, size_t len)
{
	size_t i;

	for (i = r->nsettings; i-- > 0;)
		if (strlen(r->settings[i].name) == len &&
		    memcmp(r->settings[i].name, name, len) == 0)
			return i;
	return READING_NONE;
}

/* ---- what it means for TLS ---- */

/* How much a level protects; -1 is a daemon that dies. Levels of 4 are not ordered. */
static int client_rank(const char *level)
{
	static const struct {
		const char *name;
		int rank;
	} table[] = {{"none", 0},   {"may", 1},         {"dane", 2},   {"encrypt", 3},
		     {"verify", 4}, {"fingerprint", 4}, {"secure", 4}, {"dane-only", 4}};
	size_t i;

	for (i = 0; i < COUNT(table); i++)
		if (strcasecmp(table[i].name, level) == 0)
			return table[i].rank;
	return -1;
}

/* To smtpd all that is mandatory is the same, and there is no DANE. */
static int server_rank(const char *level)
{
	int rank = strncasecmp(level, "dane", 4) == 0 ? -1 : client_rank(level);

	return rank > 3 ? 3 : rank;
}

static int rank_of(size_t managed, const char *level)
{
	return managed == SERVER_LEVEL ? server_rank(level) : client_rank(level);
}

/* Adds what a word of a loglevel makes Postfix log; false if it does not know the word. */
static bool log_word(const char *word, bool *summary, bool *dump)
{
	static const char *const with[] = {"1", "2", "routine", "debug", "summary"};
	static const char *const both[] = {
		"3", "4", "5", "6", "7", "8", "9", "ssl-expert", "ssl-developer"};
	static const char *const dumps[] = {"ssl-handshake-packet-dump", "ssl-session-packet-dump"};
	static const char *const neither[] = {"0",         "none",    "untrusted", "peercert",
					      "certmatch", "verbose", "cache",     "dane",
					      "ssl-debug", "trace"};
	size_t i;

	for (i = 0; i < COUNT(with); i++)
		if (strcasecmp(with[i], word) == 0)
			return *summary = true;
	for (i = 0; i < COUNT(both); i++)
		if (strcasecmp(both[i], word) == 0)
			return *summary = *dump = true;
	for (i = 0; i < COUNT(dumps); i++)
		if (strcasecmp(dumps[i], word) == 0)
			return *dump = true;
	for (i = 0; i < COUNT(neither); i++)
		if (strcasecmp(neither[i], word) == 0)
			return true;
	return false;
}

static bool good_loglevel(const char *value)
{
	bool summary = false, dump = false, known = true;
	char *copy = xstrdup(value), *at = copy, *word;

	while ((word = strsep(&at, ", \t\r\n")) != NULL)
		if (*word != '\0' && !log_word(word, &summary, &dump))
			known = false;
	free(copy);
	return known && summary && !dump;
}

bool laws_good_value(size_t managed, const char *value, size_t len)
{
	char *copy = xmemdupz(value, len);
	bool good;

	if (managed == SERVER_LEVEL || managed == CLIENT_LEVEL)
		good = rank_of(managed, copy) >= 1;
	else
		good = good_loglevel(copy);
	free(copy);
	return good;
}

/* The most macros that are looked up before we give up. */
#define MAX_LOOKUPS 20000

struct looker {
	const struct reading *r;
	unsigned long lookups;
};

static enum expand_result look_up(void *context, const char *name, size_t len, struct buf *value,
				  struct buf *why)
{
	struct looker *l = context;
	size_t i;

	(void)why;
	if (++l->lookups > MAX_LOOKUPS)
		return EXPAND_UNKNOWN;
	i = reading_find(l->r, name, len);
	if (i != READING_NONE)
		buf_add(value, l->r->settings[i].value.data, l->r->settings[i].value.len);
	else if (parameters_known(name, len))
		return EXPAND_UNKNOWN;
	return EXPAND_OK;
}

/* The value of a setting; nothing for none. */
static enum laws_known evaluate(const struct reading *r, size_t setting, struct buf *out)
{
	struct looker looker = {.r = r};
	const struct expand_lookup lookup = {look_up, &looker, NULL};
	struct buf why = BUF_INIT;
	enum expand_result rc = EXPAND_OK;

	if (setting != READING_NONE)
		rc = expand(buf_string(&r->settings[setting].value), r->settings[setting].value.len,
			    &lookup, out, &why);
	buf_release(&why);
	if (looker.lookups > MAX_LOOKUPS)
		return LAWS_TOO_LONG;
	return rc == EXPAND_OK ? LAWS_KNOWN : LAWS_UNKNOWN;
}

static enum laws_known read_switch(const struct reading *r, const char *name, bool *on)
{
	struct buf value = BUF_INIT;
	size_t i = reading_find(r, name, strlen(name));
	enum laws_known known = LAWS_KNOWN;

	if (i == READING_NONE)
		return LAWS_KNOWN;
	known = evaluate(r, i, &value);
	if (known == LAWS_KNOWN) {
		*on = strcasecmp(buf_string(&value), "yes") == 0;
		if (!*on && strcasecmp(buf_string(&value), "no") != 0)
			known = LAWS_UNKNOWN;
	}
	buf_release(&value);
	return known;
}

/* The level of a file that does not set one. */
static enum laws_known implied_level(const struct reading *r, bool server, const char **level)
{
	bool enforce = false, peername = true, use = false;
	enum laws_known known;

	*level = "none";
	known = read_switch(r, server ? "smtpd_enforce_tls" : "smtp_enforce_tls", &enforce);
	if (known == LAWS_KNOWN && enforce && !server)
		known = read_switch(r, "smtp_tls_enforce_peername", &peername);
	if (known == LAWS_KNOWN && !enforce)
		known = read_switch(r, server ? "smtpd_use_tls" : "smtp_use_tls", &use);
	if (enforce)
		*level = server || !peername ? "encrypt" : "verify";
	else if (use)
		*level = "may";
	return known;
}

void laws_mean(const struct reading *r, size_t managed, size_t setting, struct laws_meaning *m)
{
	const char *level;

	*m = (struct laws_meaning){.known = LAWS_KNOWN};
	m->known = evaluate(r, setting, &m->value);
	if (m->known != LAWS_KNOWN || managed > CLIENT_LEVEL || m->value.len > 0)
		return;
	m->implied = true;
	m->known = implied_level(r, managed == SERVER_LEVEL, &level);
	buf_adds(&m->value, level);
}

/* ---- diffs ---- */

struct patcher {
	const char *old, *diff;
	size_t len, diff_len;
	size_t at, line;       /* where we are in the old text; lines from 1 */
	size_t pos;            /* where we are in the diff */
	size_t out_line;       /* lines put out, plus 1 */
	bool ended, out_ended; /* an unterminated line was met on that side */
	struct buf *out, *why;
};

static bool misfit(struct patcher *p, const char *cause)
{
	buf_addf(p->why, "%s at byte %zu of the diff, line %zu of the old text", cause, p->pos,
		 p->line);
	return false;
}

/* The next line of the diff, its newline included. */
static bool next_line(struct patcher *p, const char **line, size_t *len)
{
	const char *nl;

	if (p->pos == p->diff_len)
		return false;
	*line = p->diff + p->pos;
	nl = memchr(*line, '\n', p->diff_len - p->pos);
	*len = nl != NULL ? (size_t)(nl - *line) + 1 : p->diff_len - p->pos;
	p->pos += *len;
	return true;
}

static bool take(struct patcher *p, char mark, const char *line, size_t len)
{
	bool newline = len > 0 && line[len - 1] == '\n';

	if (mark != '+') {
		if (p->ended || len > p->len - p->at || memcmp(p->old + p->at, line, len) != 0)
			return misfit(p, "the old text has another line");
		p->at += len;
		p->line++;
		if (!newline && p->at != p->len)
			return misfit(p, "the old line has a newline");
		p->ended = !newline;
	}
	if (mark != '-') {
		if (p->out_ended)
			return misfit(p, "a line after the unterminated one");
		buf_add(p->out, line, len);
		p->out_line++;
		p->out_ended = !newline;
	}
	return true;
}

/* Copies what stands before a hunk. */
static bool copy_until(struct patcher *p, size_t line)
{
	const char *nl;

	while (p->line < line) {
		nl = p->at < p->len ? memchr(p->old + p->at, '\n', p->len - p->at) : NULL;
		if (nl == NULL)
			return misfit(p, "the hunk starts behind the end");
		if (!take(p, ' ', p->old + p->at, (size_t)(nl - p->old) + 1 - p->at))
			return false;
	}
	return true;
}

static bool number(const char **s, size_t *n)
{
	char *end;

	if (**s < '0' || **s > '9')
		return false;
	*n = (size_t)strtoul(*s, &end, 10);
	*s = end;
	return true;
}

/* "-3,4" or "-3": a range of one line names no count. An empty one names the line before. */
static bool parse_range(const char **s, char mark, size_t *first, size_t *count)
{
	if (*(*s)++ != mark || !number(s, first))
		return false;
	*count = 1;
	if (**s != ',')
		return true;
	(*s)++;
	if (!number(s, count) || *count == 1)
		return false;
	if (*count == 0)
		(*first)++;
	return true;
}

struct range {
	size_t old_first, old_count, new_first, new_count;
};

static bool parse_hunk(const char *line, size_t len, struct range *r)
{
	char *copy = xmemdupz(line, len);
	const char *s = copy + strlen("@@ ");
	bool good = strncmp(copy, "@@ ", 3) == 0 &&
		    parse_range(&s, '-', &r->old_first, &r->old_count) && *s++ == ' ' &&
		    parse_range(&s, '+', &r->new_first, &r->new_count) && strcmp(s, " @@\n") == 0;

	free(copy);
	return good;
}

/* One line of a hunk, without its newline if "\ No newline" follows. */
static bool hunk_line(struct patcher *p, struct range *r)
{
	static const char no_newline[] = "\\ No newline at end of file\n";
	const char *line;
	size_t len;
	char mark;

	if (!next_line(p, &line, &len) || len < 2 || line[len - 1] != '\n')
		return misfit(p, "the hunk ends too early");
	mark = line[0];
	if (p->diff_len - p->pos >= strlen(no_newline) &&
	    memcmp(p->diff + p->pos, no_newline, strlen(no_newline)) == 0) {
		p->pos += strlen(no_newline);
		len--;
	}
	if (mark != ' ' && mark != '-' && mark != '+')
		return misfit(p, "a line without a mark");
	if ((mark != '+' && r->old_count-- == 0) || (mark != '-' && r->new_count-- == 0))
		return misfit(p, "more lines than the hunk announced");
	return take(p, mark, line + 1, len - 1);
}

static bool apply_hunk(struct patcher *p)
{
	struct range r;
	const char *line;
	size_t len;

	if (!next_line(p, &line, &len) || !parse_hunk(line, len, &r))
		return misfit(p, "not a hunk");
	if (r.old_first < p->line || !copy_until(p, r.old_first))
		return p->why->len > 0 ? false : misfit(p, "hunks out of order");
	if (p->out_line != r.new_first)
		return misfit(p, "the hunk starts at another line of the new text");
	while (r.old_count > 0 || r.new_count > 0)
		if (!hunk_line(p, &r))
			return false;
	return true;
}

bool laws_patch(const char *old, size_t len, const char *diff, size_t diff_len, struct buf *out,
		struct buf *why)
{
	struct patcher p = {.old = old, .len = len, .diff = diff, .diff_len = diff_len};
	const char *line;
	size_t n;

	p.line = p.out_line = 1;
	p.out = out;
	p.why = why;
	if (diff_len > 0) {
		if (!next_line(&p, &line, &n) || strncmp(line, "--- a/", 6) != 0)
			return misfit(&p, "no name of the old file");
		if (!next_line(&p, &line, &n) || strncmp(line, "+++ b/", 6) != 0)
			return misfit(&p, "no name of the new file");
		do {
			if (!apply_hunk(&p))
				return false;
		} while (p.pos < p.diff_len);
	}
	if (p.out_ended && p.at < p.len)
		return misfit(&p, "an unterminated line amid the text");
	buf_add(out, old + p.at, len - p.at);
	return true;
}

/* ---- the laws ---- */

void laws_outcome_release(struct laws_outcome *o)
{
	buf_release(&o->text);
}

/* One text on trial. */
struct trial {
	const char *text;
	size_t len;
	struct reading old;
	struct maincf *file;
	struct verdicts verdicts;
	struct buf new_text;
	struct reading new;
	bool changed;
	struct buf why; /* what is broken; empty while all holds */
};

static bool broken(struct trial *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool broken(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&t->why, fmt, ap);
	va_end(ap);
	return false;
}

static bool same_bytes(const char *a, size_t alen, const char *b, size_t blen)
{
	return alen == blen && (alen == 0 || memcmp(a, b, alen) == 0);
}

static bool same_buf(const struct buf *a, const struct buf *b)
{
	return same_bytes(a->data, a->len, b->data, b->len);
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

/* The patterns are compiled once. */
static struct policy *policy(void)
{
	static struct policy *p;

	if (p == NULL)
		p = policy_builtin("opportunistic");
	return p;
}

/* As the program does it. */
static void act(struct maincf *file, const struct verdicts *verdicts)
{
	const struct verdict *v;
	size_t i;

	for (i = 0; i < verdicts->n; i++) {
		v = &verdicts->v[i];
		if (v->code == VERDICT_MET || v->value == NULL)
			continue;
		if (v->occurrence != MAINCF_NONE)
			maincf_set(file, v->occurrence, v->value);
		else
			(void)maincf_add(file, v->rule->name, v->value);
	}
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

/* Judges, edits, and reads what comes out. */
static bool harden(struct trial *t)
{
	const struct edits *edits;

	policy_judge(policy(), t->file, &t->verdicts);
	act(t->file, &t->verdicts);
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

	return managed < LAWS_MANAGED && count_managed(&t->old, managed) == 0;
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
		if (t->old.settings[i].managed == LAWS_MANAGED &&
		    !same_buf(&t->old.settings[i].value, &t->new.settings[j].value))
			return broken(t, "others: %s has another value", t->old.settings[i].name);
		i++;
	}
	if (i < t->old.nsettings)
		return broken(t, "others: %s is gone", t->old.settings[i].name);
	for (i = 0; i < LAWS_MANAGED; i++)
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
		while (before->first == before->last && before->value.len > 0 && is_space(old[n]))
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
	if (v->code != VERDICT_MET && v->code != VERDICT_UNKNOWN)
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

/* What is called unknown has a macro, or beside it a switch that is not plainly yes or no. */
static bool may_be_unknown(const struct trial *t, size_t managed, size_t setting)
{
	static const char *const client[] = {"smtp_use_tls", "smtp_enforce_tls",
					     "smtp_tls_enforce_peername", "smtp_tls_wrappermode"};
	static const char *const server[] = {"smtpd_use_tls", "smtpd_enforce_tls"};
	size_t i;

	if (setting != READING_NONE &&
	    strchr(buf_string(&t->old.settings[setting].value), '$') != NULL)
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
static bool is_weak_at_first_byte(const struct reading *r, const char *level)
{
	const char dns[] = "smtp_dns_support_level";
	size_t i = reading_find(r, dns, strlen(dns));
	bool dnssec =
		i != READING_NONE && strcasecmp(buf_string(&r->settings[i].value), "dnssec") == 0;

	return client_rank(level) < 2 || (client_rank(level) == 2 && !dnssec);
}

static bool good_with_wrappermode(const struct reading *r, const struct laws_meaning *m)
{
	bool on = false;

	if (!is_weak_at_first_byte(r, buf_string(&m->value)))
		return true;
	return read_switch(r, "smtp_tls_wrappermode", &on) == LAWS_KNOWN && !on;
}

static bool is_good(const struct reading *r, size_t managed, const struct laws_meaning *m)
{
	return laws_good_value(managed, buf_string(&m->value), m->value.len) && !m->implied &&
	       (managed != CLIENT_LEVEL || good_with_wrappermode(r, m));
}

/* A setting of the new text meets the policy, or it cannot be known. */
static bool check_met(struct trial *t, size_t i)
{
	size_t managed = t->new.settings[i].managed;
	struct laws_meaning m;
	bool good;

	laws_mean(&t->new, managed, i, &m);
	good = m.known == LAWS_TOO_LONG || (m.known == LAWS_KNOWN && is_good(&t->new, managed, &m));
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
	if (verdict_of(t, i)->code == VERDICT_REFERENCE &&
	    memchr(t->old.settings[i].value.data, '$', t->old.settings[i].value.len) != NULL)
		return true;
	buf_add(&value, t->old.settings[i].value.data, t->old.settings[i].value.len);
	swap = after->value;
	after->value = value;
	laws_mean(&t->new, after->managed, (size_t)(after - t->new.settings), &m);
	good = m.known != LAWS_KNOWN || !is_good(&t->new, after->managed, &m);
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
		if (t->old.settings[i].managed < LAWS_MANAGED && !check_managed_setting(t, i))
			return false;
	for (i = 0; i < LAWS_MANAGED; i++)
		if (count_managed(&t->old, i) == 0 && !check_missing(t, i))
			return false;
	return true;
}

/* The level that somebody meant who wrote a value on which the daemon dies. */
static int meant_rank(size_t managed, const char *value)
{
	static const char outside[] = " \t\r\n\v\f\"'";
	char word[32];
	size_t len;

	value += strspn(value, outside);
	len = strcspn(value, " \t\r\n\v\f\"',;#");
	(void)snprintf(word, sizeof(word), "%.*s", len < sizeof(word) ? (int)len : 0, value);
	return rank_of(managed, word);
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
	old = rank_of(managed, buf_string(&before.value));
	new = rank_of(managed, buf_string(&after.value));
	if (old < 0)
		old = meant_rank(managed, buf_string(&before.value));
	good = before.known != LAWS_KNOWN || after.known != LAWS_KNOWN || new >= old;
	if (good && before.known == LAWS_KNOWN && after.known == LAWS_KNOWN && old == 4 &&
	    client_rank(buf_string(&before.value)) == 4)
		good = strcasecmp(buf_string(&before.value), buf_string(&after.value)) == 0;
	if (!good)
		(void)broken(t, "weakened: %s comes to \"%.60s\" and came to \"%.60s\"", name,
			     buf_string(&after.value), buf_string(&before.value));
	buf_release(&before.value);
	buf_release(&after.value);
	return good;
}

/* Whether neither a level nor what it may be implied by has a macro. */
static bool is_plain(const struct reading *r, size_t managed)
{
	static const char *const all[] = {
		"smtp_use_tls",         "smtp_enforce_tls", "smtp_tls_enforce_peername",
		"smtp_tls_wrappermode", "smtpd_use_tls",    "smtpd_enforce_tls"};
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
	size_t len = strlen(before);
	bool on = false;

	if (rank_of(managed, before) < 0) {
		before += strspn(before, " \t\r\n\v\f\"'");
		len = strcspn(before, " \t\r\n\v\f\"',;#");
	}
	(void)snprintf(word, sizeof(word), "%.*s", len < sizeof(word) ? (int)len : 0, before);
	if (rank_of(managed, word) < 1)
		(void)snprintf(word, sizeof(word), "may");
	if (managed == CLIENT_LEVEL && is_weak_at_first_byte(&t->old, word) &&
	    read_switch(&t->old, "smtp_tls_wrappermode", &on) == LAWS_KNOWN && on)
		(void)snprintf(word, sizeof(word), "encrypt");
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
	       check_exact(t, SERVER_LEVEL) && check_exact(t, CLIENT_LEVEL);
}

static bool is_managed_line(const struct reading *r, size_t line)
{
	return r->lines[line].setting != READING_NONE &&
	       r->settings[r->lines[line].setting].managed < LAWS_MANAGED;
}

static size_t next_other_line(const struct reading *r, size_t line)
{
	while (line < r->nlines && is_managed_line(r, line))
		line++;
	return line;
}

/* The lines that have nothing to do with what is managed are there still, and no others. */
static bool check_lines(struct trial *t)
{
	size_t i = next_other_line(&t->old, 0), j = next_other_line(&t->new, 0), old_len, new_len;
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
		i = next_other_line(&t->old, i + 1);
		j = next_other_line(&t->new, j + 1);
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
	s += count_space(s, (size_t)(end - s));
	if ((size_t)(end - s) < n || memcmp(s, name, n) != 0)
		return false;
	s += n;
	s += count_space(s, (size_t)(end - s));
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
	for (i = t->new.nsettings; i-- > 0;)
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

	policy_judge(policy(), file, &again);
	act(file, &again);
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

static void trial_init(struct trial *t, const char *text, size_t len)
{
	*t = (struct trial){.text = text, .len = len};
	reading_make(&t->old, text, len);
	t->file = maincf_parse(text, len);
}

/* Returns what is broken, or NULL. */
static char *trial_end(struct trial *t, bool good)
{
	verdicts_release(&t->verdicts);
	maincf_free(t->file);
	reading_release(&t->old);
	reading_release(&t->new);
	buf_release(&t->new_text);
	if (!good)
		return buf_detach(&t->why);
	buf_release(&t->why);
	return NULL;
}

char *laws_broken(const char *text, size_t len, struct laws_outcome *outcome)
{
	struct trial t;
	bool good;

	trial_init(&t, text, len);
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

	trial_init(&t, text, len);
	good = check_identity(&t) && check_errors(&t) && (t.old.refused || check_model(&t));
	if (good && !t.old.refused && len > 0)
		good = edit_some(&t) && check_diff(&t);
	return trial_end(&t, good);
}

/* ---- the laws of expansion ---- */

/* The text's lines: all but the last define names. */
struct definitions {
	const char *text;
	size_t len;
};

static enum expand_result define(void *context, const char *name, size_t len, struct buf *value,
				 struct buf *why)
{
	const struct definitions *d = context;
	const char *line = d->text, *end = d->text + d->len, *next;

	if (len >= 7 && memcmp(name, "unknown", 7) == 0) {
		buf_adds(why, "not known");
		return EXPAND_UNKNOWN;
	}
	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			next = end;
		if ((size_t)(next - line) <= len || line[len] != '=' ||
		    memcmp(line, name, len) != 0)
			continue;
		buf_add(value, line + len + 1, (size_t)(next - line) - len - 1);
		break;
	}
	return EXPAND_OK;
}

/* With every '$' doubled a text comes back as it was. */
static bool check_escaped(struct trial *t, const struct expand_lookup *lookup)
{
	struct buf escaped = BUF_INIT, out = BUF_INIT, why = BUF_INIT;
	size_t i;
	bool good;

	for (i = 0; i < t->len; i++) {
		if (t->text[i] == '$')
			buf_addc(&escaped, '$');
		buf_addc(&escaped, t->text[i]);
	}
	good = expand(buf_string(&escaped), escaped.len, lookup, &out, &why) == EXPAND_OK &&
	       same_bytes(out.data, out.len, t->text, t->len);
	buf_release(&escaped);
	buf_release(&out);
	buf_release(&why);
	return good || broken(t, "expansion: $$ is not $");
}

/* It appends, it says why where it does not, and it does not run away. */
static bool check_expansion(struct trial *t, const struct expand_lookup *lookup)
{
	struct buf out = BUF_INIT, why = BUF_INIT;
	enum expand_result rc;
	bool good;

	buf_adds(&out, "before ");
	rc = expand(t->text, t->len, lookup, &out, &why);
	good = out.len >= 7 && memcmp(out.data, "before ", 7) == 0 && out.len <= (size_t)80 << 20 &&
	       (rc == EXPAND_OK) == (why.len == 0);
	if (good && memchr(t->text, '$', t->len) == NULL)
		good = rc == EXPAND_OK && same_bytes(out.data + 7, out.len - 7, t->text, t->len);
	if (!good)
		(void)broken(t, "expansion: result %d, %zu bytes, \"%s\"", (int)rc, out.len,
			     buf_string(&why));
	buf_release(&out);
	buf_release(&why);
	return good;
}

char *laws_expand_broken(const char *text, size_t len)
{
	struct trial t = {.text = text, .len = len};
	struct definitions definitions = {.text = text, .len = len};
	const struct expand_lookup lookup = {define, &definitions, NULL};
	const char *nl;

	while (t.len > 0 && (nl = memchr(t.text, '\n', t.len)) != NULL) {
		t.len -= (size_t)(nl - t.text) + 1;
		t.text = nl + 1;
	}
	definitions.len = (size_t)(t.text - text);
	return trial_end(&t, t.len == 0 ||
				     (check_escaped(&t, &lookup) && check_expansion(&t, &lookup)));
}
