/* SPDX-License-Identifier: ISC */
#include "maillog.h"

#include <string.h>

#include "logprefix.h"

/* ---- spans ---- */

#define TAKE(s, literal) span_take(s, literal, sizeof(literal) - 1)
#define IS(s, literal)                                                                             \
	((s).len == sizeof(literal) - 1 && memcmp((s).at, literal, sizeof(literal) - 1) == 0)

/* What is before a text, which is taken too; false if the text is not there. */
static bool take_until(struct span *s, const char *text, size_t len, struct span *before)
{
	const char *at = s->len > 0 ? memmem(s->at, s->len, text, len) : NULL;

	if (at == NULL)
		return false;
	*before = (struct span){s->at, (size_t)(at - s->at)};
	span_skip(s, before->len + len);
	return true;
}

/* The same for one byte. */
static bool take_to(struct span *s, char c, struct span *before)
{
	const char *at = s->len > 0 ? memchr(s->at, c, s->len) : NULL;

	if (at == NULL)
		return false;
	*before = (struct span){s->at, (size_t)(at - s->at)};
	span_skip(s, before->len + 1);
	return true;
}

#define TAKE_UNTIL(s, literal, before) take_until(s, literal, sizeof(literal) - 1, before)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters and digits of ASCII: a table, for each line has a few to be looked at. */
static bool is_alnum(char c)
{
	static const bool table[256] = {
		['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true, ['5'] = true,
		['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true, ['A'] = true, ['B'] = true,
		['C'] = true, ['D'] = true, ['E'] = true, ['F'] = true, ['G'] = true, ['H'] = true,
		['I'] = true, ['J'] = true, ['K'] = true, ['L'] = true, ['M'] = true, ['N'] = true,
		['O'] = true, ['P'] = true, ['Q'] = true, ['R'] = true, ['S'] = true, ['T'] = true,
		['U'] = true, ['V'] = true, ['W'] = true, ['X'] = true, ['Y'] = true, ['Z'] = true,
		['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true,
		['g'] = true, ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true,
		['m'] = true, ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true, ['r'] = true,
		['s'] = true, ['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true, ['x'] = true,
		['y'] = true, ['z'] = true,
	};

	return table[(unsigned char)c];
}

/* A number that cannot be said is as good as the most. */
static unsigned take_number(struct span *s)
{
	unsigned n = 0;

	for (; s->len > 0 && is_digit(*s->at); span_skip(s, 1))
		n = n < 100000000 ? n * 10 + (unsigned)(*s->at - '0') : n;
	return n;
}

/* "85D37281B7: ", "4PbC4z6W5Qz3tG3: ", "NOQUEUE: " */
static bool take_queue_id(struct span *s, struct span *id)
{
	size_t n = 0;

	while (n < s->len && is_alnum(s->at[n]))
		n++;
	if (n < 5 || n + 2 > s->len || s->at[n] != ':' || s->at[n + 1] != ' ')
		return false;
	*id = (struct span){s->at, n};
	span_skip(s, n + 2);
	return true;
}

/* "name[address]", and ":port" where it follows. An address has no "]". */
static bool take_peer(struct span *s, struct span *peer)
{
	const char *open = s->len > 0 ? memchr(s->at, '[', s->len) : NULL;
	const char *close =
		open != NULL ? memchr(open, ']', s->len - (size_t)(open - s->at)) : NULL;
	size_t n;

	if (close == NULL || memchr(s->at, ' ', (size_t)(close - s->at)) != NULL)
		return false;
	n = (size_t)(close + 1 - s->at);
	if (n + 1 < s->len && s->at[n] == ':' && is_digit(s->at[n + 1]))
		for (n++; n < s->len && is_digit(s->at[n]);)
			n++;
	*peer = (struct span){s->at, n};
	span_skip(s, n);
	return true;
}

/* ---- TLS ---- */

/* Before 2.5 the client gave a name alone: "smtp.gmail.com: TLSv1 with cipher ..." */
static bool take_name(struct span *s, struct span *name)
{
	const char *colon = s->len > 0 ? memchr(s->at, ':', s->len) : NULL;

	if (colon == NULL || memchr(s->at, ' ', (size_t)(colon - s->at)) != NULL)
		return false;
	*name = (struct span){s->at, (size_t)(colon - s->at)};
	span_skip(s, name->len);
	return name->len > 0;
}

/* A line that begins as one that counts and does not go on like that: it is cut, or unknown. */
static bool spoilt(struct maillog_event *e)
{
	e->kind = MAILLOG_MALFORMED;
	return false;
}

static bool read_session(struct span s, struct maillog_event *e)
{
	struct span name;

	if (!TAKE(&s, "established ") && !TAKE(&s, "reused "))
		return false;
	e->incoming = TAKE(&s, "from ");
	if (!e->incoming && !TAKE(&s, "to "))
		return false;
	if (!take_peer(&s, &e->peer) && (e->incoming || !take_name(&s, &e->peer)))
		return false;
	if (TAKE(&s, " to ") && !TAKE_UNTIL(&s, ": ", &name))
		return false;
	(void)TAKE(&s, ": ");
	if (!TAKE_UNTIL(&s, " with cipher ", &e->protocol))
		return false;
	/* Where the line is cut, so may be the name: then it is not known. */
	(void)TAKE_UNTIL(&s, " ", &e->cipher);
	e->kind = MAILLOG_TLS;
	return e->protocol.len > 0 && memchr(e->protocol.at, ' ', e->protocol.len) == NULL;
}

/* "Trusted TLS connection established to h[a]:25: TLSv1.3 with cipher C (256/256 bits) ..." */
static bool read_tls(struct span s, struct maillog_event *e)
{
	static const char *const trusts[] = {"Anonymous", "Untrusted", "Trusted", "Verified"};
	struct span rest;
	size_t i, len;

	for (i = 0; i < sizeof(trusts) / sizeof(trusts[0]); i++) {
		len = strlen(trusts[i]);
		rest = s;
		if (!span_take(&rest, trusts[i], len) || !TAKE(&rest, " "))
			continue;
		e->trust = (struct span){s.at, len};
		s = rest;
		break;
	}
	return TAKE(&s, "TLS connection ") && (read_session(s, e) || spoilt(e));
}

static bool failed(struct maillog_event *e, enum maillog_reason reason)
{
	e->kind = MAILLOG_TLS_FAILED;
	e->reason = reason;
	return true;
}

static bool failed_with(struct maillog_event *e, struct span s, enum maillog_reason reason)
{
	return take_peer(&s, &e->peer) && failed(e, reason);
}

/* What an SMTP client says of TLS that it wanted and did not get. */
static enum maillog_reason reason_of(struct span s)
{
	if (TAKE(&s, "TLS is required, but ")) {
		if (TAKE(&s, "was not offered"))
			return MAILLOG_NOT_OFFERED;
		if (TAKE(&s, "our TLS engine"))
			return MAILLOG_NO_ENGINE;
		return TAKE(&s, "host ") ? MAILLOG_REFUSED : MAILLOG_REASONS;
	}
	if (TAKE(&s, "Server certificate not verified"))
		return MAILLOG_UNVERIFIED;
	if (TAKE(&s, "Server certificate not trusted"))
		return MAILLOG_UNTRUSTED;
	return TAKE(&s, "Cannot start TLS: ") ? MAILLOG_HANDSHAKE : MAILLOG_REASONS;
}

/* ---- smtp, lmtp ---- */

/* "<a@b>": in quotes there may be anything, ">, relay=" too. */
static bool take_address(struct span *s, struct span *address)
{
	size_t n = 0;

	if (!TAKE(s, "<"))
		return false;
	if (s->len > 0 && *s->at == '"')
		for (n = 1; n < s->len && s->at[n] != '"'; n++)
			n += s->at[n] == '\\';
	while (n < s->len && s->at[n] != '>')
		n++;
	if (n >= s->len)
		return false;
	*address = (struct span){s->at, n};
	span_skip(s, n + 1);
	return true;
}

static struct span domain_of(struct span address)
{
	size_t n = address.len;

	while (n > 0 && address.at[n - 1] != '@')
		n--;
	return n > 0 ? (struct span){address.at + n, address.len - n} : (struct span){NULL, 0};
}

/* "may", "dane:encrypt", "may:none", "!encrypt", "may?"; extras behind a slash. */
static enum maillog_status_tls read_attribute(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] != '/' && s.at[n] != ' ')
		n++;
	s.len = n;
	if (s.len == 0)
		return MAILLOG_NO_ATTRIBUTE;
	if (s.at[s.len - 1] == '?')
		return MAILLOG_SAYS_UNDECIDED;
	if (*s.at == '!' || (s.len >= 4 && memcmp(s.at + s.len - 4, "none", 4) == 0))
		return MAILLOG_SAYS_PLAINTEXT;
	return MAILLOG_SAYS_TLS;
}

/* One "name=value, " of a delivery; false at "status=", and where there is none. */
static bool take_field(struct span *s, struct maillog_event *e)
{
	struct span name, value, ahead = *s;

	if (TAKE(&ahead, "status=") || !take_to(s, '=', &name) || !take_to(s, ',', &value) ||
	    !TAKE(s, " "))
		return false;
	if (IS(name, "relay"))
		e->peer = value;
	else if (IS(name, "conn_use"))
		e->connection_use = take_number(&value);
	else if (IS(name, "tls"))
		e->tls = read_attribute(value);
	else if (IS(name, "delays"))
		e->delays = value;
	return true;
}

/* "to=<r>, orig_to=<o>, relay=h[a]:25, ..., status=sent (text)" from behind "to=". */
static bool read_delivery(struct span s, struct maillog_event *e)
{
	const char *start = s.at;
	struct span orig, status;

	if (!take_address(&s, &e->recipient) || !TAKE(&s, ", "))
		return false;
	if (TAKE(&s, "orig_to=") && (!take_address(&s, &orig) || !TAKE(&s, ", ")))
		return false;
	e->addressee = (struct span){start, (size_t)(s.at - start)};
	while (take_field(&s, e))
		;
	if (!TAKE(&s, "status=") || !TAKE_UNTIL(&s, " (", &status))
		return false;
	e->sent = IS(status, "sent");
	e->reason = reason_of(s);
	e->domain = domain_of(e->recipient);
	e->kind = MAILLOG_DELIVERY;
	return true;
}

static bool read_client_trouble(struct span s, struct maillog_event *e)
{
	struct span before;
	enum maillog_reason reason;

	if (TAKE(&s, "lost connection with ") || TAKE(&s, "conversation with ")) {
		e->kind = MAILLOG_TLS_LOST;
		return take_peer(&s, &e->peer);
	}
	reason = reason_of(s);
	if (reason == MAILLOG_REASONS)
		return false;
	if (TAKE_UNTIL(&s, " host ", &before))
		(void)take_peer(&s, &e->peer);
	return failed(e, reason);
}

static bool read_client(struct span s, struct maillog_event *e)
{
	if (take_queue_id(&s, &e->queue_id)) {
		if (TAKE(&s, "to="))
			return read_delivery(s, e) || spoilt(e);
		return read_client_trouble(s, e);
	}
	if (TAKE(&s, "SSL_connect error to "))
		return failed_with(e, s, MAILLOG_HANDSHAKE);
	return read_tls(s, e);
}

/* ---- smtpd ---- */

/*
 * "h[a], orig_queue_id=..., orig_client=..." from behind "client=". A user's name may stand
 * between, "h[a], sasl_method=PLAIN, sasl_username=u": of a user who has logged in.
 */
static bool read_message(struct span s, struct maillog_event *e)
{
	struct span before;

	if (!take_peer(&s, &e->peer))
		return false;
	e->internal = TAKE_UNTIL(&s, ", orig_client=", &before) ||
		      TAKE_UNTIL(&s, ", orig_queue_id=", &before);
	e->kind = MAILLOG_CLIENT;
	return true;
}

/* "h[a] ehlo=2 starttls=1 mail=1 ... commands=7", "h[a] ehlo=1 starttls=0/1 commands=1/2" */
static bool read_disconnect(struct span s, struct maillog_event *e)
{
	const char *at;

	if (!take_peer(&s, &e->peer))
		return false;
	e->kind = MAILLOG_DISCONNECT;
	e->counters = s.len > 0 && memmem(s.at, s.len, " commands=", 10) != NULL;
	at = e->counters ? memmem(s.at, s.len, " starttls=", 10) : NULL;
	if (at == NULL)
		return true;
	span_skip(&s, (size_t)(at - s.at) + 10);
	e->starttls = e->starttls_tried = take_number(&s);
	if (TAKE(&s, "/"))
		e->starttls_tried = take_number(&s);
	return true;
}

/*
 * A proxy filter's answer, and the message: "250 2.0.0 Ok; from=<a@b> to=<c@d> ...". Postfix
 * gives no queue ID with it, not even NOQUEUE.
 */
static bool read_proxied(struct span s, struct maillog_event *e)
{
	struct span answer, sender;

	if (!TAKE(&s, "proxy-accept: END-OF-MESSAGE: "))
		return false;
	e->kind = MAILLOG_PROXIED;
	if (TAKE_UNTIL(&s, "; from=", &answer) && take_address(&s, &sender))
		e->domain = domain_of(sender);
	return true;
}

static bool read_server_message(struct span s, struct maillog_event *e)
{
	if (TAKE(&s, "client="))
		return read_message(s, e) || spoilt(e);
	if (read_proxied(s, e))
		return true;
	return TAKE(&s, "abort: TLS from ") && failed_with(e, s, MAILLOG_NO_CLIENT_CERT);
}

static bool read_server(struct span s, struct maillog_event *e)
{
	if (take_queue_id(&s, &e->queue_id))
		return read_server_message(s, e);
	if (TAKE(&s, "connect from ")) {
		e->kind = MAILLOG_CONNECT;
		return take_peer(&s, &e->peer);
	}
	if (TAKE(&s, "disconnect from "))
		return read_disconnect(s, e);
	e->incoming = true;
	if (TAKE(&s, "SSL_accept error from "))
		return failed_with(e, s, MAILLOG_HANDSHAKE);
	if (TAKE(&s, "lost connection after STARTTLS from "))
		return failed_with(e, s, MAILLOG_LOST_IN_STARTTLS);
	return read_proxied(s, e) || read_tls(s, e);
}

/* ---- the other daemons ---- */

static bool read_queue(struct span s, struct maillog_event *e)
{
	static const char end[] = "(queue active)";
	struct span sender;

	if (s.len < sizeof(end) ||
	    memcmp(s.at + s.len - (sizeof(end) - 1), end, sizeof(end) - 1) != 0 ||
	    !take_queue_id(&s, &e->queue_id) || !TAKE(&s, "from=") || !take_address(&s, &sender))
		return false;
	e->kind = MAILLOG_ACTIVE;
	e->domain = domain_of(sender);
	return true;
}

static bool read_cleanup(struct span s, struct maillog_event *e)
{
	if (!take_queue_id(&s, &e->queue_id) ||
	    (!TAKE(&s, "reject: ") && !TAKE(&s, "milter-reject: ") && !TAKE(&s, "discard: ")))
		return false;
	e->kind = MAILLOG_GONE;
	return true;
}

/* "TLS handshake failed for service=smtp peer=[127.0.0.13]:25" */
static bool read_proxy(struct span s, struct maillog_event *e)
{
	struct span service;

	if (!TAKE(&s, "TLS handshake failed for service=") || !TAKE_UNTIL(&s, " peer=", &service))
		return false;
	e->incoming = IS(service, "smtpd") || IS(service, "postscreen");
	return failed_with(e, s, MAILLOG_HANDSHAKE);
}

static bool read_master(struct span s, struct maillog_event *e)
{
	e->kind = MAILLOG_RESTART;
	if (TAKE(&s, "daemon started ") || TAKE(&s, "terminating on signal "))
		return true;
	e->kind = MAILLOG_RELOAD;
	return TAKE(&s, "reload ");
}

/*
 * "imjournal: 12 messages lost due to rate-limiting (...)": of whom, is not said.
 * "imuxsock[pid: 1, name: /usr/lib/postfix/sbin/smtpd]: ...": it is.
 */
static bool read_lost(struct span source, struct maillog_event *e)
{
	struct span number = source;

	while (source.len > 0 && is_digit(source.at[source.len - 1]))
		source.len--;
	span_skip(&number, source.len);
	if (number.len == 0 || memmem(source.at, source.len, "[internal_messages]", 19) != NULL)
		return false;
	e->count = take_number(&number);
	return memmem(source.at, source.len, " name: ", 7) == NULL ||
	       memmem(source.at, source.len, "postfix", 7) != NULL;
}

/* systemd's and rsyslog's words for lines that nobody will ever see. */
static bool read_logger(struct span s, struct maillog_event *e)
{
	struct span before;

	e->kind = MAILLOG_SUPPRESSED;
	if (TAKE(&s, "Suppressed ")) {
		e->count = take_number(&s);
		return TAKE(&s, " messages from ") && s.len > 0 &&
		       memmem(s.at, s.len, "postfix", 7) != NULL;
	}
	if (TAKE_UNTIL(&s, " messages lost due to rate-limiting", &before))
		return read_lost(before, e);
	/* rsyslog before 8: "imuxsock lost 12 messages from pid 1 due to rate-limiting." */
	if (!TAKE_UNTIL(&s, " lost ", &before))
		return false;
	e->count = take_number(&s);
	return TAKE(&s, " messages from pid ");
}

static bool read_daemon(struct span name, struct span s, struct maillog_event *e)
{
	if (IS(name, "smtpd"))
		return read_server(s, e);
	if (IS(name, "smtp") || IS(name, "lmtp"))
		return read_client(s, e);
	if (IS(name, "qmgr") || IS(name, "nqmgr"))
		return read_queue(s, e);
	if (IS(name, "cleanup"))
		return read_cleanup(s, e);
	if (IS(name, "tlsproxy"))
		return read_proxy(s, e);
	return IS(name, "master") && read_master(s, e);
}

static bool read_foreign(struct span tag, struct span s, struct maillog_event *e)
{
	return (TAKE(&tag, "systemd-journal") || TAKE(&tag, "rsyslogd") ||
		TAKE(&tag, "imuxsock")) &&
	       read_logger(s, e);
}

/* "postfix/relay/smtp": the daemon is what is behind the last slash. */
static bool read_event(const struct logprefix *p, struct maillog_event *e)
{
	size_t n = p->tag.len;

	*e = (struct maillog_event){.kind = MAILLOG_FOREIGN,
				    .reason = MAILLOG_REASONS,
				    .when = p->when.when,
				    .month = p->when.month,
				    .host = p->host,
				    .tag = p->tag,
				    .pid = p->pid};
	while (n > 0 && p->tag.at[n - 1] != '/')
		n--;
	if (n == 0)
		return read_foreign(p->tag, p->message, e);
	return p->pid != 0 &&
	       read_daemon((struct span){p->tag.at + n, p->tag.len - n}, p->message, e);
}

/* ---- lines ---- */

void maillog_begin(struct maillog_reader *r, size_t len)
{
	r->len = len;
	buf_clear(&r->text);
}

void maillog_release(struct maillog_reader *r)
{
	buf_release(&r->text);
}

/* journalctl's own lines ("-- Boot ... --"), and nothing at all. */
static bool is_marker(const char *line, size_t len)
{
	return len == 0 || (len >= 3 && memcmp(line, "-- ", 3) == 0);
}

static bool read_prefix(struct maillog_reader *r, const char *line, size_t len, struct logprefix *p)
{
	/* What is in the text must stay where it is. */
	if (len > 0 && *line == '{' && r->text.cap <= r->len)
		buf_grow(&r->text, r->len);
	return logprefix_read(&r->stamps, &r->text, line, len, p);
}

bool maillog_read(struct maillog_reader *r, const char *line, size_t len, struct maillog_event *e)
{
	struct logprefix p;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (!read_prefix(r, line, len, &p)) {
		e->kind = is_marker(line, len) ? MAILLOG_FOREIGN : MAILLOG_MALFORMED;
		e->month = -1;
		return false;
	}
	if (read_event(&p, e))
		return true;
	/* What is not understood says nothing to the clock either. */
	if (e->kind == MAILLOG_MALFORMED)
		e->month = -1;
	else
		e->kind = MAILLOG_FOREIGN;
	return false;
}

void maillog_date(struct stamp_clock *c, struct maillog_event *e)
{
	const struct stamp written = {e->when, e->month};

	if (e->month < 0)
		return;
	/* Of lines that say nothing a month is passed on once, and their times are not. */
	if (e->kind == MAILLOG_FOREIGN)
		stamp_pass(c, e->month);
	else
		e->when = stamp_date(c, &written);
	e->month = -1;
}

bool maillog_stamp(struct maillog_reader *r, const char *line, size_t len, struct stamp *s)
{
	struct logprefix p;

	if (!read_prefix(r, line, len, &p))
		return false;
	*s = p.when;
	return true;
}
