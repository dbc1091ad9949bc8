/* SPDX-License-Identifier: ISC */
#include "masterlaws.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "mastercf.h"

/* What daemons of more than one kind take, all together. */
#define OPTIONS "+cdDi:lm:n:o:r:s:St:uvVz"

/* A logical line, and of each byte the line that it comes from. */
struct logical {
	struct buf text;
	size_t *lines;
	size_t first, lines_cap;
};

/* The arguments of a service, or its fields: pieces of the logical line. */
struct words {
	char **v;
	size_t n, cap;
};

struct trial {
	const char *text;
	size_t len;
	struct mastercf *file;
	const struct mastercf_service *services;
	const struct mastercf_error *errors;
	size_t nservices, nerrors;
	size_t seen;    /* services that the laws have gone through */
	size_t refused; /* lines that the laws know to be refused */
	struct buf why;
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

static bool is_space(char c)
{
	return c != '\0' && strchr(" \t\n\v\f\r", c) != NULL;
}

static bool is_blank(char c)
{
	return c != '\0' && strchr(" \t\n\r", c) != NULL;
}

/* ---- a logical line ---- */

static void add_line(struct logical *l, const char *text, size_t len, size_t line)
{
	size_t i;

	for (i = 0; i < len; i++) {
		l->lines = xgrow(l->lines, l->text.len, &l->lines_cap, sizeof(*l->lines));
		l->lines[l->text.len] = line;
		buf_addc(&l->text, text[i]);
	}
}

/* The line of a byte, or of the last one where it is the end. */
static size_t line_of(const struct logical *l, const char *byte)
{
	size_t at = (size_t)(byte - l->text.data);

	return l->lines[at < l->text.len ? at : l->text.len - 1];
}

static void words_add(struct words *w, char *word)
{
	w->v = xgrow(w->v, w->n, &w->cap, sizeof(*w->v));
	w->v[w->n++] = word;
}

/* Cuts off up to max fields; returns what is left. */
static char *cut_fields(char *at, size_t max, struct words *w)
{
	while (w->n < max) {
		while (is_blank(*at))
			at++;
		if (*at == '\0')
			break;
		words_add(w, at);
		while (*at != '\0' && !is_blank(*at))
			at++;
		if (*at != '\0')
			*at++ = '\0';
	}
	return at;
}

/* How much of a text stands in braces that are closed, both included; 0 if they are not. */
static size_t braced(const char *s)
{
	size_t depth = 0, i;

	for (i = 0; s[i] != '\0'; i++) {
		depth += s[i] == '{';
		depth -= s[i] == '}';
		if (depth == 0)
			return i + 1;
	}
	return 0;
}

static size_t argument_len(const char *s)
{
	size_t i = 0, part;

	while (s[i] != '\0' && !is_blank(s[i])) {
		part = s[i] == '{' ? braced(s + i) : 1;
		if (part == 0)
			return strlen(s);
		i += part;
	}
	return i;
}

/* Takes the braces off an argument; false where there is more to it than braces. */
static bool bare(char **word)
{
	size_t len;

	if (**word != '{')
		return true;
	len = strlen(*word);
	if (braced(*word) != len)
		return false;
	(*word)[--len] = '\0';
	while (len > 1 && is_space((*word)[len - 1]))
		(*word)[--len] = '\0';
	do
		(*word)++;
	while (is_space(**word));
	return true;
}

static bool cut_arguments(char *at, struct words *w)
{
	char *word;
	bool good = true;

	for (;;) {
		while (is_blank(*at))
			at++;
		if (*at == '\0')
			break;
		word = at;
		at += argument_len(at);
		if (*at != '\0')
			*at++ = '\0';
		good = bare(&word) && good;
		words_add(w, word);
	}
	words_add(w, NULL);
	return good;
}

/* ---- fields ---- */

static bool is_boolean(const char *s)
{
	return strcmp(s, "y") == 0 || strcmp(s, "n") == 0 || strcmp(s, "-") == 0;
}

/* What atoi() makes of it is for atoi() to say. */
static bool is_number(const char *s)
{
	return strcmp(s, "-") == 0 ||
	       (*s >= '0' && *s <= '9' && atoi(s) >= 0); /* NOLINT(cert-err34-c) */
}

/* An inet service's name that needs no thought. */
static bool is_plain_port(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return name[digits] == '\0' || (digits == 0 && name[strspn(name, "abcdefghij")] == '\0');
}

enum verdict { GOOD, BAD, UNCLEAR };

static enum verdict judge_fields(const struct words *w)
{
	static const char *const types[] = {"inet", "unix", "unix-dgram", "fifo", "pass"};
	size_t i, known = 0;

