/*
 * process - what is known of Postfix's processes while a log is read: outbound.c has
 * the SMTP clients, inbound.c the servers. Private to delivery.c.
 * Owner:  struct deliveries owns all.
 */
#ifndef TLSHARDEN_PROCESS_H
#define TLSHARDEN_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "delivery.h"
#include "kept.h"
#include "keys.h"
#include "pool.h"
#include "relay.h"
#include "table.h"

/* A host's daemon by its tag: one smtp, one submission/smtpd. */
struct daemon {
	uint32_t host;     /* number in hosts */
	uint32_t instance; /* number in instances */
	uint32_t witness;  /* number in witnesses; until it has told, a new one each time */
	uint32_t counted;  /* of sessions with counters, or KEYS_NONE */
	uint32_t early[2]; /* of what may have begun before the log, or KEYS_NONE */
	uint32_t settings; /* when its instance may have got new settings */
	bool starttls;     /* it is a service in which TLS begins with STARTTLS */
	bool server;
	bool lmtp;     /* not smtp */
	bool connects; /* a server: the log has beginnings of its sessions */
};

/* Whose lines begin at some time: where logs of several hosts are one, each at its own. */
struct host {
	int64_t first; /* time of its first line that says something */
	bool queue;    /* it has a queue manager */
	bool delivers; /* a message became active in the log, and was delivered */
};

/* Who tells what became of deliveries without a trace of TLS. */
struct witness {
	bool told;     /* a TLS session was logged, or a starttls counter */
	uint32_t also; /* another one, whose word counts as well; or itself */
	/* Of what may have begun before the log, that daemon; KEYS_NONE: of what has not. */
	uint32_t early;
};

/* What one master starts. */
struct instance {
	uint32_t restarts; /* how often all its processes began anew */
	uint32_t settings; /* how often it may have got new settings: the log level, too */
};

/* A TLS session; numbers in words, KEYS_NONE where the log does not tell. */
struct tls {
	uint32_t protocol, cipher, trust;
};

/* What is known of them is in a pool for each. */
enum process_kind { PROCESS_CLIENTS, PROCESS_SERVERS, PROCESS_MESSAGES, PROCESS_KINDS };

/* Who spoke not long ago. */
#define PROCESS_RECENT 64
struct recent {
	uint64_t who;    /* as events have it; 0: none */
	uint32_t number; /* of the daemon, or of its host */
};

struct deliveries {
	struct delivery_sink sink;
	struct keys words;      /* protocols, ciphers, degrees of trust */
	struct keys names;      /* host and tag of each daemon */
	struct daemon *daemons; /* as numbered in names */
	size_t ndaemons, daemons_cap;
	struct recent recent_daemons[PROCESS_RECENT], recent_hosts[PROCESS_RECENT];
	struct keys hosts, instances;
	struct tls last_tls[2]; /* that went out, and that came in */
	struct host *host;      /* as numbered in hosts */
	size_t nhosts, host_cap;
	struct instance *state; /* as numbered in instances */
	size_t ninstances, state_cap;
	struct witness *witnesses;
	size_t nwitnesses, witnesses_cap;
	struct table clients, servers; /* by daemon and process */
	struct table messages;         /* by host and queue ID */
	struct pool pool[PROCESS_KINDS];
	struct table strays;        /* of them, by queue ID: their host has no queue */
	struct table begun;         /* likewise: what became active while that was of use */
	size_t room[PROCESS_KINDS]; /* how many there may be of each before old ones are dropped */
	int64_t patience;           /* what is older than this is, while they are */
	int64_t now;                /* time of the event */
	struct buf domain, text;    /* of what is being told */
	struct relay_cache relays;
};

struct tls process_tls(struct deliveries *, const struct maillog_event *);
extern const struct tls process_no_tls;
static inline uint32_t process_restarts(const struct deliveries *d, uint32_t daemon)
{
	return d->state[d->daemons[daemon].instance].restarts;
}
/* Of a process in the tables. */
static inline uint64_t process_key(uint32_t daemon, uint32_t pid)
{
	return ((uint64_t)daemon + 1) << 32 | pid;
}
/* Of a message in them: numbers of queue IDs differ in all of their bits. Never 0. */
static inline uint64_t process_message(uint32_t host, uint64_t queue_number)
{
	uint64_t key = queue_number ^ ((uint64_t)host + 1) * 0x9e3779b97f4a7c15U;

	return key != 0 ? key : 1;
}
/* Tells the sink; what is untold of a daemon that has told is plaintext. domain as it is logged. */
void process_deliver(struct deliveries *, struct delivery *, const struct tls *,
		     const struct relay *peer, struct span domain);
void process_fail(struct deliveries *, enum maillog_reason, int64_t when, struct span peer,
		  enum delivery_direction);

void outbound_begin(struct deliveries *);
void outbound_take(struct deliveries *, uint32_t daemon, const struct maillog_event *);
void outbound_release(struct deliveries *);
void inbound_begin(struct deliveries *);
void inbound_take(struct deliveries *, uint32_t daemon, const struct maillog_event *);
void inbound_active(struct deliveries *, uint32_t host, const struct maillog_event *);
void inbound_gone(struct deliveries *, uint32_t host, const struct maillog_event *);
void inbound_end(struct deliveries *);
void inbound_release(struct deliveries *);

/* Nothing waits longer than this for what belongs to it. */
#define PROCESS_MEMORY ((int64_t)24 * 3600)
/* A process for which nothing is open is forgotten after this. */
#define PROCESS_IDLE ((int64_t)3600)
/* So many messages are remembered as active from the beginning of a log on. */
#define PROCESS_BEGUN_MAX 65536
/* No more of each is known at a time: what a log has open without end is no mail system's. */
#define PROCESS_MAX ((size_t)65536)
/*
 * Before there is one more of a kind: if they have become many, drop() lets go of those
 * that process_is_past(), which are more the fewer may stay.
 */
void process_make_room(struct deliveries *, enum process_kind, void (*drop)(struct deliveries *));
/* Whether that is as far from now as what is kept for so many seconds may not be. */
bool process_is_past(const struct deliveries *, int64_t last, int64_t memory);
/* Who bears witness now of what that daemon logs, and that he has told of a TLS session. */
uint32_t process_witness(struct deliveries *, uint32_t daemon);
void process_told(struct deliveries *, uint32_t daemon);
/*
 * The same for sessions whose end has counters: one of starttls shows that there is no
 * wrappermode. witness is the one of process_witness() when the message came.
 */
uint32_t process_counted(struct deliveries *, uint32_t daemon, uint32_t witness);
void process_count_told(struct deliveries *, uint32_t daemon);
/*
 * The same for what may have begun before the log, and TLS with it: nobody can tell, unless
 * the log is an excerpt that has no beginnings at all. witness KEYS_NONE: where it has
 * none, it was plaintext in any case.
 */
uint32_t process_early(struct deliveries *, uint32_t daemon, uint32_t witness);

#endif
