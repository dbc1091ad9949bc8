/* SPDX-License-Identifier: ISC */
/* check_policyfile - policies from text and back, and all that may be wrong with the text. */
#include "policyfile.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"
#include "support.h"
#include "verdict.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define SERVER "smtpd_tls_security_level"
#define CLIENT "smtp_tls_security_level"
#define CLIENT_LOG "smtp_tls_loglevel"
#define CAFILE "smtp_tls_CAfile"
#define PROTOCOLS "smtp_tls_mandatory_protocols"

/* ---- what is a policy ---- */

static const struct {
	const char *text;
	struct rule rules[3]; /* up to the one without a name */
} good[] = {
	{CLIENT " = encrypt\n", {{CLIENT, "encrypt", NULL, NULL}}},
	{CLIENT "=encrypt", {{CLIENT, "encrypt", NULL, NULL}}},
	{CLIENT " = ENCRYPT\r\n", {{CLIENT, "ENCRYPT", NULL, NULL}}},
	{"# comment\n\n" CLIENT " = may\n" SERVER " = encrypt\n",
	 {{CLIENT, "may", NULL, NULL}, {SERVER, "encrypt", NULL, NULL}}},
	{"  # indented\n \t\n" CLIENT " = may\n", {{CLIENT, "may", NULL, NULL}}},
	/* What belongs to a rule may stand anywhere; the order is that of the rules. */
	{CLIENT ".why = so\n" SERVER " = may\n" CLIENT " = may\n" SERVER ".accept = none\n",
	 {{SERVER, "may", "none", NULL}, {CLIENT, "may", NULL, "so"}}},
	{PROTOCOLS " = >=TLSv1.2\n" PROTOCOLS ".accept = >=TLSv1\\.[23]\n" PROTOCOLS
		   ".why = too old\n",
	 {{PROTOCOLS, ">=TLSv1.2", ">=TLSv1\\.[23]", "too old"}}},
	/* Lines that go on, as in main.cf. */
	{PROTOCOLS " = !SSLv2,\n# comment\n  !SSLv3\n",
	 {{PROTOCOLS, "!SSLv2,  !SSLv3", NULL, NULL}}},
	{CAFILE " =\n /a\n" CAFILE ".why\n = b\n", {{CAFILE, "/a", NULL, "b"}}},
	/* An empty value is one, an empty reason is none. */
	{CAFILE " =\n" CAFILE ".accept =\n" CAFILE ".why =\n", {{CAFILE, "", "", NULL}}},
	{CAFILE " = # a\n", {{CAFILE, "# a", NULL, NULL}}},
	/* Macros are written as they stand; a pattern has none. */
	{CAFILE " = $config_directory/ca.pem\n" CAFILE ".accept = /etc/.*$\n",
	 {{CAFILE, "$config_directory/ca.pem", "/etc/.*$", NULL}}},
	{CAFILE " = $$x ${y?{a}:{b}} ${{a} == {b} ? {c}}\n",
	 {{CAFILE, "$$x ${y?{a}:{b}} ${{a} == {b} ? {c}}", NULL, NULL}}},
	{CAFILE " = $smtp_tls_CApath\nsmtp_tls_CApath = /a\n",
	 {{CAFILE, "$smtp_tls_CApath", NULL, NULL}, {"smtp_tls_CApath", "/a", NULL, NULL}}},
	{"smtp_dns_support_level = $x\n", {{"smtp_dns_support_level", "$x", NULL, NULL}}},
	/* All levels of each side, and what a log level may be. */
	{CLIENT " = none\n", {{CLIENT, "none", NULL, NULL}}},
	{CLIENT " = dane\n", {{CLIENT, "dane", NULL, NULL}}},
	{CLIENT " = dane-only\n", {{CLIENT, "dane-only", NULL, NULL}}},
	{CLIENT " = Secure\n", {{CLIENT, "Secure", NULL, NULL}}},
	{SERVER " = verify\n", {{SERVER, "verify", NULL, NULL}}},
	{CLIENT_LOG " = 0\n", {{CLIENT_LOG, "0", NULL, NULL}}},
	{CLIENT_LOG " =\n", {{CLIENT_LOG, "", NULL, NULL}}},
	{CLIENT_LOG " = summary, Untrusted\n", {{CLIENT_LOG, "summary, Untrusted", NULL, NULL}}},
	{CLIENT_LOG " = 4\n", {{CLIENT_LOG, "4", NULL, NULL}}},
	{"smtp_dns_support_level = DNSSEC\n", {{"smtp_dns_support_level", "DNSSEC", NULL, NULL}}},
	{"lmtp_tls_wrappermode = Yes\n", {{"lmtp_tls_wrappermode", "Yes", NULL, NULL}}},
	/* Bytes are bytes. */
	{CAFILE " = /caf\xe9\n" CAFILE ".why = f\xc3\xbcr\n",
	 {{CAFILE, "/caf\xe9", NULL, "f\xc3\xbcr"}}},
};

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	return same_text(a->name, b->name) && same_text(a->set, b->set) &&
	       same_text(a->accept, b->accept) && same_text(a->why, b->why);
}

