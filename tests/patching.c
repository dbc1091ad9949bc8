/* SPDX-License-Identifier: ISC */
#include "patching.h"

#include <stdlib.h>
#include <string.h>

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
