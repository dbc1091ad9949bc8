/* SPDX-License-Identifier: ISC */
/*
 * check_log - tlsharden log as a user runs it: options, streams, exit status.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "support.h"
#include "version.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Encrypted, and without a trace of TLS. */
#define TLS(day)                                                                                   \
	day "T10:00:00Z mx postfix/smtp[77]: Trusted TLS connection established to mx.one.example" \
	    "[192.0.2.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
#define SENT(day, id, domain)                                                                      \
	day "T10:00:01Z mx postfix/smtp[77]: " id ": to=<a@" domain ">, relay=mx." domain          \
	    "[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)\n"

#define FIRST TLS("2026-07-13") SENT("2026-07-13", "4PbC4z6W5Qz3tG1", "one.example")
#define SECOND SENT("2026-07-14", "4PbC4z6W5Qz3tG2", "two.example")
#define THIRD TLS("2026-07-15") SENT("2026-07-15", "4PbC4z6W5Qz3tG3", "one.example")

static const char mixed[] = FIRST SECOND THIRD;
static const char good[] = FIRST THIRD;
static const char untold[] = SECOND;

/* In: with TLS, without, and the log ends before it is known. */
#define CAME(id)                                                                                   \
	"2026-07-15T11:00:01Z mx postfix/smtpd[5]: " id ": client=h[192.0.2.9]\n"                  \
	"2026-07-15T11:00:02Z mx postfix/qmgr[9]: " id ": from=<a@s>, size=1, nrcpt=1 "            \
	"(queue active)\n"
#define CONNECTED "2026-07-15T11:00:00Z mx postfix/smtpd[5]: connect from h[192.0.2.9]\n"
#define GONE(counters)                                                                             \
	"2026-07-15T11:00:03Z mx postfix/smtpd[5]: disconnect from h[192.0.2.9] " counters "\n"
static const char in_good[] = CONNECTED CAME("R1234") GONE("ehlo=2 starttls=1 mail=1 commands=7");
static const char in_plain[] = CONNECTED CAME("R1235") GONE("ehlo=1 mail=1 commands=5");
static const char in_open[] = CONNECTED CAME("R1236");
#define LISTED_IN(id, state) "in\t2026-07-15T11:00:02+00:00\t" id "\t-\th\t" state "\t-\n"

#define LISTED_1                                                                                   \
	"out\t2026-07-13T10:00:01+00:00\t4PbC4z6W5Qz3tG1\ta@one.example\tmx.one.example\t"         \
	"encrypted\tTLSv1.3\n"
#define LISTED_2(state)                                                                            \
	"out\t2026-07-14T10:00:01+00:00\t4PbC4z6W5Qz3tG2\ta@two.example\tmx.two.example\t" state   \
	"\t-\n"
#define LISTED_3                                                                                   \
	"out\t2026-07-15T10:00:01+00:00\t4PbC4z6W5Qz3tG3\ta@one.example\tmx.one.example\t"         \
	"encrypted\tTLSv1.3\n"

static void begin(void)
{
	set_up();
	(void)setenv("TZ", "UTC", 1);
	put("mail.log", mixed);
	put("good.log", good);
	put("untold.log", untold);
	put("empty.log", "");
	put("in-good.log", in_good);
	put("in-plain.log", in_plain);
	put("in-open.log", in_open);
}

static void run_log(const char *const args[])
{
	const char *argv[12] = {program(), "log"};
	int i;

	for (i = 0; args[i] != NULL; i++)
		argv[i + 2] = args[i];
	run_here(argv, "", 0);
}

/* ---- usage ---- */

