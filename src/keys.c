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

#define FEWEST_SLOTS 64

static uint32_t load(const unsigned char *s)
{
	uint32_t value;

	(void)memcpy(&value, s, sizeof(value));
	return value;
}

static uint64_t product(const uint32_t *numbers, uint32_t a, uint32_t b)
{
	return (uint64_t)(a + numbers[0]) * (b + numbers[1]);
}

static uint64_t mix(uint64_t h)
{
	return (h ^ h >> 32) * 0x9e3779b97f4a7c15U;
}

/* Fewer than eight bytes: first and last ones, which meet or overlap. */
static uint64_t hash_short(const struct keys *k, const unsigned char *s, size_t len)
{
	if (len >= 4)
		return product(k->numbers, load(s), load(s + len - 4));
	if (len == 0)
		return 0;
	return product(k->numbers, s[0] | (uint32_t)s[len / 2] << 8 | (uint32_t)s[len - 1] << 16,
		       0);
}

/* Eight bytes a step, the last ones again with what is missing to them. */
static uint64_t hash_long(const struct keys *k, const unsigned char *s, size_t len)
{
	const unsigned char *last = s + len - 8;
	uint64_t h = 0;
	size_t i = 0;

	for (; s < last; s += 8) {
		h += product(k->numbers + i, load(s), load(s + 4));
		i += 2;
		/* Names are not as long as that. */
		if (i == KEYS_NUMBERS) {
			h = mix(h);
			i = 0;
		}
	}
	return h + product(k->numbers + i, load(last), load(last + 4));
}

static uint32_t hash_of(const struct keys *k, const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;

	return (uint32_t)(mix(len + (len < 8 ? hash_short(k, s, len) : hash_long(k, s, len))) >>
			  32);
}

/* The slot of a string, or the free one where it belongs. */
static uint64_t *slot_of(const struct keys *k, uint32_t hash, const char *bytes, size_t len)
{
	size_t i = hash & (k->nslots - 1);

	for (; k->slots[i] != 0; i = (i + 1) & (k->nslots - 1))
		if (k->slots[i] >> 32 == hash && keys_is(k, (uint32_t)k->slots[i] - 1, bytes, len))
			break;
	return &k->slots[i];
}

/* Any will do that cannot be guessed; where there are none of that kind, any. */
static void draw_numbers(struct keys *k)
{
	uint64_t seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
	size_t i;

	if (getrandom(k->numbers, sizeof(k->numbers), GRND_NONBLOCK) == (ssize_t)sizeof(k->numbers))
		return;
	for (i = 0; i < KEYS_NUMBERS; i++) {
		seed = mix(seed + 1);
		k->numbers[i] = (uint32_t)(seed >> 32);
	}
}

static void more_slots(struct keys *k)
{
	size_t i, at, n = k->nslots;
	uint64_t *old = k->slots;

	if (n == 0)
		draw_numbers(k);
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
	if (len >= sizeof(uint64_t))
		k->recent[keys_place(bytes, len)] = (uint32_t)*slot - 1;
	return (uint32_t)*slot - 1;
}

void keys_release(struct keys *k)
{
	free(k->text);
	free(k->ends);
	free(k->slots);
	*k = (struct keys)KEYS_INIT;
}
