/* SPDX-License-Identifier: ISC */
/*
 * check_tlslist - lists of protocols and ciphers, one table for tlslist_judge(), for
 * Postfix's own TLS client and for OpenSSL.
 */
#include "tlslist.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- protocols ---- */

/*
 * What TLS there is without SSLv3 decides whether Postfix can be asked: the OpenSSL
 * of nowadays has none.
 */
static const struct {
	const char *value;
	enum tlslist_result want;
	bool only_sslv3;
} protocols[] = {
	/* Postfix's own, of old and of today */
	{"!SSLv2, !SSLv3", TLSLIST_FINE, false},
	{">=TLSv1", TLSLIST_FINE, false},
	{"", TLSLIST_WEAK, false},
	{" , : \t", TLSLIST_WEAK, false},
	/* left out by name */
	{"!SSLv3", TLSLIST_FINE, false},
	{"!SSLv2", TLSLIST_WEAK, false},
	{"!TLSv1, !TLSv1.1", TLSLIST_WEAK, false},
	{"!SSLv2, !SSLv3, !TLSv1, !TLSv1.1", TLSLIST_FINE, false},
	{"!SSLv2,!SSLv3,!TLSv1,!TLSv1.1,!TLSv1.2,!TLSv1.3", TLSLIST_BAD, false},
	{"!TLSv1,!TLSv1.1,!TLSv1.2,!TLSv1.3", TLSLIST_WEAK, true},
	/* let in by name */
	{"TLSv1", TLSLIST_WEAK, false},
	{"TLSv1, TLSv1.2", TLSLIST_FINE, false},
	{"TLSv1, TLSv1.3", TLSLIST_FINE, false},
	{"TLSv1, TLSv1.1", TLSLIST_WEAK, false},
	{"TLSv1.2 TLSv1.3", TLSLIST_FINE, false},
	{"SSLv3, TLSv1.2", TLSLIST_WEAK, false},
	{"SSLv3", TLSLIST_WEAK, true},
	{"SSLv2", TLSLIST_WEAK, false},
	{"SSLv2, TLSv1.3", TLSLIST_FINE, false},
	{"SSLv3, TLSv1.2, !SSLv3", TLSLIST_FINE, false},
	{"TLSv1.2, !TLSv1.2", TLSLIST_BAD, false},
	/* bounds */
	{">=TLSv1.2", TLSLIST_FINE, false},
	{">=TLSv1.3", TLSLIST_FINE, false},
	{">=SSLv3", TLSLIST_WEAK, false},
	{">=SSLv3, !SSLv3", TLSLIST_FINE, false},
	{">=None", TLSLIST_WEAK, false},
	{">=", TLSLIST_WEAK, false},
	{"<=TLSv1.2", TLSLIST_WEAK, false},
	{"<=TLSv1", TLSLIST_WEAK, false},
	{"<=SSLv3", TLSLIST_WEAK, true},
	{"<=None", TLSLIST_WEAK, false},
	{"<=TLSv1.2, >=TLSv1", TLSLIST_FINE, false},
	{">=TLSv1.2, <=TLSv1.2", TLSLIST_FINE, false},
	{">=TLSv1.3, <=TLSv1.2", TLSLIST_BAD, false},
	{">=TLSv1.1, !TLSv1.2, !TLSv1.3", TLSLIST_WEAK, false},
	{">=TLSv1.3, TLSv1.2", TLSLIST_BAD, false},
	/* the last one of a kind counts */
	{">=TLSv1.2, >=SSLv3", TLSLIST_WEAK, false},
	{">=TLSv1.2, >=None", TLSLIST_WEAK, false},
	{">=SSLv3, >=TLSv1.2", TLSLIST_FINE, false},
	{">=TLSv1.2, <=TLSv1, <=None", TLSLIST_FINE, false},
	/* blanks part words: a bound that is nothing, and a name */
	{">= TLSv1", TLSLIST_WEAK, false},
	{">= SSLv3", TLSLIST_WEAK, true},
	/* numbers */
	{">=0301", TLSLIST_FINE, false},
	{">=301", TLSLIST_FINE, false},
	{">=0x0302", TLSLIST_FINE, false},
	{">=+0X302", TLSLIST_FINE, false},
	{">=0304", TLSLIST_FINE, false},
	{">=0300", TLSLIST_WEAK, false},
	{"<=0303", TLSLIST_WEAK, false},
	{">=0301, <=0303", TLSLIST_FINE, false},
	{">=0303, <=0302", TLSLIST_BAD, false},
	{"<=0300", TLSLIST_WEAK, true},
	/* of no protocol: OpenSSL does not take them, and nothing is bounded */
	{">=0", TLSLIST_WEAK, false},
	{">=0002", TLSLIST_WEAK, false},
	{">=0200", TLSLIST_WEAK, false},
	{">=0305", TLSLIST_WEAK, false},
	{">=7fffffff", TLSLIST_WEAK, false},
	{">=FEFD", TLSLIST_WEAK, false},
	{">=TLSv1, <=0305", TLSLIST_FINE, false},
	{">=TLSv1, <=0200", TLSLIST_FINE, false},
	/* separators, case */
	{"!SSLv2:!SSLv3", TLSLIST_FINE, false},
	{"!SSLv2,!SSLv3:TLSv1.1 \t TLSv1.2,,TLSv1.3 ", TLSLIST_FINE, false},
	{"!sslv2, !SSLV3", TLSLIST_FINE, false},
	{">=tlsV1.2", TLSLIST_FINE, false},
	{">=NONE", TLSLIST_WEAK, false},
	{"sslv3 tlsv1.2", TLSLIST_WEAK, false},
	/* what Postfix does not know */
	{"TLSv1.2;TLSv1.3", TLSLIST_BAD, false},
	{"bogus", TLSLIST_BAD, false},
	{"TLSv1.0", TLSLIST_BAD, false},
	{"TLSv1.4", TLSLIST_BAD, false},
	{"TLS1.2", TLSLIST_BAD, false},
	{"SSLv23", TLSLIST_BAD, false},
	{"!SSLv2, !SSLv5", TLSLIST_BAD, false},
	{"!SSLv2, !", TLSLIST_BAD, false},
	{"! SSLv2", TLSLIST_BAD, false},
	{"!!SSLv3", TLSLIST_BAD, false},
	{"-SSLv3", TLSLIST_BAD, false},
	{"all", TLSLIST_BAD, false},
	{"None", TLSLIST_BAD, false},
	{"!None", TLSLIST_BAD, false},
	{"0303", TLSLIST_BAD, false},
	{"!0300", TLSLIST_BAD, false},
	{">TLSv1", TLSLIST_BAD, false},
	{"=TLSv1", TLSLIST_BAD, false},
	{"=>TLSv1", TLSLIST_BAD, false},
	{"!>=TLSv1", TLSLIST_BAD, false},
	{">=!TLSv1", TLSLIST_BAD, false},
	{">=SSLv2", TLSLIST_BAD, false},
	{">=TLSv1.0", TLSLIST_BAD, false},
	{">=TLSv1.2.", TLSLIST_BAD, false},
	{">=0301x", TLSLIST_BAD, false},
	{">=0xyz", TLSLIST_BAD, false},
	{">=-1", TLSLIST_BAD, false},
	{">=80000000", TLSLIST_BAD, false},
	{">=ffffffffffffffffffff", TLSLIST_BAD, false},
	{"\">=TLSv1\"", TLSLIST_BAD, false},
	{">=TLSv1 # of 1999", TLSLIST_BAD, false},
};