static const struct {
	const char *args[5], *says;
} usage[] = {
	{{"--bogus", "mail.log"}, "unknown option: --bogus"},
	{{"-x", "mail.log"}, "unknown option: -x"},
	{{"-n", "mail.log"}, "unknown option: -n"},
	{{"--ver", "mail.log"}, "ambiguous option: --ver (--verbose, --version)"},
	{{"--c=x", "mail.log"}, "ambiguous option: --c=x (--check, --color)"},
	{{"--checks", "mail.log"}, "unknown option: --checks"},
	{{"--deliveries=yes", "mail.log"}, "takes no value"},
	{{"mail.log", "--by"}, "without its argument: --by"},
	{{"--by", "week", "mail.log"}, "week"},
	{{"--by", "", "mail.log"}, "--by"},
	{{"--since", "soon", "mail.log"}, "--since wants a time: soon"},
	{{"--until", "2026-02-30", "mail.log"}, "--until wants a time: 2026-02-30"},
	{{"--since=2026-07-15", "--until=2026-07-14", "mail.log"}, "--since is after --until"},
	{{"--top", "0", "mail.log"}, "--top"},
	{{"--top", "-1", "mail.log"}, "--top"},
	{{"--top", "3x", "mail.log"}, "--top"},
	{{"--top", "99999999999999999999", "mail.log"}, "--top"},
	{{"--what-if", "none of these", "mail.log"}, "none of these"},
	{{"--format", "xml", "mail.log"}, "xml"},
	{{"--color", "sometimes", "mail.log"}, "sometimes"},
	{{"--min-encrypted", "95", "mail.log"}, "goes with --check"},
	{{"--check", "--min-encrypted=101", "mail.log"}, "101"},
	{{"--check", "--min-encrypted=-1", "mail.log"}, "-1"},
	{{"--check", "--min-encrypted=nan", "mail.log"}, "nan"},
	{{"--check", "--min-encrypted=0x10", "mail.log"}, "0x10"},
	{{"--check", "--min-encrypted=9.5.1", "mail.log"}, "9.5.1"},
	{{"--check", "--min-encrypted=", "mail.log"}, "--min-encrypted"},
	{{"--min-encrypted", "0", "mail.log"}, "goes with --check"},
	{{"--check", "--deliveries", "mail.log"}, "exclude each other"},
	{{"--deliveries", "--format=json", "mail.log"}, "--format"},
	{{"--deliveries", "--by=day", "mail.log"}, "--by"},
	{{"--deliveries", "--top=1", "mail.log"}, "--top"},
	{{"--deliveries", "--what-if=encrypt", "mail.log"}, "--what-if"},
};

START_TEST(wrong_usage_reads_nothing)
{
	run_log(usage[_i].args);
	assert_status(2);
	ck_assert_str_eq(buf_string(&r.out), "");
	assert_has(&r.err, usage[_i].says);
	assert_has(&r.err, "try 'tlsharden log --help'");
}
END_TEST

START_TEST(help_is_of_the_command)
{
	HARDEN("log", _i == 0 ? "--help" : "-h", "--by", "hour", "-V");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.err), "");
	ck_assert(strncmp(buf_string(&r.out), "Usage: tlsharden log ", 21) == 0);
}
END_TEST

/* As the first word alone it is the command. */
START_TEST(version_is_the_program_s)
{
	HARDEN("log", _i == 0 ? "--version" : "-V", "--min-encrypted=9", "--nope");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "tlsharden " TLSHARDEN_VERSION "\n");
}
END_TEST

START_TEST(file_called_log_can_be_named)
{
	put("log", weak);
	HARDEN("-n", "log");
	assert_status(0);
	assert_has(&r.out, "+++ b/log\n");
	HARDEN("-n", "./log");
	assert_status(0);
	assert_has(&r.out, "+++ b/log\n");
	HARDEN("log", "mail.log");
	assert_status(0);
	assert_has_not(&r.out, "+++");
	assert_content("log", weak);
}
END_TEST

/* ---- deliveries ---- */

static const struct {
	const char *args[5], *want;
} listed[] = {
	{{"good.log"}, LISTED_1 LISTED_3},
	{{"mail.log"}, LISTED_1 LISTED_2("plaintext") LISTED_3},
	{{"untold.log"}, LISTED_2("unknown")},
	{{"empty.log"}, ""},
	{{"in-good.log"}, LISTED_IN("R1234", "encrypted")},
	{{"in-plain.log"}, LISTED_IN("R1235", "plaintext")},
	{{"in-open.log"}, LISTED_IN("R1236", "unknown")},
	{{"--since=2026-07-14", "mail.log"}, LISTED_2("plaintext") LISTED_3},
	{{"--until=2026-07-14", "mail.log"}, LISTED_1 LISTED_2("plaintext")},
	{{"--since=2026-07-14", "--until=2026-07-14", "mail.log"}, LISTED_2("plaintext")},
	{{"--since=2026-07-15T10:00:01Z", "mail.log"}, LISTED_3},
	{{"--since=2026-07-15T10:00:01Z", "--until=2026-07-15T10:00:01Z", "mail.log"}, LISTED_3},
	{{"--since=2026-07-15T10:00:02Z", "mail.log"}, ""},
	{{"--until=2026-07-13T10:00:01Z", "mail.log"}, LISTED_1},
	{{"--until=2026-07-13T10:00:00Z", "mail.log"}, ""},
};

