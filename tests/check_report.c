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
	{"p|p",
	 0,
	 0,
	 {"100 % of the mail went", "all to peer", "smtpd_tls_security_level = may"},
	 {"loglevel"}},
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
	tcase_add_test(tc, the_worst_first);
	tcase_add_test(tc, none_is_left);
	tcase_add_loop_test(tc, a_situation, 0, COUNT(situations));
	tcase_add_test(tc, so_many_rows);
	tcase_add_test(tc, a_document);
	tcase_add_test(tc, nothing_at_all);
	tcase_add_test(tc, hostile_names);
	tcase_add_test(tc, of_prometheus);
	tcase_add_loop_test(tc, in_parts, 0, 3);
	tcase_add_test(tc, no_such_form);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
