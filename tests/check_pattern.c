/* SPDX-License-Identifier: ISC */
/* check_pattern - patterns that describe a whole value, and such as are none. */
#include "pattern.h"

#include <string.h>

#include "support.h"

#define BYTES(text) (text), sizeof(text) - 1
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct {
	const char *pattern;
	const char *value;
	size_t len;
	int want;
} matches[] = {
	{"may", BYTES("may"), 1},
	{"may", BYTES("MaY"), 1},
	{"MAY", BYTES("may"), 1},
	{"may", BYTES("mayor"), 0},
	{"may", BYTES("dismay"), 0},
	{"may", BYTES("ma"), 0},
	{"may", BYTES(""), 0},
	{"may", BYTES("may\n"), 0},
	{"may", BYTES(" may"), 0},
	{"may", BYTES("x\nmay"), 0},
	{"may$", BYTES("may\n"), 0},
	{"", BYTES(""), 1},
	{"", BYTES("x"), 0},
	{".*", BYTES(""), 1},
	{"may|encrypt", BYTES("encrypt"), 1},
	{"may|encrypt", BYTES("may"), 1},
	/* Both ends hold for every branch, and for the longer one, too. */
	{"may|encrypt", BYTES("maybe"), 0},
	{"may|encrypt", BYTES("do encrypt"), 0},
	{"dane|dane-only", BYTES("dane-only"), 1},
	{"a|ab|abc", BYTES("abc"), 1},
	{"[0-9]+", BYTES("123"), 1},
	{"[0-9]+", BYTES("123 "), 0},
	{"(a)(b)?\\1", BYTES("aba"), 1},
	{"a.b", BYTES("a\0b"), 1},
	{"a", BYTES("a\0b"), 0},
	{"\\xff+", BYTES("\xff\xff"), 1},
	{"caf.", BYTES("caf\xe9"), 1},
	{"^may$", BYTES("may"), 1},
};

START_TEST(matches_or_not)
{
	struct buf why = BUF_INIT;
	struct pattern *p = pattern_compile(matches[_i].pattern, &why);

	ck_assert_msg(p != NULL, "%s: %s", matches[_i].pattern, buf_string(&why));
	ck_assert_msg(pattern_match(p, matches[_i].value, matches[_i].len, &why) ==
			      matches[_i].want,
		      "/%s/ on \"%s\"", matches[_i].pattern, matches[_i].value);
	ck_assert_str_eq(buf_string(&why), "");
	pattern_free(p);
	buf_release(&why);
}
END_TEST

static const char *const bad[] = {"(", "a)", "[a", "*", "a{2,1}", "\\", "(?<n", "(?P=x)", "[z-a]"};

START_TEST(refuses)
{
	struct buf why = BUF_INIT;
	struct pattern *p = pattern_compile(bad[_i], &why);

	ck_assert_msg(p == NULL, "%s: taken", bad[_i]);
	ck_assert_msg(why.len > 0, "%s: no cause", bad[_i]);
	/* Whoever wrote it must find it. */
	ck_assert_msg(strstr(why.data, bad[_i]) != NULL, "%s: %s", bad[_i], why.data);
	buf_release(&why);
}
END_TEST

/* None of these describes a's with a b at their end; the way to see that is long. */
static const char *const runaways[] = {"(a+)+$",           "(a|aa)+",   "(a*)*c", "(a+)+",
				       "((a?){40}a{40})*", "(?:a|a)*c", "(.*)*x"};

/* The time limit of the test case is what it must not run into. */
START_TEST(never_hangs)
{
	struct buf why = BUF_INIT, value = BUF_INIT;
	struct pattern *p = pattern_compile(runaways[_i], &why);
	int i, rc;

	ck_assert_msg(p != NULL, "%s: %s", runaways[_i], buf_string(&why));
	for (i = 0; i < 5000; i++)
		buf_addc(&value, 'a');
	buf_addc(&value, 'b');
	rc = pattern_match(p, value.data, value.len, &why);
	ck_assert_msg(rc == 0 || rc == -1, "%s: %d", runaways[_i], rc);
	ck_assert((rc == -1) == (why.len > 0));
	/* It is good for another value after that. */
	buf_clear(&why);
	ck_assert_int_eq(pattern_match(p, "b", 1, &why), 0);
	pattern_free(p);
	buf_release(&why);
	buf_release(&value);
}
END_TEST

START_TEST(serves_many_times)
{
	struct buf why = BUF_INIT;
	struct pattern *p = pattern_compile("a(b*)c", &why);
	int i;

	for (i = 0; i < 1000; i++) {
		ck_assert_int_eq(pattern_match(p, "abbc", 4, &why), 1);
		ck_assert_int_eq(pattern_match(p, "abbd", 4, &why), 0);
	}
	pattern_free(p);
	pattern_free(NULL);
	buf_release(&why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pattern");
	TCase *tc = tcase_create("pattern");

	tcase_set_timeout(tc, 10);
	tcase_add_loop_test(tc, matches_or_not, 0, COUNT(matches));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_loop_test(tc, never_hangs, 0, COUNT(runaways));
	tcase_add_test(tc, serves_many_times);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
