/*
 * delivery - events of a mail log -> deliveries and messages, encrypted or not.
 * Shape:  events in, in the order of the log; deliveries out, each once, when
 *         it is clear what it was.
 * Units:  out: one recipient that was sent to another host over SMTP or LMTP;
 *         in: one message that was accepted at its first hop.
 * Errors: none.
 * Owner:  deliveries_free(); spans of what comes out are valid during the call.
 * Source: Postfix src/smtp/smtp_proto.c, smtp_session.c, smtp_reuse.c, src/smtpd/smtpd.c.
 * Misses: counting (tally.h).
 */
#ifndef TLSHARDEN_DELIVERY_H
#define TLSHARDEN_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maillog.h"
#include "span.h"

enum delivery_direction { DELIVERY_OUT, DELIVERY_IN };

enum delivery_state {
	DELIVERY_ENCRYPTED,
	DELIVERY_PLAINTEXT,
	DELIVERY_UNKNOWN,
	/* Without a trace of TLS: plaintext if its witness logs TLS at all, else unknown. */
	DELIVERY_UNTOLD
};

struct delivery {
	enum delivery_direction direction;
	enum delivery_state state;
	bool lmtp;        /* out: by lmtp, which has settings of its own */
	unsigned witness; /* of DELIVERY_UNTOLD, below deliveries_witnesses() */
	int64_t when;
	struct span queue_id;
	struct span recipient; /* in: empty */
	struct span domain;    /* in lower case; out: of the recipient; in: of the sender */
	struct span peer;      /* in lower case; host name, or its address where it has none */
	struct span protocol, cipher, trust; /* empty where they are not known */
};

struct delivery_failure {
	enum delivery_direction direction;
	enum maillog_reason reason;
	int64_t when;
	struct span peer; /* as above */
};

/* Who is told. */
struct delivery_sink {
	void *context;
	void (*delivered)(void *context, const struct delivery *);
	void (*failed)(void *context, const struct delivery_failure *);
};

struct deliveries;

struct deliveries *deliveries_new(const struct delivery_sink *);
void deliveries_take(struct deliveries *, const struct maillog_event *);
/* The log ends: what is still open is told. */
void deliveries_end(struct deliveries *);
/* How many bear witness: daemons (by host and tag), for each kind of session. */
unsigned deliveries_witnesses(const struct deliveries *);
/* Whether it is clear that TLS would have left a trace: if so, the untold went in plaintext. */
bool deliveries_told(const struct deliveries *, unsigned witness);
void deliveries_free(struct deliveries *);

/* Whether a cipher and protocol keep what was sent secret when the key gets known later. */
bool delivery_forward_secret(struct span protocol, struct span cipher);
/* A few words for a reason, for people and for JSON. */
const char *delivery_reason(enum maillog_reason);

#endif