static void assert_judged(enum tlslist_kind kind, const char *value, size_t len,
			  enum tlslist_result want)
{
	struct buf why = BUF_INIT;
	enum tlslist_result is = tlslist_judge(kind, value, len, &why);

	ck_assert_msg(is == want, "\"%s\": got %d (%s), want %d", value, (int)is, buf_string(&why),
		      (int)want);
	ck_assert_msg((why.len == 0) == (want == TLSLIST_FINE), "\"%s\": %s", value,
		      buf_string(&why));
	buf_release(&why);
}

START_TEST(judges_protocols)
{
	assert_judged(TLSLIST_PROTOCOLS, protocols[_i].value, strlen(protocols[_i].value),
		      protocols[_i].want);
}
END_TEST

/* ---- grades ---- */

static const struct {
	const char *value;
	enum tlslist_result want;
} grades[] = {
	{"high", TLSLIST_FINE},        {"medium", TLSLIST_FINE},     {"MEDIUM", TLSLIST_FINE},
	{"High", TLSLIST_FINE},        {"low", TLSLIST_WEAK},        {"export", TLSLIST_WEAK},
	{"Export", TLSLIST_WEAK},      {"null", TLSLIST_WEAK},       {"NULL", TLSLIST_WEAK},
	{"", TLSLIST_FATAL},           {"invalid", TLSLIST_BAD},     {"strong", TLSLIST_BAD},
	{"highest", TLSLIST_BAD},      {"hig", TLSLIST_BAD},         {"high medium", TLSLIST_BAD},
	{"high, medium", TLSLIST_BAD}, {" high", TLSLIST_BAD},       {"high ", TLSLIST_BAD},
	{"\"high\"", TLSLIST_BAD},     {"HIGH:!aNULL", TLSLIST_BAD},
};

