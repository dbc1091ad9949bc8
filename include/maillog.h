/*
 * maillog - one line of a mail log, and what Postfix says in it.
 * Shape:  a line in, an event out. To read one needs no line but itself, so that many
 *         may be read at the same time, each by a reader of its own; then the clock of
 *         the log dates them one after the other, for stamps of syslog's old form have
 *         no year.
 * Units:  times in seconds since 1970, in the zone of the stamp, or the local one
 *         where it has none.
 * Errors: a line without a prefix that is known is MAILLOG_MALFORMED, and so is one that
 *         begins as one that counts and is cut.
 * Owner:  maillog_release(). Spans point into the line, or into the reader's text where
 *         the line was wrapped in JSON.
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
#include "logprefix.h"
#include "span.h"
#include "stamp.h"

enum maillog_kind {
	MAILLOG_MALFORMED,  /* cut, or no log line */
	MAILLOG_FOREIGN,    /* of another program, or nothing that tells of TLS or mail */
	MAILLOG_SUPPRESSED, /* the logger says that it dropped lines; count */
	MAILLOG_TLS,        /* a TLS session; incoming, peer, protocol, cipher, trust */
	MAILLOG_DELIVERY,   /* smtp, lmtp: what became of one recipient */
	MAILLOG_TLS_LOST,   /* smtp: the connection, and TLS with it, is gone; queue_id */
	MAILLOG_TLS_FAILED, /* smtp, smtpd, tlsproxy: a handshake or a check failed; reason, peer */
	MAILLOG_CONNECT,    /* smtpd: a session begins; peer */
	MAILLOG_CLIENT,     /* smtpd: a message begins; queue_id (or NOQUEUE), peer, internal */
	MAILLOG_PROXIED,    /* smtpd: a message was accepted by way of a proxy filter; domain */
	MAILLOG_DISCONNECT, /* smtpd: a session ends; counters, starttls */
	MAILLOG_ACTIVE,     /* qmgr: a message is in the queue; queue_id, domain of the sender */
	MAILLOG_GONE,       /* the message will never be in the queue; queue_id */
	MAILLOG_RESTART,    /* master: all processes begin anew */
	MAILLOG_RELOAD      /* master: with new settings, each when it is done with what it has */
};

/* Who wrote the line. */
enum maillog_speaker {
	MAILLOG_BY_UNASKED, /* not looked at yet */
	MAILLOG_BY_OTHERS,  /* whose lines tell of nothing */
	MAILLOG_BY_SERVER,  /* smtpd */
	MAILLOG_BY_CLIENT,  /* smtp, lmtp */
	MAILLOG_BY_QUEUE,   /* qmgr */
	MAILLOG_BY_CLEANUP,
	MAILLOG_BY_PROXY, /* tlsproxy */
	MAILLOG_BY_MASTER,
	MAILLOG_BY_LOGGER /* syslogd, not Postfix */
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
	enum maillog_speaker by;
	bool counters; /* MAILLOG_DISCONNECT: the line has counters (3.0 and later) */
	bool incoming; /* MAILLOG_TLS: "from", else "to" */
	bool sent;     /* MAILLOG_DELIVERY: status=sent */
	bool internal; /* MAILLOG_CLIENT: orig_client= or orig_queue_id= */
	int64_t when;  /* as struct stamp has it, until it is dated */
	int month;     /* -1: it is dated */
	uint32_t pid;
	/* Numbers for what the spans have, as span_hash() makes them, so that few need be looked
	 * at: host and tag; the queue ID, 0 where there is none; of a delivery. */
	uint64_t who, queue_number, recipient_number;
	enum maillog_status_tls tls;
	unsigned connection_use; /* conn_use=, or 0 */
	unsigned starttls;       /* MAILLOG_DISCONNECT: how many succeeded */
	unsigned starttls_tried; /* and how many were begun */
	size_t count;            /* MAILLOG_SUPPRESSED: lines */
	struct span host;        /* empty where the line has none */
	struct span tag;         /* all before "[pid]": "postfix/relay/smtp" */
	struct span peer;        /* as the line has it: "name[address]:port" */
	union {
		struct { /* of all kinds but MAILLOG_TLS */
			struct span queue_id;
			struct span recipient; /* without <> */
			struct span addressee; /* DELIVERY: that and orig_to=, as in the line */
			struct span domain; /* of the recipient; ACTIVE, PROXIED: of the sender */
			struct span delays; /* DELIVERY: "a/b/c/d" of 2.3 and later */
		};
		struct { /* of MAILLOG_TLS; trust empty before 2.5 */
			struct span protocol, cipher, trust;
		};
	};
};

/* {0} to begin with. */
struct maillog_reader {
	struct logprefix_cache prefixes;
	size_t len;      /* of the lines that are being read */
	struct buf text; /* of messages that were wrapped in JSON */
};

/* What is read next are len bytes of lines: what was read before is forgotten. */
void maillog_begin(struct maillog_reader *, size_t len);
void maillog_release(struct maillog_reader *);
/*
 * Reads one line without its newline (a carriage return at its end is none of it).
 * Returns false if no event is to be made of it: e->kind says why, and only the time
 * and the month are set besides; a month of -1 says that the clock need not know.
 */
bool maillog_read(struct maillog_reader *, const char *line, size_t len, struct maillog_event *e);
/* In the order of the lines. A line that says nothing has no time of its own then. */
void maillog_date(struct stamp_clock *, struct maillog_event *e);
/* The time of a line alone: false if it has none. */
bool maillog_stamp(struct maillog_reader *, const char *line, size_t len, struct stamp *);

#endif