static struct policy *parse(const char *text)
{
	struct policyfile_errors errors = {0};
	/* It must not be needed afterwards. */
	char *copy = xstrdup(text);
	struct policy *p = policyfile_parse(copy, strlen(copy), &errors);

	memset(copy, '!', strlen(copy));
	free(copy);
	ck_assert_msg(p != NULL && errors.n == 0, "%s%zu: %s", text,
		      errors.n > 0 ? errors.v[0].line : 0,
		      errors.n > 0 ? errors.v[0].text : "no policy");
	policyfile_errors_release(&errors);
	return p;
}

START_TEST(reads)
{
	struct policy *p = parse(good[_i].text);
	int i;

	for (i = 0; i < 3 && good[_i].rules[i].name != NULL; i++) {
		ck_assert_ptr_nonnull(policy_rule(p, (size_t)i));
		ck_assert_msg(same_rule(policy_rule(p, (size_t)i), &good[_i].rules[i]),
			      "%srule %d is %s = %s", good[_i].text, i,
			      policy_rule(p, (size_t)i)->name, policy_rule(p, (size_t)i)->set);
	}
	ck_assert_ptr_null(policy_rule(p, (size_t)i));
	ck_assert_str_ne(policy_name(p), "");
	ck_assert_str_ne(policy_about(p), "");
	policy_free(p);
}
END_TEST

/* ---- what is none ---- */

