/* SPDX-License-Identifier: ISC */
#include "maincf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

#include "diag.h"

/* How much of an offending line a message shows. */
#define SHOWN 60
#define NO_SLOT UINT32_MAX

/*
 * So many names are looked for one by one. Most files are asked about fewer, and
 * an index of a million names costs more than all of that.
 */
#define FEW 64

/* Twelve bytes each: a file of a million lines shall stay small in memory. */
struct occurrence {
	uint32_t from; /* offset of its first line */
	uint32_t line; /* number of that line */
	uint32_t hash; /* of its name */
};

/*
 * A bit for each hash, eight times as many as there are names: what has none is
 * not there, and a hash that meets its own bit has most likely been there before.
 */
struct sieve {
	uint64_t *bits; /* NULL at first */
	unsigned shift; /* of a hash, so that it becomes the number of a bit */
};

struct maincf {
	const char *text;
	size_t len;
	size_t lines; /* physical, an unterminated last one included */
	size_t crlf;  /* lines that end in CR LF */
	uint32_t seed;

	struct occurrence *v;
	size_t n, cap;
	unsigned asked; /* names that were looked for */
	struct sieve sieve;
	uint32_t *slots; /* by hash: last occurrence of a name, or NO_SLOT; NULL at first */
	size_t mask;     /* number of slots - 1 */

	struct maincf_error *errors;
	size_t nerrors, errors_cap;

	struct edits edits;
};

/* Postfix's ISSPACE: ASCII only, whatever the locale says. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Most bytes of names are behind the blank: they are asked two questions. */
static bool ends_name(char c)
{
	return (unsigned char)c <= ' ' ? is_space(c) : c == '=';
}

static size_t skip_space(const char *text, size_t at, size_t end)
{
	while (at < end && is_space(text[at]))
		at++;
	return at;
}

static size_t trim_space(const char *text, size_t start, size_t end)
{
	while (end > start && is_space(text[end - 1]))
		end--;
	return end;
}

static size_t line_end(const struct maincf *m, size_t at)
{
	const char *nl = memchr(m->text + at, '\n', m->len - at);

	return nl != NULL ? (size_t)(nl - m->text) + 1 : m->len;
}

enum line_kind {
	LINE_NOTHING, /* comment, blank or empty: skipped anywhere */
	LINE_MORE,    /* starts with white space: goes on with what came before */
	LINE_NEW      /* starts a logical line */
};

/* The first byte is enough to see that. */
static bool is_new(const char *text, size_t from)
{
	return text[from] != '#' && !is_space(text[from]);
}

static enum line_kind line_kind(const char *text, size_t from, size_t to)
{
	size_t at;

	if (text[from] == '#')
		return LINE_NOTHING;
	if (is_new(text, from))
		return LINE_NEW;
	at = skip_space(text, from, to);
	return at == to || text[at] == '#' ? LINE_NOTHING : LINE_MORE;
}

/*
 * A keyed hash, so that a file made to collide cannot know how. Its strength is
 * that of its purpose: keeping look-ups linear.
 */
static uint32_t hash_byte(uint32_t hash, char c)
{
	return ((hash ^ (unsigned char)c) * 0x9e3779b1U) ^ (hash >> 15);
}

static uint32_t make_seed(void)
{
	uint32_t seed = 0x811c9dc5U;
#ifdef __linux__
	/* The kernel gives every process sixteen random bytes. */
	const void *random = (const void *)getauxval(AT_RANDOM);

	if (random != NULL)
		memcpy(&seed, random, sizeof(seed));
#endif
	return seed;
}

static void add_error(struct maincf *m, size_t line, const char *cause, size_t from, size_t to)
{
	struct maincf_error *e;

	to = trim_space(m->text, from, to);
	m->errors = xgrow(m->errors, m->nerrors, &m->errors_cap, sizeof(*m->errors));
	e = &m->errors[m->nerrors++];
	*e = (struct maincf_error){.line = line, .cause = cause, .text = m->text + from};
	e->len = diag_cut(e->text, to - from, SHOWN);
	e->more = e->len < to - from;
}

/* What the logical line that is being read has shown so far. */
enum logical {
	NO_LINE,   /* none yet: white space at the start of the file goes on with nothing */
	COMPLETE,  /* an occurrence, or something that was refused */
	WANTS_SIGN /* an occurrence whose '=' must stand on a continuation line */
};

static void missing_sign(struct maincf *m, const struct occurrence *o)
{
	add_error(m, o->line, "missing '=' after parameter name", o->from, line_end(m, o->from));
}

