/* SPDX-License-Identifier: ISC */
/* check_keys - each string has one number, and keeps it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- hashes: of numbers that are given here, so that they are the same each time ---- */

/* Numbers are drawn with the first string. */
static void begin_with(struct keys *keys, uint32_t number)
{
	size_t i;

	*keys = (struct keys)KEYS_INIT;
	ck_assert_uint_eq(keys_add(keys, "first of all", 12), 0);
	for (i = 0; i < KEYS_NUMBERS; i++)
		keys->numbers[i] = number * (uint32_t)(2 * i + 1);
}

static int by_hash(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a >> 32, y = *(const uint64_t *)b >> 32;

	return (x > y) - (x < y);
}

/* Each byte counts, and the length: hardly any two strings have the same hash. */
START_TEST(hashes)
{
	static const char *const forms[] = {"%05ummmmmmm", "m%05ummmmmm", "mm%05ummmmm",
					    "mmmmmmm%05u", "mmmmmm%05u",  "%05u",
					    "%0300u",      "%05u%0295u",  "%0150u%0150u"};
	struct buf name = BUF_INIT;
	unsigned i, form, twice = 0;
	struct keys keys;

	begin_with(&keys, 0x9e3779b1);
	for (i = 0; i < COUNT(odd); i++)
		(void)keys_add(&keys, odd[i].bytes, odd[i].len);
	for (form = 0; form < COUNT(forms); form++)
		for (i = 0; i < 1000; i++) {
			buf_clear(&name);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			buf_addf(&name, forms[form], i * 97, i * 97);
#pragma GCC diagnostic pop
			(void)keys_add(&keys, name.data, name.len);
		}
	qsort(keys.slots, keys.nslots, sizeof(*keys.slots), by_hash);
	for (i = 1; i < keys.nslots; i++)
		twice += keys.slots[i - 1] != 0 && keys.slots[i - 1] >> 32 == keys.slots[i] >> 32;
	ck_assert_uint_le(twice, 1);
	buf_release(&name);
	keys_release(&keys);
}
END_TEST

/* Those that have are told apart all the same: here where all numbers are 0. */
static const struct {
	const char *one, *other;
} alike[] = {{"abcdefgh", "efghabcd"},
	     {"abcdab", "cdabcd"},
	     {"a", "b"},
	     {"12345678abcd0000", "abcd000012345678"}};

START_TEST(one_hash)
{
	const char *one = alike[_i].one, *other = alike[_i].other;
	struct keys keys;
	size_t i, same = 0;

	begin_with(&keys, 0);
	ck_assert_uint_eq(keys_add(&keys, one, strlen(one)), 1);
	ck_assert_uint_eq(keys_find(&keys, other, strlen(other)), KEYS_NONE);
	ck_assert_uint_eq(keys_add(&keys, other, strlen(other)), 2);
	ck_assert_uint_eq(keys_find(&keys, one, strlen(one)), 1);
	ck_assert_str_eq(keys_name(&keys, 2), other);
	qsort(keys.slots, keys.nslots, sizeof(*keys.slots), by_hash);
	for (i = 1; i < keys.nslots; i++)
		same += keys.slots[i - 1] != 0 && keys.slots[i - 1] >> 32 == keys.slots[i] >> 32;
	ck_assert_uint_eq(same, 1);
	keys_release(&keys);
}
END_TEST

/* Nobody knows them. */
START_TEST(numbers)
{
	struct keys keys[4];
	int i, same = 0;

	for (i = 0; i < 4; i++) {
		keys[i] = (struct keys)KEYS_INIT;
		(void)keys_add(&keys[i], "a", 1);
		same += memcmp(keys[i].numbers, keys[0].numbers, sizeof(keys[0].numbers)) == 0;
	}
	ck_assert_int_eq(same, 1);
	for (i = 0; i < 4; i++)
		keys_release(&keys[i]);
}
END_TEST

START_TEST(is)
{
	struct keys keys = KEYS_INIT;

	ck_assert(!keys_is(&keys, 0, "a", 1));
	ck_assert(!keys_is(&keys, KEYS_NONE, "", 0));
	ck_assert_uint_eq(keys_add(&keys, "smtp_tls", 8), 0);
	ck_assert_uint_eq(keys_add(&keys, "", 0), 1);
	ck_assert(keys_is(&keys, 0, "smtp_tls", 8));
	ck_assert(!keys_is(&keys, 0, "smtp_tlS", 8));
	ck_assert(!keys_is(&keys, 0, "smtp_tls_x", 10));
	ck_assert(!keys_is(&keys, 0, "smtp", 4));
	ck_assert(keys_is(&keys, 1, NULL, 0));
	ck_assert(!keys_is(&keys, 2, "", 0));
	keys_release(&keys);
}
END_TEST

/* ---- as a set of names ---- */

/* Unsorted, one twice, some the start of others. */
static const char *const added[] = {"tls", "smtp", "b", "smtp_tls", "a", "smtp", "smtp_tls_x", "z"};

