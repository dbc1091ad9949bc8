/*
 * kinds - what deliveries have in common that a row counts together: few, and numbered.
 * Private to tally.c.
 * Shape:  {0} to begin with; numbers from 0 in the order in which kinds came.
 * Owner:  kinds_release(). A name is valid until the next kind comes.
 */
#ifndef TLSHARDEN_KINDS_H
#define TLSHARDEN_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "delivery.h"
#include "keys.h"
#include "tally.h"

struct kind {
	uint8_t direction, state; /* enum delivery_direction, enum delivery_state */
	bool lmtp, forward_secret;
	unsigned witness;         /* of DELIVERY_UNTOLD */
	size_t lens[TALLY_NAMES]; /* of its names */
};

struct kinds {
	struct keys keys; /* direction, state, LMTP, forward secrecy, witness, three names */
	struct kind *v;
	size_t n, cap;
	uint16_t last[2][DELIVERY_UNTOLD + 1];
	struct buf key, clean; /* rooms for bytes that are needed for a moment */
};

/* The number of the kind; of that for others where there are TALLY_KINDS already. */
uint16_t kinds_of(struct kinds *, const struct delivery *);
/* "" where it has none. */
const char *kinds_name(const struct kinds *, size_t kind, enum tally_names);
/* What was untold is told: plaintext, or not known. */
void kinds_settle(struct kinds *, tally_told *, const void *context);
void kinds_release(struct kinds *);

#endif
