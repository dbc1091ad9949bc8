/* SPDX-License-Identifier: ISC */
/* check_fold - no line is wider than it may be, and no word is lost. */
#include <check.h>
#include <string.h>

#include "fold.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define TEN "123456789 "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *mark, *text, *want;
} cases[] = {
	{"", "", "\n"},
	{"  - ", "one two", "  - one two\n"},
	{"", SEVENTY "12345678", SEVENTY "12345678\n"},
	{"", SEVENTY "123456789", TEN TEN TEN TEN TEN TEN "123456789\n123456789\n"},
	{"  - ", SEVENTY "1234", "  - " SEVENTY "1234\n"},
	{"  - ", SEVENTY "12345", "  - " TEN TEN TEN TEN TEN TEN "123456789\n    12345\n"},
	{"* ", "1234567890" SEVENTY, "* 1234567890" TEN TEN TEN TEN TEN "123456789\n  123456789\n"},
};

START_TEST(a_case)
{
	struct buf out = BUF_INIT;

	fold(&out, cases[_i].mark, cases[_i].text);
	ck_assert_str_eq(buf_string(&out), cases[_i].want);
	buf_release(&out);
}
END_TEST

START_TEST(a_long_word)
{
	static const char word[] = SEVENTY SEVENTY;
	struct buf out = BUF_INIT, text = BUF_INIT;
	char *at;

	buf_addf(&text, "a %s b", word);
	for (at = text.data + 2; at < text.data + text.len - 2; at++)
		*at = *at == ' ' ? '_' : *at;
	fold(&out, "  ", text.data);
	ck_assert(strncmp(out.data, "  a\n  123456789_", 16) == 0);
	ck_assert_str_eq(out.data + out.len - 7, "9_\n  b\n");
	buf_release(&text);
	buf_release(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fold");
	TCase *tc = tcase_create("fold");

	tcase_add_loop_test(tc, a_case, 0, COUNT(cases));
	tcase_add_test(tc, a_long_word);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
