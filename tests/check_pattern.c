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
	/* Whatever a library takes for the end of a line. */
	{"a.b", BYTES("a\nb"), 1},
	{"a.b", BYTES("a\rb"), 1},
	{"a.b", BYTES("a\fb"), 1},
	/* A NUL is a byte; in a pattern it is written so. */
	{"a\\0b", BYTES("a\0b"), 1},
	{"a\\x00b", BYTES("a\0b"), 1},
	{"a\\0b", BYTES("ab"), 0},
	/* Bytes, or characters if the pattern wants them. */
	{"..", BYTES("\xc3\xbc"), 1},
	{"(*UTF).", BYTES("\xc3\xbc"), 1},
	{"(*UTF)\xc3\xbc", BYTES("\xc3\x9c"), 1},
	{"\xc3\xbc", BYTES("\xc3\x9c"), 0},
	{"\xff\xfe", BYTES("\xff\xfe"), 1},
	/* More than one way to the end, and one that the pattern closes itself. */
	{"(may|encrypt)(, *(may|encrypt))*", BYTES("may, encrypt,may"), 1},
	{"(?!none).*", BYTES("none"), 0},
	{"(?!none).*", BYTES("may"), 1},
	{"(?-i)may", BYTES("MAY"), 0},
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

static const char *const bad[] = {
	"(",
	"a)",
	"[a",
	"*",
	"a{2,1}",
	"\\",
	"(?<n",
	"(?P=x)",
	"[z-a]",
	"(?<=a+)b",
	"(?1)",
	"\\1",
	"\\8",
	"(*NOSUCHVERB)",
	"(*UTF)\xff",
	"\\p{Nosuch}",
	"(?:a{60000}){60000}",
};

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

static void add_many(struct buf *out, const char *text, int n)
{
	while (n-- > 0)
		buf_adds(out, text);
}

/* Nobody writes such by hand; the cause does not show all of it. */
static const struct {
	const char *part;
	int n;
} giants[] = {{"a", 16385}, {"a", 100000}, {"(", 1000}, {"(?:a|", 10000}, {"[a]?", 10000}};

START_TEST(refuses_giants)
{
	struct buf why = BUF_INIT, text = BUF_INIT;

	add_many(&text, giants[_i].part, giants[_i].n);
	ck_assert_ptr_null(pattern_compile(text.data, &why));
	ck_assert_uint_gt(why.len, 0);
	ck_assert_uint_lt(why.len, 500);
	buf_release(&why);
	buf_release(&text);
}
END_TEST

START_TEST(takes_long_ones)
{
	struct buf why = BUF_INIT, text = BUF_INIT;
	struct pattern *p;

	add_many(&text, "a", 16384);
	p = pattern_compile(text.data, &why);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(pattern_match(p, text.data, text.len, &why), 1);
	ck_assert_int_eq(pattern_match(p, text.data, text.len - 1, &why), 0);
	pattern_free(p);
	buf_release(&why);
	buf_release(&text);
}
END_TEST

/* More often than it takes until machine code is made. */
#define MANY 6000

static void ask_many(struct pattern *p, const char *value, size_t len, int want)
{
	struct buf why = BUF_INIT;
	int i;

	for (i = 0; i < MANY; i++)
		ck_assert_int_eq(pattern_match(p, value, len, &why), want);
	buf_release(&why);
}

/* What is said does not depend on how often it was asked for. */
START_TEST(serves_many_times)
{
	struct buf why = BUF_INIT;
	struct pattern *p = pattern_compile(matches[_i].pattern, &why);

	ck_assert_ptr_nonnull(p);
	ask_many(p, matches[_i].value, matches[_i].len, matches[_i].want);
	ask_many(p, "", 0, pattern_match(p, "", 0, &why));
	ask_many(p, matches[_i].value, matches[_i].len, matches[_i].want);
	pattern_free(p);
	pattern_free(NULL);
	buf_release(&why);
}
END_TEST

/* Of values of many lengths, the cause included. */
START_TEST(gives_up_alike)
{
	static const int lengths[] = {30, 300, 5000, 100000};
	struct buf first = BUF_INIT, later = BUF_INIT, value = BUF_INIT;
	const char *pattern = runaways[_i / COUNT(lengths)];
	struct pattern *p = pattern_compile(pattern, &first);
	int rc;

	add_many(&value, "a", lengths[_i % COUNT(lengths)]);
	buf_addc(&value, 'b');
	rc = pattern_match(p, value.data, value.len, &first);
	ask_many(p, "b", 1, 0);
	ck_assert_msg(pattern_match(p, value.data, value.len, &later) == rc, "%s: %d", pattern, rc);
	ck_assert_str_eq(buf_string(&first), buf_string(&later));
	pattern_free(p);
	buf_release(&first);
	buf_release(&later);
	buf_release(&value);
}
END_TEST
#define GIVE_UPS (COUNT(runaways) * 4)

/* Which limit is met first, and what is said of it. */
static const struct {
	const char *pattern;
	const char *value; /* repeated */
	int n;
	const char *why;
} limits[] = {
	{"(a+)+[^a]", "a", 5000, "match limit exceeded"},
	{"(*NO_JIT)(a+)+[^a]", "a", 21, "match limit exceeded"},
	{"(?:a|b)*", "ab", 200000, "matching depth limit exceeded"},
	{"(a(?1)?b?)*", "a", 200000, "matching depth limit exceeded"},
	{"(*LIMIT_MATCH=3)(*NO_JIT)(?:a|b)*", "ab", 10, "match limit exceeded"},
	{"(*LIMIT_DEPTH=3)(*NO_JIT)(?:a|b)*", "ab", 10, "matching depth limit exceeded"},
	{"(*LIMIT_HEAP=1)(*NO_JIT)(?:a|b)*", "ab", 10000, "heap limit exceeded"},
	{"(*UTF).*", "\xff", 1, "UTF-8 error: illegal byte (0xfe or 0xff)"},
};

START_TEST(says_which_limit)
{
	struct buf why = BUF_INIT, value = BUF_INIT;
	struct pattern *p = pattern_compile(limits[_i].pattern, &why);

	ck_assert_ptr_nonnull(p);
	add_many(&value, limits[_i].value, limits[_i].n);
	ck_assert_int_eq(pattern_match(p, value.data, value.len, &why), -1);
	ck_assert_str_eq(buf_string(&why), limits[_i].why);
	pattern_free(p);
	buf_release(&why);
	buf_release(&value);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pattern");
	TCase *tc = tcase_create("pattern");

	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, matches_or_not, 0, COUNT(matches));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_loop_test(tc, never_hangs, 0, COUNT(runaways));
	tcase_add_loop_test(tc, refuses_giants, 0, COUNT(giants));
	tcase_add_test(tc, takes_long_ones);
	tcase_add_loop_test(tc, serves_many_times, 0, COUNT(matches));
	tcase_add_loop_test(tc, gives_up_alike, 0, GIVE_UPS);
	tcase_add_loop_test(tc, says_which_limit, 0, COUNT(limits));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
