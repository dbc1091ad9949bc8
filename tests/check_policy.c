/* SPDX-License-Identifier: ISC */
/* check_policy - verdicts on settings, and the law that nothing is weakened. */
#include "verdict.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "postfix.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define SERVER "smtpd_tls_security_level"
#define CLIENT "smtp_tls_security_level"
#define CLIENT_LOG "smtp_tls_loglevel"
#define SERVER_LOG "smtpd_tls_loglevel"

#define MET VERDICT_MET
#define UNMET VERDICT_UNMET
#define FATAL VERDICT_FATAL
#define WRAPPER VERDICT_WRAPPERMODE
#define IMPLIED VERDICT_IMPLIED
#define UNKNOWN VERDICT_UNKNOWN
#define REFERENCE VERDICT_REFERENCE

#define DNS "smtp_dns_support_level"
#define DNSSEC DNS " = dnssec\n"

/* The verdict on one parameter in force; value is what is to be set, or NULL. */
struct row {
	const char *file;
	const char *name;
	enum verdict_code code;
	const char *value;
};

static const struct row opportunistic[] = {
	/* nothing set */
	{"", SERVER, UNMET, "may"},
	{"", CLIENT, UNMET, "may"},
	{"", CLIENT_LOG, UNMET, "1"},
	{"", SERVER_LOG, UNMET, "1"},
	{"# smtp_tls_security_level = encrypt\n", CLIENT, UNMET, "may"},
	{"SMTP_TLS_SECURITY_LEVEL = encrypt\n", CLIENT, UNMET, "may"},

	/* levels that protect */
	{CLIENT " = may\n", CLIENT, MET, NULL},
	{CLIENT " = MAY\n", CLIENT, MET, NULL},
	{CLIENT " = encrypt\n", CLIENT, MET, NULL},
	{CLIENT " = dane\n", CLIENT, MET, NULL},
	{CLIENT " = dane-only\n", CLIENT, MET, NULL},
	{CLIENT " = fingerprint\n", CLIENT, MET, NULL},
	{CLIENT " = verify\n", CLIENT, MET, NULL},
	{CLIENT " = Secure\n", CLIENT, MET, NULL},
	{SERVER " = may\n", SERVER, MET, NULL},
	{SERVER " = Encrypt\n", SERVER, MET, NULL},
	{SERVER " = verify\n", SERVER, MET, NULL},
	{SERVER " = secure\n", SERVER, MET, NULL},
	{SERVER " = fingerprint\n", SERVER, MET, NULL},

	/* levels that do not */
	{CLIENT " = none\n", CLIENT, UNMET, "may"},
	{CLIENT " = NONE\n", CLIENT, UNMET, "may"},
	{CLIENT " =\n", CLIENT, UNMET, "may"},
	{SERVER " = none\n", SERVER, UNMET, "may"},
	{SERVER " =\n", SERVER, UNMET, "may"},

	/* values on which a daemon dies */
	{CLIENT " = may # x\n", CLIENT, FATAL, "may"},
	{CLIENT " = \"may\"\n", CLIENT, FATAL, "may"},
	{CLIENT " = encrypt # internal\n", CLIENT, FATAL, "encrypt"},
	{CLIENT " = \"verify\"\n", CLIENT, FATAL, "verify"},
	{CLIENT " = 'secure'\n", CLIENT, FATAL, "secure"},
	{CLIENT " = dane dane\n", CLIENT, FATAL, "dane"},
	{CLIENT " = may encrypt\n", CLIENT, FATAL, "may"},
	{CLIENT " = may\n  encrypt\n", CLIENT, FATAL, "may"},
	{CLIENT " = none # x\n", CLIENT, FATAL, "may"},
	{CLIENT " = \"none\"\n", CLIENT, FATAL, "may"},
	{CLIENT " = bogus\n", CLIENT, FATAL, "may"},
	{CLIENT " = yes\n", CLIENT, FATAL, "may"},
	{CLIENT " = half-dane\n", CLIENT, FATAL, "may"},
	{CLIENT " = halfdane\n", CLIENT, FATAL, "may"},
	{CLIENT " = \"\"\n", CLIENT, FATAL, "may"},
	{CLIENT " = # may\n", CLIENT, FATAL, "may"},
	{CLIENT " = \xff\n", CLIENT, FATAL, "may"},
	{SERVER " = may # x\n", SERVER, FATAL, "may"},
	{SERVER " = \"may\"\n", SERVER, FATAL, "may"},
	{SERVER " = encrypt # internal\n", SERVER, FATAL, "encrypt"},
	{SERVER " = \"encrypt\"\n", SERVER, FATAL, "encrypt"},
	{SERVER " = \xe2\x80\x9c"
		"encrypt\xe2\x80\x9d\n",
	 SERVER, FATAL, "encrypt"},
	{SERVER " = encrypt\xc2\xa0\n", SERVER, FATAL, "encrypt"},
	{SERVER " = dane\n", SERVER, FATAL, "may"},
	{SERVER " = dane-only\n", SERVER, FATAL, "may"},
	{SERVER " = \"dane\"\n", SERVER, FATAL, "may"},
	{SERVER " = bogus\n", SERVER, FATAL, "may"},

	/* what obsolete parameters imply is written out, never lowered */
	{"smtp_use_tls = yes\n", CLIENT, IMPLIED, "may"},
	{"smtp_use_tls = YES\n", CLIENT, IMPLIED, "may"},
	{"smtp_use_tls = no\n", CLIENT, UNMET, "may"},
	{"smtp_enforce_tls = yes\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\n" CLIENT " =\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\nsmtp_use_tls = yes\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\nsmtp_use_tls = no\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = yes\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\n", CLIENT, IMPLIED, "encrypt"},
	{"smtp_enforce_tls = no\nsmtp_tls_enforce_peername = yes\n", CLIENT, UNMET, "may"},
	{"smtp_enforce_tls = no\nsmtp_use_tls = yes\n", CLIENT, IMPLIED, "may"},
	{"smtp_tls_enforce_peername = yes\n", CLIENT, UNMET, "may"},
	{"smtp_enforce_tls = yes\nsmtp_enforce_tls = no\n", CLIENT, UNMET, "may"},
	{"x = yes\nsmtp_enforce_tls = $x\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\n" CLIENT " = $x_nothing\n", CLIENT, IMPLIED, "verify"},
	{"smtpd_use_tls = yes\n", SERVER, IMPLIED, "may"},
	{"smtpd_enforce_tls = yes\n", SERVER, IMPLIED, "encrypt"},
	{"smtpd_enforce_tls = yes\nsmtpd_use_tls = no\n", SERVER, IMPLIED, "encrypt"},
	{"smtpd_enforce_tls = no\nsmtpd_use_tls = no\n", SERVER, UNMET, "may"},
	/* each side has its own */
	{"smtpd_enforce_tls = yes\n", CLIENT, UNMET, "may"},
	{"smtp_enforce_tls = yes\n", SERVER, UNMET, "may"},
	{"lmtp_enforce_tls = yes\n", CLIENT, UNMET, "may"},
	/* a level silences them all */
	{"smtp_enforce_tls = yes\n" CLIENT " = may\n", CLIENT, MET, NULL},
	{"smtp_enforce_tls = yes\n" CLIENT " = none\n", CLIENT, UNMET, "may"},
	{"smtpd_enforce_tls = yes\n" SERVER " = may\n", SERVER, MET, NULL},
	/* neither yes nor no */
	{"smtp_enforce_tls = maybe\n", CLIENT, UNKNOWN, NULL},
	{"smtp_enforce_tls = yes # x\n", CLIENT, UNKNOWN, NULL},
	{"smtp_enforce_tls =\n", CLIENT, UNKNOWN, NULL},
	{"smtp_use_tls = 1\n", CLIENT, UNKNOWN, NULL},
	{"smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = x\n", CLIENT, UNKNOWN, NULL},
	{"smtp_enforce_tls = ${\n", CLIENT, UNKNOWN, NULL},
	/* nor one that does not decide: the daemon dies on it all the same */
	{"smtpd_enforce_tls = yes\nsmtpd_use_tls = ye\n", SERVER, UNKNOWN, NULL},
	{"smtp_enforce_tls = yes\nsmtp_use_tls =\n", CLIENT, UNKNOWN, NULL},
	{"smtp_use_tls = yes\nsmtp_tls_enforce_peername = ${\n", CLIENT, UNKNOWN, NULL},
	{"smtp_enforce_tls = yes\nsmtp_use_tls = $mail_name\n", CLIENT, IMPLIED, "verify"},
	{"smtpd_use_tls = yes\nsmtpd_tls_enforce_peername = x\n", SERVER, IMPLIED, "may"},
	{"smtp_enforce_tls = $smtp_use_tls\n", CLIENT, UNKNOWN, NULL},
	{"smtpd_use_tls = true\n", SERVER, UNKNOWN, NULL},
	{"smtpd_enforce_tls = true\n", SERVER, UNKNOWN, NULL},
	{"smtp_enforce_tls = maybe\n", SERVER, UNMET, "may"},
	{"smtp_enforce_tls = maybe\n", CLIENT_LOG, UNMET, "1"},

	/* TLS from the first byte needs encrypt */
	{"smtp_tls_wrappermode = yes\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = YES\n" CLIENT " =\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = may\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = none\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = may # x\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\nsmtp_use_tls = yes\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = encrypt\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = secure\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = dane-only\n", CLIENT, MET, NULL},
	/* Without DNSSEC dane is may, and all mail is deferred. */
	{"smtp_tls_wrappermode = yes\n" CLIENT " = dane\n", CLIENT, WRAPPER, "encrypt"},
	/* what hangs on itself is not known, in whatever order it is asked */
	{"smtp_tls_wrappermode = yes\n" DNS " = $" CLIENT "\n" CLIENT " = dane\n", CLIENT, UNKNOWN,
	 NULL},
	{"smtp_tls_wrappermode = yes\n" DNS " = $" SERVER "\n" SERVER " = ${" CLIENT "}x\n" CLIENT
	 " = dane\n",
	 CLIENT, UNKNOWN, NULL},
	{"smtp_tls_wrappermode = yes\n" DNS " = $" SERVER "\n" SERVER " = ${" CLIENT "}x\n" CLIENT
	 " = dane\n",
	 SERVER, UNKNOWN, NULL},
	{DNS " = $" SERVER "\n" SERVER " = ${" CLIENT "}x\n" CLIENT " = dane\n", SERVER, FATAL,
	 "may"},
	{"smtp_tls_wrappermode = yes\nsmtp_dns_support_level = enabled\n" CLIENT " = dane\n",
	 CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\nsmtp_dns_support_level = dnssec\n" CLIENT " = dane\n", CLIENT,
	 MET, NULL},
	{"smtp_tls_wrappermode = yes\nsmtp_dns_support_level = $mail_name\n" CLIENT " = dane\n",
	 CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = no\n" CLIENT " = dane\n", CLIENT, MET, NULL},
	/* What a level refers to changes; what it was is kept. */
	{"smtp_enforce_tls = yes\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, REFERENCE,
	 "verify"},
	{CLIENT " = $smtpd_tls_security_level\nsmtpd_tls_security_level = dane-only\n", CLIENT,
	 REFERENCE, "dane-only"},
	{"smtp_enforce_tls = ${smtpd_tls_security_level?{no}:{yes}}\n", CLIENT, REFERENCE,
	 "verify"},
	{CLIENT " = ${smtp_tls_loglevel?{may}:{encrypt}}\n", CLIENT, REFERENCE, "encrypt"},
	/* what is fatal today was meant to protect */
	{SERVER " = dane # to all\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, REFERENCE,
	 "dane"},
	{SERVER " =\n" CLIENT " = ${smtpd_tls_security_level?{may}:{encrypt}} to all\n", CLIENT,
	 REFERENCE, "encrypt"},
	{SERVER " =\n" CLIENT " = ${smtpd_tls_security_level?{may}:{\"verify\"}}\n", CLIENT,
	 REFERENCE, "verify"},
	{SERVER " =\n" CLIENT " = ${smtpd_tls_security_level?{may}:{none # yet}}\n", CLIENT, MET,
	 NULL},
	{CLIENT " = ${smtp_tls_loglevel?{encrypt}:{may}}\n", CLIENT, MET, NULL},
	{CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{CLIENT " = ${smtpd_tls_security_level?{none}:{may}}\n", CLIENT, REFERENCE, "may"},
	{SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\n" DNSSEC
		"smtp_tls_wrappermode = yes\n",
	 CLIENT, REFERENCE, "dane"},
	{SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\nsmtp_tls_wrappermode = yes\n",
	 CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = \"verify\"\n", CLIENT, FATAL, "verify"},
	{"smtp_tls_wrappermode = yes\nsmtp_enforce_tls = yes\n", CLIENT, IMPLIED, "verify"},
	{"smtp_tls_wrappermode = no\n", CLIENT, UNMET, "may"},
	{"smtp_tls_wrappermode = no\n" CLIENT " = may\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = maybe\n" CLIENT " = may\n", CLIENT, UNKNOWN, NULL},
	{"smtpd_tls_wrappermode = yes\n" CLIENT " = may\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = yes\n" SERVER " = may\n", SERVER, MET, NULL},
	{"smtpd_tls_wrappermode = yes\n" SERVER " = may\n", SERVER, MET, NULL},

	/* macros */
	{"x = encrypt\n" CLIENT " = $x\n", CLIENT, MET, NULL},
	{"x = none\n" CLIENT " = $x\n", CLIENT, UNMET, "may"},
	{"x = dane\n" SERVER " = ${x}\n", SERVER, FATAL, "may"},
	{"x = \"encrypt\"\n" CLIENT " = $x\n", CLIENT, FATAL, "encrypt"},
	{CLIENT " = $x_nothing\n", CLIENT, UNMET, "may"},
	{CLIENT " = ${x_nothing?none}\n", CLIENT, UNMET, "may"},
	{CLIENT " = ${x_nothing:encrypt}\n", CLIENT, MET, NULL},
	{CLIENT " = ${{a} == {a} ? {encrypt} : {$smtp_use_tls}}\n", CLIENT, MET, NULL},
	{CLIENT " = $smtp_use_tls\n", CLIENT, UNKNOWN, NULL},
	{CLIENT " = ${compatibility_level?may}\n", CLIENT, UNKNOWN, NULL},
	{"compatibility_level = 3.6\n" CLIENT " = ${compatibility_level?may}\n", CLIENT, MET, NULL},
	{CLIENT " = ${may\n", CLIENT, UNKNOWN, NULL},
	{CLIENT " = $\n", CLIENT, UNKNOWN, NULL},
	{CLIENT " = ${x-y}\n", CLIENT, UNKNOWN, NULL},
	{SERVER " = ${may\n", SERVER, UNKNOWN, NULL},
	{CLIENT_LOG " = ${1\n", CLIENT_LOG, UNKNOWN, NULL},
	{CLIENT_LOG " = $smtp_use_tls\n", CLIENT_LOG, UNKNOWN, NULL},
	{CLIENT " = ${may\n", CLIENT_LOG, UNMET, "1"},

	/* a managed parameter is taken for what the policy makes of it */
	{CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{SERVER " = none\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{SERVER " = none\n" CLIENT " = $smtpd_tls_security_level\n", SERVER, UNMET, "may"},
	{SERVER " = encrypt\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{SERVER " = \"encrypt\"\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{CLIENT " = none\n" SERVER " = $smtp_tls_security_level\n", SERVER, MET, NULL},
	{CLIENT " = dane\n" SERVER " = $smtp_tls_security_level\n", SERVER, FATAL, "may"},
	{"smtp_enforce_tls = yes\n" SERVER " = $smtp_tls_security_level\n", SERVER, MET, NULL},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, WRAPPER,
	 "encrypt"},
	{SERVER " = none\n" CLIENT " = ${{$smtpd_tls_security_level} == {may} ? {may} : {none}}\n",
	 CLIENT, MET, NULL},
	{CLIENT_LOG " = 0\n" SERVER_LOG " = $smtp_tls_loglevel\n", SERVER_LOG, MET, NULL},
	{CLIENT_LOG " = 2\n" SERVER_LOG " = $smtp_tls_loglevel\n", SERVER_LOG, MET, NULL},
	{SERVER_LOG " = $smtp_tls_loglevel\n", SERVER_LOG, MET, NULL},
	{SERVER " = ${\n" CLIENT " = $smtpd_tls_security_level\n", SERVER, UNKNOWN, NULL},
	{SERVER " = ${\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, UNKNOWN, NULL},
	{CLIENT " = $smtp_use_tls\n" SERVER " = $smtp_tls_security_level\n", SERVER, UNKNOWN, NULL},

	/* endless references */
	{CLIENT " = $smtp_tls_security_level\n", CLIENT, UNKNOWN, NULL},
	{CLIENT " = ${smtp_tls_security_level?may}\n", SERVER, UNMET, "may"},
	{CLIENT " = $smtpd_tls_security_level\n" SERVER " = $smtp_tls_security_level\n", CLIENT,
	 UNKNOWN, NULL},
	{CLIENT " = $smtpd_tls_security_level\n" SERVER " = $smtp_tls_security_level\n", SERVER,
	 UNKNOWN, NULL},
	{"x = $y\ny = $x\n" CLIENT " = $x\n", CLIENT, UNKNOWN, NULL},
	{"x = $smtp_tls_security_level\n" CLIENT " = $x\n", CLIENT, UNKNOWN, NULL},
	{CLIENT_LOG " = $smtp_tls_loglevel\n", CLIENT_LOG, UNKNOWN, NULL},

	/* loglevels: the summary, and no dump */
	{CLIENT_LOG " = 1\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = 2\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = summary\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = Routine\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = debug\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = summary, untrusted\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = 0 1\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = $x_nothing\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " =\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = 0\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = none\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = untrusted\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = 3\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = 4\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = 9\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = 10\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = 01\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = summary, ssl-handshake-packet-dump\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = 1 # x\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = \"1\"\n", CLIENT_LOG, UNMET, "1"},
	{CLIENT_LOG " = summary bogus\n", CLIENT_LOG, UNMET, "1"},
	{SERVER_LOG " = 1\n", SERVER_LOG, MET, NULL},
	{SERVER_LOG " = 3\n", SERVER_LOG, UNMET, "1"},
	{SERVER_LOG " = 1\n", CLIENT_LOG, UNMET, "1"},

	/* the last duplicate is in force */
	{CLIENT " = encrypt\n" CLIENT " = none\n", CLIENT, UNMET, "may"},
	{CLIENT " = none\n" CLIENT " = encrypt\n", CLIENT, MET, NULL},
	{CLIENT " = encrypt\n" CLIENT " =\n", CLIENT, UNMET, "may"},
	{"\xef\xbb\xbf" CLIENT " = encrypt\n", CLIENT, UNMET, "may"},
	{"a = b\n # c\n " CLIENT " = encrypt\n", CLIENT, UNMET, "may"},
};

static const struct row dane[] = {
	/* nothing set */
	{"", SERVER, UNMET, "may"},
	{"", CLIENT, UNMET, "dane"},
	{"", CLIENT_LOG, UNMET, "1"},
	{"", SERVER_LOG, UNMET, "1"},
	{"", DNS, UNMET, "dnssec"},

	/* levels that protect as much, and such as do not */
	{CLIENT " = dane\n", CLIENT, MET, NULL},
	{CLIENT " = Dane\n", CLIENT, MET, NULL},
	{CLIENT " = encrypt\n", CLIENT, MET, NULL},
	{CLIENT " = dane-only\n", CLIENT, MET, NULL},
	{CLIENT " = fingerprint\n", CLIENT, MET, NULL},
	{CLIENT " = verify\n", CLIENT, MET, NULL},
	{CLIENT " = Secure\n", CLIENT, MET, NULL},
	{CLIENT " = may\n", CLIENT, UNMET, "dane"},
	{CLIENT " = MAY\n", CLIENT, UNMET, "dane"},
	{CLIENT " = none\n", CLIENT, UNMET, "dane"},
	{CLIENT " =\n", CLIENT, UNMET, "dane"},
	{SERVER " = may\n", SERVER, MET, NULL},
	{SERVER " = encrypt\n", SERVER, MET, NULL},
	{SERVER " = verify\n", SERVER, MET, NULL},
	{SERVER " = none\n", SERVER, UNMET, "may"},

	/* values on which a daemon dies */
	{CLIENT " = may # x\n", CLIENT, FATAL, "dane"},
	{CLIENT " = dane # x\n", CLIENT, FATAL, "dane"},
	{CLIENT " = 'DANE'\n", CLIENT, FATAL, "DANE"},
	{CLIENT " = encrypt # internal\n", CLIENT, FATAL, "encrypt"},
	{CLIENT " = \"verify\"\n", CLIENT, FATAL, "verify"},
	{CLIENT " = none # x\n", CLIENT, FATAL, "dane"},
	{CLIENT " = bogus\n", CLIENT, FATAL, "dane"},
	{CLIENT " = half-dane\n", CLIENT, FATAL, "dane"},
	/* smtpd knows no dane, whatever the client gets */
	{SERVER " = dane\n", SERVER, FATAL, "may"},
	{SERVER " = dane-only\n", SERVER, FATAL, "may"},
	{SERVER " = may # x\n", SERVER, FATAL, "may"},

	/* what obsolete parameters imply */
	{"smtp_use_tls = yes\n", CLIENT, UNMET, "dane"},
	{"smtp_enforce_tls = yes\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\n" CLIENT " =\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\n", CLIENT, IMPLIED, "encrypt"},
	{"smtp_enforce_tls = no\nsmtp_use_tls = yes\n", CLIENT, UNMET, "dane"},
	{"smtp_enforce_tls = yes\n" CLIENT " = may\n", CLIENT, UNMET, "dane"},
	{"smtp_enforce_tls = maybe\n", CLIENT, UNKNOWN, NULL},
	{"smtpd_use_tls = yes\n", SERVER, IMPLIED, "may"},
	{"smtpd_enforce_tls = yes\n", SERVER, IMPLIED, "encrypt"},

	/* What is brought must work with TLS from the first byte; who has chosen dane keeps it. */
	{"smtp_tls_wrappermode = yes\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = may\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" DNSSEC CLIENT " = may\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = bogus\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\nsmtp_use_tls = yes\n", CLIENT, WRAPPER, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" DNSSEC CLIENT " = dane\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = yes\n" DNSSEC CLIENT " = dane # x\n", CLIENT, FATAL, "dane"},
	/* DNSSEC comes by the policy. */
	{"smtp_tls_wrappermode = yes\n" CLIENT " = dane\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = yes\n" DNS " = enabled\n" CLIENT " = dane\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = encrypt\n", CLIENT, MET, NULL},
	{"smtp_tls_wrappermode = yes\nsmtp_enforce_tls = yes\n", CLIENT, IMPLIED, "verify"},
	{"smtp_tls_wrappermode = no\n", CLIENT, UNMET, "dane"},
	{"smtp_tls_wrappermode = maybe\n" CLIENT " = may\n", CLIENT, UNKNOWN, NULL},
	{"smtp_tls_wrappermode = maybe\n" CLIENT " = dane\n", CLIENT, MET, NULL},

	/* DNSSEC */
	{DNSSEC, DNS, MET, NULL},
	{DNS " = DNSsec\n", DNS, MET, NULL},
	{DNS " =\n", DNS, UNMET, "dnssec"},
	{DNS " = enabled\n", DNS, UNMET, "dnssec"},
	{DNS " = disabled\n", DNS, UNMET, "dnssec"},
	{DNS " = dnssec # x\n", DNS, UNMET, "dnssec"},
	{DNS " = dnssecx\n", DNS, UNMET, "dnssec"},
	{"disable_dns_lookups = yes\n", DNS, UNMET, "dnssec"},
	{"disable_dns_lookups = yes\n" DNSSEC, DNS, MET, NULL},
	{"lmtp_dns_support_level = dnssec\n", DNS, UNMET, "dnssec"},
	{DNS " = enabled\n" CLIENT " = encrypt\n", DNS, UNMET, "dnssec"},
	{DNS " = enabled\n" DNSSEC, DNS, MET, NULL},
	{"x = dnssec\n" DNS " = $x\n", DNS, MET, NULL},
	{"x = enabled\n" DNS " = $x\n", DNS, UNMET, "dnssec"},
	{DNS " = $mail_name\n", DNS, UNKNOWN, NULL},
	{DNS " = ${\n", DNS, UNKNOWN, NULL},
	{DNS " = $smtp_dns_support_level\n", DNS, UNKNOWN, NULL},
	{DNS " = $mail_name\n", CLIENT, UNMET, "dane"},

	/* references */
	{CLIENT " = $smtpd_tls_security_level\n", CLIENT, UNMET, "dane"},
	{SERVER " = $smtp_tls_security_level\n", SERVER, FATAL, "may"},
	{SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, REFERENCE, "dane"},
	{SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\nsmtp_tls_wrappermode = yes\n",
	 CLIENT, REFERENCE, "dane"},
	{CLIENT " = encrypt\n" SERVER " = $smtp_tls_security_level\n", SERVER, MET, NULL},
	{CLIENT " = ${smtp_dns_support_level?{verify}:{may}}\n", CLIENT, MET, NULL},
	{CLIENT " = ${{$smtp_dns_support_level} == {dnssec} ? {may} : {encrypt}}\n", CLIENT,
	 REFERENCE, "encrypt"},
	{"x = dane\n" CLIENT " = $x\n", CLIENT, MET, NULL},
	{DNS " = ${smtp_tls_loglevel?{dnssec}:{enabled}}\n", DNS, MET, NULL},
	{CLIENT " = $smtp_use_tls\n", CLIENT, UNKNOWN, NULL},

	/* loglevels are those of every policy */
	{CLIENT_LOG " = 2\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = 3\n", CLIENT_LOG, UNMET, "1"},
	{SERVER_LOG " = 0\n", SERVER_LOG, UNMET, "1"},
};

static const struct row mandatory[] = {
	/* nothing set */
	{"", SERVER, UNMET, "encrypt"},
	{"", CLIENT, UNMET, "encrypt"},
	{"", CLIENT_LOG, UNMET, "1"},
	{"", SERVER_LOG, UNMET, "1"},

	/* levels that protect as much, and such as do not */
	{CLIENT " = encrypt\n", CLIENT, MET, NULL},
	{CLIENT " = ENCRYPT\n", CLIENT, MET, NULL},
	{CLIENT " = dane-only\n", CLIENT, MET, NULL},
	{CLIENT " = fingerprint\n", CLIENT, MET, NULL},
	{CLIENT " = verify\n", CLIENT, MET, NULL},
	{CLIENT " = secure\n", CLIENT, MET, NULL},
	{CLIENT " = may\n", CLIENT, UNMET, "encrypt"},
	{CLIENT " = none\n", CLIENT, UNMET, "encrypt"},
	{CLIENT " =\n", CLIENT, UNMET, "encrypt"},
	{SERVER " = encrypt\n", SERVER, MET, NULL},
	{SERVER " = verify\n", SERVER, MET, NULL},
	{SERVER " = secure\n", SERVER, MET, NULL},
	{SERVER " = Fingerprint\n", SERVER, MET, NULL},
	{SERVER " = may\n", SERVER, UNMET, "encrypt"},
	{SERVER " = none\n", SERVER, UNMET, "encrypt"},
	{SERVER " =\n", SERVER, UNMET, "encrypt"},

	/* What dane authenticates is not given up; without DNSSEC it authenticates nobody. */
	{CLIENT " = dane\n", CLIENT, UNMET, "encrypt"},
	{CLIENT " = dane\n" DNS " = enabled\n", CLIENT, UNMET, "encrypt"},
	{CLIENT " = dane\n" DNS " = disabled\n", CLIENT, UNMET, "encrypt"},
	{CLIENT " = dane\nlmtp_dns_support_level = dnssec\n", CLIENT, UNMET, "encrypt"},
	{CLIENT " = dane\n" DNSSEC, CLIENT, UNMET, "dane-only"},
	{CLIENT " = DANE\n" DNS " = DNSSEC\n", CLIENT, UNMET, "dane-only"},
	{CLIENT " = dane\nx = dnssec\n" DNS " = $x\n", CLIENT, UNMET, "dane-only"},
	{CLIENT " = dane\n" DNS " = $mail_name\n", CLIENT, UNKNOWN, NULL},
	{CLIENT " = dane\n" DNS " = ${\n", CLIENT, UNKNOWN, NULL},
	{CLIENT " = may\n" DNS " = $mail_name\n", CLIENT, UNMET, "encrypt"},
	{CLIENT " = may\n" DNSSEC, CLIENT, UNMET, "encrypt"},
	{CLIENT " = encrypt\n" DNSSEC, CLIENT, MET, NULL},
	{CLIENT " = dane # x\n", CLIENT, FATAL, "encrypt"},
	{CLIENT " = dane # x\n" DNSSEC, CLIENT, FATAL, "dane-only"},
	{"x = dane\n" CLIENT " = $x\n" DNSSEC, CLIENT, UNMET, "dane-only"},
	{SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\n" DNSSEC, CLIENT, REFERENCE,
	 "dane-only"},
	{SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\n" DNS " = $mail_name\n", CLIENT,
	 UNKNOWN, "dane"},
	/* Each line by itself: the one that comes alive, too. */
	{CLIENT " = dane\n" CLIENT " = encrypt\n" DNSSEC, CLIENT, MET, NULL},

	/* values on which a daemon dies */
	{CLIENT " = may # x\n", CLIENT, FATAL, "encrypt"},
	{CLIENT " = encrypt # internal\n", CLIENT, FATAL, "encrypt"},
	{CLIENT " = \"verify\"\n", CLIENT, FATAL, "verify"},
	{CLIENT " = may encrypt\n", CLIENT, FATAL, "encrypt"},
	{CLIENT " = bogus\n", CLIENT, FATAL, "encrypt"},
	{SERVER " = \"may\"\n", SERVER, FATAL, "encrypt"},
	{SERVER " = 'secure'\n", SERVER, FATAL, "secure"},
	{SERVER " = dane\n", SERVER, FATAL, "encrypt"},
	{SERVER " = dane-only\n", SERVER, FATAL, "encrypt"},
	{SERVER " = \"dane\"\n", SERVER, FATAL, "encrypt"},

	/* what obsolete parameters imply */
	{"smtp_use_tls = yes\n", CLIENT, UNMET, "encrypt"},
	{"smtp_enforce_tls = yes\n", CLIENT, IMPLIED, "verify"},
	{"smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\n", CLIENT, IMPLIED, "encrypt"},
	{"smtp_enforce_tls = yes\n" CLIENT " = may\n", CLIENT, UNMET, "encrypt"},
	{"smtp_use_tls = maybe\n", CLIENT, UNKNOWN, NULL},
	{"smtpd_use_tls = yes\n", SERVER, UNMET, "encrypt"},
	{"smtpd_enforce_tls = yes\n", SERVER, IMPLIED, "encrypt"},
	{"smtpd_enforce_tls = maybe\n", SERVER, UNKNOWN, NULL},

	/* TLS from the first byte wants no more than the policy */
	{"smtp_tls_wrappermode = yes\n", CLIENT, UNMET, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = may\n", CLIENT, UNMET, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = dane\n", CLIENT, UNMET, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = dane\n" DNSSEC, CLIENT, UNMET, "dane-only"},
	{"smtp_tls_wrappermode = maybe\n" CLIENT " = may\n", CLIENT, UNMET, "encrypt"},
	{"smtp_tls_wrappermode = yes\n" CLIENT " = secure\n", CLIENT, MET, NULL},

	/* references */
	{CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{SERVER " = verify\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, MET, NULL},
	{CLIENT " = dane\n" DNSSEC SERVER " = $smtp_tls_security_level\n", SERVER, FATAL,
	 "encrypt"},
	{"smtp_enforce_tls = yes\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, REFERENCE,
	 "verify"},
	{SERVER " = ${\n" CLIENT " = $smtpd_tls_security_level\n", CLIENT, UNKNOWN, NULL},

	/* loglevels are those of every policy */
	{CLIENT_LOG " = 2\n", CLIENT_LOG, MET, NULL},
	{CLIENT_LOG " = 3\n", CLIENT_LOG, UNMET, "1"},
	{SERVER_LOG " = 0\n", SERVER_LOG, UNMET, "1"},
};

#define OPPORTUNISTIC "opportunistic"
#define ROWS (COUNT(opportunistic) + COUNT(dane) + COUNT(mandatory))

static const struct row *row(int i, const char **policy)
{
	*policy = OPPORTUNISTIC;
	if (i < COUNT(opportunistic))
		return &opportunistic[i];
	i -= COUNT(opportunistic);
	*policy = i < COUNT(dane) ? "dane" : "mandatory";
	return i < COUNT(dane) ? &dane[i] : &mandatory[i - COUNT(dane)];
}

struct judged {
	struct policy *policy;
	struct maincf *file;
	struct verdicts all;
};

/* By a policy that is taken over. */
static void judge_by(struct judged *j, struct policy *policy, const char *file)
{
	*j = (struct judged){.policy = policy};
	ck_assert_ptr_nonnull(j->policy);
	j->file = maincf_parse(file, strlen(file));
	policy_judge(j->policy, j->file, &j->all);
}

static void judge(struct judged *j, const char *policy, const char *file)
{
	judge_by(j, policy_builtin(policy), file);
}

static void judged_release(struct judged *j)
{
	verdicts_release(&j->all);
	maincf_free(j->file);
	policy_free(j->policy);
}

static const struct verdict *in_force(const struct judged *j, const char *name)
{
	const struct verdict *found = NULL;
	size_t i;

	for (i = 0; i < j->all.n; i++) {
		if (strcmp(j->all.v[i].rule->name, name) != 0 || !j->all.v[i].in_force)
			continue;
		ck_assert_msg(found == NULL, "two verdicts on %s", name);
		found = &j->all.v[i];
	}
	ck_assert_msg(found != NULL, "no verdict on %s", name);
	return found;
}

static void check_row(const struct judged *j, const struct row *want)
{
	const struct verdict *v = in_force(j, want->name);

	ck_assert_msg(v->code == want->code, "%s%s: code %d, %s", want->file, want->name,
		      (int)v->code, v->cause != NULL ? v->cause : "");
	ck_assert_msg((v->value == NULL) == (want->value == NULL), "%s%s: value %s", want->file,
		      want->name, v->value != NULL ? v->value : "none");
	if (v->value != NULL)
		ck_assert_str_eq(v->value, want->value);
	ck_assert_msg(v->code != UNKNOWN || v->cause != NULL, "%s: no cause", want->file);
}

START_TEST(judges)
{
	const char *policy;
	const struct row *want = row(_i, &policy);
	struct judged j;

	judge(&j, policy, want->file);
	check_row(&j, want);
	judged_release(&j);
}
END_TEST

/* What is set satisfies the policy: doing it twice is doing it once. */
static void check_content(struct judged *j, const char *file)
{
	struct buf after = BUF_INIT;
	struct judged again = {.policy = j->policy};
	size_t i;

	buf_adds(&after, file);
	for (i = 0; i < j->all.n; i++)
		if (j->all.v[i].in_force && j->all.v[i].value != NULL)
			buf_addf(&after, "%s = %s\n", j->all.v[i].rule->name, j->all.v[i].value);
	again.file = maincf_parse(buf_string(&after), after.len);
	policy_judge(again.policy, again.file, &again.all);
	for (i = 0; i < again.all.n; i++)
		if (again.all.v[i].in_force)
			ck_assert_msg(again.all.v[i].value == NULL, "%s%s", buf_string(&after),
				      again.all.v[i].rule->name);
	verdicts_release(&again.all);
	maincf_free(again.file);
	buf_release(&after);
}

START_TEST(is_content_with_itself)
{
	const char *policy;
	const struct row *want = row(_i, &policy);
	struct judged j;

	judge(&j, policy, want->file);
	check_content(&j, want->file);
	judged_release(&j);
}
END_TEST

/* ---- never weaken: each level beside each combination of the obsolete switches ---- */

static const char *const levels[] = {NULL,   "",       "none",   "may",       "encrypt",
				     "dane", "verify", "secure", "dane-only", "fingerprint"};
static const char *const switches[] = {NULL, "yes", "no"};
#define NLEVELS COUNT(levels)
/* What each policy asks of a client and of a server. */
static const struct {
	const char *name, *client, *server;
} wanted[] = {
	{OPPORTUNISTIC, "may", "may"},
	{"dane", "dane", "may"},
	{"mandatory", "encrypt", "encrypt"},
};
#define NPOLICIES COUNT(wanted)
/* Of the switches, of both sides, and of DNSSEC or not. */
#define COMBINATIONS (3 * 3 * 3 * 2 * 2)

/* How much mail is protected, in the order of the levels; -1 where smtpd dies. */
static int protection(const char *level, bool server)
{
	static const char *const order[] = {"none", "may", "dane", "encrypt"};
	int i;

	if (server && strncasecmp(level, "dane", 4) == 0)
		return -1;
	for (i = 0; i < COUNT(order); i++)
		if (strcasecmp(level, order[i]) == 0)
			return i;
	return 4;
}

/* The level of a side by the rules of the manual, worked out from the settings. */
static const char *today(const char *level, const char *use, const char *enforce,
			 const char *peername, bool server)
{
	if (level != NULL && *level != '\0')
		return level;
	if (enforce != NULL && strcmp(enforce, "yes") == 0) {
		if (server || (peername != NULL && strcmp(peername, "no") == 0))
			return "encrypt";
		return "verify";
	}
	return use != NULL && strcmp(use, "yes") == 0 ? "may" : "none";
}

static void setting(struct buf *file, const char *side, const char *name, const char *value)
{
	if (value != NULL)
		buf_addf(file, "%s_%s = %s\n", side, name, value);
}

static void check_combination(int policy, const char *level, int i)
{
	const bool server = i % 2 == 1, dnssec = i / 2 % 2 == 1;
	const char *side = server ? "smtpd" : "smtp";
	const char *use = switches[i / 4 % 3], *enforce = switches[i / 12 % 3];
	const char *peername = switches[i / 36 % 3];
	const char *least = server ? wanted[policy].server : wanted[policy].client;
	const char *before = today(level, use, enforce, peername, server), *after;
	struct buf file = BUF_INIT;
	const struct verdict *v;
	struct judged j;

	setting(&file, side, "tls_security_level", level);
	setting(&file, side, "use_tls", use);
	setting(&file, side, "enforce_tls", enforce);
	setting(&file, side, "tls_enforce_peername", peername);
	buf_adds(&file, dnssec ? DNSSEC : "");
	judge(&j, wanted[policy].name, buf_string(&file));
	v = in_force(&j, server ? SERVER : CLIENT);
	after = v->value != NULL ? v->value : level;
	ck_assert_msg(after != NULL && *after != '\0', "%s: left empty", buf_string(&file));
	if (protection(before, server) >= protection(least, server)) {
		/* Good as it is: kept to the byte, or written out as just what it is. */
		ck_assert_msg(strcmp(after, before) == 0, "%s: %s was %s", buf_string(&file), after,
			      before);
		ck_assert((v->value == NULL) == (level != NULL && *level != '\0'));
	} else if (dnssec && !server && strcmp(before, "dane") == 0) {
		ck_assert_str_eq(after, "dane-only");
	} else {
		ck_assert_str_eq(after, least);
	}
	judged_release(&j);
	buf_release(&file);
}

START_TEST(never_weakens)
{
	int i;

	for (i = 0; i < COMBINATIONS; i++)
		check_combination(_i % NPOLICIES, levels[_i / NPOLICIES], i);
}
END_TEST

/* ---- which verdicts there are ---- */

START_TEST(one_verdict_for_each_rule)
{
	static const char *const order[] = {SERVER, CLIENT, CLIENT_LOG, SERVER_LOG, DNS};
	size_t i, n = strcmp(wanted[_i].name, "dane") == 0 ? 5 : 4;
	struct judged j;

	judge(&j, wanted[_i].name, "myorigin = x\n");
	ck_assert_uint_eq(j.all.n, n);
	for (i = 0; i < n; i++) {
		ck_assert_ptr_eq(in_force(&j, order[i]), &j.all.v[i]);
		ck_assert_ptr_eq(j.all.v[i].rule, policy_rule(j.policy, i));
		ck_assert(j.all.v[i].occurrence == MAINCF_NONE);
		ck_assert_uint_eq(j.all.v[i].line, 0);
		ck_assert_ptr_null(j.all.v[i].old);
		ck_assert(j.all.v[i].in_force);
		ck_assert_str_ne(j.all.v[i].rule->why, "");
	}
	ck_assert_ptr_null(policy_rule(j.policy, n));
	judged_release(&j);
}
END_TEST

/* Each is judged as if it were in force. */
START_TEST(dead_duplicates)
{
	static const char file[] = CLIENT " = none\n" CLIENT " = may # x\n" CLIENT " = encrypt\n"
					  "a = b\n" CLIENT " =\n" CLIENT " = verify\n";
	static const struct {
		enum verdict_code code;
		size_t line;
		const char *value;
	} want[] = {
		{MET, 6, NULL},    {UNMET, 5, "may"}, {MET, 3, NULL},
		{FATAL, 2, "may"}, {UNMET, 1, "may"},
	};
	struct judged j;
	size_t i, at = 0;

	judge(&j, OPPORTUNISTIC, file);
	ck_assert_uint_eq(j.all.n, 8);
	for (i = 0; i < j.all.n; i++) {
		if (strcmp(j.all.v[i].rule->name, CLIENT) != 0)
			continue;
		ck_assert_uint_lt(at, (size_t)COUNT(want));
		ck_assert_int_eq(j.all.v[i].code, want[at].code);
		ck_assert_uint_eq(j.all.v[i].line, want[at].line);
		ck_assert(j.all.v[i].in_force == (at == 0));
		ck_assert((j.all.v[i].value == NULL) == (want[at].value == NULL));
		if (want[at].value != NULL)
			ck_assert_str_eq(j.all.v[i].value, want[at].value);
		at++;
	}
	ck_assert_uint_eq(at, (size_t)COUNT(want));
	judged_release(&j);
}
END_TEST

/* What is said twice is judged once, and found in both places. */
START_TEST(repeated_duplicates)
{
	static const char file[] =
		CLIENT " = none\n" CLIENT " =\n" CLIENT " =\n" CLIENT " = none\n" CLIENT
		       "=none\n" CLIENT " = none\n" CLIENT " = none\n";
	static const struct {
		const char *old;
		size_t line;
		bool repeated;
	} want[] = {
		{"none", 7, false}, {"none", 6, false}, {"none", 5, true},  {"none", 4, true},
		{"", 3, false},     {"", 2, true},      {"none", 1, false},
	};
	struct judged j;
	size_t i;

	judge(&j, "opportunistic", file);
	ck_assert_uint_eq(j.all.n, COUNT(want) + 3);
	for (i = 0; i < COUNT(want); i++) {
		ck_assert_str_eq(j.all.v[i + 1].rule->name, CLIENT);
		ck_assert_str_eq(j.all.v[i + 1].old, want[i].old);
		ck_assert_str_eq(j.all.v[i + 1].value, "may");
		ck_assert_int_eq(j.all.v[i + 1].code, UNMET);
		ck_assert_uint_eq(j.all.v[i + 1].line, want[i].line);
		ck_assert_uint_eq(j.all.v[i + 1].occurrence, want[i].line - 1);
		ck_assert(j.all.v[i + 1].in_force == (i == 0));
		ck_assert(j.all.v[i + 1].repeated == want[i].repeated);
	}
	judged_release(&j);
}
END_TEST

/* A dead line that comes alive implies what the obsolete parameters say then. */
START_TEST(dead_and_empty)
{
	struct judged j;

	judge(&j, OPPORTUNISTIC, "smtp_enforce_tls = yes\n" CLIENT " =\n" CLIENT " = may\n");
	ck_assert_uint_eq(j.all.n, 5);
	ck_assert_int_eq(j.all.v[2].code, IMPLIED);
	ck_assert_str_eq(j.all.v[2].value, "verify");
	judged_release(&j);
}
END_TEST

/* Alive it would refer to itself, and the daemon would die. */
START_TEST(dead_and_endless)
{
	struct judged j;

	judge(&j, OPPORTUNISTIC, CLIENT_LOG " = $smtp_tls_loglevel\n" CLIENT_LOG " = 1\n");
	ck_assert_uint_eq(j.all.n, 5);
	ck_assert_str_eq(j.all.v[3].rule->name, CLIENT_LOG);
	ck_assert(!j.all.v[3].in_force);
	ck_assert_int_ne(j.all.v[3].code, MET);
	judged_release(&j);
}
END_TEST

START_TEST(tells_old_and_effective)
{
	const struct verdict *v;
	struct judged j;

	judge(&j, OPPORTUNISTIC, "x = none\n" CLIENT " = $x\nsmtpd_enforce_tls = yes\n");
	v = in_force(&j, CLIENT);
	ck_assert_str_eq(v->old, "$x");
	ck_assert_str_eq(v->effective, "none");
	ck_assert_uint_eq(v->line, 2);
	v = in_force(&j, SERVER);
	ck_assert_ptr_null(v->old);
	ck_assert_str_eq(v->effective, "encrypt");
	ck_assert_msg(strstr(v->cause, "smtpd_enforce_tls") != NULL, "%s", v->cause);
	ck_assert_msg(strstr(v->cause, "3") != NULL, "%s", v->cause);
	judged_release(&j);
}
END_TEST

START_TEST(policy_is_used_again)
{
	struct policy *p = policy_builtin("opportunistic");
	static const char *const files[] = {CLIENT " = may\n", CLIENT " = none\n",
					    CLIENT " = may\n"};
	struct verdicts all = {0};
	struct maincf *m;
	size_t i;

	for (i = 0; i < 3; i++) {
		m = maincf_parse(files[i], strlen(files[i]));
		policy_judge(p, m, &all);
		maincf_free(m);
	}
	ck_assert_uint_eq(all.n, 12);
	ck_assert_int_eq(all.v[1].code, MET);
	ck_assert_int_eq(all.v[5].code, UNMET);
	ck_assert_int_eq(all.v[9].code, MET);
	verdicts_release(&all);
	policy_free(p);
}
END_TEST

/* Of each the name, one line of what it is about, and the rules. */
START_TEST(knows_its_policies)
{
	struct policy *p;
	size_t i;

	for (i = 0; i < NPOLICIES; i++) {
		ck_assert_str_eq(policy_builtin_name(i), wanted[i].name);
		p = policy_builtin(policy_builtin_name(i));
		ck_assert_ptr_nonnull(p);
		ck_assert_str_eq(policy_name(p), wanted[i].name);
		ck_assert_uint_gt(strlen(policy_about(p)), 20);
		ck_assert_uint_lt(strlen(policy_about(p)), 120);
		ck_assert_ptr_null(strchr(policy_about(p), '\n'));
		policy_free(p);
	}
	ck_assert_ptr_null(policy_builtin_name(NPOLICIES));
	ck_assert_ptr_null(policy_builtin_name((size_t)-1));
	ck_assert_ptr_null(policy_builtin("nonsense"));
	ck_assert_ptr_null(policy_builtin(""));
	policy_free(NULL);
}
END_TEST

static void check_words(const struct judged *j, const struct row *want)
{
	const struct verdict *v = in_force(j, want->name);
	struct buf text = BUF_INIT;

	verdict_explain(v, "should be", &text);
	ck_assert_msg(strstr(buf_string(&text), want->name) != NULL, "%s", buf_string(&text));
	if (v->value != NULL)
		ck_assert_msg(strstr(text.data, v->value) != NULL, "%s", text.data);
	if (v->code == UNKNOWN)
		ck_assert_msg(strstr(text.data, v->cause) != NULL, "%s", text.data);
	buf_release(&text);
}

/* Whatever is wrong is named, and what should be there. */
START_TEST(explains)
{
	const char *policy;
	const struct row *want = row(_i, &policy);
	struct judged j;

	judge(&j, policy, want->file);
	check_words(&j, want);
	judged_release(&j);
}
END_TEST

static const struct {
	const char *policy;
	const char *file;
	const char *name;
	const char *text;
} texts[] = {
	{"dane", "", CLIENT,
	 CLIENT " is not set: nobody checks who a server is, even where it publishes TLSA "
		"records; it should be \"dane\""},
	{"dane", DNS " = enabled\n", DNS,
	 DNS " = enabled: without DNSSEC Postfix takes dane for no more than may; it should be "
	     "\"dnssec\""},
	{"mandatory", CLIENT " = dane\n" DNSSEC, CLIENT,
	 CLIENT " = dane: mail leaves in plaintext where the other server offers no TLS; encrypt "
		"would no longer authenticate the servers with TLSA records; it should be "
		"\"dane-only\""},
	{"mandatory", CLIENT " = dane\n" DNS " = $mail_name\n", CLIENT,
	 CLIENT " = dane: left alone, for whether that is enough cannot be known: $mail_name is "
		"built into Postfix, but not set in this file (in " DNS " at line 2)"},
	{"mandatory", SERVER " = dane\n" CLIENT " = $smtpd_tls_security_level\n" DNSSEC, CLIENT,
	 CLIENT " = $smtpd_tls_security_level (which expands to \"encrypt\"): what it refers to "
		"changes; encrypt would no longer authenticate the servers with TLSA records; it "
		"should be \"dane-only\""},
};

START_TEST(puts_it_into_words)
{
	struct buf text = BUF_INIT;
	struct judged j;

	judge(&j, texts[_i].policy, texts[_i].file);
	verdict_explain(in_force(&j, texts[_i].name), "should be", &text);
	ck_assert_str_eq(buf_string(&text), texts[_i].text);
	judged_release(&j);
	buf_release(&text);
}
END_TEST

/* ---- rules of one's own ---- */

#define CAFILE "smtp_tls_CAfile"
#define CAPATH "smtp_tls_CApath"
#define WRAPPERMODE "smtp_tls_wrappermode"
#define A_BUT_B "(a+)+"

static const struct {
	struct rule rules[2]; /* one, or two */
	struct row want;
} own[] = {
	/* A log level is never worth less, and has a dump only where the rule has it. */
	{{{CLIENT_LOG, "0", NULL, NULL}}, {"", CLIENT_LOG, MET, NULL}},
	{{{CLIENT_LOG, "0", NULL, NULL}}, {CLIENT_LOG " =\n", CLIENT_LOG, MET, NULL}},
	{{{CLIENT_LOG, "0", NULL, NULL}}, {CLIENT_LOG " = 1\n", CLIENT_LOG, MET, NULL}},
	{{{CLIENT_LOG, "none", NULL, NULL}}, {CLIENT_LOG " = 2\n", CLIENT_LOG, MET, NULL}},
	{{{CLIENT_LOG, "0", NULL, NULL}}, {CLIENT_LOG " = untrusted\n", CLIENT_LOG, MET, NULL}},
	{{{CLIENT_LOG, "0", NULL, NULL}}, {CLIENT_LOG " = 3\n", CLIENT_LOG, UNMET, "summary"}},
	{{{CLIENT_LOG, "0", NULL, NULL}}, {CLIENT_LOG " = bogus\n", CLIENT_LOG, UNMET, "0"}},
	{{{CLIENT_LOG, "0", NULL, NULL}},
	 {CLIENT_LOG " = ssl-handshake-packet-dump\n", CLIENT_LOG, UNMET, "0"}},
	{{{CLIENT_LOG, "untrusted", NULL, NULL}},
	 {CLIENT_LOG " = 1\n", CLIENT_LOG, UNMET, "untrusted, summary"}},
	{{{CLIENT_LOG, "untrusted", NULL, NULL}}, {"", CLIENT_LOG, UNMET, "untrusted"}},
	{{{CLIENT_LOG, "summary, untrusted", NULL, NULL}},
	 {CLIENT_LOG " = 1\n", CLIENT_LOG, UNMET, "summary, untrusted"}},
	{{{CLIENT_LOG, "summary, untrusted", NULL, NULL}},
	 {CLIENT_LOG " = Untrusted 2\n", CLIENT_LOG, MET, NULL}},
	{{{SERVER_LOG, "3", NULL, NULL}}, {SERVER_LOG " = 3\n", SERVER_LOG, MET, NULL}},
	{{{SERVER_LOG, "3", NULL, NULL}}, {SERVER_LOG " = 1\n", SERVER_LOG, UNMET, "3"}},
	{{{SERVER_LOG, "3", NULL, NULL}}, {SERVER_LOG " = 4\n", SERVER_LOG, UNMET, "3"}},
	{{{"lmtp_tls_loglevel", "1", NULL, NULL}},
	 {"lmtp_tls_loglevel = debug\n", "lmtp_tls_loglevel", MET, NULL}},
	{{{CLIENT_LOG, "1", "3", NULL}}, {CLIENT_LOG " = 3\n", CLIENT_LOG, MET, NULL}},
	/* What stays as it is not set is not known to who refers to it. */
	{{{CLIENT_LOG, "0", NULL, NULL}, {SERVER_LOG, "1", NULL, NULL}},
	 {SERVER_LOG " = $smtp_tls_loglevel\n", SERVER_LOG, UNKNOWN, NULL}},

	/* Nor is a level, whatever little the rule asks for. */
	{{{CLIENT, "none", NULL, NULL}}, {"", CLIENT, MET, NULL}},
	{{{CLIENT, "none", NULL, NULL}}, {CLIENT " =\n", CLIENT, MET, NULL}},
	{{{CLIENT, "none", NULL, NULL}}, {CLIENT " = none\n", CLIENT, MET, NULL}},
	{{{CLIENT, "none", NULL, NULL}}, {CLIENT " = verify\n", CLIENT, MET, NULL}},
	{{{CLIENT, "none", NULL, NULL}}, {"smtp_use_tls = yes\n", CLIENT, IMPLIED, "may"}},
	{{{CLIENT, "none", NULL, NULL}}, {CLIENT " = bogus\n", CLIENT, FATAL, "none"}},
	{{{CLIENT, "none", NULL, NULL}}, {CLIENT " = may # x\n", CLIENT, FATAL, "may"}},
	{{{CLIENT, "none", NULL, NULL}}, {WRAPPERMODE " = yes\n", CLIENT, WRAPPER, "encrypt"}},
	/* Those on top are not ordered: each is as good as the other. */
	{{{CLIENT, "secure", NULL, NULL}}, {CLIENT " = fingerprint\n", CLIENT, MET, NULL}},
	{{{CLIENT, "secure", NULL, NULL}}, {CLIENT " = encrypt\n", CLIENT, UNMET, "secure"}},
	{{{CLIENT, "verify", NULL, NULL}}, {CLIENT " = dane\n" DNSSEC, CLIENT, UNMET, "verify"}},
	{{{CLIENT, "verify", NULL, NULL}},
	 {"smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\n", CLIENT, UNMET, "verify"}},
	/* To a server all that is mandatory is one. */
	{{{SERVER, "verify", NULL, NULL}}, {SERVER " = encrypt\n", SERVER, MET, NULL}},
	{{{SERVER, "verify", NULL, NULL}}, {SERVER " = may\n", SERVER, UNMET, "verify"}},
	{{{"lmtp_tls_security_level", "may", NULL, NULL}},
	 {"lmtp_enforce_tls = yes\n", "lmtp_tls_security_level", IMPLIED, "verify"}},
	{{{"lmtp_tls_security_level", "encrypt", NULL, NULL}},
	 {"lmtp_tls_security_level = dane\nlmtp_dns_support_level = dnssec\n",
	  "lmtp_tls_security_level", UNMET, "dane-only"}},

	/* A pattern says what else is good, but no daemon lives by it. */
	{{{CLIENT, "encrypt", "dane", NULL}}, {CLIENT " = dane\n" DNSSEC, CLIENT, MET, NULL}},
	{{{CLIENT, "encrypt", "dane", NULL}}, {CLIENT " = may\n", CLIENT, UNMET, "encrypt"}},
	{{{CLIENT, "encrypt", "dane|none", NULL}}, {"", CLIENT, MET, NULL}},
	{{{CLIENT, "encrypt", ".*", NULL}}, {CLIENT " = bogus\n", CLIENT, FATAL, "encrypt"}},
	{{{CLIENT, "may", "none", NULL}}, {CLIENT " = none\n", CLIENT, MET, NULL}},
	{{{CLIENT, "may", "none", NULL}}, {CLIENT " = none # x\n", CLIENT, FATAL, "none"}},
	{{{CAFILE, "/a", A_BUT_B, NULL}}, {CAFILE " = AAA\n", CAFILE, MET, NULL}},
	{{{CAFILE, "/a", A_BUT_B, NULL}},
	 {CAFILE " = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n", CAFILE,
	  UNKNOWN, NULL}},
	{{{CAFILE, "/a", "(", NULL}}, {CAFILE " = /b\n", CAFILE, UNKNOWN, NULL}},
	{{{CAFILE, "/a", "(", NULL}}, {CAFILE " = /a\n", CAFILE, MET, NULL}},

	/* Of other parameters the value is the value, to the byte. */
	{{{CAFILE, "/a", NULL, NULL}}, {"", CAFILE, UNMET, "/a"}},
	{{{CAFILE, "/a", NULL, NULL}}, {CAFILE " =\n", CAFILE, UNMET, "/a"}},
	{{{CAFILE, "/a", NULL, NULL}}, {CAFILE " = /a\n", CAFILE, MET, NULL}},
	{{{CAFILE, "/a", NULL, NULL}}, {CAFILE " = /A\n", CAFILE, UNMET, "/a"}},
	{{{CAFILE, "/a", NULL, NULL}}, {"x = /a\n" CAFILE " = $x\n", CAFILE, MET, NULL}},
	{{{CAFILE, "/a", NULL, NULL}}, {CAFILE " = $mail_name\n", CAFILE, UNKNOWN, NULL}},
	{{{CAFILE, "", NULL, NULL}}, {"", CAFILE, UNMET, ""}},
	{{{CAFILE, "", NULL, NULL}}, {CAFILE " =\n", CAFILE, MET, NULL}},
	{{{CAFILE, "", NULL, NULL}}, {CAFILE " = /a\n", CAFILE, UNMET, ""}},
	{{{CAFILE, "/a", "", NULL}}, {CAFILE " =\n", CAFILE, MET, NULL}},
	/* One with macros is good as it stands, and so is what it comes to. */
	{{{CAFILE, "$x/a", NULL, NULL}}, {CAFILE " = $x/a\n", CAFILE, MET, NULL}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {"x = /\n" CAFILE " = //a\n", CAFILE, MET, NULL}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {"x = /\n" CAFILE " = /b\n", CAFILE, UNMET, "$x/a"}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {"x = ${\n" CAFILE " = /b\n", CAFILE, UNKNOWN, NULL}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {"x = ${\n" CAFILE " = $x/a\n", CAFILE, UNKNOWN, NULL}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {"x = ${\n", CAFILE, UNKNOWN, NULL}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {"x = $smtp_tls_CAfile\n", CAFILE, UNKNOWN, NULL}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {"", CAFILE, UNMET, "$x/a"}},
	/* Two that refer to each other would kill what reads them: one of them is left alone. */
	{{{CAFILE, "$smtp_tls_CApath", NULL, NULL}, {CAPATH, "$smtp_tls_CAfile", NULL, NULL}},
	 {"", CAPATH, UNKNOWN, NULL}},
	{{{CAFILE, "$smtp_tls_CApath", NULL, NULL}, {CAPATH, "/a", NULL, NULL}},
	 {CAFILE " = /a\n", CAFILE, MET, NULL}},
	{{{CAFILE, "$smtp_tls_CApath", NULL, NULL}, {CAPATH, "/a", NULL, NULL}},
	 {CAFILE " = /b\n", CAFILE, UNMET, "$smtp_tls_CApath"}},
	{{{CAFILE, "$mail_name/a", NULL, NULL}}, {CAFILE " = $mail_name/a\n", CAFILE, MET, NULL}},
	{{{CAFILE, "$mail_name/a", NULL, NULL}}, {CAFILE " = /b\n", CAFILE, UNMET, "$mail_name/a"}},
	{{{CAFILE, "$x/a", NULL, NULL}}, {CAFILE " = $mail_name\n", CAFILE, UNKNOWN, NULL}},

	/* What the policy makes of a neighbour counts. */
	{{{WRAPPERMODE, "yes", NULL, NULL}, {CLIENT, "may", NULL, NULL}},
	 {CLIENT " = may\n", CLIENT, WRAPPER, "encrypt"}},
	{{{WRAPPERMODE, "no", NULL, NULL}, {CLIENT, "may", NULL, NULL}},
	 {CLIENT " = may\n" WRAPPERMODE " = yes\n", CLIENT, MET, NULL}},
	{{{DNS, "dnssec", NULL, NULL}, {CLIENT, "encrypt", NULL, NULL}},
	 {CLIENT " = dane\n", CLIENT, UNMET, "dane-only"}},
	{{{DNS, "enabled", NULL, NULL}, {CLIENT, "encrypt", NULL, NULL}},
	 {CLIENT " = dane\n" DNSSEC, CLIENT, UNMET, "encrypt"}},
	{{{CAFILE, "yes", NULL, NULL}, {CLIENT, "may", NULL, NULL}},
	 {CLIENT " = ${smtp_tls_CAfile?{verify}:{none}}\n", CLIENT, MET, NULL}},
	{{{CAFILE, "", NULL, NULL}, {CLIENT, "may", NULL, NULL}},
	 {CAFILE " = x\n" CLIENT " = ${smtp_tls_CAfile?{verify}:{may}}\n", CLIENT, REFERENCE,
	  "verify"}},
};

static struct policy *own_policy(int i)
{
	struct policy *p = policy_new("own", "rules of our own");

	policy_add(p, &own[i].rules[0]);
	if (own[i].rules[1].name != NULL)
		policy_add(p, &own[i].rules[1]);
	return p;
}

START_TEST(judges_by_rules)
{
	struct judged j;

	judge_by(&j, own_policy(_i), own[_i].want.file);
	check_row(&j, &own[_i].want);
	check_words(&j, &own[_i].want);
	check_content(&j, own[_i].want.file);
	judged_release(&j);
}
END_TEST

static const struct {
	struct rule rule;
	const char *file;
	const char *text;
} rule_texts[] = {
	/* Nobody says why. */
	{{CAFILE, "/a", NULL, NULL}, CAFILE " = /b\n", CAFILE " = /b; it should be \"/a\""},
	{{CAFILE, "/a", NULL, "ours"}, "", CAFILE " is not set: ours; it should be \"/a\""},
	{{CAFILE, "/a", A_BUT_B, NULL},
	 CAFILE " = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n",
	 CAFILE " = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab: left alone, for whether that is "
		"enough cannot be known: the pattern \"" A_BUT_B
		"\" gives up on it: match limit exceeded"},
	{{CLIENT_LOG, "3", NULL, NULL},
	 CLIENT_LOG " = 4\n",
	 CLIENT_LOG " = 4: the log gets dumps of what is said over TLS; it should be \"3\""},
	{{CLIENT_LOG, "1", NULL, NULL},
	 CLIENT_LOG " = 3\n",
	 CLIENT_LOG " = 3: the log gets dumps of the TLS handshake; it should be \"1\""},
	{{CLIENT_LOG, "3", NULL, NULL}, CLIENT_LOG " = 1\n", CLIENT_LOG " = 1; it should be \"3\""},
	{{CLIENT_LOG, "3", NULL, NULL},
	 CLIENT_LOG " = ssl-handshake-packet-dump\n",
	 CLIENT_LOG " = ssl-handshake-packet-dump; it should be \"3\""},
	{{"lmtp_tls_security_level", "may", NULL, NULL},
	 "lmtp_tls_security_level = yes\n",
	 "lmtp_tls_security_level = yes: lmtp(8) stops with a fatal error on this value; it should "
	 "be \"may\""},
};

START_TEST(puts_rules_into_words)
{
	struct policy *p = policy_new("own", "rules of our own");
	struct buf text = BUF_INIT;
	struct judged j;

	policy_add(p, &rule_texts[_i].rule);
	judge_by(&j, p, rule_texts[_i].file);
	verdict_explain(&j.all.v[0], "should be", &text);
	ck_assert_str_eq(buf_string(&text), rule_texts[_i].text);
	judged_release(&j);
	buf_release(&text);
}
END_TEST

/* The policy has texts of its own. */
START_TEST(copies_its_rules)
{
	char name[] = CAFILE, set[] = "/a", accept[] = "b", why[] = "c";
	const struct rule given = {name, set, accept, why}, *kept;
	struct policy *p = policy_new("own", "about");

	policy_add(p, &given);
	name[0] = set[0] = accept[0] = why[0] = '!';
	kept = policy_rule(p, 0);
	ck_assert_str_eq(kept->name, CAFILE);
	ck_assert_str_eq(kept->set, "/a");
	ck_assert_str_eq(kept->accept, "b");
	ck_assert_str_eq(kept->why, "c");
	ck_assert_str_eq(policy_about(p), "about");
	policy_free(p);
}
END_TEST

/* A pattern can be asked for before it is needed. */
START_TEST(compiles_when_asked)
{
	static const struct rule rules[] = {
		{CAFILE, "/a", "b", NULL}, {CLIENT, "may", NULL, NULL}, {SERVER, "may", "(", NULL}};
	struct policy *p = policy_new("own", "about");
	struct buf why = BUF_INIT;
	size_t i;

	for (i = 0; i < COUNT(rules); i++)
		policy_add(p, &rules[i]);
	ck_assert_int_eq(policy_compile(p, 0, &why), 0);
	ck_assert_int_eq(policy_compile(p, 0, &why), 0);
	ck_assert_int_eq(policy_compile(p, 1, &why), 0);
	ck_assert_str_eq(buf_string(&why), "");
	ck_assert_int_eq(policy_compile(p, 2, &why), -1);
	ck_assert_str_ne(buf_string(&why), "");
	policy_free(p);
	buf_release(&why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *tc = tcase_create("judging");

	tcase_add_loop_test(tc, judges, 0, ROWS);
	tcase_add_loop_test(tc, is_content_with_itself, 0, ROWS);
	tcase_add_loop_test(tc, explains, 0, ROWS);
	tcase_add_loop_test(tc, never_weakens, 0, NPOLICIES * NLEVELS);
	suite_add_tcase(s, tc);

	tc = tcase_create("verdicts");
	tcase_add_loop_test(tc, one_verdict_for_each_rule, 0, NPOLICIES);
	tcase_add_test(tc, dead_duplicates);
	tcase_add_test(tc, repeated_duplicates);
	tcase_add_test(tc, dead_and_empty);
	tcase_add_test(tc, dead_and_endless);
	tcase_add_test(tc, tells_old_and_effective);
	tcase_add_test(tc, policy_is_used_again);
	tcase_add_test(tc, knows_its_policies);
	tcase_add_loop_test(tc, puts_it_into_words, 0, COUNT(texts));
	suite_add_tcase(s, tc);

	tc = tcase_create("rules of one's own");
	tcase_add_loop_test(tc, judges_by_rules, 0, COUNT(own));
	tcase_add_loop_test(tc, puts_rules_into_words, 0, COUNT(rule_texts));
	tcase_add_test(tc, copies_its_rules);
	tcase_add_test(tc, compiles_when_asked);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
