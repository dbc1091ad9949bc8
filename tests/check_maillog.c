/* SPDX-License-Identifier: ISC */
/* check_maillog - messages of Postfix's daemons, and the event that each is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "maillog.h"
#include "relay.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
/* 2026-11-23 12:30:05 UTC. */
#define WHEN ((int64_t)1795437005)

#define GCM "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
#define GCM_WANT " TLSv1.3 TLS_AES_256_GCM_SHA384"
#define RSA " key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256"
#define ID "4PbC4z6W5Qz3tG3"
#define REST ", delay=0.5, delays=0.1/0.1/0.2/0.1, dsn=2.0.0, status=sent (250 ok)"
#define MX "mx.example[192.0.2.1]:25"

/* As describe() has it; NULL: no event, and nothing to complain of. */
static const struct {
	const char *tag, *text, *want;
} cases[] = {
	/* TLS, the client. */
	{"smtp", "Trusted TLS connection established to " MX ": " GCM RSA,
	 "tls to " MX GCM_WANT " Trusted"},
	{"smtp", "Trusted TLS connection reused to " MX ": " GCM RSA,
	 "tls to " MX GCM_WANT " Trusted"},
	{"relay/smtp",
	 "Untrusted TLS connection established to " MX ": " GCM
	 " key-exchange x25519 server-signature ECDSA (P-256) server-digest SHA256",
	 "tls to " MX GCM_WANT " Untrusted"},
	{"lmtp",
	 "Verified TLS connection established to " MX ": " GCM
	 " server-signature RSA-PSS (4096 bits)",
	 "tls to " MX GCM_WANT " Verified"},
	{"smtp",
	 "Verified TLS connection established to mx2.comcast.net[2001:558:fe21:2a::6]:25: TLSv1.2 "
	 "with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
	 "tls to mx2.comcast.net[2001:558:fe21:2a::6]:25 TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384 "
	 "Verified"},
	{"smtp",
	 "Anonymous TLS connection established to " MX ": TLSv1.2 with cipher "
	 "ADH-AES256-GCM-SHA384 (256/256 bits)",
	 "tls to " MX " TLSv1.2 ADH-AES256-GCM-SHA384 Anonymous"},
	{"smtp",
	 "Trusted TLS connection established to submit.example[192.0.2.17]:465: " GCM
	 " key-exchange ECDHE (P-256) server-signature ED25519 (256 bit raw public key)",
	 "tls to submit.example[192.0.2.17]:465" GCM_WANT " Trusted"},
	/* 2.3 to 2.4. */
	{"smtp",
	 "TLS connection established to smtp.gmail.com: TLSv1 with cipher RC4-MD5 (128/128 bits)",
	 "tls to smtp.gmail.com TLSv1 RC4-MD5"},
	/* TLS, the server. */
	{"smtpd", "Anonymous TLS connection established from c.example[192.0.2.9]: " GCM RSA,
	 "tls from c.example[192.0.2.9]" GCM_WANT " Anonymous"},
	{"smtps/smtpd",
	 "Anonymous TLS connection established from c.example[192.0.2.9]:59143: " GCM RSA,
	 "tls from c.example[192.0.2.9]:59143" GCM_WANT " Anonymous"},
	{"smtpd",
	 "Anonymous TLS connection established from c.example[192.0.2.9] to sni.example: " GCM,
	 "tls from c.example[192.0.2.9]" GCM_WANT " Anonymous"},
	{"smtpd",
	 "Anonymous TLS connection established from unknown[2a02:8109:b240::15c8]:1 to s.x: " GCM,
	 "tls from unknown[2a02:8109:b240::15c8]:1" GCM_WANT " Anonymous"},
	{"submission/smtpd",
	 "Trusted TLS connection established from c.example[192.0.2.9]: " GCM RSA
	 " client-signature RSA-PSS (2048 bits) client-digest SHA256",
	 "tls from c.example[192.0.2.9]" GCM_WANT " Trusted"},
	{"smtpd",
	 "TLS connection established from c.example[192.0.2.9]: SSLv3 with cipher RC4-MD5 "
	 "(128/128 bits)",
	 "tls from c.example[192.0.2.9] SSLv3 RC4-MD5"},
	/* No sessions. */
	{"tlsproxy", "Anonymous TLS connection established from [192.0.2.41]:52908: " GCM, NULL},
	{"tlsproxy", "Trusted TLS connection established to " MX ": " GCM, NULL},
	{"tlsproxy", "CONNECT to [192.0.2.41]:25", NULL},
	{"postscreen", "Anonymous TLS connection established from c.example[192.0.2.9]: " GCM,
	 NULL},
	{"smtp", "setting up TLS connection to " MX, NULL},
	{"smtpd", "setting up TLS connection from c.example[192.0.2.9]", NULL},
	{"smtpd", "proxy-reject: END-OF-MESSAGE: 554 5.7.1 unwanted; from=<a@b> to=<c@d>", NULL},
	{"smtp", MX ": TLS cipher list \"aNULL:-aNULL:HIGH\"", NULL},
	{"smtp", "SSL_connect:SSLv3/TLS read server hello", NULL},
	{"smtp", MX ": Reusing old session", NULL},
	{"smtp", MX ": subject_CN=mx.example, issuer_CN=CA, fingerprint=AA", NULL},
	{"smtp", MX ": depth=0 verify=1 subject=/CN=mx.example", NULL},
	{"smtp", "Host offered STARTTLS: [mx.example]", NULL},
	{"smtp", "certificate verification failed for " MX ": self-signed certificate", NULL},
	{"smtp", "warning: TLS library problem: error:0A00042E:SSL routines::tlsv1 alert:", NULL},
	{"smtp", "Untrusted TLS connection to " MX ": " GCM, "malformed"},
	{"smtp", "Whatever TLS connection established to " MX ": " GCM, NULL},
	{"smtp", "Trusted TLS connection established to a b[192.0.2.1]:25: " GCM, "malformed"},
	{"smtp", "Trusted TLS connection established to " MX ": no TLS with cipher X", "malformed"},
	{"smtp", "Trusted TLS connection established to " MX ":  with cipher X (1/1)", "malformed"},
	{"smtp", "TLS connection established to a b: TLSv1 with cipher X (1/1)", "malformed"},
	{"smtp", "TLS connection established to : TLSv1 with cipher X (1/1)", "malformed"},
	{"smtpd", "Anonymous TLS connection established from c.example: " GCM, "malformed"},
	/* Deliveries. */
	{"smtp", ID ": to=<a@B.example>, relay=" MX REST,
	 "delivery " ID " <a@B.example> @B.example via " MX " sent"},
	{"smtp", "85D37281B7: to=<a@b>, orig_to=<c@d>, relay=" MX ", conn_use=2" REST,
	 "delivery 85D37281B7 <a@b> @b via " MX " use 2 sent"},
	{"smtp", ID ": to=<a@b>, orig_to=<\"x>, relay=y\"@d>, relay=" MX REST,
	 "delivery " ID " <a@b> @b via " MX " sent"},
	{"smtp",
	 ID ": to=<a@b>, orig_to=<\"x, status=sent (\"@d>, relay=" MX
	    ", dsn=4.0.0, status=deferred (no)",
	 "delivery " ID " <a@b> @b via " MX},
	{"smtp",
	 "85D37281B7: to=<a@b>, relay=smtp.blueyonder.co.uk[195.188.53.60], delay=1, "
	 "status=sent (250 OK)",
	 "delivery 85D37281B7 <a@b> @b via smtp.blueyonder.co.uk[195.188.53.60] sent"},
	{"lmtp", ID ": to=<a@b>, relay=h.example[private/dovecot-lmtp]" REST,
	 "delivery " ID " <a@b> @b via h.example[private/dovecot-lmtp] sent"},
	{"smtp", ID ": to=<a@b>, relay=mx.example[2001:db8::1]:25" REST,
	 "delivery " ID " <a@b> @b via mx.example[2001:db8::1]:25 sent"},
	{"smtp", ID ": to=<postmaster>, relay=" MX REST,
	 "delivery " ID " <postmaster> via " MX " sent"},
	{"smtp", ID ": to=<>, relay=" MX REST, "delivery " ID " via " MX " sent"},
	{"smtp", ID ": to=<a@[192.0.2.1]>, relay=" MX REST,
	 "delivery " ID " <a@[192.0.2.1]> @[192.0.2.1] via " MX " sent"},
	{"smtp",
	 ID ": to=<a@b>, relay=none, delay=44899, delays=44869/0/30/0, dsn=4.4.1, status=deferred "
	    "(connect to icloud.se[17.253.142.4]:25: Connection timed out)",
	 "delivery " ID " <a@b> @b via none"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=5.1.1, status=bounced (host said: 550 status=sent (x))",
	 "delivery " ID " <a@b> @b via " MX},
	{"smtp", ID ": to=<a@b>, relay=" MX ", dsn=5.1.1, status=SOFTBOUNCE (host said: 550)",
	 "delivery " ID " <a@b> @b via " MX},
	{"smtp", ID ": to=<a@b>, relay=" MX ", dsn=2.1.5, status=deliverable (250 ok)",
	 "delivery " ID " <a@b> @b via " MX},
	{"smtp", ID ": to=<a@b>, relay=" MX ", dsn=5.1.1, status=undeliverable (550 no)",
	 "delivery " ID " <a@b> @b via " MX},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX
	    ", dsn=2.0.0, status=sent (250 a, relay=x[1.2.3.4]:25, conn_use=9, "
	    "tls=none, status=bounced (y))",
	 "delivery " ID " <a@b> @b via " MX " sent"},
	{"smtp",
	 ID ": to=<\"a>, relay=x[1.2.3.4]:25, status=sent (x)\"@d>, relay=" MX
	    ", dsn=5.0.0, status=bounced (no)",
	 "delivery " ID " <\"a>, relay=x[1.2.3.4]:25, status=sent (x)\"@d> @d via " MX},
	{"smtp", ID ": to=<\"a\\\">, relay=x\"@d>, relay=" MX REST,
	 "delivery " ID " <\"a\\\">, relay=x\"@d> @d via " MX " sent"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=4.7.5, status=deferred (Cannot start TLS: handshake "
	    "failure)",
	 "delivery " ID " <a@b> @b via " MX " because handshake"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=4.7.4, status=deferred (TLS is required, but was not "
	    "offered by host mx.example[192.0.2.1])",
	 "delivery " ID " <a@b> @b via " MX " because not-offered"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=4.7.4, status=deferred (TLS is required, but host "
	    "mx.example[192.0.2.1] refused to start TLS: 454 4.7.0 TLS not available)",
	 "delivery " ID " <a@b> @b via " MX " because refused"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=4.7.4, status=deferred (TLS is required, but our TLS "
	    "engine is unavailable)",
	 "delivery " ID " <a@b> @b via " MX " because no-engine"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=4.7.5, status=deferred (Server certificate not "
	    "verified)",
	 "delivery " ID " <a@b> @b via " MX " because unverified"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=4.7.5, status=deferred (Server certificate not trusted)",
	 "delivery " ID " <a@b> @b via " MX " because untrusted"},
	{"smtp",
	 ID ": to=<a@b>, relay=" MX ", dsn=4.0.0, status=deferred (host said: 450 Server "
	    "certificate not trusted)",
	 "delivery " ID " <a@b> @b via " MX},
/* tls= of 3.11. */
#define TLS(value)                                                                                 \
	ID ": to=<a@b>, relay=" MX ", delay=1, delays=0/0/1/0, tls=" value                         \
	   ", dsn=2.0.0, status=sent (250 ok)"
#define SENT "delivery " ID " <a@b> @b via " MX
	{"smtp", TLS("may"), SENT " says-tls sent"},
	{"smtp", TLS("encrypt"), SENT " says-tls sent"},
	{"smtp", TLS("dane:encrypt"), SENT " says-tls sent"},
	{"smtp", TLS("secure/requiretls"), SENT " says-tls sent"},
	{"smtp", TLS("none"), SENT " says-plaintext sent"},
	{"smtp", TLS("may:none"), SENT " says-plaintext sent"},
	{"smtp", TLS("dane:none/requiretls"), SENT " says-plaintext sent"},
	{"smtp", TLS("!encrypt"), SENT " says-plaintext sent"},
	{"smtp", TLS("may?"), SENT " says-undecided sent"},
	{"smtp", TLS("may?/requiretls"), SENT " says-undecided sent"},
	{"smtp", TLS(""), SENT " sent"},
	/* No deliveries of ours. */
	{"qmgr", ID ": to=<a@b>, relay=none, delay=9, dsn=4.4.2, status=expired (x)", NULL},
	{"error", ID ": to=<a@b>, relay=none, delay=9, dsn=4.4.2, status=deferred (x)", NULL},
	{"discard", ID ": to=<a@b>, relay=none, delay=9, dsn=2.0.0, status=sent (x)", NULL},
	{"local", ID ": to=<a@b>, relay=local, delay=9, dsn=2.0.0, status=sent (x)", NULL},
	{"virtual", ID ": to=<a@b>, relay=virtual, delay=9, dsn=2.0.0, status=sent (x)", NULL},
	{"pipe", ID ": to=<a@b>, relay=dovecot, delay=9, dsn=2.0.0, status=sent (x)", NULL},
	{"smtpd", ID ": to=<a@b>, relay=" MX REST, NULL},
	{"smtp", "12: to=<a@b>, relay=" MX REST, NULL},
	{"smtp", "1234: to=<a@b>, relay=" MX REST, NULL},
	{"smtp", "to=<a@b>, relay=" MX REST, NULL},
	{"smtp", ID ": to=a@b, relay=" MX REST, "malformed"},
	{"smtp", ID ": to=<a@b>, relay=" MX ", delay=1, sent (250 ok)", "malformed"},
	{"smtp", ID ": to=<a@b>, sent (250 ok)", "malformed"},
	{"smtp", ID ": to=<a@b, relay=" MX REST, "malformed"},
	{"smtp", "connect to " MX ": Connection refused", NULL},
	{"smtp", ID ": host " MX " said: 450 try later", NULL},
	/* The client's troubles. */
	{"smtp", "SSL_connect error to " MX ": -1", "failed " MX " because handshake"},
	{"smtp", "SSL_connect error to " MX ": lost connection", "failed " MX " because handshake"},
	{"smtp", ID ": Cannot start TLS: handshake failure", "failed " ID " because handshake"},
	{"smtp", ID ": Server certificate not trusted", "failed " ID " because untrusted"},
	{"smtp", ID ": Server certificate not verified", "failed " ID " because unverified"},
	{"smtp", ID ": TLS is required, but was not offered by host mx.example[192.0.2.1]",
	 "failed " ID " mx.example[192.0.2.1] because not-offered"},
	{"smtp",
	 ID ": TLS is required, but host mx.example[192.0.2.1] refused to start TLS: 454 no",
	 "failed " ID " mx.example[192.0.2.1] because refused"},
	{"smtp", ID ": lost connection with mx.example[192.0.2.1] while sending MAIL FROM",
	 "lost " ID " mx.example[192.0.2.1]"},
	{"smtp", ID ": conversation with mx.example[192.0.2.1] timed out while sending RCPT TO",
	 "lost " ID " mx.example[192.0.2.1]"},
	{"tlsproxy", "TLS handshake failed for service=smtp peer=[192.0.2.13]:25",
	 "failed [192.0.2.13]:25 because handshake"},
	{"tlsproxy", "TLS handshake failed for service=smtpd peer=[192.0.2.13]:4711",
	 "failed from [192.0.2.13]:4711 because handshake"},
	{"tlsproxy", "TLS handshake failed for service=postscreen peer=[192.0.2.13]:4711",
	 "failed from [192.0.2.13]:4711 because handshake"},
	/* The server. */
	{"smtpd", "connect from c.example[192.0.2.9]", "connect c.example[192.0.2.9]"},
	{"smtpd", "connect from unknown[unknown]", "connect unknown[unknown]"},
	{"10025/smtpd", "connect from c.example[192.0.2.9]:4711",
	 "connect c.example[192.0.2.9]:4711"},
	{"10025/smtpd", "connect from c.example[192.0.2.9]:4", "connect c.example[192.0.2.9]:4"},
	{"smtpd", ID ": client=c.example[192.0.2.9]", "client " ID " c.example[192.0.2.9]"},
	{"smtpd", ID ": client=c.example", "malformed"},
	{"submission/smtpd",
	 ID ": client=c.example[192.0.2.9], sasl_method=PLAIN, sasl_username=u@x",
	 "client " ID " c.example[192.0.2.9]"},
	{"smtpd", "NOQUEUE: client=c.example[192.0.2.9]", "client NOQUEUE c.example[192.0.2.9]"},
	{"smtpd",
	 ID ": client=localhost[127.0.0.1], orig_queue_id=4PbC4z6W5Qz3tG4, "
	    "orig_client=c.example[192.0.2.9]",
	 "client " ID " localhost[127.0.0.1] internal"},
	{"smtpd", ID ": client=h.example[192.0.2.2], orig_client=c.example[192.0.2.9]",
	 "client " ID " h.example[192.0.2.2] internal"},
	{"smtpd",
	 ID ": client=c.example[192.0.2.9], sasl_method=PLAIN, sasl_username=u, orig_client=x[y]",
	 "client " ID " c.example[192.0.2.9] internal"},
	{"smtpd",
	 ID ": client=c.example[192.0.2.9], sasl_method=PLAIN, sasl_username=u, orig_queue_id=A",
	 "client " ID " c.example[192.0.2.9] internal"},
	{"smtpd", "NOQUEUE: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as X; from=<a@b>",
	 "proxied NOQUEUE @b"},
	{"proxied/smtpd",
	 "proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 239B4A784F0; from=<a@b> to=<c@d> "
	 "proto=ESMTP helo=<c.example>",
	 "proxied @b"},
	{"smtpd",
	 "disconnect from c.example[192.0.2.9] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 "
	 "commands=7",
	 "disconnect c.example[192.0.2.9] starttls 1/1"},
	{"smtpd", "disconnect from c.example[192.0.2.9] ehlo=1 mail=1 rcpt=1 data=0/1 commands=3/4",
	 "disconnect c.example[192.0.2.9] starttls 0/0"},
	{"smtpd", "disconnect from c.example[192.0.2.9] ehlo=1 starttls=0/1 commands=1/2",
	 "disconnect c.example[192.0.2.9] starttls 0/1"},
	{"smtpd", "disconnect from c.example[192.0.2.9] commands=0/0",
	 "disconnect c.example[192.0.2.9] starttls 0/0"},
	{"smtpd", "disconnect from c.example[192.0.2.9]", "disconnect c.example[192.0.2.9]"},
	/* It is cut: what its counters say is not all of it. */
	{"smtpd", "disconnect from c.example[192.0.2.9] ehlo=2 starttls=1 mail=1",
	 "disconnect c.example[192.0.2.9]"},
	{"smtpd", "SSL_accept error from c.example[192.0.2.9]: -1",
	 "failed from c.example[192.0.2.9] because handshake"},
	{"smtpd", "SSL_accept error from c.example[192.0.2.9]: lost connection",
	 "failed from c.example[192.0.2.9] because handshake"},
	{"smtpd", "lost connection after STARTTLS from c.example[192.0.2.9]",
	 "failed from c.example[192.0.2.9] because lost-in-starttls"},
	{"smtpd", "NOQUEUE: abort: TLS from c.example[192.0.2.9]: No client certificate presented",
	 "failed NOQUEUE c.example[192.0.2.9] because no-client-cert"},
	{"smtpd", "lost connection after DATA from c.example[192.0.2.9]", NULL},
	{"smtpd", "timeout after END-OF-MESSAGE from c.example[192.0.2.9]", NULL},
	{"smtpd", "warning: No server certs available. TLS won't be enabled", NULL},
	/* What a client says does not become what the server says. */
	{"smtpd",
	 "NOQUEUE: reject: RCPT from c.example[192.0.2.9]: 504 5.5.2 <client=x[1.2.3.4]>: Helo "
	 "command rejected; from=<a@b> to=<c@d> proto=SMTP helo=<connect from x[1.2.3.4]>",
	 NULL},
	{"smtpd",
	 "improper command pipelining after EHLO from c.example[192.0.2.9]: Nov 23 12:30:05 out1 "
	 "postfix/smtpd[1]: " ID ": client=x[1.2.3.4]",
	 NULL},
	{"smtpd",
	 "warning: c.example[192.0.2.9]: SASL PLAIN authentication failed: connect from x[1.2.3.4]",
	 NULL},
	{"smtp",
	 ID ": host mx.example[192.0.2.1] said: 450 Trusted TLS connection established to " MX
	    ": " GCM,
	 NULL},
	{"cleanup",
	 ID ": warning: header Subject: " ID ": to=<a@b>, relay=" MX ", status=sent (x) from x",
	 NULL},
	/* The queue. */
	{"qmgr", ID ": from=<a@B.example>, size=390, nrcpt=1 (queue active)",
	 "active " ID " @B.example"},
	{"nqmgr", ID ": from=<>, size=390, nrcpt=1 (queue active)", "active " ID},
	{"qmgr", ID ": from=<\"x>, (queue active)\"@b>, size=390, nrcpt=2 (queue active)",
	 "active " ID " @b"},
	{"qmgr", ID ": removed", NULL},
	{"qmgr", ID ": from=<a@b>, status=expired, returned to sender", NULL},
	{"cleanup", ID ": reject: header Subject: x from c.example[192.0.2.9]; from=<a@b>: no",
	 "gone " ID},
	{"cleanup", ID ": milter-reject: END-OF-MESSAGE from c.example[192.0.2.9]: 5.7.1 no",
	 "gone " ID},
	{"cleanup", ID ": discard: body x from c.example[192.0.2.9]", "gone " ID},
	{"cleanup", ID ": message-id=<reject: x@y>", NULL},
	{"master", "daemon started -- version 3.7.11, configuration /etc/postfix", "restart"},
	{"master", "terminating on signal 15", "restart"},
	{"master", "reload -- version 3.7.11, configuration /etc/postfix", "reload"},
	{"smtpd", "message repeated 2 times: [ connect from c.example[192.0.2.9]]", NULL},
	{"anvil", "statistics: max connection rate 1/60s for (smtp:192.0.2.9)", NULL},
};

static void add_span(struct buf *out, const char *before, struct span s)
{
	if (s.len > 0)
		buf_addf(out, "%s%.*s", before, (int)s.len, s.at);
}

static const char *const kinds[] = {"malformed",  "foreign", "suppressed", "tls",     "delivery",
				    "lost",       "failed",  "connect",    "client",  "proxied",
				    "disconnect", "active",  "gone",       "restart", "reload"};

static const char *const reasons[] = {"handshake",        "not-offered",   "refused",
				      "no-engine",        "unverified",    "untrusted",
				      "lost-in-starttls", "no-client-cert"};

static const char *const attributes[] = {"", " says-tls", " says-plaintext", " says-undecided"};

static void describe_session(struct buf *out, const struct maillog_event *e)
{
	add_span(out, " ", e->peer);
	add_span(out, " ", e->protocol);
	add_span(out, " ", e->cipher);
	add_span(out, " ", e->trust);
}

static void describe_mail(struct buf *out, const struct maillog_event *e)
{
	if (e->recipient.len > 0)
		buf_addf(out, " <%.*s>", (int)e->recipient.len, e->recipient.at);
	add_span(out, " @", e->domain);
	add_span(out, e->kind == MAILLOG_DELIVERY ? " via " : " ", e->peer);
}

/* Of what is no event, the kind counts alone. */
static void describe(struct buf *out, const struct maillog_event *e)
{
	bool names = e->kind == MAILLOG_TLS || e->kind == MAILLOG_TLS_FAILED;

	buf_clear(out);
	buf_adds(out, kinds[e->kind]);
	if (e->kind == MAILLOG_MALFORMED || e->kind == MAILLOG_FOREIGN)
		return;
	if (e->kind != MAILLOG_TLS)
		add_span(out, " ", e->queue_id);
	if (e->kind == MAILLOG_TLS || (names && e->incoming))
		buf_adds(out, e->incoming ? " from" : " to");
	if (e->kind == MAILLOG_TLS)
		describe_session(out, e);
	else
		describe_mail(out, e);
	buf_adds(out, attributes[e->tls]);
	if (e->connection_use > 0)
		buf_addf(out, " use %u", e->connection_use);
	if (e->counters || e->starttls_tried > 0)
		buf_addf(out, " starttls %u/%u", e->starttls, e->starttls_tried);
	if (e->count > 0)
		buf_addf(out, " %zu", e->count);
	if (e->reason != MAILLOG_REASONS)
		buf_addf(out, " because %s", reasons[e->reason]);
	buf_adds(out, e->sent ? " sent" : e->internal ? " internal" : "");
}

/* Whoever looks behind the end of a line is seen by tools that look for that. */
struct copy {
	struct maillog_reader reader;
	struct stamp_clock clock;
	struct maillog_event e;
	char *line;
	bool event;
};

static void read_copy(struct copy *c, const char *line, size_t len)
{
	c->line = malloc(len > 0 ? len : 1);
	if (c->line == NULL)
		ck_abort();
	memcpy(c->line, line, len);
	stamp_clock_init(&c->clock, 10, WHEN + 86400, 0);
	c->reader = (struct maillog_reader){.len = 0};
	maillog_begin(&c->reader, len);
	c->event = maillog_read(&c->reader, c->line, len, &c->e);
	maillog_date(&c->clock, &c->e);
}

static void drop_copy(struct copy *c)
{
	maillog_release(&c->reader);
	free(c->line);
}

static void set_up(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
}

static void assert_event(const char *line, size_t len, const char *tag, const char *want)
{
	const bool event = want != NULL && strcmp(want, "malformed") != 0;
	struct buf got = BUF_INIT;
	struct copy c;

	read_copy(&c, line, len);
	describe(&got, &c.e);
	ck_assert_str_eq(got.data, want != NULL ? want : "foreign");
	ck_assert(c.event == event);
	if (event) {
		ck_assert_int_eq(c.e.when, WHEN);
		ck_assert_uint_eq(c.e.pid, 123);
		ck_assert_uint_eq(c.e.tag.len, strlen(tag) + strlen("postfix/"));
		ck_assert(memcmp(c.e.tag.at + strlen("postfix/"), tag, strlen(tag)) == 0);
	}
	drop_copy(&c);
	buf_release(&got);
}

/* Behind each prefix, with each end of a line, it is the same event. */
static const char *const prefixes[][2] = {
	{"Nov 23 13:30:05 out1 postfix/%s[123]: ", ""},
	{"Nov 23 13:30:05 out1 postfix/%s[123]: ", "\r"},
	{"2026-11-23T13:30:05.185246+01:00 out1 postfix/%s[123]: ", ""},
	{"2026-11-23T14:30:05+0200 out1 postfix/%s[123]: ", ""},
	{"Mon 2026-11-23 13:30:05 CET out1 postfix/%s[123]: ", ""},
	{"postfix   | 2026-11-23T12:30:05.8+00:00 INFO    postfix/%s[123]: ", ""},
	{"2026-11-23T12:30:06.1Z stdout F Nov 23 13:30:05 out1 postfix/%s[123]: ", ""},
	{"Nov 23 13:30:05 out1 postfix/%s[123]: [ID 197553 mail.info] ", ""},
	{"<22>Nov 23 13:30:05 out1 postfix/%s[123]: ", ""},
	{"<22>1 2026-11-23T12:30:05Z out1 postfix/%s 123 - - ", ""},
	{"Nov 23 13:30:05 <mail.info> out1 postfix/%s[123]: ", ""},
	{"Nov 23 13:30:05 (none) postfix/%s[123]: ", ""},
	{"Nov 23 13:30:05 postfix/%s[123]: ", ""},
};

/* The prefix has one place, for the tag. */
static void make_line(struct buf *line, size_t prefix, int i)
{
	const char *form = prefixes[prefix][0], *place = strstr(form, "%s");

	buf_clear(line);
	buf_addf(line, "%.*s%s%s%s%s", (int)(place - form), form, cases[i].tag, place + 2,
		 cases[i].text, prefixes[prefix][1]);
}

START_TEST(a_case)
{
	struct buf line = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		make_line(&line, i, _i);
		assert_event(line.data, line.len, cases[_i].tag, cases[_i].want);
	}
	buf_release(&line);
}
END_TEST

static void escape(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
}

START_TEST(a_case_in_json)
{
	struct buf line = BUF_INIT, json = BUF_INIT;

	make_line(&line, 0, _i);
	buf_adds(&json, "{\"log\":\"");
	escape(&json, line.data);
	buf_adds(&json, "\\n\",\"stream\":\"stdout\"}");
	assert_event(json.data, json.len, cases[_i].tag, cases[_i].want);
	buf_release(&line);
	buf_release(&json);
}
END_TEST

static bool is_equal_or_missing(struct span cut, struct span whole)
{
	return cut.len == 0 || (cut.len == whole.len && memcmp(cut.at, whole.at, cut.len) == 0);
}

/* The port may be cut: it tells nobody apart. */
static bool is_same_peer(struct span cut, struct span whole)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	bool same;

	relay_name(cut, &a);
	relay_name(whole, &b);
	same = cut.len == 0 || strcmp(buf_string(&a), buf_string(&b)) == 0;
	buf_release(&a);
	buf_release(&b);
	return same;
}

static bool is_cut_of(const struct maillog_event *cut, const struct maillog_event *whole)
{
	return cut->kind == whole->kind && cut->when == whole->when && cut->pid == whole->pid &&
	       cut->incoming == whole->incoming && cut->sent == whole->sent &&
	       cut->tls == whole->tls && cut->connection_use == whole->connection_use &&
	       (!cut->internal || whole->internal) &&
	       (!cut->counters || cut->starttls == whole->starttls) &&
	       (cut->reason == MAILLOG_REASONS || cut->reason == whole->reason) &&
	       is_same_peer(cut->peer, whole->peer) &&
	       /* Or protocol, cipher and trust, which stand in their place. */
	       is_equal_or_missing(cut->queue_id, whole->queue_id) &&
	       is_equal_or_missing(cut->recipient, whole->recipient) &&
	       is_equal_or_missing(cut->domain, whole->domain);
}

/* A disk that is full, a machine that stops: what is left says nothing that was not there. */
START_TEST(a_case_that_is_cut)
{
	struct buf line = BUF_INIT, got = BUF_INIT;
	struct maillog_event e;
	struct copy whole, cut;
	size_t len;

	make_line(&line, 0, _i);
	read_copy(&whole, line.data, line.len);
	for (len = 0; len < line.len; len++) {
		read_copy(&cut, line.data, len);
		describe(&got, &cut.e);
		if (cut.event && (!whole.event || !is_cut_of(&cut.e, &whole.e)))
			ck_abort_msg("%s: %.*s", got.data, (int)len, line.data);
		/* What is behind the end changes nothing. */
		maillog_begin(&cut.reader, len);
		ck_assert(maillog_read(&cut.reader, line.data, len, &e) == cut.event);
		ck_assert_int_eq(e.kind, cut.e.kind);
		drop_copy(&cut);
	}
	drop_copy(&whole);
	buf_release(&line);
	buf_release(&got);
}
END_TEST

static void assert_within(const struct copy *c, struct span s, size_t len)
{
	const struct buf *text = &c->reader.text;

	/* Where there is no event, its kind alone is told. */
	if (c->event && s.len > 0 && !(s.at >= c->line && s.at + s.len <= c->line + len) &&
	    !(text->len > 0 && s.at >= text->data && s.at + s.len <= text->data + text->len))
		ck_abort_msg("outside of %.*s", (int)len, c->line);
}

START_TEST(any_byte)
{
	struct buf line = BUF_INIT;
	struct copy c;
	size_t i, begin;
	char was;
	int byte;

	make_line(&line, 0, _i);
	begin = line.len - strlen(cases[_i].text);
	for (i = begin; i < line.len; line.data[i++] = was) {
		was = line.data[i];
		for (byte = 0; byte < 256; byte++) {
			line.data[i] = (char)byte;
			read_copy(&c, line.data, line.len);
			assert_within(&c, c.e.host, line.len);
			assert_within(&c, c.e.tag, line.len);
			assert_within(&c, c.e.queue_id, line.len);
			assert_within(&c, c.e.peer, line.len);
			assert_within(&c, c.e.recipient, line.len);
			assert_within(&c, c.e.domain, line.len);
			assert_within(&c, c.e.protocol, line.len);
			assert_within(&c, c.e.cipher, line.len);
			drop_copy(&c);
		}
	}
	buf_release(&line);
}
END_TEST

/* ---- tags: which daemon it is ---- */

static const struct {
	const char *tag;
	bool client, server; /* its deliveries count; its sessions do */
} tags[] = {
	{"postfix/smtp[1]:", true, false},
	{"postfix/lmtp[1]:", true, false},
	{"postfix/relay/smtp[1]:", true, false},
	{"postfix/amavis/smtp[1]:", true, false},
	{"postfix-out/smtp[1]:", true, false},
	{"postfix/smtpd[1]:", false, true},
	{"postfix/submission/smtpd[1]:", false, true},
	{"postfix-smo/submission/smtpd[1]:", false, true},
	{"postfix-In/smtpd[1]:", false, true},
	{"postfix/10025/smtpd[1]:", false, true},
	{"postfix/smtp-25/smtpd[1]:", false, true},
	{"mail/smtpd[1]:", false, true},
	{"postfix/smtp:", false, false},
	{"postfix/smtp[0]:", false, false},
	{"postfix/smtp[x]:", false, false},
	{"postfix/smtpx[1]:", false, false},
	{"postfix/xsmtp[1]:", false, false},
	{"postfix/smtp/pipe[1]:", false, false},
	{"postfix/SMTP[1]:", false, false},
	{"smtp[1]:", false, false},
	{"smtpd[1]:", false, false},
	{"dovecot[1]:", false, false},
	{"sm-mta[1]:", false, false},
	{"postfix/[1]:", false, false},
	{"/[1]:", false, false},
};

static bool is_event(const char *tag, const char *text)
{
	struct buf line = BUF_INIT;
	struct copy c;
	bool event;

	buf_addf(&line, "Nov 23 13:30:05 out1 %s %s", tag, text);
	read_copy(&c, line.data, line.len);
	event = c.event;
	ck_assert(event || c.e.kind == MAILLOG_FOREIGN);
	drop_copy(&c);
	buf_release(&line);
	return event;
}

START_TEST(a_tag)
{
	ck_assert(is_event(tags[_i].tag, ID ": to=<a@b>, relay=" MX REST) == tags[_i].client);
	ck_assert(is_event(tags[_i].tag, "connect from c.example[192.0.2.9]") == tags[_i].server);
}
END_TEST

/* ---- lines that are no messages of Postfix ---- */

static const struct {
	const char *line, *want;
} lines[] = {
	{"Nov 23 13:30:05 out1 systemd-journal[4431]: Suppressed 316 messages from "
	 "/system.slice/postfix.service",
	 "suppressed 316"},
	{"Nov 23 13:30:05 out1 systemd-journald[4431]: Suppressed 12 messages from "
	 "postfix@-.service",
	 "suppressed 12"},
	/* As much as can be said. */
	{"Nov 23 13:30:05 out1 systemd-journald[4431]: Suppressed 99999999999 messages from "
	 "postfix.service",
	 "suppressed 999999999"},
	{"Nov 23 13:30:05 out1 systemd-journald[4431]: Suppressed 12 messages from ssh.service",
	 "foreign"},
	{"Nov 23 13:30:05 out1 rsyslogd-2177: imuxsock lost 56 messages from pid 2896 due to "
	 "rate-limiting.",
	 "suppressed 56"},
	{"Nov 23 13:30:05 out1 rsyslogd: imjournal: 1438 messages lost due to rate-limiting (20000 "
	 "allowed within 600 seconds)",
	 "suppressed 1438"},
	{"Nov 23 13:30:05 out1 rsyslogd: imuxsock[pid: 268, name: /usr/lib/postfix/sbin/smtpd]: 13 "
	 "messages lost due to rate-limiting",
	 "suppressed 13"},
	{"Nov 23 13:30:05 out1 rsyslogd: imuxsock[pid: 268, name: /usr/sbin/sshd]: 13 messages "
	 "lost due to rate-limiting",
	 "foreign"},
	{"Nov 23 13:30:05 out1 rsyslogd: rsyslogd[internal_messages]: 513 messages lost due to "
	 "rate-limiting (500 allowed within 5 seconds)",
	 "foreign"},
	{"Nov 23 13:30:05 out1 rsyslogd: imjournal: begin to drop messages due to rate-limiting",
	 "foreign"},
	{"Nov 23 13:30:05 out1 rsyslogd: imjournal: some messages lost due to rate-limiting",
	 "foreign"},
	{"Nov 23 13:30:05 out1 postfix/smtpd[1]: Suppressed 316 messages from postfix", "foreign"},
	{"Nov 23 13:30:05 out1 last message repeated 7 times", "foreign"},
	{"Nov 23 13:30:05 out1 --- last message repeated 2 times ---", "foreign"},
	{"-- Boot 1d5f --", "foreign"},
	{"-- Journal begins at Mon 2026-11-23 12:30:05 CET. --", "foreign"},
	{"-- No entries --", "foreign"},
	{"", "foreign"},
	{"\r", "foreign"},
	{"--", "malformed"},
	{"Trusted TLS connection established to " MX ": " GCM, "malformed"},
	{"postfix/smtp[1]: Trusted TLS connection established to " MX ": " GCM, "malformed"},
	{"\x1f\x8b\x08", "malformed"},
};

START_TEST(a_line)
{
	struct buf got = BUF_INIT;
	struct copy c;

	read_copy(&c, lines[_i].line, strlen(lines[_i].line));
	describe(&got, &c.e);
	ck_assert_str_eq(got.data, lines[_i].want);
	drop_copy(&c);
	buf_release(&got);
}
END_TEST

START_TEST(times)
{
	static const char with[] = "Feb 29 12:00:00 out1 postfix/smtp[1]: x";
	static const char without[] = "2028-02-29T12:00:00+01:00 out1 postfix/smtp[1]: x";
	struct maillog_reader reader = {.len = 0};
	struct stamp stamp;

	ck_assert(maillog_stamp(&reader, with, strlen(with), &stamp));
	ck_assert_int_eq(stamp.when, (int64_t)28 * 86400 + 12 * 3600);
	ck_assert_int_eq(stamp.month, 1);
	ck_assert(maillog_stamp(&reader, without, strlen(without), &stamp));
	ck_assert_int_eq(stamp.when, 1835434800);
	ck_assert_int_eq(stamp.month, -1);
	ck_assert(!maillog_stamp(&reader, "-- Boot --", 10, &stamp));
	maillog_release(&reader);
}
END_TEST

/* What only begins like a stamp says nothing to the clock. */
START_TEST(a_line_that_is_none)
{
	static const char *const none[] = {
		"Feb  1 00:00:00x out1 postfix/smtp[1]: x",
		"Feb  1 00:00:99 out1 postfix/smtp[1]: x",
		"Feb  1 00:00:00 out1 postfix/smtp[1]: ABCDE: to=<a@b>, rel",
		"{\"log\":\"Feb  1 00:00:00 out1 postfix/smtp[1]: \\q\"}", "Feb  1 00:00:"};
	static const char line[] = "Nov 23 13:30:05 out1 postfix/smtp[1]: x";
	struct maillog_reader reader = {.len = 0};
	struct maillog_event e;
	int i;

	/* Dated are they by nobody: that would take the month away. */
	for (i = 0; i < COUNT(none); i++) {
		maillog_begin(&reader, strlen(none[i]));
		ck_assert(!maillog_read(&reader, none[i], strlen(none[i]), &e));
		ck_assert_int_eq(e.kind, MAILLOG_MALFORMED);
		ck_assert_int_eq(e.month, -1);
	}
	/* One of another program does. */
	maillog_begin(&reader, strlen(line));
	ck_assert(!maillog_read(&reader, line, strlen(line), &e));
	ck_assert_int_eq(e.kind, MAILLOG_FOREIGN);
	ck_assert_int_eq(e.month, 10);
	maillog_release(&reader);
}
END_TEST

/* Messages out of JSON stay where they are while more of them are read. */
START_TEST(wrapped_lines_stay)
{
	static const char line[] = "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[1]: "
				   "Trusted TLS connection established to \\u0061[192.0.2.1]:25: "
				   "TLSv1.3 with cipher X (1/1 bits)\\n\"}";
	struct maillog_reader reader = {.len = 0};
	struct maillog_event e[100];
	int i, turn;

	for (turn = 0; turn < 3; turn++) {
		maillog_begin(&reader, (sizeof(line) - 1) * COUNT(e));
		for (i = 0; i < COUNT(e); i++)
			ck_assert(maillog_read(&reader, line, sizeof(line) - 1, &e[i]));
		for (i = 0; i < COUNT(e); i++) {
			ck_assert_uint_eq(e[i].peer.len, 15);
			ck_assert_int_eq(memcmp(e[i].peer.at, "a[192.0.2.1]:25", 15), 0);
		}
	}
	maillog_release(&reader);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("maillog");
	TCase *tc = tcase_create("maillog");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_case, 0, COUNT(cases));
	tcase_add_loop_test(tc, a_case_in_json, 0, COUNT(cases));
	tcase_add_loop_test(tc, a_case_that_is_cut, 0, COUNT(cases));
	tcase_add_loop_test(tc, any_byte, 0, COUNT(cases));
	tcase_add_loop_test(tc, a_tag, 0, COUNT(tags));
	tcase_add_loop_test(tc, a_line, 0, COUNT(lines));
	tcase_add_test(tc, times);
	tcase_add_test(tc, a_line_that_is_none);
	tcase_add_test(tc, wrapped_lines_stay);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
