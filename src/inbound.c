/* SPDX-License-Identifier: ISC */
/*
 * An SMTP server's session lasts from connect to disconnect, and has the process to itself. A
 * message of it counts when the queue manager has it, or a proxy filter took it. What
 * was begun under TLS is encrypted; of what was not, the end of the session
 * tells: its counters say whether STARTTLS was given.
 */
#include <stdlib.h>
#include <string.h>

#include "process.h"

/*
 * A message that waits. Until its session has ended it belongs to that; else to the table,
 * where it waits for the queue manager.
 */
struct message {
	struct pool_piece piece;
	struct message *next; /* of the session */
	uint64_t number;      /* of the queue ID */
	uint64_t id;          /* in the table of messages; 0: not there */
	uint64_t stray_id;    /* in that of strays; 0: not there */
	uint32_t host;
	int64_t when;
	uint32_t witness;
	enum delivery_state state;
	struct tls tls;
	bool waits;    /* for the end of its session */
	bool accepted; /* by the queue or by the proxy filter */
	struct kept queue_id, peer, domain;
};

struct server {
	struct pool_piece piece;
	int64_t last;
	uint32_t daemon, pid, restarts;
	bool begun;     /* the log has the line with which the session begins */
	bool encrypted; /* since the TLS line */
	bool failed;    /* a handshake failed, and that was told */
	/* Lost behind STARTTLS, and when: whether the handshake was done, the end tells. */
	bool lost;
	int64_t lost_when;
	struct kept lost_peer;
	struct tls tls;
	struct message *messages; /* that wait for the end */
	struct message *proxied;  /* of them, or decided: the one that the proxy filter has */
};

void inbound_begin(struct deliveries *d)
{
	d->pool[PROCESS_SERVERS].size = sizeof(struct server);
	d->pool[PROCESS_MESSAGES].size = sizeof(struct message);
}

static void spare_message(struct deliveries *d, struct message *m)
{
	pool_give(&d->pool[PROCESS_MESSAGES], &m->piece);
}

/* Tells of a message for which nothing is open any more, and frees it. */
static void tell(struct deliveries *d, struct message *m, struct span domain)
{
	struct delivery out = {.direction = DELIVERY_IN,
			       .state = m->state,
			       .witness = m->witness,
			       .when = m->when,
			       .queue_id = kept_span(&m->queue_id)};
	struct relay peer = relay_look(&d->relays, kept_span(&m->peer));

	process_deliver(d, &out, &m->tls, &peer, domain);
	spare_message(d, m);
}

/* ---- messages ---- */

static bool has_queue(const struct deliveries *d, uint32_t host)
{
	return d->host[host].queue;
}

static void drop_stray(struct deliveries *d, struct message *m)
{
	if (m->stray_id != 0)
		table_remove(&d->strays, m->stray_id);
	m->stray_id = 0;
}

static void drop_from_table(struct deliveries *d, struct message *m)
{
	if (m->id != 0)
		table_remove(&d->messages, m->id);
	m->id = 0;
	drop_stray(d, m);
}

static bool is_old_message(void *context, void *value)
{
	struct deliveries *d = context;
	struct message *m = value;

	if (!process_is_past(d, m->when, PROCESS_MEMORY))
		return false;
	m->id = 0;
	drop_stray(d, m);
	if (!m->waits)
		spare_message(d, m);
	return true;
}

static void enter(struct deliveries *d, struct message *m, uint64_t id)
{
	struct message *old = table_get(&d->messages, id);

	if (old != NULL) {
		drop_from_table(d, old);
		if (!old->waits)
			spare_message(d, old);
	}
	m->id = id;
	table_put(&d->messages, id, m);
}

/*
 * An smtpd with a name of its own (-o myhostname=) logs under that name where Postfix writes
 * the log itself, and the queue manager of its messages under another.
 */
static void enter_stray(struct deliveries *d, struct message *m)
{
	struct message *old;
	uint64_t id;

	if (has_queue(d, m->host))
		return;
	id = m->number;
	old = table_get(&d->strays, id);
	if (old != NULL)
		drop_stray(d, old);
	m->stray_id = id;
	table_put(&d->strays, id, m);
}

