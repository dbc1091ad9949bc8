/* SPDX-License-Identifier: ISC */
#include "logprefix.h"

#include <string.h>

/* How many words may stand between the time and the tag: a host, a severity. */
#define WORDS 3
/* Digits of a process's number. */
#define PID_MAX 10

static void skip_spaces(struct span *s)
{
	while (s->len > 0 && (*s->at == ' ' || *s->at == '\t'))
		span_skip(s, 1);
}

#define BEGINS(s, literal) span_begins(s, literal, sizeof(literal) - 1)
#define IS(s, literal) ((s).len == sizeof(literal) - 1 && BEGINS(s, literal))

static struct span word_of(struct span s)
{
	const char *space = s.len > 0 ? memchr(s.at, ' ', s.len) : NULL;

	return (struct span){s.at, space != NULL ? (size_t)(space - s.at) : s.len};
}

static bool number(const char *p, size_t len, uint32_t *value)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < len && i < PID_MAX; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		n = n * 10 + (uint32_t)(p[i] - '0');
	}
	if (i == 0 || i < len)
		return false;
	*value = n;
	return true;
}

/* "postfix/smtp[123]:", "kernel:". */
static bool take_tag(struct span word, struct logprefix *p)
{
	const char *open;

	if (word.len < 2 || word.at[word.len - 1] != ':')
		return false;
	word.len--;
	p->tag = word;
	if (word.at[word.len - 1] != ']')
		return true;
	open = memchr(word.at, '[', word.len);
	if (open == NULL)
		return true;
	if (number(open + 1, (size_t)(word.at + word.len - 1 - (open + 1)), &p->pid))
		p->tag.len = (size_t)(open - word.at);
	return true;
}

/* What containers' loggers and FreeBSD's put where a host stands, or behind it. */
static bool is_severity(struct span word)
{
	static const struct {
		const char *word;
		size_t len;
	} words[] = {{"INFO", 4},   {"WARN", 4},  {"WARNING", 7}, {"ERROR", 5},
		     {"ERR", 3},    {"DEBUG", 5}, {"CRIT", 4},    {"FATAL", 5},
		     {"NOTICE", 6}, {"PANIC", 5}, {"ALERT", 5},   {"EMERG", 5}};
	size_t i;

	if (word.len >= 3 && *word.at == '<' && word.at[word.len - 1] == '>')
		return true;
	/* Most hosts are in small letters. */
	if (*word.at < 'A' || *word.at > 'Z')
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].len == word.len && memcmp(words[i].word, word.at, word.len) == 0)
			return true;
	return false;
}

/* Solaris: "[ID 197553 mail.info] " before the message. */
static void skip_message_id(struct span *s)
{
	const char *end;

	if (BEGINS(*s, "[ID ") && (end = memchr(s->at, ']', s->len)) != NULL)
		span_skip(s, (size_t)(end + 1 - s->at));
	skip_spaces(s);
}

/* ---- what was read before ---- */

/* Tags are told apart by their lengths and last letters, mostly. */
static struct logprefix_head *head_at(struct logprefix_cache *c, const char *text, size_t len)
{
	return &c->heads[(len * 5 + (unsigned char)text[len - 2]) % LOGPREFIX_HEADS];
}

/* "123]: " behind "postfix/smtp[" up to the space: bytes of it, or 0. */
static size_t known_pid(const char *p, size_t len, uint32_t *pid)
{
	const char *start = p, *end = p + (len < PID_MAX ? len : PID_MAX);
	uint32_t value = 0, digit;

	for (; p < end && (digit = (uint32_t)*p - '0') < 10; p++)
		value = value * 10 + digit;
	if (p == start || len - (size_t)(p - start) < 3 || p[0] != ']' || p[1] != ':' ||
	    p[2] != ' ')
		return 0;
	*pid = value;
	return (size_t)(p - start) + 2;
}

/* Almost all lines are of a host and a daemon that had one before. */
static bool take_known(struct logprefix_cache *c, struct span *s, struct logprefix *p)
{
	size_t most = sizeof(c->heads[0].text), len, n;
	const char *open = memchr(s->at, '[', s->len < most ? s->len : most);
	struct logprefix_head *head;

	if (open == NULL || (len = (size_t)(open + 1 - s->at)) < 2)
		return false;
	head = head_at(c, s->at, len);
	if (head->len != len || !span_same(head->text, s->at, len) ||
	    (n = known_pid(open + 1, s->len - len, &p->pid)) == 0)
		return false;
	p->host.at = s->at + head->host_at;
	p->host.len = head->host_len;
	p->tag = (struct span){s->at + head->tag_at, head->tag_len};
	p->note = &head->note;
	span_skip(s, len + n);
	return true;
}