	if (w->n < 8)
		return BAD;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		known += strcmp(types[i], w->v[1]) == 0;
	if (known != 1 || !is_boolean(w->v[2]) || !is_boolean(w->v[3]) || !is_boolean(w->v[4]) ||
	    !is_number(w->v[5]) || !is_number(w->v[6]) || strcmp(w->v[7], "-") == 0)
		return BAD;
	if (strcmp(w->v[1], "inet") != 0)
		return GOOD;
	if (strcmp(w->v[2], "n") != 0)
		return BAD;
	return is_plain_port(w->v[0]) ? GOOD : UNCLEAR;
}

/* ---- options, by getopt(3) ---- */

struct wanted {
	struct trial *t;
	const struct logical *line;
	const struct mastercf_service *s;
	size_t overrides; /* that were found to be right */
};

static bool check_override(struct wanted *w, char *arg)
{
	const struct mastercf_override *o;
	char *name = arg + strspn(arg, " \t\n\v\f\r"), *end, *value;
	size_t len;

	value = strchr(name, '=');
	for (end = value; end != NULL && end > name && is_space(end[-1]);)
		end--;
	if (value == NULL || end == name || strcspn(name, " \t\n\v\f\r") < (size_t)(end - name))
		return false;
	if (w->overrides++ == w->s->noverrides)
		return broken(w->t, "an override less in line %zu", w->s->line);
	o = &w->s->overrides[w->overrides - 1];
	value += 1 + strspn(value + 1, " \t\n\v\f\r");
	for (len = strlen(value); len > 0 && is_space(value[len - 1]);)
		len--;
	if (strlen(o->name) != (size_t)(end - name) ||
	    memcmp(o->name, name, strlen(o->name)) != 0 || strlen(o->value) != len ||
	    memcmp(o->value, value, len) != 0)
		return broken(w->t, "override %zu of line %zu: %s = \"%s\"", w->overrides,
			      w->s->line, o->name, o->value);
	if (o->line != line_of(w->line, name))
		return broken(w->t, "%s is not in line %zu", o->name, o->line);
	return true;
}

/* Where the daemon is seen to die, or NULL. */
static const char *run_options(struct wanted *w, struct words *args)
{
	size_t now;
	int c;

	opterr = 0;
	optind = 0;
	for (;;) {
		now = optind > 0 ? (size_t)optind : 1;
		c = getopt((int)args->n - 1, args->v, OPTIONS);
		if (c == -1)
			return NULL;
		if (c == '?')
			return args->v[now];
		if (c == 'o' && !check_override(w, optarg))
			return optarg;
		if ((c == 's' || c == 'r') && atoi(optarg) <= 0) /* NOLINT(cert-err34-c) */
			return optarg;
	}
}

/* What the daemon says to the first word that is no option. */
static const char *see_operand(const char *command, struct words *args)
{
	static const char *const strict[] = {"smtpd", "cleanup", "sub/smtpd"};
	size_t i;

	if ((size_t)optind + 1 >= args->n)
		return NULL;
	for (i = 0; i < sizeof(strict) / sizeof(strict[0]); i++)
		if (strcmp(command, strict[i]) == 0)
			return args->v[optind];
	if (strcmp(command, "smtp") != 0 && strcmp(command, "lmtp") != 0)
		return NULL;
	for (i = (size_t)optind; i + 1 < args->n; i++)
		if (strncasecmp(args->v[i], "flags=", 6) != 0)
			return args->v[i];
	return NULL;
}

/* Programs of which the laws know whether they take operands. */
static bool is_known(const char *command)
{
	static const char *const known[] = {"smtpd", "cleanup",    "sub/smtpd", "smtp",
					    "lmtp",  "postscreen", "pipe",      "other"};
	size_t i, n = 0;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		n += strcmp(command, known[i]) == 0;
	return n > 0;
}

static bool check_options(struct wanted *w, struct words *args)
{
	const struct mastercf_service *s = w->s;
	const char *dies;

	args->v[0] = s->command;
	dies = run_options(w, args);
	if (w->t->why.len > 0)
		return false;
	if (dies == NULL)
		dies = see_operand(s->command, args);
	if (dies == NULL && s->fatal != NULL && is_known(s->command))
		return broken(w->t, "line %zu is not fatal: %s", s->line, s->fatal);
	if (dies != NULL && (s->fatal == NULL || *s->fatal == '\0'))
		return broken(w->t, "line %zu is fatal at \"%s\"", s->line, dies);
	if (dies != NULL && s->fatal_line != line_of(w->line, dies))
		return broken(w->t, "fatal, but not in line %zu", s->fatal_line);
	if (w->overrides != s->noverrides)
		return broken(w->t, "line %zu has more overrides than %zu", s->line, w->overrides);
	return true;
}

/* ---- a service ---- */

static bool check_name(struct trial *t, const struct mastercf_service *s)
{
	const char *port = mastercf_port(s);
	size_t len = strlen(s->name), n = strlen(port);

	if (strcmp(s->type, "inet") != 0) {
		if (n > 0 || mastercf_is_local(s) != (strcmp(s->type, "pass") != 0))
			return broken(t, "port or place of a service that is no inet service");
		return true;
	}
	if (n == 0 || n > len || strcmp(s->name + len - n, port) != 0)
		return broken(t, "\"%s\" is not the port of \"%s\"", port, s->name);
	if ((*s->name != '[' && strchr(port, ':') != NULL) ||
	    (n < len && s->name[len - n - 1] != ':'))
		return broken(t, "\"%s\" is not all of the port of \"%s\"", port, s->name);
	if (n == len && mastercf_is_local(s))
		return broken(t, "\"%s\" is local", s->name);
	return true;
}

static bool check_service(struct trial *t, const struct logical *l, const struct words *w,
			  struct words *args)
{
	const struct mastercf_service *s = &t->services[t->seen++];
	struct wanted wanted = {.t = t, .line = l, .s = s};