START_TEST(each_delivery_is_a_line)
{
	const char *args[6] = {"--deliveries"};
	int i;

	for (i = 0; listed[_i].args[i] != NULL; i++)
		args[i + 1] = listed[_i].args[i];
	run_log(args);
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.err), "");
	ck_assert_str_eq(buf_string(&r.out), listed[_i].want);
}
END_TEST

/* Of two logs: what the first leaves untold is told by the second. */
START_TEST(delivery_waits_for_its_witness)
{
	HARDEN("log", "--deliveries", "good.log", "untold.log");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), LISTED_1 LISTED_3 LISTED_2("plaintext"));
	put("later.log", THIRD);
	HARDEN("log", "--deliveries", "later.log", "untold.log");
	assert_status(0);
	ck_assert_uint_eq(count_lines(&r.out), 2);
	assert_has(&r.out, LISTED_2("plaintext"));
	assert_has(&r.out, LISTED_3);
	/* It is said when it is known, not at the end: that the log is older is one thing to know.
	 */
	put("first.log", "2026-07-13T10:00:00Z mx postfix/smtpd[5]: connect from h[192.0.2.9]\n");
	put("last.log", "2026-07-16T10:00:01Z mx postfix/smtp[77]: ABCDE: to=<a@b>, "
			"relay=mx.b[192.0.2.1]:25, conn_use=2, delay=1, status=sent (ok)\n");
	HARDEN("log", "--deliveries", "first.log", "later.log", "untold.log", "last.log");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out),
			 LISTED_3 LISTED_2("plaintext") "out\t2026-07-16T10:00:01+00:00\tABCDE\t"
							"a@b\tmx.b\tplaintext\t-\n");
}
END_TEST

/* Each daemon has a witness of its own, and some tell before others are heard of. */
START_TEST(many_witnesses)
{
	struct buf log = BUF_INIT;
	int i;

	buf_adds(&log, FIRST);
	for (i = 0; i < 40; i++) {
		buf_addf(&log, "2026-07-14T10:00:00Z mx postfix/s%d/smtp[%d]: ", i, i + 1);
		if (i % 4 == 3)
			buf_adds(&log, "Trusted TLS connection established to a[192.0.2.1]:25: "
				       "TLSv1.3 with cipher X (1/1 bits)\n");
		else
			buf_adds(&log, "ABCDE: to=<a>, relay=a[192.0.2.1]:25, delay=1, "
				       "status=sent (ok)\n");
	}
	put("many.log", log.data);
	HARDEN("log", "--deliveries", "many.log");
	assert_status(0);
	ck_assert_uint_eq(count_lines(&r.out), 31);
	assert_has(&r.out, "\tABCDE\ta\ta\tunknown\t-\n");
	buf_release(&log);
}
END_TEST

/* A field stays one, whatever it contains; what a terminal would obey is shown. */
START_TEST(fields_cannot_be_forged)
{
	static const char text[] =
		TLS("2026-07-13") "2026-07-13T10:00:01Z mx postfix/smtp[77]: "
				  "4PbC4z6W5Qz3tG1: to=<a\tin\x1b[2J\xff@b>, "
				  "relay=mx.one.example[192.0.2.1]:25, delay=1, "
				  "delays=0/0/0/1, dsn=2.0.0, status=sent (ok)\n";

	put("odd.log", text);
	HARDEN("log", "--deliveries", "odd.log");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out),
			 "out\t2026-07-13T10:00:01+00:00\t4PbC4z6W5Qz3tG1\ta\\tin\\x1b[2J\\xff@b\t"
			 "mx.one.example\tencrypted\tTLSv1.3\n");
}
END_TEST

/* ---- the check ---- */

