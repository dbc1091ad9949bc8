/* SPDX-License-Identifier: ISC */
/* check_nameset - names that were added are there, and no others. */
#include "nameset.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

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

static void fill(struct nameset *set)
{
	int i;

	for (i = 0; i < COUNT(added); i++)
		nameset_add(set, added[i], strlen(added[i]));
}

START_TEST(has)
{
	struct nameset set = {0};

	fill(&set);
	ck_assert_msg(nameset_has(&set, asked[_i].name, asked[_i].len) == asked[_i].has, "%.*s",
		      (int)asked[_i].len, asked[_i].name);
	nameset_release(&set);
}
END_TEST

START_TEST(of_nothing)
{
	struct nameset set = {0};

	ck_assert(!nameset_has(&set, "a", 1));
	ck_assert(!nameset_has(&set, "", 0));
	nameset_add(&set, "ab", 1);
	ck_assert(nameset_has(&set, "a", 1));
	ck_assert(!nameset_has(&set, "ab", 2));
	nameset_release(&set);
	ck_assert(!nameset_has(&set, "a", 1));
	nameset_release(&set);
}
END_TEST

/* What comes after a question is found by the next one. */
START_TEST(adds_and_asks_by_turns)
{
	struct nameset set = {0};
	char name[16];
	int i, j, len;

	for (i = 0; i < 100; i++) {
		len = snprintf(name, sizeof(name), "n%d", i * 37 % 100);
		ck_assert(!nameset_has(&set, name, (size_t)len));
		nameset_add(&set, name, (size_t)len);
		for (j = 0; j <= i; j++) {
			len = snprintf(name, sizeof(name), "n%d", j * 37 % 100);
			ck_assert(nameset_has(&set, name, (size_t)len));
		}
	}
	nameset_release(&set);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nameset");
	TCase *tc = tcase_create("nameset");

	tcase_add_loop_test(tc, has, 0, COUNT(asked));
	tcase_add_test(tc, of_nothing);
	tcase_add_test(tc, adds_and_asks_by_turns);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
