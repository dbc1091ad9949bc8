/*
 * keys - strings, each kept once and numbered from 0 in the order in which they came.
 * Shape:  all bytes in one piece of memory, each string with a NUL behind it; a table
 *         with open addressing finds them.
 * Units:  lengths in bytes.
 * Errors: out of memory (4 GiB of strings are that, too) ends the process.
 * Owner:  keys_release(). A name is valid until the next one is added.
 * Source: the hash is a polynomial modulo a prime at a point drawn at random: whoever
 *         chooses the strings cannot choose which of them collide. J. Carter and M. Wegman,
 *         Universal Classes of Hash Functions, 1979.
 * Misses: taking out.
 */
#ifndef TLSHARDEN_KEYS_H
#define TLSHARDEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_NONE UINT32_MAX

struct keys {
	char *text;
	size_t len, cap; /* of text */
	uint32_t *ends;  /* where in text each string ends, its NUL included */
	size_t n, ends_cap;
	uint64_t *slots; /* hash, and number + 1; 0: free */
	size_t nslots;   /* a power of two */
	uint32_t point;  /* of the hash */
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
const char *keys_name(const struct keys *, uint32_t number);
void keys_release(struct keys *);

#endif