/* The '=' that was still missing does not come: the last occurrence is none. */
static void drop_last(struct maincf *m)
{
	m->n--;
	missing_sign(m, &m->v[m->n]);
}

/* Reads the first line of a logical line. */
static enum logical start_line(struct maincf *m, size_t from, size_t to, size_t line)
{
	struct occurrence o = {.from = (uint32_t)from, .line = (uint32_t)line, .hash = m->seed};
	size_t at;

	for (at = from; at < to && !ends_name(m->text[at]); at++)
		o.hash = hash_byte(o.hash, m->text[at]);
	if (at == from) {
		add_error(m, line, "missing parameter name", from, to);
		return COMPLETE;
	}
	at = skip_space(m->text, at, to);
	if (at < to && m->text[at] != '=') {
		missing_sign(m, &o);
		return COMPLETE;
	}
	m->v = xgrow(m->v, m->n, &m->cap, sizeof(*m->v));
	m->v[m->n++] = o;
	return at < to ? COMPLETE : WANTS_SIGN;
}

static enum logical continue_line(struct maincf *m, enum logical now, size_t from, size_t to)
{
	if (now != WANTS_SIGN)
		return now;
	if (m->text[skip_space(m->text, from, to)] != '=')
		drop_last(m);
	return COMPLETE;
}

static void read_lines(struct maincf *m)
{
	enum logical now = NO_LINE;
	size_t from, to;

	for (from = 0; from < m->len; from = to) {
		to = line_end(m, from);
		m->lines++;
		if (to - from >= 2 && m->text[to - 1] == '\n' && m->text[to - 2] == '\r')
			m->crlf++;
		switch (line_kind(m->text, from, to)) {
		case LINE_NOTHING:
			break;
		case LINE_MORE:
			now = continue_line(m, now, from, to);
			break;
		case LINE_NEW:
			if (now == WANTS_SIGN)
				drop_last(m);
			now = start_line(m, from, to, m->lines);
			break;
		}
	}
	if (now == WANTS_SIGN)
		drop_last(m);
}

/* Postfix would read a line with a NUL byte up to there: half of what stands in it. */
static void find_nuls(struct maincf *m)
{
	size_t line = 1, from = 0, to;
	const char *nul = memchr(m->text, '\0', m->len);

	for (; nul != NULL && from < m->len; from = to, line++) {
		to = line_end(m, from);
		if ((size_t)(nul - m->text) >= to)
			continue;
		add_error(m, line, "NUL byte", from, to);
		nul = memchr(m->text + to, '\0', m->len - to);
	}
}

static int by_line(const void *one, const void *two)
{
	const struct maincf_error *a = one, *b = two;

	return a->line < b->line ? -1 : a->line > b->line;
}

static size_t name_len(const struct maincf *m, const struct occurrence *o)
{
	size_t at = o->from;

	while (at < m->len && !ends_name(m->text[at]))
		at++;
	return at - o->from;
}

static bool has_name(const struct maincf *m, const struct occurrence *o, const char *name,
		     size_t len)
{
	return len <= m->len - o->from && memcmp(m->text + o->from, name, len) == 0 &&
	       name_len(m, o) == len;
}

/* The slot of a name: where it stands, or the free one where it would. */
static uint32_t *find_slot(const struct maincf *m, uint32_t hash, const char *name, size_t len)
{
	size_t i;

	for (i = hash & m->mask; m->slots[i] != NO_SLOT; i = (i + 1) & m->mask)
		if (m->v[m->slots[i]].hash == hash && has_name(m, &m->v[m->slots[i]], name, len))
			break;
	return &m->slots[i];
}

static void build_index(struct maincf *m)
{
	const struct occurrence *o;
	size_t i, size = 16;

	while (size < m->n + m->n / 3)
		size *= 2;
	m->mask = size - 1;
	m->slots = xreallocarray(NULL, size, sizeof(*m->slots));
	memset(m->slots, 0xff, size * sizeof(*m->slots));
	for (i = 0; i < m->n; i++) {
		o = &m->v[i];
		*find_slot(m, o->hash, m->text + o->from, name_len(m, o)) = (uint32_t)i;
	}
}

static uint32_t bit_of(const struct sieve *s, uint32_t hash)
{
	return hash * 0x9e3779b1U >> s->shift;
}

/* Whether the bit was set before. */
static bool sieve_add(struct sieve *s, uint32_t hash)
{
	uint32_t bit = bit_of(s, hash);
	uint64_t mask = (uint64_t)1 << (bit % 64), was = s->bits[bit / 64] & mask;

	s->bits[bit / 64] |= mask;
	return was != 0;
}

