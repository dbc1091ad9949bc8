/* SPDX-License-Identifier: ISC */
/*
 * check_cli - the program as a user runs it: options, streams, exit status,
 * and what it leaves behind.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "support.h"
#include "version.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const char hunk[] = "@@ -1,9 +1,9 @@\n"
			   " # of a mail server\n"
			   " myhostname = mail.example.org\n"
			   "-smtpd_tls_security_level = none\n"
			   "-smtp_tls_security_level = none\n"
			   "-smtpd_tls_loglevel = 0\n"
			   "-smtp_tls_loglevel = 0\n"
			   "+smtpd_tls_security_level = may\n"
			   "+smtp_tls_security_level = may\n"
			   "+smtpd_tls_loglevel = 1\n"
			   "+smtp_tls_loglevel = 1\n"
			   " inet_interfaces = all\n"
			   " smtpd_tls_chain_files = /etc/mx.pem\n"
			   " smtp_tls_CAfile = /etc/ca.pem\n";

/* ---- help, version, wrong usage ---- */

static const struct {
	const char *option, *first;
} help[] = {
	{"-h", "Usage: tlsharden "},
	{"--help", "Usage: tlsharden "},
	{"-V", "tlsharden " TLSHARDEN_VERSION "\n"},
	{"--version", "tlsharden " TLSHARDEN_VERSION "\n"},
};

START_TEST(help_goes_to_standard_output)
{
	/* At once: what stands behind it is not looked at. */
	HARDEN(help[_i].option, "--nope", "-h", "-V");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.err), "");
	ck_assert_msg(strncmp(buf_string(&r.out), help[_i].first, strlen(help[_i].first)) == 0,
		      "said: %s", buf_string(&r.out));
}
END_TEST

START_TEST(help_names_every_option)
{
	static const char *const options[] = {
		"-n", "--dry-run", "-c", "--check", "--backup-dir", "--no-backup", "--color",
		"-q", "--quiet",   "-v", "-h",      "--help",       "-V",          "--version",
	};
	size_t i;

	HARDEN("--help");
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_has(&r.out, options[i]);
}
END_TEST

static const struct {
	const char *args[6], *says;
} usage[] = {
	{{NULL}, "FILE"},
	{{"-n"}, "FILE"},
	{{"--check"}, "FILE"},
	{{"--"}, "FILE"},
	{{"--bogus", "main.cf"}, "--bogus"},
	{{"--re", "main.cf"}, "ambiguous option: --re (--reload, --restore)"},
	{{"--lives", "main.cf"}, "unknown option: --lives"},
	{{"-x", "main.cf"}, "-x"},
	{{"main.cf", "--backup-dir"}, "--backup-dir"},
	{{"main.cf", "--color"}, "--color"},
	{{"--color", "sometimes", "main.cf"}, "sometimes"},
	{{"--color=", "main.cf"}, "--color"},
	{{"--dry-run=yes", "main.cf"}, "--dry-run"},
	{{"-n", "--check", "main.cf"}, "--check"},
	{{"--check", "--dry-run", "main.cf"}, "--check"},
	{{"-nc", "main.cf"}, "--check"},
	{{"-", "main.cf"}, "-"},
	{{"main.cf", "-"}, "-"},
	{{"-", "-"}, "-"},
	{{"--no-backup", "-"}, "-"},
	{{"--backup-dir", ".", "-"}, "-"},
};

START_TEST(wrong_usage_touches_nothing)
{
	const char *argv[8] = {program()};
	struct look before;
	int i;

	put("main.cf", weak);
	before = look_at("main.cf");
	for (i = 0; usage[_i].args[i] != NULL; i++)
		argv[i + 1] = usage[_i].args[i];
	run_here(argv, "", 0);
	assert_status(2);
	ck_assert_str_eq(buf_string(&r.out), "");
	ck_assert(strncmp(buf_string(&r.err), "tlsharden: ", 11) == 0);
	assert_has(&r.err, usage[_i].says);
	assert_untouched(&before, "main.cf");
}
END_TEST

/* ---- the modes ---- */