static const struct {
	const char *args[4];
	int status;
	const char *says;
} checks[] = {
	{{"good.log"}, 0, "out: 2 of 2 encrypted, 100.00 %; 0 not known; 100 % wanted: ok\n"},
	{{"mail.log"}, 1, "out: 2 of 3 encrypted, 66.67 %; 0 not known; 100 % wanted: FAILED\n"},
	{{"--min-encrypted=66.6", "mail.log"}, 0, ": ok\n"},
	{{"--min-encrypted=66.7", "mail.log"}, 1, ": FAILED\n"},
	{{"--min-encrypted=0", "mail.log"}, 0, ": ok\n"},
	/* A few that are known do not vouch for nothing. */
	{{"--min-encrypted=0", "untold.log"}, 1, "smtp_tls_loglevel = 1 may be missing: FAILED\n"},
	{{"--min-encrypted=0", "empty.log"}, 1, "no mail at all, so nothing is shown: FAILED\n"},
	{{"--since=2026-07-15", "mail.log"}, 0, "out: 1 of 1 encrypted"},
	{{"--until=2026-07-12", "mail.log"}, 1, "no mail at all"},
	{{"--min-encrypted=100", "good.log"}, 0, "100 % wanted: ok\n"},
};

START_TEST(check_sets_the_exit_status)
{
	const char *args[6] = {"--check"};
	int i;

	for (i = 0; checks[_i].args[i] != NULL; i++)
		args[i + 1] = checks[_i].args[i];
	run_log(args);
	assert_status(checks[_i].status);
	ck_assert_str_eq(buf_string(&r.err), "");
	assert_has(&r.out, checks[_i].says);
	assert_has(&r.out, "in: no mail: ok\n");
	/* And no report. */
	assert_has_not(&r.out, "Out: ");
}
END_TEST

/* Either way counts. */
static const struct {
	const char *args[4];
	int status;
	const char *says;
} both_ways[] = {
	{{"good.log", "in-good.log"}, 0, "in: 1 of 1 encrypted, 100.00 %"},
	{{"good.log", "in-plain.log"},
	 1,
	 "in: 0 of 1 encrypted, 0.00 %; 0 not known; 100 % wanted: F"},
	{{"mail.log", "in-good.log"}, 1, "out: 2 of 3 encrypted"},
	{{"good.log", "in-open.log"}, 1, "in: not known of any of 1: smtpd_tls_loglevel = 1 may"},
	{{"untold.log", "in-good.log"}, 1, "out: not known of any of 1: smtp_tls_loglevel = 1 may"},
};

START_TEST(check_looks_both_ways)
{
	HARDEN("log", "--check", both_ways[_i].args[0], both_ways[_i].args[1]);
	assert_status(both_ways[_i].status);
	ck_assert_uint_eq(count_lines(&r.out), 2);
	assert_has(&r.out, both_ways[_i].says);
}
END_TEST

START_TEST(check_with_a_document_says_it_aside)
{
	HARDEN("log", "--check", "--format", "json", "mail.log");
	assert_status(1);
	ck_assert_int_eq(buf_string(&r.out)[0], '{');
	assert_has_not(&r.out, "FAILED");
	assert_has(&r.err, "tlsharden: out: 2 of 3 encrypted");
	HARDEN("log", "--check", "--quiet", "--format", "json", "mail.log");
	assert_status(1);
	ck_assert_str_eq(buf_string(&r.err), "");
}
END_TEST

/* Who reads documents gets one, whatever there was to be read. */
START_TEST(document_of_nothing)
{
	HARDEN("log", "--format", "json", "nosuch.log");
	assert_status(2);
	ck_assert_int_eq(buf_string(&r.out)[0], '{');
	assert_has(&r.out, "\"lines\": 0");
	assert_has(&r.err, "nosuch.log: No such file");
	HARDEN("log", "--format", "prometheus", "nosuch.log", ".");
	assert_status(2);
	assert_has(&r.out, "tlsharden_log_lines 0\n");
	HARDEN("log", "nosuch.log");
	assert_status(2);
	ck_assert_str_eq(buf_string(&r.out), "");
}
END_TEST

/* What a stranger called himself does not move the cursor; in a pipe it is as it was. */
START_TEST(document_on_a_terminal)
{
	static const char *const formats[] = {"prometheus", "json"};
	const char *argv[] = {program(),   "log",     "--by=peer", "--format",
			      formats[_i], "odd.log", NULL};

	put("odd.log", "2026-07-13T10:00:01Z mx postfix/smtp[77]: ABCDE: to=<a@b>, relay=h\x1b"
		       "\xc2\x9b.example[192.0.2.1]:25, delay=1, status=sent (250 ok)\n");
	run_in_terminal(&r, top, argv, true);
	assert_status(0);
	assert_has(&r.out, "\\xc2\\x9b.example");
	/* Line by line, as in a pipe. */
	ck_assert_uint_gt(count_lines(&r.out), 10);
	ck_assert_ptr_null(strchr(r.out.data, '\x1b'));
	ck_assert_ptr_null(strstr(r.out.data, "\xc2\x9b"));
	HARDEN("log", "--by=peer", "--format", formats[_i], "odd.log");
	assert_status(0);
	assert_has(&r.out, "\xc2\x9b");
}
END_TEST

