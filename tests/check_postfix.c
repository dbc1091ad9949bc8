/* SPDX-License-Identifier: ISC */
/* check_postfix - levels, loglevels and what obsolete parameters imply. */
#include "postfix.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static struct postfix_view view_of(const char *file)
{
	return (struct postfix_view){.file = maincf_parse(file, strlen(file))};
}

/* ---- levels ---- */

static const struct {
	const char *value;
	enum tls_level client, server;
} levels[] = {
	{"none", LEVEL_NONE, LEVEL_NONE},
	{"may", LEVEL_MAY, LEVEL_MAY},
	{"encrypt", LEVEL_ENCRYPT, LEVEL_ENCRYPT},
	{"dane", LEVEL_DANE, LEVEL_FATAL},
	{"dane-only", LEVEL_DANE_ONLY, LEVEL_FATAL},
	{"fingerprint", LEVEL_FINGERPRINT, LEVEL_FINGERPRINT},
	{"verify", LEVEL_VERIFY, LEVEL_VERIFY},
	{"secure", LEVEL_SECURE, LEVEL_SECURE},
	{"NONE", LEVEL_NONE, LEVEL_NONE},
	{"May", LEVEL_MAY, LEVEL_MAY},
	{"eNCRYPT", LEVEL_ENCRYPT, LEVEL_ENCRYPT},
	{"DANE-Only", LEVEL_DANE_ONLY, LEVEL_FATAL},
	{"", LEVEL_FATAL, LEVEL_FATAL},
	{"half-dane", LEVEL_FATAL, LEVEL_FATAL},
	{"halfdane", LEVEL_FATAL, LEVEL_FATAL},
	{"may ", LEVEL_FATAL, LEVEL_FATAL},
	{" may", LEVEL_FATAL, LEVEL_FATAL},
	{"may # x", LEVEL_FATAL, LEVEL_FATAL},
	{"\"may\"", LEVEL_FATAL, LEVEL_FATAL},
	{"may encrypt", LEVEL_FATAL, LEVEL_FATAL},
	{"may,", LEVEL_FATAL, LEVEL_FATAL},
	{"ma", LEVEL_FATAL, LEVEL_FATAL},
	{"mayb", LEVEL_FATAL, LEVEL_FATAL},
	{"yes", LEVEL_FATAL, LEVEL_FATAL},
	{"1", LEVEL_FATAL, LEVEL_FATAL},
	{"\xc3\xbc", LEVEL_FATAL, LEVEL_FATAL},
};

START_TEST(level_of)
{
	const char *value = levels[_i].value;

	ck_assert_int_eq(postfix_level(PARAM_CLIENT_LEVEL, value, strlen(value)),
			 levels[_i].client);
	ck_assert_int_eq(postfix_level(PARAM_SERVER_LEVEL, value, strlen(value)),
			 levels[_i].server);
}
END_TEST

/* Not the whole of what stands there, only len bytes. */
START_TEST(level_has_a_length)
{
	ck_assert_int_eq(postfix_level(PARAM_CLIENT_LEVEL, "mayor", 3), LEVEL_MAY);
	ck_assert_int_eq(postfix_level(PARAM_CLIENT_LEVEL, "may\0x", 5), LEVEL_FATAL);
	ck_assert_int_eq(postfix_level(PARAM_CLIENT_LEVEL, "may", 0), LEVEL_FATAL);
}
END_TEST

/* The name of a level is that level. */
START_TEST(level_has_a_name)
{
	enum tls_level level = levels[_i].client;
	const char *name = postfix_level_name(level);

	if (level == LEVEL_FATAL)
		return;
	ck_assert_int_eq(postfix_level(PARAM_CLIENT_LEVEL, name, strlen(name)), level);
}
END_TEST

/* In the order of what they protect; those of the last row are not ordered. */
START_TEST(levels_are_ranked)
{
	static const enum tls_level ranks[][5] = {
		{LEVEL_NONE},
		{LEVEL_MAY},
		{LEVEL_DANE},
		{LEVEL_ENCRYPT},
		{LEVEL_FINGERPRINT, LEVEL_DANE_ONLY, LEVEL_VERIFY, LEVEL_SECURE},
	};
	size_t a, b, i, j;

	for (a = 0; a < 5; a++)
		for (i = 0; i < 4 && (i == 0 || ranks[a][i] != 0); i++) {
			ck_assert(postfix_level_reaches(ranks[a][i], ranks[a][i]));
			for (b = 0; b < a; b++)
				for (j = 0; j < 4 && (j == 0 || ranks[b][j] != 0); j++) {
					ck_assert(postfix_level_reaches(ranks[a][i], ranks[b][j]));
					ck_assert(!postfix_level_reaches(ranks[b][j], ranks[a][i]));
				}
		}
	ck_assert(!postfix_level_reaches(LEVEL_FATAL, LEVEL_NONE));
}
END_TEST

