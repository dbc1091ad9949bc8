/*
 * tally - deliveries counted: in all, by day, by peer, by domain and so on.
 * Shape:  deliveries in; after tally_finish() rows out, sorted.
 * Units:  counts of deliveries and messages (delivery.h); times in seconds since 1970.
 * Errors: none; out of memory ends the process.
 * Owner:  tally_free(); strings are the tally's. Names are well-formed UTF-8 without
 *         NUL, U+FFFD for bytes that are none, and cut where they are longer than any
 *         host name: two rows never have the same one.
 * Misses: how anything is shown (report.h). Memory grows with peers, domains and days up to
 *         TALLY_ROWS of each, never with deliveries: a row keeps a count for each kind of delivery
 * (state, protocol, cipher, trust, witness), and the kinds are few. Of a peer that is now encrypted
 * and now not, the last changes alone are kept.
 */
#ifndef TLSHARDEN_TALLY_H
#define TLSHARDEN_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery.h"

/* Of different kinds: what comes later counts as of "other" ones. */
#define TALLY_KINDS 1000
#define TALLY_FAILURES 100000
#define TALLY_ROWS 1000000
#define TALLY_OTHER "other"
/* The protocol or cipher of what was encrypted when the log does not tell it. */
#define TALLY_UNNAMED "unknown"

enum tally_by { TALLY_DAY, TALLY_PEER, TALLY_DOMAIN, TALLY_PROTOCOL, TALLY_CIPHER, TALLY_ALL };

/* What an encrypted delivery has a name of. */
enum tally_names { TALLY_PROTOCOLS, TALLY_CIPHERS, TALLY_TRUST, TALLY_NAMES };

struct tally_name {
	const char *name;
	uint64_t count;
};

/* Sorted by count, then name; what the log does not tell is not among them. */
struct tally_list {
	struct tally_name *v;
	size_t n, cap;
};

/* The T of the JSON document: one direction of one row. */
struct tally_counts {
	uint64_t encrypted, plaintext, unknown, forward_secrecy;
	uint64_t lmtp_plaintext, lmtp_unknown; /* of plaintext and unknown, what lmtp sent */
	struct tally_list names[TALLY_NAMES];
	int64_t last_encrypted, last_plaintext; /* or INT64_MIN */
};

struct tally_row {
	const char *key;               /* TALLY_DAY: YYYY-MM-DD, local time */
	struct tally_counts counts[2]; /* by enum delivery_direction */
};

#define TALLY_ROW_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

/* A peer that was in one state and is in another since. */
struct tally_change {
	const char *peer;
	enum delivery_direction direction;
	enum delivery_state was, is; /* encrypted or plaintext */
	int64_t when;                /* of the first delivery in the new state */
};

struct tally_failure {
	const char *peer; /* TALLY_OTHER where there are too many */
	enum delivery_direction direction;
	enum maillog_reason reason;
	uint64_t count;
	int64_t last;
};

/* What a level of smtp_tls_security_level would have held back of what smtp sent, by domain. */
struct tally_domain {
	const char *domain;
	uint64_t deliveries;
	int64_t last;
};

struct tally;

/* A level as in main.cf, for what it would have held back. */
struct tally *tally_new(const char *what_if);
/* Its name as tally_new() has it, whatever its case is, or NULL. */
const char *tally_level(const char *level);
/* Whether, for that level, the log can say no more than "at least". */
bool tally_is_lower_bound(const char *level);
void tally_delivery(struct tally *, const struct delivery *);
void tally_failure(struct tally *, const struct delivery_failure *);
/* Whether a witness logs TLS, as deliveries_told() has it. */
typedef bool tally_told(const void *context, unsigned witness);
/* All was counted: untold deliveries become plaintext or unknown, rows are sorted. */
void tally_finish(struct tally *, tally_told *, const void *context);

/* From the first to the last delivery; false if there was none. */
bool tally_span(const struct tally *, int64_t *from, int64_t *until);
const struct tally_counts *tally_total(const struct tally *, enum delivery_direction);
/* How many rows there are; of protocols and ciphers, those of encrypted deliveries. */
size_t tally_rows(const struct tally *, enum tally_by);
/*
 * One of them, put where the last one was. Days by date; others by deliveries in plaintext,
 * then all, then name.
 */
void tally_row(const struct tally *, enum tally_by, size_t i, struct tally_row *);
void tally_row_release(struct tally_row *);
/* By time, then peer; forgotten: how many older ones there were besides. */
const struct tally_change *tally_changes(const struct tally *, size_t *n, size_t *forgotten);
/* By count, then peer. */
const struct tally_failure *tally_failures(const struct tally *, size_t *n);
/* By deliveries, then domain. */
const struct tally_domain *tally_held_back(const struct tally *, size_t *n, uint64_t *deliveries);
void tally_free(struct tally *);

#endif