static bool sieve_has(const struct sieve *s, uint32_t hash)
{
	uint32_t bit = bit_of(s, hash);

	return (s->bits[bit / 64] >> (bit % 64) & 1) != 0;
}

static struct sieve make_sieve(size_t n)
{
	struct sieve s = {NULL, 32 - 6};

	while (s.shift > 0 && (uint64_t)1 << (32 - s.shift) < (uint64_t)n * 8)
		s.shift--;
	s.bits = xcalloc((size_t)1 << (32 - s.shift - 6), sizeof(*s.bits));
	return s;
}

struct maincf *maincf_parse(const char *text, size_t len)
{
	struct maincf *m = xcalloc(1, sizeof(*m));

	if (len > MAINCF_MAX)
		bug("a text of %zu bytes", len);
	m->text = text != NULL ? text : "";
	m->len = len;
	m->seed = make_seed();
	read_lines(m);
	find_nuls(m);
	if (m->nerrors > 1)
		qsort(m->errors, m->nerrors, sizeof(*m->errors), by_line);
	return m;
}

void maincf_free(struct maincf *m)
{
	if (m == NULL)
		return;
	edits_release(&m->edits);
	free(m->sieve.bits);
	free(m->errors);
	free(m->slots);
	free(m->v);
	free(m);
}

size_t maincf_errors(const struct maincf *m, const struct maincf_error **errors)
{
	*errors = m->errors;
	return m->nerrors;
}

size_t maincf_count(const struct maincf *m)
{
	return m->n;
}

/* The last occurrence of a name among the first `end` ones. */
static size_t find_before(const struct maincf *m, size_t end, uint32_t hash, const char *name,
			  size_t len)
{
	while (end-- > 0)
		if (m->v[end].hash == hash && has_name(m, &m->v[end], name, len))
			return end;
	return MAINCF_NONE;
}

size_t maincf_find(struct maincf *m, const char *name, size_t len)
{
	uint32_t hash = m->seed, slot;
	size_t i;

	for (i = 0; i < len; i++)
		hash = hash_byte(hash, name[i]);
	if (m->sieve.bits == NULL && m->n > FEW) {
		m->sieve = make_sieve(m->n);
		for (i = 0; i < m->n; i++)
			(void)sieve_add(&m->sieve, m->v[i].hash);
	}
	if (m->sieve.bits != NULL && !sieve_has(&m->sieve, hash))
		return MAINCF_NONE;
	if (m->slots == NULL && m->asked++ < FEW)
		return find_before(m, m->n, hash, name, len);
	if (m->slots == NULL)
		build_index(m);
	slot = *find_slot(m, hash, name, len);
	return slot != NO_SLOT ? slot : MAINCF_NONE;
}

size_t maincf_earlier(const struct maincf *m, size_t i)
{
	const struct occurrence *o = &m->v[i];

	return find_before(m, i, o->hash, m->text + o->from, name_len(m, o));
}

/* The last occurrence of each of a few names, by hash. */
struct latest {
	uint32_t *slots;
	size_t mask;
};

/* The one before this of its name, or NO_SLOT; from now on this is the latest. */
static uint32_t exchange_latest(const struct maincf *m, struct latest *l, uint32_t i)
{
	const struct occurrence *o = &m->v[i];
	size_t at, len = name_len(m, o);
	uint32_t was;

	for (at = o->hash & l->mask; (was = l->slots[at]) != NO_SLOT; at = (at + 1) & l->mask)
		if (m->v[was].hash == o->hash && has_name(m, &m->v[was], m->text + o->from, len))
			break;
	l->slots[at] = i;
	return was;
}

/* Names that came twice by their bits, twins and strangers: only these are compared. */
static size_t sift(const struct maincf *m, struct sieve *twice)
{
	struct sieve once = make_sieve(m->n);
	size_t i, found = 0;

	*twice = make_sieve(m->n);
	for (i = 0; i < m->n; i++)
		if (sieve_add(&once, m->v[i].hash))
			(void)sieve_add(twice, m->v[i].hash);
	for (i = 0; i < m->n; i++)
		found += sieve_has(twice, m->v[i].hash);
	free(once.bits);
	return found;
}