static const struct {
	const char *name;
	size_t len;
	bool has;
} asked[] = {
	{"a", 1, true},
	{"b", 1, true},
	{"z", 1, true},
	{"smtp", 4, true},
	{"smtp_tls", 8, true},
	{"smtp_tls_x", 10, true},
	{"tls", 3, true},
	/* a name has a length */
	{"smtp_tls_x", 4, true},
	{"smtp_tls_x", 8, true},
	{"smtp_tls_x", 9, false},
	{"smtp_tls_x", 5, false},
	{"smtp_tls_x_y", 12, false},
	{"smt", 3, false},
	{"smtpd", 5, false},
	{"", 0, false},
	{"A", 1, false},
	{"0", 1, false},
	{"zz", 2, false},
};

static void fill(struct keys *set)
{
	unsigned i;

	for (i = 0; i < COUNT(added); i++)
		(void)keys_add(set, added[i], strlen(added[i]));
}

START_TEST(has)
{
	struct keys set = KEYS_INIT;

	fill(&set);
	ck_assert_msg(keys_has(&set, asked[_i].name, asked[_i].len) == asked[_i].has, "%.*s",
		      (int)asked[_i].len, asked[_i].name);
	keys_release(&set);
}
END_TEST

START_TEST(of_nothing)
{
	struct keys set = KEYS_INIT;

	ck_assert(!keys_has(&set, "a", 1));
	ck_assert(!keys_has(&set, "", 0));
	(void)keys_add(&set, "ab", 1);
	ck_assert(keys_has(&set, "a", 1));
	ck_assert(!keys_has(&set, "ab", 2));
	keys_release(&set);
	ck_assert(!keys_has(&set, "a", 1));
	keys_release(&set);
}
END_TEST

/* What comes after a question is found by the next one. */
START_TEST(adds_and_asks_by_turns)
{
	struct keys set = KEYS_INIT;
	char name[16];
	int i, j, len;

	for (i = 0; i < 100; i++) {
		len = snprintf(name, sizeof(name), "n%d", i * 37 % 100);
		ck_assert(!keys_has(&set, name, (size_t)len));
		(void)keys_add(&set, name, (size_t)len);
		for (j = 0; j <= i; j++) {
			len = snprintf(name, sizeof(name), "n%d", j * 37 % 100);
			ck_assert(keys_has(&set, name, (size_t)len));
		}
	}
	keys_release(&set);
}
END_TEST

/* What was asked for last is at hand; whatever is recalled is what it is. */
START_TEST(recalls)
{
	static const char common[] = "outlook.example";
	struct keys keys = KEYS_INIT;
	struct buf name = BUF_INIT;
	unsigned i, number, recalled = 0;

	ck_assert_uint_eq(keys_recall(&keys, common, strlen(common)), KEYS_NONE);
	ck_assert_uint_eq(keys_recall(&keys, NULL, 0), KEYS_NONE);
	for (i = 0; i < 4 * KEYS_RECENT; i++) {
		buf_clear(&name);
		/* Those of four digits are alike in their first bytes and in their last. */
		buf_addf(&name, "mailhost%04u.example", i);
		ck_assert_uint_eq(keys_recall(&keys, name.data, name.len), KEYS_NONE);
		number = keys_add(&keys, name.data, name.len);
		ck_assert_uint_eq(keys_recall(&keys, name.data, name.len), number);
		/* Of those that share its place none is taken for it, nor a part of it. */
		ck_assert_uint_eq(keys_recall(&keys, name.data, name.len - 1), KEYS_NONE);
		number = keys_add(&keys, common, strlen(common));
		ck_assert_uint_eq(number, 1);
		ck_assert_uint_eq(keys_recall(&keys, common, strlen(common)), number);
	}
	for (i = 0; i < 4 * KEYS_RECENT; i++) {
		buf_clear(&name);
		buf_addf(&name, "%u.mailhost", i);
		number = keys_add(&keys, name.data, name.len);
		ck_assert_str_eq(keys_name(&keys, number), name.data);
		recalled += keys_recall(&keys, name.data, name.len) == number;
	}
	ck_assert_uint_eq(recalled, 4 * KEYS_RECENT);
	buf_release(&name);
	keys_release(&keys);
	ck_assert_uint_eq(keys_recall(&keys, common, strlen(common)), KEYS_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keys");
	TCase *tc = tcase_create("keys");

	tcase_add_test(tc, odd_ones);
	tcase_add_test(tc, many);
	tcase_add_test(tc, hashes);
	tcase_add_loop_test(tc, one_hash, 0, (int)COUNT(alike));
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, is);
	tcase_add_loop_test(tc, has, 0, (int)COUNT(asked));
	tcase_add_test(tc, of_nothing);
	tcase_add_test(tc, adds_and_asks_by_turns);
	tcase_add_test(tc, recalls);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
