/* SPDX-License-Identifier: ISC */
/* check_span - bytes that are the same, and numbers for bytes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"
#include "support.h"

#define LONGEST 40

/* A copy that ends where it ends, so that whoever reads on is seen by tools that look. */
static char *copy_of(size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	size_t i;

	if (copy == NULL)
		ck_abort();
	for (i = 0; i < len; i++)
		copy[i] = (char)('a' + i % 7);
	return copy;
}

/* Of each length; each byte counts. */
START_TEST(same)
{
	size_t len, i;
	char *a, *b;

	for (len = 0; len <= LONGEST; len++) {
		a = copy_of(len);
		b = copy_of(len);
		ck_assert(span_same(a, b, len));
		for (i = 0; i < len; i++) {
			b[i] = (char)(b[i] ^ 0x80);
			ck_assert_msg(!span_same(a, b, len), "%zu of %zu", i, len);
			b[i] = a[i];
		}
		free(a);
		free(b);
	}
	ck_assert(span_same(NULL, NULL, 0));
}
END_TEST

START_TEST(hash)
{
	uint64_t seen[LONGEST + 1] = {0}, number;
	size_t len, i;
	char *a;

	for (len = 0; len <= LONGEST; len++) {
		a = copy_of(len);
		seen[len] = number = span_hash(1, (struct span){a, len});
		ck_assert(number != 0);
		ck_assert(number == span_hash(1, (struct span){a, len}));
		ck_assert(number != span_hash(2, (struct span){a, len}));
		for (i = 0; i < len; i++) {
			ck_assert(seen[i] != number);
			a[i] = (char)(a[i] ^ 1);
			ck_assert_msg(number != span_hash(1, (struct span){a, len}), "%zu of %zu",
				      i, len);
			a[i] = (char)(a[i] ^ 1);
		}
		free(a);
	}
	ck_assert(span_hash(1, (struct span){NULL, 0}) == seen[0]);
	ck_assert(span_hash(1, (struct span){"\0\0", 2}) != span_hash(1, (struct span){"\0", 1}));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("span");
	TCase *tc = tcase_create("span");

	tcase_add_test(tc, same);
	tcase_add_test(tc, hash);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
