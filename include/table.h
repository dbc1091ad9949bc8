/*
 * table - numbers of 64 bits, each with a pointer.
 * Shape:  open addressing, at most half full; 0 is no key.
 * Errors: out of memory ends the process.
 * Owner:  table_release() frees the slots; what the pointers point to is the caller's.
 */
#ifndef TLSHARDEN_TABLE_H
#define TLSHARDEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	struct table_slot {
		uint64_t key; /* 0: free */
		void *value;
	} * slots;
	size_t n, size; /* in use, in all: 0 or a power of two */
};

/* Where a key would be if none was in its way: the high bits of a product depend on all of it. */
static inline size_t table_home(const struct table *t, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15U) >> 32) & (t->size - 1);
}
/* Its slot, or the free one for it; size must not be 0. */
static inline size_t table_find(const struct table *t, uint64_t key)
{
	size_t i = table_home(t, key);

	while (t->slots[i].key != 0 && t->slots[i].key != key)
		i = (i + 1) & (t->size - 1);
	return i;
}
/* NULL where there is none. */
static inline void *table_get(const struct table *t, uint64_t key)
{
	return t->size > 0 ? t->slots[table_find(t, key)].value : NULL;
}
/* Puts what is not there yet. */
void table_put(struct table *, uint64_t key, void *value);
void table_remove(struct table *, uint64_t key);
/* Removes each for which drop() says so; it may free the value, and touch no table. */
void table_sweep(struct table *, bool (*drop)(void *context, void *value), void *context);
/* Removes all; room for a few stays. */
void table_clear(struct table *);
void table_release(struct table *);

#endif
