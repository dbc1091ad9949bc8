/* SPDX-License-Identifier: ISC */
/*
 * check_audit - what is wrong beside the rules of the policy: each finding where it
 * must appear, and a near miss where it must not.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* In order by itself: a row adds to it what it is about. */
#define GOOD                                                                                       \
	"smtpd_tls_security_level = may\nsmtp_tls_security_level = may\n"                          \
	"smtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\n"                                          \
	"smtpd_tls_chain_files = /etc/mx.pem\nsmtp_tls_CAfile = /etc/ca.pem\n"
/* The same but for the server level, which is at line 6 then. */
#define CLIENT                                                                                     \
	"smtp_tls_security_level = may\nsmtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\n"           \
	"smtpd_tls_chain_files = /etc/mx.pem\nsmtp_tls_CAfile = /etc/ca.pem\n"
#define SERVER                                                                                     \
	"smtpd_tls_security_level = may\nsmtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\n"          \
	"smtpd_tls_chain_files = /etc/mx.pem\nsmtp_tls_CAfile = /etc/ca.pem\n"

/* Rows of main.cf alone. want is the place and the code, or NULL where nothing is found. */
static const struct {
	const char *text, *want;
} rows[] = {
	{GOOD, NULL},
	/* macros on which a daemon dies */
	{GOOD "myorigin = ${mydomain\n", "main.cf:7: error: *[fatal-macro]"},
	{GOOD "myorigin = $\n", "main.cf:7: error: *[fatal-macro]"},
	{GOOD "myorigin = $$\n", NULL},
	{GOOD "myorigin = ${mydomain\nmyorigin = $myhostname\nmyhostname = a\n",
	 "main.cf:8: warning: *[conflicting-duplicates]"},
	{GOOD "of_my_own = ${nothing\n", NULL},
	/* behind a name that cannot be known, too */
	{GOOD "mydestination = $myhostname, localhost.$mydomain, ${foo\n",
	 "main.cf:7: error: *[fatal-macro]"},
	{GOOD "smtpd_banner = $myhostname ESMTP $\n", "main.cf:7: error: *[fatal-macro]"},
	{GOOD "smtpd_banner = $myhostname ESMTP $mail_name\n", NULL},
	{GOOD "smtpd_banner = ${myhostname?a}${mail_name:b}\n", NULL},
	/* Names that only this file or master.cf makes known. */
	{GOOD "smtpd_restriction_classes = mine, yours\nyours = ${foo\n",
	 "main.cf:8: error: yours: *[fatal-macro]"},
	{GOOD "smtpd_restriction_classes = mine\nyours = ${foo\n", NULL},
	{GOOD "lists = yours\nsmtpd_restriction_classes = $lists\nyours = ${foo\n",
	 "main.cf:9: error: yours: *[fatal-macro]"},
	{GOOD "foo_destination_concurrency_limit = ${x\n", NULL},
	{GOOD "smtpd_banner = ${mail_name?${foo}\n", "main.cf:7: error: *[fatal-macro]"},
	/* switches on which a daemon dies */
	{GOOD "smtpd_tls_auth_only = ye\n",
	 "main.cf:7: error: *neither yes nor no: smtpd(8) *[fatal-value]"},
	{GOOD "smtpd_tls_auth_only = YES\n", NULL},
	{GOOD "smtp_tls_note_starttls_offer = true\n", "main.cf:7: error: *[fatal-value]"},
	{GOOD "smtpd_tls_received_header =\n", "main.cf:7: error: *[fatal-value]"},
	{GOOD "x = no\nsmtpd_tls_ask_ccert = $x\n", NULL},
	{GOOD "default_rbl_reply = $rbl_code ${rbl_reason?; $rbl_reason\n", NULL},
	/* levels that no rule is about */
	{GOOD "lmtp_tls_security_level = may # x\n",
	 "main.cf:7: error: *: lmtp(8) stops with a fatal error *[fatal-value]"},
	{GOOD "lmtp_tls_security_level = may\nlmtp_tls_security_level = none\n",
	 "main.cf:8: warning: *[conflicting-duplicates]"},
	{GOOD "postscreen_tls_security_level = dane\n",
	 "main.cf:7: error: *: postscreen(8) stops *[fatal-value]"},
	{GOOD "tlsproxy_tls_security_level = $x\nx = maybe\n", "main.cf:7: error: *[fatal-value]"},
	{GOOD "lmtp_tls_wrappermode = yes\n", "main.cf:7: error: *[wrappermode-level]"},
	{GOOD "lmtp_tls_wrappermode = yes\nlmtp_tls_security_level = may\n",
	 "main.cf:8: error: *[wrappermode-level]"},
	{GOOD "lmtp_tls_wrappermode = yes\nlmtp_tls_security_level = encrypt\n", NULL},
	{GOOD "lmtp_tls_wrappermode = no\n", NULL},
	/* STARTTLS not offered, not seen */
	{GOOD "smtpd_discard_ehlo_keywords = dsn, STARTTLS\n",
	 "main.cf:7: error: *[starttls-discarded]"},
	{GOOD "smtp_discard_ehlo_keywords = starttls\n", "main.cf:7: error: *[starttls-discarded]"},
	{GOOD "x = starttls\nsmtp_discard_ehlo_keywords = $x\n",
	 "main.cf:8: error: *[starttls-discarded]"},
	{GOOD "smtpd_discard_ehlo_keywords = dsn, etrn, silent-discard\n", NULL},
	/* which is nothing to a client that does not ask for it */
	{GOOD "lmtp_discard_ehlo_keywords = starttls\n", NULL},
	{GOOD "lmtp_discard_ehlo_keywords = starttls\nlmtp_tls_security_level = may\n",
	 "main.cf:7: error: *[starttls-discarded]"},
	{GOOD "postscreen_discard_ehlo_keywords = starttls\n",
	 "main.cf:7: error: *[starttls-discarded]"},
	/* certificates */
	{"smtpd_tls_security_level = may\nsmtp_tls_security_level = may\nsmtpd_tls_loglevel = 1\n"
	 "smtp_tls_loglevel = 1\nsmtp_tls_CAfile = /etc/ca.pem\n",
	 "main.cf:1: warning: *454*[no-certificate]"},
	{"smtp_tls_security_level = may\nsmtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\n"
	 "smtp_tls_CAfile = /etc/ca.pem\nsmtpd_tls_eccert_file = /etc/mx.pem\n"
	 "smtpd_tls_security_level = may\n",
	 NULL},
	{"smtp_tls_security_level = may\nsmtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\n"
	 "smtp_tls_CAfile = /etc/ca.pem\nsmtpd_tls_cert_file = None\n"
	 "smtpd_tls_security_level = may\n",
	 "main.cf:5: warning: *[anonymous-only]"},
	{"smtp_tls_security_level = may\nsmtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\n"
	 "smtp_tls_CAfile = /etc/ca.pem\nsmtpd_tls_cert_file = /etc/none\n"
	 "smtpd_tls_security_level = may\n",
	 NULL},
	/* marks, names */
	{"\xef\xbb\xbfsmtpd_tls_auth_only = yes\n" GOOD, "main.cf:1: warning: *[byte-order-mark]"},
	{GOOD "\xef\xbb\xbfsmtpd_tls_auth_only = yes\n", NULL},
	{"#\xef\xbb\xbf\n" GOOD, NULL},
	{GOOD "#smtpd_use_tls = yes\nuse_tls = yes\n", NULL},
	{GOOD "smtpd_use_tls = yes\n", "main.cf:7: warning: *[obsolete-parameter]"},
	{GOOD "smtp_tls_per_site = hash:/etc/x\n", "main.cf:7: warning: *[obsolete-parameter]"},
	{GOOD "mydestination = a\nmydestination = b\n",
	 "main.cf:8: warning: *line 7*[conflicting-duplicates]"},
	{GOOD "mydestination = a\nmydestination =  a \n", NULL},
	{GOOD "smtpd_tsl_loglevel = 1\n",
	 "main.cf:7: warning: *mean smtpd_tls_loglevel?*[misspelled-parameter]"},
	{GOOD "smtp_tls_securty_level = may\n",
	 "main.cf:7: warning: *mean smtp_tls_security_level?*[misspelled-parameter]"},
	{GOOD "smtp_tls_auth_only = yes\n",
	 "main.cf:7: warning: *mean smtpd_tls_auth_only?*[misspelled-parameter]"},
	{GOOD "smtp_tls_cafile = /x\n",
	 "main.cf:7: warning: *mean smtp_tls_CAfile?*[misspelled-parameter]"},
	{GOOD "smtp_tls_what_is_this_now = 1\n", "main.cf:7: warning: *[misspelled-parameter]"},
	{GOOD "smtp_tls_my_own = /x\nsmtp_tls_policy_maps = ${smtp_tls_my_own}\n", NULL},
	{GOOD "smtp_tls_my_own = /x\nsmtp_tls_policy_maps = $( smtp_tls_my_own )\n", NULL},
	{GOOD "smtp_tls_my_own = /x\nsmtp_tls_policy_maps = ${mydomain?x:$smtp_tls_my_own}\n",
	 NULL},
	{GOOD "smtp_tls_my_own = /x\nsmtp_tls_policy_maps =\n $$$smtp_tls_my_own\n", NULL},
	{GOOD "smtp_tls_my_own = /x\nsmtp_tls_policy_maps = $$smtp_tls_my_own\n",
	 "main.cf:7: warning: *[misspelled-parameter]"},
	{GOOD "smtp_tls_my_own = /x\nsmtp_tls_policy_maps = $smtp_tls_my_own_\n",
	 "main.cf:7: warning: *[misspelled-parameter]"},
	{GOOD "smtp_tls_my_own = /x\n# smtp_tls_policy_maps = $smtp_tls_my_own\n",
	 "main.cf:7: warning: *[misspelled-parameter]"},
	{GOOD "smtp_tls_out_destination_recipient_limit = 1\n", NULL},
	{GOOD "html_directory = no\nlistsize = 3\n", NULL},
	{GOOD "smtpd_restriction_classes = a, tls_only\ntls_only = reject\n", NULL},
	{GOOD "smtpd_restriction_classes = a, tls_only\ntls_one = reject\n",
	 "main.cf:8: warning: *[misspelled-parameter]"},
	{GOOD "smtpd_restriction_classes = a, TLS_only\ntls_only = reject\n",
	 "main.cf:8: warning: *[misspelled-parameter]"},
	{GOOD "alias_maps = proxy:ldap:sales, hash:/x\nsales_start_tls = yes\n", NULL},
	{GOOD "alias_maps = mysql:x ldap:sales-eu_2\nsales-eu_2_start_tls = yes\n", NULL},
	{GOOD "alias_maps = hash:/x\n# ldap:sales\nsales_start_tls = yes\n",
	 "main.cf:9: warning: *[misspelled-parameter]"},
	{GOOD "alias_maps = ldap:sales, hash:/x\nsalez_start_tls = yes\n",
	 "main.cf:8: warning: *[misspelled-parameter]"},
	/* levels that need more */
	{SERVER "smtp_tls_security_level = dane\n", "main.cf:6: warning: *[dane-without-dnssec]"},
	{SERVER "smtp_tls_security_level = dane\nsmtp_dns_support_level = DNSSEC\n", NULL},
	{SERVER "smtp_tls_security_level = dane-only\n",
	 "main.cf:6: error: *all mail is deferred*[dane-only-without-dnssec]"},
	{SERVER "smtp_tls_security_level = dane\nsmtp_dns_support_level = dnssec\n"
		"smtp_tls_wrappermode = yes\n",
	 "main.cf:6: warning: *[wrappermode-dane]"},
	{SERVER "smtp_tls_security_level = dane-only\nsmtp_dns_support_level = dnssec\n"
		"smtp_tls_wrappermode = yes\n",
	 NULL},
	{GOOD "lmtp_tls_security_level = dane\nlmtp_dns_support_level = dnssec\n"
	      "lmtp_tls_wrappermode = yes\n",
	 "main.cf:7: warning: *[wrappermode-dane]"},
	{CLIENT "smtpd_tls_security_level = encrypt\n",
	 "main.cf:6: warning: *[encrypt-on-public-mx]"},
	/* passwords */
	{GOOD "smtpd_sasl_auth_enable = yes\n", "main.cf:7: warning: *[plaintext-auth]"},
	{GOOD "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n", NULL},
	{GOOD "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_security_options = noplaintext\n", NULL},
	{GOOD "smtp_sasl_auth_enable = yes\n", NULL},
	{GOOD "smtp_sasl_auth_enable = yes\nsmtp_sasl_security_options = noanonymous\n",
	 "main.cf:7: warning: *[plaintext-auth]"},
	{SERVER "smtp_tls_security_level = encrypt\nsmtp_sasl_auth_enable = yes\n"
		"smtp_sasl_security_options = noanonymous\n",
	 NULL},
	/* protocols and ciphers */
	{GOOD "smtp_tls_protocols = !SSLv2\n", "main.cf:7: warning: *SSLv3*[weak-protocols]"},
	{GOOD "smtpd_tls_mandatory_protocols =\n", "main.cf:7: warning: *[weak-protocols]"},
	{GOOD "smtpd_tls_protocols = SSLv3, TLSv1.2\n", "main.cf:7: warning: *[weak-protocols]"},
	{GOOD "smtpd_tls_protocols = !SSLv2, !SSLv3\n", NULL},
	{GOOD "smtpd_tls_protocols = >=TLSv1\n", NULL},
	{GOOD "smtpd_tls_protocols = TLSv1.2:TLSv1.3\n", NULL},
	{GOOD "smtpd_tls_protocols = >=0302\n", NULL},
	{GOOD "smtp_tls_mandatory_protocols = TLSv1\n",
	 "main.cf:7: warning: *neither TLSv1.2 nor TLSv1.3*[weak-protocols]"},
	{GOOD "smtpd_tls_protocols = <=TLSv1.1, !SSLv3\n", "main.cf:7: warning: *[weak-protocols]"},
	{GOOD "smtpd_tls_protocols = !SSLv3, !TLSv1.2, !TLSv1.3\n",
	 "main.cf:7: warning: *[weak-protocols]"},
	{GOOD "smtpd_tls_protocols = !SSLv3, !TLSv1.3\n", NULL},
	{GOOD "smtpd_tls_protocols = TLSv1, TLSv1.2\n", NULL},
	{GOOD "smtpd_tls_protocols = !SSLv5\n", "main.cf:7: error: *optional*[unusable-list]"},
	{GOOD "smtp_tls_mandatory_protocols = >=TLSv1.9\n",
	 "main.cf:7: error: *required*[unusable-list]"},
	{GOOD "smtp_tls_ciphers = export\n", "main.cf:7: warning: *[weak-ciphers]"},
	{GOOD "smtp_tls_ciphers = High\n", NULL},
	{GOOD "smtp_tls_ciphers =\n",
	 "main.cf:7: error: *must not be empty*fatal error*[fatal-value]"},
	{GOOD "tls_medium_cipherlist = $none\n",
	 "main.cf:7: error: *must not be empty*fatal error*[fatal-value]"},
	{GOOD "smtp_tls_ciphers = $mail_version\n", "main.cf:7: warning: *[unevaluated-value]"},
	{GOOD "smtp_tls_ciphers = strongest\n", "main.cf:7: error: *optional*[unusable-list]"},
	{GOOD "tls_high_cipherlist = HIGH:!aNULL:eNULL\n", "main.cf:7: warning: *[weak-ciphers]"},
	{GOOD "tls_high_cipherlist = HIGH:!aNULL:!eNULL:!EXP:!LOW\n", NULL},
	/* what cannot be known, what is dead */
	{CLIENT "smtpd_tls_security_level = $mail_version\n", "main.cf:6: error: *[unknown-value]"},
	{CLIENT "smtpd_tls_security_level = $mine\nmine = may\n", NULL},
	{"smtp_tls_security_level = none\n" GOOD, "main.cf:1: warning: *[dead-duplicate]"},
	{"smtp_tls_security_level =  may\n" GOOD, NULL},
	{GOOD "smtp_tls_protocols = $mail_version\n", "main.cf:7: warning: *[unevaluated-value]"},
	{GOOD "smtpd_sasl_auth_enable = $smtp_use_tls\n",
	 "main.cf:7: warning: *[unevaluated-value]"},
	{GOOD "smtpd_tls_auth_only = $smtp_use_tls\n", "main.cf:7: warning: *[unevaluated-value]"},
	{GOOD "smtp_tls_note_starttls_offer = $smtp_use_tls\n", NULL},
	{GOOD "smtp_tls_protocols = $mine\nmine = !SSLv2, !SSLv3\n", NULL},
	{GOOD "smtp_tls_note_starttls_offer = $mail_version\n", NULL},
	/* certificate authorities */
	{"smtpd_tls_security_level = may\nsmtp_tls_security_level = may\nsmtpd_tls_loglevel = 1\n"
	 "smtp_tls_loglevel = 1\nsmtpd_tls_chain_files = /etc/mx.pem\n",
	 "main.cf:2: note: *[no-ca]"},
	{"smtpd_tls_security_level = may\nsmtp_tls_security_level = may\nsmtpd_tls_loglevel = 1\n"
	 "smtp_tls_loglevel = 1\nsmtpd_tls_chain_files = /etc/mx.pem\ntls_append_default_CA = "
	 "yes\n",
	 NULL},
};

