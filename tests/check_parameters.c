/* SPDX-License-Identifier: ISC */
/* check_parameters - the names that are built into Postfix. */
#include "parameters.h"

#include <ctype.h>
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

/* ---- names that claim to be about TLS ---- */

#define TEN "_123456789"

static const struct {
	const char *name;
	bool looks;
} looks[] = {
	{"smtp_tls_loglevel", true},
	{"smtpd_tsl_loglevel", true},
	{"smtp_use_lts", true},
	{"lmtp_slt_x", true},
	{"postscreen_stl", true},
	{"tls_lst", true},
	{"SMTP_TLS_LOGLEVEL", true},
	{"Smtp_tLs_loglevel", true},
	{"smtpd_starttls_timeout", true},
	{"smtp" TEN TEN TEN TEN TEN "______tls", true},
	{"smtp" TEN TEN TEN TEN TEN "_______tls", false},
	{"tls_ab", true},
	{"tls_a", false},
	{"", false},
	{"mytls_loglevel", false},
	{"html_directory", false},
	{"lists_of_mine", false},
	{"smtp_t_l_s", false},
	{"smtp_tl_level", false},
	{"smtpd_banner", false},
	{"transport_maps", false},
};

START_TEST(looks_like_tls)
{
	ck_assert_msg(parameters_looks_tls(looks[_i].name, strlen(looks[_i].name)) ==
			      looks[_i].looks,
		      "%s", looks[_i].name);
}
END_TEST

/* Wherever it stands; but not two of the letters, or one twice. */
START_TEST(looks_like_tls_anywhere)
{
	static const struct {
		const char *letters;
		bool looks;
	} words[] = {{"tls", true},  {"tsl", true},  {"lts", true},  {"lst", true},
		     {"stl", true},  {"SLT", true},  {"tl_", false}, {"_ts", false},
		     {"ttl", false}, {"sls", false}, {"l_t", false}, {"sst", false}};
	char name[16];
	int i, at;

	for (i = 0; i < COUNT(words); i++) {
		for (at = 1; at <= 12; at++) {
			memset(name, '_', sizeof(name));
			name[0] = 'p';
			memcpy(name + at, words[i].letters, 3);
			ck_assert_msg(parameters_looks_tls(name, 15) == words[i].looks, "%.15s",
				      name);
		}
	}
}
END_TEST

/* ---- what somebody meant ---- */

static const struct {
	const char *name, *meant;
} slips[] = {
	{"SMTP_TLS_LOGLEVEL", "smtp_tls_loglevel"},
	{"smtpd_tsl_loglevel", "smtpd_tls_loglevel"},
	{"smtp_tls_securty_level", "smtp_tls_security_level"},
	{"smtpd_tls_secruity_level", "smtpd_tls_security_level"},
	{"smtp_tls_auth_only", "smtpd_tls_auth_only"},
	{"smtpd_tls_policy_maps", "smtp_tls_policy_maps"},
	{"smtp_tls_cafile", "smtp_tls_CAfile"},
	{"smtpd_tls_CAFile", "smtpd_tls_CAfile"},
	{"smtpd_tls_capath", "smtpd_tls_CApath"},
	{"smtp_tls_log_level", "smtp_tls_loglevel"},
	{"smtp_tls_chain_file", "smtp_tls_chain_files"},
	{"smtpd_tls_protocol", "smtpd_tls_protocols"},
	{"smtpd_tls_mandatory_cipher", "smtpd_tls_mandatory_ciphers"},
	{"smtpd_tls_seccurity_lvel", "smtpd_tls_security_level"},
	{"smtpd_use_tsl", "smtpd_use_tls"},
	/* Two slips and the case of a letter, and not three slips. */
	{"smtpd_tls_Scurty_level", "smtpd_tls_security_level"},
	{"smtpd_tls_scurty_evel", NULL},
	{"tls_preemptcipherlist", "tls_preempt_cipherlist"},
	{"smtp-tls-security_level", "smtp_tls_security_level"},
	/* What is right is nearest to itself. */
	{"smtp_tls_loglevel", "smtp_tls_loglevel"},
	/* Too far off, or about something else. */
	{"smtp_tls_what_is_this_now", NULL},
	{"smtp_tls_my_own", NULL},
	{"tls_security_level", NULL},
	{"smtp_tls_loglevel_of_mine", NULL},
	{"smtpd_banner", NULL},
	{"", NULL},
	{"smtp_tls" TEN TEN TEN TEN TEN TEN, NULL},
};

START_TEST(meant)
{
	const char *is = parameters_meant(slips[_i].name, strlen(slips[_i].name));

	ck_assert_msg((is == NULL) == (slips[_i].meant == NULL) &&
			      (is == NULL || strcmp(is, slips[_i].meant) == 0),
		      "%s: %s", slips[_i].name, is != NULL ? is : "nothing");
}
END_TEST

