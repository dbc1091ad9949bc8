/* SPDX-License-Identifier: ISC */
/*
 * check_report - the three forms: what is told first, that it is true, valid for any
 * bytes, and harmless to a terminal.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "report_forms.h"
#include "schema.h"
#include "support.h"
#include "utf8.h"
#include "version.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define HOSTILE "\033[2J\"\\\n\xff\xe2\x80\xae{}"

static struct tally *t;
static struct report r;
static struct buf out;

static bool told(const void *context, unsigned witness)
{
	(void)context;
	return witness == 0;
}

static struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static void deliver(enum delivery_direction way, enum delivery_state state, int64_t when,
		    const char *peer, const char *domain, const char *protocol)
{
	struct delivery d = {.direction = way, .state = state, .when = when};

	d.peer = span_of(peer);
	d.domain = span_of(domain);
	d.protocol = span_of(protocol);
	if (state == DELIVERY_ENCRYPTED) {
		d.cipher = span_of("TLS_AES_256_GCM_SHA384");
		d.trust = span_of("Untrusted");
	}
	tally_delivery(t, &d);
}

static void break_off(enum maillog_reason reason, const char *peer)
{
	const struct delivery_failure f = {DELIVERY_OUT, reason, 1000, span_of(peer)};

	tally_failure(t, &f);
}

static void set_up(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1", 1), 0);
	t = tally_new("encrypt");
	r = (struct report){.tally = t,
			    .source = "mail.log",
			    .by = TALLY_ALL,
			    .what_if = "encrypt",
			    .lines = 100};
}

static void tear_down(void)
{
	tally_free(t);
	buf_release(&out);
}

static void show(const char *form)
{
	buf_clear(&out);
	report_by_name(form)(&r, &out);
}

static void finish(void)
{
	tally_finish(t, told, NULL);
}

/* Where a line is folded, and how wide a column is, is no matter. */
static char *squeezed(const char *text)
{
	struct buf b = BUF_INIT;

	for (; *text != '\0'; text++)
		if (strchr(" \n", *text) == NULL)
			buf_addc(&b, *text);
		else if (b.len == 0 || b.data[b.len - 1] != ' ')
			buf_addc(&b, ' ');
	return buf_detach(&b);
}

static bool has(const char *part)
{
	char *text = squeezed(buf_string(&out)), *wanted = squeezed(part);
	bool found = strstr(text, wanted) != NULL;

	free(text);
	free(wanted);
	return found;
}

static void assert_has(const char *part)
{
	ck_assert_msg(has(part), "no \"%s\" in:\n%s", part, buf_string(&out));
}

static void assert_lacks(const char *part)
{
	ck_assert_msg(!has(part), "\"%s\" in:\n%s", part, buf_string(&out));
}

/* The peer of the article, one that stays, and one that nothing is known of. */
static void some_mail(void)
{
	int i;

	for (i = 0; i < 3; i++)
		deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000 + i, "mx.plain", "plain.example",
			"");
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1375650000, "mx.gmx", "gmx.example", "");
	deliver(DELIVERY_OUT, DELIVERY_ENCRYPTED, 1375800000, "mx.gmx", "gmx.example", "TLSv1.3");
	deliver(DELIVERY_IN, DELIVERY_ENCRYPTED, 1375800001, "mx.gmx", "gmx.example", "TLSv1");
	break_off(MAILLOG_UNTRUSTED, "mx.bad");
}

/* ---- text ---- */

static const struct {
	uint64_t part, whole;
	const char *want;
} percents[] = {
	{0, 5, "0 %"},
	{5, 5, "100 %"},
	{0, 0, "0 %"},
	{4, 10000, "< 0.1 %"},
	{9996, 10000, "> 99.9 %"},
	{9990, 10000, "99.9 %"},
	{1, 3, "33.3 %"},
	{1, 1000, "0.1 %"},
	{1, UINT64_MAX, "< 0.1 %"},
	{UINT64_MAX - UINT32_MAX, UINT64_MAX, "> 99.9 %"},
};

START_TEST(a_percent)
{
	report_percent(&out, percents[_i].part, percents[_i].whole);
	ck_assert_str_eq(out.data, percents[_i].want);
}
END_TEST

START_TEST(a_share)
{
	struct tally_counts c = {.unknown = 5};

	ck_assert(report_share(&c) < 0);
	c.encrypted = 9996;
	ck_assert(report_share(&c) == 100);
	c.plaintext = 4;
	ck_assert(report_share(&c) > 99.95 && report_share(&c) < 99.97);
}
END_TEST

START_TEST(first_of_all)
{
	some_mail();
	finish();
	show("text");
	ck_assert_ptr_eq(strstr(out.data, "Out: 80.0 % of the mail went in plaintext"), out.data);
	assert_has("(4 of 5 deliveries), above all to mx.plain (3).");
	assert_has("\nIn: 1 message, all of it encrypted.\n");
	assert_has("1970-01-01 01:16 to 2013-08-06 15:40, 100 lines of mail.log.\n");
	/* The one that changed is still in plaintext no longer. */
	assert_has("        3    100 %  1970-01-01 01:16  mx.plain\n");
	assert_has("(1 with plaintext before, but encrypted last)");
	assert_has("encrypt would have held back\n  4 deliveries to 2 domains\n");
	assert_has("2013-08-06 15:40  out  plaintext -> encrypted  mx.gmx\n");
	assert_has(": mx.bad\n");
	assert_has("Old versions of TLS");
	assert_has("Certificates were refused");
	ck_assert(utf8_good(out.data, out.len));
}
END_TEST

/* What is wrong, then what to do about it, and only then the rest. */
START_TEST(in_order)
{
	static const char *const parts[] = {
		"Out: ",          "Still in plaintext, to\n", "held back\n", "What to do\n",
		"What changed\n", "Encrypted by day\n",       "encrypted: ", "TLS failures\n"};
	const char *at;
	size_t i;

	some_mail();
	finish();
	show("text");
	at = out.data;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		at = strstr(at, parts[i]);
		ck_assert_msg(at != NULL,
			      "%s is missing, or not behind what it belongs behind:\n%s", parts[i],
			      out.data);
	}
}
END_TEST