static const struct {
	const char *name;
	enum param_kind kind;
	const char *otherwise;
	const char *daemon;
} kinds[] = {
	{"smtp_tls_security_level", PARAM_CLIENT_LEVEL, "none", "smtp(8)"},
	{"lmtp_tls_security_level", PARAM_CLIENT_LEVEL, "none", "lmtp(8)"},
	{"smtpd_tls_security_level", PARAM_SERVER_LEVEL, "none", "smtpd(8)"},
	{"smtp_tls_loglevel", PARAM_LOGLEVEL, "0", "smtp(8)"},
	{"lmtp_tls_loglevel", PARAM_LOGLEVEL, "0", "lmtp(8)"},
	{"smtpd_tls_loglevel", PARAM_LOGLEVEL, "0", "smtpd(8)"},
	{"smtp_dns_support_level", PARAM_PLAIN, NULL, NULL},
	{"SMTP_TLS_SECURITY_LEVEL", PARAM_PLAIN, NULL, NULL},
	{"smtp_tls_security_levels", PARAM_PLAIN, NULL, NULL},
	{"", PARAM_PLAIN, NULL, NULL},
};

START_TEST(kind_of)
{
	ck_assert_int_eq(postfix_kind(kinds[_i].name), kinds[_i].kind);
	if (kinds[_i].daemon != NULL)
		ck_assert_str_eq(postfix_daemon(kinds[_i].name), kinds[_i].daemon);
	if (kinds[_i].otherwise != NULL)
		ck_assert_str_eq(postfix_default(kinds[_i].kind), kinds[_i].otherwise);
}
END_TEST

/* ---- loglevels ---- */

#define LEVEL_2 (LOG_SUMMARY | LOG_VERBOSE | LOG_CACHE | LOG_SSL_DEBUG)
#define LEVEL_3 (LEVEL_2 | LOG_HANDSHAKE_DUMP)
#define LEVEL_4 (LEVEL_3 | LOG_SESSION_DUMP)

static const struct {
	const char *value;
	unsigned want;
} loglevels[] = {
	{"", 0},
	{" \t,\r\n", 0},
	{"0", 0},
	{"none", 0},
	{"1", LOG_SUMMARY},
	{"routine", LOG_SUMMARY},
	{"2", LEVEL_2},
	{"debug", LEVEL_2},
	{"3", LEVEL_3},
	{"ssl-expert", LEVEL_3},
	{"4", LEVEL_4},
	{"5", LEVEL_4},
	{"6", LEVEL_4},
	{"7", LEVEL_4},
	{"8", LEVEL_4},
	{"9", LEVEL_4},
	{"ssl-developer", LEVEL_4},
	{"summary", LOG_SUMMARY},
	{"untrusted", LOG_UNTRUSTED},
	{"peercert", LOG_PEERCERT},
	{"certmatch", LOG_CERTMATCH},
	{"verbose", LOG_VERBOSE},
	{"cache", LOG_CACHE},
	{"dane", LOG_DANE},
	{"ssl-debug", LOG_SSL_DEBUG},
	{"trace", LOG_TRACE},
	{"ssl-handshake-packet-dump", LOG_HANDSHAKE_DUMP},
	{"ssl-session-packet-dump", LOG_DUMP},
	{"SUMMARY", LOG_SUMMARY},
	{"Debug", LEVEL_2},
	{"summary untrusted", LOG_SUMMARY | LOG_UNTRUSTED},
	{"summary,untrusted", LOG_SUMMARY | LOG_UNTRUSTED},
	{"summary, untrusted,", LOG_SUMMARY | LOG_UNTRUSTED},
	{",summary\tuntrusted\r\n", LOG_SUMMARY | LOG_UNTRUSTED},
	{"0 1", LOG_SUMMARY},
	{"1 none", LOG_SUMMARY},
	{"1, ssl-session-packet-dump", LOG_SUMMARY | LOG_DUMP},
	{"10", LOG_UNKNOWN_WORD},
	{"01", LOG_UNKNOWN_WORD},
	{"-1", LOG_UNKNOWN_WORD},
	{"yes", LOG_UNKNOWN_WORD},
	{"summary bogus", LOG_UNKNOWN_WORD},
	{"bogus summary", LOG_UNKNOWN_WORD},
	{"1 # x", LOG_UNKNOWN_WORD},
	{"\"1\"", LOG_UNKNOWN_WORD},
	{"1;2", LOG_UNKNOWN_WORD},
	{"1\v2", LOG_UNKNOWN_WORD},
	{"summaryx", LOG_UNKNOWN_WORD},
	{"summar", LOG_UNKNOWN_WORD},
};