START_TEST(judges_grades)
{
	assert_judged(TLSLIST_GRADE, grades[_i].value, strlen(grades[_i].value), grades[_i].want);
}
END_TEST

/* ---- lists of ciphers ---- */

/*
 * OpenSSL has forgotten export and low ciphers, so that it can be asked for eNULL alone;
 * and it is not asked for what tlslist_judge() does not claim to know.
 */
static const struct {
	const char *value;
	enum tlslist_result want;
	bool unasked;
} ciphers[] = {
	/* Postfix's own */
	{"aNULL:-aNULL:HIGH:@STRENGTH", TLSLIST_FINE, false},
	{"aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH", TLSLIST_FINE, false},
	{"aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH", TLSLIST_WEAK, true},
	{"aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH", TLSLIST_WEAK, true},
	{"eNULL:!aNULL", TLSLIST_WEAK, false},
	/* words, and what takes them out again */
	{"HIGH", TLSLIST_FINE, false},
	{"ALL", TLSLIST_FINE, false},
	{"DEFAULT:!aNULL", TLSLIST_FINE, false},
	{"HIGH:!aNULL:!eNULL:!EXP:!LOW", TLSLIST_FINE, false},
	{"HIGH:-eNULL", TLSLIST_FINE, false},
	{"HIGH:+eNULL", TLSLIST_FINE, false},
	{"HIGH:eNULL", TLSLIST_WEAK, false},
	{"eNULL", TLSLIST_WEAK, false},
	{"NULL", TLSLIST_WEAK, false},
	{"ALL:COMPLEMENTOFALL", TLSLIST_WEAK, false},
	{"HIGH:eNULL:!eNULL", TLSLIST_FINE, false},
	{"HIGH:eNULL:!NULL", TLSLIST_FINE, false},
	{"HIGH:!eNULL:eNULL", TLSLIST_FINE, false},
	{"HIGH:!NULL:eNULL:COMPLEMENTOFALL", TLSLIST_FINE, false},
	{"HIGH:eNULL:-eNULL", TLSLIST_FINE, false},
	{"HIGH:-eNULL:eNULL", TLSLIST_WEAK, false},
	{"HIGH:eNULL:-eNULL:NULL", TLSLIST_WEAK, false},
	{"HIGH:eNULL:+eNULL", TLSLIST_WEAK, false},
	{"HIGH:LOW:!LOW", TLSLIST_FINE, true},
	{"HIGH:EXP:!EXPORT", TLSLIST_FINE, true},
	{"HIGH:EXPORT56", TLSLIST_WEAK, true},
	{"HIGH:EXPORT56:EXPORT40:!EXPORT40", TLSLIST_WEAK, true},
	{"HIGH:EXPORT40:!EXP", TLSLIST_FINE, true},
	{"HIGH:LOW:!EXP", TLSLIST_WEAK, true},
	{"HIGH:EXP:!LOW:!eNULL", TLSLIST_WEAK, true},
	/* choices, and names of single ciphers */
	{"HIGH:aRSA+eNULL", TLSLIST_WEAK, false},
	{"HIGH:eNULL+aRSA", TLSLIST_WEAK, false},
	{"HIGH:eNULL:!eNULL+aRSA", TLSLIST_WEAK, false},
	{"HIGH:aRSA+eNULL:!eNULL", TLSLIST_FINE, false},
	{"HIGH:+eNULL+aRSA", TLSLIST_FINE, false},
	{"HIGH:NULL-SHA256", TLSLIST_WEAK, false},
	{"HIGH:ECDHE-RSA-NULL-SHA", TLSLIST_WEAK, false},
	{"HIGH:!NULL-SHA256", TLSLIST_FINE, false},
	{"HIGH:EXP-RC4-MD5", TLSLIST_WEAK, true},
	{"EDH+CAMELLIA:EDH+aRSA:EECDH:+SSLv3:!aNULL:!eNULL:!LOW:!EXP", TLSLIST_FINE, false},
	/* what lies in the dark: these have ciphers without encryption among others */
	{"HIGH:aNULL", TLSLIST_FINE, true},
	{"HIGH:kRSA", TLSLIST_FINE, true},
	/* what only looks so */
	{"HIGH:enull:Null:low:exp", TLSLIST_FINE, false},
	{"HIGH:eNULLs:xNULL:SLOW:EXPORTS", TLSLIST_FINE, false},
	/* separators */
	{"HIGH eNULL", TLSLIST_WEAK, false},
	{"HIGH,eNULL", TLSLIST_WEAK, false},
	{"HIGH;eNULL", TLSLIST_WEAK, false},
	{"::HIGH,, !eNULL;", TLSLIST_FINE, false},
	/* nothing is let in */
	{"", TLSLIST_FATAL, false},
	{"!aNULL:!MD5", TLSLIST_BAD, false},
	{"-HIGH:+HIGH:@STRENGTH", TLSLIST_BAD, false},
};