static struct message *find_message(const struct deliveries *d, uint32_t host, uint64_t number)
{
	struct message *m = table_get(&d->messages, process_message(host, number));

	if (m != NULL)
		return m;
	m = table_get(&d->strays, number);
	return m != NULL && !has_queue(d, m->host) ? m : NULL;
}

static struct message *begin_message(struct deliveries *d, struct server *s,
				     const struct maillog_event *e)
{
	struct message *m = pool_take(&d->pool[PROCESS_MESSAGES]);

	m->number = e->queue_number;
	m->when = e->when;
	m->witness = process_witness(d, s->daemon);
	m->host = d->daemons[s->daemon].host;
	m->state = s->encrypted ? DELIVERY_ENCRYPTED : DELIVERY_UNTOLD;
	m->tls = s->tls;
	m->waits = !s->encrypted;
	m->id = m->stray_id = 0;
	m->accepted = false;
	kept_set(&m->queue_id, e->queue_id);
	kept_set(&m->peer, e->peer);
	if (m->waits) {
		m->next = s->messages;
		s->messages = m;
	}
	return m;
}

static void accept_message(struct deliveries *d, struct message *m, const struct maillog_event *e)
{
	drop_from_table(d, m);
	m->when = e->when;
	m->accepted = true;
	if (!m->waits) {
		tell(d, m, e->domain);
		return;
	}
	kept_set(&m->domain, e->domain);
}

/*
 * A message that becomes active in the first seconds of a log is remembered: it is not older.
 * So are others, until it is known that the log has the beginnings of what is delivered.
 */
#define BEGINNING 3

static void note_active(struct deliveries *d, uint32_t number, const struct maillog_event *e)
{
	struct host *host = &d->host[number];
	uint64_t message;

	host->queue = true;
	if (d->begun.n >= PROCESS_BEGUN_MAX ||
	    (host->delivers && e->when > host->first + BEGINNING))
		return;
	message = process_message(number, e->queue_number);
	if (table_get(&d->begun, message) == NULL)
		table_put(&d->begun, message, d);
}

void inbound_active(struct deliveries *d, uint32_t host, const struct maillog_event *e)
{
	struct message *m;

	note_active(d, host, e);
	m = find_message(d, host, e->queue_number);
	if (m != NULL)
		accept_message(d, m, e);
}

void inbound_gone(struct deliveries *d, uint32_t host, const struct maillog_event *e)
{
	struct message *m = find_message(d, host, e->queue_number);

	if (m == NULL)
		return;
	drop_from_table(d, m);
	if (!m->waits)
		spare_message(d, m);
}

/* ---- sessions ---- */

static bool is_counted(const struct maillog_event *disconnect)
{
	return disconnect != NULL && disconnect->counters;
}

/* What went without TLS, or before it. disconnect: its event, or NULL if there is none. */
static enum delivery_state judge(const struct deliveries *d, const struct server *s,
				 const struct maillog_event *disconnect)
{
	if (s->encrypted)
		return DELIVERY_PLAINTEXT;
	if (!is_counted(disconnect))
		return DELIVERY_UNTOLD;
	if (disconnect->starttls > 0)
		return DELIVERY_ENCRYPTED;
	if (disconnect->starttls_tried > 0 || d->daemons[s->daemon].starttls)
		return DELIVERY_PLAINTEXT;
	return DELIVERY_UNTOLD;
}

/* Who tells what became of an untold message, which had another witness when it came. */
static uint32_t witness_of(struct deliveries *d, const struct server *s,
			   const struct maillog_event *disconnect, uint32_t witness)
{
	if (is_counted(disconnect))
		witness = process_counted(d, s->daemon, witness);
	/* The line of its TLS may stand before the log. */
	return s->begun || s->restarts > 0 ? witness : process_early(d, s->daemon, witness);
}

/* The proxy filter did not say that it took the message: it counts for nothing. */
static void drop_proxied(struct deliveries *d, struct server *s)
{
	if (s->proxied != NULL && !s->proxied->waits)
		spare_message(d, s->proxied);
	s->proxied = NULL;
}