static const struct {
	const char *text;
	struct {
		size_t line;
		const char *text;
	} want[5]; /* up to the one without a text */
} bad[] = {
	{"", {{0, "there is no rule in it"}}},
	{"# nothing\n\n", {{0, "there is no rule in it"}}},

	/* as in main.cf */
	{CLIENT "\n" SERVER " = may\n", {{1, "missing '=' after parameter name: \"" CLIENT "\""}}},
	{"two words = x\n= y\n" SERVER " = may\n",
	 {{1, "missing '=' after parameter name: \"two words = x\""},
	  {2, "missing parameter name: \"= y\""}}},
	/* Postfix only warns; here a rule would be lost. */
	{"\n# c\n " CLIENT " = may\n" SERVER " = may\n",
	 {{3, "it starts with white space, but there is nothing that it goes on with"}}},
	{"\t" CLIENT " = may",
	 {{1, "it starts with white space, but there is nothing that it goes on with"}}},
	{CLIENT " = may\n  " SERVER " = may\n",
	 {{1, CLIENT " = may  " SERVER " = may: smtp(8) stops with a fatal error on this level"}}},

	/* names */
	{"smtpd_tsl_loglevel = 1\n",
	 {{1,
	   "Postfix has no parameter \"smtpd_tsl_loglevel\": did you mean smtpd_tls_loglevel?"}}},
	{"smtp_tls_security_levels = may\n",
	 {{1, "Postfix has no parameter \"smtp_tls_security_levels\": did you mean "
	      "smtp_tls_security_level?"}}},
	{"smtp_tls_securty_level = may\n",
	 {{1, "Postfix has no parameter \"smtp_tls_securty_level\": did you mean "
	      "smtp_tls_security_level?"}}},
	{"smtp_tls_logleval = 1\n",
	 {{1, "Postfix has no parameter \"smtp_tls_logleval\": did you mean smtp_tls_loglevel?"}}},
	{"SMTP_TLS_CAFILE = /a\n",
	 {{1, "Postfix has no parameter \"SMTP_TLS_CAFILE\": did you mean smtp_tls_CAfile?"}}},
	{"SMTP_TLS_LOGLEVEL = 1\n",
	 {{1, "Postfix has no parameter \"SMTP_TLS_LOGLEVEL\": did you mean smtp_tls_loglevel?"}}},
	{"smtpd-tls-capath = /a\n",
	 {{1, "Postfix has no parameter \"smtpd-tls-capath\": did you mean smtpd_tls_CApath?"}}},
	{"smtp_tls_CAflie = /a\n",
	 {{1, "Postfix has no parameter \"smtp_tls_CAflie\": did you mean smtp_tls_CAfile?"}}},
	{"smtp-tls-loglevels = 1\n",
	 {{1, "Postfix has no parameter \"smtp-tls-loglevels\": did you mean smtp_tls_loglevel?"}}},
	{"smtp-tls-loglevel = 1\n",
	 {{1, "Postfix has no parameter \"smtp-tls-loglevel\": did you mean smtp_tls_loglevel?"}}},
	{"my_ca = /a\n", {{1, "Postfix has no parameter \"my_ca\""}}},
	{"\xef\xbb\xbf" CLIENT " = may\n",
	 {{1, "Postfix has no parameter \"\xef\xbb\xbf" CLIENT
	      "\": the file starts with a byte order mark"}}},
	{".accept = x\n", {{1, "Postfix has no parameter \"\""}}},
	{"no_such.why = x\n", {{1, "Postfix has no parameter \"no_such\""}}},
	{"smtp_use_tls = yes\nsmtp_enforce_tls = no\nsmtp_tls_enforce_peername = no\n"
	 "smtpd_use_tls = yes\nsmtpd_enforce_tls.why = x\n",
	 {{1, "smtp_use_tls is obsolete: set smtp_tls_security_level instead"},
	  {2, "smtp_enforce_tls is obsolete: set smtp_tls_security_level instead"},
	  {3, "smtp_tls_enforce_peername is obsolete: set smtp_tls_security_level instead"},
	  {4, "smtpd_use_tls is obsolete: set smtpd_tls_security_level instead"},
	  {5, "smtpd_enforce_tls is obsolete: set smtpd_tls_security_level instead"}}},
	{"lmtp_use_tls = yes\nlmtp_enforce_tls = no\nlmtp_tls_enforce_peername = no\n",
	 {{1, "lmtp_use_tls is obsolete: set lmtp_tls_security_level instead"},
	  {2, "lmtp_enforce_tls is obsolete: set lmtp_tls_security_level instead"},
	  {3, "lmtp_tls_enforce_peername is obsolete: set lmtp_tls_security_level instead"}}},

	/* what goes with a rule */
	{CLIENT ".accept = x\n" CLIENT ".why = y\n" SERVER " = may\n",
	 {{1, CLIENT ".accept belongs to \"" CLIENT " = VALUE\", which is missing"},
	  {2, CLIENT ".why belongs to \"" CLIENT " = VALUE\", which is missing"}}},
	{SERVER " = may\n" SERVER ".because = x\n" SERVER ". = y\n" SERVER ".why.not = z\n",
	 {{2, "a rule has " SERVER ", " SERVER ".accept and " SERVER
	      ".why, and nothing called \".because\""},
	  {3,
	   "a rule has " SERVER ", " SERVER ".accept and " SERVER ".why, and nothing called \".\""},
	  {4, "a rule has " SERVER ", " SERVER ".accept and " SERVER
	      ".why, and nothing called \".why.not\""}}},
	{SERVER " = may\n" SERVER ".Accept = x\n",
	 {{2, "a rule has " SERVER ", " SERVER ".accept and " SERVER
	      ".why, and nothing called \".Accept\""}}},

	/* twice */
	{CLIENT " = may\n" SERVER " = may\n" CLIENT " = may\n",
	 {{1, CLIENT " is there again, at line 3"}}},
	{CAFILE " = a\n" CAFILE ".why = b\n" CAFILE ".why = c\n" CAFILE ".why = d\n",
	 {{2, CAFILE ".why is there again, at line 4"},
	  {3, CAFILE ".why is there again, at line 4"}}},

	/* patterns */
	{CAFILE " = a\n" CAFILE ".accept = (b\n",
	 {{2, CAFILE ".accept: missing closing parenthesis at offset 2 of \"(b\""}}},
	{CAFILE ".accept = [a\n" CAFILE " = a\n" CLIENT " = may\n" CLIENT ".accept = *\n",
	 {{1, CAFILE ".accept: missing terminating ] for character class at offset 2 of \"[a\""},
	  {4,
	   CLIENT ".accept: quantifier does not follow a repeatable item at offset 0 of \"*\""}}},

	/* values */
	{CLIENT " = bogus\n" SERVER " = dane\n",
	 {{1, CLIENT " = bogus: smtp(8) stops with a fatal error on this level"},
	  {2, SERVER " = dane: smtpd(8) stops with a fatal error on this level"}}},
	{"lmtp_tls_security_level = may # x\n",
	 {{1,
	   "lmtp_tls_security_level = may # x: lmtp(8) stops with a fatal error on this level"}}},
	{CLIENT " =\n", {{1, CLIENT " = : an empty level leaves it to obsolete parameters"}}},
	{CLIENT_LOG " = 1 bogus\n",
	 {{1, CLIENT_LOG " = 1 bogus: Postfix does not know a word of it and logs nothing"}}},
	{CLIENT " = $x\n" CLIENT_LOG " = ${y}\n",
	 {{1, CLIENT " = $x: what it refers to differs from file to file, so nobody can say what "
		     "it is worth"},
	  {2, CLIENT_LOG " = ${y}: what it refers to differs from file to file, so nobody can say "
			 "what it is worth"}}},
	{"smtp_dns_support_level = dnsec\nsmtp_tls_wrappermode = maybe\nlmtp_dns_support_level =\n",
	 {{1, "smtp_dns_support_level = dnsec: the words that Postfix knows here are: disabled "
	      "enabled dnssec"},
	  {2, "smtp_tls_wrappermode = maybe: the words that Postfix knows here are: yes no"},
	  {3, "lmtp_dns_support_level = : the words that Postfix knows here are: disabled enabled "
	      "dnssec"}}},
	{CAFILE " = ${x\n",
	 {{1, CAFILE " = ${x: a Postfix daemon stops with a fatal error on this: macro without "
		     "closing bracket: \"{x\""}}},
	{CAFILE " = ${x?{${}:{b}}\n" PROTOCOLS " = ${x?{a}:{$}}\n", {{1, NULL}, {2, NULL}}},
	{CAFILE " = a$smtp_tls_CAfile\n", {{1, NULL}}},
	{CAFILE " = $smtp_tls_CApath\n\nsmtp_tls_CApath = $smtp_tls_CAfile\n",
	 {{1, NULL}, {3, NULL}}},

	/* None is lost. */
	{"x\n" CLIENT " = bogus\nno_such = 1\n" CAFILE " = a\n" CAFILE ".accept = (\n" CAFILE
	 ".nope = x\n",
	 {{1, "missing '=' after parameter name: \"x\""},
	  {2, CLIENT " = bogus: smtp(8) stops with a fatal error on this level"},
	  {3, "Postfix has no parameter \"no_such\""},
	  {5, CAFILE ".accept: missing closing parenthesis at offset 1 of \"(\""},
	  {6, "a rule has " CAFILE ", " CAFILE ".accept and " CAFILE
	      ".why, and nothing called \".nope\""}}},
	{CLIENT " = bogus\n" CLIENT ".accept = (\n" CLIENT " = dane # x\n",
	 {{1, CLIENT " is there again, at line 3"},
	  {2, CLIENT ".accept: missing closing parenthesis at offset 1 of \"(\""},
	  {3, CLIENT " = dane # x: smtp(8) stops with a fatal error on this level"}}},
};