/* What there is, and what is said of it. */
static const struct {
	const char *states; /* e, p, u, and 1: a witness that logs no TLS; out, then in */
	uint64_t suppressed, not_understood;
	const char *has[3], *lacks[3];
} situations[] = {
	{"|",
	 0,
	 0,
	 {"Out: no deliveries.", "In:  no messages."},
	 {"held back", "Is it a mail log"}},
	{"|", 0, 0, {"There is no mail in it."}, {"loglevel"}},
	{"e|e",
	 0,
	 0,
	 {"Out: 1 delivery, all of it encrypted.", "held back nothing. From"},
	 {"Still in plaintext", "loglevel"}},
	{"e|e", 316, 0, {"dropped 316 lines", "RateLimitBurst"}, {"held back nothing. From"}},
	{"e|e", 1, 0, {"The logger dropped 1 "}, {NULL}},
	{"p|p",
	 0,
	 0,
	 {"100 % of the mail went", "all to peer", "smtpd_tls_security_level = may"},
	 {"loglevel"}},
	{"p|p", 0, 0, {"Nothing goes out encrypted", "Nothing comes in encrypted"}, {"by day"}},
	{"pu|pe", 0, 0, {"1 100 % 1970-01-01 01:16 peer"}, {"Nothing goes", "Nothing comes"}},
	/* As late: the last word was plaintext. */
	{"pe|",
	 0,
	 0,
	 {"Still in plaintext, to plaintext of all last mail host 1 50.0 %"},
	 {"none;"}},
	{"11|", 0, 0, {"of 2 deliveries the log does not tell whether they were"}, {NULL}},
	{"eu|", 0, 0, {"of 1 delivery the log"}, {"held back nothing. From"}},
	{"e|", 0, 0, {"would have held back\n  nothing\n"}, {"that the log tells of"}},
	{"eu|", 0, 0, {"would have held back\n  nothing that the log tells of\n"}, {NULL}},
	{"1|",
	 0,
	 0,
	 {"Out: of 1 delivery the log does not tell whether it was", "smtp_tls_loglevel = 1"},
	 {"plaintext", "smtpd_tls_loglevel", "held back"}},
	{"e|u", 0, 0, {"smtpd_tls_loglevel = 1"}, {"smtp_tls_loglevel"}},
	{"eu|", 0, 0, {"from before smtp_tls_loglevel was 1"}, {"Set smtp_tls_loglevel = 1"}},
	{"pu|", 0, 0, {"; of 1 delivery", "at least 1 delivery to 1 domain"}, {"no such words"}},
	{"eeeeeeeeeeeeeeeeeeeep|", 0, 0, {"4.8 %", "smtp_tls_policy_maps"}, {"no such words"}},
	{"eeep|", 0, 0, {"25.0 %"}, {"smtp_tls_policy_maps"}},
	{"e|", 0, 51, {"Is it a mail log", "(51 not understood)"}, {"no such words"}},
	{"e|", 0, 50, {"(50 not understood)"}, {"Is it a mail log"}},
	{"|", 0, 51, {"Is it a mail log"}, {"There is no mail in it."}},
};

START_TEST(a_situation)
{
	enum delivery_direction way = DELIVERY_OUT;
	const char *s;
	int i;

	for (s = situations[_i].states; *s != '\0'; s++) {
		if (*s == '|') {
			way = DELIVERY_IN;
			continue;
		}
		deliver(way,
			*s == 'e'   ? DELIVERY_ENCRYPTED
			: *s == 'p' ? DELIVERY_PLAINTEXT
				    : DELIVERY_UNKNOWN,
			1000, "peer", "domain", "");
	}
	r.suppressed = situations[_i].suppressed;
	r.not_understood = situations[_i].not_understood;
	finish();
	show("text");
	for (i = 0; i < 3; i++) {
		if (situations[_i].has[i] != NULL)
			assert_has(situations[_i].has[i]);
		if (situations[_i].lacks[i] != NULL)
			assert_lacks(situations[_i].lacks[i]);
	}
}
END_TEST

/* LMTP has parameters of its own: what smtp_ ones would do is nothing to it. */
START_TEST(over_lmtp)
{
	struct delivery d = {.direction = DELIVERY_OUT, .lmtp = true, .when = 1000};

	d.peer = d.domain = span_of("imap");
	d.state = _i == 0 ? DELIVERY_PLAINTEXT : DELIVERY_UNKNOWN;
	tally_delivery(t, &d);
	if (_i == 2)
		deliver(DELIVERY_OUT, DELIVERY_UNKNOWN, 1000, "mx", "x", "");
	finish();
	show("text");
	if (_i == 0) {
		assert_has("would have held back\n  nothing\n");
		assert_has("lmtp_tls_security_level, which no");
		assert_lacks("Nothing goes out encrypted");
		assert_lacks("lmtp_tls_loglevel");
		return;
	}
	assert_has("Set lmtp_tls_loglevel = 1");
	assert_lacks("lmtp_tls_security_level");
	if (_i == 1)
		assert_lacks("Set smtp_tls_loglevel = 1");
	else
		assert_has("Set smtp_tls_loglevel = 1");
}
END_TEST

/* What the log does not tell of ciphers is not that they are bad. */
START_TEST(secrecy)
{
	struct delivery bare = {.direction = DELIVERY_IN, .state = DELIVERY_ENCRYPTED};

	bare.peer = bare.domain = span_of("c");
	bare.when = 1000;
	tally_delivery(t, &bare);
	if (_i == 1)
		deliver(DELIVERY_IN, DELIVERY_ENCRYPTED, 1000, "d", "x", "TLSv1.3");
	finish();
	show("text");
	assert_has(_i == 0 ? "forward secrecy not known\n"
			   : "forward secrecy 100 % (1; not known of 1)\n");
}
END_TEST

/* Of twenty changes of a peer sixteen are known: the others are counted, wherever some are shown.
 */
START_TEST(changes_that_are_forgotten)
{
	int i;

	for (i = 0; i <= 20; i++)
		deliver(DELIVERY_OUT, i % 2 == 0 ? DELIVERY_PLAINTEXT : DELIVERY_ENCRYPTED,
			1000 + i, "a", "x", "");
	finish();
	show("text");
	assert_has("... and 10 more changes before");
	show("json");
	assert_has("\"left_out\": {\"by\":0,\"changes\":4,");
	show("prometheus");
	assert_has("\ntlsharden_log_changes 20\n");
}
END_TEST

