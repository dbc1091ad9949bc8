/* SPDX-License-Identifier: ISC */
/* check_delivery - short logs, and the deliveries and failures that are in them. */
#include <check.h>
#include <string.h>

#include "story.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Lines are "[host:]service[process] text"; each is a second later than the one before. */
#define TLS(service, relay) service " Trusted TLS connection established to " relay GCM
#define REUSED(service, relay) service " Trusted TLS connection reused to " relay GCM
#define TO(service, id, rcpt, relay, more, status)                                                 \
	service " " id ": to=<" rcpt ">, relay=" relay more                                        \
		", delay=1, delays=0/0/1/0, dsn=2.0.0, status=" status "\n"
#define SENT(service, id, rcpt, relay) TO(service, id, rcpt, relay, "", "sent (250 ok)")
#define USE(service, id, rcpt, relay) TO(service, id, rcpt, relay, ", conn_use=2", "sent (250 ok)")
/* 95 letters: too many to be remembered, where smtp is. */
#define LONG                                                                                       \
	"a23456789b123456789c123456789d123456789e123456789f123456789g123456789h123456789"          \
	"i123456789j12345"
/* Shows that the daemon logs TLS. */
#define TOLD TLS("smtp[99]", "w.example[192.0.2.99]:25")

#define CONNECT(service) service " connect from c.example[192.0.2.9]\n"
#define FROM(service) service " Anonymous TLS connection established from c.example[192.0.2.9]" GCM
#define CLIENT(service, id) service " " id ": client=c.example[192.0.2.9]\n"
#define ACTIVE(id) "qmgr[5] " id ": from=<u@S.example>, size=1, nrcpt=1 (queue active)\n"
#define GONE(id) "cleanup[6] " id ": milter-reject: END-OF-MESSAGE from c.example: 5.7.1 no\n"
#define END(service, counters) service " disconnect from c.example[192.0.2.9]" counters "\n"