START_TEST(apply_replaces_prints_and_backs_up)
{
	struct buf diff = BUF_INIT;

	put("main.cf", weak);
	HARDEN("main.cf");
	assert_status(0);
	buf_addf(&diff, "--- a/main.cf\n+++ b/main.cf\n%s", hunk);
	ck_assert_str_eq(buf_string(&r.out), buf_string(&diff));
	assert_content("main.cf", hard);
	assert_content(the_backup(), weak);
	ck_assert_uint_eq(count_entries(top), 2);
	buf_release(&diff);
}
END_TEST

static const char *const dry[] = {"-n", "--dry-run"};

START_TEST(dry_run_prints_what_apply_would)
{
	struct look before;
	struct buf diff = BUF_INIT;

	put("main.cf", weak);
	before = look_at("main.cf");
	HARDEN(dry[_i], "main.cf");
	assert_status(0);
	assert_untouched(&before, "main.cf");
	buf_add(&diff, r.out.data, r.out.len);
	HARDEN("main.cf");
	ck_assert_str_eq(buf_string(&r.out), buf_string(&diff));
	buf_release(&diff);
}
END_TEST

static const char *const check[] = {"-c", "--check"};

START_TEST(check_prints_findings)
{
	struct look before;
	char *line, *rest;

	put("main.cf", weak);
	before = look_at("main.cf");
	HARDEN(check[_i], "main.cf");
	assert_status(1);
	ck_assert_str_eq(buf_string(&r.err), "");
	assert_untouched(&before, "main.cf");
	ck_assert_uint_eq(count_lines(&r.out), 4);
	for (line = strtok_r(r.out.data, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		ck_assert_msg(matches(line, "^main\\.cf:[3-6]: (error|warning|note): .* "
					    "\\[[a-z-]+\\]$"),
			      "a finding like this: %s", line);
}
END_TEST

START_TEST(check_of_warnings_alone_is_in_order)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "smtpd_tls_security_level = none\n%s", hard);
	put("main.cf", buf_string(&text));
	HARDEN("--check", "main.cf");
	assert_status(0);
	assert_has(&r.out, "main.cf:1: warning: ");
	assert_has_not(&r.out, "error: ");
	buf_release(&text);
}
END_TEST

static const struct {
	const char *args[4];
} idle[] = {
	{{"main.cf"}},
	{{"-n", "main.cf"}},
	{{"--check", "main.cf"}},
	{{"-v", "."}},
	{{"--backup-dir", "bak", "main.cf"}},
	{{"--no-backup", "main.cf"}},
};

START_TEST(nothing_to_do_touches_nothing)
{
	const char *argv[6] = {program()};
	struct look before;
	int i;

	prepare("mkdir bak");
	put("main.cf", hard);
	before = look_at("main.cf");
	for (i = 0; idle[_i].args[i] != NULL; i++)
		argv[i + 1] = idle[_i].args[i];
	run_here(argv, NULL, 0);
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "");
	assert_untouched(&before, "main.cf");
	ck_assert_uint_eq(count_entries(at("bak")), 0);
}
END_TEST

START_TEST(twice_is_once)
{
	struct look before;

	put("main.cf", weak);
	HARDEN("main.cf");
	before = look_at("main.cf");
	HARDEN("main.cf");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "");
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(unknown_value_is_left_and_the_rest_applied)
{
	put("main.cf", unknown);
	HARDEN("-n", "main.cf");
	assert_status(1);
	assert_has(&r.err, "tlsharden: main.cf:1: ");
	assert_content("main.cf", unknown);
	HARDEN("--check", "main.cf");
	assert_status(1);
	HARDEN("-q", "main.cf");
	assert_status(1);
	assert_has(&r.err, "tlsharden: main.cf:1: ");
	assert_content("main.cf", unknown_rest);
	assert_content(the_backup(), unknown);
}
END_TEST