void maincf_duplicates(const struct maincf *m,
		       void (*visit)(void *context, size_t earlier, size_t later), void *context)
{
	struct latest latest = {.mask = 15};
	struct sieve twice;
	size_t i, n = sift(m, &twice);
	uint32_t earlier;

	while (latest.mask < n + n / 2)
		latest.mask = latest.mask * 2 + 1;
	latest.slots = xreallocarray(NULL, latest.mask + 1, sizeof(*latest.slots));
	memset(latest.slots, 0xff, (latest.mask + 1) * sizeof(*latest.slots));
	for (i = 0; i < m->n && n > 0; i++) {
		if (!sieve_has(&twice, m->v[i].hash))
			continue;
		earlier = exchange_latest(m, &latest, (uint32_t)i);
		if (earlier != NO_SLOT)
			visit(context, earlier, i);
	}
	free(latest.slots);
	free(twice.bits);
}

bool maincf_contains(const struct maincf *m, size_t i, char byte)
{
	size_t from = m->v[i].from, to = i + 1 < m->n ? m->v[i + 1].from : m->len;

	return memchr(m->text + from, byte, to - from) != NULL;
}

const char *maincf_name(const struct maincf *m, size_t i, size_t *len)
{
	*len = name_len(m, &m->v[i]);
	return m->text + m->v[i].from;
}

/* A physical line that is part of a logical one. */
struct span {
	size_t from, to; /* its newline included */
	size_t line;
	size_t seen; /* the end of what was looked at so far */
};

static struct span first_span(const struct maincf *m, size_t i)
{
	const struct occurrence *o = &m->v[i];

	size_t to = line_end(m, o->from);

	return (struct span){o->from, to, o->line, to};
}

/* Moves to the next line that goes on with the logical line, past comments and blank lines. */
static bool next_span(const struct maincf *m, struct span *s)
{
	size_t from, line = s->line;

	for (from = s->to; from < m->len && !is_new(m->text, from); from = s->seen) {
		s->seen = line_end(m, from);
		line++;
		if (line_kind(m->text, from, s->seen) == LINE_NOTHING)
			continue;
		*s = (struct span){from, s->seen, line, s->seen};
		return true;
	}
	return false;
}

size_t maincf_value(const struct maincf *m, size_t i, struct buf *out)
{
	struct buf joined = BUF_INIT;
	struct span s = first_span(m, i);
	size_t at;

	do {
		buf_add(&joined, m->text + s.from, s.to - s.from);
		if (joined.data[joined.len - 1] == '\n')
			joined.len--;
	} while (next_span(m, &s));
	at = (size_t)((char *)memchr(joined.data, '=', joined.len) - joined.data) + 1;
	at = skip_space(joined.data, at, joined.len);
	buf_add(out, joined.data + at, trim_space(joined.data, at, joined.len) - at);
	buf_release(&joined);
	return s.seen - m->v[i].from;
}

size_t maincf_first_line(const struct maincf *m, size_t i)
{
	return m->v[i].line;
}

size_t maincf_last_line(const struct maincf *m, size_t i)
{
	struct span s = first_span(m, i);

	while (next_span(m, &s))
		;
	return s.line;
}

/* What stays of a line that gets another value, and what comes before that value. */
struct frame {
	size_t head; /* end of what stays before it */
	size_t tail; /* start of what stays behind it */
	const char *sign;
};

static struct frame find_frame(const struct maincf *m, const struct span *s, size_t name)
{
	const char *text = m->text;
	size_t end = trim_space(text, s->from, s->to), eol;
	size_t sign = skip_space(text, s->from + name, s->to);
	struct frame f = {.sign = ""};

	for (eol = s->to; eol > end && (text[eol - 1] == '\n' || text[eol - 1] == '\r');)
		eol--;
	if (sign == s->to)
		/* The sign stands on a line that goes. */
		return (struct frame){s->from + name, eol, " = "};
	f.head = skip_space(text, sign + 1, s->to);
	/* Blanks behind the old value are nobody's business. */
	f.tail = f.head < end ? end : eol;
	if (f.head < end)
		return f;
	for (f.head = sign + 1; f.head < eol && (text[f.head] == ' ' || text[f.head] == '\t');)
		f.head++;
	if (f.head == sign + 1 && is_space(text[sign - 1]))
		f.sign = " ";
	return f;
}

/* The first line of an occurrence with another value, its name and spacing kept. */
static void rewrite_line(const struct maincf *m, const struct span *s, size_t name,
			 const char *value, struct buf *out)
{
	struct frame f = find_frame(m, s, name);

	/* No more room than it takes: there may be a million of them. */
	buf_grow(out, f.head - s->from + strlen(f.sign) + strlen(value) + s->to - f.tail);
	buf_add(out, m->text + s->from, f.head - s->from);
	buf_adds(out, f.sign);
	buf_adds(out, value);
	buf_add(out, m->text + f.tail, s->to - f.tail);
}