START_TEST(judges_ciphers)
{
	assert_judged(TLSLIST_CIPHERS, ciphers[_i].value, strlen(ciphers[_i].value),
		      ciphers[_i].want);
}
END_TEST

/* ---- all of them ---- */

START_TEST(value_has_a_length)
{
	assert_judged(TLSLIST_PROTOCOLS, ">=TLSv1.2x", strlen(">=TLSv1.2"), TLSLIST_FINE);
	assert_judged(TLSLIST_PROTOCOLS, ">=03011", strlen(">=0301"), TLSLIST_FINE);
	assert_judged(TLSLIST_PROTOCOLS, "!SSLv3", strlen("!"), TLSLIST_BAD);
	assert_judged(TLSLIST_GRADE, "highest", strlen("high"), TLSLIST_FINE);
	assert_judged(TLSLIST_CIPHERS, "HIGH:eNULL", strlen("HIGH:e"), TLSLIST_FINE);
}
END_TEST

static const struct {
	enum tlslist_kind kind;
	const char *value, *why;
} reasons[] = {
	{TLSLIST_PROTOCOLS, "TLSv1.2, >=03xx", "\">=03xx\" is no protocol"},
	{TLSLIST_PROTOCOLS, "!SSLv2, !SSLv7 bogus", "\"!SSLv7\" is no protocol"},
	{TLSLIST_PROTOCOLS, "<=TLSv1, >=TLSv1.1",
	 "it permits no protocol, so that there is no TLS"},
	{TLSLIST_PROTOCOLS, "!SSLv2", "it permits SSLv3, which Postfix's default forbids"},
	{TLSLIST_GRADE, "low", "that is below \"medium\", Postfix's default"},
	{TLSLIST_GRADE, "lowest", "that is no grade of ciphers"},
	{TLSLIST_CIPHERS, "HIGH:kRSA+NULL", "it lets in NULL, which Postfix's default leaves out"},
	{TLSLIST_CIPHERS, "!aNULL", "it lets in no cipher, so that there is no TLS of that grade"},
};

START_TEST(says_why)
{
	struct buf why = BUF_INIT;

	(void)tlslist_judge(reasons[_i].kind, reasons[_i].value, strlen(reasons[_i].value), &why);
	ck_assert_str_eq(buf_string(&why), reasons[_i].why);
	buf_release(&why);
}
END_TEST

/* ---- the TLS client of Postfix ---- */

static char *folder;
static pid_t server;

/* Takes what a client says up to the end of a line. */
static bool hear_line(int fd)
{
	char c = '\0';

	while (c != '\n')
		if (recv(fd, &c, 1, 0) != 1)
			return false;
	return true;
}

static bool say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Says no more, and hears the rest: to leave with something unheard would be to reset. */
static void leave(int fd)
{
	char rest[4096];

	if (recv(fd, rest, sizeof(rest), 0) <= 0)
		return;
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, rest, sizeof(rest), 0) > 0)
		;
}

/* A mail server that leaves as soon as its client has begun with TLS, or will not. */
static void serve(int listener)
{
	int fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			_exit(1);
		if (say(fd, "220 mx.example.org ESMTP\r\n") && hear_line(fd) &&
		    say(fd, "250-mx.example.org\r\n250 STARTTLS\r\n") && hear_line(fd) &&
		    say(fd, "220 Go ahead\r\n"))
			leave(fd);
		(void)close(fd);
	}
}