START_TEST(unknown_value_alone_writes_nothing)
{
	struct look before;

	put("main.cf", unknown_rest);
	before = look_at("main.cf");
	HARDEN("main.cf");
	assert_status(1);
	ck_assert_str_eq(buf_string(&r.out), "");
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(quiet_says_less_and_verbose_more)
{
	size_t normal;

	put("main.cf", weak);
	HARDEN("main.cf");
	normal = r.err.len;
	ck_assert_uint_gt(normal, 0);
	put("main.cf", weak);
	HARDEN("-q", "main.cf");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.err), "");
	assert_has(&r.out, hunk);
	put("main.cf", weak);
	HARDEN("--verbose", "main.cf");
	ck_assert_uint_gt(r.err.len, normal);
	assert_has(&r.out, hunk);
	HARDEN("--quiet", "absent.cf");
	assert_trouble("absent.cf");
}
END_TEST

/* ---- standard input ---- */

START_TEST(stream_is_hardened)
{
	FILTER(weak, "-");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), hard);
	FILTER(hard, "-");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), hard);
	FILTER(unknown, "-");
	assert_status(1);
	ck_assert_str_eq(buf_string(&r.out), unknown_rest);
	assert_has(&r.err, "smtpd_tls_security_level");
	ck_assert_uint_eq(count_entries(top), 0);
}
END_TEST

START_TEST(stream_dry_run_prints_the_diff)
{
	FILTER(weak, "-n", "-");
	assert_status(0);
	assert_has(&r.out, hunk);
	assert_has_not(&r.out, "\ninet_interfaces");
	FILTER(hard, "-n", "-");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "");
}
END_TEST

START_TEST(stream_check_prints_findings)
{
	FILTER(weak, "--check", "-");
	assert_status(1);
	ck_assert_uint_eq(count_lines(&r.out), 4);
	FILTER(hard, "--check", "-");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "");
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	size_t lines;
} malformed[] = {
	{"foo\n", 4, 1},
	{"= v\n", 4, 1},
	{"a = b\nfoo\nc = d\n=x\n", 19, 2},
	{"a = b\0c\n", 8, 1},
	{"# all right\0\nfoo", 16, 2},
	{"foo", 3, 1},
};
static const char *const stream_modes[] = {"-q", "-n", "--check"};

START_TEST(malformed_stream_is_refused)
{
	const char *const argv[] = {program(), stream_modes[_i % 3], "-", NULL};
	int row = _i / 3;

	run_here(argv, malformed[row].bytes, malformed[row].len);
	assert_status(2);
	ck_assert_str_eq(buf_string(&r.out), "");
	ck_assert_uint_eq(count_lines(&r.err), malformed[row].lines);
}
END_TEST

START_TEST(file_called_dash_is_no_stream)
{
	put("-", weak);
	HARDEN("--no-backup", "./-");
	assert_status(0);
	assert_content("-", hard);
}
END_TEST

/* ---- colour and control bytes ---- */

/* Standard output of the program on a terminal that changes nothing. */
static void run_on_terminal(const char *const argv[])
{
	ran_release(&r);
	run_in_terminal(&r, top, argv, false);
}

static const struct {
	bool terminal, no_color;
	const char *colour; /* NULL: the option is not given */
	bool want;
} colours[] = {
	{false, false, NULL, false},
	{false, false, "--color=auto", false},
	{false, false, "--color=always", true},
	{false, true, "--color=always", true},
	{true, false, NULL, true},
	{true, false, "--color=auto", true},
	{true, false, "--color=always", true},
	{true, false, "--color=never", false},
	{true, true, NULL, false},
	{true, true, "--color=auto", false},
};
static const char *const colour_modes[] = {"-n", "--check"};

START_TEST(colour_where_it_is_wanted)
{
	const char *option = colours[_i / 2].colour;
	const char *const argv[] = {
		program(), "-q", option != NULL ? option : "-q", colour_modes[_i % 2],
		"main.cf", NULL};

	if (colours[_i / 2].terminal && !have_terminal())
		return;
	put("main.cf", weak);
	(void)setenv("TERM", "xterm", 1);
	(void)unsetenv("NO_COLOR");
	if (colours[_i / 2].no_color)
		(void)setenv("NO_COLOR", "1", 1);
	if (colours[_i / 2].terminal)
		run_on_terminal(argv);
	else
		run_here(argv, NULL, 0);
	assert_status(_i % 2);
	ck_assert_uint_gt(r.out.len, 0);
	ck_assert((strchr(buf_string(&r.out), '\033') != NULL) == colours[_i / 2].want);
}
END_TEST

