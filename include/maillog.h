/*
 * maillog - one line of a mail log, and what Postfix says in it.
 * Shape:  a line in, an event out; nothing is remembered but the year, which
 *         stamps of syslog's old form do not have.
 * Units:  times in seconds since 1970, in the zone of the stamp, or the local one
 *         where it has none.
 * Errors: a line without a prefix that is known is MAILLOG_MALFORMED.
 * Owner:  spans point into the line, or into the clock's buffer where the line was
 *         wrapped in JSON: valid until the next line.
 * Source: Postfix src/smtp, src/smtpd, src/tls/tls_misc.c, src/global/log_adhoc.c,
 *         src/util/msg_logger.c; RFC 3164, RFC 5424; journalctl(1).
 * Misses: what lines mean together (delivery.h).
 */
#ifndef TLSHARDEN_MAILLOG_H
#define TLSHARDEN_MAILLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "span.h"
#include "stamp.h"

enum maillog_kind {
	MAILLOG_MALFORMED,  /* no prefix that is known: cut, or no log line */
	MAILLOG_FOREIGN,    /* of another program, or nothing that tells of TLS or mail */
	MAILLOG_SUPPRESSED, /* the logger says that it dropped lines; count */
	MAILLOG_TLS,        /* a TLS session; incoming, peer, protocol, cipher, trust */
	MAILLOG_DELIVERY,   /* smtp, lmtp: what became of one recipient */
	MAILLOG_TLS_LOST,   /* smtp: the connection, and TLS with it, is gone; queue_id */
	MAILLOG_TLS_FAILED, /* smtp, smtpd, tlsproxy: a handshake or a check failed; reason, peer */
	MAILLOG_CONNECT,    /* smtpd: a session begins; peer */
	MAILLOG_CLIENT,     /* smtpd: a message begins; queue_id (or NOQUEUE), peer, internal */
	MAILLOG_PROXIED,    /* smtpd: a message was accepted by way of a proxy filter */
	MAILLOG_DISCONNECT, /* smtpd: a session ends; counters, starttls */
	MAILLOG_ACTIVE,     /* qmgr: a message is in the queue; queue_id, domain of the sender */
	MAILLOG_GONE,       /* the message will never be in the queue; queue_id */
	MAILLOG_RESTART     /* master: all processes begin anew */
};

enum maillog_reason {
	MAILLOG_HANDSHAKE,        /* SSL_connect error, SSL_accept error, Cannot start TLS */
	MAILLOG_NOT_OFFERED,      /* TLS is required, but was not offered */
	MAILLOG_REFUSED,          /* TLS is required, but the peer refused to start it */
	MAILLOG_NO_ENGINE,        /* TLS is required, but our TLS engine is unavailable */
	MAILLOG_UNVERIFIED,       /* certificate not verified */
	MAILLOG_UNTRUSTED,        /* certificate not trusted */
	MAILLOG_LOST_IN_STARTTLS, /* the peer went away in the handshake */
	MAILLOG_NO_CLIENT_CERT,   /* abort: no client certificate presented */
	MAILLOG_REASONS
};

/* What tls= of Postfix 3.11 says. */
enum maillog_status_tls {
	MAILLOG_NO_ATTRIBUTE,
	MAILLOG_SAYS_TLS,
	MAILLOG_SAYS_PLAINTEXT,
	MAILLOG_SAYS_UNDECIDED /* as for each reused connection */
};

struct maillog_event {
	enum maillog_kind kind;
	enum maillog_reason reason; /* or MAILLOG_REASONS: none */
	int64_t when;
	struct span host; /* empty where the line has none */
	struct span tag;  /* all before "[pid]": "postfix/relay/smtp" */
	uint32_t pid;
	struct span queue_id;
	struct span peer;                    /* as the line has it: "name[address]:port" */
	struct span recipient;               /* without <> */
	struct span domain;                  /* of the recipient; MAILLOG_ACTIVE: of the sender */
	struct span protocol, cipher, trust; /* "TLSv1.3"; trust empty before 2.5 */
	enum maillog_status_tls tls;
	unsigned connection_use; /* conn_use=, or 0 */
	unsigned starttls;       /* MAILLOG_DISCONNECT: how many succeeded */
	unsigned starttls_tried; /* and how many were begun */
	size_t count;            /* MAILLOG_SUPPRESSED: lines */
	bool counters;           /* MAILLOG_DISCONNECT: the line has counters (3.0 and later) */
	bool incoming;           /* MAILLOG_TLS: "from", else "to" */
	bool sent;               /* MAILLOG_DELIVERY: status=sent */
	bool probe;              /* MAILLOG_DELIVERY: no mail: deliverable, undeliverable */
	bool internal;           /* MAILLOG_CLIENT: orig_client= or orig_queue_id= */
};

struct maillog_clock {
	struct stamp_clock stamps;
	struct buf text; /* a message that was wrapped in JSON */
};

/* See stamp_clock_init(). */
void maillog_clock_init(struct maillog_clock *, int last_month, int64_t bound, int year_ends);
void maillog_clock_release(struct maillog_clock *);
/*
 * Reads one line without its newline (a carriage return at its end is none of it).
 * Returns false if no event is to be made of it: e->kind, which alone is set, says why.
 */
bool maillog_read(struct maillog_clock *, const char *line, size_t len, struct maillog_event *e);
/*
 * The time of a line alone: false if it has none. month is 0 to 11 where the stamp has
 * no year, else -1. For sorting files, and for counting the year ends of one.
 */
bool maillog_stamp(struct maillog_clock *, const char *line, size_t len, int64_t *when, int *month);

#endif