/* ---- names of services ---- */

static bool is_one_of(void *services, const char *name, size_t len)
{
	const char *const *s = services;

	for (; *s != NULL; s++)
		if (strlen(*s) == len && memcmp(*s, name, len) == 0)
			return true;
	return false;
}

static const struct {
	const char *name, *service;
	bool is;
} suffixed[] = {
	{"lm_tls_extra_recipient_limit", "lm_tls_extra", true},
	{"lm_tls_extra_recipient_limit", "lm_tls", true},
	{"lm_tls_extra_recipient_limit", "lm", false},
	{"lm_tls_extra_recipient_limit", "lm_tls_", false},
	{"x_destination_recipient_limit", "x_destination", true},
	{"my-pipe_time_limit", "my-pipe", true},
	{"my-pipe_time_limit", "my", false},
	{"_time_limit", "", false},
	{"time_limit", "", false},
	{"my-pipe", "my-pipe", false},
	{"my-pipe_time_limits", "my-pipe", false},
	{"my-pipetime_limit", "my-pipe", false},
	{"my-pipe_Time_limit", "my-pipe", false},
};

START_TEST(cut_in_each_way)
{
	const char *services[] = {suffixed[_i].service, NULL};

	ck_assert_msg(parameters_of_service(suffixed[_i].name, strlen(suffixed[_i].name), is_one_of,
					    services) == suffixed[_i].is,
		      "%s of %s", suffixed[_i].name, suffixed[_i].service);
}
END_TEST

/* ---- what postconf has ---- */

/* Calls visit with each name that "postconf -d" prints beside a master.cf; returns how many. */
static int ask_postconf(const char *master, void (*visit)(const char *name, size_t len))
{
	const char *argv[] = {"postconf", "-c", NULL, "-d", NULL};
	char *folder = make_folder();
	const char *line, *sign;
	struct ran r;
	int n = 0;

	argv[2] = folder;
	write_file(in_folder(folder, "main.cf"), "", 0);
	write_file(in_folder(folder, "master.cf"), master, strlen(master));
	make_old(in_folder(folder, "main.cf"));
	run(&r, NULL, argv, NULL, 0);
	ck_assert_msg(r.status == 0, "%s", buf_string(&r.err));
	for (line = buf_string(&r.out); *line != '\0'; line += strcspn(line, "\n") + 1, n++) {
		sign = strstr(line, " =");
		ck_assert_ptr_nonnull(sign);
		visit(line, (size_t)(sign - line));
	}
	ran_release(&r);
	remove_tree(folder);
	free(folder);
	return n;
}

static bool has_tls(const char *name, size_t len)
{
	return memmem(name, len, "tls", 3) != NULL;
}

static void assert_known(const char *name, size_t len)
{
	ck_assert_msg(parameters_known(name, len), "%.*s is not known", (int)len, name);
	ck_assert_msg(parameters_looks_tls(name, len) || !has_tls(name, len),
		      "%.*s does not look like TLS", (int)len, name);
}

/* Every name that the installed Postfix has, whatever version that is; no service adds any. */
START_TEST(knows_what_postconf_knows)
{
	if (have_program("postconf"))
		ck_assert_int_gt(ask_postconf("", assert_known), 800);
}
END_TEST

/*
 * From one name to another: 0 they are one, 1 a letter is in the other case, 2 one letter
 * is too many, left out or another one, or two neighbours changed places; 3 is more.
 */
static int slips_between(const char *a, const char *b)
{
	size_t n, m;

	for (; *a != '\0' && *a == *b; a++, b++)
		;
	for (n = strlen(a), m = strlen(b); n > 0 && m > 0 && a[n - 1] == b[m - 1]; n--, m--)
		;
	if (n == 0 && m == 0)
		return 0;
	if (n == 1 && m == 1)
		return (*a ^ *b) == 32 ? 1 : 2;
	if (n + m == 1 || (n == 2 && m == 2 && a[0] == b[1] && a[1] == b[0]))
		return 2;
	return 3;
}

/*
 * A slip is a name of its own, or leads to a name that is no farther from it than the one
 * that it was made from. If the first letter and what stands for TLS are left, it shows.
 */
static void assert_leads_back(const char *name, const char *slip)
{
	size_t len = strlen(slip);
	const char *is = parameters_meant(slip, len);

	if (parameters_known(slip, len))
		return;
	ck_assert_msg(is != NULL && parameters_known(is, strlen(is)), "%s leads nowhere", slip);
	ck_assert_msg(slips_between(slip, is) <= slips_between(slip, name),
		      "%s leads to %s, not to %s", slip, is, name);
	ck_assert_msg(parameters_looks_tls(slip, len) || *slip != *name ||
			      (strstr(slip, "tls") == NULL && strstr(slip, "tsl") == NULL &&
			       strstr(slip, "lts") == NULL),
		      "%s does not look like TLS", slip);
}