/* Where the first bracket is that of the process, so will it be behind the same bytes. */
static void keep(struct logprefix_cache *c, const char *from, struct logprefix *p)
{
	size_t len = (size_t)(p->tag.at - from) + p->tag.len + 1;
	struct logprefix_head *head;

	if (len < 2 || len > sizeof(head->text) || memchr(from, '[', len) != p->tag.at + p->tag.len)
		return;
	head = head_at(c, from, len);
	(void)memcpy(head->text, from, len);
	head->len = (uint8_t)len;
	head->host_at = p->host.len > 0 ? (uint8_t)(p->host.at - from) : 0;
	head->host_len = (uint8_t)p->host.len;
	head->tag_at = (uint8_t)(p->tag.at - from);
	head->tag_len = (uint8_t)p->tag.len;
	head->note = (struct logprefix_note){0, 0};
	p->note = &head->note;
}

/* ---- host and tag ---- */

/* A line without a tag is one of the logger's own. What is behind the words is left in s. */
static bool take_words(struct span *rest, struct logprefix *p)
{
	struct span word, s = *rest;
	bool tagged = false;
	int i;

	for (i = 0; i < WORDS && !tagged; i++) {
		skip_spaces(&s);
		word = word_of(s);
		if (word.len == 0)
			break;
		span_skip(&s, word.len);
		tagged = take_tag(word, p);
		if (!tagged && p->host.len == 0 && !is_severity(word))
			p->host = word;
	}
	*rest = s;
	return tagged;
}

static void read_words(struct logprefix_cache *c, struct span s, struct logprefix *p)
{
	const char *from = s.at;

	if (!take_known(c, &s, p) && take_words(&s, p))
		keep(c, from, p);
	if (s.len > 0 && *s.at == ' ')
		span_skip(&s, 1);
	if (s.len > 0 && *s.at == '[')
		skip_message_id(&s);
	p->message = s;
}

/* '[id name="value"]': a value may have brackets, and quotes behind backslashes. */
static void skip_data(struct span *s)
{
	bool quoted = false;
	char c = '\0';

	while (s->len > 0 && (c != ']' || quoted)) {
		c = *s->at;
		span_skip(s, quoted && c == '\\' && s->len > 1 ? 2 : 1);
		quoted = quoted != (c == '"');
	}
}

/* RFC 5424 behind the time: host, program, process, message ID, data, message. */
static void read_rfc5424(struct span s, struct logprefix *p)
{
	struct span words[4];
	int i;

	for (i = 0; i < 4; i++) {
		skip_spaces(&s);
		words[i] = word_of(s);
		span_skip(&s, words[i].len);
	}
	skip_spaces(&s);
	while (s.len > 0 && *s.at == '[')
		skip_data(&s);
	if (s.len > 0 && *s.at == '-')
		span_skip(&s, 1);
	skip_spaces(&s);
	if (BEGINS(s, "\xef\xbb\xbf"))
		span_skip(&s, 3);
	p->host = words[0];
	p->tag = words[1];
	(void)number(words[2].at, words[2].len, &p->pid);
	p->message = s;
}

/* "<22>", and whether RFC 5424's version follows. */
static bool skip_priority(struct span *s)
{
	const char *end = s->len > 2 && *s->at == '<' ? memchr(s->at, '>', s->len) : NULL;
	uint32_t priority;

	if (end == NULL || !number(s->at + 1, (size_t)(end - s->at - 1), &priority))
		return false;
	span_skip(s, (size_t)(end + 1 - s->at));
	if (!BEGINS(*s, "1 "))
		return false;
	span_skip(s, 2);
	return true;
}

/* ---- what containers put around a line ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \uXXXX: what Postfix writes in a log is ASCII, or else shall only be no newline. */
static size_t unescape_unicode(struct span s, struct buf *text)
{
	int code = 0, i;

	if (s.len < 4)
		return 0;
	for (i = 0; i < 4; i++) {
		if (hex(s.at[i]) < 0)
			return 0;
		code = code * 16 + hex(s.at[i]);
	}
	buf_addc(text, code >= 0x20 && code < 0x7f ? code : '?');
	return 4;
}

/* A string of JSON from behind its quote; the rest of the line is left in s. */
static bool unescape(struct span *s, struct buf *text)
{
	static const char from[] = "nrtbf\"\\/", to[] = "\n\r\t\b\f\"\\/";
	const char *letter;
	size_t n;

	while (s->len > 0 && *s->at != '"') {
		if (*s->at != '\\' || s->len < 2) {
			buf_addc(text, *s->at);
			span_skip(s, 1);
			continue;
		}
		letter = memchr(from, s->at[1], sizeof(from) - 1);
		n = 0;
		if (letter != NULL)
			buf_addc(text, to[letter - from]);
		else if (s->at[1] != 'u' ||
			 (n = unescape_unicode((struct span){s->at + 2, s->len - 2}, text)) == 0)
			return false;
		span_skip(s, 2 + n);
	}
	return s->len > 0;
}

/* Behind the quote at the end of a string whose content is no matter: its raw bytes. */
static bool skip_string(struct span *s, struct span *raw)
{
	size_t i = 0;

	while (i < s->len && s->at[i] != '"')
		i += s->at[i] == '\\' ? 2 : 1;
	if (i >= s->len)
		return false;
	*raw = (struct span){s->at, i};
	span_skip(s, i + 1);
	return true;
}