	if (strcmp(s->name, w->v[0]) != 0 || strcmp(s->type, w->v[1]) != 0 ||
	    strcmp(s->command, w->v[7]) != 0 || s->is_private != (strcmp(w->v[2], "n") != 0))
		return broken(t, "fields of line %zu", s->line);
	if ((s->fatal == NULL) != (s->fatal_line == 0))
		return broken(t, "a fatal line without a cause, or the reverse");
	return check_name(t, s) && check_options(&wanted, args);
}

/* Each logical line is a service or refused. */
static bool check_logical(struct trial *t, struct logical *l)
{
	struct words fields = {0}, args = {0};
	enum verdict verdict;
	bool is_service, good = true;
	char *rest;

	l->text.len = strlen(buf_string(&l->text));
	words_add(&args, NULL);
	rest = cut_fields(l->text.data, 8, &fields);
	verdict = judge_fields(&fields);
	if (verdict != BAD && !cut_arguments(rest, &args))
		verdict = BAD;
	is_service = t->seen < t->nservices && t->services[t->seen].line == l->first;
	if (fields.n > 0 && !is_service)
		t->refused++;
	if (verdict != UNCLEAR && is_service != (verdict == GOOD))
		good = broken(t, "line %zu is %s", l->first, is_service ? "taken" : "refused");
	else if (is_service)
		good = check_service(t, l, &fields, &args);
	free(fields.v);
	free(args.v);
	return good;
}

static bool check_lines(struct trial *t)
{
	struct logical l = {.text = BUF_INIT};
	size_t from, to, first, line = 0;
	bool good = true;

	for (from = 0; good && from < t->len; from = to + 1) {
		line++;
		for (to = from; to < t->len && t->text[to] != '\n';)
			to++;
		for (first = from; first < to && is_space(t->text[first]);)
			first++;
		t->refused += memchr(t->text + from, '\0', to - from) != NULL;
		if (first == to || t->text[first] == '#')
			continue;
		if (first == from) {
			good = l.first == 0 || check_logical(t, &l);
			buf_clear(&l.text);
			l.first = line;
		}
		if (l.first > 0)
			add_line(&l, t->text + from, to - from, line);
	}
	if (good && l.first > 0)
		good = check_logical(t, &l);
	buf_release(&l.text);
	free(l.lines);
	return good;
}

/* ---- all of them ---- */

static bool check_errors(struct trial *t)
{
	const struct mastercf_error *e;
	size_t i;

	if (t->nerrors != t->refused)
		return broken(t, "%zu lines refused, not %zu", t->nerrors, t->refused);
	for (i = 0; i < t->nerrors; i++) {
		e = &t->errors[i];
		if (*e->cause == '\0' || e->len > 60 || e->text < t->text ||
		    e->text + e->len > t->text + t->len || memchr(e->text, '\n', e->len) != NULL)
			return broken(t, "the text of error %zu", i);
		if (e->line == 0 || (i > 0 && e->line < e[-1].line))
			return broken(t, "the line of error %zu", i);
	}
	return true;
}

static bool is_same(const struct mastercf_service *a, const struct mastercf_service *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->type, b->type) == 0 &&
	       a->is_private == b->is_private;
}

