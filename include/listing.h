/*
 * listing - one line for each delivery.
 * Shape:  out|in, time, queue id, recipient, peer, encrypted|plaintext|unknown, protocol, with
 *         tabs between them and "-" for what is not there. What a log contains is
 *         escaped, so that no field can look like two.
 * Errors: out of memory ends the process.
 * Owner:  listing_release().
 * Misses: where the lines go. Deliveries whose state is not told yet are kept back, in memory,
 * until their witness logs a TLS session or the log ends.
 */
#ifndef TLSHARDEN_LISTING_H
#define TLSHARDEN_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "delivery.h"

struct listing {
	struct buf out;   /* lines that can be written; the caller clears it */
	struct buf *kept; /* of each witness: lines without their state */
	size_t n;         /* witnesses that have room */
};

void listing_add(struct listing *, const struct delivery *);
/* Moves to out what is told by now; at the end of the log all else, as unknown. */
void listing_settle(struct listing *, const struct deliveries *, bool end);
void listing_release(struct listing *);

#endif
