/*
 * keys - strings, each kept once and numbered from 0 in the order in which they came.
 * Shape:  all bytes in one piece of memory, each string with a NUL behind it; a table
 *         with open addressing finds them.
 * Units:  lengths in bytes.
 * Errors: out of memory (4 GiB of strings are that, too) ends the process.
 * Owner:  keys_release(). A name is valid until the next one is added.
 * Source: the hash, NH, is a sum of products of what is in the string and numbers drawn at
 *         random: whoever chooses the strings cannot choose which of them collide. J. Black,
 *         S. Halevi, H. Krawczyk, T. Krovetz, P. Rogaway, UMAC: Fast and Secure Message
 *         Authentication, 1999.
 * Misses: taking out.
 */
#ifndef TLSHARDEN_KEYS_H
#define TLSHARDEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define KEYS_NONE UINT32_MAX
/* One for each four bytes of a string. */
#define KEYS_NUMBERS 64
/* Strings that were added, or added again, not long ago. */
#define KEYS_RECENT 256

struct keys {
	char *text;
	size_t len, cap; /* of text */
	uint32_t *ends;  /* where in text each string ends, its NUL included */
	size_t n, ends_cap;
	uint64_t *slots;                /* hash, and number + 1; 0: free */
	size_t nslots;                  /* a power of two */
	uint32_t numbers[KEYS_NUMBERS]; /* of the hash */
	uint32_t recent[KEYS_RECENT];   /* their numbers, or any other one */
};

#define KEYS_INIT                                                                                  \
	{                                                                                          \
		0                                                                                  \
	}

/* The number of a string, or KEYS_NONE. */
uint32_t keys_find(const struct keys *, const char *bytes, size_t len);
static inline bool keys_has(const struct keys *k, const char *bytes, size_t len)
{
	return keys_find(k, bytes, len) != KEYS_NONE;
}
/* The same; one that is new gets the next number. */
uint32_t keys_add(struct keys *, const char *bytes, size_t len);
static inline uint32_t keys_start(const struct keys *k, uint32_t number)
{
	return number > 0 ? k->ends[number - 1] : 0;
}
static inline const char *keys_name(const struct keys *k, uint32_t number)
{
	return k->text + keys_start(k, number);
}
/* Whether a string has that number. It is found faster than the number of a string. */
static inline bool keys_is(const struct keys *k, uint32_t number, const char *bytes, size_t len)
{
	return number < k->n && k->ends[number] - keys_start(k, number) == len + 1 &&
	       span_same(keys_name(k, number), bytes, len);
}
/* Where a string of eight bytes or more is in recent. */
static inline size_t keys_place(const char *bytes, size_t len)
{
	return span_place((struct span){bytes, len}) % KEYS_RECENT;
}
/* The number of a string if it is found at once, or KEYS_NONE. */
static inline uint32_t keys_recall(const struct keys *k, const char *bytes, size_t len)
{
	uint32_t number = len >= sizeof(uint64_t) ? k->recent[keys_place(bytes, len)] : KEYS_NONE;

	return keys_is(k, number, bytes, len) ? number : KEYS_NONE;
}
void keys_release(struct keys *);

#endif
