/* SPDX-License-Identifier: ISC */
/* check_logprefix - what each logger writes before a message, and where the message begins. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "logprefix.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define WHOLE "out1|postfix/smtp|123|hello: [world]"

/* All are of 2026-11-23 12:30:05 UTC but where a time follows the text. */
#define WHEN ((int64_t)1795437005)

static const struct {
	const char *name, *line;
	const char *want; /* host|tag|process|message; NULL: no prefix */
} cases[] = {
	{"BSD", "Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]", WHOLE},
	{"with fractions", "Nov 23 13:30:05.000685 out1 postfix/smtp[123]: hello: [world]", WHOLE},
	{"RSYSLOG_FileFormat",
	 "2026-11-23T13:30:05.185246+01:00 out1 postfix/smtp[123]: hello: [world]", WHOLE},
	{"short-iso", "2026-11-23T14:30:05+0200 out1 postfix/smtp[123]: hello: [world]", WHOLE},
	{"short-iso of late", "2026-11-23T14:30:05+02:00 out1 postfix/smtp[123]: hello: [world]",
	 WHOLE},
	{"short-full", "Mon 2026-11-23 13:30:05 CET out1 postfix/smtp[123]: hello: [world]", WHOLE},
	{"short-full in UTC", "Mon 2026-11-23 12:30:05 UTC out1 postfix/smtp[123]: hello: [world]",
	 WHOLE},
	{"docker-compose",
	 "postfix    | 2026-11-23T12:30:05.861334+00:00 out1 postfix/smtp[123]: hello: [world]",
	 WHOLE},
	{"docker-compose, BSD", "mail-1  | Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]",
	 WHOLE},
	{"docker-compose, severity for host",
	 "postfix         | 2026-11-23T12:30:05.171270+00:00 INFO    postfix/smtp[123]: hello",
	 "|postfix/smtp|123|hello"},
	{"json-file",
	 "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]\\n\","
	 "\"stream\":\"stdout\",\"time\":\"2026-11-23T12:30:05.123456789Z\"}",
	 WHOLE},
	{"json-file with CRLF",
	 "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]\\r\\n\"}", WHOLE},
	{"json-file, escaped",
	 "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: to=\\u003ca@b\\u003e "
	 "\\\"\\\\\\/\\t\\u00e4\\u000a\"}",
	 "out1|postfix/smtp|123|to=<a@b> \"\\/\t??"},
	{"json-file, blanks and another order",
	 "{ \"time\" : \"2026-11-23T12:30:09Z\", \"attrs\": {\"a\": [1, \"}\\\"]\", {}], \"log\": "
	 "\"no\"}, "
	 "\"n\": null, \"log\": \"Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]\\n\" }",
	 WHOLE},
	{"json-file, the time beside it",
	 "{\"stream\":\"stdout\",\"time\":\"2026-11-23T12:30:05.5Z\",\"log\":\"postfix/smtp[123]: "
	 "hello\\n\"}",
	 "|postfix/smtp|123|hello"},
	{"json-file, priority",
	 "{\"log\":\"<22>Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]\\n\","
	 "\"time\":\"2026-11-23T12:30:09Z\"}",
	 WHOLE},
	{"json-file, the first of two",
	 "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]\",\"log\":\"x\"}",
	 WHOLE},
	{"Kubernetes",
	 "2026-11-23T12:30:06.123456789Z stdout F Nov 23 13:30:05 out1 postfix/smtp[123]: "
	 "hello: [world]",
	 WHOLE},
	{"Kubernetes, no time within",
	 "2026-11-23T12:30:05.123456789Z stderr F postfix/smtp[123]: hello",
	 "|postfix/smtp|123|hello"},
	{"Kubernetes, a part of a line",
	 "2026-11-23T12:30:05.123456789Z stdout P postfix/smtp[123]: hello",
	 "|postfix/smtp|123|hello"},
	{"Solaris", "Nov 23 13:30:05 out1 postfix/smtp[123]: [ID 197553 mail.info] hello: [world]",
	 WHOLE},
	{"priority", "<22>Nov 23 13:30:05 out1 postfix/smtp[123]: hello: [world]", WHOLE},
	{"RFC 5424", "<22>1 2026-11-23T12:30:05Z out1 postfix/smtp 123 - - hello: [world]", WHOLE},
	{"RFC 5424, data",
	 "<22>1 2026-11-23T12:30:05.5Z out1 postfix/smtp 123 ID [a b=\"c\"][d e=\"f\"] hello: "
	 "[world]",
	 WHOLE},
	{"RFC 5424, data with brackets and quotes",
	 "<22>1 2026-11-23T12:30:05Z out1 postfix/smtp 123 ID [a b=\"[x]\\\\\"][c "
	 "d=\"q\\]\\\"z]\"] hello: "
	 "[world]",
	 WHOLE},
	{"RFC 5424, byte order mark",
	 "<22>1 2026-11-23T12:30:05Z out1 postfix/smtp 123 - - \xef\xbb\xbfhello: [world]", WHOLE},
	{"RFC 5424, no process", "<22>1 2026-11-23T12:30:05Z out1 postfix/smtp - - - hello",
	 "out1|postfix/smtp|0|hello"},
	{"FreeBSD -v", "Nov 23 13:30:05 <mail.info> out1 postfix/smtp[123]: hello: [world]", WHOLE},
	{"a number for severity", "Nov 23 13:30:05 <6> h postfix/smtp[123]: hello",
	 "h|postfix/smtp|123|hello"},
	{"a host that begins as a severity", "Nov 23 13:30:05 ERRATA postfix/smtp[123]: hello",
	 "ERRATA|postfix/smtp|123|hello"},
	{"a host that is called as a severity", "Nov 23 13:30:05 info postfix/smtp[123]: hello",
	 "info|postfix/smtp|123|hello"},
	{"address for host", "Nov 23 13:30:05 192.0.2.1 postfix/smtp[123]: hello",
	 "192.0.2.1|postfix/smtp|123|hello"},
	{"container for host", "Nov 23 13:30:05 36587352c6a6 postfix/smtp[123]: hello",
	 "36587352c6a6|postfix/smtp|123|hello"},
	{"(none) for host", "Nov 23 13:30:05 (none) postfix/smtp[123]: hello",
	 "(none)|postfix/smtp|123|hello"},
	{"no host", "Nov 23 13:30:05 postfix/smtp[123]: hello", "|postfix/smtp|123|hello"},
	{"long tag", "Nov 23 13:30:05 h postfix-smo/submission/smtpd[4294967295]: hello",
	 "h|postfix-smo/submission/smtpd|4294967295|hello"},
	{"no process", "Nov 23 13:30:05 h kernel: hello", "h|kernel|0|hello"},
	{"brackets that hold no number", "Nov 23 13:30:05 h a[b]: hello", "h|a[b]|0|hello"},
	{"a number too long", "Nov 23 13:30:05 h a[12345678901]: hello",
	 "h|a[12345678901]|0|hello"},
	{"brackets that hold nothing", "Nov 23 13:30:05 h a[]: hello", "h|a[]|0|hello"},
	{"a tag of one letter", "Nov 23 13:30:05 h a: hello", "h|a|0|hello"},
	{"a colon alone is no tag", "Nov 23 13:30:05 h : a[1]: hello", "h|a|1|hello"},
	{"no brackets to open", "Nov 23 13:30:05 h a]: hello", "h|a]|0|hello"},
	{"no message", "Nov 23 13:30:05 h a[1]:", "h|a|1|"},
	{"a blank before the message stays", "Nov 23 13:30:05 h a[1]:  hello", "h|a|1| hello"},
	{"repeated", "Nov 23 13:30:05 h postfix/smtpd[1]: message repeated 2 times: [ text]",
	 "h|postfix/smtpd|1|message repeated 2 times: [ text]"},
	{"repeated of old", "Nov 23 13:30:05 h last message repeated 7 times",
	 "h||0|repeated 7 times"},
	{"time alone", "Nov 23 13:30:05", "||0|"},
	/* Only what comes first counts. */
	{"a tag in the message", "Nov 23 13:30:05 h a[1]: postfix/smtp[123]: x",
	 "h|a|1|postfix/smtp[123]: x"},
	{"too many words before a tag", "Nov 23 13:30:05 h one two postfix/smtp[123]: x",
	 "h||0|postfix/smtp[123]: x"},
	{"no time", "out1 postfix/smtp[123]: hello", NULL},
	{"nothing", "", NULL},
	{"a word", "hello", NULL},
	{"behind the time no blank", "Nov 23 13:30:05x out1 postfix/smtp[123]: hello", NULL},
	{"in front of the time a blank", " Nov 23 13:30:05 out1 postfix/smtp[123]: hello", NULL},
	{"cut JSON", "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: hel", NULL},
	{"JSON without a text", "{\"time\":\"2026-11-23T12:30:05Z\"}", NULL},
	{"JSON that is no object", "{", NULL},
	{"JSON without a time", "{\"log\":\"postfix/smtp[123]: hello\"}", NULL},
	{"JSON with a text that is none", "{\"log\":{\"log\":\"Nov 23 13:30:05 h a[1]: x\"}}",
	 NULL},
	{"JSON cut in a string", "{\"time\":\"2026-11-23T12:30:05Z\\", NULL},
	{"bad escape", "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: \\q\"}", NULL},
	{"bad code", "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: \\u00g0\"}", NULL},
	{"escape at the end", "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: \\", NULL},
	{"a code of no letter",
	 "{\"log\":\"Nov 23 13:30:05 out1 postfix/smtp[123]: \\u001f\\u0020\\u007e\\u007f\"}",
	 "out1|postfix/smtp|123|? ~?"},
	{"bad priority", "<a>Nov 23 13:30:05 out1 postfix/smtp[123]: hello", NULL},
	{"bar without a name", "| Nov 23 13:30:05 out1 postfix/smtp[123]: hello", NULL},
};