START_TEST(colour_as_two_words)
{
	put("main.cf", weak);
	HARDEN("--color", "always", "-n", "main.cf");
	assert_status(0);
	assert_has(&r.out, "\033[");
}
END_TEST

#define ESCAPES                                                                                    \
	"\033]0;x\007 \x9b"                                                                        \
	"1m \x7f \302\233 \r\b"
static const char hostile[] = "# " ESCAPES " c\nsmtp_tls_security_level = " ESCAPES
			      " v\nsmtpd_tls_chain_files = /x\nsmtp_tls_CAfile = /x\n";

static void assert_harmless(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		ck_assert_msg(b->data[i] == '\n' || b->data[i] == '\t' ||
				      ((unsigned char)b->data[i] >= 0x20 && b->data[i] != 0x7f &&
				       (unsigned char)b->data[i] != 0x9b),
			      "the byte %02x at %zu", (unsigned char)b->data[i], i);
}

START_TEST(control_bytes_are_escaped)
{
	put("main.cf", hostile);
	HARDEN("--check", "main.cf");
	assert_status(1);
	ck_assert_uint_eq(count_lines(&r.out), 4);
	assert_harmless(&r.out);
	HARDEN("-v", "-n", "main.cf");
	assert_status(0);
	assert_harmless(&r.err);
	put("main.cf", ESCAPES "\na = b\n" ESCAPES " two\n");
	HARDEN("main.cf");
	assert_status(2);
	ck_assert_uint_eq(count_lines(&r.err), 2);
	assert_harmless(&r.err);
	put("new\nline\033[31m.cf", "foo\n");
	HARDEN("new\nline\033[31m.cf");
	ck_assert_uint_eq(count_lines(&r.err), 1);
	assert_harmless(&r.err);
}
END_TEST

START_TEST(diff_is_raw_on_a_pipe_and_escaped_on_a_terminal)
{
	const char *const argv[] = {program(), "-q", "-n", "--color=never", "main.cf", NULL};
	const char *const apply[] = {program(), "-q", "--color=never", "main.cf", NULL};

	put("main.cf", hostile);
	run_here(argv, NULL, 0);
	assert_has(&r.out, " # " ESCAPES " c\n");
	if (!have_terminal())
		return;
	run_on_terminal(argv);
	assert_status(0);
	assert_has(&r.out, "--- a/main.cf\n");
	assert_has(&r.out, "\\x1b");
	assert_harmless(&r.out);
	run_on_terminal(apply);
	assert_status(0);
	assert_harmless(&r.out);
}
END_TEST

/* ---- bad input: one clear line, status 2, nothing touched, no litter ---- */

static const struct {
	const char *prepare, *arg, *says;
} bad[] = {
	{":", "absent.cf", "absent.cf"},
	{":", "no/such/main.cf", "no/such/main.cf"},
	{"mkdir conf", "conf", "conf"},
	{"mkdir conf", "conf/", "conf"},
	{"mkdir -p conf/main.cf", "conf", "conf/main.cf"},
	{":", "/dev/null", "/dev/null"},
	{":", "/dev/zero", "/dev/zero"},
	{"mkfifo fifo.cf", "fifo.cf", "fifo.cf"},
	{"mkdir conf; mkfifo conf/main.cf", "conf", "conf/main.cf"},
	{"mkfifo fifo; ln -s fifo link.cf", "link.cf", "link.cf"},
	{"ln -s nowhere.cf dangling.cf", "dangling.cf", "dangling.cf"},
	{"ln -s loop.cf loop.cf", "loop.cf", "loop.cf"},
	{"printf 'a = b\\0c\\n' >nul.cf", "nul.cf", "nul.cf:1: "},
	{"printf 'a = b\\n# c\\0\\n' >nul.cf", "nul.cf", "nul.cf:2: "},
	{"printf 'a = b\\nfoo\\nc = d\\n' >word.cf", "word.cf", "word.cf:2: "},
	{"printf 'a = b\\n= value\\n' >noname.cf", "noname.cf", "noname.cf:2: "},
	{"printf 'a = b\\nfoo\\n' >word.cf", "word.cf", ": \"foo\""},
	{":", "main.cf/", "main.cf/"},
	{":", "", ""},
};
static const char *const bad_modes[] = {"-v", "-n", "--check"};

