/* SPDX-License-Identifier: ISC */
/*
 * An SMTP client logs a TLS session under its process, without a queue ID. It holds for
 * what that process says next: of the same relay, with one queue ID, each recipient
 * once. (Two aliases of one recipient are two, and have orig_to=.) Whatever does not fit began
 * without TLS, and the session is over.
 */
#include <stdlib.h>
#include <string.h>

#include "process.h"

struct client {
	struct pool_piece piece;
	int64_t last;
	uint32_t restarts;
	bool heard;     /* the log has a line of it */
	bool encrypted; /* a TLS session is open, to peer */
	bool early;     /* a session is, whose TLS line may stand before the log */
	bool failed;    /* a handshake failed, with peer; a try in plaintext follows */
	struct tls tls;
	struct kept peer;
	uint64_t queue_id; /* of its deliveries, by number; 0 before the first */
	uint64_t first;    /* recipient of them, by number: most messages have one; or 0 */
	struct table others;
	uint64_t refused;       /* of which message and peer a failure was told, by hash */
	uint64_t refused_first; /* and of which recipient */
};

static void forget(struct client *c)
{
	c->encrypted = c->early = c->failed = false;
	c->queue_id = 0;
	c->first = 0;
	table_clear(&c->others);
}

void outbound_begin(struct deliveries *d)
{
	d->pool[PROCESS_CLIENTS].size = sizeof(struct client);
}

/* As if there had never been another of it. */
static struct client *new_client(struct deliveries *d)
{
	struct client *c = pool_take(&d->pool[PROCESS_CLIENTS]);

	forget(c);
	c->heard = false;
	c->peer.len = 0;
	c->tls = process_no_tls;
	c->refused = c->refused_first = 0;
	c->restarts = 0;
	return c;
}

static bool is_old(void *context, void *value)
{
	struct deliveries *d = context;
	struct client *c = value;
	/* All recipients of a message are told of at once. */
	bool waits = c->encrypted && c->queue_id == 0;

	if (!process_is_past(d, c->last, waits ? PROCESS_MEMORY : PROCESS_IDLE))
		return false;
	pool_give(&d->pool[PROCESS_CLIENTS], &c->piece);
	return true;
}

static void drop_old(struct deliveries *d)
{
	table_sweep(&d->clients, is_old, d);
}

static struct client *client_of(struct deliveries *d, uint32_t daemon, uint32_t pid)
{
	uint64_t key = process_key(daemon, pid);
	uint32_t restarts = process_restarts(d, daemon);
	struct client *c = table_get(&d->clients, key);

	if (c == NULL) {
		process_make_room(d, PROCESS_CLIENTS, drop_old);
		c = new_client(d);
		table_put(&d->clients, key, c);
	}
	if (c->restarts != restarts)
		forget(c);
	c->restarts = restarts;
	c->last = d->now;
	return c;
}

static void begin(struct deliveries *d, struct client *c, const struct maillog_event *e)
{
	forget(c);
	c->encrypted = true;
	c->tls = process_tls(d, e);
	kept_set(&c->peer, e->peer);
}

/* A failure without a peer is that of the session before it. */
static void fail(struct deliveries *d, struct client *c, const struct maillog_event *e)
{
	struct span peer = e->peer.len > 0 ? e->peer : kept_span(&c->peer);

	/* "Cannot start TLS" repeats what was said, by smtp or by tlsproxy. */
	if (e->queue_id.len > 0 && e->reason == MAILLOG_HANDSHAKE) {
		c->encrypted = c->early = false;
		c->queue_id = e->queue_number;
		return;
	}
	if (peer.len > 0)
		process_fail(d, e->reason, e->when, peer, DELIVERY_OUT);
	if (e->reason != MAILLOG_HANDSHAKE)
		return;
	forget(c);
	c->failed = true;
	kept_set(&c->peer, peer);
}

static bool is_known(const struct client *c, uint64_t recipient)
{
	return c->first == recipient || table_get(&c->others, recipient) != NULL;
}

static void note(struct client *c, uint64_t recipient)
{
	if (c->first == 0)
		c->first = recipient;
	else if (c->others.n < PROCESS_MAX)
		table_put(&c->others, recipient, c);
}

/* Whether the delivery was made in the session that is open; if so it is noted. */
static bool fits(struct client *c, const struct maillog_event *e)
{
	uint64_t queue_id = e->queue_number;
	uint64_t recipient = e->recipient_number != 0 ? e->recipient_number : 1;

	if ((!c->encrypted && !c->early) || (c->queue_id != 0 && c->queue_id != queue_id) ||
	    !relay_same(e->peer, kept_span(&c->peer)) || is_known(c, recipient))
		return false;
	c->queue_id = queue_id;
	note(c, recipient);
	return true;
}

/* Whether the handshake before it failed, with this very relay, for this very message. */
static bool fell_back(const struct client *c, const struct maillog_event *e)
{
	return c->failed && relay_same(e->peer, kept_span(&c->peer)) &&
	       (c->queue_id == 0 || c->queue_id == e->queue_number);
}

/* ---- what began before the log ---- */

/* The longest that is believed. */
#define LONGEST 86400.0

/*
 * Seconds, rounded up, from the begin of a connection to the end of the delivery: the last two
 * of "a/b/c/d", each of which was rounded to two digits itself.
 */