void maincf_set(struct maincf *m, size_t i, const char *value)
{
	struct buf line = BUF_INIT;
	struct span s = first_span(m, i);

	rewrite_line(m, &s, name_len(m, &m->v[i]), value, &line);
	edits_add(&m->edits, s.from, s.to, s.line, &line);
	while (next_span(m, &s)) {
		if (m->edits.v[m->edits.n - 1].to == s.from)
			m->edits.v[m->edits.n - 1].to = s.to;
		else
			edits_add(&m->edits, s.from, s.to, s.line, &line);
	}
}

/* Whether a line is "#", blanks, the name, blanks, "=". */
static bool is_example(const char *text, size_t from, size_t to, const char *name, size_t len)
{
	size_t at;

	if (text[from] != '#')
		return false;
	at = skip_space(text, from + 1, to);
	if (len > to - at || memcmp(text + at, name, len) != 0)
		return false;
	at = skip_space(text, at + len, to);
	return at < to && text[at] == '=';
}

/* The number of the line that begins there. */
static size_t line_at(const struct maincf *m, size_t from)
{
	size_t at, line = 1;

	for (at = 0; at < from; at = line_end(m, at))
		line++;
	return line;
}

/* The last one. Most lines are no comments, and are not looked at. */
static bool find_example(const struct maincf *m, const char *name, struct span *found)
{
	size_t from, to, len = strlen(name), rest = m->len;
	const char *sign;

	while (rest > 0 && (sign = memrchr(m->text, '#', rest)) != NULL) {
		from = rest = (size_t)(sign - m->text);
		if (from > 0 && m->text[from - 1] != '\n')
			continue;
		to = line_end(m, from);
		if (is_example(m->text, from, to, name, len)) {
			*found = (struct span){from, to, line_at(m, from), to};
			return true;
		}
	}
	return false;
}

/* The last setting whose name starts as this one does, up to "_tls_". */
static bool find_relative(const struct maincf *m, const char *name, struct span *found)
{
	const char *tls = strstr(name, "_tls_");
	size_t i, len = tls != NULL ? (size_t)(tls - name) + strlen("_tls_") : 0;

	for (i = len > 0 ? m->n : 0; i-- > 0;) {
		if (len > m->len - m->v[i].from || memcmp(m->text + m->v[i].from, name, len) != 0)
			continue;
		*found = first_span(m, i);
		return true;
	}
	return false;
}

static struct span last_span(const struct maincf *m)
{
	struct span s = {m->len, m->len, m->lines, m->len};

	while (s.from > 0 && (s.from == m->len || m->text[s.from - 1] != '\n'))
		s.from--;
	return s;
}

/* CR LF where most of the lines that have an end have that one. */
static const char *line_ending(const struct maincf *m)
{
	bool open = m->len > 0 && m->text[m->len - 1] != '\n';

	return m->crlf > (m->lines - (open ? 1 : 0)) / 2 ? "\r\n" : "\n";
}

/* Where lines are added behind an unterminated last line, that one is terminated first. */
static void close_last_line(struct maincf *m)
{
	const char *eol = line_ending(m);
	struct edit *e = NULL;
	struct span s = last_span(m);
	struct buf line = BUF_INIT;
	bool added = false;
	size_t i;

	for (i = 0; i < m->edits.n; i++) {
		if (m->edits.v[i].from == m->len)
			added = true;
		else if (m->edits.v[i].to == m->len)
			e = &m->edits.v[i];
	}
	if (!added || m->len == 0 || m->text[m->len - 1] == '\n')
		return;
	if (e == NULL) {
		buf_add(&line, m->text + s.from, s.to - s.from);
		buf_adds(&line, eol);
		edits_add(&m->edits, s.from, s.to, s.line, &line);
	} else if (e->len > 0 && e->text[e->len - 1] != '\n') {
		buf_add(&line, e->text, e->len);
		buf_adds(&line, eol);
		e->len = line.len;
		free(e->text);
		e->text = buf_detach(&line);
	}
}

size_t maincf_add(struct maincf *m, const char *name, const char *value)
{
	struct buf line = BUF_INIT;
	struct span s;

	if (!find_example(m, name, &s) && !find_relative(m, name, &s))
		s = last_span(m);
	/* Never in front of a line that goes on with what came before. */
	while (next_span(m, &s))
		;
	buf_addf(&line, "%s = %s%s", name, value, line_ending(m));
	edits_add(&m->edits, s.to, s.to, s.line + 1, &line);
	return s.line > 0 ? s.line : 1;
}

const struct edits *maincf_edits(struct maincf *m)
{
	close_last_line(m);
	edits_sort(&m->edits);
	return &m->edits;
}
