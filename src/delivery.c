/* SPDX-License-Identifier: ISC */
#include "delivery.h"

#include <stdlib.h>
#include <string.h>

#include "process.h"

/* Protocols and ciphers are few; a log that has more is not to be believed. */
#define WORDS_MAX 4096
#define ROOM_MIN ((size_t)4096)

const struct tls process_no_tls = {KEYS_NONE, KEYS_NONE, KEYS_NONE};

struct deliveries *deliveries_new(const struct delivery_sink *sink)
{
	struct deliveries *d = xcalloc(1, sizeof(*d));
	size_t i;

	d->sink = *sink;
	d->last_tls[0] = d->last_tls[1] = process_no_tls;
	for (i = 0; i < PROCESS_KINDS; i++)
		d->room[i] = ROOM_MIN;
	outbound_begin(d);
	inbound_begin(d);
	return d;
}

void deliveries_free(struct deliveries *d)
{
	if (d == NULL)
		return;
	outbound_release(d);
	inbound_release(d);
	keys_release(&d->words);
	keys_release(&d->names);
	keys_release(&d->hosts);
	keys_release(&d->instances);
	free(d->daemons);
	free(d->state);
	free(d->witnesses);
	free(d->host);
	table_release(&d->begun);
	relay_cache_release(&d->relays);
	buf_release(&d->domain);
	buf_release(&d->text);
	free(d);
}

unsigned deliveries_witnesses(const struct deliveries *d)
{
	return (unsigned)d->nwitnesses;
}

bool deliveries_told(const struct deliveries *d, unsigned witness)
{
	const struct witness *w = &d->witnesses[witness];

	return w->told || (w->early == KEYS_NONE && d->witnesses[w->also].told);
}

/* ---- who logged it ---- */

/* The number of "host, then tag" in keys. */
static uint32_t number_of(struct deliveries *d, struct keys *keys, struct span host,
			  struct span tag)
{
	buf_clear(&d->text);
	buf_add(&d->text, host.at, host.len);
	buf_addc(&d->text, '\0');
	buf_add(&d->text, tag.at, tag.len);
	return keys_add(keys, d->text.data, d->text.len);
}

static uint32_t find_host(struct deliveries *d, const struct maillog_event *e)
{
	uint32_t number = keys_add(&d->hosts, e->host.at, e->host.len);

	if (number == d->nhosts) {
		d->host = xgrow(d->host, number, &d->host_cap, sizeof(*d->host));
		d->host[d->nhosts++] = (struct host){e->when, false, false};
	}
	return number;
}

/* Most lines are of those who wrote the last ones. */
static uint32_t recall(struct deliveries *d, struct recent *recent, const struct maillog_event *e,
		       uint32_t (*find)(struct deliveries *, const struct maillog_event *))
{
	struct recent *r = &recent[e->who % PROCESS_RECENT];

	if (r->who != e->who) {
		r->number = find(d, e);
		r->who = e->who;
	}
	return r->number;
}

static uint32_t host_of(struct deliveries *d, const struct maillog_event *e)
{
	return recall(d, d->recent_hosts, e, find_host);
}

/* "postfix" of "postfix/relay/smtp": what one master starts and ends. */
static uint32_t instance_of(struct deliveries *d, const struct maillog_event *e)
{
	const char *slash = e->tag.len > 0 ? memchr(e->tag.at, '/', e->tag.len) : NULL;
	size_t len = slash != NULL ? (size_t)(slash - e->tag.at) : e->tag.len;
	uint32_t number = number_of(d, &d->instances, e->host, (struct span){e->tag.at, len});

	if (number == d->ninstances) {
		d->state = xgrow(d->state, number, &d->state_cap, sizeof(*d->state));
		d->state[d->ninstances++] = (struct instance){0, 0};
	}
	return number;
}

/*
 * Whether sessions of that smtpd begin without TLS for sure: the main one, and those that
 * are called after the submission port. Of others nobody knows whether they are
 * in wrappermode, which leaves no trace of its own.
 */
static bool has_starttls(struct span tag)
{
	static const char *const services[] = {"smtpd", "submission/smtpd", "587/smtpd"};
	const char *slash = tag.len > 0 ? memchr(tag.at, '/', tag.len) : NULL;
	struct span rest;
	size_t i, len;

	if (slash == NULL)
		return false;
	rest = (struct span){slash + 1, tag.len - (size_t)(slash + 1 - tag.at)};
	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		len = strlen(services[i]);
		if (rest.len == len && memcmp(rest.at, services[i], len) == 0)
			return true;
	}
	return false;
}

/* "postfix/lmtp": the last word is the daemon. */
static bool is_lmtp(struct span tag)
{
	return tag.len >= 4 && memcmp(tag.at + tag.len - 4, "lmtp", 4) == 0;
}