/* Inet services may be the same in more ways than by their bytes. */
static bool check_replaced(struct trial *t, const struct mastercf_service *s)
{
	const struct mastercf_service *end = t->services + t->nservices, *later;

	for (later = s + 1; later < end && !is_same(s, later);)
		later++;
	if (later < end && !s->replaced)
		return broken(t, "\"%s\" comes again in line %zu", s->name, later->line);
	if (later == end && s->replaced && (s + 1 == end || strcmp(s->type, "inet") != 0))
		return broken(t, "\"%s\" of line %zu does not come again", s->name, s->line);
	return true;
}

/* The last one of a name is found. */
static bool check_in_force(struct trial *t, const struct mastercf_service *s)
{
	const struct mastercf_override *found;
	size_t i, last;

	for (i = 0; i < s->noverrides; i++) {
		for (last = s->noverrides - 1;
		     strcmp(s->overrides[last].name, s->overrides[i].name) != 0;)
			last--;
		found = mastercf_override(s, s->overrides[i].name, strlen(s->overrides[i].name));
		if (found != &s->overrides[last])
			return broken(t, "the override of %s in line %zu is another one",
				      s->overrides[i].name, s->line);
	}
	return mastercf_override(s, "", 0) == NULL || broken(t, "an override without a name");
}

static bool check_services(struct trial *t)
{
	size_t i;

	if (t->seen < t->nservices)
		return broken(t, "a service from nowhere in line %zu", t->services[t->seen].line);
	for (i = 0; i < t->nservices; i++)
		if (!check_replaced(t, &t->services[i]) || !check_in_force(t, &t->services[i]))
			return false;
	return true;
}

char *laws_mastercf_broken(const char *text, size_t len)
{
	struct trial t = {.text = text, .len = len};
	bool good;

	t.file = mastercf_parse(text, len);
	t.nservices = mastercf_services(t.file, &t.services);
	t.nerrors = mastercf_errors(t.file, &t.errors);
	good = check_lines(&t) && check_services(&t) && check_errors(&t);
	mastercf_free(t.file);
	if (!good)
		return buf_detach(&t.why);
	buf_release(&t.why);
	return NULL;
}