/* Whether a line fits a pattern with '*' for anything. */
static bool fits(const char *line, size_t len, const char *pattern)
{
	for (; *pattern != '\0' && *pattern != '*'; pattern++, line++, len--)
		if (len == 0 || *line != *pattern)
			return false;
	if (*pattern == '\0')
		return len == 0;
	for (;; line++, len--) {
		if (fits(line, len, pattern + 1))
			return true;
		if (len == 0)
			return false;
	}
}

static size_t count_of_lines(const char *text)
{
	size_t n = 1;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* All that is found are lines that fit, or nothing. */
static void assert_found(const char *want)
{
	const char *out = buf_string(&r.out);

	if (want == NULL) {
		ck_assert_str_eq(out, "");
		return;
	}
	ck_assert_msg(count_lines(&r.out) == count_of_lines(want) &&
			      fits(out, strlen(out) - 1, want),
		      "instead of %s:\n%s", want, out);
}

static void assert_status_fits(const char *want)
{
	assert_status(want != NULL && strstr(want, "error:") != NULL ? 1 : 0);
}

START_TEST(of_main_cf)
{
	put("main.cf", rows[_i].text);
	HARDEN("--check", "main.cf");
	assert_found(rows[_i].want);
	assert_status_fits(rows[_i].want);
}
END_TEST

/* ---- services ---- */

#define SMTP "smtp inet n - y - - smtpd\n"

static const struct {
	const char *main, *master, *want;
} services[] = {
	{"", SMTP "smtp unix - - y - - smtp\nlmtp unix - - n - - lmtp\n", NULL},
	{"", SMTP " -o smtpd_tls_security_level=none\n", "master.cf:2: error: *[service-level]"},
	{"", SMTP " -o { smtpd_tls_security_level = none }\n",
	 "master.cf:2: error: *[service-level]"},
	{"", "smtp unix - - y - - smtp\n  -o smtp_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	{"", "smtp unix - - y - - smtp\n  -o smtp_tls_security_level=\n",
	 "master.cf:2: error: *[service-level]"},
	{"level = none\n", SMTP " -o smtpd_tls_security_level=$level\n",
	 "master.cf:2: error: *[service-level]"},
	{"level = none\n", SMTP " -o level=may -o smtpd_tls_security_level=$level\n",
	 "master.cf:2: note: *[service-override]"},
	/* a service that is commented out while its options are not */
	{"", SMTP "#other inet n - y - - smtpd\n  -o smtpd_tls_security_level=none\n",
	 "master.cf:3: error: smtp/inet *[service-level]"},
	{"", SMTP "#other inet n - y - - smtpd\n#  -o smtpd_tls_security_level=none\n", NULL},
	/* of two lines with one name master(8) runs the last one */
	{"", SMTP " -o smtpd_tls_security_level=none\n" SMTP, NULL},
	/* within the host */
	{"", "127.0.0.1:10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: note: *[service-override]"},
	{"", "[::1]:10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: note: *[service-override]"},
	{"inet_interfaces = loopback-only\n",
	 "10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: note: *[service-override]"},
	{"inet_interfaces = 127.0.0.1,::1\n",
	 "10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: note: *[service-override]"},
	{"inet_interfaces = [::1] LOCALHOST, 127.0.0.2\n",
	 "10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: note: *[service-override]"},
	{"inet_interfaces = localhost, mx.example.com\n",
	 "10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	{"inet_interfaces =\n", "10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	{"", "10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	{"content_filter = scan:[127.0.0.1]:10024\n",
	 "scan unix - - n - 2 smtp\n -o smtp_tls_security_level=none\n",
	 "master.cf:2: note: *[service-override]"},
	{"",
	 SMTP " -o content_filter=scan:[127.0.0.1]:10024\n"
	      "scan unix - - n - 2 smtp\n -o smtp_tls_security_level=none\n",
	 "master.cf:4: note: *[service-override]"},
	/* but not what takes all other mail, too */
	{"content_filter = smtp:[127.0.0.1]:10024\n",
	 "smtp unix - - n - - smtp\n -o smtp_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	{"content_filter = relay:[127.0.0.1]:10024\n",
	 "relay unix - - n - - smtp\n -o smtp_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	{"content_filter = smtp:[127.0.0.1]:10024\ndefault_transport = out:\n",
	 "smtp unix - - n - - smtp\n -o smtp_tls_security_level=none\n",
	 "master.cf:2: note: *[service-override]"},
	{"content_filter = scan:[127.0.0.1]:10024\ndefault_transport = scan:[127.0.0.1]\n",
	 "scan unix - - n - - smtp\n -o smtp_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	{"content_filter = scanner:x\n",
	 "scan unix - - n - 2 smtp\n -o smtp_tls_security_level=none\n",
	 "master.cf:2: error: *[service-level]"},
	/* what main.cf requires, of a filter */
	{"smtpd_tls_security_level = encrypt\n", "127.0.0.1:10025 inet n - n - - smtpd\n",
	 "main.cf:7: warning: *[conflicting-duplicates]\n"
	 "master.cf:1: warning: *-o smtpd_tls_security_level=may [encrypt-within-host]"},
	{"smtpd_tls_security_level = encrypt\n",
	 "127.0.0.1:10025 inet n - n - - smtpd\n -o smtpd_tls_security_level=may\n",
	 "main.cf:7: warning: *[conflicting-duplicates]\nmaster.cf:2: note: *[service-override]"},
	{"smtpd_tls_security_level = encrypt\n",
	 "127.0.0.1:465 inet n - n - - smtpd\n -o smtpd_tls_wrappermode=yes\n",
	 "main.cf:7: warning: *[conflicting-duplicates]"},
	{"smtp_tls_security_level = encrypt\ncontent_filter = scan:[127.0.0.1]:10024\n",
	 "scan unix - - n - 2 smtp\nout unix - - n - - smtp\n",
	 "main.cf:7: warning: *[conflicting-duplicates]\n"
	 "master.cf:1: warning: scan/unix *[encrypt-within-host]"},
	/* fine, and fatal */
	{"", "submission inet n - y - - smtpd\n -o smtpd_tls_security_level=encrypt\n",
	 "master.cf:2: note: *[service-override]"},
	{"", "465 inet n - y - - smtpd\n -o smtpd_tls_wrappermode=yes\n", NULL},
	{"", SMTP " -o smtpd_tls_security_level=dane\n", "master.cf:2: error: *[service-fatal]"},
	{"", SMTP " -o smtpd_tls_security_level = may\n", "master.cf:2: error: *[service-fatal]"},
	{"", "out unix - - n - - smtp\n -o smtp_tls_wrappermode=yes\n",
	 "master.cf:2: error: *[wrappermode-level]"},
	{"",
	 "out unix - - n - - smtp\n -o smtp_tls_wrappermode=yes -o "
	 "smtp_tls_security_level=encrypt\n",
	 "master.cf:2: note: *[service-override]"},
	{"", "out unix - - n - - smtp\n -o smtp_tls_wrappermode=no\n", NULL},
	{"",
	 "out unix - - n - - smtp\n -o smtp_tls_wrappermode=yes -o smtp_tls_security_level=dane\n"
	 " -o smtp_dns_support_level=dnssec\n",
	 "master.cf:2: warning: *[wrappermode-dane]\nmaster.cf:2: note: *[service-override]"},
	{"",
	 "out unix - - n - - smtp\n -o smtp_tls_wrappermode=yes -o smtp_tls_security_level=dane\n",
	 "master.cf:2: warning: *[dane-without-dnssec]\nmaster.cf:2: error: *[wrappermode-level]"},
	{"", SMTP " -o smtpd_tls_security_level=$mail_version\n",
	 "master.cf:2: warning: *[unevaluated-value]"},
	{"", "one two three\n", "master.cf:1: error: *[master-syntax]"},
	{"", "#one two three\none unix - - n - - smtp\n", NULL},
	/* postscreen */
	{"",
	 "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
	 "tlsproxy unix - - y - 0 tlsproxy\n",
	 NULL},
	{"", "smtp inet n - y - 1 postscreen\n -o postscreen_tls_security_level=none\n",
	 "master.cf:2: error: *its clients get no TLS*[service-level]"},
	{"", "smtp inet n - y - 1 postscreen\n -o postscreen_tls_security_level=encrypt\n",
	 "master.cf:2: note: *[service-override]\nmaster.cf:2: warning: *[encrypt-on-public-mx]"},
	{"", "2525 inet n - y - 1 postscreen\n -o postscreen_tls_security_level=encrypt\n",
	 "master.cf:2: note: *[service-override]"},
	{"smtpd_tls_security_level = encrypt\n",
	 "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n",
	 "main.cf:7: warning: *[conflicting-duplicates]\nmain.cf:7: warning: "
	 "*[encrypt-on-public-mx]"},
	{"postscreen_tls_security_level = none\n", "smtp inet n - y - 1 postscreen\n",
	 "master.cf:1: error: *; set it to \"may\" in main.cf [service-level]"},
	/* the rest */
	{"", SMTP " -o smtpd_tls_loglevel=0\n", "master.cf:2: warning: *[service-loglevel]"},
	{"", SMTP " -o smtpd_tls_loglevel=4\n", "master.cf:2: warning: *dumps*[service-loglevel]"},
	{"", SMTP " -o smtpd_tls_loglevel=2\n", NULL},
	{"", SMTP " -o smtpd_discard_ehlo_keywords=starttls\n",
	 "master.cf:2: error: *[starttls-discarded]"},
	{"", SMTP " -o smtpd_discard_ehlo_keywords=starttlsx,dsn\n", NULL},
	{"", "127.0.0.1:26 inet n - y - - smtpd\n -o smtpd_discard_ehlo_keywords=starttls\n", NULL},
	/* of TLS from the first byte nothing can be discarded */
	{"",
	 "465 inet n - y - - smtpd\n -o smtpd_tls_wrappermode=yes\n"
	 " -o smtpd_discard_ehlo_keywords=starttls\n",
	 NULL},
	{"",
	 "out unix - - n - - smtp\n -o smtp_tls_wrappermode=yes -o smtp_tls_security_level=verify\n"
	 " -o smtp_discard_ehlo_keywords=starttls\n",
	 "master.cf:2: note: *[service-override]"},
	{"",
	 "465 inet n - y - - smtpd\n -o smtpd_tls_wrappermode=no\n"
	 " -o smtpd_discard_ehlo_keywords=starttls\n",
	 "master.cf:3: error: *[starttls-discarded]"},
	{"", "smtpd pass - - y - - smtpd\n -o smtpd_sasl_auth_enable=yes\n",
	 "master.cf:2: warning: *[plaintext-auth]"},
	{"smtpd_sasl_auth_enable = yes\n", SMTP "587 inet n - y - - smtpd\n",
	 "main.cf:7: warning: *[plaintext-auth]"},
	{"smtpd_sasl_auth_enable = yes\n", SMTP " -o smtpd_sasl_auth_enable=no\n", NULL},
	{"smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n",
	 SMTP " -v -o smtpd_error_sleep_time=0\n -o smtpd_tls_auth_only=no\n",
	 "master.cf:3: warning: smtp/inet (smtpd): *[plaintext-auth]"},
	{"smtpd_sasl_auth_enable = yes\nsmtpd_sasl_security_options = noplaintext\n",
	 SMTP " -o smtpd_sasl_security_options=\n",
	 "master.cf:1: warning: smtp/inet (smtpd): *[plaintext-auth]"},
	/* what options say beside levels: of the daemon that reads them */
	{"", SMTP " -o smtpd_tls_auth_only=ye\n",
	 "master.cf:2: error: smtp/inet (smtpd): *neither yes nor no*[service-fatal]"},
	{"", SMTP " -o smtpd_tls_auth_only=ye -o smtpd_tls_auth_only=yes\n", NULL},
	{"", SMTP " -o smtp_tls_note_starttls_offer=ye\n", NULL},
	{"", "out unix - - n - - smtp\n -o smtp_tls_note_starttls_offer=$x\n",
	 "master.cf:2: error: *[service-fatal]"},
	{"", "smtp inet n - y - 1 postscreen\n -o smtpd_use_tls=maybe\n",
	 "master.cf:2: warning: *[obsolete-parameter]\nmaster.cf:2: error: *[service-fatal]"},
	{"", SMTP " -o myhostname=${mydomain\n", "master.cf:2: error: *macro*[service-fatal]"},
	{"", "qmgr unix n - n 300 1 qmgr\n -o myhostname=$\n",
	 "master.cf:2: error: qmgr/unix (qmgr): *[service-fatal]"},
	{"", SMTP " -o smtp_helo_name=${mydomain\n", NULL},
	{"", SMTP " -o mine=${mydomain\n", NULL},
	{"", SMTP " -o default_rbl_reply=${mydomain\n", NULL},
	{"mine = ${mydomain\n", SMTP " -o smtpd_banner=$mine\n",
	 "master.cf:2: error: *[service-fatal]"},
	{"", SMTP " -o smtpd_tls_protocols=SSLv3\n",
	 "master.cf:2: warning: *SSLv3*; delete the option [weak-protocols]"},
	{"", SMTP " -o smtpd_tls_protocols=SSLv5\n", "master.cf:2: error: *[unusable-list]"},
	{"", SMTP " -o smtpd_tls_ciphers=export\n", "master.cf:2: warning: *[weak-ciphers]"},
	{"", SMTP " -o smtpd_tls_ciphers=\n", "master.cf:2: error: *[service-fatal]"},
	{"", SMTP " -o smtpd_tls_protocols=$mail_version\n",
	 "master.cf:2: warning: *[unevaluated-value]"},
	{"", "127.0.0.1:26 inet n - y - - smtpd\n -o smtpd_tls_protocols=SSLv3\n", NULL},
	{"", "out unix - - n - - smtp\n -o smtp_tls_security_level=dane-only\n",
	 "master.cf:2: error: *[dane-only-without-dnssec]\nmaster.cf:2: note: *[service-override]"},
	{"foo_time_limit = ${x\nbar_time_limit = ${x\n", "foo unix - n n - - pipe\n",
	 "main.cf:7: error: foo_time_limit: *[fatal-macro]"},
	/* What nobody said is not said of LMTP. */
	{"", "lmtp unix - - n - - lmtp\n -o lmtp_tls_security_level=none\n",
	 "master.cf:2: note: *lmtp_tls_security_level = none: no TLS*[service-override]"},
	{"lmtp_tls_security_level = none\n", "lmtp unix - - n - - lmtp\n", NULL},
	{"", "lmtp unix - - n - - lmtp\n -o lmtp_tls_security_level=dane\n",
	 "master.cf:2: warning: *[dane-without-dnssec]\nmaster.cf:2: note: *[service-override]"},
	{"", "out unix - - n - - smtp\n -o smtp_discard_ehlo_keywords=starttls\n",
	 "master.cf:2: error: *no server's offer*[starttls-discarded]"},
	/* what main.cf says to all is said there */
	{"lmtp_tls_security_level = bogus\n", "lmtp unix - - n - - lmtp\n",
	 "main.cf:7: error: *[fatal-value]"},
	{"lmtp_tls_wrappermode = yes\n", "lmtp unix - - n - - lmtp\n",
	 "main.cf:7: error: *[wrappermode-level]"},
	{"lmtp_tls_wrappermode = yes\nlmtp_tls_security_level = encrypt\n",
	 "lmtp unix - - n - - lmtp\n -o lmtp_tls_security_level=may\n",
	 "master.cf:2: error: *[wrappermode-level]"},
	{"", "smtp inet n - y - 1 postscreen\n -o smtpd_tls_security_level=bogus\n",
	 "master.cf:2: error: *= bogus*[service-fatal]"},
	/* certificates */
	{"", SMTP " -o smtpd_tls_chain_files=\n", "master.cf:2: warning: *454*[no-certificate]"},
	{"", SMTP " -o smtpd_tls_chain_files= -o smtpd_tls_cert_file=/etc/x.pem\n", NULL},
	{"", SMTP " -o smtpd_tls_chain_files= -o smtpd_tls_cert_file=none\n",
	 "master.cf:2: warning: *[anonymous-only]"},
	{"", "[::1]:26 inet n - y - - smtpd\n -o smtpd_tls_chain_files=\n", NULL},
	/* clients */
	{"smtp_sasl_security_options = noanonymous\n",
	 "out unix - - n - - smtp\n -o smtp_sasl_auth_enable=yes\n",
	 "master.cf:2: warning: out/unix *[plaintext-auth]"},
	{"smtp_sasl_security_options = noanonymous\n",
	 "out unix - - n - - smtp\n -o smtp_sasl_auth_enable=yes -o "
	 "smtp_tls_security_level=encrypt\n",
	 "master.cf:2: note: *[service-override]"},
	{"smtp_dns_support_level = dnssec\n",
	 "out unix - - n - - smtp\n -o smtp_tls_security_level=dane\n",
	 "master.cf:2: note: *[service-override]"},
	{"smtp_dns_support_level = dnssec\nsmtp_tls_security_level = dane\n",
	 "out unix - - n - - smtp\n -o smtp_dns_support_level=enabled\n",
	 "main.cf:8: warning: *[conflicting-duplicates]\n"
	 "master.cf:2: warning: *only may*[dane-without-dnssec]"},
	/* names */
	{"", SMTP " -o smtpd_tsl_loglevel=1\n",
	 "master.cf:2: warning: *mean smtpd_tls_loglevel?*[misspelled-parameter]"},
	{"", SMTP " -o smtp_tls_auth_only=yes\n",
	 "master.cf:2: warning: *mean smtpd_tls_auth_only?*[misspelled-parameter]"},
	{"", SMTP " -o tls_mine=a -o smtpd_banner=$tls_mine\n", NULL},
	{"smtpd_banner = $tls_mine\n", SMTP " -o tls_mine=a\n", NULL},
	{"", SMTP " -o smtpd_tsl_loglevel=1\n" SMTP, NULL},
	{"", SMTP " -o smtpd_use_tls=yes\n", "master.cf:2: warning: *[obsolete-parameter]"},
	{"", SMTP " -o smtpd_tls_eecdh_grade=strong\n",
	 "master.cf:2: warning: *delete the option [obsolete-parameter]"},
	{"", SMTP " -o smtpd_use_tls=yes\n" SMTP, NULL},
	/* postscreen's helper */
	{"tlsproxy_tls_security_level = none\n",
	 "smtp inet n - y - 1 postscreen\ntlsproxy unix - - y - 0 tlsproxy\n",
	 "master.cf:2: error: *[service-level]"},
	{"tlsproxy_tls_security_level = none\n", SMTP "tlsproxy unix - - y - 0 tlsproxy\n", NULL},
	/* names of main.cf that belong to a service, by either way to cut them, or are used there
	 */
	{"lm_tls_extra_recipient_limit = 1\n", "lm_tls_extra unix - - n - - lmtp\n", NULL},
	{"lm_tls_extra_recipient_limit = 1\n", "lm_tls unix - - n - - lmtp\n", NULL},
	{"lm_tls_extra_recipient_limit = 1\n", "lm_tls_extr unix - - n - - lmtp\n",
	 "main.cf:7: warning: *[misspelled-parameter]"},
	{"lm_tls_recipient_limits = 1\n", "lm_tls unix - - n - - lmtp\n",
	 "main.cf:7: warning: *[misspelled-parameter]"},
	{"smtp_tls_mine = x\n", SMTP " -o smtpd_banner=${smtp_tls_mine}\n", NULL},
	{"smtp_tls_mine = x\n", SMTP " -o smtpd_banner=smtp_tls_mine\n",
	 "main.cf:7: warning: *[misspelled-parameter]"},
	{"tls_only = reject\n", SMTP " -o smtpd_restriction_classes=a,tls_only\n", NULL},
	{"tls_only = reject\n", SMTP " -o smtpd_restriction_classes=tls_one\n",
	 "main.cf:7: warning: *[misspelled-parameter]"},
};

/* The same on a main.cf without a certificate, and where that is nobody's fault. */
static const struct {
	const char *master, *want;
} certificates[] = {
	{"", "main.cf:1: warning: *[no-certificate]"},
	{SMTP " -o smtpd_tls_chain_files=/etc/a.pem\n", NULL},
	{SMTP " -o smtpd_tls_chain_files=/etc/a.pem\n587 inet n - n - - smtpd\n"
	      " -o smtpd_tls_cert_file=/etc/b.pem\n[::1]:10025 inet n - n - - smtpd\n",
	 NULL},
	{SMTP " -o smtpd_tls_chain_files=/etc/a.pem\n587 inet n - n - - smtpd\n",
	 "main.cf:1: warning: *[no-certificate]"},
	{SMTP " -o smtpd_tls_key_file=/etc/a.pem\n", "main.cf:1: warning: *[no-certificate]"},
	{SMTP " -o smtpd_tls_chain_files=\n", "master.cf:2: warning: *[no-certificate]"},
	{"smtpd pass - - n - - smtpd\n -o smtpd_tls_chain_files=/etc/a.pem\n"
	 "smtp inet n - n - 1 postscreen\n",
	 "main.cf:1: warning: *[no-certificate]"},
};

START_TEST(certificates_of_services)
{
	put("main.cf", "smtpd_tls_security_level = may\nsmtp_tls_security_level = may\n"
		       "smtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\n"
		       "smtp_tls_CAfile = /etc/ca.pem\n");
	put("master.cf", certificates[_i].master);
	HARDEN("--check", "main.cf");
	assert_found(certificates[_i].want);
	assert_status_fits(certificates[_i].want);
}
END_TEST

START_TEST(of_services)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s%s", GOOD, services[_i].main);
	put("main.cf", buf_string(&text));
	put("master.cf", services[_i].master);
	HARDEN("--check", "main.cf");
	assert_found(services[_i].want);
	assert_status_fits(services[_i].want);
	buf_release(&text);
}
END_TEST

/* What main.cf switches off is mended by the policy: that is said once, of main.cf. */
START_TEST(what_the_policy_mends_is_no_fault_of_a_service)
{
	put("main.cf", CLIENT "smtpd_tls_security_level = none\n");
	put("master.cf", SMTP);
	HARDEN("--check", "main.cf");
	assert_found("main.cf:6: error: *[policy-unmet]");
}
END_TEST

/* A level that only an obsolete parameter stands for; beside one of its own that is a row. */
START_TEST(a_level_of_old)
{
	put("main.cf", CLIENT "smtpd_tls_security_level =\nsmtpd_use_tls = yes\n");
	HARDEN("--check", "main.cf");
	assert_status(0);
	ck_assert_uint_eq(count_lines(&r.out), 2);
	assert_has(&r.out, "main.cf:6: warning: smtpd_tls_security_level is empty");
	assert_has(&r.out, "[implied-level]\nmain.cf:7: warning: ");
	assert_has(&r.out, "[obsolete-parameter]\n");
}
END_TEST

/* An MX that requires TLS by main.cf, of which only one service is on port 25. */
START_TEST(a_public_mx)
{
	put("main.cf", CLIENT "smtpd_tls_security_level = encrypt\n");
	put("master.cf", "587 inet n - y - - smtpd\n");
	HARDEN("--check", "main.cf");
	assert_found(NULL);
	put("master.cf", SMTP);
	HARDEN("--check", "main.cf");
	assert_found("main.cf:6: warning: *[encrypt-on-public-mx]");
}
END_TEST

/* It is wrappermode that requires it. */
START_TEST(a_public_mx_in_wrappermode)
{
	put("main.cf", GOOD "smtpd_tls_wrappermode = yes\n");
	HARDEN("--check", "main.cf");
	assert_found("main.cf:7: warning: *[encrypt-on-public-mx]");
	put("master.cf", SMTP);
	HARDEN("--check", "main.cf");
	assert_found("main.cf:7: warning: *[encrypt-on-public-mx]");
	put("main.cf", GOOD);
	put("master.cf", SMTP " -o smtpd_tls_wrappermode=yes\n");
	HARDEN("--check", "main.cf");
	assert_found("master.cf:2: warning: smtp/inet *[encrypt-on-public-mx]");
}
END_TEST

/* ---- files of this host ---- */

START_TEST(files_of_a_live_host)
{
	struct buf text = BUF_INIT;

	buf_addf(&text,
		 "smtpd_tls_security_level = may\nsmtp_tls_security_level = may\n"
		 "smtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\nsmtp_tls_CAfile = /etc/ca.pem\n"
		 "smtpd_tls_cert_file = %s/cert.pem\nsmtpd_tls_key_file = %s/key.pem\n",
		 top, top);
	put("main.cf", buf_string(&text));
	HARDEN("--check", "main.cf");
	assert_found(NULL);
	HARDEN("--check", "--live", "main.cf");
	assert_found("main.cf:6: warning: *does not exist*[no-certificate]");
	put("cert.pem", "");
	put("key.pem", "-----BEGIN RSA PRIVATE KEY-----\n");
	ck_assert(chmod(at("key.pem"), 0600) == 0 && chmod(top, 0755) == 0);
	HARDEN("--check", "--live", "main.cf");
	assert_found(NULL);
	ck_assert_int_eq(chmod(at("key.pem"), 0644), 0);
	HARDEN("--check", "--live", "main.cf");
	assert_found("main.cf:7: error: *key.pem*[key-readable]");
	put("key.pem", "-----BEGIN CERTIFICATE-----\n");
	HARDEN("--check", "--live", "main.cf");
	assert_found(NULL);
	put("key.pem", "-----BEGIN PRIVATE KEY-----\n");
	ck_assert_int_eq(chmod(top, 0700), 0);
	HARDEN("--check", "--live", "main.cf");
	assert_found(NULL);
	buf_release(&text);
}
END_TEST

/* CERT is the path of one that is there, NONE of one that is not. */
static const struct {
	const char *settings;
	const char *want; /* the end of what is found, or NULL */
} named[] = {
	{"smtpd_tls_cert_file = CERT\n", NULL},
	{"smtpd_tls_cert_file = CERT\nsmtpd_tls_eccert_file = NONE\n",
	 "main.cf:7: *STARTTLS will fail*"},
	{"smtpd_tls_cert_file = NONE\nsmtpd_tls_eccert_file = CERT\n",
	 "main.cf:6: *STARTTLS will fail*"},
	{"smtpd_tls_dcert_file = NONE\nsmtpd_tls_cert_file = none\n",
	 "main.cf:6: *STARTTLS will fail*"},
	{"smtpd_tls_chain_files = CERT, NONE\n", "main.cf:6: *STARTTLS will fail*"},
	{"smtpd_tls_chain_files = NONE CERT\n", "main.cf:6: *STARTTLS will fail*"},
	{"smtpd_tls_cert_file = NONE\nsmtpd_tls_chain_files = CERT\n", NULL},
	{"smtpd_tls_cert_file = none\nsmtpd_tls_chain_files = CERT\n", NULL},
	/* and of keys */
	{"smtpd_tls_cert_file = CERT\nsmtpd_tls_key_file = NONE\n",
	 "main.cf:7: *private key */NONE does not exist*"},
	{"smtpd_tls_cert_file = CERT\nsmtpd_tls_eckey_file = NONE\n", NULL},
	{"smtpd_tls_cert_file = CERT\nsmtpd_tls_key_file = CERT\n", NULL},
	{"smtpd_tls_chain_files = CERT\nsmtpd_tls_key_file = NONE\n", NULL},
	/* once */
	{"smtpd_tls_cert_file = CERT\nsmtpd_tls_key_file = $mail_version\n",
	 "main.cf:7: warning: *[unevaluated-value]"},
	{"smtpd_tls_cert_file = CERT\nsmtp_tls_key_file = $mail_version\n",
	 "main.cf:7: warning: *[unevaluated-value]"},
};

/* Keys of services, on a host that runs them. */
START_TEST(keys_of_services)
{
	struct buf text = BUF_INIT;

	put("main.cf", GOOD);
	put("CERT", "");
	put("KEY", "-----BEGIN PRIVATE KEY-----\n");
	put("SAFE", "-----BEGIN PRIVATE KEY-----\n");
	ck_assert(chmod(at("KEY"), 0644) == 0 && chmod(at("SAFE"), 0600) == 0 &&
		  chmod(top, 0755) == 0);
	buf_addf(&text,
		 "smtp inet n - y - - smtpd\n -o smtpd_tls_chain_files=\n"
		 " -o smtpd_tls_cert_file=%s/CERT\n -o smtpd_tls_key_file=%s/SAFE\n"
		 "out unix - - n - - smtp\n -o smtp_tls_chain_files=%s/KEY\n"
		 "587 inet n - y - - smtpd\n -o smtpd_tls_chain_files=%s/NONE\n"
		 "tlsproxy unix - - y - 0 tlsproxy\n -o tlsproxy_tls_key_file=%s/KEY\n"
		 " -o tlsproxy_client_key_file=%s/SAFE\n",
		 top, top, top, top, top, top);
	put("master.cf", buf_string(&text));
	HARDEN("--check", "--live", "main.cf");
	assert_found("main.cf:5: *does not exist*\n"
		     "master.cf:6: error: out/unix (smtp): *KEY*[key-readable]\n"
		     "master.cf:8: warning: 587/inet (smtpd): *NONE does not "
		     "exist*[no-certificate]\n"
		     "master.cf:10: error: tlsproxy/unix (tlsproxy): *KEY*[key-readable]");
	buf_release(&text);
}
END_TEST

static void add_with_paths(struct buf *text, const char *settings)
{
	for (; *settings != '\0'; settings++) {
		if (strncmp(settings, "CERT", 4) == 0 || strncmp(settings, "NONE", 4) == 0) {
			buf_addf(text, "%s/%.4s", top, settings);
			settings += 3;
		} else {
			buf_addc(text, *settings);
		}
	}
}

START_TEST(certificates_of_a_live_host)
{
	struct buf text = BUF_INIT;

	buf_adds(&text,
		 "smtpd_tls_security_level = may\nsmtp_tls_security_level = may\n"
		 "smtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\nsmtp_tls_CAfile = /etc/ca.pem\n");
	add_with_paths(&text, named[_i].settings);
	put("main.cf", buf_string(&text));
	put("CERT", "");
	HARDEN("--check", "main.cf");
	assert_found(NULL);
	HARDEN("--check", "--live", "main.cf");
	assert_found(named[_i].want);
	buf_release(&text);
}
END_TEST

/* ---- what comes of it ---- */

START_TEST(strict)
{
	struct look before;

	put("main.cf", CLIENT "smtpd_tls_security_level = encrypt\nmydestination = a\n");
	HARDEN("--check", "--strict", "main.cf");
	assert_status(1);
	HARDEN("--strict", "main.cf");
	assert_status(2);
	assert_has(&r.err, "refused by --strict: 1 finding would be left");
	put("main.cf", "smtpd_use_tls = yes\n");
	before = look_at("main.cf");
	HARDEN("--strict", "main.cf");
	assert_status(2);
	assert_untouched(&before, "main.cf");
	HARDEN("--strict", "-n", "main.cf");
	assert_status(2);
	assert_has(&r.out, "+smtpd_tls_security_level = may\n");
	/* What the policy mends does not count, nor does a note. */
	put("main.cf", "smtpd_tls_security_level = none\nsmtpd_tls_chain_files = /etc/mx.pem\n");
	HARDEN("--strict", "main.cf");
	assert_status(0);
}
END_TEST

/* On apply a warning is said by its weight, and never on standard output. */
START_TEST(said_on_apply)
{
	put("main.cf", "smtp_tls_security_level = may\n");
	HARDEN("main.cf");
	assert_status(0);
	assert_has(&r.err, "main.cf:1: warning: the server has no certificate");
	assert_has(&r.err, "postfix tls enable-server");
	assert_has_not(&r.err, "[no-ca]");
	assert_has_not(&r.out, "certificate");
	HARDEN("-v", "main.cf");
	assert_has(&r.err, "[no-ca]");
	HARDEN("-q", "main.cf");
	ck_assert_str_eq(buf_string(&r.err), "");
}
END_TEST

/* What master.cf says counts: one that is there and says nothing is no reason to go on. */
START_TEST(master_cf_that_cannot_be_read)
{
	put("main.cf", "x = 1\n");
	prepare("mkdir master.cf");
	HARDEN("main.cf");
	assert_status(2);
	assert_has(&r.err, "tlsharden: master.cf: not a regular file\n");
	assert_content("main.cf", "x = 1\n");
	HARDEN("--check", "main.cf");
	assert_status(2);
}
END_TEST

/* A service that would lose what it requires keeps main.cf from getting a level. */
START_TEST(a_service_that_would_lose)
{
	put("main.cf", CLIENT);
	put("master.cf", "submission inet n - n - - smtpd\n  -o smtpd_enforce_tls=yes\n");
	HARDEN("main.cf");
	assert_status(1);
	assert_has(&r.err, "smtpd_tls_security_level is not set: left alone; master.cf:1: ");
	assert_content("main.cf", CLIENT);
	HARDEN("--check", "main.cf");
	assert_status(1);
	assert_has(&r.out, "-o smtpd_tls_security_level=encrypt first [policy-unmet]\n");
}
END_TEST

/* With --strict the document still says what the policy wants. */
START_TEST(changed_though_refused)
{
	put("main.cf", "smtp_tls_security_level = may\n");
	HARDEN("--strict", "--format", "json", "main.cf");
	assert_status(2);
	assert_has(&r.out, "\"changed\": true");
	assert_has(&r.out, "\"written\": false");
}
END_TEST

START_TEST(many_files)
{
	prepare("mkdir a b c");
	put("a/main.cf", GOOD);
	put("b/main.cf", weak);
	put("c/main.cf", "no sign\n");
	HARDEN("--check", "a", "b", "c", "a");
	assert_status(2);
	assert_has(&r.err, "4 files, 1 with findings: 4 errors, 0 warnings, 0 notes; 1 failed");
	ck_assert_uint_eq(count_lines(&r.out), 4);
	put("d.cf", GOOD "smtp_tls_loglevel = 0\n");
	HARDEN("--check", "a", "d.cf");
	assert_has(&r.err, "2 files, 1 with findings: 1 error, 0 warnings, 0 notes; 0 failed");
	HARDEN("a", "b");
	assert_has(&r.err, "2 files, 1 changed, 0 failed");
}
END_TEST

static const char *const told[] = {"no-certificate", "service-level", "all"};

START_TEST(told_what_it_means)
{
	HARDEN("--explain", told[_i]);
	assert_status(0);
	assert_has(&r.out, "What to do\n");
	assert_has(&r.out, "Source\n");
	HARDEN("--explain", "no-such-code");
	assert_status(2);
}
END_TEST

/* ---- policies by name and from a file ---- */

START_TEST(policies)
{
	put("main.cf", weak);
	HARDEN("-p", "mandatory", "-n", "main.cf");
	assert_status(0);
	assert_has(&r.out, "+smtp_tls_security_level = encrypt\n");
	assert_has(&r.err, "[encrypt-on-public-mx]");
	HARDEN("--policy=dane", "-n", "main.cf");
	assert_has(&r.out, "+smtp_dns_support_level = dnssec\n");
	assert_has_not(&r.err, "[dane-without-dnssec]");
	HARDEN("--list-policies=opportunistic");
	assert_status(0);
	put("mine.cf", buf_string(&r.out));
	HARDEN("-p", "mine.cf", "main.cf");
	assert_status(0);
	assert_content("main.cf", hard);
	HARDEN("--list-policies");
	assert_has(&r.out, "\n# mandatory: ");
	HARDEN("--list-policies=none-such");
	assert_status(2);
}
END_TEST

START_TEST(policies_that_are_none)
{
	struct look before;

	put("main.cf", weak);
	put("bad.cf", "smtp_tls_security_level = bogus\nno sign\nsmtp_tls_loglevel.accept = (\n");
	before = look_at("main.cf");
	HARDEN("-p", "bad.cf", "main.cf");
	assert_status(2);
	assert_has(&r.err, "bad.cf:2: ");
	HARDEN("-p", "absent", "main.cf");
	assert_status(2);
	assert_has(&r.err, "absent is no built-in policy, and as a policy file: No such file");
	assert_untouched(&before, "main.cf");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit");
	TCase *tc = tcase_create("audit");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, of_main_cf, 0, COUNT(rows));
	tcase_add_loop_test(tc, of_services, 0, COUNT(services));
	tcase_add_loop_test(tc, certificates_of_services, 0, COUNT(certificates));
	tcase_add_test(tc, what_the_policy_mends_is_no_fault_of_a_service);
	tcase_add_test(tc, a_level_of_old);
	tcase_add_test(tc, a_public_mx);
	tcase_add_test(tc, a_public_mx_in_wrappermode);
	tcase_add_test(tc, files_of_a_live_host);
	tcase_add_loop_test(tc, certificates_of_a_live_host, 0, COUNT(named));
	tcase_add_test(tc, keys_of_services);
	tcase_add_test(tc, strict);
	tcase_add_test(tc, said_on_apply);
	tcase_add_test(tc, master_cf_that_cannot_be_read);
	tcase_add_test(tc, a_service_that_would_lose);
	tcase_add_test(tc, changed_though_refused);
	tcase_add_test(tc, many_files);
	tcase_add_loop_test(tc, told_what_it_means, 0, COUNT(told));
	tcase_add_test(tc, policies);
	tcase_add_test(tc, policies_that_are_none);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
