/* SPDX-License-Identifier: ISC */
#include "maillog.h"

#include <string.h>

/* ---- spans ---- */

#define TAKE(s, literal) span_take(s, literal, sizeof(literal) - 1)
#define IS(s, literal)                                                                             \
	((s).len == sizeof(literal) - 1 && memcmp((s).at, literal, sizeof(literal) - 1) == 0)

/*
 * Where a text begins, or NULL. Its first byte shall be rare in what is looked through: lines
 * are too short for memmem(), which takes its time before it begins.
 */
static const char *find(struct span s, const char *text, size_t len)
{
	const char *at;

	while (s.len >= len && (at = memchr(s.at, *text, s.len - len + 1)) != NULL) {
		if (memcmp(at, text, len) == 0)
			return at;
		span_skip(&s, (size_t)(at + 1 - s.at));
	}
	return NULL;
}

/* What is before a text, which is taken too; false if the text is not there. */
static bool take_until(struct span *s, const char *text, size_t len, struct span *before)
{
	const char *at = find(*s, text, len);

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

/* The same of a word of a list of them, which has a space before each. */
static const char *find_word(struct span s, const char *word, size_t len)
{
	const char *at;

	while ((at = find(s, word, len)) != NULL) {
		if (at > s.at && at[-1] == ' ')
			return at;
		span_skip(&s, (size_t)(at - s.at) + 1);
	}
	return NULL;
}

#define FIND_WORD(s, literal) find_word(s, literal, sizeof(literal) - 1)
#define FIND(s, literal) find(s, literal, sizeof(literal) - 1)
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
	const char *space = s->len > 0 ? memchr(s->at, ' ', s->len) : NULL;
	size_t n = 0;

	if (space == NULL || space - s->at < 6 || space[-1] != ':')
		return false;
	/* The colon is no letter. */
	while (is_alnum(s->at[n]))
		n++;
	if (s->at + n + 1 != space)
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
	if (!take_to(&s, ' ', &e->protocol) || !TAKE(&s, "with cipher "))
		return false;
	/* Where the line is cut, so may be the name: then it is not known. */
	(void)TAKE_UNTIL(&s, " ", &e->cipher);
	e->kind = MAILLOG_TLS;
	return e->protocol.len > 0;
}

/* "Trusted TLS connection established to h[a]:25: TLSv1.3 with cipher C (256/256 bits) ..." */
static bool read_tls(struct span s, struct maillog_event *e)
{
	const char *trust = s.at;

	if (TAKE(&s, "Anonymous ") || TAKE(&s, "Untrusted ") || TAKE(&s, "Trusted ") ||
	    TAKE(&s, "Verified "))
		e->trust = (struct span){trust, (size_t)(s.at - trust) - 1};
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
	const char *end;
	size_t n = 0;

	if (!TAKE(s, "<"))
		return false;
	if (s->len > 0 && *s->at == '"')
		for (n = 1; n < s->len && s->at[n] != '"'; n++)
			n += s->at[n] == '\\';
	end = n < s->len ? memchr(s->at + n, '>', s->len - n) : NULL;
	if (end == NULL)
		return false;
	*address = (struct span){s->at, (size_t)(end - s->at)};
	span_skip(s, address->len + 1);
	return true;
}

static struct span domain_of(struct span address)
{
	const char *at = address.len > 0 ? memrchr(address.at, '@', address.len) : NULL;

	if (at == NULL)
		return (struct span){NULL, 0};
	span_skip(&address, (size_t)(at + 1 - address.at));
	return address;
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

	/* Most fields say nothing here. */
	if (TAKE(s, "delay=") || TAKE(s, "dsn="))
		return take_to(s, ',', &value) && TAKE(s, " ");
	if (TAKE(s, "delays=")) {
		if (!take_to(s, ',', &value) || !TAKE(s, " "))
			return false;
		e->delays = value;
		return true;
	}
	if (TAKE(&ahead, "status=") || !take_to(s, '=', &name) || !take_to(s, ',', &value) ||
	    !TAKE(s, " "))
		return false;
	if (IS(name, "relay"))
		e->peer = value;
	else if (IS(name, "conn_use"))
		e->connection_use = take_number(&value);
	else if (IS(name, "tls"))
		e->tls = read_attribute(value);
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
static bool read_begun(struct span s, struct maillog_event *e)
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
	e->counters = FIND_WORD(s, "commands=") != NULL;
	at = e->counters ? FIND_WORD(s, "starttls=") : NULL;
	if (at == NULL)
		return true;
	span_skip(&s, (size_t)(at - s.at) + 9);
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
		return read_begun(s, e) || spoilt(e);
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

/* What a message ends with that enters the queue. */
#define QUEUED "(queue active)"

static bool read_queue(struct span s, struct maillog_event *e)
{
	struct span sender;

	if (!take_queue_id(&s, &e->queue_id) || !TAKE(&s, "from=") || !take_address(&s, &sender))
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
	if (number.len == 0 || FIND(source, "[internal_messages]") != NULL)
		return false;
	e->count = take_number(&number);
	return FIND(source, " name: ") == NULL || FIND(source, "postfix") != NULL;
}

/* systemd's and rsyslog's words for lines that nobody will ever see. */
static bool read_logger(struct span s, struct maillog_event *e)
{
	struct span before;

	e->kind = MAILLOG_SUPPRESSED;
	if (TAKE(&s, "Suppressed ")) {
		e->count = take_number(&s);
		return TAKE(&s, " messages from ") && FIND(s, "postfix") != NULL;
	}
	if (TAKE_UNTIL(&s, " messages lost due to rate-limiting", &before))
		return read_lost(before, e);
	/* rsyslog before 8: "imuxsock lost 12 messages from pid 1 due to rate-limiting." */
	if (!TAKE_UNTIL(&s, " lost ", &before))
		return false;
	e->count = take_number(&s);
	return TAKE(&s, " messages from pid ");
}

/* ---- who speaks ---- */

static enum maillog_speaker daemon_named(struct span name)
{
	if (IS(name, "smtpd"))
		return MAILLOG_BY_SERVER;
	if (IS(name, "smtp") || IS(name, "lmtp"))
		return MAILLOG_BY_CLIENT;
	if (IS(name, "qmgr") || IS(name, "nqmgr"))
		return MAILLOG_BY_QUEUE;
	if (IS(name, "cleanup"))
		return MAILLOG_BY_CLEANUP;
	if (IS(name, "tlsproxy"))
		return MAILLOG_BY_PROXY;
	return IS(name, "master") ? MAILLOG_BY_MASTER : MAILLOG_BY_OTHERS;
}

/* "postfix/relay/smtp": the daemon is what is behind the last slash. */
static enum maillog_speaker speaker_named(struct span tag)
{
	const char *slash = tag.len > 0 ? memrchr(tag.at, '/', tag.len) : NULL;