START_TEST(refuses)
{
	struct policyfile_errors errors = {0};
	size_t i;

	ck_assert_ptr_null(policyfile_parse(bad[_i].text, strlen(bad[_i].text), &errors));
	for (i = 0; i < 5 && (bad[_i].want[i].text != NULL || bad[_i].want[i].line > 0); i++) {
		ck_assert_msg(i < errors.n, "%s: %zu errors", bad[_i].text, errors.n);
		if (bad[_i].want[i].text != NULL)
			ck_assert_str_eq(errors.v[i].text, bad[_i].want[i].text);
		ck_assert_uint_eq(errors.v[i].line, bad[_i].want[i].line);
		ck_assert_uint_gt(strlen(errors.v[i].text), 0);
	}
	ck_assert_msg(i == errors.n, "%s: %zu: %s", bad[_i].text, errors.n,
		      i < errors.n ? errors.v[i].text : "");
	policyfile_errors_release(&errors);
	ck_assert_uint_eq(errors.n, 0);
}
END_TEST

/* Nothing reads half of what stands there, in whatever part of a line the NUL stands. */
static const struct {
	const char *text;
	size_t len;
} nuls[] = {
#define TEXT(text)                                                                                 \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
	TEXT(CLIENT " = may\0x\n" SERVER " = may\n"),
	TEXT(CAFILE "\0 = ${x\n" SERVER " = may\n"),
	TEXT(CAFILE "\0x.why = y\n" SERVER " = may\n"),
	TEXT(CAFILE ".accept = (\0\n" CAFILE " = x\n"),
	TEXT("\0"),
#undef TEXT
};

