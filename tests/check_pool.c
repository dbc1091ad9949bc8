/* SPDX-License-Identifier: ISC */
/* check_pool - pieces that come and go. */
#include <check.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "support.h"

/* More than the first few blocks have. */
#define MANY 100000

struct thing {
	struct pool_piece piece;
	int n;
	long double wide;
	char *kept;
};

static size_t let_go;

static void count(void *piece)
{
	struct thing *thing = piece;

	free(thing->kept);
	let_go++;
}

START_TEST(come_and_go)
{
	struct pool p = {.size = sizeof(struct thing)};
	struct thing *things[MANY], *again;
	char *kept;
	int i, o;

	for (i = 0; i < MANY; i++) {
		things[i] = pool_take(&p);
		ck_assert((uintptr_t)things[i] % alignof(struct thing) == 0);
		ck_assert(things[i]->n == 0 && things[i]->kept == NULL);
		things[i]->n = i + 1;
		things[i]->kept = calloc(1, 1);
	}
	/* None is in another's place. */
	for (i = 0; i < MANY; i++)
		ck_assert_int_eq(things[i]->n, i + 1);
	ck_assert_uint_eq(p.used, MANY);
	kept = things[7]->kept;
	pool_give(&p, &things[7]->piece);
	ck_assert_uint_eq(p.used, MANY - 1);
	again = pool_take(&p);
	ck_assert_ptr_eq(again, things[7]);
	ck_assert(again->n == 8 && again->kept == kept);
	/* Those that come later are others. */
	for (i = 0; i < 100; i++) {
		again = pool_take(&p);
		for (o = 0; o < MANY && again != things[o]; o++)
			;
		ck_assert_int_eq(o, MANY);
	}
	pool_give(&p, &things[1]->piece);
	let_go = 0;
	pool_release(&p, count);
	ck_assert_uint_ge(let_go, MANY + 100);
	ck_assert(p.blocks == NULL && p.used == 0);
	/* It may begin anew. */
	again = pool_take(&p);
	ck_assert(again->n == 0 && again->kept == NULL);
	pool_release(&p, count);
	pool_release(&p, count);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *tc = tcase_create("pool");

	tcase_add_test(tc, come_and_go);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