static void set_up(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
}

static bool is_same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || a.at == b.at);
}

static bool is_within(struct span s, const char *line, size_t len, const struct buf *text)
{
	return s.len == 0 || (s.at >= line && s.at + s.len <= line + len) ||
	       (s.at >= text->data && s.at + s.len <= text->data + text->len);
}

/* A copy that ends where it ends, so that whoever reads on is seen by tools that look. */
static bool read_copy(const char *line, size_t len, struct buf *text, struct buf *got,
		      int64_t *when)
{
	struct logprefix_cache cache = {.stamps.key_len = 0};
	struct stamp_clock clock;
	char *copy = malloc(len > 0 ? len : 1);
	struct logprefix p;
	bool found;

	if (copy == NULL)
		ck_abort();
	memcpy(copy, line, len);
	stamp_clock_init(&clock, 10, WHEN + 86400, 0);
	buf_clear(text);
	found = logprefix_read(&cache, text, copy, len, &p);
	if (found) {
		if (!is_within(p.host, copy, len, text) || !is_within(p.tag, copy, len, text) ||
		    !is_within(p.message, copy, len, text))
			ck_abort_msg("outside: %.*s", (int)len, copy);
		buf_addf(got, "%.*s|%.*s|%u|%.*s", (int)p.host.len, p.host.at, (int)p.tag.len,
			 p.tag.at, p.pid, (int)p.message.len, p.message.at);
		*when = stamp_date(&clock, &p.when);
	}
	free(copy);
	return found;
}

