/* SPDX-License-Identifier: ISC */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "pages.h"

#define FEWEST 8
/* A table that is cleared keeps no more. */
#define KEPT 64
/* Slots of one that has many pages. */
#define LARGE 8192

static void resize(struct table *t, size_t size)
{
	struct table old = *t;
	size_t i;

	t->size = size;
	t->slots = xreallocarray(NULL, size, sizeof(*t->slots));
	if (size >= LARGE)
		pages_fill(t->slots, size * sizeof(*t->slots));
	/* Not calloc(): pages that are read first are fetched twice. */
	(void)memset(t->slots, 0, size * sizeof(*t->slots));
	for (i = 0; i < old.size; i++)
		if (old.slots[i].key != 0)
			t->slots[table_find(t, old.slots[i].key)] = old.slots[i];
	free(old.slots);
}

void table_put(struct table *t, uint64_t key, void *value)
{
	if (t->n * 2 >= t->size)
		resize(t, t->size > 0 ? t->size * 2 : FEWEST);
	t->slots[table_find(t, key)] = (struct table_slot){key, value};
	t->n++;
}

/* What comes behind the gap and could have been put there moves up. */
static void close_gap(struct table *t, size_t gap)
{
	size_t i = gap, mask = t->size - 1;

	for (;;) {
		t->slots[gap] = (struct table_slot){0, NULL};
		do {
			i = (i + 1) & mask;
			if (t->slots[i].key == 0)
				return;
		} while (((i - table_home(t, t->slots[i].key)) & mask) < ((i - gap) & mask));
		t->slots[gap] = t->slots[i];
		gap = i;
	}
}

void table_remove(struct table *t, uint64_t key)
{
	size_t i = t->size > 0 ? table_find(t, key) : 0;

	if (t->size == 0 || t->slots[i].key == 0)
		return;
	close_gap(t, i);
	t->n--;
}

/* From behind a gap on, past which nothing moves up. */
void table_sweep(struct table *t, bool (*drop)(void *, void *), void *context)
{
	size_t i = 0, seen = 1, size = FEWEST;

	while (i < t->size && t->slots[i].key != 0)
		i++;
	while (seen < t->size) {
		i = (i + 1) & (t->size - 1);
		/* What moves up is looked at next. */
		while (t->slots[i].key != 0 && drop(context, t->slots[i].value)) {
			close_gap(t, i);
			t->n--;
		}
		seen++;
	}
	while (size < t->n * 4)
		size *= 2;
	/* It may soon be as full as it was. */
	if (size > t->size || size < t->size / 4)
		resize(t, size);
}

void table_clear(struct table *t)
{
	if (t->size > KEPT)
		table_release(t);
	else if (t->n > 0)
		(void)memset(t->slots, 0, t->size * sizeof(*t->slots));
	t->n = 0;
}

void table_release(struct table *t)
{
	free(t->slots);
	*t = (struct table){NULL, 0, 0};
}