/* A value that is no string: up to the comma or the bracket that ends it. */
static void skip_value(struct span *s)
{
	struct span raw;
	size_t depth = 0;
	char c;

	while (s->len > 0) {
		c = *s->at;
		if (depth == 0 && (c == ',' || c == '}'))
			return;
		span_skip(s, 1);
		if (c == '"' && !skip_string(s, &raw))
			return;
		depth += c == '{' || c == '[';
		depth -= depth > 0 && (c == '}' || c == ']');
	}
}

/* '"key" :', with blanks where JSON has them; s is at the value then. */
static bool take_key(struct span *s, struct span *key)
{
	skip_spaces(s);
	if (s->len == 0 || *s->at != '"')
		return false;
	span_skip(s, 1);
	if (!skip_string(s, key))
		return false;
	skip_spaces(s);
	if (s->len == 0 || *s->at != ':')
		return false;
	span_skip(s, 1);
	skip_spaces(s);
	return true;
}

/* What is in a member that is a string. */
static bool take_string(struct span *s, struct span key, struct span *time, struct buf *text,
			bool *found)
{
	struct span raw;

	span_skip(s, 1);
	if (IS(key, "log") && !*found) {
		*found = true;
		if (!unescape(s, text))
			return false;
		span_skip(s, 1);
		return true;
	}
	if (!skip_string(s, &raw))
		return false;
	if (IS(key, "time"))
		*time = raw;
	return true;
}

/*
 * Docker's json-file, one object a line: {"log":"...\n","stream":"stdout","time":"..."}. Its
 * members may come in any order, and others with them. time: empty where there is none.
 */
static bool unwrap_json(struct span *s, struct buf *text, struct span *time)
{
	struct span rest = *s, key;
	size_t start = text->len, end;
	bool found = false;

	do {
		span_skip(&rest, 1);
		if (!take_key(&rest, &key))
			break;
		if (rest.len == 0 || *rest.at != '"')
			skip_value(&rest);
		else if (!take_string(&rest, key, time, text, &found))
			return false;
		skip_spaces(&rest);
	} while (rest.len > 0 && *rest.at == ',');
	end = text->len;
	while (end > start && (text->data[end - 1] == '\n' || text->data[end - 1] == '\r'))
		end--;
	*s = (struct span){buf_string(text) + start, end - start};
	return found;
}

/* docker-compose: "postfix    | 2020-...": a short name, then a bar. */
static void unwrap_compose(struct span *s)
{
	struct span name = word_of(*s), rest = *s;

	span_skip(&rest, name.len);
	skip_spaces(&rest);
	if (name.len == 0 || !BEGINS(rest, "| "))
		return;
	span_skip(&rest, 2);
	*s = rest;
}

/* Kubernetes: "2026-11-23T12:30:05.0Z stdout F " before the line, which has a time or none. */
static void unwrap_stream(struct logprefix_cache *c, struct span *s, struct logprefix *p)
{
	struct span rest = *s;
	struct stamp when;
	size_t n;

	if (!BEGINS(rest, " stdout ") && !BEGINS(rest, " stderr "))
		return;
	span_skip(&rest, sizeof(" stdout ") - 1);
	if (!BEGINS(rest, "F ") && !BEGINS(rest, "P "))
		return;
	span_skip(&rest, 2);
	n = stamp_read(&c->stamps, rest.at, rest.len, &when);
	if (n > 0) {
		p->when = when;
		span_skip(&rest, n);
	}
	*s = rest;
}

/* A line that does not begin with a time; s is behind it then. */
static bool unwrap(struct logprefix_cache *c, struct buf *text, struct span *s, bool *rfc5424,
		   struct logprefix *p)
{
	struct span time = {NULL, 0}, rest;
	size_t n;

	if (s->len > 0 && *s->at == '{' && !unwrap_json(s, text, &time))
		return false;
	rest = *s;
	unwrap_compose(&rest);
	*rfc5424 = skip_priority(&rest);
	n = stamp_read(&c->stamps, rest.at, rest.len, &p->when);
	if (n > 0) {
		span_skip(&rest, n);
		*s = rest;
		return s->len == 0 || *s->at == ' ';
	}
	/* The text alone, and its time beside it. */
	*rfc5424 = false;
	return time.len > 0 && stamp_read(&c->stamps, time.at, time.len, &p->when) > 0;
}

bool logprefix_read(struct logprefix_cache *c, struct buf *text, const char *line, size_t len,
		    struct logprefix *p)
{
	struct span s = {line, len};
	bool rfc5424 = false;
	size_t n;

	p->host = (struct span){NULL, 0};
	p->tag = (struct span){NULL, 0};
	p->pid = 0;
	p->note = NULL;
	n = stamp_read(&c->stamps, s.at, s.len, &p->when);
	span_skip(&s, n);
	if (n > 0 ? s.len > 0 && *s.at != ' ' : !unwrap(c, text, &s, &rfc5424, p))
		return false;
	if (rfc5424) {
		read_rfc5424(s, p);
		return true;
	}
	if (s.len > 1 && s.at[1] == 's')
		unwrap_stream(c, &s, p);
	read_words(c, s, p);
	return true;
}
