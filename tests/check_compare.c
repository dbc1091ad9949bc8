/* SPDX-License-Identifier: ISC */
/*
 * check_compare - the edits between two texts: exact always, few where the texts
 * are alike, and an end to the search where they are not.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "support.h"
#include "udiff.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static struct edits edits;

static void between(const char *old, size_t old_len, const char *new, size_t new_len)
{
	struct buf made = BUF_INIT;
	size_t i;

	edits_release(&edits);
	compare(&edits, old, old_len, new, new_len);
	edits_apply(&edits, old, old_len, &made);
	ck_assert_msg(made.len == new_len && memcmp(buf_string(&made), new, new_len) == 0,
		      "from \"%.*s\" to \"%.*s\": made \"%s\"", (int)old_len, old, (int)new_len,
		      new, buf_string(&made));
	for (i = 1; i < edits.n; i++)
		ck_assert_msg(edits.v[i - 1].to < edits.v[i].from, "edits that touch");
	buf_release(&made);
}

/* How many lines the edits take away and bring. */
static size_t cost(const char *old)
{
	size_t i, at, n = 0;

	for (i = 0; i < edits.n; i++) {
		for (at = edits.v[i].from; at < edits.v[i].to; at++)
			n += old[at] == '\n' || at + 1 == edits.v[i].to;
		for (at = 0; at < edits.v[i].len; at++)
			n += edits.v[i].text[at] == '\n' || at + 1 == edits.v[i].len;
		/* A line that ends in a newline was counted once: at its newline. */
	}
	return n;
}

static const struct {
	const char *old, *new, *diff; /* diff without its two lines of header */
} cases[] = {
	{"", "", ""},
	{"a\n", "a\n", ""},
	{"", "a\n", "@@ -0,0 +1 @@\n+a\n"},
	{"a\n", "", "@@ -1 +0,0 @@\n-a\n"},
	{"a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
	{"a\nb\nc\n", "b\nc\nd\n", "@@ -1,3 +1,3 @@\n-a\n b\n c\n+d\n"},
	{"a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
	{"a\nb\n", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"},
	{"a\nb\na\nb\na\n", "a\nb\na\n", NULL},
	{"\n\n\n", "\n\n", "@@ -1,3 +1,2 @@\n \n \n-\n"},
	{"a\r\n", "a\n", "@@ -1 +1 @@\n-a\r\n+a\n"},
	{"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", NULL},
};

START_TEST(a_case)
{
	struct buf diff = BUF_INIT;
	const char *hunks;

	between(cases[_i].old, strlen(cases[_i].old), cases[_i].new, strlen(cases[_i].new));
	udiff(&diff, "x", cases[_i].old, strlen(cases[_i].old), &edits);
	hunks = strstr(buf_string(&diff), "@@");
	if (cases[_i].diff != NULL)
		ck_assert_str_eq(hunks != NULL ? hunks : "", cases[_i].diff);
	buf_release(&diff);
}
END_TEST

static uint32_t seed;

static uint32_t number(uint32_t below)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % below;
}

/* Few different lines, so that much can be matched in many ways; at times no last newline. */
static size_t make_text(char *to, uint32_t lines, uint32_t kinds)
{
	size_t len = 0;

	while (lines-- > 0) {
		to[len++] = (char)('a' + number(kinds));
		to[len++] = '\n';
	}
	return len - (len > 0 && number(4) == 0);
}

#define MOST 40

/* What the textbook says, in quadratic time: lines that are not in a longest common subsequence. */
static size_t least_cost(const char *a, size_t a_len, const char *b, size_t b_len)
{
	static size_t common[MOST + 1][MOST + 1];
	size_t n = (a_len + 1) / 2, m = (b_len + 1) / 2, i, j;

	for (i = 0; i <= n; i++) {
		for (j = 0; j <= m; j++) {
			if (i == 0 || j == 0)
				common[i][j] = 0;
			else if (a[2 * i - 2] == b[2 * j - 2] && (2 * i > a_len) == (2 * j > b_len))
				common[i][j] = common[i - 1][j - 1] + 1;
			else
				common[i][j] = common[i - 1][j] > common[i][j - 1]
						       ? common[i - 1][j]
						       : common[i][j - 1];
		}
	}
	return n + m - 2 * common[n][m];
}

START_TEST(the_fewest_lines)
{
	char old[2 * MOST], new[2 * MOST];
	size_t old_len, new_len, want, got;
	int i;

	for (i = 0; i < 20000; i++) {
		seed = (uint32_t)i;
		old_len = make_text(old, number(MOST), 1 + number(6));
		new_len = make_text(new, number(MOST), 1 + number(6));
		between(old, old_len, new, new_len);
		want = least_cost(old, old_len, new, new_len);
		got = cost(old);
		ck_assert_msg(got == want, "seed %d: %zu lines instead of %zu", i, got, want);
	}
}
END_TEST

/* Texts of many lines that have next to nothing in common: exact all the same. */
START_TEST(the_search_ends)
{
	struct buf old = BUF_INIT, new = BUF_INIT;
	int i;

	for (i = 0; i < 30000; i++) {
		buf_addf(&old, "%d\n", i % 7);
		buf_addf(&new, "%d\n", (i * i + i / 3) % 11);
	}
	between(old.data, old.len, new.data, new.len);
	buf_clear(&new);
	for (i = 0; i < 30000; i++)
		buf_addf(&new, "new %d\n", i);
	between(old.data, old.len, new.data, new.len);
	buf_release(&old);
	buf_release(&new);
}
END_TEST

static void tear_down(void)
{
	edits_release(&edits);
}

int main(void)
{
	Suite *s = suite_create("compare");
	TCase *tc = tcase_create("compare");

	tcase_add_checked_fixture(tc, NULL, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_case, 0, COUNT(cases));
	tcase_add_test(tc, the_fewest_lines);
	tcase_add_test(tc, the_search_ends);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
