/* SPDX-License-Identifier: ISC */
#include "kinds.h"

#include <stdlib.h>
#include <string.h>

#include "label.h"

static void add_name(struct kinds *k, struct span name, bool last)
{
	name = label_clean(&k->clean, name);
	buf_add(&k->key, name.at, name.len);
	if (!last)
		buf_addc(&k->key, '\0');
}

/* Where the names begin in the key of a kind: behind the fields of struct kind. */
#define NAMES_AT 8

static void make_kind_key(struct kinds *k, const struct delivery *d, const struct kind *kind)
{
	buf_clear(&k->key);
	buf_addc(&k->key, kind->direction);
	buf_addc(&k->key, kind->state);
	buf_addc(&k->key, kind->lmtp);
	buf_addc(&k->key, kind->forward_secret);
	buf_add(&k->key, &kind->witness, sizeof(kind->witness));
	add_name(k, d->protocol, false);
	add_name(k, d->cipher, false);
	add_name(k, d->trust, true);
}

const char *kinds_name(const struct kinds *k, size_t kind, enum tally_names which)
{
	const char *name = keys_name(&k->keys, (uint32_t)kind) + NAMES_AT;

	for (; which > 0; which--)
		name += strlen(name) + 1;
	return name;
}

static uint16_t add_kind(struct kinds *k, const struct kind *kind)
{
	uint32_t n = keys_add(&k->keys, k->key.data, k->key.len);
	size_t i;

	k->v = xgrow(k->v, n, &k->cap, sizeof(*k->v));
	k->v[n] = *kind;
	k->n = n + 1;
	for (i = 0; i < TALLY_NAMES; i++)
		k->v[n].lens[i] = strlen(kinds_name(k, n, (enum tally_names)i));
	return (uint16_t)n;
}

static struct span other_name(struct span name)
{
	return name.len > 0 ? (struct span){TALLY_OTHER, strlen(TALLY_OTHER)} : name;
}

/* Kinds without number would be a log that somebody made up: its memory has an end, too. */
static uint16_t other_kind(struct kinds *k, const struct delivery *d, struct kind kind)
{
	struct delivery other = *d;
	uint32_t n;

	other.protocol = other_name(d->protocol);
	other.cipher = other_name(d->cipher);
	other.trust = other_name(d->trust);
	kind.witness = 0;
	if (kind.state == DELIVERY_UNTOLD)
		kind.state = DELIVERY_UNKNOWN;
	make_kind_key(k, &other, &kind);
	n = keys_find(&k->keys, k->key.data, k->key.len);
	return n != KEYS_NONE ? (uint16_t)n : add_kind(k, &kind);
}

static bool is_kind(const struct kinds *k, uint16_t number, const struct delivery *d)
{
	const struct span names[TALLY_NAMES] = {d->protocol, d->cipher, d->trust};
	const struct kind *kind = &k->v[number];
	const char *name = kinds_name(k, number, TALLY_PROTOCOLS);
	size_t i;

	if (kind->direction != d->direction || kind->state != d->state || kind->lmtp != d->lmtp ||
	    (d->state == DELIVERY_UNTOLD && kind->witness != d->witness))
		return false;
	for (i = 0; i < TALLY_NAMES; i++) {
		if (kind->lens[i] != names[i].len || !span_same(name, names[i].at, names[i].len))
			return false;
		name += kind->lens[i] + 1;
	}
	return true;
}

static uint16_t find_kind(struct kinds *k, const struct delivery *d)
{
	struct kind kind = {(uint8_t)d->direction, (uint8_t)d->state, d->lmtp, false, 0, {0}};
	uint32_t n;

	if (d->state == DELIVERY_UNTOLD)
		kind.witness = d->witness;
	if (d->state == DELIVERY_ENCRYPTED)
		kind.forward_secret = delivery_forward_secret(d->protocol, d->cipher);
	make_kind_key(k, d, &kind);
	n = keys_find(&k->keys, k->key.data, k->key.len);
	if (n != KEYS_NONE)
		return (uint16_t)n;
	if (k->n >= TALLY_KINDS)
		return other_kind(k, d, kind);
	return add_kind(k, &kind);
}

/* Most often it is the one of the last delivery in that direction and state. */
uint16_t kinds_of(struct kinds *k, const struct delivery *d)
{
	uint16_t *last = &k->last[d->direction][d->state];

	if (k->n == 0 || !is_kind(k, *last, d))
		*last = find_kind(k, d);
	return *last;
}

void kinds_settle(struct kinds *k, tally_told *told, const void *context)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->v[i].state == DELIVERY_UNTOLD)
			k->v[i].state = told(context, k->v[i].witness) ? DELIVERY_PLAINTEXT
								       : DELIVERY_UNKNOWN;
}

void kinds_release(struct kinds *k)
{
	keys_release(&k->keys);
	free(k->v);
	buf_release(&k->key);
	buf_release(&k->clean);
}
