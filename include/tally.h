/*
 * tally - deliveries counted: in all, by day, by peer, by domain and so on.
 * Shape:  deliveries in; after tally_finish() rows out, sorted.
 * Units:  counts of deliveries and messages (delivery.h); times in seconds since 1970.
 * Errors: none; out of memory ends the process.
 * Owner:  tally_free(); rows and strings are the tally's.
 * Misses: how anything is shown (report.h). Memory grows with peers, domains and days,
 *         never with deliveries: a row keeps a count for each kind of delivery (state,
 *         protocol, cipher, trust, witness), and the kinds are few.
 */
#ifndef TLSHARDEN_TALLY_H
#define TLSHARDEN_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery.h"

enum tally_by { TALLY_DAY, TALLY_PEER, TALLY_DOMAIN, TALLY_PROTOCOL, TALLY_CIPHER, TALLY_ALL };

struct tally_name {
	const char *name;
	uint64_t count;
};

/* The T of the JSON document: one direction of one row. Names sorted by count, then name. */
struct tally_counts {
	uint64_t encrypted, plaintext, unknown, forward_secrecy;
	struct tally_name *protocols, *ciphers, *trust;
	size_t nprotocols, nciphers, ntrust;
};

struct tally_row {
	const char *key; /* TALLY_DAY: YYYY-MM-DD, local time */
	struct tally_counts counts[2]; /* by enum delivery_direction */
	int64_t last_plaintext[2];     /* or INT64_MIN */
};

/* A peer that was in one state and is in another since. */
struct tally_change {
	const char *peer;
	enum delivery_direction direction;
	enum delivery_state was, is; /* encrypted or plaintext */
	int64_t when;                /* of the first delivery in the new state */
};

struct tally_failure {
	const char *peer;
	enum delivery_direction direction;
	enum maillog_reason reason;
	uint64_t count;
	int64_t last;
};

/* What a level of smtp_tls_security_level would have held back, by recipient domain. */
struct tally_domain {
	const char *domain;
	uint64_t deliveries;
};

struct tally;

/* A level as in main.cf; by what rows are wanted in full (TALLY_ALL: none). */
struct tally *tally_new(enum tally_by, const char *what_if);
/* Whether that is a level which tally_new() knows. */
bool tally_is_level(const char *level);
/* Whether, for that level, the log can say no more than "at least". */
bool tally_is_lower_bound(const char *level);
void tally_delivery(struct tally *, const struct delivery *);
void tally_failure(struct tally *, const struct delivery_failure *);
/* All was counted: untold deliveries become plaintext or unknown, rows are sorted. */
void tally_finish(struct tally *, const struct deliveries *);

/* From the first to the last delivery; false if there was none. */
bool tally_span(const struct tally *, int64_t *from, int64_t *until);
const struct tally_counts *tally_total(const struct tally *, enum delivery_direction);
/* Days by date; others by deliveries in plaintext, then all, then name. */
const struct tally_row *tally_rows(const struct tally *, enum tally_by, size_t *n);
const struct tally_change *tally_changes(const struct tally *, size_t *n);
const struct tally_failure *tally_failures(const struct tally *, size_t *n);
const struct tally_domain *tally_held_back(const struct tally *, size_t *n, uint64_t *deliveries);
void tally_free(struct tally *);

#endif
