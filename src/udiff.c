/* SPDX-License-Identifier: ISC */
#include "udiff.h"

#include <string.h>

#include "diag.h"

#define CONTEXT 3

/* The byte after the line that starts at `at`. */
static size_t line_end(const char *text, size_t len, size_t at)
{
	const char *nl = memchr(text + at, '\n', len - at);

	return nl != NULL ? (size_t)(nl - text) + 1 : len;
}

/* The start of the line that ends before `at`, which starts a line itself and is not 0. */
static size_t line_before(const char *text, size_t at)
{
	while (at > 1 && text[at - 2] != '\n')
		at--;
	return at - 1;
}

/*
 * Git quotes a name with control bytes, quotes, backslashes or bytes that are not
 * ASCII. One that ends in a blank is quoted too, for patch would not see the blank.
 */
static bool is_odd(const char *path)
{
	size_t len = strlen(path);

	if (len > 0 && path[len - 1] == ' ')
		return true;
	for (; *path != '\0'; path++)
		if ((unsigned char)*path < 0x20 || (unsigned char)*path > 0x7e || *path == '"' ||
		    *path == '\\')
			return true;
	return false;
}

static void quote(struct buf *out, const char *path)
{
	static const char plain[] = "\a\b\t\n\v\f\r\"\\", named[] = "abtnvfr\"\\";
	const char *p;

	for (; *path != '\0'; path++) {
		p = strchr(plain, *path);
		if (p != NULL)
			buf_addf(out, "\\%c", named[p - plain]);
		else if ((unsigned char)*path < 0x20 || (unsigned char)*path > 0x7e)
			buf_addf(out, "\\%03o", (unsigned char)*path);
		else
			buf_addc(out, *path);
	}
}

static void header(struct buf *out, const char *marks, const char *side, const char *path)
{
	bool odd = is_odd(path);

	buf_addf(out, "%s %s%s", marks, odd ? "\"" : "", side);
	while (*path == '/')
		path++;
	if (odd)
		quote(out, path);
	else
		buf_adds(out, path);
	buf_adds(out, odd ? "\"" : "");
	/* The tab ends a name with blanks in it, for patch. */
	buf_adds(out, strchr(path, ' ') != NULL ? "\t\n" : "\n");
}

/* Counts lines, and appends them, each after its mark, where there is something to append to. */
static void lines(struct buf *out, char mark, const char *text, size_t len, size_t *count)
{
	size_t at = 0, end;

	for (; at < len; at = end) {
		end = line_end(text, len, at);
		(*count)++;
		if (out == NULL)
			continue;
		buf_addc(out, mark);
		buf_add(out, text + at, end - at);
		if (text[end - 1] != '\n')
			buf_adds(out, "\n\\ No newline at end of file\n");
	}
}

/* Up to CONTEXT lines further than `at`, but not past limit. */
static size_t context_after(const char *old, size_t limit, size_t at)
{
	int i;

	for (i = 0; i < CONTEXT && at < limit; i++)
		at = line_end(old, limit, at);
	return at;
}

/* Whether at most two contexts of lines stand between two edits: they share a hunk then. */
static bool is_near(const char *old, size_t len, const struct edit *a, const struct edit *b)
{
	size_t at = context_after(old, len, context_after(old, len, a->to));

	return at >= b->from;
}

static void range(struct buf *out, size_t first, size_t count)
{
	/* An empty range is named by the line before it. */
	buf_addf(out, "%zu", count == 0 ? first - 1 : first);
	if (count != 1)
		buf_addf(out, ",%zu", count);
}

struct counts {
	size_t same, gone, come; /* lines */
};

/* The lines of a hunk, from `at` on: counted, and appended to out if that is not NULL. */
static struct counts hunk_lines(struct buf *out, const char *old, size_t len, size_t at,
				const struct edit *e, size_t n)
{
	struct counts c = {0};
	size_t i, j, run;

	for (i = 0; i < n; i = run) {
		lines(out, ' ', old + at, e[i].from - at, &c.same);
		/* Edits that touch are one change: first all that goes, then all that comes. */
		for (run = i + 1; run < n && e[run].from == e[run - 1].to;)
			run++;
		at = e[run - 1].to;
		lines(out, '-', old + e[i].from, at - e[i].from, &c.gone);
		for (j = i; j < run; j++)
			lines(out, '+', e[j].text, e[j].len, &c.come);
	}
	lines(out, ' ', old + at, context_after(old, len, at) - at, &c.same);
	return c;
}

/*
 * Prints n edits that lie near each other; returns by how many lines the text grew.
 * The counts come first: the lines are gone through twice, for a second copy of
 * them may be large.
 */
static long hunk(struct buf *out, const char *old, size_t len, const struct edit *e, size_t n,
		 long grown)
{
	size_t back, at = e[0].from, first;
	struct counts c;

	for (back = 0; back < CONTEXT && at > 0; back++)
		at = line_before(old, at);
	first = e[0].line - back;
	c = hunk_lines(NULL, old, len, at, e, n);
	buf_adds(out, "@@ -");
	range(out, first, c.same + c.gone);
	buf_adds(out, " +");
	range(out, (size_t)((long)first + grown), c.same + c.come);
	buf_adds(out, " @@\n");
	(void)hunk_lines(out, old, len, at, e, n);
	return (long)c.come - (long)c.gone;
}

void udiff(struct buf *out, const char *path, const char *old, size_t len, const struct edits *e)
{
	size_t i, end;
	long grown = 0;

	if (e->n == 0)
		return;
	header(out, "---", "a/", path);
	header(out, "+++", "b/", path);
	for (i = 0; i < e->n; i = end) {
		for (end = i + 1; end < e->n && is_near(old, len, &e->v[end - 1], &e->v[end]);)
			end++;
		grown += hunk(out, old, len, e->v + i, end - i, grown);
	}
}

static const char *colour(char mark, bool in_header)
{
	if (in_header)
		return "\033[1m";
	switch (mark) {
	case '@':
		return "\033[36m";
	case '-':
		return "\033[31m";
	case '+':
		return "\033[32m";
	default:
		return NULL;
	}
}

void udiff_dress(struct buf *out, const char *diff, size_t len, unsigned flags)
{
	size_t at, end, no, text;
	const char *on;

	for (at = 0, no = 1; at < len; at = end, no++) {
		end = line_end(diff, len, at);
		text = end - at - (diff[end - 1] == '\n');
		on = (flags & UDIFF_COLOR) != 0 ? colour(diff[at], no <= 2) : NULL;
		buf_adds(out, on != NULL ? on : "");
		if ((flags & UDIFF_ESCAPE) != 0)
			diag_show(out, diff + at, text);
		else
			buf_add(out, diff + at, text);
		buf_adds(out, on != NULL ? "\033[m\n" : "\n");
	}
}