/* In the order in which they came. */
static struct message *reversed(struct message *m)
{
	struct message *list = NULL, *next;

	for (; m != NULL; m = next) {
		next = m->next;
		m->next = list;
		list = m;
	}
	return list;
}

static void tell_lost(struct deliveries *d, struct server *s,
		      const struct maillog_event *disconnect)
{
	bool done = is_counted(disconnect) && disconnect->starttls > 0;

	if (s->lost && !done)
		process_fail(d, MAILLOG_LOST_IN_STARTTLS, s->lost_when, kept_span(&s->lost_peer),
			     DELIVERY_IN);
	s->lost = false;
}

/* Nothing but what the proxy filter has waits for the end of the session any more. */
static void settle(struct deliveries *d, struct server *s, const struct maillog_event *disconnect)
{
	enum delivery_state state = judge(d, s, disconnect);
	struct message *m = reversed(s->messages), *next;

	s->messages = NULL;
	for (; m != NULL; m = next) {
		next = m->next;
		if (m == s->proxied) {
			m->next = NULL;
			s->messages = m;
			continue;
		}
		m->waits = false;
		m->state = state;
		if (state == DELIVERY_UNTOLD)
			m->witness = witness_of(d, s, disconnect, m->witness);
		if (m->accepted)
			tell(d, m, kept_span(&m->domain));
		else if (m->id == 0)
			spare_message(d, m);
	}
}

static void end_session(struct deliveries *d, struct server *s,
			const struct maillog_event *disconnect)
{
	drop_proxied(d, s);
	tell_lost(d, s, disconnect);
	settle(d, s, disconnect);
	s->begun = s->encrypted = s->failed = false;
	s->tls = process_no_tls;
}

static void spare_server(struct deliveries *d, struct server *s)
{
	pool_give(&d->pool[PROCESS_SERVERS], &s->piece);
}

/* What is spare has no session, as end_session() has left it. */
static struct server *new_server(struct deliveries *d, uint32_t daemon, uint32_t pid)
{
	struct server *s = pool_take(&d->pool[PROCESS_SERVERS]);

	s->daemon = daemon;
	s->pid = pid;
	s->restarts = 0;
	s->tls = process_no_tls;
	return s;
}

static bool is_old_session(void *context, void *value)
{
	struct deliveries *d = context;
	struct server *s = value;
	/* What the proxy filter has is in a session that is encrypted, or waits for its end. */
	bool open = s->encrypted || s->messages != NULL || s->lost;

	if (!process_is_past(d, s->last, open ? PROCESS_MEMORY : PROCESS_IDLE))
		return false;
	end_session(d, s, NULL);
	spare_server(d, s);
	return true;
}

static void drop_old_sessions(struct deliveries *d)
{
	table_sweep(&d->servers, is_old_session, d);
}

/* No session ends by that. */
static bool settle_old(void *context, void *value)
{
	struct deliveries *d = context;
	struct server *s = value;

	if (process_is_past(d, s->last, PROCESS_MEMORY))
		settle(d, s, NULL);
	return false;
}

/* Those that are in the table wait for nothing but the queue manager then. */
static void drop_old_messages(struct deliveries *d)
{
	table_sweep(&d->servers, settle_old, d);
	table_sweep(&d->messages, is_old_message, d);
}

static struct server *server_of(struct deliveries *d, uint32_t daemon, uint32_t pid)
{
	uint64_t key = process_key(daemon, pid);
	uint32_t restarts = process_restarts(d, daemon);
	struct server *s = table_get(&d->servers, key);

	if (s == NULL) {
		process_make_room(d, PROCESS_SERVERS, drop_old_sessions);
		s = new_server(d, daemon, pid);
		table_put(&d->servers, key, s);
	}
	if (s->restarts != restarts)
		end_session(d, s, NULL);
	s->restarts = restarts;
	s->last = d->now;
	return s;
}

