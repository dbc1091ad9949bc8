/* SPDX-License-Identifier: ISC */
#include "table.h"

#include <stdlib.h>

#include "buf.h"

#define FEWEST 64

/* The high bits of a product depend on all bits of the key. */
static size_t home(const struct table *t, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15U) >> 32) & (t->size - 1);
}

static size_t find(const struct table *t, uint64_t key)
{
	size_t i = home(t, key);

	while (t->slots[i].key != 0 && t->slots[i].key != key)
		i = (i + 1) & (t->size - 1);
	return i;
}

static void resize(struct table *t, size_t size)
{
	struct table old = *t;
	size_t i;

	t->size = size;
	t->slots = xcalloc(size, sizeof(*t->slots));
	for (i = 0; i < old.size; i++)
		if (old.slots[i].key != 0)
			t->slots[find(t, old.slots[i].key)] = old.slots[i];
	free(old.slots);
}

void *table_get(const struct table *t, uint64_t key)
{
	return t->size > 0 ? t->slots[find(t, key)].value : NULL;
}

void table_put(struct table *t, uint64_t key, void *value)
{
	if (t->n * 2 >= t->size)
		resize(t, t->size > 0 ? t->size * 2 : FEWEST);
	t->slots[find(t, key)] = (struct table_slot){key, value};
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
		} while (((i - home(t, t->slots[i].key)) & mask) < ((i - gap) & mask));
		t->slots[gap] = t->slots[i];
		gap = i;
	}
}

void table_remove(struct table *t, uint64_t key)
{
	size_t i = t->size > 0 ? find(t, key) : 0;

	if (t->size == 0 || t->slots[i].key == 0)
		return;
	close_gap(t, i);
	t->n--;
}

void table_sweep(struct table *t, bool (*drop)(void *, void *), void *context)
{
	size_t i, kept = 0, size = FEWEST;

	for (i = 0; i < t->size; i++) {
		if (t->slots[i].key == 0)
			continue;
		if (drop(context, t->slots[i].value))
			t->slots[i] = (struct table_slot){0, NULL};
		else
			kept++;
	}
	t->n = kept;
	while (size < kept * 4)
		size *= 2;
	/* What was in a row with one that is gone must be found again. */
	resize(t, size);
}

void table_release(struct table *t)
{
	free(t->slots);
	*t = (struct table){NULL, 0, 0};
}