/* The port, or 0 where nobody can listen even for this host. */
static int start_server(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&here, len) < 0 || listen(fd, 256) < 0 ||
	    getsockname(fd, (struct sockaddr *)&here, &len) < 0)
		return 0;
	server = fork();
	ck_assert_int_ge(server, 0);
	if (server == 0)
		serve(fd);
	(void)close(fd);
	return ntohs(here.sin_port);
}

static bool have_loopback(int port)
{
	if (port != 0)
		return true;
	(void)fprintf(stderr, "*** SKIPPED: no address for this host alone ***\n");
	if (getenv("CHECK_ALL") != NULL)
		ck_abort_msg("no loopback address here, and CHECK_ALL wants every check");
	return false;
}

/*
 * What the machine has set up for OpenSSL, and which ciphers it deems secure
 * nowadays, is another matter.
 */
#define PROBE                                                                                      \
	"export MAIL_CONFIG=\"$PWD\" OPENSSL_CONF=/dev/null; port=$1; shift; i=0; "                \
	"for value; do posttls-finger -c -l may "                                                  \
	"-o tls_medium_cipherlist=DEFAULT:@SECLEVEL=0 "                                            \
	"\"$0\" \"$value\" \"[127.0.0.1]:$port\" >\"p$0$i\" 2>&1 & "                               \
	"i=$((i + 1)); done; wait"

/* Asks with an option of posttls-finger(1), for all values at once. */
static void probe(const char *option, int port, const char *const values[], int n)
{
	const char *argv[COUNT(protocols) + 6] = {"sh", "-c", PROBE, option};
	char number[16];
	struct ran r;

	(void)snprintf(number, sizeof(number), "%d", port);
	argv[4] = number;
	memcpy(argv + 5, values, (size_t)n * sizeof(values[0]));
	run(&r, folder, argv, NULL, 0);
	ck_assert_msg(r.status == 0, "%s", buf_string(&r.err));
	ran_release(&r);
}

static void ask_postfix(void)
{
	const char *values[COUNT(protocols)];
	int i, port;

	if (!have_program("posttls-finger"))
		return;
	port = start_server();
	if (!have_loopback(port))
		return;
	folder = make_folder();
	write_file(in_folder(folder, "main.cf"), "inet_protocols = ipv4\n", 22);
	make_old(in_folder(folder, "main.cf"));
	for (i = 0; i < COUNT(protocols); i++)
		values[i] = protocols[i].value;
	probe("-p", port, values, COUNT(protocols));
	for (i = 0; i < COUNT(grades); i++)
		values[i] = grades[i].value;
	probe("-g", port, values, COUNT(grades));
}

static void stop_asking(void)
{
	if (folder != NULL)
		remove_tree(folder);
	free(folder);
	folder = NULL;
	if (server <= 0)
		return;
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	server = 0;
}