/* Bars are of blocks where the terminal has them, which the first variable that is set tells. */
static const struct {
	const char *all, *ctype, *lang;
	bool wide;
} locales[] = {
	{NULL, NULL, "C.UTF-8", true}, {NULL, NULL, "de_DE.utf8", true},
	{NULL, NULL, "C", false},      {"C", "C.UTF-8", "C.UTF-8", false},
	{"C.UTF-8", "C", "C", true},   {"", "C.UTF-8", "C", true},
	{NULL, "C", "C.UTF-8", false}, {NULL, NULL, NULL, false},
};

static void set_or_not(const char *name, const char *value)
{
	ck_assert_int_eq(value != NULL ? setenv(name, value, 1) : unsetenv(name), 0);
}

START_TEST(bars_on_a_terminal)
{
	const char *argv[] = {program(), "log", "mail.log", NULL};

	set_or_not("LC_ALL", locales[_i].all);
	set_or_not("LC_CTYPE", locales[_i].ctype);
	set_or_not("LANG", locales[_i].lang);
	run_in_terminal(&r, top, argv, true);
	assert_status(0);
	ck_assert((strstr(buf_string(&r.out), "\xe2\x96\x88") != NULL) == locales[_i].wide);
	/* A pipe is none. */
	HARDEN("log", "mail.log");
	assert_status(0);
	assert_has(&r.out, "####");
}
END_TEST

/* Trouble is graver than what was found. */
START_TEST(check_of_half_a_log_is_trouble)
{
	HARDEN("log", "--check", "mail.log", "nosuch.log");
	assert_status(2);
	assert_has(&r.out, "out: 2 of 3 encrypted");
}
END_TEST

/* What is not enough does not look as if it were. */
START_TEST(check_does_not_contradict_itself)
{
	struct buf log = BUF_INIT;
	int i;

	buf_adds(&log, SECOND TLS("2026-07-15"));
	for (i = 0; i < 30000; i++)
		buf_addf(&log,
			 "2026-07-15T10:00:01Z mx postfix/smtp[77]: ABCDE: to=<%d@one.example>, "
			 "relay=mx.one.example[192.0.2.1]:25, delay=1, status=sent (ok)\n",
			 i);
	put("large.log", buf_string(&log));
	HARDEN("log", "--check", "large.log");
	assert_status(1);
	assert_has(&r.out, "30000 of 30001 encrypted, 99.99 %; 0 not known; 100 % wanted: FAILED");
	HARDEN("log", "--check", "--min-encrypted=66.6667", "mail.log");
	assert_status(1);
	assert_has(&r.out, "66.66 %; 0 not known; 66.6667 % wanted: FAILED");
	buf_release(&log);
}
END_TEST

/* ---- forms of the report ---- */

static const struct {
	const char *args[5], *has;
} reports[] = {
	{{"mail.log"}, "TLSv1.3"},
	{{"--format=text", "mail.log"}, "TLSv1.3"},
	{{"--format=json", "mail.log"}, "\"not_understood\""},
	{{"--format=prometheus", "mail.log"}, "# TYPE "},
	{{"--by=day", "mail.log"}, "2026-07-14"},
	{{"--by=peer", "mail.log"}, "mx.two.example"},
	{{"--by=domain", "mail.log"}, "two.example"},
	{{"--by=protocol", "mail.log"}, "TLSv1.3"},
	{{"--by=cipher", "mail.log"}, "TLS_AES_256_GCM_SHA384"},
	{{"--what-if=verify", "mail.log"}, "verify"},
	{{"--what-if=ENCRYPT", "mail.log"}, "\nsmtp_tls_security_level = encrypt would"},
	{{"--color=always", "mail.log"}, "\x1b["},
};

START_TEST(report_has_what_was_asked_for)
{
	run_log(reports[_i].args);
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.err), "");
	assert_has(&r.out, reports[_i].has);
}
END_TEST

START_TEST(lines_are_counted)
{
	put("odd.log", FIRST "garbage\n\n" THIRD "more");
	HARDEN("log", "--format=json", "odd.log");
	assert_status(0);
	assert_has(&r.out, "\"lines\": 7");
	assert_has(&r.out, "\"not_understood\": 2");
}
END_TEST