static void deliver_often(enum delivery_direction way, int n, const char *peer)
{
	while (n-- > 0)
		deliver(way, DELIVERY_PLAINTEXT, 1000, peer, "x", "");
}

/* Who is the worst in one direction comes first there, whatever came the other way. */
START_TEST(the_worst_first)
{
	char peer[16];
	int i;

	for (i = 0; i < 10; i++) {
		(void)snprintf(peer, sizeof(peer), "both%d", i);
		deliver_often(DELIVERY_OUT, 100, peer);
		deliver_often(DELIVERY_IN, 1, peer);
	}
	deliver_often(DELIVERY_IN, 50, "worst");
	finish();
	show("text");
	assert_has("above all from worst (50).");
	assert_has("mail host\n         50    100 %  1970-01-01 01:16  worst\n");
	assert_has("  ... and 1 more host\n");
	/* None of ten stands out. */
	assert_has("100 % of the mail went in plaintext (1000 of 1000 deliveries).");
}
END_TEST

START_TEST(none_is_left)
{
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "a", "x", "");
	deliver(DELIVERY_OUT, DELIVERY_ENCRYPTED, 90000, "a", "x", "TLSv1.3");
	deliver(DELIVERY_IN, DELIVERY_ENCRYPTED, 90000, "a", "x", "TLSv1.3");
	finish();
	show("text");
	assert_has(
		"Still in plaintext, to\n  (none; 1 with plaintext before, but encrypted last)\n");
	assert_lacks("mail host");
	/* A day without mail is no day in plaintext. */
	assert_has("1970-01-01  ....................      0 %  -\n");
}
END_TEST

/* ---- any form: limits, rows, bytes ---- */

static void many_peers(void)
{
	char peer[32];
	int i;

	for (i = 0; i < 25; i++) {
		(void)snprintf(peer, sizeof(peer), "peer%02d", i);
		deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000 + (int64_t)i * 86400, peer, peer,
			"");
	}
	finish();
}

START_TEST(so_many_rows)
{
	many_peers();
	show("text");
	assert_has("  ... and 15 more hosts\n");
	assert_has("  ... and 15 more domains\n");
	assert_has("  ... and 11 more days before\n");
	assert_has("  1970-01-25  ....................     0 %");
	r.wide = true;
	r.top = 2;
	show("text");
	assert_has("  ... and 23 more hosts\n");
	assert_has("\xe2\x96\x91");
	r.by = TALLY_DOMAIN;
	show("text");
	assert_lacks("Still in plaintext");
	assert_has("  ... and 23 more rows\n");
	show("prometheus");
	assert_has("domain=\"peer01\",state=\"plaintext\"} 1\n");
	assert_lacks("domain=\"peer02\"");
	r.by = TALLY_ALL;
	show("prometheus");
	assert_lacks("peer01");
}
END_TEST

static json_t *document(void)
{
	json_error_t error;
	json_t *doc;

	show("json");
	doc = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(doc != NULL, "%s at line %d of:\n%s", error.text, error.line, out.data);
	assert_schema(doc, "tests/log.schema.json");
	return doc;
}

static json_t *at(json_t *value, const char *key, size_t i)
{
	value = json_object_get(value, key);
	return json_is_array(value) ? json_array_get(value, i) : value;
}

static const char *text_at(json_t *value, const char *key)
{
	return json_string_value(at(value, key, 0));
}

static int number_at(json_t *value, const char *key)
{
	return (int)json_integer_value(at(value, key, 0));
}

START_TEST(a_document)
{
	json_t *doc, *row;

	some_mail();
	finish();
	r.by = TALLY_DOMAIN;
	doc = document();
	ck_assert_str_eq(text_at(doc, "tlsharden"), TLSHARDEN_VERSION);
	ck_assert_str_eq(text_at(doc, "from"), "1970-01-01T01:16:40+01:00");
	ck_assert_str_eq(text_at(doc, "until"), "2013-08-06T15:40:01+01:00");
	ck_assert_int_eq(number_at(doc, "lines"), 100);
	ck_assert_int_eq(number_at(at(doc, "out", 0), "plaintext"), 4);
	ck_assert_int_eq(number_at(at(at(doc, "in", 0), "protocols", 0), "TLSv1"), 1);
	row = at(doc, "by", 1);
	ck_assert_str_eq(text_at(row, "key"), "gmx.example");
	ck_assert_int_eq(number_at(at(row, "out", 0), "encrypted"), 1);
	row = at(doc, "changes", 0);
	ck_assert_str_eq(text_at(row, "peer"), "mx.gmx");
	ck_assert_str_eq(text_at(row, "was"), "plaintext");
	ck_assert_str_eq(text_at(row, "is"), "encrypted");
	ck_assert_str_eq(text_at(row, "when"), "2013-08-06T15:40:00+01:00");
	ck_assert_int_eq(number_at(at(doc, "what_if", 0), "held_back"), 4);
	ck_assert_int_eq(number_at(at(at(doc, "what_if", 0), "domains", 0), "deliveries"), 3);
	ck_assert_str_eq(text_at(at(doc, "failures", 0), "peer"), "mx.bad");
	ck_assert_int_eq(number_at(at(doc, "failures", 0), "count"), 1);
	json_decref(doc);
}
END_TEST

/* One is one: of lines, too. */
START_TEST(one_of_each)
{
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "x", "x", "");
	deliver(DELIVERY_IN, DELIVERY_ENCRYPTED, 1000, "x", "x", "TLSv1.3");
	finish();
	r.lines = r.suppressed = r.not_understood = 1;
	show("text");
	assert_has("(1 of 1 delivery)");
	assert_has("In: 1 message, all of it encrypted.");
	assert_has(", 1 line of mail.log (1 not understood).");
	assert_has("The logger dropped 1 line: some");
	assert_has("1 delivery to 1 domain\n");
	r.lines = r.suppressed = 2;
	show("text");
	assert_has(", 2 lines of mail.log");
	assert_has("The logger dropped 2 lines: some");
}
END_TEST