/* also: KEYS_NONE where there is no other one; early: likewise. */
static uint32_t new_witness(struct deliveries *d, uint32_t also, uint32_t early)
{
	uint32_t number = (uint32_t)d->nwitnesses;

	d->witnesses = xgrow(d->witnesses, number, &d->witnesses_cap, sizeof(*d->witnesses));
	d->witnesses[number] = (struct witness){false, also != KEYS_NONE ? also : number, early};
	d->nwitnesses++;
	return number;
}

static uint32_t find_daemon(struct deliveries *d, const struct maillog_event *e)
{
	uint32_t number = number_of(d, &d->names, e->host, e->tag), instance;

	if (number < d->ndaemons)
		return number;
	instance = instance_of(d, e);
	d->daemons = xgrow(d->daemons, number, &d->daemons_cap, sizeof(*d->daemons));
	d->daemons[number] = (struct daemon){
		.host = host_of(d, e),
		.instance = instance,
		.witness = new_witness(d, KEYS_NONE, KEYS_NONE),
		.counted = KEYS_NONE,
		.early = {KEYS_NONE, KEYS_NONE},
		.settings = d->state[instance].settings,
		.starttls = has_starttls(e->tag),
		.server = e->by == MAILLOG_BY_SERVER,
		.lmtp = is_lmtp(e->tag),
	};
	d->ndaemons++;
	return number;
}

static uint32_t daemon_of(struct deliveries *d, const struct maillog_event *e)
{
	return recall(d, d->recent_daemons, e, find_daemon);
}

/*
 * Who has not told of TLS may have got another log level since: what he tells from now
 * on says nothing of what was before.
 */
uint32_t process_witness(struct deliveries *d, uint32_t daemon)
{
	struct daemon *who = &d->daemons[daemon];
	uint32_t settings = d->state[who->instance].settings;

	if (who->settings != settings) {
		if (!d->witnesses[who->witness].told)
			who->witness = new_witness(d, KEYS_NONE, KEYS_NONE);
		who->settings = settings;
	}
	return who->witness;
}

void process_told(struct deliveries *d, uint32_t daemon)
{
	uint32_t witness = process_witness(d, daemon);

	d->witnesses[witness].told = true;
}

uint32_t process_counted(struct deliveries *d, uint32_t daemon, uint32_t witness)
{
	uint32_t counted = d->daemons[daemon].counted;

	if (counted != KEYS_NONE &&
	    (d->witnesses[counted].told || d->witnesses[counted].also == witness))
		return counted;
	counted = new_witness(d, witness, KEYS_NONE);
	d->daemons[daemon].counted = counted;
	return counted;
}

void process_count_told(struct deliveries *d, uint32_t daemon)
{
	uint32_t counted = process_counted(d, daemon, process_witness(d, daemon));

	d->witnesses[counted].told = true;
}

uint32_t process_early(struct deliveries *d, uint32_t daemon, uint32_t witness)
{
	uint32_t *early = &d->daemons[daemon].early[witness != KEYS_NONE];

	if (*early == KEYS_NONE || (witness != KEYS_NONE && d->witnesses[*early].also != witness))
		*early = new_witness(d, witness, daemon);
	return *early;
}

/*
 * Whether the log shows how things begin: that the queue manager has the messages that are
 * delivered, or that clients connect. What has no such line began before it. An excerpt
 * may have no such lines at all.
 */
static bool shows_beginnings(const struct deliveries *d, const struct daemon *daemon)
{
	return daemon->server ? daemon->connects : d->host[daemon->host].delivers;
}

static void settle_early(struct deliveries *d)
{
	struct witness *w;
	size_t i;

	for (i = 0; i < d->nwitnesses; i++) {
		w = &d->witnesses[i];
		if (w->early == KEYS_NONE || shows_beginnings(d, &d->daemons[w->early]))
			continue;
		w->told = w->also == i || deliveries_told(d, w->also);
	}
}

/* ---- what clients and servers share ---- */

static uint32_t word(struct deliveries *d, struct span s)
{
	if (s.len == 0)
		return KEYS_NONE;
	return d->words.n < WORDS_MAX ? keys_add(&d->words, s.at, s.len)
				      : keys_find(&d->words, s.at, s.len);
}

static bool is_word(const struct deliveries *d, uint32_t number, struct span s)
{
	return number != KEYS_NONE ? keys_is(&d->words, number, s.at, s.len) : s.len == 0;
}

/* Most sessions are like the last one. */
struct tls process_tls(struct deliveries *d, const struct maillog_event *e)
{
	struct tls *last = &d->last_tls[e->incoming];

	if (!is_word(d, last->cipher, e->cipher) || !is_word(d, last->protocol, e->protocol) ||
	    !is_word(d, last->trust, e->trust))
		*last = (struct tls){word(d, e->protocol), word(d, e->cipher), word(d, e->trust)};
	return *last;
}

static struct span spell(const struct deliveries *d, uint32_t number)
{
	const char *name = number != KEYS_NONE ? keys_name(&d->words, number) : "";

