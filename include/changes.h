/*
 * changes - the states of peers, encrypted or not, and when they changed.
 * Shape:  deliveries in, each with the number of its peer; changes out, one by one.
 * Units:  times in seconds since 1970.
 * Errors: none; out of memory ends the process.
 * Owner:  changes_free().
 * Misses: names (tally.h). Of a peer that is now encrypted and now not, the last
 *         changes alone are kept, so that memory grows with peers, never with deliveries.
 */
#ifndef TLSHARDEN_CHANGES_H
#define TLSHARDEN_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery.h"

/* Of a peer, in each direction. */
#define CHANGES_MOST 16

struct changes;

struct change {
	uint32_t peer;
	enum delivery_direction direction;
	enum delivery_state was, is; /* encrypted or plaintext */
	int64_t when;                /* of the first delivery in the new state */
};

/* Who asks for them. */
struct changes_reader {
	void *context;
	/* Whether a witness logs TLS: what it left untold was plaintext. */
	bool (*told)(void *context, unsigned witness);
	void (*found)(void *context, const struct change *);
};

struct changes *changes_new(void);
/* Peers are numbered from 0 in the order in which they come. */
void changes_follow(struct changes *, uint32_t peer, const struct delivery *);
/*
 * Peer by peer, of each in the order of time: logs of several hosts may overlap, and what comes in
 * without TLS is told when its session ends.
 */
void changes_find(struct changes *, const struct changes_reader *);
/* How many older ones there were, of which nothing is known any more. */
size_t changes_forgotten(const struct changes *);
void changes_free(struct changes *);

#endif