START_TEST(refuses_nul)
{
	struct policyfile_errors errors = {0};
	size_t i;

	ck_assert_ptr_null(policyfile_parse(nuls[_i].text, nuls[_i].len, &errors));
	for (i = 0; i < errors.n && strstr(errors.v[i].text, "NUL byte") == NULL;)
		i++;
	ck_assert_uint_lt(i, errors.n);
	ck_assert_uint_eq(errors.v[i].line, 1);
	policyfile_errors_release(&errors);
}
END_TEST

/* A file that is something else is refused in no more time than it takes to read it. */
START_TEST(refuses_much)
{
	struct policyfile_errors errors = {0};
	struct buf text = BUF_INIT;
	size_t i, n = 200000;

	for (i = 0; i < n; i++)
		buf_addf(&text, "smtp_tls_security_leve%zu = %zu\n", i / 2 * 2 + 10, i);
	ck_assert_ptr_null(policyfile_parse(text.data, text.len, &errors));
	/* Each name is unknown, and half of them are there twice. */
	ck_assert_uint_eq(errors.n, n + n / 2);
	for (i = 1; i < errors.n; i++)
		ck_assert(errors.v[i - 1].line <= errors.v[i].line);
	policyfile_errors_release(&errors);
	buf_release(&text);
}
END_TEST

/* ---- and back ---- */

START_TEST(prints)
{
	static const char want[] =
		"# own: of our own.\n"
		"#\n"
		"# NAME = value           set, unless what is there is as good or better\n"
		"# NAME.accept = pattern  what else is good: PCRE2, the whole value, caseless\n"
		"# NAME.why = text        what goes wrong otherwise\n"
		"\n" CLIENT " = may\n"
		"\n" CAFILE " =\n" CAFILE ".accept = a|b\n" CAFILE ".why = none is needed\n";
	static const struct rule rules[] = {{CLIENT, "may", NULL, NULL},
					    {CAFILE, "", "a|b", "none is needed"}};
	struct policy *p = policy_new("own", "of our own");
	struct buf out = BUF_INIT;

	policy_add(p, &rules[0]);
	policy_add(p, &rules[1]);
	policyfile_print(p, &out);
	ck_assert_str_eq(buf_string(&out), want);
	policy_free(p);
	buf_release(&out);
}
END_TEST

