/* SPDX-License-Identifier: ISC */
#include "report_forms.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fold.h"

#define USUAL_ROWS 10
#define USUAL_DAYS 14
#define BAR 20 /* columns */
/* Few enough to be told apart in a lookup table by hand. */
#define FEW_DOMAINS 20

/* What the two directions are called. */
static const struct {
	const char *title, *one, *many, *went, *to;
} ways[] = {{"Out", "delivery", "deliveries", "went", "to"},
	    {"In", "message", "messages", "came", "from"}};

static void mails(struct buf *out, uint64_t n, int way)
{
	buf_add_count(out, n, ways[way].one, ways[way].many);
}

static const struct tally_counts *total_of(const struct report *r, int way)
{
	return tally_total(r->tally, (enum delivery_direction)way);
}

static void heading(const struct report *r, struct buf *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void heading(const struct report *r, struct buf *out, const char *fmt, ...)
{
	va_list ap;

	buf_adds(out, r->colour ? "\n\033[1m" : "\n");
	va_start(ap, fmt);
	buf_addv(out, fmt, ap);
	va_end(ap);
	buf_adds(out, r->colour ? "\033[m\n" : "\n");
}

/* A name from the log; the sender of a bounce has no domain. */
static void name(struct buf *out, const char *text)
{
	if (*text == '\0')
		buf_adds(out, "<>");
	else
		diag_escape(out, text, strlen(text));
}

static void moment(struct buf *out, int64_t when)
{
	time_t seconds = (time_t)when;
	char text[64] = "-";
	struct tm tm;

	if (when != INT64_MIN && localtime_r(&seconds, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	buf_addf(out, "%-16s", text);
}

static void share(struct buf *out, uint64_t part, uint64_t whole)
{
	struct buf text = BUF_INIT;

	if (whole > 0)
		report_percent(&text, part, whole);
	else
		buf_adds(&text, "-");
	buf_addf(out, "%8s", text.data);
	buf_release(&text);
}

/* So many things ("host"), before those that are shown or among them ("" or " before"). */
static void left_out(struct buf *out, size_t n, const char *what, const char *where)
{
	if (n > 0)
		buf_addf(out, "  ... and %zu more %s%s%s\n", n, what, n == 1 ? "" : "s", where);
}

/* ---- first of all: how much goes in plaintext, and to whom ---- */

static void most_of_it(const struct report *r, struct buf *out, int way)
{
	struct tally_row row = TALLY_ROW_INIT, most = TALLY_ROW_INIT;
	size_t i, n = tally_rows(r->tally, TALLY_PEER);
	uint64_t count = 0, next = 0, all = total_of(r, way)->plaintext, one;

	for (i = 0; i < n; i++) {
		tally_row(r->tally, TALLY_PEER, i, &row);
		one = row.counts[way].plaintext;
		if (one > count) {
			next = count;
			count = one;
			most.key = row.key;
		} else if (one > next) {
			next = one;
		}
		/* They are sorted: no later one has more of both directions. */
		if (row.counts[0].plaintext + row.counts[1].plaintext < count)
			break;
	}
	/* Who has a small part of it, or is one of two, is not worth a line of his own. */
	if (most.key != NULL && count > next && count >= all / 5) {
		buf_addf(out, ", %s %s ", count == all ? "all" : "above all", ways[way].to);
		name(out, most.key);
		buf_addf(out, " (%" PRIu64 ")", count);
	}
	tally_row_release(&row);
}

static void known_part(const struct report *r, struct buf *out, int way)
{
	const struct tally_counts *c = total_of(r, way);
	uint64_t known = c->encrypted + c->plaintext;

	if (c->plaintext == 0) {
		mails(out, known, way);
		buf_adds(out, ", all of it encrypted");
		return;
	}
	report_percent(out, c->plaintext, known);
	buf_addf(out, " of the mail %s in plaintext (%" PRIu64 " of ", ways[way].went,
		 c->plaintext);
	mails(out, known, way);
	buf_addc(out, ')');
	most_of_it(r, out, way);
}

static void headline(const struct report *r, struct buf *out, int way)
{
	const struct tally_counts *c = total_of(r, way);
	uint64_t known = c->encrypted + c->plaintext;
	struct buf mark = BUF_INIT, text = BUF_INIT;

	buf_addf(&mark, "%-5s", way == DELIVERY_OUT ? "Out:" : "In:");
	if (known > 0)
		known_part(r, &text, way);
	else if (c->unknown == 0)
		buf_addf(&text, "no %s", ways[way].many);
	if (c->unknown > 0) {
		buf_adds(&text, known > 0 ? "; of " : "of ");
		mails(&text, c->unknown, way);
		buf_addf(&text, " the log does not tell whether %s encrypted",
			 c->unknown == 1 ? "it was" : "they were");
	}
	buf_addc(&text, '.');
	fold(out, mark.data, text.data);
	buf_release(&mark);
	buf_release(&text);
}

static void what_was_read(const struct report *r, struct buf *out)
{
	struct buf text = BUF_INIT;
	int64_t from, until;

	if (tally_span(r->tally, &from, &until)) {
		moment(&text, from);
		buf_adds(&text, " to ");
		moment(&text, until);
		buf_adds(&text, ", ");
	}
	buf_add_count(&text, r->lines, "line of ", "lines of ");
	diag_escape(&text, r->source, strlen(r->source));
	if (r->not_understood > 0)
		buf_addf(&text, " (%" PRIu64 " not understood)", r->not_understood);
	buf_addc(&text, '.');
	fold(out, "     ", text.data);
	buf_clear(&text);
	if (r->suppressed > 0) {
		buf_adds(&text, "The logger dropped ");
		buf_add_count(&text, r->suppressed, "line", "lines");
		buf_adds(&text, ": some of what is called plaintext here may have been encrypted.");
		fold(out, "     ", text.data);
	}
	buf_release(&text);
}

/* ---- peers and domains ---- */

static bool is_still_plaintext(const struct tally_counts *c)
{
	return c->plaintext > 0 && c->last_plaintext >= c->last_encrypted;
}

static void plaintext_row(struct buf *out, const struct tally_row *row, int way)
{
	const struct tally_counts *c = &row->counts[way];

	buf_addf(out, "  %9" PRIu64 " ", c->plaintext);
	share(out, c->plaintext, c->plaintext + c->encrypted);
	buf_adds(out, "  ");
	moment(out, c->last_plaintext);
	buf_adds(out, "  ");
	name(out, row->key);
	buf_addc(out, '\n');
}

/* A peer among the rows of the tally, and how much of it was in plaintext. */
struct place {
	size_t row;
	uint64_t plaintext;
};

static int by_plaintext(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->plaintext != b->plaintext)
		return a->plaintext < b->plaintext ? 1 : -1;
	return a->row < b->row ? -1 : 1;
}

/* Those whose last word was plaintext, the worst first; past: how many others had some. */
static struct place *find_places(const struct report *r, int way, size_t *n, size_t *past)
{
	size_t i, cap = 0, rows = tally_rows(r->tally, TALLY_PEER);
	struct tally_row row = TALLY_ROW_INIT;
	struct place *places = NULL;

	*n = *past = 0;
	for (i = 0; i < rows; i++) {
		tally_row(r->tally, TALLY_PEER, i, &row);
		if (row.counts[0].plaintext + row.counts[1].plaintext == 0)
			break;
		if (!is_still_plaintext(&row.counts[way])) {
			*past += row.counts[way].plaintext > 0;
			continue;
		}
		places = xgrow(places, *n, &cap, sizeof(*places));
		places[(*n)++] = (struct place){i, row.counts[way].plaintext};
	}
	tally_row_release(&row);
	if (*n > 0)
		qsort(places, *n, sizeof(*places), by_plaintext);
	return places;
}

static void plaintext_rows(const struct report *r, struct buf *out, int way,
			   const struct place *places, size_t n)
{
	size_t i, shown = report_limit(r, n, USUAL_ROWS);
	struct tally_row row = TALLY_ROW_INIT;

	buf_addf(out, "  %9s %8s  %-16s  %s\n", "plaintext", "of all", "last", "mail host");
	for (i = 0; i < shown; i++) {
		tally_row(r->tally, TALLY_PEER, places[i].row, &row);
		plaintext_row(out, &row, way);
		report_drain(r, out);
	}
	left_out(out, n - shown, "host", "");
	tally_row_release(&row);
}

static void still_plaintext(const struct report *r, struct buf *out, int way)
{
	struct place *places;
	size_t n, past;

	if (total_of(r, way)->plaintext == 0)
		return;
	places = find_places(r, way, &n, &past);
	heading(r, out, "Still in plaintext, %s", way == DELIVERY_OUT ? "to" : "from");
	if (n > 0)
		plaintext_rows(r, out, way, places, n);
	if (past > 0)
		buf_addf(out, "  (%s%zu with plaintext before, but encrypted last)\n",
			 n == 0 ? "none; " : "", past);
	free(places);
}

static void held_back(const struct report *r, struct buf *out)
{
	uint64_t deliveries;
	size_t i, n, shown;
	const struct tally_domain *d = tally_held_back(r->tally, &n, &deliveries);

	heading(r, out, "smtp_tls_security_level = %s would have held back", r->what_if);
	if (n == 0) {
		buf_addf(out, "  nothing%s\n",
			 report_is_lower_bound(r) ? " that the log tells of" : "");
		return;
	}
	buf_addf(out, "  %s", report_is_lower_bound(r) ? "at least " : "");
	mails(out, deliveries, DELIVERY_OUT);
	buf_adds(out, " to ");
	buf_add_count(out, n, "domain", "domains");
	buf_addc(out, '\n');
	shown = report_limit(r, n, USUAL_ROWS);
	for (i = 0; i < shown; i++) {
		buf_addf(out, "  %9" PRIu64 "  last ", d[i].deliveries);
		moment(out, d[i].last);
		buf_adds(out, "  ");
		name(out, d[i].domain);
		buf_addc(out, '\n');
	}
	left_out(out, n - shown, "domain", "");
}

/* ---- a table for --by ---- */

static void counts_columns(struct buf *out, const struct tally_counts *c)
{
	buf_addf(out, "%9" PRIu64 " ", c->encrypted + c->plaintext + c->unknown);
	share(out, c->encrypted, c->encrypted + c->plaintext);
}

/* When the last mail went in plaintext, either way. */
static void last_column(struct buf *out, const struct tally_row *row)
{
	int64_t last = row->counts[DELIVERY_OUT].last_plaintext;

	if (row->counts[DELIVERY_IN].last_plaintext > last)
		last = row->counts[DELIVERY_IN].last_plaintext;
	buf_adds(out, "  ");
	if (last == INT64_MIN)
		buf_addf(out, "%-16s", "-");
	else
		moment(out, last);
}

static void by_table(const struct report *r, struct buf *out)
{
	static const char *const titles[] = {"day", "mail host", "domain", "TLS version", "cipher"};
	size_t i, n = tally_rows(r->tally, r->by), shown, from;
	bool dated = r->by == TALLY_PEER || r->by == TALLY_DOMAIN;
	struct tally_row row = TALLY_ROW_INIT;

	/* Of days the last ones, all of them unless a number was given. */
	shown = report_limit(r, n, r->by == TALLY_DAY ? 0 : USUAL_ROWS);
	from = report_first_row(r, n, shown);
	heading(r, out, "By %s", titles[r->by]);
	buf_addf(out, "%9s %8s %9s %8s  %s%s\n", "out", "TLS", "in", "TLS",
		 dated ? "last plaintext    " : "", titles[r->by]);
	for (i = from; i < from + shown; i++) {
		tally_row(r->tally, r->by, i, &row);
		counts_columns(out, &row.counts[DELIVERY_OUT]);
		buf_addc(out, ' ');
		counts_columns(out, &row.counts[DELIVERY_IN]);
		if (dated)
			last_column(out, &row);
		buf_adds(out, "  ");
		name(out, row.key);
		buf_addc(out, '\n');
		report_drain(r, out);
	}
	left_out(out, n - shown, r->by == TALLY_DAY ? "day" : "row",
		 r->by == TALLY_DAY ? " before" : "");
	tally_row_release(&row);
}

/* ---- days and changes ---- */

/* Full only if all was encrypted, empty only if nothing was; none where nothing is known. */
static void bar(struct buf *out, const struct tally_counts *c, bool wide)
{
	uint64_t known = c->encrypted + c->plaintext;
	uint64_t full = known > 0 ? c->encrypted * BAR / known : 0, i;

	if (full == 0 && c->encrypted > 0)
		full = 1;
	for (i = 0; i < BAR; i++)
		if (known == 0)
			buf_addc(out, ' ');
		else if (i < full)
			buf_adds(out, wide ? "\xe2\x96\x88" : "#");
		else
			buf_adds(out, wide ? "\xe2\x96\x91" : ".");
}

static void days(const struct report *r, struct buf *out)
{
	size_t i, n = tally_rows(r->tally, TALLY_DAY), shown = report_limit(r, n, USUAL_DAYS);
	struct tally_row row = TALLY_ROW_INIT;
	int way;

	if (n < 2)
		return;
	heading(r, out, "Encrypted by day");
	buf_addf(out, "  %-10s  %-29s  %s\n", "", "out", "in");
	for (i = n - shown; i < n; i++) {
		tally_row(r->tally, TALLY_DAY, i, &row);
		buf_addf(out, "  %s", row.key);
		for (way = 0; way < 2; way++) {
			buf_adds(out, "  ");
			bar(out, &row.counts[way], r->wide);
			buf_addc(out, ' ');
			share(out, row.counts[way].encrypted,
			      row.counts[way].encrypted + row.counts[way].plaintext);
		}
		buf_addc(out, '\n');
	}
	left_out(out, n - shown, "day", " before");
	tally_row_release(&row);
}

static void changes(const struct report *r, struct buf *out)
{
	size_t i, n, forgotten;
	const struct tally_change *c = tally_changes(r->tally, &n, &forgotten);
	size_t shown = report_limit(r, n, USUAL_ROWS);

	if (n == 0)
		return;
	heading(r, out, "What changed");
	for (i = n - shown; i < n; i++) {
		buf_adds(out, "  ");
		moment(out, c[i].when);
		buf_addf(out, "  %-3s  %s -> %s  ", report_way(c[i].direction),
			 report_state(c[i].was), report_state(c[i].is));
		name(out, c[i].peer);
		buf_addc(out, '\n');
	}
	left_out(out, n - shown + forgotten, "change", " before");
}

/* ---- how what was encrypted was encrypted ---- */

static void names(struct buf *out, const char *title, const struct tally_list *list, size_t most)
{
	size_t i;

	for (i = 0; i < list->n && i < most; i++) {
		buf_addf(out, "  %-8s%9" PRIu64 "  ", i == 0 ? title : "", list->v[i].count);
		name(out, list->v[i].name);
		buf_addc(out, '\n');
	}
	if (list->n > most)
		left_out(out, list->n - most, "name", "");
}

/* Of those whose cipher the log tells. */
static void forward_secrecy(struct buf *out, const struct tally_counts *c)
{
	const struct tally_list *ciphers = &c->names[TALLY_CIPHERS];
	uint64_t known = 0;
	size_t i;

	for (i = 0; i < ciphers->n; i++)
		known += ciphers->v[i].count;
	buf_adds(out, "  forward secrecy ");
	if (known == 0) {
		buf_adds(out, "not known\n");
		return;
	}
	report_percent(out, c->forward_secrecy, known);
	buf_addf(out, " (%" PRIu64, c->forward_secrecy);
	if (known < c->encrypted)
		buf_addf(out, "; not known of %" PRIu64, c->encrypted - known);
	buf_adds(out, ")\n");
}

static void sessions(const struct report *r, struct buf *out, int way)
{
	const struct tally_counts *c = total_of(r, way);
	size_t most = report_limit(r, SIZE_MAX, USUAL_ROWS);

	if (c->encrypted == 0)
		return;
	heading(r, out, "%s, encrypted: %" PRIu64, ways[way].title, c->encrypted);
	forward_secrecy(out, c);
	names(out, "version", &c->names[TALLY_PROTOCOLS], most);
	names(out, "cipher", &c->names[TALLY_CIPHERS], most);
	names(out, "trust", &c->names[TALLY_TRUST], most);
}

static void failures(const struct report *r, struct buf *out)
{
	size_t i, n;
	const struct tally_failure *f = tally_failures(r->tally, &n);
	size_t shown = report_limit(r, n, USUAL_ROWS);

	if (n == 0)
		return;
	heading(r, out, "TLS failures");
	for (i = 0; i < shown; i++) {
		buf_addf(out, "  %9" PRIu64 "  ", f[i].count);
		moment(out, f[i].last);
		buf_addf(out, "  %-3s  %s: ", report_way(f[i].direction),
			 delivery_reason(f[i].reason));
		name(out, f[i].peer);
		buf_addc(out, '\n');
	}
	left_out(out, n - shown, "kind", " of failure");
}

/* ---- what to do about it ---- */

static bool has_old_protocol(const struct tally_counts *c)
{
	static const char *const old[] = {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"};
	const struct tally_list *list = &c->names[TALLY_PROTOCOLS];
	size_t i, o;

	for (i = 0; i < list->n; i++)
		for (o = 0; o < sizeof(old) / sizeof(old[0]); o++)
			if (strcmp(list->v[i].name, old[o]) == 0)
				return true;
	return false;
}

static bool has_failure(const struct report *r, enum maillog_reason reason)
{
	size_t i, n;
	const struct tally_failure *f = tally_failures(r->tally, &n);

	for (i = 0; i < n; i++)
		if (f[i].reason == reason)
			return true;
	return false;
}

/* Of what smtp sent, or smtpd got. */
static bool is_unknown(const struct report *r, int way, bool all)
{
	const struct tally_counts *c = total_of(r, way);

	return c->unknown > c->lmtp_unknown && (c->encrypted == 0) == all;
}

static bool is_unknown_lmtp(const struct report *r)
{
	return total_of(r, DELIVERY_OUT)->lmtp_unknown > 0;
}

static bool is_plaintext_lmtp(const struct report *r)
{
	return total_of(r, DELIVERY_OUT)->lmtp_plaintext > 0;
}

static bool is_unknown_out(const struct report *r)
{
	return is_unknown(r, DELIVERY_OUT, true);
}

static bool is_unknown_in(const struct report *r)
{
	return is_unknown(r, DELIVERY_IN, true);
}

static bool is_partly_unknown_out(const struct report *r)
{
	return is_unknown(r, DELIVERY_OUT, false);
}

static bool is_partly_unknown_in(const struct report *r)
{
	return is_unknown(r, DELIVERY_IN, false);
}

static bool is_suppressed(const struct report *r)
{
	return r->suppressed > 0;
}

static bool is_no_mail_log(const struct report *r)
{
	return r->lines > 0 && r->not_understood > r->lines / 2;
}

static bool is_without_mail(const struct report *r)
{
	int64_t from, until;

	return !tally_span(r->tally, &from, &until) && !is_no_mail_log(r);
}

static bool is_all_plaintext(const struct report *r, int way)
{
	const struct tally_counts *c = total_of(r, way);

	return c->plaintext > c->lmtp_plaintext && c->encrypted + c->unknown == 0;
}

static bool is_all_plaintext_out(const struct report *r)
{
	return is_all_plaintext(r, DELIVERY_OUT);
}

static bool is_all_plaintext_in(const struct report *r)
{
	return is_all_plaintext(r, DELIVERY_IN);
}

static bool is_all_encrypted_out(const struct report *r)
{
	const struct tally_counts *c = total_of(r, DELIVERY_OUT);

	return c->encrypted > 0 && c->plaintext + c->unknown == 0 && r->suppressed == 0;
}

/* Few destinations stand in the way of a higher level, and what is not known is next to nothing. */
static bool is_few_domains(const struct report *r)
{
	const struct tally_counts *c = total_of(r, DELIVERY_OUT);
	bool known = c->unknown <= (c->encrypted + c->plaintext) / 100;
	uint64_t deliveries;
	size_t n;

	(void)tally_held_back(r->tally, &n, &deliveries);
	return strcmp(r->what_if, "encrypt") == 0 && n > 0 && n <= FEW_DOMAINS && known &&
	       c->encrypted / 10 > c->plaintext;
}

static bool is_old(const struct report *r)
{
	return has_old_protocol(total_of(r, DELIVERY_OUT)) ||
	       has_old_protocol(total_of(r, DELIVERY_IN));
}

static bool is_without_engine(const struct report *r)
{
	return has_failure(r, MAILLOG_NO_ENGINE);
}

static bool is_unverified(const struct report *r)
{
	return has_failure(r, MAILLOG_UNVERIFIED) || has_failure(r, MAILLOG_UNTRUSTED);
}

static const struct {
	bool (*applies)(const struct report *);
	const char *text;
} advice[] = {
	{is_no_mail_log,
	 "Most lines have no form that is known. Is it a mail log, and is it whole?"},
	{is_without_mail,
	 "There is no mail in it. Is it Postfix's log, of the time that was asked for, and may all "
	 "of it be read?"},
	{is_suppressed,
	 "The counts cannot be trusted while lines get lost: raise RateLimitBurst in "
	 "journald.conf, or the rate limit of the input module in rsyslog.conf."},
	{is_unknown_out, "Set smtp_tls_loglevel = 1, and no other in master.cf, so that the log "
			 "tells what goes out "
			 "encrypted (\"tlsharden /etc/postfix/main.cf\" does it)."},
	{is_unknown_in,
	 "Set smtpd_tls_loglevel = 1, and no other in master.cf, so that the log tells what comes "
	 "in encrypted (\"tlsharden /etc/postfix/main.cf\" does it)."},
	{is_partly_unknown_out,
	 "What the log does not tell of mail that went out was under way when it begins, or is "
	 "from "
	 "before smtp_tls_loglevel was 1, or from a service that has another one in master.cf: set "
	 "it to 1 there, too."},
	{is_partly_unknown_in,
	 "What the log does not tell of mail that came in was under way when it begins, or is from "
	 "before smtpd_tls_loglevel was 1, or from a service that has another one in master.cf: "
	 "set "
	 "it to 1 there, too."},
	{is_unknown_lmtp, "Set lmtp_tls_loglevel = 1 by hand, so that the log tells what goes out "
			  "encrypted over LMTP."},
	{is_plaintext_lmtp,
	 "What goes out in plaintext over LMTP is a matter of lmtp_tls_security_level, which no "
	 "smtp_ parameter changes, nor tlsharden."},
	{is_all_plaintext_out, "Nothing goes out encrypted: set smtp_tls_security_level = may "
			       "(\"tlsharden /etc/postfix/main.cf\" does it)."},
	{is_all_plaintext_in, "Nothing comes in encrypted: set smtpd_tls_security_level = may "
			      "(\"tlsharden /etc/postfix/main.cf\" does it), with a certificate."},
	{is_all_encrypted_out,
	 "All that went out was encrypted: smtp_tls_security_level = encrypt would have held back "
	 "nothing. From then on mail to a server without TLS waits, and returns in the end."},
	{is_few_domains,
	 "As far as the log tells, few domains stand in the way of smtp_tls_security_level = "
	 "encrypt: it can be set once each of those above has the entry \"may\" in "
	 "smtp_tls_policy_maps."},
	{is_old, "Old versions of TLS are better than plaintext: forbid them where encryption is "
		 "mandatory (smtp_tls_mandatory_protocols), not elsewhere."},
	{is_without_engine, "TLS does not start on this host: look for warnings of Postfix about "
			    "certificates, keys and CA files."},
	{is_unverified,
	 "Certificates were refused: see smtp_tls_CAfile, and whether the peer's name "
	 "or fingerprint has changed in earnest."},
};

static void what_to_do(const struct report *r, struct buf *out)
{
	bool any = false;
	size_t i;

	for (i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
		if (!advice[i].applies(r))
			continue;
		if (!any)
			heading(r, out, "What to do");
		any = true;
		fold(out, "  - ", advice[i].text);
	}
}

void report_text(const struct report *r, struct buf *out)
{
	int way;

	headline(r, out, DELIVERY_OUT);
	headline(r, out, DELIVERY_IN);
	what_was_read(r, out);
	for (way = 0; way < 2 && r->by == TALLY_ALL; way++)
		still_plaintext(r, out, way);
	if (r->by != TALLY_ALL)
		by_table(r, out);
	if (total_of(r, DELIVERY_OUT)->encrypted + total_of(r, DELIVERY_OUT)->plaintext > 0)
		held_back(r, out);
	/* What comes behind it is to look things up in. */
	what_to_do(r, out);
	changes(r, out);
	if (r->by != TALLY_DAY)
		days(r, out);
	for (way = 0; way < 2; way++)
		sessions(r, out, way);
	failures(r, out);
	report_drain(r, out);
}