	return (struct span){name, strlen(name)};
}

void process_deliver(struct deliveries *d, struct delivery *out, const struct tls *tls,
		     const struct relay *peer, struct span domain)
{
	/* What its daemon has logged by now need not wait for the end of the log. */
	if (out->state == DELIVERY_UNTOLD && deliveries_told(d, out->witness))
		out->state = DELIVERY_PLAINTEXT;
	out->peer = peer->name;
	out->domain = relay_lower(domain, &d->domain);
	out->protocol = spell(d, tls->protocol);
	out->cipher = spell(d, tls->cipher);
	out->trust = spell(d, tls->trust);
	if (d->sink.delivered != NULL)
		d->sink.delivered(d->sink.context, out);
}

void process_fail(struct deliveries *d, enum maillog_reason reason, int64_t when, struct span peer,
		  enum delivery_direction direction)
{
	struct delivery_failure failure = {direction, reason, when,
					   relay_look(&d->relays, peer).name};

	if (d->sink.failed != NULL)
		d->sink.failed(d->sink.context, &failure);
}

/* Stamps may go back, and by a year: what lies ahead is no newer than what lies behind. */
bool process_is_past(const struct deliveries *d, int64_t last, int64_t memory)
{
	if (memory > d->patience)
		memory = d->patience;
	return last <= d->now - memory || last > d->now + memory;
}

static size_t room_for(size_t n)
{
	size_t room = n * 2 < PROCESS_MAX ? n * 2 : PROCESS_MAX;

	return room > n + ROOM_MIN ? room : n + ROOM_MIN;
}

void process_make_room(struct deliveries *d, enum process_kind which,
		       void (*drop)(struct deliveries *))
{
	const size_t *n = &d->pool[which].used;

	if (*n < d->room[which])
		return;
	for (d->patience = PROCESS_MEMORY;; d->patience /= 4) {
		drop(d);
		if (*n <= PROCESS_MAX / 2 || d->patience == 0)
			break;
	}
	d->room[which] = room_for(*n);
}

/* ---- events ---- */

void deliveries_take(struct deliveries *d, const struct maillog_event *e)
{
	uint32_t number;

	d->now = e->when;
	switch (e->kind) {
	case MAILLOG_RESTART:
	case MAILLOG_RELOAD:
		(void)host_of(d, e);
		number = instance_of(d, e);
		d->state[number].restarts += e->kind == MAILLOG_RESTART;
		d->state[number].settings++;
		break;
	case MAILLOG_ACTIVE:
		inbound_active(d, host_of(d, e), e);
		break;
	case MAILLOG_GONE:
		inbound_gone(d, keys_find(&d->hosts, e->host.at, e->host.len), e);
		break;
	case MAILLOG_MALFORMED:
	case MAILLOG_FOREIGN:
	case MAILLOG_SUPPRESSED:
		break;
	default:
		/* tlsproxy has no session of ours; what it says of a handshake nobody else does. */
		if (e->by == MAILLOG_BY_PROXY)
			process_fail(d, e->reason, e->when, e->peer,
				     e->incoming ? DELIVERY_IN : DELIVERY_OUT);
		else if (e->by == MAILLOG_BY_SERVER)
			inbound_take(d, daemon_of(d, e), e);
		else
			outbound_take(d, daemon_of(d, e), e);
	}
}

void deliveries_end(struct deliveries *d)
{
	inbound_end(d);
	settle_early(d);
}

/* ---- words ---- */

/* Key exchange by Diffie and Hellman with keys that are thrown away. */
bool delivery_forward_secret(struct span protocol, struct span cipher)
{
	static const char *const prefixes[] = {"ECDHE-", "DHE-",       "EDH-",    "ADH-",
					       "AECDH-", "TLS_ECDHE_", "TLS_DHE_"};
	size_t i, len;

	if (protocol.len == 7 && memcmp(protocol.at, "TLSv1.3", 7) == 0)
		return true;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		len = strlen(prefixes[i]);
		if (cipher.len > len && memcmp(cipher.at, prefixes[i], len) == 0)
			return true;
	}
	return false;
}

const char *delivery_reason(enum maillog_reason reason)
{
	static const char *const words[MAILLOG_REASONS] = {
		[MAILLOG_HANDSHAKE] = "handshake failed",
		[MAILLOG_NOT_OFFERED] = "TLS is required, but was not offered",
		[MAILLOG_REFUSED] = "TLS is required, but the peer refused to start it",
		[MAILLOG_NO_ENGINE] = "TLS is required, but our TLS engine is unavailable",
		[MAILLOG_UNVERIFIED] = "certificate not verified",
		[MAILLOG_UNTRUSTED] = "certificate not trusted",
		[MAILLOG_LOST_IN_STARTTLS] = "connection lost in the handshake",
		[MAILLOG_NO_CLIENT_CERT] = "no client certificate",
	};

	return reason < MAILLOG_REASONS ? words[reason] : "";
}
