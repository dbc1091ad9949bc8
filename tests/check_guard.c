/* SPDX-License-Identifier: ISC */
/* check_guard - a level in main.cf takes nothing from a service that requires TLS. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define SMTPD "smtpd_tls_security_level"
#define SMTP "smtp_tls_security_level"

static const struct {
	const char *name, *main, *master; /* NULL: there is none */
	const char *held;                 /* parameters, with a blank behind each */
	const char *cause;                /* a part of it */
} cases[] = {
	{"a submission service that enforces", "smtpd_use_tls = yes\n",
	 "submission inet n - n - - smtpd -o smtpd_enforce_tls=yes\n", SMTPD " ",
	 "master.cf:1: submission/inet (smtpd) is at \"encrypt\""},
	{"no level at all", "", "submission inet n - n - - smtpd\n  -o smtpd_enforce_tls=yes\n",
	 SMTPD " ", "-o smtpd_tls_security_level=encrypt first"},
	{"it has a level of its own, too", "",
	 "submission inet n - n - - smtpd -o smtpd_enforce_tls=yes -o "
	 "smtpd_tls_security_level=may\n",
	 "", NULL},
	{"main.cf has a level already", "smtpd_tls_security_level = may\n",
	 "submission inet n - n - - smtpd -o smtpd_enforce_tls=yes\n", "", NULL},
	{"main.cf has a low one", "smtpd_tls_security_level = none\n",
	 "submission inet n - n - - smtpd -o smtpd_enforce_tls=yes\n", "", NULL},
	{"main.cf enforces itself", "smtpd_enforce_tls = yes\n",
	 "submission inet n - n - - smtpd -o smtpd_enforce_tls=yes\n", "", NULL},
	{"it is off", "", "submission inet n - n - - smtpd -o smtpd_enforce_tls=no\n", "", NULL},
	{"it only uses TLS", "", "submission inet n - n - - smtpd -o smtpd_use_tls=yes\n", "",
	 NULL},
	{"it is replaced further down", "",
	 "submission inet n - n - - smtpd -o smtpd_enforce_tls=yes\n"
	 "submission inet n - n - - smtpd\n",
	 "", NULL},
	{"a client", "", "relay unix - - n - - smtp -o smtp_enforce_tls=yes\n", SMTP " ",
	 "relay/unix (smtp) is at \"verify\" today by what is obsolete, which any"},
	{"a client that compares no names", "smtp_tls_enforce_peername = no\n",
	 "relay unix - - n - - smtp -o smtp_enforce_tls=yes\n", SMTP " ", "\"encrypt\" today"},
	{"both", "",
	 "relay unix - - n - - smtp -o smtp_enforce_tls=yes\n"
	 "submission inet n - n - - smtpd -o smtpd_enforce_tls=yes\n",
	 SMTPD " " SMTP " ", NULL},
	{"by an option that main.cf refers to", "lvl = none\nsmtp_tls_security_level = $lvl\n",
	 "relay unix - - n - - smtp -o lvl=secure\n", SMTP " ",
	 "at \"secure\" today by an option that this line refers to; give it -o"},
	{"lmtp by the level of smtp",
	 "lmtp_tls_security_level = $smtp_tls_security_level\n"
	 "lmtp_enforce_tls = yes\nsmtp_tls_security_level =\n",
	 "lmtp unix - - n - - lmtp\n", SMTP " ", "lmtp/unix (lmtp)"},
	{"postscreen", "postscreen_enforce_tls = yes\n", "smtp inet n - n - 1 postscreen\n",
	 SMTPD " ", "smtp/inet (postscreen) is at \"encrypt\""},
	{"postscreen, with an option", "",
	 "smtp inet n - n - 1 postscreen -o "
	 "postscreen_enforce_tls=yes\n",
	 SMTPD " ", NULL},
	{"postscreen with a level of its own",
	 "postscreen_enforce_tls = yes\npostscreen_tls_security_level = may\n",
	 "smtp inet n - n - 1 postscreen\n", "", NULL},
	{"postscreen is not there", "postscreen_enforce_tls = yes\n", "smtp inet n - n - - smtpd\n",
	 "", NULL},
	{"nobody knows whether postscreen is there", "postscreen_enforce_tls = yes\n", NULL,
	 SMTPD " ", "postscreen is at \"encrypt\""},
	{"no master.cf, nothing of old", "", NULL, "", NULL},
	{"no master.cf, enforced", "smtpd_enforce_tls = yes\nsmtp_enforce_tls = yes\n", NULL, "",
	 NULL},
	{"what cannot be known", "", "submission inet n - n - - smtpd -o smtpd_enforce_tls=$x$y{\n",
	 "", NULL},
};

START_TEST(a_case)
{
	struct maincf *file = maincf_parse(cases[_i].main, strlen(cases[_i].main));
	struct policy *policy = policy_builtin("opportunistic");
	struct verdicts all = {0};
	struct buf held = BUF_INIT, text = BUF_INIT;
	struct mastercf *master = NULL;
	size_t i;

	if (cases[_i].master != NULL)
		master = mastercf_parse(cases[_i].master, strlen(cases[_i].master));
	policy_judge(policy, file, &all);
	guard_services(file, master, "master.cf", &all);
	for (i = 0; i < all.n; i++) {
		if (all.v[i].code != VERDICT_HELD)
			continue;
		ck_assert_ptr_null(all.v[i].value);
		buf_addf(&held, "%s ", all.v[i].rule->name);
		verdict_explain(&all.v[i], "becomes", &text);
	}
	ck_assert_msg(strstr(buf_string(&held), cases[_i].held) != NULL &&
			      held.len == strlen(cases[_i].held),
		      "%s: %s", cases[_i].name, buf_string(&held));
	if (cases[_i].cause != NULL)
		ck_assert_msg(strstr(buf_string(&text), cases[_i].cause) != NULL, "%s: %s",
			      cases[_i].name, buf_string(&text));
	verdicts_release(&all);
	policy_free(policy);
	mastercf_free(master);
	maincf_free(file);
	buf_release(&held);
	buf_release(&text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("guard");
	TCase *tc = tcase_create("guard");

	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_case, 0, COUNT(cases));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