START_TEST(nothing_at_all)
{
	json_t *doc;

	finish();
	doc = document();
	ck_assert(json_is_null(json_object_get(doc, "from")));
	ck_assert_uint_eq(json_array_size(json_object_get(doc, "by")), 0);
	json_decref(doc);
	show("prometheus");
	assert_lacks("timestamp");
}
END_TEST

/* ---- the text format of Prometheus, by its grammar ---- */

/* Takes LABEL="VALUE" pairs and the brace; returns what is behind. */
static const char *skip_labels(const char *s)
{
	for (;;) {
		s += strspn(s, "abcdefghijklmnopqrstuvwxyz_");
		ck_assert_msg(s[0] == '=' && s[1] == '"', "at \"%.20s\"", s);
		for (s += 2; *s != '"'; s++) {
			ck_assert_int_ne(*s, '\n');
			if (*s == '\\')
				ck_assert_msg(*++s != '\0' && strchr("\\\"n", *s) != NULL,
					      "an escape \"%.2s\"", s - 1);
		}
		if (*++s == '}')
			return s + 1;
		ck_assert_int_eq(*s++, ',');
	}
}

/* A sample is of the metric that was declared last, and no series comes twice. */
static void assert_metrics(void)
{
	struct buf name = BUF_INIT, series = BUF_INIT, type = BUF_INIT;
	const char *s, *end, *value;
	size_t len;

	for (s = out.data; *s != '\0'; s = end + 1) {
		end = strchr(s, '\n');
		ck_assert_ptr_nonnull(end);
		len = strcspn(s + (*s == '#' ? 7 : 0), " {");
		if (strncmp(s, "# HELP ", 7) == 0) {
			buf_clear(&name);
			buf_add(&name, s + 7, len);
			buf_clear(&type);
			buf_addf(&type, "\n# TYPE %s gauge\n", name.data);
			ck_assert(strncmp(end, type.data, type.len) == 0);
			ck_assert_ptr_null(strstr(end + type.len, type.data));
			end += type.len - 1;
			continue;
		}
		ck_assert(len == name.len && memcmp(s, name.data, len) == 0);
		value = s[len] == '{' ? skip_labels(s + len + 1) : s + len;
		ck_assert_int_eq(*value, ' ');
		ck_assert_uint_eq(strspn(value + 1, "0123456789"), (size_t)(end - value - 1));
		buf_clear(&series);
		buf_addc(&series, '\n');
		buf_add(&series, s, (size_t)(value - s) + 1);
		ck_assert_msg(strstr(end, series.data) == NULL, "twice:%s", series.data);
	}
	buf_release(&name);
	buf_release(&series);
	buf_release(&type);
}

START_TEST(hostile_names)
{
	static const enum tally_by all[] = {TALLY_DAY,      TALLY_PEER,   TALLY_DOMAIN,
					    TALLY_PROTOCOL, TALLY_CIPHER, TALLY_ALL};
	size_t i;

	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, HOSTILE, HOSTILE, "");
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "x\xff", "x\xff", "");
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "x\xfe", "x\xfe", "");
	deliver(DELIVERY_OUT, DELIVERY_ENCRYPTED, 99000, HOSTILE, HOSTILE, HOSTILE);
	deliver(DELIVERY_IN, DELIVERY_PLAINTEXT, 1000, HOSTILE, "", "");
	break_off(MAILLOG_HANDSHAKE, HOSTILE);
	finish();
	r.source = HOSTILE;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		r.by = all[i];
		json_decref(document());
		show("prometheus");
		ck_assert(utf8_good(out.data, out.len));
		assert_metrics();
		show("text");
		ck_assert(strchr(out.data, '\033') == NULL);
		assert_lacks("\xe2\x80\xae");
		ck_assert(utf8_good(out.data, out.len));
	}
	assert_has("\\x1b[2J\"\\");
}
END_TEST

START_TEST(of_prometheus)
{
	some_mail();
	finish();
	r.by = TALLY_PEER;
	show("prometheus");
	assert_metrics();
	assert_has("\ntlsharden_log_deliveries{direction=\"out\",state=\"plaintext\"} 4\n");
	assert_has("\ntlsharden_log_protocol_deliveries{direction=\"in\",protocol=\"TLSv1\"} 1\n");
	assert_has("\ntlsharden_log_held_back_deliveries{level=\"encrypt\"} 4\n");
	assert_has("{direction=\"out\",peer=\"mx.gmx\",state=\"encrypted\"} 1\n");
	assert_has("\ntlsharden_log_until_timestamp_seconds 1375800001\n");
	assert_has("\ntlsharden_log_changes 1\n");
}
END_TEST

/* ---- whole reports, in which no two numbers are the same ---- */

static void mails(int n, enum delivery_direction way, enum delivery_state state, int64_t when,
		  const char *peer, const char *domain, const char *tls)
{
	char words[3][32] = {"", "", ""};
	struct delivery d = {.direction = way, .state = state, .when = when};

	(void)sscanf(tls, "%31s %31s %31s", words[0], words[1], words[2]);
	d.peer = span_of(peer);
	d.domain = span_of(domain);
	d.protocol = span_of(words[0]);
	d.cipher = span_of(words[1]);
	d.trust = span_of(words[2]);
	while (n-- > 0)
		tally_delivery(t, &d);
}

static void failures(int n, enum delivery_direction way, enum maillog_reason reason, int64_t when,
		     const char *peer)
{
	const struct delivery_failure f = {way, reason, when, span_of(peer)};

	while (n-- > 0)
		tally_failure(t, &f);
}