START_TEST(loglevel_of)
{
	const char *value = loglevels[_i].value;

	ck_assert_msg(postfix_loglevel(value, strlen(value)) == loglevels[_i].want, "\"%s\": %u",
		      value, postfix_loglevel(value, strlen(value)));
}
END_TEST

/* Wanted, and which values are good enough for that. */
static const struct {
	const char *wanted, *value;
	bool reaches;
} reached[] = {
	{"1", "1", true},
	{"1", "2", true},
	{"1", "summary, untrusted", true},
	{"1", "0", false},
	{"1", "", false},
	{"1", "untrusted", false},
	{"1", "3", false},
	{"1", "4", false},
	{"1", "1 bogus", false},
	/* More than is wanted is no less. */
	{"0", "0", true},
	{"0", "", true},
	{"0", "1", true},
	{"0", "2", true},
	{"0", "untrusted", true},
	{"0", "3", false},
	{"0", "bogus", false},
	/* One feature is not another. */
	{"untrusted", "peercert", false},
	{"untrusted", "peercert untrusted", true},
	{"summary, untrusted", "1", false},
	{"summary, untrusted", "2", false},
	{"summary, untrusted", "2, untrusted", true},
	{"summary, cache", "2", true},
	{"2", "1", false},
	{"2", "2", true},
	/* Dumps are good for who wants just these. */
	{"3", "3", true},
	{"3", "2", false},
	{"3", "4", false},
	{"4", "4", true},
	{"4", "3", false},
	{"ssl-handshake-packet-dump", "3", true},
	{"ssl-handshake-packet-dump", "ssl-session-packet-dump", false},
	{"ssl-session-packet-dump", "9", true},
};

START_TEST(loglevel_reaches)
{
	const char *wanted = reached[_i].wanted, *value = reached[_i].value;

	ck_assert_msg(postfix_loglevel_reaches(postfix_loglevel(value, strlen(value)),
					       postfix_loglevel(wanted, strlen(wanted))) ==
			      reached[_i].reaches,
		      "\"%s\" for \"%s\"", value, wanted);
}
END_TEST

/* ---- what obsolete parameters imply, in all combinations ---- */

static const char *const switches[] = {NULL, "yes", "no", "YES", "bogus"};
#define NSWITCHES COUNT(switches)

static bool is(const char *value, const char *word)
{
	return value != NULL && strcasecmp(value, word) == 0;
}

static void setting(struct buf *file, const char *prefix, const char *name, const char *value)
{
	if (value != NULL)
		buf_addf(file, "%s%s = %s\n", prefix, name, value);
}

/* By the switches that decide; the others only have to be yes or no. */
static enum expand_result expected(const char *use, const char *enforce, const char *peername,
				   bool server, enum tls_level *level)
{
	*level = LEVEL_NONE;
	if (is(enforce, "bogus") || is(use, "bogus") || (!server && is(peername, "bogus")))
		return EXPAND_MALFORMED;
	if (is(enforce, "yes"))
		*level = server || is(peername, "no") ? LEVEL_ENCRYPT : LEVEL_VERIFY;
	else if (is(use, "yes"))
		*level = LEVEL_MAY;
	return EXPAND_OK;
}