START_TEST(what_was_dropped_is_added_up)
{
#define DROPPED(n)                                                                                 \
	"2026-07-13T10:00:00Z mx systemd-journald[1]: Suppressed " n " messages from "             \
	"postfix.service\n"
	put("odd.log", FIRST DROPPED("5") DROPPED("7"));
	HARDEN("log", "--format=json", "odd.log");
	assert_status(0);
	assert_has(&r.out, "\"suppressed\": 12");
}
END_TEST

/* Those of another time do not count. */
START_TEST(failures_have_their_time)
{
	put("odd.log", FIRST "2026-07-13T10:00:02Z mx postfix/smtp[77]: SSL_connect error to "
			     "one.example[192.0.2.1]:25: -1\n"
			     "2026-07-14T10:00:02Z mx postfix/smtp[77]: SSL_connect error to "
			     "two.example[192.0.2.1]:25: -1\n");
	HARDEN("log", "--format=json", "--since=2026-07-14", "odd.log");
	assert_status(0);
	assert_has(&r.out, "{\"peer\":\"two.example\"");
	assert_has_not(&r.out, "one.example");
}
END_TEST

/* A zone that cannot be read is no error of the number behind it. */
START_TEST(errors_of_others_are_none)
{
	(void)setenv("TZ", "No/Such/Zone", 1);
	HARDEN("log", "--since=2026-07-01", "--top=1", "mail.log");
	assert_status(0);
}
END_TEST

START_TEST(top_limits_the_rows)
{
	HARDEN("log", "--format=json", "--by=day", "--top=1", "mail.log");
	assert_status(0);
	HARDEN("log", "--by=domain", "--top=1", "mail.log");
	assert_status(0);
	assert_has(&r.out, "two.example");
	assert_has(&r.out, "... and 1 more row\n");
}
END_TEST

/* ---- files ---- */

static const struct {
	const char *args[5], *says;
	int status;
	size_t lines;
} files[] = {
	{{"good.log", "untold.log"}, NULL, 0, 3},
	{{"good.log", "nosuch", "untold.log"}, "nosuch: No such file or directory", 2, 3},
	{{"good.log", ".", "untold.log"}, ".: Is a directory", 2, 3},
	{{"nosuch"}, "nosuch: No such file or directory", 2, 0},
	{{"good.log", "./good.log"}, "./good.log: the same file as one before", 0, 2},
	{{"-q", "good.log", "./good.log"}, NULL, 0, 2},
	{{"--", "good.log"}, NULL, 0, 2},
	{{"-", "good.log"}, NULL, 0, 2},
};

START_TEST(files_that_fail_do_not_stop_the_others)
{
	const char *args[7] = {"--deliveries"};
	int i;

	for (i = 0; files[_i].args[i] != NULL; i++)
		args[i + 1] = files[_i].args[i];
	run_log(args);
	assert_status(files[_i].status);
	ck_assert_uint_eq(count_lines(&r.out), files[_i].lines);
	if (files[_i].says == NULL)
		ck_assert_str_eq(buf_string(&r.err), "");
	else
		assert_has(&r.err, files[_i].says);
	ck_assert_uint_eq(count_lines(&r.err), files[_i].says != NULL);
}
END_TEST

START_TEST(standard_input_is_read)
{
	FILTER(mixed, "log", "--deliveries", "-");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), LISTED_1 LISTED_2("plaintext") LISTED_3);
	shell("\"$0\" log - <&-", NULL, NULL);
	assert_status(2);
	assert_has(&r.err, "standard input: ");
}
END_TEST

START_TEST(log_that_is_cut_is_reported_and_trouble)
{
	if (!have_program("gzip"))
		return;
	prepare("gzip -c mail.log >all.gz && head -c $(($(wc -c <all.gz) - 4)) all.gz >cut.gz");
	HARDEN("log", "--deliveries", "all.gz");
	assert_status(0);
	ck_assert_uint_eq(count_lines(&r.out), 3);
	HARDEN("log", "--deliveries", "cut.gz");
	assert_status(2);
	ck_assert_uint_eq(count_lines(&r.out), 3);
	ck_assert_uint_eq(count_lines(&r.err), 1);
	assert_has(&r.err, "tlsharden: cut.gz: gzip: ");
}
END_TEST