static void all_kinds(void)
{
	const enum delivery_direction o = DELIVERY_OUT, i = DELIVERY_IN;
	const enum delivery_state e = DELIVERY_ENCRYPTED, p = DELIVERY_PLAINTEXT,
				  u = DELIVERY_UNKNOWN;

	/* 2026-07-01 10:00 to 07-02 18:00, 02:00 being the zone. */
	mails(1, o, p, 1782900000, "a.example", "a.example", "");
	mails(9, o, e, 1782900060, "a.example", "a.example", "TLSv1.3 TLS_AES_128 Trusted");
	mails(3, o, e, 1782986400, "b.example", "b.example", "TLSv1.1 AES256-SHA Untrusted");
	mails(2, o, p, 1782993600, "b.example", "", "");
	mails(5, o, u, 1782997200, "c.example", "c.example", "");
	mails(7, i, e, 1782903600, "a.example", "x\\y", "TLSv1.2 ECDHE-AES Anonymous");
	mails(8, i, p, 1783000800, "a.example", "d.example", "");
	mails(11, i, u, 1782907200, "d.example", "d.example", "");
	failures(4, o, MAILLOG_UNVERIFIED, 1782907260, "b.example");
	failures(2, i, MAILLOG_NO_CLIENT_CERT, 1782907320, "a.example");
	failures(1, i, MAILLOG_NO_CLIENT_CERT, 1782907380, "d.example");
	r.lines = 100;
	r.not_understood = 6;
	r.suppressed = 10;
	finish();
}

static const char whole_text[] =
	"Out: 20.0 % of the mail went in plaintext (3 of 15 deliveries), above all to\n"
	"     b.example (2); of 5 deliveries the log does not tell whether they were\n"
	"     encrypted.\n"
	"In:  53.3 % of the mail came in plaintext (8 of 15 messages), all from\n"
	"     a.example (8); of 11 messages the log does not tell whether they were\n"
	"     encrypted.\n"
	"     2026-07-01 12:30 to 2026-07-02 16:30, 100 lines of mail.log (6 not\n"
	"     understood).\n"
	"     The logger dropped 10 lines: some of what is called plaintext here may\n"
	"     have been encrypted.\n"
	"\n"
	"Still in plaintext, to\n"
	"  plaintext   of all  last              mail host\n"
	"          2   40.0 %  2026-07-02 14:30  b.example\n"
	"  (1 with plaintext before, but encrypted last)\n"
	"\n"
	"Still in plaintext, from\n"
	"  plaintext   of all  last              mail host\n"
	"          8   53.3 %  2026-07-02 16:30  a.example\n"
	"\n"
	"smtp_tls_security_level = encrypt would have held back\n"
	"  at least 3 deliveries to 2 domains\n"
	"          2  last 2026-07-02 14:30  <>\n"
	"          1  last 2026-07-01 12:30  a.example\n"
	"\n"
	"What to do\n"
	"  - The counts cannot be trusted while lines get lost: raise RateLimitBurst in\n"
	"    journald.conf, or the rate limit of the input module in rsyslog.conf.\n"
	"  - What the log does not tell of mail that went out was under way when it\n"
	"    begins, or is from before smtp_tls_loglevel was 1, or from a service that\n"
	"    has another one in master.cf: set it to 1 there, too.\n"
	"  - What the log does not tell of mail that came in was under way when it\n"
	"    begins, or is from before smtpd_tls_loglevel was 1, or from a service that\n"
	"    has another one in master.cf: set it to 1 there, too.\n"
	"  - Old versions of TLS are better than plaintext: forbid them where\n"
	"    encryption is mandatory (smtp_tls_mandatory_protocols), not elsewhere.\n"
	"  - Certificates were refused: see smtp_tls_CAfile, and whether the peer's\n"
	"    name or fingerprint has changed in earnest.\n"
	"\n"
	"What changed\n"
	"  2026-07-01 12:31  out  plaintext -> encrypted  a.example\n"
	"  2026-07-02 14:30  out  encrypted -> plaintext  b.example\n"
	"  2026-07-02 16:30  in   encrypted -> plaintext  a.example\n"
	"\n"
	"Encrypted by day\n"
	"              out                            in\n"
	"  2026-07-01  ##################..   90.0 %  ####################    100 %\n"
	"  2026-07-02  ############........   60.0 %  ....................      0 %\n"
	"\n"
	"Out, encrypted: 12\n"
	"  forward secrecy 75.0 % (9)\n"
	"  version         9  TLSv1.3\n"
	"                  3  TLSv1.1\n"
	"  cipher          9  TLS_AES_128\n"
	"                  3  AES256-SHA\n"
	"  trust           9  Trusted\n"
	"                  3  Untrusted\n"
	"\n"
	"In, encrypted: 7\n"
	"  forward secrecy 100 % (7)\n"
	"  version         7  TLSv1.2\n"
	"  cipher          7  ECDHE-AES\n"
	"  trust           7  Anonymous\n"
	"\n"
	"TLS failures\n"
	"          4  2026-07-01 14:31  out  certificate not verified: b.example\n"
	"          2  2026-07-01 14:32  in   no client certificate: a.example\n"
	"          1  2026-07-01 14:33  in   no client certificate: d.example\n";