START_TEST(implies)
{
	static const char *const prefixes[] = {"smtp_", "lmtp_", "smtpd_"};
	const char *prefix = prefixes[_i % 3];
	const char *use = switches[_i / 3 % NSWITCHES];
	const char *enforce = switches[_i / 3 / NSWITCHES % NSWITCHES];
	const char *peername = switches[_i / 3 / NSWITCHES / NSWITCHES];
	struct buf file = BUF_INIT, name = BUF_INIT, why = BUF_INIT;
	struct postfix_view view;
	struct implied implied;
	enum tls_level level;
	enum expand_result rc, want;

	setting(&file, prefix, "use_tls", use);
	setting(&file, prefix, "enforce_tls", enforce);
	setting(&file, prefix, "tls_enforce_peername", peername);
	buf_addf(&name, "%stls_security_level", prefix);
	view = view_of(buf_string(&file));
	rc = postfix_implied_level(&view, name.data, &implied, &why);
	want = expected(use, enforce, peername, _i % 3 == 2, &level);
	if (rc == EXPAND_OK) {
		ck_assert_msg(want == EXPAND_OK && implied.level == level, "%s: %s",
			      buf_string(&file), postfix_level_name(implied.level));
	} else {
		ck_assert_msg(rc == EXPAND_MALFORMED && strstr(buf_string(&file), "bogus") != NULL,
			      "%s: %d %s", buf_string(&file), (int)rc, buf_string(&why));
		ck_assert_msg(strstr(buf_string(&why), "bogus") != NULL, "%s", buf_string(&why));
	}
	buf_release(&file);
	buf_release(&name);
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

static const struct {
	const char *file;
	enum expand_result rc;
	enum tls_level level;
	const char *by;
	size_t line;
} implieds[] = {
	{"", EXPAND_OK, LEVEL_NONE, NULL, 0},
	{"smtp_use_tls = yes\n", EXPAND_OK, LEVEL_MAY, "smtp_use_tls", 1},
	{"a = b\n\nsmtp_enforce_tls = yes\n", EXPAND_OK, LEVEL_VERIFY, "smtp_enforce_tls", 3},
	{"smtp_enforce_tls = no\nsmtp_enforce_tls =\n yes\n", EXPAND_OK, LEVEL_VERIFY,
	 "smtp_enforce_tls", 2},
	{"smtp_enforce_tls = no\nsmtp_use_tls = yes\n", EXPAND_OK, LEVEL_MAY, "smtp_use_tls", 2},
	{"smtpd_use_tls = yes\nlmtp_use_tls = yes\n", EXPAND_OK, LEVEL_NONE, NULL, 0},
	{"x = yes\nsmtp_use_tls = ${x}\n", EXPAND_OK, LEVEL_MAY, "smtp_use_tls", 2},
	{"smtp_use_tls =\n", EXPAND_MALFORMED, LEVEL_NONE, NULL, 0},
	{"smtp_use_tls = $x\n", EXPAND_MALFORMED, LEVEL_NONE, NULL, 0},
	{"smtp_use_tls = yes # x\n", EXPAND_MALFORMED, LEVEL_NONE, NULL, 0},
	{"smtp_use_tls = \"yes\"\n", EXPAND_MALFORMED, LEVEL_NONE, NULL, 0},
	{"smtp_use_tls = ${\n", EXPAND_MALFORMED, LEVEL_NONE, NULL, 0},
	{"smtp_use_tls = $smtpd_use_tls\n", EXPAND_UNKNOWN, LEVEL_NONE, NULL, 0},
	{"smtp_use_tls = $smtpd_use_tls\nsmtpd_use_tls = yes\n", EXPAND_OK, LEVEL_MAY,
	 "smtp_use_tls", 1},
};

START_TEST(says_what_implies)
{
	struct postfix_view view = view_of(implieds[_i].file);
	struct buf why = BUF_INIT;
	struct implied implied;
	enum expand_result rc;

	rc = postfix_implied_level(&view, "smtp_tls_security_level", &implied, &why);
	ck_assert_msg(rc == implieds[_i].rc, "%s: %d %s", implieds[_i].file, (int)rc,
		      buf_string(&why));
	if (rc == EXPAND_OK)
		ck_assert_int_eq(implied.level, implieds[_i].level);
	if (implieds[_i].by != NULL) {
		ck_assert_str_eq(implied.by, implieds[_i].by);
		ck_assert_uint_eq(implied.line, implieds[_i].line);
	}
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

/* ---- wrappermode ---- */

static const struct {
	const char *file;
	const char *level_name;
	enum expand_result rc;
	bool on;
	size_t line;
} wrappers[] = {
	{"", "smtp_tls_security_level", EXPAND_OK, false, 0},
	{"smtp_tls_wrappermode = yes\n", "smtp_tls_security_level", EXPAND_OK, true, 1},
	{"a = b\nsmtp_tls_wrappermode = Yes\n", "smtp_tls_security_level", EXPAND_OK, true, 2},
	{"smtp_tls_wrappermode = no\n", "smtp_tls_security_level", EXPAND_OK, false, 1},
	{"smtpd_tls_wrappermode = yes\n", "smtp_tls_security_level", EXPAND_OK, false, 0},
	{"smtpd_tls_wrappermode = yes\n", "smtpd_tls_security_level", EXPAND_OK, true, 1},
	{"lmtp_tls_wrappermode = yes\n", "lmtp_tls_security_level", EXPAND_OK, true, 1},
	{"smtp_tls_wrappermode = 1\n", "smtp_tls_security_level", EXPAND_MALFORMED, false, 0},
	{"smtp_tls_wrappermode = $x\nx = yes\n", "smtp_tls_security_level", EXPAND_OK, true, 1},
	{"smtp_tls_wrappermode = $smtp_use_tls\n", "smtp_tls_security_level", EXPAND_UNKNOWN, false,
	 0},
};

START_TEST(wraps)
{
	struct postfix_view view = view_of(wrappers[_i].file);
	struct buf why = BUF_INIT;
	enum expand_result rc;
	size_t line;
	bool on;

	rc = postfix_wrappermode(&view, wrappers[_i].level_name, &on, &line, &why);
	ck_assert_int_eq(rc, wrappers[_i].rc);
	if (rc == EXPAND_OK) {
		ck_assert(on == wrappers[_i].on);
		ck_assert_uint_eq(line, wrappers[_i].line);
	} else {
		ck_assert_uint_gt(why.len, 0);
	}
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

/* ---- DNSSEC ---- */

static const struct {
	const char *file;
	const char *level_name;
	enum expand_result rc;
	bool on;
} dnssecs[] = {
	{"", "smtp_tls_security_level", EXPAND_OK, false},
	{"smtp_dns_support_level = dnssec\n", "smtp_tls_security_level", EXPAND_OK, true},
	{"smtp_dns_support_level = DNSSEC\n", "smtp_tls_security_level", EXPAND_OK, true},
	{"smtp_dns_support_level = enabled\n", "smtp_tls_security_level", EXPAND_OK, false},
	{"smtp_dns_support_level = disabled\n", "smtp_tls_security_level", EXPAND_OK, false},
	{"smtp_dns_support_level =\n", "smtp_tls_security_level", EXPAND_OK, false},
	{"smtp_dns_support_level = dnssec # x\n", "smtp_tls_security_level", EXPAND_OK, false},
	/* The obsolete switch speaks only where the level is empty. */
	{"smtp_dns_support_level = dnssec\ndisable_dns_lookups = yes\n", "smtp_tls_security_level",
	 EXPAND_OK, true},
	{"x = dnssec\nsmtp_dns_support_level = $x\n", "smtp_tls_security_level", EXPAND_OK, true},
	{"smtp_dns_support_level = $mail_name\n", "smtp_tls_security_level", EXPAND_UNKNOWN, false},
	{"smtp_dns_support_level = ${\n", "smtp_tls_security_level", EXPAND_MALFORMED, false},
	/* each client has its own */
	{"lmtp_dns_support_level = dnssec\n", "smtp_tls_security_level", EXPAND_OK, false},
	{"lmtp_dns_support_level = dnssec\n", "lmtp_tls_security_level", EXPAND_OK, true},
};

START_TEST(asks_for_dnssec)
{
	struct postfix_view view = view_of(dnssecs[_i].file);
	struct buf why = BUF_INIT;
	bool on = true;

	ck_assert_int_eq(postfix_dnssec(&view, dnssecs[_i].level_name, &on, &why), dnssecs[_i].rc);
	ck_assert_msg(on == dnssecs[_i].on, "%s", dnssecs[_i].file);
	if (dnssecs[_i].rc == EXPAND_OK)
		ck_assert_str_eq(buf_string(&why), "");
	else
		ck_assert_ptr_nonnull(
			strstr(buf_string(&why), "(in smtp_dns_support_level at line 1)"));
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

/* ---- where macros find their values ---- */

static const struct {
	const char *file;
	const char *text;
	enum expand_result rc;
	const char *want;
} expansions[] = {
	{"", "text", EXPAND_OK, "text"},
	{"x = 1\n", "$x", EXPAND_OK, "1"},
	{"x = 1\nx = 2\n", "$x", EXPAND_OK, "2"},
	{"x = 1\n# c\n  2\n", "$x", EXPAND_OK, "1  2"},
	{"", "[$x]", EXPAND_OK, "[]"},
	{"X = 1\n", "[$x]", EXPAND_OK, "[]"},
	/* A daemon knows a default only once it has loaded it. */
	{"", "$myhostname", EXPAND_UNKNOWN, NULL},
	{"", "${smtp_enforce_tls?{a}:{b}}", EXPAND_UNKNOWN, NULL},
	{"", "$mail_version", EXPAND_UNKNOWN, NULL},
	{"myhostname = h\n", "$myhostname", EXPAND_OK, "h"},
	{"myhostname =\n", "[$myhostname]", EXPAND_OK, "[]"},
	{"x = $myhostname\n", "$x", EXPAND_UNKNOWN, NULL},
	{"x = 1\n", "${x?{a}:{$myhostname}}", EXPAND_OK, "a"},
	{"", "$MyHostname", EXPAND_OK, ""},
	{"", "${", EXPAND_MALFORMED, NULL},
	{"x = $x\n", "$x", EXPAND_MALFORMED, NULL},
};

START_TEST(expands)
{
	struct postfix_view view = view_of(expansions[_i].file);
	struct buf out = BUF_INIT, why = BUF_INIT;
	const char *text = expansions[_i].text;
	enum expand_result rc = postfix_expand(&view, text, strlen(text), &out, &why);

	ck_assert_msg(rc == expansions[_i].rc, "%s: %d %s", text, (int)rc, buf_string(&why));
	if (rc == EXPAND_OK)
		ck_assert_str_eq(buf_string(&out), expansions[_i].want);
	else
		ck_assert_uint_gt(why.len, 0);
	buf_release(&out);
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

/* Of "my" and of all that starts with "smtp_". */
static enum expand_result decide(void *context, const char *name, size_t len, bool *decided,
				 struct buf *value, struct buf *why)
{
	(void)why;
	*decided = (len == 2 && memcmp(name, "my", 2) == 0) ||
		   (len > 5 && memcmp(name, "smtp_", 5) == 0);
	if (*decided)
		buf_adds(value, context);
	return EXPAND_OK;
}

/* What the caller decides on comes before what the file says. */
START_TEST(asks_the_caller_first)
{
	struct postfix_view view = view_of("my = file\nx = y\n");
	char text[] = "caller";
	struct buf out = BUF_INIT, why = BUF_INIT;

	view.decide = decide;
	view.context = text;
	ck_assert_int_eq(postfix_expand(&view, "$my $x", 6, &out, &why), EXPAND_OK);
	ck_assert_str_eq(buf_string(&out), "caller y");
	buf_release(&out);
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

/* Blanks and comments are read for nothing, but they are read. */
#define LONG "          #\n          #\n          #\n          #\n          #\n"

static const char *const costly[] = {
	"a =\n" LONG "smtp_use_tls = no\n" LONG "smtp_tls_wrappermode = yes\n" LONG
	"smtp_dns_support_level = enabled\n" LONG,
	"a =\n" LONG " b\nsmtp_use_tls =\n" LONG " no\nsmtp_tls_wrappermode =\n" LONG
	" yes\nsmtp_dns_support_level =\n" LONG " enabled\n",
};

/* What is asked for over and over may not be read over and over. */
START_TEST(reading_has_a_bound)
{
	static const char level[] = "smtp_tls_security_level";
	struct postfix_view view = view_of(costly[_i]);
	struct buf out = BUF_INIT, why = BUF_INIT;
	struct implied implied;
	size_t line, left = 4 * 200;
	bool on;

	ck_assert_int_eq(postfix_expand(&view, "$a", 2, &out, &why), EXPAND_OK);
	view.budget = &left;
	ck_assert_int_eq(postfix_expand(&view, "$a", 2, &out, &why), EXPAND_OK);
	ck_assert_int_eq(postfix_implied_level(&view, level, &implied, &why), EXPAND_OK);
	ck_assert_int_eq(postfix_wrappermode(&view, level, &on, &line, &why), EXPAND_OK);
	ck_assert(postfix_dnssec(&view, level, &on, &why) == EXPAND_OK && !on);
	ck_assert_uint_le(left, 4 * 200 - 4 * strlen(LONG));
	left = strlen(LONG);
	ck_assert_int_eq(postfix_expand(&view, "$a", 2, &out, &why), EXPAND_MALFORMED);
	ck_assert_str_eq(buf_string(&why), "more to read than is reasonable");
	/* And so it stays, whatever is asked. */
	ck_assert_uint_eq(left, 0);
	ck_assert_int_eq(postfix_expand(&view, "${a:}", 5, &out, &why), EXPAND_MALFORMED);
	ck_assert_int_eq(postfix_implied_level(&view, level, &implied, &why), EXPAND_MALFORMED);
	ck_assert_int_eq(postfix_wrappermode(&view, level, &on, &line, &why), EXPAND_MALFORMED);
	ck_assert_int_eq(postfix_dnssec(&view, level, &on, &why), EXPAND_MALFORMED);
	buf_release(&out);
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

/* So does what he decides for a switch and for DNSSEC. */
static const struct {
	const char *file;
	const char *decision;
	enum expand_result rc;
	bool on;
	size_t line;
} decisions[] = {
	{"", "yes", EXPAND_OK, true, 0},
	{"smtp_tls_wrappermode = no\n", "yes", EXPAND_OK, true, 1},
	{"smtp_tls_wrappermode = yes\n", "no", EXPAND_OK, false, 1},
	{"x = yes\n", "$x", EXPAND_OK, true, 0},
	/* That there is none is no error, an empty one is. */
	{"", "", EXPAND_OK, false, 0},
	{"smtp_tls_wrappermode = yes\n", "", EXPAND_MALFORMED, false, 1},
	{"", "dnssec", EXPAND_MALFORMED, false, 0},
};

START_TEST(asks_the_caller_of_parameters)
{
	struct postfix_view view = view_of(decisions[_i].file);
	char decision[16];
	struct buf why = BUF_INIT;
	size_t line;
	bool on;

	(void)snprintf(decision, sizeof(decision), "%s", decisions[_i].decision);
	view.decide = decide;
	view.context = decision;
	ck_assert_int_eq(postfix_wrappermode(&view, "smtp_tls_security_level", &on, &line, &why),
			 decisions[_i].rc);
	ck_assert_uint_eq(line, decisions[_i].line);
	if (decisions[_i].rc == EXPAND_OK)
		ck_assert(on == decisions[_i].on);
	ck_assert_int_eq(postfix_dnssec(&view, "smtp_tls_security_level", &on, &why), EXPAND_OK);
	ck_assert(on == (strcmp(decision, "dnssec") == 0));
	buf_release(&why);
	maincf_free(view.file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("postfix");
	TCase *tc = tcase_create("levels");

	tcase_add_loop_test(tc, level_of, 0, COUNT(levels));
	tcase_add_loop_test(tc, level_has_a_name, 0, COUNT(levels));
	tcase_add_test(tc, level_has_a_length);
	tcase_add_test(tc, levels_are_ranked);
	tcase_add_loop_test(tc, kind_of, 0, COUNT(kinds));
	tcase_add_loop_test(tc, loglevel_of, 0, COUNT(loglevels));
	tcase_add_loop_test(tc, loglevel_reaches, 0, COUNT(reached));
	suite_add_tcase(s, tc);

	tc = tcase_create("settings");
	tcase_add_loop_test(tc, implies, 0, 3 * NSWITCHES * NSWITCHES * NSWITCHES);
	tcase_add_loop_test(tc, says_what_implies, 0, COUNT(implieds));
	tcase_add_loop_test(tc, wraps, 0, COUNT(wrappers));
	tcase_add_loop_test(tc, expands, 0, COUNT(expansions));
	tcase_add_loop_test(tc, asks_for_dnssec, 0, COUNT(dnssecs));
	tcase_add_test(tc, asks_the_caller_first);
	tcase_add_loop_test(tc, reading_has_a_bound, 0, COUNT(costly));
	tcase_add_loop_test(tc, asks_the_caller_of_parameters, 0, COUNT(decisions));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