START_TEST(a_case)
{
	struct buf text = BUF_INIT, got = BUF_INIT;
	int64_t when;

	ck_assert(read_copy(cases[_i].line, strlen(cases[_i].line), &text, &got, &when) ==
		  (cases[_i].want != NULL));
	if (cases[_i].want != NULL) {
		ck_assert_str_eq(buf_string(&got), cases[_i].want);
		ck_assert_int_eq(when, WHEN);
	}
	buf_release(&text);
	buf_release(&got);
}
END_TEST

/* All the words that count; they stand where a host would. */
START_TEST(severities)
{
	static const char *const words[] = {"INFO",  "WARN",  "WARNING", "ERROR",  "ERR",
					    "DEBUG", "CRIT",  "FATAL",   "NOTICE", "PANIC",
					    "ALERT", "EMERG", "<info>"};
	struct buf text = BUF_INIT, got = BUF_INIT, line = BUF_INIT;
	int64_t when;
	int i;

	for (i = 0; i < COUNT(words); i++) {
		buf_clear(&line);
		buf_clear(&got);
		buf_addf(&line, "Nov 23 13:30:05 %s postfix/smtp[123]: hello", words[i]);
		ck_assert(read_copy(line.data, line.len, &text, &got, &when));
		ck_assert_str_eq(buf_string(&got), "|postfix/smtp|123|hello");
	}
	buf_release(&text);
	buf_release(&got);
	buf_release(&line);
}
END_TEST