static const char whole_json[] =
	"{\n"
	"  \"tlsharden\": \"" TLSHARDEN_VERSION "\",\n"
	"  \"source\": \"mail.log\",\n"
	"  \"from\": \"2026-07-01T12:30:00+02:30\",\n"
	"  \"until\": \"2026-07-02T16:30:00+02:30\",\n"
	"  \"lines\": 100,\n"
	"  \"not_understood\": 6,\n"
	"  \"suppressed\": 10,\n"
	"  \"out\": "
	"{\"encrypted\":12,\"plaintext\":3,\"unknown\":5,\"forward_secrecy\":9,\"protocols\":{"
	"\"TLSv1.3\":9,\"TLSv1.1\":3},\"ciphers\":{\"TLS_AES_128\":9,\"AES256-SHA\":3},\"trust\":{"
	"\"Trusted\":9,\"Untrusted\":3}},\n"
	"  \"in\": "
	"{\"encrypted\":7,\"plaintext\":8,\"unknown\":11,\"forward_secrecy\":7,\"protocols\":{"
	"\"TLSv1.2\":7},\"ciphers\":{\"ECDHE-AES\":7},\"trust\":{\"Anonymous\":7}},\n"
	"  \"by\": [\n"
	"    "
	"{\"key\":\"a.example\",\"out\":{\"encrypted\":9,\"plaintext\":1,\"unknown\":0,\"forward_"
	"secrecy\":9,\"protocols\":{\"TLSv1.3\":9},\"ciphers\":{\"TLS_AES_128\":9},\"trust\":{"
	"\"Trusted\":9}},\"in\":{\"encrypted\":7,\"plaintext\":8,\"unknown\":0,\"forward_secrecy\":"
	"7,\"protocols\":{\"TLSv1.2\":7},\"ciphers\":{\"ECDHE-AES\":7},\"trust\":{\"Anonymous\":7}}"
	"},\n"
	"    "
	"{\"key\":\"b.example\",\"out\":{\"encrypted\":3,\"plaintext\":2,\"unknown\":0,\"forward_"
	"secrecy\":0,\"protocols\":{\"TLSv1.1\":3},\"ciphers\":{\"AES256-SHA\":3},\"trust\":{"
	"\"Untrusted\":3}},\"in\":{\"encrypted\":0,\"plaintext\":0,\"unknown\":0,\"forward_"
	"secrecy\":0,\"protocols\":{},\"ciphers\":{},\"trust\":{}}},\n"
	"    "
	"{\"key\":\"d.example\",\"out\":{\"encrypted\":0,\"plaintext\":0,\"unknown\":0,\"forward_"
	"secrecy\":0,\"protocols\":{},\"ciphers\":{},\"trust\":{}},\"in\":{\"encrypted\":0,"
	"\"plaintext\":0,\"unknown\":11,\"forward_secrecy\":0,\"protocols\":{},\"ciphers\":{},"
	"\"trust\":{}}},\n"
	"    "
	"{\"key\":\"c.example\",\"out\":{\"encrypted\":0,\"plaintext\":0,\"unknown\":5,\"forward_"
	"secrecy\":0,\"protocols\":{},\"ciphers\":{},\"trust\":{}},\"in\":{\"encrypted\":0,"
	"\"plaintext\":0,\"unknown\":0,\"forward_secrecy\":0,\"protocols\":{},\"ciphers\":{},"
	"\"trust\":{}}}\n"
	"  ],\n"
	"  \"changes\": [\n"
	"    "
	"{\"peer\":\"a.example\",\"direction\":\"out\",\"was\":\"plaintext\",\"is\":\"encrypted\","
	"\"when\":\"2026-07-01T12:31:00+02:30\"},\n"
	"    "
	"{\"peer\":\"b.example\",\"direction\":\"out\",\"was\":\"encrypted\",\"is\":\"plaintext\","
	"\"when\":\"2026-07-02T14:30:00+02:30\"},\n"
	"    "
	"{\"peer\":\"a.example\",\"direction\":\"in\",\"was\":\"encrypted\",\"is\":\"plaintext\","
	"\"when\":\"2026-07-02T16:30:00+02:30\"}\n"
	"  ],\n"
	"  \"what_if\": {\"level\": \"encrypt\", \"held_back\": 3, \"lower_bound\": true, "
	"\"domains\": [\n"
	"    {\"domain\":\"\",\"deliveries\":2},\n"
	"    {\"domain\":\"a.example\",\"deliveries\":1}\n"
	"  ]},\n"
	"  \"failures\": [\n"
	"    {\"peer\":\"b.example\",\"direction\":\"out\",\"reason\":\"certificate not "
	"verified\",\"count\":4,\"last\":\"2026-07-01T14:31:00+02:30\"},\n"
	"    {\"peer\":\"a.example\",\"direction\":\"in\",\"reason\":\"no client "
	"certificate\",\"count\":2,\"last\":\"2026-07-01T14:32:00+02:30\"},\n"
	"    {\"peer\":\"d.example\",\"direction\":\"in\",\"reason\":\"no client "
	"certificate\",\"count\":1,\"last\":\"2026-07-01T14:33:00+02:30\"}\n"
	"  ],\n"
	"  \"left_out\": {\"by\":0,\"changes\":0,\"domains\":0,\"failures\":0}\n"
	"}\n";

/* In a zone that is not a whole hour from UTC. */
static void set_up_elsewhere(void)
{
	set_up();
	ck_assert_int_eq(setenv("TZ", "<+0230>-2:30", 1), 0);
	tzset();
	all_kinds();
}

START_TEST(a_whole_text)
{
	show("text");
	ck_assert_str_eq(out.data, whole_text);
}
END_TEST

START_TEST(a_whole_document)
{
	r.by = TALLY_PEER;
	show("json");
	ck_assert_str_eq(out.data, whole_json);
}
END_TEST

static void assert_size(json_t *list, size_t n)
{
	ck_assert(json_is_array(list));
	ck_assert_uint_eq(json_array_size(list), n);
}

/* The last of the changes, and the first of all else. */
START_TEST(a_document_in_brief)
{
	json_t *doc, *left;

	r.by = TALLY_PEER;
	r.top = 1;
	doc = document();
	assert_size(json_object_get(doc, "by"), 1);
	assert_size(json_object_get(doc, "changes"), 1);
	assert_size(json_object_get(json_object_get(doc, "what_if"), "domains"), 1);
	assert_size(json_object_get(doc, "failures"), 1);
	ck_assert_str_eq(text_at(at(doc, "by", 0), "key"), "a.example");
	ck_assert_str_eq(text_at(at(doc, "changes", 0), "direction"), "in");
	ck_assert_int_eq(number_at(at(doc, "failures", 0), "count"), 4);
	left = json_object_get(doc, "left_out");
	ck_assert_int_eq(number_at(left, "by"), 3);
	ck_assert_int_eq(number_at(left, "changes"), 2);
	ck_assert_int_eq(number_at(left, "domains"), 1);
	ck_assert_int_eq(number_at(left, "failures"), 2);
	json_decref(doc);
}
END_TEST

/* Of days the last ones, whatever the form is. */
START_TEST(days_in_brief)
{
	json_t *doc;

	r.by = TALLY_DAY;
	r.top = 1;
	doc = document();
	assert_size(json_object_get(doc, "by"), 1);
	ck_assert_str_eq(text_at(at(doc, "by", 0), "key"), "2026-07-02");
	ck_assert_int_eq(number_at(json_object_get(doc, "left_out"), "by"), 1);
	json_decref(doc);
	show("prometheus");
	assert_metrics();
	assert_has("day=\"2026-07-02\"");
	assert_lacks("day=\"2026-07-01\"");
	show("text");
	ck_assert_ptr_nonnull(strstr(out.data, "  2026-07-02\n"));
	ck_assert_ptr_null(strstr(out.data, "  2026-07-01\n"));
}
END_TEST