static void take_message(struct deliveries *d, struct server *s, const struct maillog_event *e)
{
	static const char none[] = "NOQUEUE";
	struct message *m;

	drop_proxied(d, s);
	if (e->internal || !relay_look(&d->relays, e->peer).remote)
		return;
	process_make_room(d, PROCESS_MESSAGES, drop_old_messages);
	m = begin_message(d, s, e);
	if (e->queue_id.len == sizeof(none) - 1 &&
	    memcmp(e->queue_id.at, none, e->queue_id.len) == 0)
		s->proxied = m;
	else
		enter(d, m, process_message(m->host, m->number));
	if (m->id != 0)
		enter_stray(d, m);
}

static void take_proxied(struct deliveries *d, struct server *s, const struct maillog_event *e)
{
	struct message *m = s->proxied;

	s->proxied = NULL;
	if (m != NULL)
		accept_message(d, m, e);
}

static void note_lost(struct server *s, const struct maillog_event *e)
{
	s->lost = true;
	s->lost_when = e->when;
	kept_set(&s->lost_peer, e->peer);
}

/* A handshake that fails is told in two ways; once is enough. */
static void fail(struct deliveries *d, struct server *s, const struct maillog_event *e)
{
	bool lost = e->reason == MAILLOG_LOST_IN_STARTTLS;

	/* Who looks at a certificate goes when he has seen it. */
	if (s->failed || (lost && s->encrypted))
		return;
	s->failed = true;
	if (lost)
		note_lost(s, e);
	else
		process_fail(d, e->reason, e->when, e->peer, DELIVERY_IN);
}

void inbound_take(struct deliveries *d, uint32_t daemon, const struct maillog_event *e)
{
	struct server *s = server_of(d, daemon, e->pid);

	switch (e->kind) {
	case MAILLOG_CONNECT:
		end_session(d, s, NULL);
		s->begun = true;
		d->daemons[daemon].connects = true;
		break;
	case MAILLOG_TLS:
		process_told(d, daemon);
		s->encrypted = true;
		s->tls = process_tls(d, e);
		break;
	case MAILLOG_TLS_FAILED:
		fail(d, s, e);
		break;
	case MAILLOG_CLIENT:
		take_message(d, s, e);
		break;
	case MAILLOG_PROXIED:
		take_proxied(d, s, e);
		break;
	case MAILLOG_DISCONNECT:
		if (e->starttls_tried > 0)
			process_count_told(d, daemon);
		end_session(d, s, e);
		/* Nothing is known of him any more. */
		table_remove(&d->servers, process_key(daemon, e->pid));
		spare_server(d, s);
		break;
	default:
		break;
	}
}

/* Sessions that are open when the log ends. */
struct open {
	struct server **v;
	size_t n, cap;
};

static bool collect(void *context, void *value)
{
	struct open *o = context;

	o->v = xgrow(o->v, o->n, &o->cap, sizeof(struct server *));
	o->v[o->n++] = value;
	return true;
}

static int by_time(const void *one, const void *two)
{
	const struct server *a = *(struct server *const *)one, *b = *(struct server *const *)two;

	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	if (a->daemon != b->daemon)
		return a->daemon < b->daemon ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* In an order that tells nothing of how they are kept. */
void inbound_end(struct deliveries *d)
{
	struct open o = {NULL, 0, 0};
	size_t i;

	table_sweep(&d->servers, collect, &o);
	if (o.n > 1)
		qsort(o.v, o.n, sizeof(struct server *), by_time);
	for (i = 0; i < o.n; i++) {
		end_session(d, o.v[i], NULL);
		spare_server(d, o.v[i]);
	}
	free(o.v);
}

static void let_go_of_message(void *piece)
{
	struct message *m = piece;

	kept_release(&m->queue_id);
	kept_release(&m->peer);
	kept_release(&m->domain);
}

static void let_go_of_server(void *piece)
{
	struct server *s = piece;

	kept_release(&s->lost_peer);
}

/* Sessions first: messages that wait for them are in both. */
void inbound_release(struct deliveries *d)
{
	d->sink = (struct delivery_sink){NULL, NULL, NULL};
	inbound_end(d);
	table_release(&d->servers);
	table_release(&d->messages);
	table_release(&d->strays);
	pool_release(&d->pool[PROCESS_MESSAGES], let_go_of_message);
	pool_release(&d->pool[PROCESS_SERVERS], let_go_of_server);
}