/* The same bytes, with the rest of the line behind them. */
static bool read_in_place(const char *line, size_t len, struct buf *text)
{
	struct logprefix_cache cache = {.stamps.key_len = 0};
	struct logprefix p;

	buf_clear(text);
	return logprefix_read(&cache, text, line, len, &p);
}

/* What was read before makes no difference: each after each, of lines that begin alike, too. */
START_TEST(one_after_another)
{
	static const char *const tails[] = {"postfix/smtp[123]: hello",
					    "postfix/smtp[123]:",
					    "postfix/smtp[123] hello",
					    "postfix/smtp[12345678901]: hello",
					    "postfix/smtp[]: hello",
					    "postfix/smtp[12x]: hello",
					    "postfix/smtp[123]:hello",
					    "postfix/smtp: hello",
					    "postfix/smtp[123]: [ID 1 a] hello",
					    "postfix/smtp[7] a[1]: x",
					    "a[1] postfix/smtp[7]: x",
					    "[1] postfix/smtp[7]: x",
					    "INFO postfix/smtp[7]: x",
					    "b postfix/smtp[7]: x",
					    "",
					    "[",
					    "postfix/smtp["};
	struct logprefix_cache cache = {.stamps.key_len = 0};
	struct buf text = BUF_INIT, line = BUF_INIT;
	struct logprefix p, fresh;
	size_t i, round;

	for (round = 0; round < 4 * COUNT(tails); round++)
		for (i = 0; i < COUNT(tails); i++) {
			struct logprefix_cache none = {.stamps.key_len = 0};

			buf_clear(&line);
			buf_addf(&line, "Nov 23 13:30:05 %s%s", round % 2 ? "h " : "",
				 tails[(i * (round + 1)) % COUNT(tails)]);
			ck_assert(logprefix_read(&cache, &text, line.data, line.len, &p) ==
				  logprefix_read(&none, &text, line.data, line.len, &fresh));
			ck_assert_msg(is_same(p.host, fresh.host) && is_same(p.tag, fresh.tag) &&
					      is_same(p.message, fresh.message) &&
					      p.pid == fresh.pid,
				      "%s", line.data);
			if (p.note != NULL)
				p.note->who++;
		}
	buf_release(&text);
	buf_release(&line);
}
END_TEST

/* What is cut is of the same host, tag and process, or of none. */
START_TEST(a_case_that_is_cut)
{
	struct buf text = BUF_INIT, got = BUF_INIT;
	const char *line = cases[_i].line;
	int64_t when;
	size_t len;
	bool found;

	for (len = 0; len < strlen(line); len++) {
		buf_clear(&got);
		found = read_copy(line, len, &text, &got, &when);
		ck_assert_msg(read_in_place(line, len, &text) == found, "%zu bytes", len);
		if (cases[_i].want == NULL || !found || strstr(buf_string(&got), "|123|") == NULL)
			continue;
		got.len = (size_t)(strstr(got.data, "|123|") - got.data) + 5;
		ck_assert_msg(strncmp(got.data, cases[_i].want, got.len) == 0, "%zu bytes: %s", len,
			      got.data);
	}
	buf_release(&text);
	buf_release(&got);
}
END_TEST

/* Each byte in each place: nothing is read that is not there. */
START_TEST(any_byte)
{
	struct buf text = BUF_INIT, got = BUF_INIT, line = BUF_INIT;
	int64_t when;
	size_t i;
	int c;

	for (i = 0; i < strlen(cases[_i].line); i++) {
		for (c = 0; c < 256; c++) {
			buf_clear(&line);
			buf_clear(&got);
			buf_adds(&line, cases[_i].line);
			line.data[i] = (char)c;
			(void)read_copy(line.data, line.len, &text, &got, &when);
		}
	}
	buf_release(&text);
	buf_release(&got);
	buf_release(&line);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("logprefix");
	TCase *tc = tcase_create("logprefix");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_case, 0, COUNT(cases));
	tcase_add_test(tc, one_after_another);
	tcase_add_test(tc, severities);
	tcase_add_loop_test(tc, a_case_that_is_cut, 0, COUNT(cases));
	tcase_add_loop_test(tc, any_byte, 0, COUNT(cases));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