START_TEST(whole_metrics)
{
	static const char *const lines[] = {
		"lines 100",
		"lines_not_understood 6",
		"lines_suppressed 10",
		"from_timestamp_seconds 1782900000",
		"until_timestamp_seconds 1783000800",
		"deliveries{direction=\"out\",state=\"encrypted\"} 12",
		"deliveries{direction=\"out\",state=\"plaintext\"} 3",
		"deliveries{direction=\"out\",state=\"unknown\"} 5",
		"deliveries{direction=\"in\",state=\"unknown\"} 11",
		"forward_secrecy_deliveries{direction=\"out\"} 9",
		"protocol_deliveries{direction=\"out\",protocol=\"TLSv1.1\"} 3",
		"cipher_deliveries{direction=\"in\",cipher=\"ECDHE-AES\"} 7",
		"trust_deliveries{direction=\"out\",trust=\"Untrusted\"} 3",
		"domain_deliveries{direction=\"out\",domain=\"\",state=\"plaintext\"} 2",
		"domain_deliveries{direction=\"in\",domain=\"x\\\\y\",state=\"encrypted\"} 7",
		"changes 3",
		"held_back_deliveries{level=\"encrypt\"} 3",
		"failures{direction=\"out\",reason=\"certificate not verified\"} 4",
		"failures{direction=\"out\",reason=\"no client certificate\"} 0",
		"failures{direction=\"in\",reason=\"no client certificate\"} 3",
	};
	struct buf line = BUF_INIT;
	size_t i;

	r.by = TALLY_DOMAIN;
	show("prometheus");
	assert_metrics();
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_clear(&line);
		buf_addf(&line, "\ntlsharden_log_%s\n", lines[i]);
		ck_assert_msg(strstr(out.data, line.data) != NULL, "no %s", lines[i]);
	}
	buf_release(&line);
}
END_TEST

/* ---- tables, and what is said of few or many ---- */

START_TEST(a_table)
{
	r.by = TALLY_DOMAIN;
	show("text");
	ck_assert_ptr_nonnull(strstr(
		out.data, "By domain\n"
			  "      out      TLS        in      TLS  last plaintext    domain\n"
			  "        0        -        19      0 %  2026-07-02 16:30  d.example\n"
			  "        2      0 %         0        -  2026-07-02 14:30  <>\n"
			  "       10   90.0 %         0        -  2026-07-01 12:30  a.example\n"));
	/* Days are in order: the last ones, and all where nobody said how many. */
	r.by = TALLY_DAY;
	r.top = 1;
	show("text");
	ck_assert_ptr_nonnull(strstr(out.data, "  day\n       10   60.0 %         8      0 %  "
					       "2026-07-02\n  ... and 1 more day before\n"));
	assert_lacks("Encrypted by day");
	/* Of changes, too, and of names and failures the most frequent. */
	r.by = TALLY_ALL;
	show("text");
	assert_has("What changed\n  2026-07-02 16:30  in   encrypted -> plaintext  a.example\n"
		   "  ... and 2 more changes before\n");
	assert_has("version         9  TLSv1.3\n  ... and 1 more name\n");
	assert_has(": b.example\n  ... and 2 more kinds of failure\n");
}
END_TEST

START_TEST(many_days)
{
	many_peers();
	r.by = TALLY_DAY;
	show("text");
	assert_has("1970-01-01\n");
	assert_lacks("before");
}
END_TEST

START_TEST(in_colour)
{
	const char *s;
	int begins = 0, ends = 0;

	r.colour = true;
	show("text");
	assert_has("\n\033[1mWhat changed\033[m\n");
	for (s = out.data; (s = strchr(s, '\033')) != NULL; s++) {
		begins += strncmp(s, "\033[1m", 4) == 0;
		ends += strncmp(s, "\033[m\n", 4) == 0;
	}
	ck_assert_int_eq(begins, ends);
}
END_TEST

/* Who is named: one who has a part that is worth it, and more than anybody else. */
static const struct {
	int first, others, n;
	const char *says;
} worst[] = {
	{2, 2, 1, "(4 of 4 deliveries)."},
	{3, 2, 1, "(5 of 5 deliveries), above all to first (3)."},
	{3, 2, 6, "(15 of 15 deliveries), above all to first (3)."},
	{3, 2, 9, "(21 of 21 deliveries)."},
	{3, 0, 0, "(3 of 3 deliveries), all to first (3)."},
};

START_TEST(who_is_named)
{
	char peer[16];
	int i;

	deliver_often(DELIVERY_OUT, worst[_i].first, "first");
	for (i = 0; i < worst[_i].n; i++) {
		(void)snprintf(peer, sizeof(peer), "peer%d", i);
		deliver_often(DELIVERY_OUT, worst[_i].others, peer);
	}
	finish();
	show("text");
	assert_has(worst[_i].says);
}
END_TEST

/* Who was in plaintext but the other way is nobody of whom it is said. */
START_TEST(each_way_by_itself)
{
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "b", "x", "");
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "a", "x", "");
	deliver(DELIVERY_IN, DELIVERY_PLAINTEXT, 1000, "c", "x", "");
	deliver(DELIVERY_IN, DELIVERY_ENCRYPTED, 2000, "c", "x", "TLSv1.3");
	finish();
	show("text");
	assert_has("from\n  (none; 1 with plaintext before, but encrypted last)\n");
	/* As many: by name. */
	assert_has("1 100 % 1970-01-01 01:16 a\n 1 100 % 1970-01-01 01:16 b\n");
}
END_TEST

/* Domains, each with one delivery in plaintext, among so many that are encrypted. */
static const struct {
	int domains, encrypted, unknown;
	const char *what_if;
	bool advised;
} advised[] = {
	{20, 220, 0, "encrypt", true},  {21, 300, 0, "encrypt", false},
	{20, 209, 0, "encrypt", false}, {2, 100, 1, "encrypt", true},
	{2, 100, 2, "encrypt", false},  {2, 100, 0, "verify", false},
	{0, 100, 0, "encrypt", false},  {1, 19, 0, "encrypt", false},
};