/* Whether Postfix did without TLS, for a list that it could not use. */
static bool was_refused(const char *answer)
{
	static const char *const complaints[] = {"Invalid TLS protocol list",
						 "no protocols available", "invalid cipher grade"};
	size_t i;

	for (i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
		if (strstr(answer, complaints[i]) != NULL)
			return true;
	return false;
}

static void assert_answer(const char *option, int number, const char *value, bool refused)
{
	struct buf name = BUF_INIT, answer = BUF_INIT;

	buf_addf(&name, "p%s%d", option, number);
	read_file(in_folder(folder, buf_string(&name)), &answer);
	ck_assert_msg(was_refused(buf_string(&answer)) == refused, "\"%s\": %s", value,
		      buf_string(&answer));
	/* Where it began with TLS it saw the server leave, or has no cipher left for "null". */
	ck_assert_msg(refused || strstr(buf_string(&answer), "lost connection") != NULL ||
			      strstr(buf_string(&answer), "error setting cipher grade") != NULL,
		      "\"%s\": %s", value, buf_string(&answer));
	buf_release(&name);
	buf_release(&answer);
}

START_TEST(postfix_agrees_on_protocols)
{
	if (folder != NULL && !protocols[_i].only_sslv3)
		assert_answer("-p", _i, protocols[_i].value, protocols[_i].want == TLSLIST_BAD);
}
END_TEST

START_TEST(postfix_agrees_on_grades)
{
	if (folder != NULL)
		assert_answer("-g", _i, grades[_i].value, grades[_i].want >= TLSLIST_BAD);
}
END_TEST

/* ---- the ciphers of OpenSSL ---- */

/* TLS 1.3 has ciphers of its own, which no such list changes. */
#define LIST                                                                                       \
	"i=0; for value; do openssl ciphers -v \"$value:@SECLEVEL=0\" 2>/dev/null | "              \
	"grep -v TLSv1.3 >\"$i\"; i=$((i + 1)); done"

static char *lists;

static void ask_openssl(void)
{
	const char *argv[COUNT(ciphers) + 5] = {"sh", "-c", LIST, "sh"};
	struct ran r;
	int i;

	if (!have_program("openssl"))
		return;
	lists = make_folder();
	for (i = 0; i < COUNT(ciphers); i++)
		argv[i + 4] = ciphers[i].value;
	run(&r, lists, argv, NULL, 0);
	ran_release(&r);
}

static void forget_lists(void)
{
	if (lists != NULL)
		remove_tree(lists);
	free(lists);
	lists = NULL;
}

START_TEST(openssl_agrees_on_ciphers)
{
	enum tlslist_result want = ciphers[_i].want;
	struct buf name = BUF_INIT, list = BUF_INIT;

	if (lists == NULL || ciphers[_i].unasked)
		return;
	buf_addf(&name, "%d", _i);
	read_file(in_folder(lists, buf_string(&name)), &list);
	ck_assert_msg((list.len == 0) == (want >= TLSLIST_BAD), "\"%s\": %.1000s",
		      ciphers[_i].value, buf_string(&list));
	ck_assert_msg((strstr(buf_string(&list), "Enc=None") != NULL) == (want == TLSLIST_WEAK),
		      "\"%s\": %.1000s", ciphers[_i].value, buf_string(&list));
	buf_release(&name);
	buf_release(&list);
}
END_TEST

/* ---- which parameters hold them ---- */

START_TEST(default_is_fine)
{
	const char *argv[] = {"postconf", "-c", NULL, "-dxh", NULL, NULL};
	enum tlslist_kind kind;
	char *config;
	struct ran r;
	size_t i;

	if (!have_program("postconf"))
		return;
	config = make_folder();
	argv[2] = config;
	write_file(in_folder(config, "main.cf"), "", 0);
	write_file(in_folder(config, "master.cf"), "", 0);
	make_old(in_folder(config, "main.cf"));
	for (i = 0; (argv[4] = tlslist_name(i, &kind)) != NULL; i++) {
		run(&r, NULL, argv, NULL, 0);
		ck_assert_msg(r.status == 0 && r.err.len == 0, "%s: %s", argv[4],
			      buf_string(&r.err));
		assert_judged(kind, buf_string(&r.out), r.out.len - 1, TLSLIST_FINE);
		ran_release(&r);
	}
	ck_assert_uint_gt(i, 17);
	remove_tree(config);
	free(config);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tlslist");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(tc, judges_protocols, 0, COUNT(protocols));
	tcase_add_loop_test(tc, judges_grades, 0, COUNT(grades));
	tcase_add_loop_test(tc, judges_ciphers, 0, COUNT(ciphers));
	tcase_add_test(tc, value_has_a_length);
	tcase_add_loop_test(tc, says_why, 0, COUNT(reasons));
	suite_add_tcase(s, tc);

	tc = tcase_create("posttls-finger");
	tcase_set_tags(tc, "process");
	tcase_add_unchecked_fixture(tc, ask_postfix, stop_asking);
	tcase_add_loop_test(tc, postfix_agrees_on_protocols, 0, COUNT(protocols));
	tcase_add_loop_test(tc, postfix_agrees_on_grades, 0, COUNT(grades));
	suite_add_tcase(s, tc);

	tc = tcase_create("openssl");
	tcase_set_tags(tc, "process");
	tcase_add_unchecked_fixture(tc, ask_openssl, forget_lists);
	tcase_add_loop_test(tc, openssl_agrees_on_ciphers, 0, COUNT(ciphers));
	suite_add_tcase(s, tc);

	tc = tcase_create("postconf");
	tcase_set_tags(tc, "process");
	tcase_set_timeout(tc, 900);
	tcase_add_test(tc, default_is_fine);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