/* The same rules come back. */
static struct policy *print_and_parse(const struct policy *p)
{
	struct buf text = BUF_INIT;
	struct policy *again;
	size_t i;

	policyfile_print(p, &text);
	again = parse(buf_string(&text));
	for (i = 0; policy_rule(p, i) != NULL && policy_rule(again, i) != NULL; i++)
		ck_assert_msg(same_rule(policy_rule(p, i), policy_rule(again, i)), "%s",
			      buf_string(&text));
	ck_assert_ptr_eq(policy_rule(p, i), policy_rule(again, i));
	buf_release(&text);
	return again;
}

START_TEST(good_ones_come_back)
{
	struct policy *p = parse(good[_i].text);

	policy_free(print_and_parse(p));
	policy_free(p);
}
END_TEST

static void check_same(const struct verdict *a, const struct verdict *b)
{
	struct buf one = BUF_INIT, two = BUF_INIT;

	ck_assert(same_rule(a->rule, b->rule));
	ck_assert_int_eq(a->code, b->code);
	ck_assert_uint_eq(a->occurrence, b->occurrence);
	ck_assert_uint_eq(a->line, b->line);
	ck_assert(a->in_force == b->in_force);
	ck_assert(same_text(a->old, b->old));
	ck_assert(same_text(a->effective, b->effective));
	ck_assert(same_text(a->value, b->value));
	ck_assert(same_text(a->cause, b->cause));
	verdict_explain(a, "becomes", &one);
	verdict_explain(b, "becomes", &two);
	ck_assert_str_eq(buf_string(&one), buf_string(&two));
	buf_release(&one);
	buf_release(&two);
}

/* Two policies judge a file alike, whatever is in it. */
static void check_alike(struct policy *a, struct policy *b, const struct buf *text)
{
	struct maincf *file = maincf_parse(buf_string(text), text->len);
	struct verdicts one = {0}, two = {0};
	size_t i;

	policy_judge(a, file, &one);
	policy_judge(b, file, &two);
	ck_assert_uint_eq(one.n, two.n);
	for (i = 0; i < one.n; i++)
		check_same(&one.v[i], &two.v[i]);
	verdicts_release(&one);
	verdicts_release(&two);
	maincf_free(file);
}

/* Judges all fixtures and many files that are made up. */
static unsigned check_files(struct policy *a, struct policy *b)
{
	DIR *list = opendir("tests/fixtures");
	struct buf text = BUF_INIT;
	struct dirent *e;
	unsigned n = 0, seed;

	ck_assert_ptr_nonnull(list);
	while ((e = readdir(list)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		buf_clear(&text);
		read_file(in_folder("tests/fixtures", e->d_name), &text);
		check_alike(a, b, &text);
	}
	(void)closedir(list);
	for (seed = 0; seed < 2000; seed++) {
		buf_clear(&text);
		generate(seed, seed % 8, &text);
		check_alike(a, b, &text);
	}
	buf_release(&text);
	return n;
}

#define POLICIES 3

/* As text a built-in policy is the same policy. */
START_TEST(built_in_ones_come_back)
{
	struct policy *p = policy_builtin(policy_builtin_name((size_t)_i)), *again;

	again = print_and_parse(p);
	ck_assert_uint_ge(check_files(p, again), 30);
	policy_free(p);
	policy_free(again);
}
END_TEST

START_TEST(knows_all_built_in_ones)
{
	ck_assert_ptr_null(policy_builtin_name(POLICIES));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policyfile");
	TCase *tc = tcase_create("reading");

	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, reads, 0, COUNT(good));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_loop_test(tc, refuses_nul, 0, COUNT(nuls));
	tcase_add_test(tc, refuses_much);
	suite_add_tcase(s, tc);

	tc = tcase_create("printing");
	tcase_set_timeout(tc, 900);
	tcase_add_test(tc, prints);
	tcase_add_loop_test(tc, good_ones_come_back, 0, COUNT(good));
	tcase_add_loop_test(tc, built_in_ones_come_back, 0, POLICIES);
	tcase_add_test(tc, knows_all_built_in_ones);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