static const struct {
	const char *name, *log, *want;
} cases[] = {
	/* ---- out ---- */
	{"a session", TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC},
	{"of many recipients",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A) SENT("smtp[1]", "Q0001", "y@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0001", "y@a", "a.example") ENC},
	{"of the same recipients, one after the other",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A) SENT("smtp[1]", "Q0001", "y@a", A)
		 TLS("smtp[1]", A) SENT("smtp[1]", "Q0002", "x@a", A)
			 SENT("smtp[1]", "Q0002", "y@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0001", "y@a", "a.example")
		 ENC OUT("Q0002", "x@a", "a.example") ENC OUT("Q0002", "y@a", "a.example") ENC},
	{"of a recipient with two aliases",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a>, orig_to=<i@d", A) SENT(
		 "smtp[1]", "Q0001", "x@a>, orig_to=<s@d", A) SENT("smtp[1]", "Q0001", "x@a", A)
		 SENT("smtp[1]", "Q0001", "x@a>, orig_to=<s@d", A),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0001", "x@a", "a.example")
		 ENC OUT("Q0001", "x@a", "a.example") ENC OUT("Q0001", "x@a", "a.example") CLEAR},
	{"one relay after the other",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A) TLS("smtp[1]", B)
		 SENT("smtp[1]", "Q0002", "x@a", B),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0002", "x@a", "b.example") ENC},
	{"from a relay it is none of a client's",
	 "smtp[1] Trusted TLS connection established from " A GCM SENT("smtp[1]", "Q0001", "x@a",
								       A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"none", TOLD SENT("smtp[1]", "Q0001", "x@a", A), OUT("Q0001", "x@a", "a.example") CLEAR},
	{"the witness comes later", SENT("smtp[1]", "Q0001", "x@a", A) TOLD,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"no witness", SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"the witness is another service",
	 TLS("relay/smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"the witness is on another host", TLS("h2:smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"another process", TLS("smtp[1]", A) SENT("smtp[2]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"processes that interleave",
	 TLS("smtp[1]", A) TLS("smtp[2]", B) SENT("smtp[3]", "Q0003", "z@a", A)
		 SENT("smtp[2]", "Q0002", "y@b", B) SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0003", "z@a", "a.example") CLEAR OUT("Q0002", "y@b", "b.example")
		 ENC OUT("Q0001", "x@a", "a.example") ENC},
	{"one number, two hosts",
	 TLS("smtp[1]", A) TLS("h2:smtp[9]", A) SENT("h2:smtp[1]", "Q0001", "x@a", A)
		 SENT("smtp[1]", "Q0002", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR OUT("Q0002", "x@a", "a.example") ENC},
	{"host and tag are not one word",
	 TLS("hpostfix/:smtp[1]", A) SENT("h:postfix/smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"one number, two services, one with a long name",
	 SENT("smtp[1]", "Q0001", "x@a", A) TLS(LONG "/smtp[1]", A)
		 SENT("smtp[1]", "Q0002", "x@a", A) SENT(LONG "/smtp[1]", "Q0003", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN OUT("Q0002", "x@a", "a.example")
		 UNKNOWN OUT("Q0003", "x@a", "a.example") ENC},
	{"one number, two instances",
	 TLS("relay/smtp[1]", A) TOLD SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"a second message is another session",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A) SENT("smtp[1]", "Q0002", "y@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0002", "y@a", "a.example") CLEAR},
	{"in turns, one process and relay",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A) SENT("smtp[1]", "Q0002", "y@a", A)
		 TLS("smtp[1]", A) SENT("smtp[1]", "Q0003", "x@a", A)
			 SENT("smtp[1]", "Q0001", "z@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0002", "y@a", "a.example")
		 CLEAR OUT("Q0003", "x@a", "a.example") ENC OUT("Q0001", "z@a", "a.example") CLEAR},
	{"a recipient again is another request",
	 TLS("smtp[1]", A) TO("smtp[1]", "Q0001", "x@a", A, "", "deferred (450 later)")
		 SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"and whoever comes behind it, too",
	 TLS("smtp[1]", A) TO("smtp[1]", "Q0001", "x@a", A, "", "deferred (450 later)")
		 SENT("smtp[1]", "Q0001", "x@a", A) SENT("smtp[1]", "Q0001", "y@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR OUT("Q0001", "y@a", "a.example") CLEAR},
	{"the next relay", TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", B),
	 OUT("Q0001", "x@a", "b.example") CLEAR},
	{"a part of the recipients at the next relay",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A) SENT("smtp[1]", "Q0001", "y@a", B),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0001", "y@a", "b.example") CLEAR},
	{"another port",
	 TLS("smtp[1]", "a.example[192.0.2.1]:587") SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"another address",
	 TLS("smtp[1]", "a.example[192.0.2.3]:25") SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"a name alone, as of old",
	 "smtp[1] TLS connection established to a.example: TLSv1 with cipher RC4-MD5 (128/128 "
	 "bits)\n" SENT("smtp[1]", "Q0001", "x@a", "a.example[192.0.2.1]"),
	 OUT("Q0001", "x@a", "a.example") "encrypted TLSv1\n"},
	{"IPv6",
	 TLS("smtp[1]", "a.example[2001:db8::1]:25")
		 SENT("smtp[1]", "Q0001", "x@a", "a.example[2001:db8::1]:25"),
	 OUT("Q0001", "x@a", "a.example") ENC},
	/* Connections that are used again. */
	{"used again, no word of TLS", TOLD USE("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"used again, no witness", USE("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"conn_use of one tells nothing",
	 TO("smtp[1]", "Q0001", "x@a", A, ", conn_use=1", "sent (x)"),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"used again with TLS", REUSED("smtp[1]", A) USE("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC},
	{"used again with TLS and without",
	 TLS("smtp[1]", A) SENT("smtp[1]", "Q0001", "x@a", A) REUSED("smtp[1]", A)
		 USE("smtp[1]", "Q0002", "x@a", A) USE("smtp[1]", "Q0003", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC OUT("Q0002", "x@a", "a.example")
		 ENC OUT("Q0003", "x@a", "a.example") CLEAR},
	{"what tlsproxy says of a session is said twice",
	 "tlsproxy[7] Trusted TLS connection established to " A GCM SENT("smtp[1]", "Q0001", "x@a",
									 A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	/* Falling back. */
	{"a handshake failed, no witness",
	 "smtp[1] SSL_connect error to " A ": -1\n"
	 "smtp[1] Q0001: Cannot start TLS: handshake failure\n" SENT("smtp[1]", "Q0001", "x@a", A)
		 SENT("smtp[1]", "Q0001", "y@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0001", "x@a", "a.example")
		 CLEAR OUT("Q0001", "y@a", "a.example") CLEAR},
	{"a handshake failed, and another relay without a witness",
	 "smtp[1] SSL_connect error to " A ": -1\n"
	 "smtp[1] Q0001: Cannot start TLS: handshake failure\n" SENT("smtp[1]", "Q0001", "x@a", B),
	 "failed out a.example " HANDSHAKE OUT("Q0001", "x@a", "b.example") UNKNOWN},
	{"a handshake failed, and the next message is another",
	 "smtp[1] SSL_connect error to " A ": -1\n" TO(
		 "smtp[1]", "Q0001", "x@a", A, "", "deferred (Cannot start TLS: handshake failure)")
		 SENT("smtp[1]", "Q0002", "x@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0002", "x@a", "a.example") UNKNOWN},
	{"a handshake failed, and the message comes again",
	 "smtp[1] SSL_connect error to " A ": -1\n" TO(
		 "smtp[1]", "Q0001", "x@a", A, "", "deferred (Cannot start TLS: handshake failure)")
		 SENT("smtp[1]", "Q0001", "x@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"a handshake failed, and another message has the relay",
	 "smtp[1] SSL_connect error to " A ": -1\n"
	 "smtp[1] Q0001: Cannot start TLS: handshake failure\n" SENT("smtp[1]", "Q0002", "x@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0002", "x@a", "a.example") UNKNOWN},
	{"a handshake failed, and the message behind it is another",
	 "smtp[1] SSL_connect error to " A ": -1\n" SENT("smtp[1]", "Q0001", "x@a", A)
		 SENT("smtp[1]", "Q0002", "x@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0001", "x@a", "a.example")
		 CLEAR OUT("Q0002", "x@a", "a.example") UNKNOWN},
	{"a handshake failed behind one that did not",
	 TLS("smtp[1]", A) "smtp[1] SSL_connect error to " A
			   ": -1\n" SENT("smtp[1]", "Q0001", "x@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0001", "x@a", "a.example") CLEAR},
	{"a handshake failed behind one that did not, by tlsproxy",
	 TLS("smtp[1]", A) "tlsproxy[7] TLS handshake failed for service=smtp "
			   "peer=[192.0.2.1]:25\n"
			   "smtp[1] Q0001: Cannot start TLS: handshake failure\n" SENT(
				   "smtp[1]", "Q0001", "x@a", A),
	 "failed out 192.0.2.1 " HANDSHAKE OUT("Q0001", "x@a", "a.example") CLEAR},
	{"a handshake failed, and then all began anew",
	 "smtp[1] SSL_connect error to " A
	 ": -1\nmaster[2] daemon started -- version 3\n" SENT("smtp[1]", "Q0001", "x@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"who requires TLS does not fall back",
	 "smtp[1] Q0001: TLS is required, but was not offered by host "
	 "a.example[192.0.2.1]\n" SENT("smtp[1]", "Q0002", "x@a", A),
	 "failed out a.example TLS is required, but was not offered\n" OUT("Q0002", "x@a",
									   "a.example") UNKNOWN},
	{"a handshake failed, and the next one did not",
	 "smtp[1] SSL_connect error to " A ": -1\n" TLS("smtp[1]", A)
		 SENT("smtp[1]", "Q0001", "x@a", A),
	 "failed out a.example " HANDSHAKE OUT("Q0001", "x@a", "a.example") ENC},
	{"lost in the middle, then without TLS",
	 TLS("smtp[1]", A) "smtp[1] Q0001: lost connection with a.example[192.0.2.1] while sending "
			   "MAIL FROM\n" SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"timed out in the middle, then without TLS",
	 TLS("smtp[1]", A) "smtp[1] Q0001: conversation with a.example[192.0.2.1] timed out while "
			   "sending RCPT TO\n" SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"lost in another process",
	 TLS("smtp[1]", A) "smtp[2] Q0001: lost connection with a.example[192.0.2.1] while sending "
			   "MAIL FROM\n" SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC},
	/* No mail was delivered. */
	{"deferred", TLS("smtp[1]", A) TO("smtp[1]", "Q0001", "x@a", A, "", "deferred (450 no)"),
	 ""},
	{"bounced", TLS("smtp[1]", A) TO("smtp[1]", "Q0001", "x@a", A, "", "bounced (550 no)"), ""},
	{"a probe", TLS("smtp[1]", A) TO("smtp[1]", "Q0001", "x@a", A, "", "deliverable (250)"),
	 ""},
	{"discarded", TOLD "discard[1] Q0001: to=<x@a>, relay=none, delay=1, status=sent (a)\n",
	 ""},
	/* To no other host. */
	{"a content filter", TOLD SENT("smtp[1]", "Q0001", "x@a", "127.0.0.1[127.0.0.1]:10024"),
	 ""},
	{"localhost", TOLD SENT("smtp[1]", "Q0001", "x@a", "localhost[127.0.0.1]:10024"), ""},
	{"localhost.localdomain",
	 TOLD SENT("smtp[1]", "Q0001", "x@a", "localhost.localdomain[127.0.0.1]:25"), ""},
	{"a socket", TOLD SENT("lmtp[1]", "Q0001", "x@a", "h.example[/run/dovecot/lmtp]"), ""},
	{"a socket in the queue's folder",
	 TOLD SENT("lmtp[1]", "Q0001", "x@a", "h.example[private/dovecot-lmtp]"), ""},
	{"LMTP to another host",
	 TLS("lmtp[1]", "h.example[192.0.2.7]:24")
		 SENT("lmtp[1]", "Q0001", "x@a", "h.example[192.0.2.7]:24"),
	 OUT("Q0001", "x@a", "h.example") ENC},
/* tls= of 3.11. */
#define SAYS(word) TO("smtp[1]", "Q0001", "x@a", A, word, "sent (250 ok)")
	{"tls=may", SAYS(", tls=may"), OUT("Q0001", "x@a", "a.example") BARE},
	{"tls=may with its session", TLS("smtp[1]", A) SAYS(", tls=may"),
	 OUT("Q0001", "x@a", "a.example") ENC},
	{"tls=may:none", SAYS(", tls=may:none"), OUT("Q0001", "x@a", "a.example") CLEAR},
	{"tls=may:none where a session seems to be",
	 TLS("smtp[1]", A) SAYS(", tls=may:none") SENT("smtp[1]", "Q0001", "y@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR OUT("Q0001", "y@a", "a.example") CLEAR},
	{"tls=none", TOLD SAYS(", tls=none"), OUT("Q0001", "x@a", "a.example") CLEAR},
	{"tls=dane:encrypt", SAYS(", tls=dane:encrypt/requiretls"),
	 OUT("Q0001", "x@a", "a.example") BARE},
	{"tls=may? used again", SAYS(", conn_use=2, tls=may?"),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"tls=may? used again with TLS", REUSED("smtp[1]", A) SAYS(", conn_use=2, tls=may?"),
	 OUT("Q0001", "x@a", "a.example") ENC},
	{"tls=may? and nothing else", SAYS(", tls=may?"), OUT("Q0001", "x@a", "a.example") UNKNOWN},
	/* Restarts. */
	{"a restart",
	 TLS("smtp[1]", A) "master[2] daemon started -- version 3.7.11\n" SENT("smtp[1]", "Q0001",
									       "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"the end of all",
	 TLS("smtp[1]", A) "master[2] terminating on signal 15\n" SENT("smtp[1]", "Q0001", "x@a",
								       A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"a restart, and a number that comes again",
	 SENT("smtp[1]", "Q0001", "x@a", A) "master[2] daemon started -- version 3\n" TLS(
		 "smtp[1]", A) SENT("smtp[1]", "Q0002", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN OUT("Q0002", "x@a", "a.example") ENC},
	{"reload ends nothing",
	 TLS("smtp[1]", A) "master[2] reload -- version 3.7.11\n" SENT("smtp[1]", "Q0001", "x@a",
								       A),
	 OUT("Q0001", "x@a", "a.example") ENC},
	{"a restart of another host",
	 TLS("smtp[1]", A) "h2:master[2] daemon started -- version 3.7.11\n" SENT(
		 "smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") ENC},
/* The log level may have been raised: what came before it stays unknown. */
#define NEWS "master[2] reload -- version 3.7.11\n"
	{"new settings, then a witness",
	 SENT("smtp[1]", "Q0001", "x@a", A) NEWS SENT("smtp[1]", "Q0002", "x@a", A)
		 TLS("smtp[1]", A) SENT("smtp[1]", "Q0003", "x@a", A)
			 SENT("smtp[1]", "Q0004", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN OUT("Q0002", "x@a", "a.example")
		 CLEAR OUT("Q0003", "x@a", "a.example") ENC OUT("Q0004", "x@a", "a.example") CLEAR},
	{"a restart, then a witness",
	 SENT("smtp[1]", "Q0001", "x@a",
	      A) "master[2] daemon started -- version 3\n" TOLD SENT("smtp[1]", "Q0002", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN OUT("Q0002", "x@a", "a.example") CLEAR},
	{"who has told once has told for good", TOLD NEWS NEWS SENT("smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"who has told before the news has told of what was before",
	 SENT("smtp[1]", "Q0001", "x@a", A) TOLD NEWS SENT("smtp[1]", "Q0002", "x@a", A),
	 OUT("Q0001", "x@a", "a.example") CLEAR OUT("Q0002", "x@a", "a.example") CLEAR},
	{"news of another host", SENT("smtp[1]", "Q0001", "x@a", A) "h2:" NEWS TOLD,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"a message in, new settings, then a witness",
	 "26/smtpd[1] R0001: client=c.example[192.0.2.9]\n" ACTIVE("R0001") END("26/smtpd[1]", "")
		 NEWS FROM("26/smtpd[1]"),
	 IN("R0001") UNKNOWN},
/* The TLS line may stand before the log, which has the begin of some message. */
#define LATER ACTIVE("Q0999") TO("smtp[98]", "Q0999", "w@w", "none", "", "deferred (no)")
#define TOOK(service, id, rcpt, relay, more, figures)                                              \
	service " " id ": to=<" rcpt ">, relay=" relay more ", delay=9, delays=" figures           \
		", dsn=2.0.0, status=sent (250 ok)\n"
	{"the log begins in the connection", SENT("smtp[1]", "Q0001", "x@a", A) LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"and goes on with it",
	 SENT("smtp[1]", "Q0001", "x@a", A) SENT("smtp[1]", "Q0001", "y@a", A)
		 SENT("smtp[1]", "Q0001", "z@b", B) SENT("smtp[1]", "Q0002", "x@a", A) LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") UNKNOWN OUT("Q0001", "y@a", "a.example") UNKNOWN OUT(
		 "Q0001", "z@b", "b.example") CLEAR OUT("Q0002", "x@a", "a.example") CLEAR},
	{"the log begins in the connection, and its first recipient is refused",
	 TO("smtp[1]", "Q0001", "x@a", A, "", "bounced (550 no)") SENT("smtp[1]", "Q0001", "y@a", A)
		 LATER TOLD,
	 OUT("Q0001", "y@a", "a.example") UNKNOWN},
	{"the log begins in the connection, which is lost",
	 TO("smtp[1]", "Q0001", "x@a", A, "",
	    "deferred (450 later)") "smtp[1] Q0001: lost "
				    "connection with a.example[192.0.2.1] while sending RCPT "
				    "TO\n" SENT("smtp[1]", "Q0001", "y@a", A) LATER TOLD,
	 OUT("Q0001", "y@a", "a.example") CLEAR},
	{"the log begins in the connection, and a handshake failed",
	 TO("smtp[1]", "Q0001", "x@a", A, "",
	    "deferred (450 later)") "smtp[1] Q0001: Cannot start "
				    "TLS: handshake failure\n" SENT("smtp[1]", "Q0001", "y@a", A)
					    LATER TOLD,
	 OUT("Q0001", "y@a", "a.example") CLEAR},
	{"the log begins with another line of the process",
	 "smtp[1] Q0001: lost connection with b.example[192.0.2.2] while sending RCPT TO\n" SENT(
		 "smtp[1]", "Q0001", "x@a", A) LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"the log begins before the message",
	 ACTIVE("Q0001") SENT("smtp[1]", "Q0001", "x@a", A) LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"the log begins before another message",
	 ACTIVE("Q0000") SENT("smtp[1]", "Q0001", "x@a", A) LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"the log begins before Postfix",
	 "master[2] daemon started -- version 3\n" SENT("smtp[1]", "Q0001", "x@a", A) LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"the log begins before the connection",
	 ACTIVE("Q0000") TOLD TOOK("smtp[1]", "Q0001", "x@a", A, "", "5/4/0.6/0.4") LATER,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"the log may begin in the connection",
	 ACTIVE("Q0000") TOLD TOOK("smtp[1]", "Q0001", "x@a", A, "", "5/4/0.7/0.4") LATER,
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"a connection that was set up slowly",
	 ACTIVE("Q0000") TOLD CONNECT("smtpd[9]")
		 TOOK("smtp[1]", "Q0001", "x@a", A, "", "5/4/2.9/0") LATER,
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"figures are rounded",
	 LATER LATER LATER LATER LATER LATER TOOK("smtp[1]", "Q0001", "x@a", A, "", "5/4/11/0"),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"figures that are none", TOLD TOOK("smtp[1]", "Q0001", "x@a", A, "", "5/4/nan/inf") LATER,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"no figures, as of old",
	 TOLD "smtp[1] Q0001: to=<x@a>, relay=" A ", delay=9, status=sent (x)\n" LATER,
	 OUT("Q0001", "x@a", "a.example") CLEAR},
	{"no figures, and the first line",
	 "smtp[1] Q0001: to=<x@a>, relay=" A ", delay=9, status=sent (x)\n" LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"the log begins in a connection that is used again",
	 USE("smtp[1]", "Q0001", "x@a", A) LATER TOLD, OUT("Q0001", "x@a", "a.example") UNKNOWN},
	{"the log begins in the connection, and knows",
	 TOOK("smtp[1]", "Q0001", "x@a", A, ", tls=may:none", "0/0/1/0")
		 TOOK("smtp[2]", "Q0002", "x@a", A, ", tls=may", "0/0/1/0") LATER TOLD,
	 OUT("Q0001", "x@a", "a.example") CLEAR OUT("Q0002", "x@a", "a.example") BARE},
	{"an excerpt, which has no beginnings",
	 SENT("smtp[1]", "Q0001", "x@a", A) USE("smtp[2]", "Q0002", "x@a", A) TOLD,
	 OUT("Q0001", "x@a", "a.example") CLEAR OUT("Q0002", "x@a", "a.example") CLEAR},
	{"an excerpt, which has the begin of none that is delivered",
	 SENT("smtp[1]", "Q0001", "x@a", A) USE("smtp[2]", "Q0002", "x@a", A) TOLD ACTIVE("Q0999"),
	 OUT("Q0001", "x@a", "a.example") CLEAR OUT("Q0002", "x@a", "a.example") CLEAR},
	{"a hop between two hosts of one log, with one queue ID and one number",
	 TLS("smtp[1]", B) CONNECT("h2:smtpd[1]") FROM("h2:smtpd[1]") CLIENT("h2:smtpd[1]", "Q0001")
		 SENT("smtp[1]", "Q0001", "x@a", B) "h2:" ACTIVE("Q0001")
			 END("h2:smtpd[1]", STARTTLS) TLS("h2:smtp[1]", A)
				 SENT("h2:smtp[1]", "Q0001", "x@a", A),
	 OUT("Q0001", "x@a", "b.example") ENC IN("Q0001") ENC OUT("Q0001", "x@a", "a.example") ENC},
	{"the logs of two hosts begin at their own times",
	 ACTIVE("Q0000") TOLD CONNECT("smtpd[9]") SENT("h2:smtp[1]", "Q0001", "x@a", A) SENT(
		 "smtp[1]", "Q0002", "x@a", A) TLS("h2:smtp[99]", "w.example[192.0.2.99]:25") LATER
	 "h2:" ACTIVE("Q0998") TO("h2:smtp[98]", "Q0998", "w@w", "none", "", "deferred (no)"),
	 OUT("Q0001", "x@a", "a.example") UNKNOWN OUT("Q0002", "x@a", "a.example") CLEAR},
/* Failures: each once. */
#define NOT_OFFERED "deferred (TLS is required, but was not offered by host x[192.0.2.1])"
	{"required, not offered",
	 TO("smtp[1]", "Q0001", "x@a", A, "",
	    "deferred (TLS is required, but was not offered by host a.example[192.0.2.1])"),
	 "failed out a.example TLS is required, but was not offered\n"},
	{"required, not offered, of many recipients",
	 TO("smtp[1]", "Q0001", "x@a", A, "",
	    "deferred (TLS is required, but was not offered by host a.example[192.0.2.1])")
		 TO("smtp[1]", "Q0001", "y@a", A, "",
		    "deferred (TLS is required, but was not offered by host "
		    "a.example[192.0.2.1])"),
	 "failed out a.example TLS is required, but was not offered\n"},
	{"required, not offered, of a recipient with two aliases",
	 TO("smtp[1]", "Q0001", "x@a>, orig_to=<i@d", A, "", NOT_OFFERED)
		 TO("smtp[1]", "Q0001", "x@a>, orig_to=<s@d", A, "", NOT_OFFERED),
	 "failed out a.example TLS is required, but was not offered\n"},
	{"required, not offered, once more",
	 TO("smtp[1]", "Q0001", "x@a", A, "",
	    "deferred (TLS is required, but was not offered by host a.example[192.0.2.1])")
		 TO("smtp[1]", "Q0001", "x@a", A, "",
		    "deferred (TLS is required, but was not offered by host "
		    "a.example[192.0.2.1])"),
	 "failed out a.example TLS is required, but was not offered\n"
	 "failed out a.example TLS is required, but was not offered\n"},
	{"required, not offered, at two relays",
	 TO("smtp[1]", "Q0001", "x@a", A, "", NOT_OFFERED)
		 TO("smtp[1]", "Q0001", "y@a", B, "", NOT_OFFERED),
	 "failed out a.example TLS is required, but was not offered\n"
	 "failed out b.example TLS is required, but was not offered\n"},
	{"required, not offered, to two messages",
	 TO("smtp[1]", "Q0001", "x@a", A, "", NOT_OFFERED)
		 TO("smtp[1]", "Q0002", "y@a", A, "", NOT_OFFERED),
	 "failed out a.example TLS is required, but was not offered\n"
	 "failed out a.example TLS is required, but was not offered\n"},
	{"required, for two reasons",
	 TO("smtp[1]", "Q0001", "x@a", A, "", NOT_OFFERED)
		 TO("smtp[1]", "Q0001", "y@a", A, "",
		    "deferred (TLS is required, but our TLS engine is unavailable)"),
	 "failed out a.example TLS is required, but was not offered\n"
	 "failed out a.example TLS is required, but our TLS engine is unavailable\n"},
	{"not trusted, and the log begins there", "smtp[1] Q0001: Server certificate not trusted\n",
	 ""},
	{"not trusted, at two relays",
	 TLS("smtp[1]", A) "smtp[1] Q0001: Server certificate not trusted\n" TLS("smtp[1]", B)
		 TO("smtp[1]", "Q0001", "x@a", B, "", "deferred (Server certificate not trusted)"),
	 "failed out a.example certificate not trusted\n"
	 "failed out b.example certificate not trusted\n"},
	{"a handshake, three lines",
	 "smtp[1] SSL_connect error to " A
	 ": -1\n" TO("smtp[1]", "Q0001", "x@a", A, "",
		     "deferred (Cannot start TLS: handshake failure)"),
	 "failed out a.example " HANDSHAKE},
	{"a handshake by tlsproxy",
	 "tlsproxy[7] TLS handshake failed for service=smtp peer=[192.0.2.1]:25\n"
	 "smtp[1] Q0001: Cannot start TLS: handshake failure\n" TO(
		 "smtp[1]", "Q0001", "x@a", A, "",
		 "deferred (Cannot start TLS: handshake failure)"),
	 "failed out 192.0.2.1 " HANDSHAKE},
	{"a handshake of a client, by tlsproxy",
	 "tlsproxy[7] TLS handshake failed for service=smtpd peer=[192.0.2.1]:4711\n",
	 "failed in 192.0.2.1 " HANDSHAKE},
	{"not a failure of ours",
	 TO("smtp[1]", "Q0001", "x@a", A, "", "deferred (host said: TLS is required, but x)"), ""},

	/* ---- in ---- */
	{"in with TLS",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtpd[1]", STARTTLS),
	 IN("R0001") ENC},
	{"in without",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", PLAIN),
	 IN("R0001") CLEAR},
	{"two in the order in which they came",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") CLIENT("smtpd[1]", "R0002")
		 ACTIVE("R0002") END("smtpd[1]", " ehlo=1 mail=2 commands=7"),
	 IN("R0001") CLEAR IN("R0002") CLEAR},
	{"the queue has it after the end",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") END("smtpd[1]", PLAIN) ACTIVE("R0001"),
	 IN("R0001") CLEAR},
	{"the queue has it after the end, with TLS",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") END("smtpd[1]", STARTTLS)
		 ACTIVE("R0001"),
	 IN("R0001") ENC},
	{"TLS that is not logged",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", STARTTLS),
	 IN("R0001") BARE},
	{"a handshake that failed, and mail",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtpd[1]", " ehlo=1 starttls=0/1 mail=1 commands=3/4"),
	 IN("R0001") CLEAR},
	/* Whoever tried has STARTTLS, whatever the service is called, and whoever told of it. */
	{"a handshake that failed, and mail, and new settings between",
	 CONNECT("26/smtpd[1]") CLIENT("26/smtpd[1]", "R0001") ACTIVE("R0001")
		 NEWS END("26/smtpd[1]", " ehlo=1 starttls=0/1 mail=1 commands=3/4"),
	 IN("R0001") CLEAR},
	{"mail before STARTTLS and after",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") FROM("smtpd[1]")
		 CLIENT("smtpd[1]", "R0002") ACTIVE("R0002")
			 END("smtpd[1]", " ehlo=2 starttls=1 mail=2 commands=10"),
	 IN("R0002") ENC IN("R0001") CLEAR},
	{"wrappermode",
	 CONNECT("smtps/smtpd[1]") FROM("smtps/smtpd[1]") CLIENT("smtps/smtpd[1]", "R0001")
		 ACTIVE("R0001") END("smtps/smtpd[1]", PLAIN),
	 IN("R0001") ENC},
	{"wrappermode that is not logged",
	 CONNECT("smtps/smtpd[1]") CLIENT("smtps/smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtps/smtpd[1]", PLAIN),
	 IN("R0001") UNKNOWN},
	{"submission without STARTTLS",
	 CONNECT("submission/smtpd[1]") CLIENT("submission/smtpd[1]", "R0001") ACTIVE("R0001")
		 END("submission/smtpd[1]", PLAIN),
	 IN("R0001") CLEAR},
	{"submission by its number, without STARTTLS",
	 CONNECT("587/smtpd[1]") CLIENT("587/smtpd[1]", "R0001") ACTIVE("R0001")
		 END("587/smtpd[1]", PLAIN),
	 IN("R0001") CLEAR},
	{"a service of which nobody knows",
	 CONNECT("smtpd/smtpd[1]") CLIENT("smtpd/smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtpd/smtpd[1]", PLAIN),
	 IN("R0001") UNKNOWN},
	{"no counters, a witness",
	 FROM("smtpd[9]") CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtpd[1]", ""),
	 IN("R0001") CLEAR},
	{"no counters, no witness",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", ""),
	 IN("R0001") UNKNOWN},
	/* A counter of STARTTLS, too, tells that the service has no wrappermode. */
	{"a service of which a counter tells",
	 CONNECT("26/smtpd[1]") CLIENT("26/smtpd[1]", "R0001") ACTIVE("R0001")
		 END("26/smtpd[1]", PLAIN) CONNECT("26/smtpd[2]")
			 END("26/smtpd[2]", " ehlo=1 starttls=0/1 commands=1/2"),
	 IN("R0001") CLEAR},
	/* But it is its own end that tells whether a session had TLS. */
	{"a counter tells of no other session that has no end",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") CONNECT("smtpd[2]")
		 END("smtpd[2]", STARTTLS),
	 IN("R0001") UNKNOWN},
	{"a session without an end, a counter, and then a witness",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") CONNECT("smtpd[2]")
		 END("smtpd[2]", STARTTLS) CONNECT("smtpd[2]") FROM("smtpd[2]"),
	 IN("R0001") CLEAR},
	{"a session without an end, and one that tells of the service",
	 CONNECT("26/smtpd[1]") CLIENT("26/smtpd[1]", "R0001") ACTIVE("R0001")
		 CONNECT("26/smtpd[2]") CLIENT("26/smtpd[2]", "R0002") ACTIVE("R0002") END(
			 "26/smtpd[2]", PLAIN) CONNECT("26/smtpd[3]") END("26/smtpd[3]", STARTTLS),
	 IN("R0002") CLEAR IN("R0001") UNKNOWN},
	{"a service of which a counter told before new settings",
	 CONNECT("26/smtpd[1]") END("26/smtpd[1]", STARTTLS) NEWS CONNECT("26/smtpd[2]")
		 CLIENT("26/smtpd[2]", "R0001") ACTIVE("R0001") END("26/smtpd[2]", PLAIN),
	 IN("R0001") CLEAR},
	{"a service that tells of TLS when counters were all there was",
	 CONNECT("26/smtpd[1]") CLIENT("26/smtpd[1]", "R0001") ACTIVE("R0001")
		 END("26/smtpd[1]", PLAIN) CONNECT("26/smtpd[2]") FROM("26/smtpd[2]"),
	 IN("R0001") CLEAR},
	{"the log ends in the session",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001"), IN("R0001") UNKNOWN},
	{"the log ends in the session, TLS",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001"),
	 IN("R0001") ENC},
	/* As they last had something to say, whatever their numbers are. */
	{"the log ends in sessions",
	 CONNECT("smtpd[3]") CLIENT("smtpd[3]", "R0003") CLIENT("smtpd[5]", "R0005") CLIENT(
		 "smtpd[1]", "R0001") CLIENT("smtpd[4]", "R0004") CLIENT("smtpd[2]", "R0002")
		 ACTIVE("R0001") ACTIVE("R0002") ACTIVE("R0003") ACTIVE("R0004") ACTIVE("R0005"),
	 IN("R0003") UNKNOWN IN("R0005") UNKNOWN IN("R0001") UNKNOWN IN("R0004") UNKNOWN IN("R0002")
		 UNKNOWN},
	{"who only knocks",
	 CONNECT("smtpd[1]") END("smtpd[1]", PLAIN) CLIENT("smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtpd[1]", STARTTLS) END("smtpd[1]", PLAIN) CONNECT("smtpd[1]")
			 CLIENT("smtpd[1]", "R0002") ACTIVE("R0002") END("smtpd[1]", PLAIN),
	 IN("R0001") BARE IN("R0002") CLEAR},
	{"the log begins in the session",
	 CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", STARTTLS), IN("R0001") BARE},
	/* In wrappermode, or with no counters, its TLS line may stand before the log. */
	{"the log begins in the session of a service of which nobody knows",
	 CLIENT("26/smtpd[1]", "R0001") ACTIVE("R0001") END("26/smtpd[1]", PLAIN)
		 CONNECT("26/smtpd[1]") FROM("26/smtpd[1]") END("26/smtpd[1]", STARTTLS)
			 CONNECT("26/smtpd[1]") CLIENT("26/smtpd[1]", "R0002") ACTIVE("R0002")
				 END("26/smtpd[1]", PLAIN),
	 IN("R0001") UNKNOWN IN("R0002") CLEAR},
	{"the log begins in the session, which has no counters",
	 CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", "") CONNECT("smtpd[1]")
		 FROM("smtpd[1]"),
	 IN("R0001") UNKNOWN},
	{"the log begins and ends in the session",
	 CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") CONNECT("smtpd[2]") FROM("smtpd[2]"),
	 IN("R0001") UNKNOWN},
	{"the log begins in the session, and Postfix in the log",
	 "master[2] daemon started -- version 3\n" CLIENT("smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtpd[1]", "") CONNECT("smtpd[1]") FROM("smtpd[1]"),
	 IN("R0001") CLEAR},
	{"mail before STARTTLS, which the log tells of, but not of the begin",
	 CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") FROM("smtpd[1]") CONNECT("smtpd[2]"),
	 IN("R0001") CLEAR},
	{"an excerpt, which has no begin of a session",
	 CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", "") FROM("smtpd[2]"),
	 IN("R0001") CLEAR},
	{"a session that never ended",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001")
		 ACTIVE("R0001") END("smtpd[1]", PLAIN),
	 IN("R0001") CLEAR},
	{"the next session of the process",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") END("smtpd[1]", STARTTLS) CONNECT("smtpd[1]")
		 CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", PLAIN),
	 IN("R0001") CLEAR},
	{"a restart in the session",
	 FROM("smtpd[1]") "master[2] daemon started -- version 3\n" CLIENT("smtpd[1]", "R0001")
		 ACTIVE("R0001") END("smtpd[1]", PLAIN),
	 IN("R0001") CLEAR},
	{"a restart, and a number that comes again, in",
	 CONNECT("smtpd[1]") "master[2] daemon started -- version 3\n" CONNECT("smtpd[1]") FROM(
		 "smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", STARTTLS),
	 IN("R0001") ENC},
	{"sessions that interleave",
	 CONNECT("smtpd[1]") CONNECT("smtpd[2]") FROM("smtpd[2]") CLIENT("smtpd[1]", "R0001")
		 CLIENT("smtpd[2]", "R0002") ACTIVE("R0002") END("smtpd[2]", STARTTLS)
			 ACTIVE("R0001") END("smtpd[1]", PLAIN),
	 IN("R0002") ENC IN("R0001") CLEAR},
	{"one number, two hosts, one queue ID",
	 FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") CLIENT("h2:smtpd[1]", "R0001") ACTIVE("R0001")
		 END("h2:smtpd[1]", PLAIN),
	 IN("R0001") ENC},
	{"never in the queue",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") END("smtpd[1]", STARTTLS),
	 ""},
	{"rejected",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") GONE("R0001")
		 END("smtpd[1]", STARTTLS) ACTIVE("R0001"),
	 ""},
	{"rejected, without TLS",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") GONE("R0001") END("smtpd[1]", PLAIN)
		 ACTIVE("R0001"),
	 ""},
	{"in the queue again",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001")
		 END("smtpd[1]", STARTTLS) ACTIVE("R0001"),
	 IN("R0001") ENC},
	/* An smtpd with a name of its own (-o myhostname=) logs under that to maillog_file. */
	{"a server with a name of its own",
	 CONNECT("h2:smtpd[1]") FROM("h2:smtpd[1]") CLIENT("h2:smtpd[1]", "R0001") ACTIVE("R0001")
		 END("h2:smtpd[1]", STARTTLS),
	 IN("R0001") ENC},
	{"a server with a name of its own, without TLS, and later again",
	 ACTIVE("R0000") CONNECT("h2:smtpd[1]") CLIENT("h2:smtpd[1]", "R0001") ACTIVE("R0001")
		 END("h2:smtpd[1]", PLAIN) ACTIVE("R0001"),
	 IN("R0001") CLEAR},
	{"two hosts, one queue ID",
	 "h2:" ACTIVE("R0000") FROM("h2:smtpd[1]") CLIENT("h2:smtpd[1]", "R0001") ACTIVE("R0001"),
	 ""},
	{"two hosts, one queue ID, and each has its own",
	 CLIENT("smtpd[1]", "R0001") FROM("h2:smtpd[1]")
		 CLIENT("h2:smtpd[1]", "R0001") "h2:" ACTIVE("R0001") ACTIVE("R0001")
			 END("smtpd[1]", PLAIN),
	 IN("R0001") ENC IN("R0001") CLEAR},
	{"a server with a name of its own, refused",
	 FROM("h2:smtpd[1]") CLIENT("h2:smtpd[1]", "R0001") GONE("R0001") ACTIVE("R0001"), ""},
	{"a queue ID that comes again",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") END("smtpd[1]", STARTTLS)
		 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001")
			 END("smtpd[1]", PLAIN),
	 IN("R0001") CLEAR},
	{"a queue ID that comes again in two sessions",
	 CONNECT("smtpd[1]") CONNECT("smtpd[2]") CLIENT("smtpd[1]", "R0001")
		 CLIENT("smtpd[2]", "R0001") ACTIVE("R0001") END("smtpd[1]", PLAIN)
			 END("smtpd[2]", STARTTLS),
	 IN("R0001") BARE},
	{"mail of this host", "pickup[3] R0001: uid=0 from=<root>\n" ACTIVE("R0001"), ""},
/* By way of a proxy filter. */
#define PROXIED(service)                                                                           \
	service " proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as X; from=<u@s>\n"
	{"by a proxy filter",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "NOQUEUE") PROXIED("smtpd[1]")
		 END("smtpd[1]", STARTTLS),
	 "in NOQUEUE s c.example " ENC},
	{"by a proxy filter, without TLS",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "NOQUEUE") PROXIED("smtpd[1]")
		 END("smtpd[1]", PLAIN),
	 "in NOQUEUE s c.example " CLEAR},
	{"refused by a proxy filter",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "NOQUEUE") END("smtpd[1]", PLAIN)
		 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "NOQUEUE")
			 END("smtpd[1]", STARTTLS) PROXIED("smtpd[1]"),
	 ""},
	{"two by a proxy filter, one is refused",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "NOQUEUE") CLIENT("smtpd[1]", "NOQUEUE")
		 PROXIED("smtpd[1]") END("smtpd[1]", PLAIN),
	 "in NOQUEUE s c.example " CLEAR},
	{"two, one of them refused by a proxy filter, with TLS",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") CLIENT("smtpd[1]", "NOQUEUE") CLIENT(
		 "smtpd[1]", "R0001") PROXIED("smtpd[1]") ACTIVE("R0001") END("smtpd[1]", STARTTLS),
	 IN("R0001") ENC},
	{"once accepted is once",
	 CONNECT("smtpd[1]") CLIENT("smtpd[1]", "NOQUEUE") PROXIED("smtpd[1]") PROXIED("smtpd[1]")
		 END("smtpd[1]", PLAIN),
	 "in NOQUEUE s c.example " CLEAR},
	/* Second hops. */
	{"behind the filter",
	 FROM("smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE(
		 "R0001") "10025/smtpd[2] R0002: client=localhost[127.0.0.1]\n" ACTIVE("R0002"),
	 IN("R0001") ENC},
	{"behind the filter, nameless",
	 "10025/smtpd[2] R0002: client=unknown[127.0.0.1]\n" ACTIVE("R0002")
		 END("10025/smtpd[2]", PLAIN),
	 ""},
	{"behind the filter on another host",
	 "10025/smtpd[2] R0002: client=f.example[192.0.2.5], orig_queue_id=R0001, "
	 "orig_client=c.example[192.0.2.9]\n" ACTIVE("R0002") END("10025/smtpd[2]", PLAIN),
	 ""},
	{"the client is gone",
	 "smtpd[2] R0002: client=unknown[unknown]\n" ACTIVE("R0002") END("smtpd[2]", PLAIN),
	 "in R0002 s.example unknown " CLEAR},
	{"postscreen's sessions carry no mail",
	 "tlsproxy[7] Anonymous TLS connection established from [192.0.2.9]:4711" GCM CONNECT(
		 "smtpd[1]") CLIENT("smtpd[1]", "R0001") ACTIVE("R0001") END("smtpd[1]", ""),
	 IN("R0001") UNKNOWN},
	/* Failures. */
	{"a handshake with a client",
	 CONNECT("smtpd[1]") "smtpd[1] SSL_accept error from c.example[192.0.2.9]: -1\n"
			     "smtpd[1] lost connection after STARTTLS from "
			     "c.example[192.0.2.9]\n" END("smtpd[1]",
							  " ehlo=1 starttls=0/1 commands=1/2"),
	 "failed in c.example " HANDSHAKE},
	{"two handshakes with a client",
	 CONNECT("smtpd[1]") "smtpd[1] SSL_accept error from c.example[192.0.2.9]: -1\n" END(
		 "smtpd[1]", "") CONNECT("smtpd[1]") "smtpd[1] lost connection after STARTTLS from "
						     "c.example[192.0.2.9]\n" END("smtpd[1]", ""),
	 "failed in c.example " HANDSHAKE "failed in c.example connection lost in the handshake\n"},
	{"lost when the handshake was done",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") "smtpd[1] lost connection after STARTTLS from "
					      "c.example[192.0.2.9]\n" END(
						      "smtpd[1]", " ehlo=1 starttls=1 commands=2"),
	 ""},
	{"lost when the handshake was done, and no counter tells",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") "smtpd[1] lost connection after STARTTLS from "
					      "c.example[192.0.2.9]\n" END("smtpd[1]", ""),
	 ""},
	{"two of one process are lost",
	 CONNECT("smtpd[1]") "smtpd[1] lost connection after STARTTLS from "
			     "c.example[192.0.2.9]\n" END("smtpd[1]", "") CONNECT(
				     "smtpd[1]") "smtpd[1] lost connection after STARTTLS from "
						 "d.example[192.0.2.8]\n" END("smtpd[1]", ""),
	 "failed in c.example connection lost in the handshake\n"
	 "failed in d.example connection lost in the handshake\n"},
	{"lost when the handshake was done, which the counter alone tells",
	 CONNECT("smtpd[1]") "smtpd[1] lost connection after STARTTLS from "
			     "c.example[192.0.2.9]\n" END("smtpd[1]",
							  " ehlo=1 starttls=1 commands=2"),
	 ""},
	{"lost in the handshake, as the counter tells",
	 CONNECT("smtpd[1]") "smtpd[1] lost connection after STARTTLS from "
			     "c.example[192.0.2.9]\n" END("smtpd[1]",
							  " ehlo=1 starttls=0/1 commands=1/2"),
	 "failed in c.example connection lost in the handshake\n"},
	{"lost in the handshake, and the log ends",
	 CONNECT("smtpd[1]") "smtpd[1] lost connection after STARTTLS from c.example[192.0.2.9]\n",
	 "failed in c.example connection lost in the handshake\n"},
	{"no client certificate, behind a handshake",
	 CONNECT("smtpd[1]") FROM("smtpd[1]") "smtpd[1] NOQUEUE: abort: TLS from "
					      "c.example[192.0.2.9]: No client certificate "
					      "presented\n",
	 "failed in c.example no client certificate\n"},
	{"no client certificate",
	 "smtpd[1] NOQUEUE: abort: TLS from c.example[192.0.2.9]: No client certificate "
	 "presented\n",
	 "failed in c.example no client certificate\n"},
};

/* ---- running them ---- */

/* "[host:]service[process] text" as a line of syslog. */
static void make_line(struct buf *line, const char *text, size_t len, unsigned second)
{
	const char *colon = memchr(text, ':', len), *space = memchr(text, ' ', len);
	const char *host = "out1";
	size_t host_len = 4;

	if (colon != NULL && colon < space) {
		host = text;
		host_len = (size_t)(colon - text);
		len -= host_len + 1;
		text = colon + 1;
		space = memchr(text, ' ', len);
	}
	ck_assert_ptr_nonnull(space);
	buf_clear(line);
	buf_addf(line, "Nov 23 12:%02u:%02u %.*s postfix/%.*s:%.*s", second / 60, second % 60,
		 (int)host_len, host, (int)(space - text), text,
		 (int)(len - (size_t)(space - text)), space);
}

static void take_log(struct story *s, const char *log)
{
	unsigned second = 0;
	size_t len;

	for (; *log != '\0'; log += len + 1) {
		len = strcspn(log, "\n");
		make_line(&s->line, log, len, second++);
		story_line(s, s->line.data, s->line.len);
	}
}

START_TEST(a_case)
{
	struct story s;

	story_begin(&s, NULL);
	take_log(&s, cases[_i].log);
	ck_assert_msg(strcmp(story_text(&s), cases[_i].want) == 0, "%s:\n%s-- instead of\n%s",
		      cases[_i].name, story_text(&s), cases[_i].want);
	story_end(&s);
}
END_TEST

/* Nobody listens, and the log is left in the middle. */
START_TEST(nobody_listens)
{
	const struct delivery_sink nobody = {NULL, NULL, NULL};
	struct story s;

	story_begin(&s, &nobody);
	take_log(&s, cases[_i].log);
	story_end(&s);
}
END_TEST

/* ---- what is kept secret when the key gets known ---- */

static const struct {
	const char *protocol, *cipher;
	bool forward_secret;
} ciphers[] = {
	{"TLSv1.3", "TLS_AES_256_GCM_SHA384", true},
	{"TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", true},
	{"TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305", true},
	{"TLSv1.2", "DHE-RSA-AES256-SHA", true},
	{"SSLv3", "EDH-RSA-DES-CBC3-SHA", true},
	{"TLSv1.2", "ADH-AES256-GCM-SHA384", true},
	{"TLSv1.2", "AECDH-AES256-SHA", true},
	{"TLSv1.2", "AES256-GCM-SHA384", false},
	{"TLSv1", "RC4-MD5", false},
	{"TLSv1.2", "ECDH-RSA-AES256-SHA", false},
	{"TLSv1.2", "DH-RSA-AES256-SHA", false},
	{"TLSv1.30", "AES256-SHA", false},
	{"TLSv1.2", "ECDHE-", false},
	{"", "", false},
};

START_TEST(a_cipher)
{
	const struct span protocol = {ciphers[_i].protocol, strlen(ciphers[_i].protocol)};
	const struct span cipher = {ciphers[_i].cipher, strlen(ciphers[_i].cipher)};

	ck_assert(delivery_forward_secret(protocol, cipher) == ciphers[_i].forward_secret);
}
END_TEST

START_TEST(words)
{
	int i;

	for (i = 0; i < MAILLOG_REASONS; i++)
		ck_assert_str_ne(delivery_reason((enum maillog_reason)i), "");
	ck_assert_str_eq(delivery_reason(MAILLOG_REASONS), "");
}
END_TEST

/* Those who bear witness are many, and those who were first are still known. */
START_TEST(many_services)
{
	unsigned i, told = 0;
	struct story s;

	story_begin(&s, NULL);
	for (i = 0; i < 100; i++) {
		story_at(&s, i, "s%u/smtpd[1]: connect from " C, i);
		story_at(&s, i, "s%u/smtpd[1]: disconnect from " C STARTTLS, i);
		story_at(&s, i, "t%u/smtp[1]: Trusted TLS connection established to " B GCM, i);
	}
	for (i = 0; i < deliveries_witnesses(s.d); i++)
		told += deliveries_told(s.d, i);
	/* Of each smtpd, that its ends tell; and of each smtp. */
	ck_assert_uint_eq(told, 200);
	story_end(&s);
}
END_TEST

/* ---- by whom ---- */

static void note_lmtp(void *context, const struct delivery *d)
{
	buf_addf(context, "%d", d->lmtp);
}

START_TEST(by_lmtp)
{
	static const char *const tags[] = {"smtp", "lmtp", "relay/lmtp", "lmtp/smtp"};
	struct buf told = BUF_INIT;
	const struct delivery_sink sink = {&told, note_lmtp, NULL};
	struct story s;
	size_t i;

	story_begin(&s, &sink);
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		story_at(&s, 0, "%s[1]: Q0001: to=<x@a>, relay=" A ", status=sent (x)", tags[i]);
	ck_assert_str_eq(buf_string(&told), "0110");
	story_end(&s);
	buf_release(&told);
}
END_TEST

/* ---- times ---- */

static void note_delivery(void *context, const struct delivery *d)
{
	buf_addf(context, "%.*s %lld\n", (int)d->queue_id.len, d->queue_id.at, (long long)d->when);
}

static void note_failure(void *context, const struct delivery_failure *f)
{
	buf_addf(context, "failed %lld\n", (long long)f->when);
}

/* Out it is when it was sent, in when the queue had it, and when a connection was lost. */
START_TEST(when_it_was)
{
	struct buf told = BUF_INIT;
	const struct delivery_sink sink = {&told, note_delivery, note_failure};
	struct story s;

	story_begin(&s, &sink);
	/* 2026-07-01 00:00:00 UTC is 1782864000. */
	story_at(&s, 1, "smtp[1]: Trusted TLS connection established to " A GCM);
	story_at(&s, 2, "smtp[1]: Q0001: to=<x@a>, relay=" A ", status=sent (x)");
	story_at(&s, 3, "smtpd[2]: R0001: client=" C);
	story_at(&s, 4, "qmgr[5]: R0001: from=<u@s.example>, nrcpt=1 (queue active)");
	story_at(&s, 5, "smtpd[2]: lost connection after STARTTLS from " C);
	story_at(&s, 6, "smtpd[2]: disconnect from " C);
	story_at(&s, 7, "smtp[1]: SSL_connect error to " A ": -1");
	ck_assert_str_eq(buf_string(&told), "Q0001 1782864002\nfailed 1782864005\n"
					    "R0001 1782864004\nfailed 1782864007\n");
	story_end(&s);
	buf_release(&told);
}
END_TEST

static void take_words(struct story *s, unsigned i)
{
	story_at(s, 0,
		 "smtp[1]: Trusted TLS connection established to " A
		 ": V%u with cipher X (1/1 bits)",
		 i);
	story_at(s, 0, "smtp[1]: Q%05u: to=<x@a>, relay=" A ", status=sent (x)", i);
}

/* No log has so many protocols: those that come late have no name, and no room is taken. */
START_TEST(words_without_number)
{
	struct story s;
	unsigned i;

	story_begin(&s, NULL);
	for (i = 0; i < 5000; i++)
		take_words(&s, i);
	ck_assert_ptr_nonnull(strstr(s.text.data, " Q00099 x@a a.example encrypted V99\n"));
	ck_assert_ptr_nonnull(strstr(s.text.data, " Q04999 x@a a.example encrypted\n"));
	/* Those that came early keep theirs. */
	buf_clear(&s.text);
	take_words(&s, 99);
	ck_assert_ptr_nonnull(strstr(s.text.data, " Q00099 x@a a.example encrypted V99\n"));
	story_end(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("delivery");
	TCase *tc = tcase_create("delivery");

	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_case, 0, COUNT(cases));
	tcase_add_loop_test(tc, nobody_listens, 0, COUNT(cases));
	tcase_add_loop_test(tc, a_cipher, 0, COUNT(ciphers));
	tcase_add_test(tc, words);
	tcase_add_test(tc, words_without_number);
	tcase_add_test(tc, by_lmtp);
	tcase_add_test(tc, when_it_was);
	tcase_add_test(tc, many_services);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