/* ---- output ---- */

static const char *const outputs[] = {"", "--deliveries", "--check", "--format=json", "--help"};

START_TEST(output_that_cannot_be_written_is_trouble)
{
	shell("\"$0\" log $1 mail.log >/dev/full", outputs[_i], NULL);
	assert_status(2);
	assert_has(&r.err, "standard output: No space left on device");
	ck_assert_uint_eq(count_lines(&r.err), 1);
	shell("\"$0\" log $1 mail.log >&-", outputs[_i], NULL);
	assert_status(2);
	assert_has(&r.err, "standard output: ");
}
END_TEST

/* A reader that goes away is not waited for: the log is endless. */
START_TEST(reader_that_goes_away_ends_it)
{
	shell("while cat good.log 2>/dev/null; do :; done | { \"$0\" log --deliveries -; "
	      "echo $? >status; } | head -n 1",
	      NULL, NULL);
	assert_status(0);
	ck_assert_uint_eq(count_lines(&r.out), 1);
	assert_content("status", "2\n");
}
END_TEST

/* It has nothing to put in order, so a signal ends it at once, as any other program. */
START_TEST(interrupt_ends_it)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	static const char *const names[] = {"INT", "TERM", "HUP"};

	/* Shells start what is in the background with SIGINT ignored. The pipe stays open, and the
	 * signal comes when reading has begun: a line is out. */
	shell("mkfifo in out; env --default-signal=INT \"$0\" log --deliveries - <in >out & exec "
	      "3>in 4<out; "
	      "cat good.log good.log good.log >&3; read line <&4; kill -$1 $!; wait $!",
	      names[_i], NULL);
	assert_status(128 + signals[_i]);
}
END_TEST

/* Children are waited for, even if whoever starts us does not care for his. */
START_TEST(ignored_children_are_heard_of)
{
	if (!have_program("gzip"))
		return;
	prepare("gzip -c mail.log >all.gz");
	shell("exec env --ignore-signal=CHLD \"$0\" log --deliveries all.gz >out 2>&1", NULL, NULL);
	assert_content("out", LISTED_1 LISTED_2("plaintext") LISTED_3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, begin, tear_down);
	tcase_add_loop_test(tc, wrong_usage_reads_nothing, 0, COUNT(usage));
	tcase_add_loop_test(tc, version_is_the_program_s, 0, 2);
	tcase_add_loop_test(tc, help_is_of_the_command, 0, 2);
	tcase_add_test(tc, file_called_log_can_be_named);
	tcase_add_loop_test(tc, each_delivery_is_a_line, 0, COUNT(listed));
	tcase_add_test(tc, delivery_waits_for_its_witness);
	tcase_add_test(tc, many_witnesses);
	tcase_add_test(tc, fields_cannot_be_forged);
	tcase_add_loop_test(tc, check_sets_the_exit_status, 0, COUNT(checks));
	tcase_add_loop_test(tc, check_looks_both_ways, 0, COUNT(both_ways));
	tcase_add_test(tc, check_does_not_contradict_itself);
	tcase_add_test(tc, check_with_a_document_says_it_aside);
	tcase_add_test(tc, document_of_nothing);
	tcase_add_loop_test(tc, document_on_a_terminal, 0, 2);
	tcase_add_test(tc, check_of_half_a_log_is_trouble);
	tcase_add_loop_test(tc, report_has_what_was_asked_for, 0, COUNT(reports));
	tcase_add_loop_test(tc, bars_on_a_terminal, 0, COUNT(locales));
	tcase_add_test(tc, lines_are_counted);
	tcase_add_test(tc, what_was_dropped_is_added_up);
	tcase_add_test(tc, failures_have_their_time);
	tcase_add_test(tc, errors_of_others_are_none);
	tcase_add_test(tc, top_limits_the_rows);
	tcase_add_loop_test(tc, files_that_fail_do_not_stop_the_others, 0, COUNT(files));
	tcase_add_test(tc, standard_input_is_read);
	tcase_add_test(tc, log_that_is_cut_is_reported_and_trouble);
	tcase_add_loop_test(tc, output_that_cannot_be_written_is_trouble, 0, COUNT(outputs));
	tcase_add_test(tc, reader_that_goes_away_ends_it);
	tcase_add_loop_test(tc, interrupt_ends_it, 0, 3);
	tcase_add_test(tc, ignored_children_are_heard_of);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