START_TEST(few_domains)
{
	char name[16];
	int i;

	r.what_if = advised[_i].what_if;
	for (i = 0; i < advised[_i].domains; i++) {
		(void)snprintf(name, sizeof(name), "d%d", i);
		deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, name, name, "");
	}
	for (i = 0; i < advised[_i].encrypted; i++)
		deliver(DELIVERY_OUT, DELIVERY_ENCRYPTED, 1000, "x", "x", "TLSv1.3");
	for (i = 0; i < advised[_i].unknown; i++)
		deliver(DELIVERY_OUT, DELIVERY_UNKNOWN, 1000, "x", "x", "");
	finish();
	show("text");
	if (advised[_i].advised)
		assert_has("smtp_tls_policy_maps");
	else
		assert_lacks("smtp_tls_policy_maps");
}
END_TEST

/* Advice for which one thing is enough. */
static const struct {
	enum maillog_reason reason; /* of a failure; MAILLOG_REASONS: none */
	const char *out, *in;       /* protocols */
	const char *has;
	bool is;
} causes[] = {
	{MAILLOG_NO_ENGINE, "", "", "TLS does not start on this host", true},
	{MAILLOG_UNVERIFIED, "", "", "Certificates were refused", true},
	{MAILLOG_UNTRUSTED, "", "", "Certificates were refused", true},
	{MAILLOG_REASONS, "TLSv1.1", "", "Old versions", true},
	{MAILLOG_REASONS, "", "TLSv1.1", "Old versions", true},
	{MAILLOG_REASONS, "TLSv1", "", "Old versions", true},
	{MAILLOG_REASONS, "SSLv3", "", "Old versions", true},
	{MAILLOG_REASONS, "SSLv2", "", "Old versions", true},
	{MAILLOG_REASONS, "TLSv1.2", "TLSv1.3", "Old versions", false},
	{MAILLOG_HANDSHAKE, "", "", "What to do", false},
};

START_TEST(a_cause)
{
	deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "x", "x", "");
	deliver(DELIVERY_OUT, DELIVERY_ENCRYPTED, 1000, "x", "x", causes[_i].out);
	deliver(DELIVERY_IN, DELIVERY_ENCRYPTED, 1000, "x", "x", causes[_i].in);
	if (causes[_i].reason < MAILLOG_REASONS)
		break_off(causes[_i].reason, "x");
	finish();
	show("text");
	if (causes[_i].is)
		assert_has(causes[_i].has);
	else
		assert_lacks(causes[_i].has);
}
END_TEST

/* A little is not nothing. */
START_TEST(a_bar)
{
	int i;

	deliver(DELIVERY_OUT, DELIVERY_ENCRYPTED, 1000, "x", "x", "TLSv1.3");
	for (i = 0; i < 99; i++)
		deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, "x", "x", "");
	deliver(DELIVERY_IN, DELIVERY_ENCRYPTED, 90000, "x", "x", "TLSv1.3");
	finish();
	show("text");
	assert_has("1970-01-01  #...................    1.0 %");
}
END_TEST

/* ---- a report in parts ---- */

static struct buf drained;

static void drain(void *context, struct buf *part)
{
	ck_assert_ptr_eq(context, &drained);
	buf_add(&drained, part->data, part->len);
	buf_clear(part);
}

START_TEST(in_parts)
{
	static const char *const forms[] = {"json", "prometheus", "text"};
	struct buf whole = BUF_INIT;
	char peer[32];
	int i;

	for (i = 0; i < 2000; i++) {
		(void)snprintf(peer, sizeof(peer), "peer%d", i);
		deliver(DELIVERY_OUT, DELIVERY_PLAINTEXT, 1000, peer, "x", "");
	}
	finish();
	r.by = TALLY_PEER;
	r.top = 2000;
	show(forms[_i]);
	buf_add(&whole, out.data, out.len);
	r.drain = drain;
	r.context = &drained;
	show(forms[_i]);
	ck_assert_uint_gt(drained.len, 0);
	ck_assert_uint_lt(out.len, 70000);
	buf_add(&drained, out.data, out.len);
	ck_assert_str_eq(drained.data, whole.data);
	buf_release(&whole);
	buf_release(&drained);
}
END_TEST

START_TEST(no_such_form)
{
	ck_assert(report_by_name("xml") == NULL);
	ck_assert(report_by_name("") == NULL);
	ck_assert(report_by_name("text") == report_text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_percent, 0, COUNT(percents));
	tcase_add_test(tc, a_share);
	tcase_add_test(tc, first_of_all);
	tcase_add_test(tc, in_order);
	tcase_add_loop_test(tc, over_lmtp, 0, 3);
	tcase_add_loop_test(tc, secrecy, 0, 2);
	tcase_add_test(tc, changes_that_are_forgotten);
	tcase_add_test(tc, the_worst_first);
	tcase_add_test(tc, none_is_left);
	tcase_add_loop_test(tc, a_situation, 0, COUNT(situations));
	tcase_add_test(tc, so_many_rows);
	tcase_add_test(tc, a_document);
	tcase_add_test(tc, one_of_each);
	tcase_add_test(tc, nothing_at_all);
	tcase_add_test(tc, hostile_names);
	tcase_add_test(tc, of_prometheus);
	tcase_add_test(tc, many_days);
	tcase_add_loop_test(tc, who_is_named, 0, COUNT(worst));
	tcase_add_test(tc, each_way_by_itself);
	tcase_add_loop_test(tc, few_domains, 0, COUNT(advised));
	tcase_add_loop_test(tc, a_cause, 0, COUNT(causes));
	tcase_add_test(tc, a_bar);
	tcase_add_loop_test(tc, in_parts, 0, 3);
	tcase_add_test(tc, no_such_form);
	suite_add_tcase(s, tc);
	tc = tcase_create("whole");
	tcase_add_checked_fixture(tc, set_up_elsewhere, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_test(tc, a_whole_text);
	tcase_add_test(tc, a_whole_document);
	tcase_add_test(tc, a_document_in_brief);
	tcase_add_test(tc, days_in_brief);
	tcase_add_test(tc, whole_metrics);
	tcase_add_test(tc, a_table);
	tcase_add_test(tc, in_colour);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