START_TEST(bad_input_is_refused)
{
	struct look before;

	prepare(bad[_i / 3].prepare);
	put("main.cf", weak);
	before = look_at("main.cf");
	HARDEN(bad_modes[_i % 3], bad[_i / 3].arg);
	assert_trouble(bad[_i / 3].says);
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(all_bad_lines_are_said_at_once)
{
	struct look before;

	put("main.cf", "foo\na = b\n= v\nsmtp_tls_loglevel = 0\nbar\n");
	before = look_at("main.cf");
	HARDEN("main.cf");
	assert_status(2);
	ck_assert_uint_eq(count_lines(&r.err), 3);
	assert_has(&r.err, "tlsharden: main.cf:1: ");
	assert_has(&r.err, "tlsharden: main.cf:3: ");
	assert_has(&r.err, "tlsharden: main.cf:5: ");
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(unreadable_file_is_refused)
{
	struct look before;

	put("main.cf", weak);
	ck_assert_int_eq(chmod(at("main.cf"), 0), 0);
	if (!become_nobody())
		return;
	before = look_at("main.cf");
	HARDEN(bad_modes[_i], "main.cf");
	assert_trouble("main.cf");
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(folder_without_write_permission)
{
	struct look before;

	put("main.cf", weak);
	if (!become_nobody())
		return;
	before = look_at("main.cf");
	ck_assert_int_eq(chmod(top, 0555), 0);
	HARDEN("main.cf");
	assert_trouble("main.cf");
	HARDEN("-n", "main.cf");
	assert_status(0);
	HARDEN("--check", "main.cf");
	assert_status(1);
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(read_only_folder_is_fine_where_nothing_is_to_do)
{
	struct look before;

	put("main.cf", hard);
	if (!become_nobody())
		return;
	before = look_at("main.cf");
	ck_assert_int_eq(chmod(top, 0555), 0);
	HARDEN("main.cf");
	assert_status(0);
	assert_untouched(&before, "main.cf");
}
END_TEST

/* ---- standard output that cannot be written ---- */

static const char *const no_output[] = {
	"\"$0\" main.cf >/dev/full",
	"\"$0\" -n main.cf >/dev/full",
	"\"$0\" --format json main.cf >/dev/full",
	"\"$0\" --format json -n main.cf >/dev/full",
	"\"$0\" --format json -c main.cf >/dev/full",
	"\"$0\" --format json - <main.cf >/dev/full",
	"\"$0\" -c main.cf >/dev/full",
	"\"$0\" - <main.cf >/dev/full",
	"\"$0\" -n - <main.cf >/dev/full",
	"\"$0\" -c - <main.cf >/dev/full",
	"\"$0\" --help >/dev/full",
	"\"$0\" --version >/dev/full",
	"\"$0\" main.cf >&-",
	"\"$0\" -n main.cf >&-",
	"\"$0\" -c main.cf >&-",
	"\"$0\" - <main.cf >&-",
	"\"$0\" --help >&-",
	"\"$0\" main.cf <&- >&-",
	"\"$0\" main.cf 1<main.cf",
};

START_TEST(output_that_cannot_be_written)
{
	struct look before;

	put("main.cf", weak);
	before = look_at("main.cf");
	shell(no_output[_i], NULL, NULL);
	assert_status(2);
	ck_assert_uint_eq(count_lines(&r.err), 1);
	assert_has(&r.err, "tlsharden: ");
	assert_whole(&before, "main.cf");
}
END_TEST

static const char *const no_reader[] = {"\"$0\" main.cf >&9", "\"$0\" -n main.cf >&9",
					"\"$0\" -c main.cf >&9", "\"$0\" - <main.cf >&9",
					"\"$0\" --format json main.cf >&9"};

START_TEST(output_without_a_reader)
{
	struct look before;
	int p[2];

	put("main.cf", weak);
	before = look_at("main.cf");
	ck_assert(pipe(p) == 0 && dup2(p[1], 9) == 9);
	(void)close(p[0]);
	(void)close(p[1]);
	(void)signal(SIGPIPE, SIG_DFL);
	shell(no_reader[_i], NULL, NULL);
	assert_status(2);
	assert_has(&r.err, "tlsharden: ");
	assert_whole(&before, "main.cf");
}
END_TEST

static const char *const closed[] = {"\"$0\" main.cf 2>&-", "\"$0\" main.cf <&-",
				     "\"$0\" -v main.cf <&- 2>&-", "\"$0\" -v main.cf 2>/dev/full"};

START_TEST(messages_never_get_into_the_file)
{
	put("main.cf", weak);
	shell(closed[_i], NULL, NULL);
	assert_status(0);
	assert_has(&r.out, hunk);
	assert_content("main.cf", hard);
	assert_content(the_backup(), weak);
}
END_TEST

/* As on a full disk; a signal that a program gets by default is no excuse. */
START_TEST(file_size_limit)
{
	struct look before;

	put("main.cf", weak);
	before = look_at("main.cf");
	shell("ulimit -f 0; \"$0\" main.cf", NULL, NULL);
	assert_status(2);
	assert_has(&r.err, "main.cf");
	assert_whole(&before, "main.cf");
}
END_TEST

/* ---- all of them ---- */

static void add_modes(Suite *s)
{
	TCase *tc = cli_case(s, "usage");

	tcase_add_loop_test(tc, help_goes_to_standard_output, 0, COUNT(help));
	tcase_add_test(tc, help_names_every_option);
	tcase_add_loop_test(tc, wrong_usage_touches_nothing, 0, COUNT(usage));
	tc = cli_case(s, "modes");
	tcase_add_test(tc, apply_replaces_prints_and_backs_up);
	tcase_add_loop_test(tc, dry_run_prints_what_apply_would, 0, COUNT(dry));
	tcase_add_loop_test(tc, check_prints_findings, 0, COUNT(check));
	tcase_add_test(tc, check_of_warnings_alone_is_in_order);
	tcase_add_loop_test(tc, nothing_to_do_touches_nothing, 0, COUNT(idle));
	tcase_add_test(tc, twice_is_once);
	tcase_add_test(tc, unknown_value_is_left_and_the_rest_applied);
	tcase_add_test(tc, unknown_value_alone_writes_nothing);
	tcase_add_test(tc, quiet_says_less_and_verbose_more);
	tc = cli_case(s, "stream");
	tcase_add_test(tc, stream_is_hardened);
	tcase_add_test(tc, stream_dry_run_prints_the_diff);
	tcase_add_test(tc, stream_check_prints_findings);
	tcase_add_loop_test(tc, malformed_stream_is_refused, 0, COUNT(malformed) * 3);
	tcase_add_test(tc, file_called_dash_is_no_stream);
}

static void add_trouble(Suite *s)
{
	TCase *tc = cli_case(s, "trouble");

	tcase_add_loop_test(tc, bad_input_is_refused, 0, COUNT(bad) * 3);
	tcase_add_test(tc, all_bad_lines_are_said_at_once);
	tcase_add_loop_test(tc, unreadable_file_is_refused, 0, COUNT(bad_modes));
	tcase_add_test(tc, folder_without_write_permission);
	tcase_add_test(tc, read_only_folder_is_fine_where_nothing_is_to_do);
	tc = cli_case(s, "output");
	tcase_add_loop_test(tc, colour_where_it_is_wanted, 0, COUNT(colours) * 2);
	tcase_add_test(tc, colour_as_two_words);
	tcase_add_test(tc, control_bytes_are_escaped);
	tcase_add_test(tc, diff_is_raw_on_a_pipe_and_escaped_on_a_terminal);
	tcase_add_loop_test(tc, output_that_cannot_be_written, 0, COUNT(no_output));
	tcase_add_loop_test(tc, output_without_a_reader, 0, COUNT(no_reader));
	tcase_add_loop_test(tc, messages_never_get_into_the_file, 0, COUNT(closed));
	tcase_add_test(tc, file_size_limit);
}

int main(void)
{
	Suite *s = suite_create("cli");

	add_modes(s);
	add_trouble(s);
	return run_cli(s);
}
