/* SPDX-License-Identifier: ISC */
#include "compare.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * How many lines may differ before the rest counts as different altogether, and
 * how many steps a line may cost: texts that have nothing in common end soon.
 */
#define MOST_EDITS 2000
#define STEPS_PER_LINE 64

struct lines {
	const char *text;
	size_t *at; /* where each line starts; behind the last one the length of the text */
	size_t n;
	bool *kept; /* lines that both texts have */
};

static void split(struct lines *l, const char *text, size_t len)
{
	size_t at, cap = 0;
	const char *nl;

	*l = (struct lines){.text = text};
	for (at = 0; at < len; at = nl != NULL ? (size_t)(nl - text) + 1 : len) {
		nl = memchr(text + at, '\n', len - at);
		l->at = xgrow(l->at, l->n, &cap, sizeof(*l->at));
		l->at[l->n++] = at;
	}
	l->at = xgrow(l->at, l->n, &cap, sizeof(*l->at));
	l->at[l->n] = len;
	l->kept = xcalloc(l->n, sizeof(*l->kept));
}

static void lines_release(struct lines *l)
{
	free(l->at);
	free(l->kept);
}

static bool equal(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	size_t len = a->at[i + 1] - a->at[i];

	return len == b->at[j + 1] - b->at[j] &&
	       memcmp(a->text + a->at[i], b->text + b->at[j], len) == 0;
}

/*
 * The search of Myers between two points. On diagonal k, where i - j = k, reach[k]
 * is the largest i that d edits lead to; all that the search has seen is kept, row
 * d behind row d - 1, to find the way back.
 */
struct search {
	struct lines *a, *b;
	long from; /* lines that both start with: there i and j begin */
	long n, m; /* lines between the common start and the common end */
	long *rows;
	size_t len, cap;
	long steps; /* that may still be taken */
};

/* Row d has d + 1 diagonals: -d, -d + 2 ... d. */
static long *row(const struct search *s, long d)
{
	return s->rows + d * (d + 1) / 2;
}

static long reach(const struct search *s, long d, long k)
{
	return row(s, d)[(k + d) / 2];
}

/* Whether the best way to diagonal k with d edits comes from k + 1: by a line that comes. */
static bool comes_down(const struct search *s, long d, long k)
{
	return k == -d || (k != d && reach(s, d - 1, k - 1) < reach(s, d - 1, k + 1));
}

/* Where d edits lead to on diagonal k, before lines that both texts have are passed. */
static long start_of(const struct search *s, long d, long k)
{
	if (d == 0)
		return 0;
	return comes_down(s, d, k) ? reach(s, d - 1, k + 1) : reach(s, d - 1, k - 1) + 1;
}

static long pass_equal(struct search *s, long i, long k)
{
	while (i < s->n && i - k < s->m && i - k >= 0 &&
	       equal(s->a, (size_t)(s->from + i), s->b, (size_t)(s->from + i - k))) {
		i++;
		s->steps--;
	}
	return i;
}

static long add_reach(struct search *s, long i)
{
	s->rows = xgrow(s->rows, s->len, &s->cap, sizeof(*s->rows));
	s->rows[s->len++] = i;
	s->steps--;
	return i;
}

/* The number of edits that lead to the end, and the diagonal; or how far it came. */
static long find_way(struct search *s, long *diagonal)
{
	long d, k, i, best, sum;

	for (d = 0;; d++) {
		best = 0;
		sum = -1;
		for (k = -d; k <= d; k += 2) {
			i = start_of(s, d, k);
			/* Past an end there is nothing: such a diagonal leads nowhere. */
			i = add_reach(s, pass_equal(s, i, k));
			if (i <= s->n && i - k <= s->m && 2 * i - k > sum) {
				sum = 2 * i - k;
				best = k;
			}
		}
		*diagonal = best;
		if (sum == s->n + s->m || d == MOST_EDITS || s->steps < 0)
			return d;
	}
}

/* Marks what both texts have on the way back from there. */
static void mark_kept(struct search *s, long d, long k)
{
	long i, start;

	for (; d >= 0; d--) {
		start = start_of(s, d, k);
		for (i = reach(s, d, k); i > start; i--) {
			s->a->kept[s->from + i - 1] = true;
			s->b->kept[s->from + i - 1 - k] = true;
		}
		if (d > 0)
			k += comes_down(s, d, k) ? 1 : -1;
	}
}

static void mark_range(struct lines *l, size_t from, size_t to)
{
	for (; from < to; from++)
		l->kept[from] = true;
}

static void match(struct lines *a, struct lines *b)
{
	struct search s = {.a = a, .b = b};
	size_t less = a->n < b->n ? a->n : b->n, head = 0, tail = 0;
	long d, k = 0;

	while (head < less && equal(a, head, b, head))
		head++;
	while (tail < less - head && equal(a, a->n - tail - 1, b, b->n - tail - 1))
		tail++;
	mark_range(a, 0, head);
	mark_range(b, 0, head);
	mark_range(a, a->n - tail, a->n);
	mark_range(b, b->n - tail, b->n);
	s.from = (long)head;
	s.n = (long)(a->n - head - tail);
	s.m = (long)(b->n - head - tail);
	s.steps = (s.n + s.m) * STEPS_PER_LINE;
	if (s.n > 0 && s.m > 0) {
		d = find_way(&s, &k);
		mark_kept(&s, d, k);
	}
	free(s.rows);
}

void compare(struct edits *edits, const char *old, size_t old_len, const char *new, size_t new_len)
{
	struct buf text = BUF_INIT;
	struct lines a, b;
	size_t i = 0, j = 0, from, start;

	split(&a, old, old_len);
	split(&b, new, new_len);
	match(&a, &b);
	while (i < a.n || j < b.n) {
		if (i < a.n && j < b.n && a.kept[i] && b.kept[j]) {
			i++;
			j++;
			continue;
		}
		for (from = i; i < a.n && !a.kept[i];)
			i++;
		for (start = j; j < b.n && !b.kept[j];)
			j++;
		buf_add(&text, new + b.at[start], b.at[j] - b.at[start]);
		edits_add(edits, a.at[from], a.at[i], from + 1, &text);
	}
	lines_release(&a);
	lines_release(&b);
}