	if (slash != NULL) {
		span_skip(&tag, (size_t)(slash + 1 - tag.at));
		return daemon_named(tag);
	}
	return TAKE(&tag, "systemd-journal") || TAKE(&tag, "rsyslogd") || TAKE(&tag, "imuxsock")
		       ? MAILLOG_BY_LOGGER
		       : MAILLOG_BY_OTHERS;
}

static struct logprefix_note note_of(const struct logprefix *p)
{
	return (struct logprefix_note){span_hash(span_hash(0, p->host), p->tag),
				       (uint8_t)speaker_named(p->tag)};
}

/* False where a look at a part of the message, or none, shows that it says nothing. */
static bool may_tell(unsigned who, uint32_t pid, struct span s)
{
	struct span word;

	if (who == MAILLOG_BY_QUEUE)
		return pid != 0 && s.len >= sizeof(QUEUED) &&
		       memcmp(s.at + s.len - (sizeof(QUEUED) - 1), QUEUED, sizeof(QUEUED) - 1) == 0;
	if (who == MAILLOG_BY_CLEANUP)
		return pid != 0 && take_to(&s, ' ', &word) && !TAKE(&s, "message-id=");
	return who == MAILLOG_BY_LOGGER || (who != MAILLOG_BY_OTHERS && pid != 0);
}

static bool read_message(enum maillog_speaker who, struct span s, struct maillog_event *e)
{
	switch (who) {
	case MAILLOG_BY_SERVER:
		return read_server(s, e);
	case MAILLOG_BY_CLIENT:
		return read_client(s, e);
	case MAILLOG_BY_QUEUE:
		return read_queue(s, e);
	case MAILLOG_BY_CLEANUP:
		return read_cleanup(s, e);
	case MAILLOG_BY_PROXY:
		return read_proxy(s, e);
	case MAILLOG_BY_MASTER:
		return read_master(s, e);
	case MAILLOG_BY_LOGGER:
		return read_logger(s, e);
	default:
		return false;
	}
}

/* Field by field: for events are many, and to fill one with zeros takes compilers long. */
static void begin_event(struct maillog_event *e, const struct logprefix *p,
			const struct logprefix_note *note)
{
	const struct span none = {NULL, 0};

	e->kind = MAILLOG_FOREIGN;
	e->reason = MAILLOG_REASONS;
	e->by = (enum maillog_speaker)note->by;
	e->who = note->who;
	e->queue_number = e->recipient_number = 0;
	e->when = p->when.when;
	e->month = p->when.month;
	e->host = p->host;
	e->tag = p->tag;
	e->pid = p->pid;
	e->queue_id = none;
	e->peer = none;
	e->recipient = none;
	e->addressee = none;
	e->delays = none;
	e->domain = none;
	e->tls = MAILLOG_NO_ATTRIBUTE;
	e->connection_use = e->starttls = e->starttls_tried = 0;
	e->count = 0;
	e->counters = e->incoming = e->sent = e->internal = false;
}

static bool tells(struct maillog_event *e, struct span message)
{
	if (!read_message(e->by, message, e))
		return false;
	if (e->kind != MAILLOG_TLS && e->queue_id.len > 0)
		e->queue_number = span_hash(0, e->queue_id);
	if (e->kind == MAILLOG_DELIVERY)
		e->recipient_number = span_hash(1, e->addressee);
	return true;
}

static bool read_event(const struct logprefix *p, struct maillog_event *e)
{
	struct logprefix_note note = {0, MAILLOG_BY_UNASKED};
	struct logprefix_note *kept = p->note != NULL ? p->note : &note;

	/* What is kept with a tag is found out once. */
	if (kept->by == MAILLOG_BY_UNASKED)
		*kept = note_of(p);
	if (may_tell(kept->by, p->pid, p->message)) {
		begin_event(e, p, kept);
		return tells(e, p->message);
	}
	e->kind = MAILLOG_FOREIGN;
	e->when = p->when.when;
	e->month = p->when.month;
	return false;
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
	return logprefix_read(&r->prefixes, &r->text, line, len, p);
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
