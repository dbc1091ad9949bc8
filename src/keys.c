/* SPDX-License-Identifier: ISC */
#include "keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"

#define PRIME 0x7fffffffU /* 2^31 - 1: what remains of a division is found by shifting */
#define FEWEST_SLOTS 64

/* Three bytes a step, so that a step is less than the prime. */
static uint32_t hash_of(const struct keys *k, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	uint64_t h = len;

	for (; len >= 3; s += 3, len -= 3) {
		h = h * k->point + ((uint32_t)s[0] | (uint32_t)s[1] << 8 | (uint32_t)s[2] << 16);
		h = (h & PRIME) + (h >> 31);
	}
	h = h * k->point + (len > 0 ? s[0] : 0U) + (len > 1 ? (uint32_t)s[1] << 8 : 0U);
	h = ((h & PRIME) + (h >> 31)) * k->point;
	return (uint32_t)(h % PRIME);
}

static size_t start_of(const struct keys *k, uint32_t number)
{
	return number > 0 ? k->ends[number - 1] : 0;
}

static bool is_named(const struct keys *k, uint32_t number, const char *bytes, size_t len)
{
	size_t start = start_of(k, number);

	return k->ends[number] - start == len + 1 &&
	       (len == 0 || memcmp(k->text + start, bytes, len) == 0);
}

/* The slot of a string, or the free one where it belongs. */
static uint64_t *slot_of(const struct keys *k, uint32_t hash, const char *bytes, size_t len)
{
	size_t i = hash & (k->nslots - 1);

	for (; k->slots[i] != 0; i = (i + 1) & (k->nslots - 1))
		if (k->slots[i] >> 32 == hash && is_named(k, (uint32_t)k->slots[i] - 1, bytes, len))
			break;
	return &k->slots[i];
}

/* Any point will do that cannot be guessed; where there is none of that kind, any. */
static void draw_point(struct keys *k)
{
	uint32_t drawn;

	if (getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK) != (ssize_t)sizeof(drawn))
		drawn = (uint32_t)time(NULL) ^ (uint32_t)getpid() << 16;
	k->point = 0x10000U + drawn % (PRIME - 0x10000U);
}

static void more_slots(struct keys *k)
{
	size_t i, at, n = k->nslots;
	uint64_t *old = k->slots;

	if (n == 0)
		draw_point(k);
	k->nslots = n > 0 ? n * 2 : FEWEST_SLOTS;
	k->slots = xcalloc(k->nslots, sizeof(*k->slots));
	for (i = 0; i < n; i++) {
		if (old[i] == 0)
			continue;
		for (at = (old[i] >> 32) & (k->nslots - 1); k->slots[at] != 0;)
			at = (at + 1) & (k->nslots - 1);
		k->slots[at] = old[i];
	}
	free(old);
}

static void add_text(struct keys *k, const char *bytes, size_t len)
{
	size_t want = k->len + len + 1;

	if (want > UINT32_MAX)
		die("out of memory");
	if (want > k->cap) {
		k->cap = want + want / 2;
		k->text = xreallocarray(k->text, k->cap, 1);
	}
	if (len > 0)
		memcpy(k->text + k->len, bytes, len);
	k->text[want - 1] = '\0';
	k->len = want;
	k->ends = xgrow(k->ends, k->n, &k->ends_cap, sizeof(*k->ends));
	k->ends[k->n++] = (uint32_t)want;
}

uint32_t keys_find(const struct keys *k, const char *bytes, size_t len)
{
	uint64_t found = k->nslots > 0 ? *slot_of(k, hash_of(k, bytes, len), bytes, len) : 0;

	return found != 0 ? (uint32_t)found - 1 : KEYS_NONE;
}

uint32_t keys_add(struct keys *k, const char *bytes, size_t len)
{
	uint64_t *slot;
	uint32_t hash;

	if (k->n + k->n / 3 >= k->nslots)
		more_slots(k);
	hash = hash_of(k, bytes, len);
	slot = slot_of(k, hash, bytes, len);
	if (*slot == 0) {
		add_text(k, bytes, len);
		*slot = (uint64_t)hash << 32 | k->n;
	}
	return (uint32_t)*slot - 1;
}

const char *keys_name(const struct keys *k, uint32_t number)
{
	return k->text + start_of(k, number);
}

void keys_release(struct keys *k)
{
	free(k->text);
	free(k->ends);
	free(k->slots);
	*k = (struct keys)KEYS_INIT;
}
