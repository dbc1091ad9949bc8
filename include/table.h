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

/* NULL where there is none. */
void *table_get(const struct table *, uint64_t key);
/* Puts what is not there yet. */
void table_put(struct table *, uint64_t key, void *value);
void table_remove(struct table *, uint64_t key);
/* Removes each for which drop() says so; it may free the value, and touch no table. */
void table_sweep(struct table *, bool (*drop)(void *context, void *value), void *context);
void table_release(struct table *);

#endif