static int64_t took(struct span delays)
{
	char text[64], *p = text, *end;
	double figure, sum = 0;
	int64_t seconds;
	int i;

	if (delays.len == 0 || delays.len >= sizeof(text))
		return 0;
	(void)memcpy(text, delays.at, delays.len);
	text[delays.len] = '\0';
	for (i = 0; i < 4; i++) {
		figure = strtod(p, &end);
		sum += i >= 2 ? figure : 0;
		p = end + (*end == '/');
	}
	if (!(sum >= 0 && sum < LONGEST))
		return 0;
	seconds = (int64_t)sum;
	return seconds + ((double)seconds < sum) + (sum >= 10);
}

static bool became_active(const struct deliveries *d, uint32_t host, const struct maillog_event *e)
{
	return d->begun.n > 0 &&
	       table_get(&d->begun, process_message(host, e->queue_number)) != NULL;
}

/*
 * Whether this, the first word of a process, may be of a connection that is older than the
 * log of its host. What became active in the log is not, nor is what has an old stamp.
 */
static bool is_early(const struct deliveries *d, uint32_t daemon, const struct maillog_event *e)
{
	uint32_t host = d->daemons[daemon].host;
	int64_t first = d->host[host].first;

	return process_restarts(d, daemon) == 0 && e->when >= first &&
	       e->when - took(e->delays) <= first && d->begun.n < PROCESS_BEGUN_MAX &&
	       !became_active(d, host, e);
}

static void note_host(struct deliveries *d, uint32_t host, const struct maillog_event *e)
{
	if (!d->host[host].delivers)
		d->host[host].delivers = became_active(d, host, e);
}

static void begin_early(struct client *c, const struct maillog_event *e)
{
	forget(c);
	c->early = true;
	kept_set(&c->peer, e->peer);
}

/* session: that it was made in, with TLS; early: or in one that is older than the log. */
static enum delivery_state judge(const struct client *c, const struct maillog_event *e,
				 bool session, bool early)
{
	if (e->tls == MAILLOG_SAYS_TLS || session)
		return DELIVERY_ENCRYPTED;
	if (e->tls == MAILLOG_SAYS_PLAINTEXT || fell_back(c, e))
		return DELIVERY_PLAINTEXT;
	/* Postfix logs each reuse of a connection with TLS, whatever its loglevel. */
	if (e->connection_use > 1 && !early)
		return DELIVERY_PLAINTEXT;
	return DELIVERY_UNTOLD;
}

static uint32_t witness_of(struct deliveries *d, uint32_t daemon, const struct maillog_event *e,
			   bool early)
{
	uint32_t witness = process_witness(d, daemon);

	if (!early)
		return witness;
	return process_early(d, daemon, e->connection_use > 1 ? KEYS_NONE : witness);
}

/*
 * A session without the TLS that is required fails all recipients of a message: it is told
 * once. The first of them again is another session.
 */
static void refuse(struct deliveries *d, struct client *c, const struct maillog_event *e)
{
	uint64_t which = span_hash(span_hash((uint64_t)e->reason + 1, e->queue_id), e->peer);
	uint64_t recipient = e->recipient_number;

	if (which == c->refused && recipient != c->refused_first)
		return;
	c->refused = which;
	c->refused_first = recipient;
	process_fail(d, e->reason, e->when, e->peer, DELIVERY_OUT);
}

static void deliver(struct deliveries *d, uint32_t daemon, struct client *c,
		    const struct maillog_event *e)
{
	struct delivery out = {.direction = DELIVERY_OUT,
			       .lmtp = d->daemons[daemon].lmtp,
			       .when = e->when,
			       .queue_id = e->queue_id,
			       .recipient = e->recipient};
	bool open, early, session;
	struct relay peer;

	note_host(d, d->daemons[daemon].host, e);
	if (!c->heard && is_early(d, daemon, e))
		begin_early(c, e);
	open = fits(c, e) && e->tls != MAILLOG_SAYS_PLAINTEXT;
	early = open && c->early;
	session = open && c->encrypted;
	out.state = judge(c, e, session, early);
	out.witness = witness_of(d, daemon, e, early);
	if (!open) {
		c->encrypted = c->early = false;
		if (c->failed && c->queue_id == 0)
			c->queue_id = e->queue_number;
	}
	if (e->sent) {
		peer = relay_look(&d->relays, e->peer);
		if (peer.remote)
			process_deliver(d, &out, session ? &c->tls : &process_no_tls, &peer,
					e->domain);
		return;
	}
	/* No try in plaintext came of it: what comes next is another request. */
	if (e->reason == MAILLOG_HANDSHAKE)
		c->failed = false;
	else if (e->reason < MAILLOG_REASONS)
		refuse(d, c, e);
}

void outbound_take(struct deliveries *d, uint32_t daemon, const struct maillog_event *e)
{
	struct client *c = client_of(d, daemon, e->pid);

	switch (e->kind) {
	case MAILLOG_TLS:
		process_told(d, daemon);
		if (!e->incoming)
			begin(d, c, e);
		break;
	case MAILLOG_TLS_LOST:
		c->encrypted = c->early = false;
		break;
	case MAILLOG_TLS_FAILED:
		fail(d, c, e);
		break;
	case MAILLOG_DELIVERY:
		deliver(d, daemon, c, e);
		break;
	default:
		break;
	}
	c->heard = true;
}

static void let_go(void *piece)
{
	struct client *c = piece;

	kept_release(&c->peer);
	table_release(&c->others);
}

void outbound_release(struct deliveries *d)
{
	pool_release(&d->pool[PROCESS_CLIENTS], let_go);
	table_release(&d->clients);
}
