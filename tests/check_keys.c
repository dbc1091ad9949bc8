/* SPDX-License-Identifier: ISC */
/* check_keys - each string has one number, and keeps it. */
#include <check.h>
#include <string.h>

#include "keys.h"
#include "support.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MANY 20000

/* Any two of them are different strings, however they end. */
static const struct {
	const char *bytes;
	size_t len;
} odd[] = {{"", 0},     {"\0", 1},  {"\0\0", 2},     {"\0\0\0", 3}, {"\0\0\0\0", 4},
	   {"a", 1},    {"a\0", 2}, {"ab", 2},       {"ab\0", 3},   {"abc", 3},
	   {"abcd", 4}, {"abd", 3}, {"\xff\xff", 2}, {"ba", 2},     {"abc\0", 4}};

START_TEST(odd_ones)
{
	struct keys keys = KEYS_INIT;
	unsigned i, again;

	for (again = 0; again < 2; again++)
		for (i = 0; i < COUNT(odd); i++) {
			if (again == 0)
				ck_assert_uint_eq(keys_find(&keys, odd[i].bytes, odd[i].len),
						  KEYS_NONE);
			ck_assert_uint_eq(keys_add(&keys, odd[i].bytes, odd[i].len), i);
			ck_assert_uint_eq(keys_find(&keys, odd[i].bytes, odd[i].len), i);
		}
	/* A span of no bytes may point nowhere. */
	ck_assert_uint_eq(keys_find(&keys, NULL, 0), 0);
	ck_assert_uint_eq(keys_add(&keys, NULL, 0), 0);
	ck_assert_uint_eq(keys.n, COUNT(odd));
	keys_release(&keys);
	ck_assert_uint_eq(keys_find(&keys, "a", 1), KEYS_NONE);
}
END_TEST

START_TEST(many)
{
	struct keys keys = KEYS_INIT;
	struct buf name = BUF_INIT;
	unsigned i, round;

	for (round = 0; round < 2; round++)
		for (i = 0; i < MANY; i++) {
			buf_clear(&name);
			buf_addf(&name, "mx%u.example", i * 7919);
			ck_assert_uint_eq(keys_add(&keys, name.data, name.len), i);
			ck_assert_str_eq(keys_name(&keys, i), name.data);
		}
	ck_assert_uint_eq(keys.n, MANY);
	/* A table that is nearly full searches long; one that is nearly empty wastes memory. */
	ck_assert_uint_gt(keys.nslots, keys.n + keys.n / 4);
	ck_assert_uint_le(keys.nslots, keys.n * 3);
	buf_release(&name);
	keys_release(&keys);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keys");
	TCase *tc = tcase_create("keys");

	tcase_add_test(tc, odd_ones);
	tcase_add_test(tc, many);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
