/* SPDX-License-Identifier: ISC */
/* check_table - a table against a plain array, through many steps made up from a seed. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define KEYS 1000
#define STEPS 200000

static char values[KEYS]; /* what the pointers point to: one for each key */
static bool there[KEYS];
static struct table t;

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/*
 * Keys of different kinds, for they may be chosen by somebody: small ones, such that
 * differ in their high bits alone, and all bits set.
 */
static uint64_t key_of(size_t i)
{
	switch (i % 3) {
	case 0:
		return i + 1;
	case 1:
		return (uint64_t)i << 32 | 1;
	default:
		return UINT64_MAX - i;
	}
}

static void assert_all(void)
{
	size_t i, n = 0;

	for (i = 0; i < KEYS; i++) {
		ck_assert_ptr_eq(table_get(&t, key_of(i)), there[i] ? &values[i] : NULL);
		n += there[i];
	}
	ck_assert_uint_eq(t.n, n);
	ck_assert(t.size == 0 || (t.size & (t.size - 1)) == 0);
	ck_assert_uint_le(t.n * 2, t.size + 1);
}

static bool drop_thirds(void *context, void *value)
{
	size_t i = (size_t)((char *)value - values);

	++*(size_t *)context;
	if (i % 3 == 0)
		there[i] = false;
	return i % 3 == 0;
}

static void sweep(void)
{
	size_t seen = 0, before = t.n;

	table_sweep(&t, drop_thirds, &seen);
	ck_assert_uint_eq(seen, before);
	assert_all();
}

/* Tests may follow one another in one process. */
static void set_up(void)
{
	(void)memset(there, 0, sizeof(there));
	t = (struct table){NULL, 0, 0};
}

static void tear_down(void)
{
	table_release(&t);
}

START_TEST(many_steps)
{
	uint64_t seed = (uint64_t)_i * 7919 + 12345;
	size_t i, step, full = _i % 2 == 0 ? 30 : KEYS;

	for (step = 0; step < STEPS; step++) {
		i = next(&seed) % full;
		if (there[i])
			table_remove(&t, key_of(i));
		else
			table_put(&t, key_of(i), &values[i]);
		there[i] = !there[i];
		/* What is not there is no matter. */
		if (!there[i])
			table_remove(&t, key_of(i));
		ck_assert_ptr_eq(table_get(&t, key_of(i)), there[i] ? &values[i] : NULL);
		if (step % 997 == 0)
			assert_all();
		if (step % 20011 == 0)
			sweep();
	}
	table_release(&t);
	ck_assert(t.n == 0 && t.size == 0 && t.slots == NULL);
}
END_TEST

START_TEST(empty)
{
	size_t seen = 0;

	ck_assert_ptr_null(table_get(&t, 1));
	table_remove(&t, 1);
	table_sweep(&t, drop_thirds, &seen);
	ck_assert_uint_eq(seen, 0);
	ck_assert_ptr_null(table_get(&t, 1));
	table_release(&t);
	table_release(&t);
}
END_TEST

/* A table that was large once is small again when little is left. */
START_TEST(room_comes_back)
{
	size_t i, seen = 0, large;

	for (i = 0; i < KEYS; i++)
		table_put(&t, key_of(i), &values[i]);
	large = t.size;
	for (i = 0; i < KEYS; i++)
		if (i % 3 != 0 && i > 10)
			table_remove(&t, key_of(i));
	table_sweep(&t, drop_thirds, &seen);
	ck_assert_uint_lt(t.size * 8, large);
	table_release(&t);
}
END_TEST

/* Nothing is left, whatever there was; and room for a few stays. */
START_TEST(cleared)
{
	const size_t full = _i == 0 ? 5 : KEYS;
	size_t i;

	for (i = 0; i < full; i++)
		table_put(&t, key_of(i), &values[i]);
	table_clear(&t);
	ck_assert_uint_eq(t.n, 0);
	ck_assert(_i == 0 ? t.size > 0 : t.size == 0);
	for (i = 0; i < full; i++)
		ck_assert_ptr_null(table_get(&t, key_of(i)));
	table_put(&t, key_of(1), &values[1]);
	ck_assert_ptr_eq(table_get(&t, key_of(1)), &values[1]);
	table_release(&t);
	table_clear(&t);
	ck_assert_ptr_null(table_get(&t, key_of(1)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("table");
	TCase *tc = tcase_create("table");

	tcase_set_timeout(tc, 0);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, many_steps, 0, 8);
	tcase_add_test(tc, empty);
	tcase_add_test(tc, room_comes_back);
	tcase_add_loop_test(tc, cleared, 0, 2);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
