/* SPDX-License-Identifier: ISC */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum diag_level verbosity = DIAG_INFO;

void diag_verbosity(enum diag_level most)
{
	verbosity = most;
}

bool diag_says(enum diag_level level)
{
	return level <= verbosity;
}

/* The code point of a well-formed UTF-8 sequence (RFC 3629) and its length, or 0. */
static size_t utf8_decode(const unsigned char *s, size_t len, unsigned long *code)
{
	static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n, i;

	if (s[0] < 0x80)
		n = 1;
	else if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	*code = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

size_t diag_utf8(const char *s, size_t len)
{
	unsigned long code;

	return utf8_decode((const unsigned char *)s, len, &code);
}

size_t diag_safe(const char *s, size_t len)
{
	unsigned long code;
	size_t n = utf8_decode((const unsigned char *)s, len, &code);

	if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
		return 0;
	/* Line and paragraph separators, and the controls that turn the writing direction. */
	if (code == 0x61c || code == 0x200e || code == 0x200f ||
	    (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
		return 0;
	return n;
}

void diag_escape(struct buf *out, const char *bytes, size_t len)
{
	static const char named[] = "\nn\rr\tt";
	const char *name;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = diag_safe(bytes + i, len - i);
		if (n > 0) {
			buf_add(out, bytes + i, n);
			continue;
		}
		n = 1;
		name = bytes[i] != '\0' ? strchr(named, bytes[i]) : NULL;
		if (name != NULL)
			buf_addf(out, "\\%c", name[1]);
		else
			buf_addf(out, "\\x%02x", (unsigned char)bytes[i]);
	}
}

void diag_show(struct buf *out, const char *bytes, size_t len)
{
	size_t part;

	for (; len > 0; bytes += part, len -= part) {
		for (part = 0; part < len && bytes[part] != '\t' && bytes[part] != '\n'; part++)
			;
		diag_escape(out, bytes, part);
		if (part < len)
			buf_addc(out, bytes[part++]);
	}
}

void diag_replace(struct buf *out, const char *bytes, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = diag_utf8(bytes + i, len - i);
		if (n > 0)
			buf_add(out, bytes + i, n);
		else
			buf_adds(out, "\xef\xbf\xbd");
		n = n > 0 ? n : 1;
	}
}

size_t diag_cut(const char *text, size_t len, size_t most)
{
	size_t back;

	if (len <= most)
		return len;
	for (back = 0; back <= 3 && back <= most; back++)
		if (((unsigned char)text[most - back] & 0xc0) != 0x80)
			return most - back;
	return most;
}

/* One write for a line, so that the lines of several processes do not mix. */
static void say(const struct buf *raw)
{
	struct buf line = BUF_INIT;
	ssize_t unused;

	diag_escape(&line, raw->data, raw->len);
	buf_addc(&line, '\n');
	unused = write(STDERR_FILENO, line.data, line.len);
	(void)unused;
	buf_release(&line);
}

void diag(enum diag_level level, const char *path, size_t line, const char *fmt, ...)
{
	struct buf raw = BUF_INIT;
	va_list ap;

	if (!diag_says(level))
		return;
	buf_adds(&raw, PROGRAM ": ");
	if (path != NULL)
		buf_adds(&raw, path);
	if (path != NULL && line > 0)
		buf_addf(&raw, ":%zu", line);
	if (path != NULL)
		buf_adds(&raw, ": ");
	va_start(ap, fmt);
	buf_addv(&raw, fmt, ap);
	va_end(ap);
	say(&raw);
	buf_release(&raw);
}

/* No buffer here: the memory may be what is missing. */
void diag_add_start(struct buf *out, const char *text, size_t most)
{
	size_t len = strlen(text), shown = diag_cut(text, len, most);

	buf_add(out, text, shown);
	buf_adds(out, shown < len ? "..." : "");
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fputs(PROGRAM ": ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

void diag_bug(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, PROGRAM ": bug at %s:%d: ", file, line);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	abort();
}
