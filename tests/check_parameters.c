/* SPDX-License-Identifier: ISC */
/* check_parameters - the names that are built into Postfix. */
#include "parameters.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct {
	const char *name;
	bool known;
} cases[] = {
	{"smtp_tls_security_level", true},
	{"smtpd_tls_security_level", true},
	{"lmtp_tls_security_level", true},
	{"smtp_tls_loglevel", true},
	{"smtp_use_tls", true},
	{"smtpd_enforce_tls", true},
	{"smtp_tls_enforce_peername", true},
	{"smtp_tls_wrappermode", true},
	{"compatibility_level", true},
	{"mail_version", true},
	{"myhostname", true},
	/* Of 3.4, of all before 3.11, of 3.6, and of 3.9. */
	{"smtpd_tls_chain_files", true},
	{"smtpd_tls_dh512_param_file", true},
	{"known_tcp_ports", true},
	{"smtpd_forbid_bare_newline", true},
	/* The first and the last of postconf -d. */
	{"2bounce_notice_recipient", true},
	{"virtual_uid_maps", true},
	{"", false},
	{"x", false},
	{"SMTP_TLS_SECURITY_LEVEL", false},
	{"smtp_tls_security_leve", false},
	{"smtp_tls_security_levels", false},
	{"smtpd_tsl_loglevel", false},
	{" myhostname", false},
	{"myhostname ", false},
	{"0", false},
	{"zzz", false},
	{"a_name_that_is_longer_than_any_that_was_ever_built_into_postfix_by_far", false},
};

START_TEST(knows)
{
	ck_assert_msg(parameters_known(cases[_i].name, strlen(cases[_i].name)) == cases[_i].known,
		      "%s", cases[_i].name);
}
END_TEST

START_TEST(name_has_a_length)
{
	ck_assert(parameters_known("myhostname = x", strlen("myhostname")));
	ck_assert(!parameters_known("myhostname", strlen("myhostnam")));
	ck_assert(!parameters_known("myhostname", 0));
}
END_TEST

/* Every name that the installed Postfix has, whatever version that is; no service adds any. */
START_TEST(knows_what_postconf_knows)
{
	const char *argv[] = {"postconf", "-c", NULL, "-d", NULL};
	char *folder;
	const char *line, *sign;
	struct ran r;
	int n = 0;

	if (!have_program("postconf"))
		return;
	folder = make_folder();
	argv[2] = folder;
	write_file(in_folder(folder, "main.cf"), "", 0);
	write_file(in_folder(folder, "master.cf"), "", 0);
	make_old(in_folder(folder, "main.cf"));
	run(&r, NULL, argv, NULL, 0);
	ck_assert_msg(r.status == 0, "%s", buf_string(&r.err));
	for (line = buf_string(&r.out); *line != '\0'; line += strcspn(line, "\n") + 1) {
		sign = strstr(line, " =");
		ck_assert_ptr_nonnull(sign);
		ck_assert_msg(parameters_known(line, (size_t)(sign - line)), "%.*s is not known",
			      (int)(sign - line), line);
		n++;
	}
	ck_assert_int_gt(n, 800);
	ran_release(&r);
	remove_tree(folder);
	free(folder);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("parameters");
	TCase *tc = tcase_create("parameters");

	tcase_add_loop_test(tc, knows, 0, COUNT(cases));
	tcase_add_test(tc, name_has_a_length);
	tcase_add_test(tc, knows_what_postconf_knows);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