/* The name with the byte at a place made into others: none, two, another. */
static void replace(const char *name, size_t at, const char *by)
{
	struct buf slip = BUF_INIT;

	buf_add(&slip, name, at);
	buf_adds(&slip, by);
	buf_adds(&slip, name + at + 1);
	assert_leads_back(name, buf_string(&slip));
	buf_release(&slip);
}

static void slip_at(const char *name, size_t at)
{
	const char c = name[at];
	char *swapped;

	replace(name, at, "");
	replace(name, at, (const char[]){c, c, '\0'});
	replace(name, at, (const char[]){c == 'z' ? 'a' : c == 'Z' ? 'A' : (char)(c + 1), '\0'});
	replace(name, at, "_");
	if (isalpha((unsigned char)c))
		replace(name, at, (const char[]){c ^ 32, '\0'});
	if (name[at + 1] == '\0')
		return;
	swapped = xstrdup(name);
	swapped[at] = name[at + 1];
	swapped[at + 1] = c;
	assert_leads_back(name, swapped);
	free(swapped);
}

static int names_of_tls;

static void slip_everywhere(const char *start, size_t len)
{
	char *name;
	size_t i;

	if (!has_tls(start, len))
		return;
	name = xmemdupz(start, len);
	for (i = 0; i < len; i++)
		slip_at(name, i);
	free(name);
	names_of_tls++;
}

START_TEST(slips_lead_back)
{
	if (!have_program("postconf"))
		return;
	ask_postconf("", slip_everywhere);
	ck_assert_int_gt(names_of_tls, 100);
}
END_TEST

/* Services whose names are odd, one for each program for which postconf makes parameters. */
static const char *odd_services[] = {"my-relay",    "lm_tls_extra", "a.b",   "_x_",  "9",
				     "10.0.0.1:99", "o_time_limit", "Local", "virt", NULL};
static const char odd_master[] = "my-relay unix - - n - - smtp\n"
				 "lm_tls_extra unix - - n - - lmtp\n"
				 "a.b unix - n n - - pipe argv=/bin/true\n"
				 "_x_ unix - - n - - error\n"
				 "9 unix - n n - - spawn argv=/bin/true\n"
				 "10.0.0.1:99 inet n n n - - spawn argv=/bin/true\n"
				 "o_time_limit unix - n n - - pipe argv=/bin/true\n"
				 "Local unix - n n - - local\n"
				 "virt unix - n n - - virtual\n";

static int names_of_services;

static bool is_of_odd(const char *name, size_t len)
{
	return parameters_of_service(name, len, is_one_of, odd_services);
}

/* What postconf makes is taken; what lacks a byte at either end or has one more is not. */
static void assert_of_service(const char *name, size_t len)
{
	struct buf longer = BUF_INIT;

	if (parameters_known(name, len))
		return;
	ck_assert_msg(is_of_odd(name, len), "%.*s", (int)len, name);
	ck_assert_msg(!is_of_odd(name, len - 1), "%.*s", (int)len - 1, name);
	ck_assert_msg(!is_of_odd(name + 1, len - 1), "%.*s", (int)len - 1, name + 1);
	buf_addf(&longer, "x%.*ss", (int)len, name);
	ck_assert_msg(!is_of_odd(longer.data, len + 1), "%.*s", (int)len + 1, longer.data);
	ck_assert_msg(!is_of_odd(longer.data + 1, len + 1), "%s", longer.data + 1);
	buf_release(&longer);
	names_of_services++;
}

START_TEST(of_services_as_postconf_has_it)
{
	if (!have_program("postconf"))
		return;
	ask_postconf(odd_master, assert_of_service);
	ck_assert_int_gt(names_of_services, 6 * 15);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("parameters");
	TCase *tc = tcase_create("parameters");

	tcase_add_loop_test(tc, knows, 0, COUNT(cases));
	tcase_add_test(tc, name_has_a_length);
	tcase_add_loop_test(tc, looks_like_tls, 0, COUNT(looks));
	tcase_add_test(tc, looks_like_tls_anywhere);
	tcase_add_loop_test(tc, meant, 0, COUNT(slips));
	tcase_add_loop_test(tc, cut_in_each_way, 0, COUNT(suffixed));
	suite_add_tcase(s, tc);

	tc = tcase_create("postconf");
	tcase_set_tags(tc, "process");
	tcase_set_timeout(tc, 0);
	tcase_add_test(tc, knows_what_postconf_knows);
	tcase_add_test(tc, slips_lead_back);
	tcase_add_test(tc, of_services_as_postconf_has_it);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
