/* SPDX-License-Identifier: ISC */
/*
 * check_cli - the program as a user runs it: options, streams, exit status,
 * and what it leaves behind.
 */
#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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
/* The server level cannot be known; the rest can be put in order. */
static const char unknown[] = "smtpd_tls_security_level = $mail_version\n"
			      "smtp_tls_security_level = none\n"
			      "smtpd_tls_loglevel = 0\n"
			      "smtp_tls_loglevel = 0\n";
static const char unknown_rest[] = "smtpd_tls_security_level = $mail_version\n"
				   "smtp_tls_security_level = may\n"
				   "smtpd_tls_loglevel = 1\n"
				   "smtp_tls_loglevel = 1\n";

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
	HARDEN(help[_i].option);
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

/* ---- which file ---- */

static const char *const folders[] = {"conf", "conf/", "./conf/.", "conf//", "conf/main.cf"};

START_TEST(folder_stands_for_its_main_cf)
{
	prepare("mkdir conf");
	put("conf/main.cf", weak);
	HARDEN("--no-backup", folders[_i]);
	assert_status(0);
	assert_content("conf/main.cf", hard);
	assert_has(&r.out, "--- a/conf/main.cf\n+++ b/conf/main.cf\n");
}
END_TEST

static const struct {
	const char *first, *second;
	int status;
} several[] = {
	{"weak.cf", "hard.cf", 0},   {"weak.cf", "unknown.cf", 1}, {"unknown.cf", "weak.cf", 1},
	{"absent.cf", "weak.cf", 2}, {"weak.cf", "absent.cf", 2},  {"bad.cf", "weak.cf", 2},
	{"unknown.cf", "bad.cf", 2}, {"bad.cf", "unknown.cf", 2},  {"weak.cf", "weak.cf", 0},
};

START_TEST(several_files_and_the_highest_status)
{
	put("weak.cf", weak);
	put("hard.cf", hard);
	put("unknown.cf", unknown);
	put("bad.cf", "foo\n");
	HARDEN(several[_i].first, several[_i].second);
	assert_status(several[_i].status);
	if (strcmp(several[_i].first, "weak.cf") == 0 || strcmp(several[_i].second, "weak.cf") == 0)
		assert_content("weak.cf", hard);
	if (several[_i].status == 2 && strcmp(several[_i].first, "weak.cf") != 0 &&
	    strcmp(several[_i].second, "weak.cf") != 0)
		assert_content("unknown.cf", unknown_rest);
}
END_TEST

static const char *const odd[] = {
	"main.cf",        "a b.cf",   " lead.cf",   "trail ",         "-n",        "--check",
	"caf\303\251.cf", "b\351.cf", "q\"uote.cf", "back\\slash.cf", "tab\there", "new\nline.cf",
	"\033[31mred.cf", "100%=.cf", "*",          "$HOME",          "a'b.cf",
};

START_TEST(odd_names_are_names)
{
	put(odd[_i], weak);
	HARDEN("-v", "--", odd[_i]);
	assert_status(0);
	assert_content(odd[_i], hard);
	ck_assert_uint_eq(count_entries(top), 2);
	/* The name has no line end and no escape sequence of its own in a message. */
	assert_has_not(&r.err, "\033");
	ck_assert_ptr_null(strstr(buf_string(&r.err), "new\nline"));
	HARDEN("--check", "--", odd[_i]);
	assert_status(0);
}
END_TEST

START_TEST(odd_names_in_findings)
{
	put(odd[_i], weak);
	HARDEN("--check", "--", odd[_i]);
	assert_status(1);
	ck_assert_uint_eq(count_lines(&r.out), 4);
	assert_has_not(&r.out, "\033");
}
END_TEST

START_TEST(odd_names_are_folders_too)
{
	struct buf path = BUF_INIT;

	ck_assert_int_eq(mkdir(at(odd[_i]), 0755), 0);
	buf_addf(&path, "%s/main.cf", odd[_i]);
	put(buf_string(&path), weak);
	HARDEN("-v", "--", odd[_i]);
	assert_status(0);
	assert_content(buf_string(&path), hard);
	ck_assert_uint_eq(count_entries(at(odd[_i])), 2);
	assert_has_not(&r.err, "\033");
	ck_assert_ptr_null(strstr(buf_string(&r.err), "new\nline"));
	HARDEN("--backup-dir", odd[_i], "--", buf_string(&path));
	assert_status(0);
	buf_release(&path);
}
END_TEST

/* So many bytes less than the longest name; what is added to it must fit, too. */
static const struct {
	long shorter;
	const char *arg;
	int status;
} long_names[] = {
	{27, "-v", 0},         {26, "-v", 2}, {26, "--no-backup", 0}, {4, "--no-backup", 0},
	{3, "--no-backup", 2}, {0, "-v", 2},  {0, "-n", 0},           {0, "--check", 1},
};

START_TEST(names_that_get_too_long)
{
	long len = pathconf(top, _PC_NAME_MAX) - long_names[_i].shorter;
	char name[4096];
	struct look before;

	ck_assert(len > 0 && len < (long)sizeof(name));
	memset(name, 'n', (size_t)len);
	name[len] = '\0';
	put(name, weak);
	before = look_at(name);
	HARDEN(long_names[_i].arg, name);
	assert_status(long_names[_i].status);
	if (long_names[_i].status == 2) {
		ck_assert_uint_eq(count_lines(&r.err), 1);
		assert_has(&r.err, "too long");
		assert_whole(&before, name);
	}
	buf_release(&before.bytes);
}
END_TEST

#define LONG "a-folder-whose-name-is-so-long-that-only-four-of-them-make-a-name-of-too-many-bytes"

/* In a backup folder the whole path must fit into one name. */
START_TEST(path_that_gets_too_long)
{
	prepare("mkdir -p bak " LONG "/" LONG "/" LONG "/" LONG);
	put(LONG "/" LONG "/" LONG "/" LONG "/main.cf", weak);
	HARDEN("--backup-dir", "bak", LONG "/" LONG "/" LONG "/" LONG);
	assert_status(2);
	ck_assert_uint_eq(count_lines(&r.err), 1);
	assert_has(&r.err, "too long");
	assert_content(LONG "/" LONG "/" LONG "/" LONG "/main.cf", weak);
	ck_assert_uint_eq(count_entries(at("bak")), 0);
	ck_assert_uint_eq(count_entries(at(LONG "/" LONG "/" LONG "/" LONG)), 1);
}
END_TEST

/* ---- the diff: its labels, and what patch and git make of it ---- */

/* A label that starts with '/' is to be found below the folder of the test. */
static const struct {
	const char *folder, *arg, *label;
} labels[] = {
	{".", "main.cf", "main.cf"},
	{".", "./main.cf", "main.cf"},
	{".", "./x/../main.cf", "main.cf"},
	{".", "x/main.cf", "x/main.cf"},
	{".", "x//y/..//./main.cf", "x/main.cf"},
	{".", "x", "x/main.cf"},
	{".", "link.cf", "x/main.cf"},
	{".", "chain.cf", "x/main.cf"},
	{".", "dir/main.cf", "x/main.cf"},
	{"x", "main.cf", "main.cf"},
	{"x", "../main.cf", "/main.cf"},
	{"x", "..", "/main.cf"},
	{"x", "../x/main.cf", "main.cf"},
	{"x/y", "../main.cf", "/x/main.cf"},
	{"x", "out.cf", "/main.cf"},
	{".", "xx.cf", "xx.cf"},
	{"x", "../xx.cf", "/xx.cf"},
};

static void make_label_files(void)
{
	prepare("mkdir -p x/y; ln -s x/main.cf link.cf; ln -s link.cf chain.cf; ln -s x dir;"
		"ln -s ../main.cf x/out.cf");
	put("main.cf", weak);
	put("xx.cf", weak);
	put("x/main.cf", weak);
}

static void add_header(struct buf *out, const char *label)
{
	const char *folder = label[0] == '/' ? top + 1 : "";

	buf_addf(out, "--- a/%s%s\n+++ b/%s%s\n", folder, label, folder, label);
}

START_TEST(label_is_where_patch_finds_it)
{
	struct buf header = BUF_INIT;

	make_label_files();
	add_header(&header, labels[_i].label);
	shell("cd \"$1\" && \"$0\" -n \"$2\"", labels[_i].folder, labels[_i].arg);
	assert_status(0);
	ck_assert_msg(strncmp(buf_string(&r.out), header.data, header.len) == 0, "%s", r.out.data);
	buf_release(&header);
}
END_TEST

START_TEST(label_of_an_absolute_name)
{
	struct buf header = BUF_INIT;

	make_label_files();
	add_header(&header, "/x/main.cf");
	HARDEN("-n", at("x/main.cf"));
	assert_has(&r.out, buf_string(&header));
	HARDEN("-n", at("x/../link.cf"));
	assert_has(&r.out, buf_string(&header));
	HARDEN("-n", at("x"));
	assert_has(&r.out, buf_string(&header));
	buf_release(&header);
}
END_TEST

START_TEST(odd_labels_are_quoted_as_git_does_it)
{
	put("a b.cf", weak);
	HARDEN("-n", "a b.cf");
	assert_has(&r.out, "--- a/a b.cf\t\n+++ b/a b.cf\t\n@@");
	put("caf\303\251\t\".cf", weak);
	HARDEN("-n", "caf\303\251\t\".cf");
	assert_has(&r.out,
		   "--- \"a/caf\\303\\251\\t\\\".cf\"\n+++ \"b/caf\\303\\251\\t\\\".cf\"\n@@");
}
END_TEST

/* Each reads the diff from its standard input, in the folder that it is for; $1 is the file. */
static const struct {
	const char *program, *script;
} patchers[] = {
	{"patch", "patch -s -p1"},
	{"patch", "patch -s -- \"$1\""},
	{"git",
	 "GIT_CEILING_DIRECTORIES=${PWD%/*} GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null "
	 "git apply"},
};

/* The file of that name in the folder old is hardened in the folder new; the diff must do it too.
 */
static const char repeat[] = "set -e; cp -r old new; cd new\n"
			     "\"$0\" -q --no-backup -- \"$1\" >../diff\n"
			     "cd ../old; sh -c \"$2\" sh \"$1\" <../diff\n"
			     "cmp -- \"$1\" \"../new/$1\" && ! test -e \"$1.rej\"\n";

static void assert_patched(const char *name, int patcher)
{
	if (!have_program(patchers[patcher].program))
		return;
	shell(repeat, name, patchers[patcher].script);
	ck_assert_msg(r.status == 0, "%s: status %d: %s%s", patchers[patcher].script, r.status,
		      buf_string(&r.out), buf_string(&r.err));
}

#define NPATCHERS COUNT(patchers)

START_TEST(patched_under_odd_names)
{
	struct buf path = BUF_INIT;

	prepare("mkdir old");
	buf_addf(&path, "old/%s", odd[_i / NPATCHERS]);
	put(buf_string(&path), weak);
	assert_patched(odd[_i / NPATCHERS], _i % NPATCHERS);
	buf_release(&path);
}
END_TEST

#define FILLER "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\nf = 6\ng = 7\nh = 8\n"

static const char *const texts[] = {
	weak,
	"",
	"\n",
	"a = b",
	"smtp_tls_security_level = none",
	"# c\r\nsmtp_tls_security_level = none\r\na = b\r\n",
	"smtpd_tls_loglevel = 0\r\na = b",
	"smtpd_tls_loglevel = 0\n" FILLER "smtp_tls_loglevel = 0\n" FILLER FILLER
	"smtp_tls_security_level = none\n",
	FILLER "#smtp_tls_loglevel = 1\n" FILLER "# smtpd_tls_security_level = may\n" FILLER,
	"smtp_tls_security_level\n = none\n" FILLER "smtpd_tls_security_level = no\n# kept\n  ne\n",
	"smtp_tls_security_level = \033[31mnone\377\n\n\n",
	"smtp_tls_security_level = none\nsmtp_tls_security_level = none\n" FILLER
	"smtp_tls_security_level =\n",
	"--- = 1\n+++ = b/x\n@@ = -1 +1 @@\nsmtp_tls_loglevel = 0\n\\ = No newline at end of "
	"file\n",
};

START_TEST(patched_whatever_the_text)
{
	prepare("mkdir old");
	put("old/main.cf", texts[_i / NPATCHERS]);
	assert_patched("main.cf", _i % NPATCHERS);
}
END_TEST

/* From the root, where the label of an absolute name leads. */
static const char *const from_root[] = {"cd / && patch -s -p1", "cd / && git apply"};

START_TEST(patched_from_the_root)
{
	if (!have_program(_i == 0 ? "patch" : "git"))
		return;
	prepare("mkdir x");
	put("main.cf", weak);
	shell("cd x && \"$0\" -n ../main.cf >diff && (eval \"$1\") <diff", from_root[_i], NULL);
	assert_status(0);
	assert_content("main.cf", hard);
}
END_TEST

/* ---- backups ---- */

START_TEST(backup_is_the_old_inode)
{
	struct stat old, backup, new;

	put("main.cf", weak);
	ck_assert(chmod(at("main.cf"), 0604) == 0 && stat(at("main.cf"), &old) == 0);
	HARDEN("main.cf");
	assert_status(0);
	ck_assert(stat(at(the_backup()), &backup) == 0 && stat(at("main.cf"), &new) == 0);
	ck_assert(backup.st_ino == old.st_ino && backup.st_mode == old.st_mode);
	ck_assert(new.st_ino != old.st_ino &&new.st_mode == old.st_mode &&new.st_nlink == 1);
	assert_has(&r.err, the_backup());
}
END_TEST

/* The clock of the names is that of the newest backup where that lies ahead. */
START_TEST(backups_of_one_second_are_numbered)
{
	static const char *const names[] = {"main.cf.tlsharden-29991231T235959Z",
					    "main.cf.tlsharden-29991231T235959Z-2",
					    "main.cf.tlsharden-29991231T235959Z-3"};
	struct buf text = BUF_INIT;
	int i;

	put(names[0], "the first\n");
	for (i = 1; i < 3; i++) {
		buf_clear(&text);
		buf_addf(&text, "n = %d\n%s", i, weak);
		put("main.cf", buf_string(&text));
		HARDEN("main.cf");
		assert_status(0);
		assert_content(names[i], buf_string(&text));
	}
	assert_content(names[0], "the first\n");
	ck_assert_uint_eq(count_entries(top), 4);
	buf_release(&text);
}
END_TEST

START_TEST(numbers_of_backups_are_numbers)
{
	put("main.cf.tlsharden-29991231T235959Z-9", "the ninth\n");
	put("main.cf.tlsharden-29991231T235959Z-10", "the tenth\n");
	put("main.cf", weak);
	HARDEN("main.cf");
	assert_status(0);
	assert_content("main.cf.tlsharden-29991231T235959Z-11", weak);
	ck_assert_uint_eq(count_entries(top), 4);
}
END_TEST

static void add_now(struct buf *name)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	ck_assert_ptr_nonnull(gmtime_r(&now, &tm));
	ck_assert_uint_gt(strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm), 0);
	buf_addf(name, "main.cf.tlsharden-%s", stamp);
}

/* What a crash leaves of a copy goes with the next backup, and nothing that only looks like it. */
static const struct {
	const char *name;
	bool goes;
} unfinished[] = {
	{"main.cf.tlsharden-20200101T000000Z.tmp", true},
	{"main.cf.tlsharden-20200101T000000Z-12.tmp", true},
	{"main.cf.tlsharden-20200101T000000Z.tmp2", false},
	{"main.cf.tlsharden-20200101T000000Z-0.tmp", false},
	{"main.cf.tlsharden-20200101T000000.tmp", false},
	{"main.cf.tlsharden-.tmp", false},
	{"other.cf.tlsharden-20200101T000000Z.tmp", false},
};

START_TEST(unfinished_copy_goes)
{
	put("main.cf", weak);
	put(unfinished[_i].name, "half");
	HARDEN("-n", "main.cf");
	assert_content(unfinished[_i].name, "half");
	HARDEN("main.cf");
	assert_status(0);
	ck_assert(exists(at(unfinished[_i].name)) != unfinished[_i].goes);
	ck_assert_uint_eq(count_entries(top), unfinished[_i].goes ? 2 : 3);
}
END_TEST

START_TEST(backup_is_named_by_the_time_in_utc)
{
	struct buf first = BUF_INIT, last = BUF_INIT;

	(void)setenv("TZ", "XYZ-9", 1);
	put("main.cf", weak);
	add_now(&first);
	HARDEN("main.cf");
	assert_status(0);
	add_now(&last);
	ck_assert_str_ge(the_backup(), buf_string(&first));
	ck_assert_str_le(the_backup(), buf_string(&last));
	buf_release(&first);
	buf_release(&last);
}
END_TEST

START_TEST(backups_never_overwrite_each_other)
{
	int i;

	for (i = 0; i < 12; i++) {
		put("main.cf", weak);
		HARDEN("main.cf");
		assert_status(0);
	}
	ck_assert_uint_eq(count_prefix(top, "main.cf.tlsharden-", NULL), 12);
}
END_TEST

START_TEST(no_backup_makes_none)
{
	put("main.cf", weak);
	HARDEN("--no-backup", "main.cf");
	assert_status(0);
	assert_content("main.cf", hard);
	ck_assert_uint_eq(count_entries(top), 1);
}
END_TEST

/* The name in a backup folder as backup.h has it: the whole path, '/' as '%'. */
static void add_flat(struct buf *out, const char *path)
{
	for (; *path != '\0'; path++)
		if (*path == '%' || *path == '=')
			buf_addf(out, "=%02X", (unsigned char)*path);
		else
			buf_addc(out, *path == '/' ? '%' : *path);
	buf_adds(out, ".tlsharden-");
}

static const char *const named_alike[] = {"a/main.cf",    "b/main.cf",     "a%b/main.cf",
					  "a/b/main.cf",  "a=25b/main.cf", "a=/main.cf",
					  "a=2F/main.cf", "a%main.cf"};

START_TEST(backup_dir_keeps_files_apart)
{
	struct buf prefix = BUF_INIT, name = BUF_INIT, path = BUF_INIT;
	int i;

	prepare("mkdir -p bak a/b b a%b a=25b a= a=2F");
	for (i = 0; i < COUNT(named_alike); i++) {
		put(named_alike[i], weak);
		HARDEN("--backup-dir", "bak", named_alike[i]);
		assert_status(0);
	}
	ck_assert_uint_eq(count_entries(at("bak")), (size_t)COUNT(named_alike));
	for (i = 0; i < COUNT(named_alike); i++) {
		buf_clear(&prefix);
		buf_clear(&path);
		add_flat(&prefix, at(named_alike[i]));
		ck_assert_uint_eq(count_prefix(at("bak"), buf_string(&prefix), &name), 1);
		buf_addf(&path, "bak/%s", buf_string(&name));
		assert_content(buf_string(&path), weak);
	}
	ck_assert_uint_eq(count_entries(at("b")), 1);
	buf_release(&prefix);
	buf_release(&name);
	buf_release(&path);
}
END_TEST

static const struct {
	const char *prepare, *dir;
} bad_dirs[] = {
	{":", "missing"}, {"echo >file", "file"}, {"ln -s nowhere gone", "gone"}, {":", ""}};

START_TEST(backup_dir_must_be_one)
{
	struct look before;

	put("main.cf", weak);
	prepare(bad_dirs[_i].prepare);
	before = look_at("main.cf");
	HARDEN("--backup-dir", bad_dirs[_i].dir, "main.cf");
	assert_status(2);
	ck_assert_uint_eq(count_lines(&r.err), 1);
	assert_has(&r.err, "main.cf");
	assert_has(&r.err, bad_dirs[_i].dir);
	assert_whole(&before, "main.cf");
}
END_TEST

START_TEST(backup_on_another_file_system_is_a_copy)
{
	static const char elsewhere[] = "/dev/shm/tlsharden-test-XXXXXX";
	char *dir = strdup(elsewhere);
	struct stat old, there, backup;
	struct buf name = BUF_INIT;

	if (mkdtemp(dir) == NULL || stat(dir, &there) < 0 || stat(top, &old) < 0 ||
	    there.st_dev == old.st_dev) {
		(void)fprintf(stderr, "*** SKIPPED: no other file system at /dev/shm ***\n");
		(void)rmdir(dir);
		free(dir);
		return;
	}
	put("main.cf", weak);
	make_old(at("main.cf"));
	ck_assert(chmod(at("main.cf"), 0604) == 0 && stat(at("main.cf"), &old) == 0);
	HARDEN("--backup-dir", dir, "main.cf");
	assert_status(0);
	ck_assert_uint_eq(count_prefix(dir, "", &name), 1);
	ck_assert_int_eq(stat(in_folder(dir, buf_string(&name)), &backup), 0);
	ck_assert(backup.st_mode == old.st_mode && backup.st_uid == old.st_uid);
	ck_assert(same_time(backup.st_mtim, old.st_mtim));
	buf_clear(&r.out);
	read_file(in_folder(dir, buf_string(&name)), &r.out);
	ck_assert_str_eq(buf_string(&r.out), weak);
	remove_tree(dir);
	buf_release(&name);
	free(dir);
}
END_TEST

/* ---- links and modes ---- */

static const struct {
	const char *prepare, *arg, *link, *leads_to;
} links[] = {
	{"ln -s main.cf link.cf", "link.cf", "link.cf", "main.cf"},
	{"mkdir d; ln -s ../main.cf d/link.cf", "d/link.cf", "d/link.cf", "../main.cf"},
	{"mkdir d; ln -s ../main.cf d/main.cf", "d", "d/main.cf", "../main.cf"},
	{"ln -s \"$PWD/main.cf\" abs.cf; ln -s abs.cf link.cf", "link.cf", "link.cf", "abs.cf"},
	{"ln -s . d; ln -s d/main.cf link.cf", "link.cf", "link.cf", "d/main.cf"},
};

START_TEST(link_stays_and_its_target_is_replaced)
{
	char leads_to[4096];
	ssize_t n;

	put("main.cf", weak);
	prepare(links[_i].prepare);
	HARDEN(links[_i].arg);
	assert_status(0);
	assert_content("main.cf", hard);
	assert_content(the_backup(), weak);
	ck_assert_uint_eq(count_prefix(top, "main.cf.tmp", NULL), 0);
	ck_assert_uint_eq(count_prefix(top, "link.cf.", NULL), 0);
	n = readlink(at(links[_i].link), leads_to, sizeof(leads_to) - 1);
	ck_assert_int_gt(n, 0);
	leads_to[n] = '\0';
	ck_assert_str_eq(leads_to, links[_i].leads_to);
}
END_TEST

/* The file is real/main.cf; what is given leads there over some links. */
static const struct {
	const char *prepare, *arg;
} far_links[] = {
	{"ln -s real/main.cf main.cf", "main.cf"},
	{"ln -s \"$PWD/real/main.cf\" main.cf", "main.cf"},
	{"mkdir a; ln -s ../real/main.cf a/main.cf", "a"},
	{"mkdir a b c; ln -s ../b/main.cf a/main.cf; ln -s \"$PWD/c/main.cf\" b/main.cf; "
	 "ln -s ../real/main.cf c/main.cf",
	 "a"},
	{"mkdir a b; ln -s \"$PWD/b/main.cf\" a/main.cf; ln -s ../real/main.cf b/main.cf", "a"},
	{"ln -s real etc", "etc"},
	{"ln -s real etc", "etc/main.cf"},
	{"ln -s real a; ln -s a b; ln -s \"$PWD/b\" etc", "etc/"},
	{"mkdir a; ln -s ../real/main.cf a/main.cf; ln -s a etc", "etc"},
	{"mkdir -p a/b; ln -s ../../real/main.cf a/b/main.cf; ln -s a/b etc", "etc/main.cf"},
	{"mkdir -p a/b; ln -s a/b etc; ln -s ../main.cf a/b/main.cf; ln -s ../real a/real; "
	 "ln -s real/main.cf a/main.cf",
	 "etc"},
};

static void list_links(struct buf *out)
{
	prepare("find . -type l | sort | while read -r l; do echo \"$l: $(readlink \"$l\")\"; "
		"done");
	buf_clear(out);
	buf_add(out, r.out.data, r.out.len);
}

START_TEST(links_lead_into_other_folders)
{
	struct buf before = BUF_INIT, after = BUF_INIT;

	prepare("mkdir real");
	put("real/main.cf", weak);
	prepare(far_links[_i].prepare);
	list_links(&before);
	HARDEN(far_links[_i].arg);
	assert_status(0);
	assert_content("real/main.cf", hard);
	prepare("cat real/main.cf.tlsharden-*");
	ck_assert_str_eq(buf_string(&r.out), weak);
	list_links(&after);
	ck_assert_str_eq(buf_string(&after), buf_string(&before));
	prepare("find . -type f | wc -l");
	ck_assert_int_eq(atoi(buf_string(&r.out)), 2);
	buf_release(&before);
	buf_release(&after);
}
END_TEST

START_TEST(hard_link_is_warned_of)
{
	struct stat backup, other;

	put("main.cf", weak);
	prepare("ln main.cf other.cf");
	HARDEN("main.cf");
	assert_status(0);
	assert_content("main.cf", hard);
	assert_content("other.cf", weak);
	assert_content(the_backup(), weak);
	assert_has(&r.err, "warning: ");
	assert_has(&r.err, "hard link");
	/* Who writes into the other name must not write into the backup. */
	ck_assert(stat(at(the_backup()), &backup) == 0 && stat(at("other.cf"), &other) == 0);
	ck_assert(backup.st_ino != other.st_ino);
}
END_TEST

START_TEST(unreadable_by_others_is_warned_of)
{
	struct stat st;

	put("main.cf", weak);
	ck_assert_int_eq(chmod(at("main.cf"), 0640), 0);
	HARDEN("main.cf");
	assert_status(0);
	assert_has(&r.err, "warning: ");
	ck_assert_int_eq(stat(at("main.cf"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(stat(at(the_backup()), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	put("main.cf", weak);
	ck_assert_int_eq(chmod(at("main.cf"), 0644), 0);
	HARDEN("main.cf");
	assert_has_not(&r.err, "warning: ");
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

/* What cannot be given to the new file is a reason to refuse. */
START_TEST(owner_that_cannot_be_kept)
{
	struct look before;

	if (geteuid() != 0) {
		(void)fprintf(stderr,
			      "*** SKIPPED: only root can make a file of another user ***\n");
		return;
	}
	put("main.cf", weak);
	if (!become_nobody())
		return;
	become_root_again();
	ck_assert_int_eq(chown(at("main.cf"), 0, 0), 0);
	ck_assert(setresgid(NOBODY, NOBODY, 0) == 0 && setresuid(NOBODY, NOBODY, 0) == 0);
	become_root_again();
	before = look_at("main.cf");
	ck_assert(setresgid(NOBODY, NOBODY, 0) == 0 && setresuid(NOBODY, NOBODY, 0) == 0);
	HARDEN("main.cf");
	assert_trouble("main.cf");
	assert_whole(&before, "main.cf");
}
END_TEST

START_TEST(owner_and_mode_are_kept)
{
	struct stat st;

	if (geteuid() != 0) {
		(void)fprintf(stderr,
			      "*** SKIPPED: only root can make a file of another user ***\n");
		return;
	}
	put("main.cf", weak);
	ck_assert(chown(at("main.cf"), 1234, 2345) == 0 && chmod(at("main.cf"), 02755) == 0);
	HARDEN("main.cf");
	assert_status(0);
	ck_assert_int_eq(stat(at("main.cf"), &st), 0);
	ck_assert(st.st_uid == 1234 && st.st_gid == 2345 && (st.st_mode & 07777) == 02755);
}
END_TEST

/* ---- standard output that cannot be written ---- */

static const char *const no_output[] = {
	"\"$0\" main.cf >/dev/full",
	"\"$0\" -n main.cf >/dev/full",
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
					"\"$0\" -c main.cf >&9", "\"$0\" - <main.cf >&9"};

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

/* ---- the edit lock, and what is planted where its file stands ---- */

static int take_lock(const char *name)
{
	int fd = open(at(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ck_assert(fd >= 0 && flock(fd, LOCK_EX) == 0);
	return fd;
}

START_TEST(lock_held_too_long)
{
	struct look before;
	int fd;

	put("main.cf", weak);
	fd = take_lock("main.cf.tmp");
	ck_assert_int_eq(write(fd, "an edit", 7), 7);
	before = look_at("main.cf");
	HARDEN("main.cf");
	assert_trouble("main.cf");
	assert_has(&r.err, "another program holds the edit lock");
	assert_untouched(&before, "main.cf");
	assert_content("main.cf.tmp", "an edit");
	(void)close(fd);
}
END_TEST

START_TEST(lock_does_not_matter_where_nothing_is_written)
{
	int fd;

	put("main.cf", weak);
	fd = take_lock("main.cf.tmp");
	HARDEN("-n", "main.cf");
	assert_status(0);
	HARDEN("--check", "main.cf");
	assert_status(1);
	put("main.cf", hard);
	HARDEN("main.cf");
	assert_status(0);
	(void)close(fd);
}
END_TEST

START_TEST(signal_ends_the_wait)
{
	struct look before;
	int fd;

	put("main.cf", weak);
	fd = take_lock("main.cf.tmp");
	before = look_at("main.cf");
	shell("\"$0\" main.cf & sleep 0.3; kill -TERM $!; wait $!", NULL, NULL);
	assert_status(128 + SIGTERM);
	assert_untouched(&before, "main.cf");
	(void)close(fd);
}
END_TEST

/* An editor that holds the lock when the program starts, and replaces the file after a while. */
static pid_t start_editor(const char *lock, const char *file)
{
	struct buf text = BUF_INIT;
	int fd = take_lock(lock);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid != 0) {
		(void)close(fd);
		return pid;
	}
	read_file(at(file), &text);
	buf_adds(&text, "edited = yes\n");
	(void)usleep(400000);
	if (write(fd, text.data, text.len) != (ssize_t)text.len || fchmod(fd, 0644) < 0 ||
	    rename(at(lock), at(file)) < 0)
		_exit(1);
	_exit(0);
}

static const struct {
	const char *lock, *file, *arg;
} edits[] = {
	{"main.cf.tmp", "main.cf", "main.cf"},     {"main.cf.tmp", "main.cf", "."},
	{"main.cf.tmp", "main.cf", "link.cf"},     {"main.cf.tmp", "main.cf", "d/main.cf"},
	{"d/main.cf.tmp", "main.cf", "d/main.cf"},
};

START_TEST(edit_in_progress_is_not_lost)
{
	struct buf want = BUF_INIT;
	pid_t editor;
	int status;

	put("main.cf", weak);
	prepare("ln -s main.cf link.cf; mkdir d; ln -s ../main.cf d/main.cf");
	editor = start_editor(edits[_i].lock, edits[_i].file);
	HARDEN(edits[_i].arg);
	ck_assert(waitpid(editor, &status, 0) == editor && status == 0);
	assert_status(0);
	buf_addf(&want, "%sedited = yes\n", hard);
	assert_content("main.cf", buf_string(&want));
	buf_release(&want);
}
END_TEST

/* postconf -e replaces a symbolic link by a file; what was waiting for it must cope. */
START_TEST(link_becomes_a_file_meanwhile)
{
	struct buf want = BUF_INIT;
	pid_t editor;
	int status;

	put("real.cf", weak);
	prepare("ln -s real.cf main.cf");
	editor = start_editor("main.cf.tmp", "main.cf");
	HARDEN("main.cf");
	ck_assert(waitpid(editor, &status, 0) == editor && status == 0);
	assert_status(0);
	buf_addf(&want, "%sedited = yes\n", hard);
	assert_content("main.cf", buf_string(&want));
	assert_content("real.cf", weak);
	buf_release(&want);
}
END_TEST

static const struct {
	const char *prepare;
	int status;
} planted[] = {
	{"ln -s victim main.cf.tmp", 0},
	{"ln -s nowhere main.cf.tmp", 0},
	{"ln victim main.cf.tmp; chmod 600 victim", 0},
	{"mkfifo main.cf.tmp", 0},
	{"mkfifo -m 600 main.cf.tmp", 0},
	{"echo left by a crash >main.cf.tmp; chmod 600 main.cf.tmp", 0},
	{"echo left by a crash >main.cf.tmp; chmod 644 main.cf.tmp", 0},
	{"mkdir main.cf.tmp", 2},
};

START_TEST(what_is_planted_at_the_temporary)
{
	put("main.cf", weak);
	put("victim", "precious\n");
	prepare(planted[_i].prepare);
	HARDEN("main.cf");
	assert_status(planted[_i].status);
	assert_content("main.cf", planted[_i].status == 0 ? hard : weak);
	assert_content("victim", "precious\n");
	ck_assert(!exists(at("nowhere")));
	ck_assert(exists(at("main.cf.tmp")) == (planted[_i].status != 0));
	ck_assert_uint_eq(count_prefix(top, "main.cf.tlsharden-", NULL),
			  planted[_i].status == 0 ? 1 : 0);
}
END_TEST

/* What a crash leaves after the new file got its name: only the temporary is left to remove. */
static const struct {
	const char *prepare, *left, *args[3];
	bool goes;
} leavings[] = {
	{"ln backup main.cf.tmp", "main.cf.tmp", {"main.cf"}, true},
	{"ln backup main.cf.tmp", "main.cf.tmp", {"--no-backup", "."}, true},
	{"cp backup main.cf.tmp; chmod 600 main.cf.tmp", "main.cf.tmp", {"main.cf"}, true},
	{"mkdir d; mv main.cf d; ln -s d/main.cf .; ln backup d/main.cf.tmp",
	 "d/main.cf.tmp",
	 {"main.cf"},
	 true},
	{"mkdir d; mv main.cf d; ln -s d/main.cf .; (umask 077; : >main.cf.tmp)",
	 "main.cf.tmp",
	 {"main.cf"},
	 true},
	{"ln backup main.cf.tmp", "main.cf.tmp", {"-n", "main.cf"}, false},
	{"ln backup main.cf.tmp", "main.cf.tmp", {"--check", "main.cf"}, false},
	{"mv main.cf other.cf; ln backup other.cf.tmp", "other.cf.tmp", {"other.cf"}, false},
	{"mkdir main.cf.tmp", "main.cf.tmp", {"main.cf"}, false},
};

START_TEST(leaving_of_a_crash_goes_where_nothing_is_to_do)
{
	const char *argv[4] = {program()};
	int i;

	put("main.cf", hard);
	put("backup", weak);
	prepare(leavings[_i].prepare);
	ck_assert(exists(at(leavings[_i].left)));
	for (i = 0; i < COUNT(leavings[_i].args) && leavings[_i].args[i] != NULL; i++)
		argv[i + 1] = leavings[_i].args[i];
	run_here(argv, NULL, 0);
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "");
	ck_assert_str_eq(buf_string(&r.err), "");
	ck_assert(exists(at(leavings[_i].left)) != leavings[_i].goes);
	assert_content("backup", weak);
	ck_assert_uint_eq(count_prefix(top, "main.cf.tlsharden-", NULL), 0);
}
END_TEST

/* It is no leaving while somebody works with it; and he is not waited for. */
START_TEST(lock_in_use_stays_where_nothing_is_to_do)
{
	int fd;

	put("main.cf", hard);
	fd = take_lock("main.cf.tmp");
	ck_assert_int_eq(write(fd, "an edit", 7), 7);
	HARDEN("main.cf");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.err), "");
	assert_content("main.cf.tmp", "an edit");
	(void)close(fd);
}
END_TEST

/* A default ACL can take from each new file what the edit lock needs of its own. */
START_TEST(no_lock_where_a_new_file_gets_another_mode)
{
	const char *name = _i == 0 ? "main.cf" : "other.cf";
	struct look before;

	if (!have_program("setfacl"))
		return;
	put(name, weak);
	shell("setfacl -d -m u::r,g::-,o::- .", NULL, NULL);
	if (r.status != 0) {
		(void)fprintf(stderr, "*** SKIPPED: no ACL can be set here ***\n");
		ck_assert_msg(getenv("CHECK_ALL") == NULL, "CHECK_ALL wants every check");
		return;
	}
	before = look_at(name);
	HARDEN(name);
	assert_trouble(name);
	assert_has(&r.err, "mode 0400");
	assert_whole(&before, name);
}
END_TEST

/* Each under the names that a backup made now, or in the next seconds, would have. */
static const char *const planted_names[] = {
	"ln -s nowhere", "ln -s victim", "ln -s main.cf", "ln victim", "mkfifo", "mkdir",
};

START_TEST(what_is_planted_at_the_backup)
{
	put("main.cf", weak);
	put("victim", "precious\n");
	shell("now=$(date +%s); for s in 0 1 2 3 4 5 6 7 8 9; do $1 "
	      "main.cf.tlsharden-$(date -u -d @$((now + s)) +%Y%m%dT%H%M%SZ) || exit; done",
	      planted_names[_i], NULL);
	assert_status(0);
	HARDEN("main.cf");
	assert_status(0);
	assert_content("main.cf", hard);
	assert_content("victim", "precious\n");
	ck_assert(!exists(at("nowhere")));
	ck_assert_uint_eq(count_prefix(top, "main.cf.tlsharden-", NULL), 11);
	prepare("find . -type f -links 1 -name 'main.cf.tlsharden-*' -exec cat {} +");
	ck_assert_str_eq(buf_string(&r.out), weak);
}
END_TEST

/* Its owner may keep it open, and would write into what became the live file. */
START_TEST(temporary_of_another_user_is_not_used)
{
	struct stat st;
	int fd;

	if (geteuid() != 0) {
		(void)fprintf(stderr,
			      "*** SKIPPED: only root can make a file of another user ***\n");
		return;
	}
	put("main.cf", weak);
	fd = open(at("main.cf.tmp"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert(fd >= 0 && fchown(fd, NOBODY, NOBODY) == 0);
	HARDEN("main.cf");
	assert_status(0);
	ck_assert_int_eq(pwrite(fd, "evil", 4, 0), 4);
	assert_content("main.cf", hard);
	ck_assert(fstat(fd, &st) == 0 && st.st_nlink == 0);
	(void)close(fd);
}
END_TEST

static const char *const data[] = {
	"echo data >other.cf.tmp",   "echo data >other.cf.tmp; chmod 600 other.cf.tmp",
	"ln -s victim other.cf.tmp", "ln victim other.cf.tmp; chmod 600 victim",
	"mkfifo other.cf.tmp",       "mkdir other.cf.tmp",
};

START_TEST(somebodys_data_at_the_temporary)
{
	struct look before;
	struct stat planted_before, now;

	put("other.cf", weak);
	put("victim", "precious\n");
	prepare(data[_i]);
	before = look_at("other.cf");
	ck_assert_int_eq(lstat(at("other.cf.tmp"), &planted_before), 0);
	HARDEN("other.cf");
	assert_trouble("other.cf");
	assert_untouched(&before, "other.cf");
	assert_content("victim", "precious\n");
	ck_assert_int_eq(lstat(at("other.cf.tmp"), &now), 0);
	ck_assert(now.st_ino == planted_before.st_ino && now.st_size == planted_before.st_size &&
		  same_time(now.st_ctim, planted_before.st_ctim));
}
END_TEST

/* ---- all of them ---- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

static void add_modes(Suite *s)
{
	TCase *tc = new_case(s, "usage");

	tcase_add_loop_test(tc, help_goes_to_standard_output, 0, COUNT(help));
	tcase_add_test(tc, help_names_every_option);
	tcase_add_loop_test(tc, wrong_usage_touches_nothing, 0, COUNT(usage));
	tc = new_case(s, "modes");
	tcase_add_test(tc, apply_replaces_prints_and_backs_up);
	tcase_add_loop_test(tc, dry_run_prints_what_apply_would, 0, COUNT(dry));
	tcase_add_loop_test(tc, check_prints_findings, 0, COUNT(check));
	tcase_add_test(tc, check_of_warnings_alone_is_in_order);
	tcase_add_loop_test(tc, nothing_to_do_touches_nothing, 0, COUNT(idle));
	tcase_add_test(tc, twice_is_once);
	tcase_add_test(tc, unknown_value_is_left_and_the_rest_applied);
	tcase_add_test(tc, unknown_value_alone_writes_nothing);
	tcase_add_test(tc, quiet_says_less_and_verbose_more);
	tc = new_case(s, "stream");
	tcase_add_test(tc, stream_is_hardened);
	tcase_add_test(tc, stream_dry_run_prints_the_diff);
	tcase_add_test(tc, stream_check_prints_findings);
	tcase_add_loop_test(tc, malformed_stream_is_refused, 0, COUNT(malformed) * 3);
	tcase_add_test(tc, file_called_dash_is_no_stream);
}

static void add_names(Suite *s)
{
	TCase *tc = new_case(s, "names");

	tcase_add_loop_test(tc, folder_stands_for_its_main_cf, 0, COUNT(folders));
	tcase_add_loop_test(tc, several_files_and_the_highest_status, 0, COUNT(several));
	tcase_add_loop_test(tc, odd_names_are_names, 0, COUNT(odd));
	tcase_add_loop_test(tc, odd_names_in_findings, 0, COUNT(odd));
	tcase_add_loop_test(tc, odd_names_are_folders_too, 0, COUNT(odd));
	tcase_add_loop_test(tc, names_that_get_too_long, 0, COUNT(long_names));
	tcase_add_test(tc, path_that_gets_too_long);
	tc = new_case(s, "diff");
	tcase_add_loop_test(tc, label_is_where_patch_finds_it, 0, COUNT(labels));
	tcase_add_test(tc, label_of_an_absolute_name);
	tcase_add_test(tc, odd_labels_are_quoted_as_git_does_it);
	tcase_add_loop_test(tc, patched_under_odd_names, 0, COUNT(odd) * NPATCHERS);
	tcase_add_loop_test(tc, patched_whatever_the_text, 0, COUNT(texts) * NPATCHERS);
	tcase_add_loop_test(tc, patched_from_the_root, 0, COUNT(from_root));
}

static void add_backups(Suite *s)
{
	TCase *tc = new_case(s, "backup");

	tcase_add_test(tc, backup_is_the_old_inode);
	tcase_add_test(tc, backups_of_one_second_are_numbered);
	tcase_add_test(tc, numbers_of_backups_are_numbers);
	tcase_add_loop_test(tc, unfinished_copy_goes, 0, COUNT(unfinished));
	tcase_add_test(tc, backup_is_named_by_the_time_in_utc);
	tcase_add_test(tc, backups_never_overwrite_each_other);
	tcase_add_test(tc, no_backup_makes_none);
	tcase_add_test(tc, backup_dir_keeps_files_apart);
	tcase_add_loop_test(tc, backup_dir_must_be_one, 0, COUNT(bad_dirs));
	tcase_add_test(tc, backup_on_another_file_system_is_a_copy);
	tc = new_case(s, "links");
	tcase_add_loop_test(tc, link_stays_and_its_target_is_replaced, 0, COUNT(links));
	tcase_add_loop_test(tc, links_lead_into_other_folders, 0, COUNT(far_links));
	tcase_add_test(tc, hard_link_is_warned_of);
	tcase_add_test(tc, unreadable_by_others_is_warned_of);
	tcase_add_test(tc, owner_and_mode_are_kept);
	tcase_add_test(tc, owner_that_cannot_be_kept);
}

static void add_trouble(Suite *s)
{
	TCase *tc = new_case(s, "trouble");

	tcase_add_loop_test(tc, bad_input_is_refused, 0, COUNT(bad) * 3);
	tcase_add_test(tc, all_bad_lines_are_said_at_once);
	tcase_add_loop_test(tc, unreadable_file_is_refused, 0, COUNT(bad_modes));
	tcase_add_test(tc, folder_without_write_permission);
	tcase_add_test(tc, read_only_folder_is_fine_where_nothing_is_to_do);
	tc = new_case(s, "output");
	tcase_add_loop_test(tc, colour_where_it_is_wanted, 0, COUNT(colours) * 2);
	tcase_add_test(tc, colour_as_two_words);
	tcase_add_test(tc, control_bytes_are_escaped);
	tcase_add_test(tc, diff_is_raw_on_a_pipe_and_escaped_on_a_terminal);
	tcase_add_loop_test(tc, output_that_cannot_be_written, 0, COUNT(no_output));
	tcase_add_loop_test(tc, output_without_a_reader, 0, COUNT(no_reader));
	tcase_add_loop_test(tc, messages_never_get_into_the_file, 0, COUNT(closed));
	tcase_add_test(tc, file_size_limit);
}

static void add_lock(Suite *s)
{
	TCase *tc = new_case(s, "lock");

	tcase_add_test(tc, lock_held_too_long);
	tcase_add_test(tc, lock_does_not_matter_where_nothing_is_written);
	tcase_add_test(tc, signal_ends_the_wait);
	tcase_add_loop_test(tc, edit_in_progress_is_not_lost, 0, COUNT(edits));
	tcase_add_test(tc, link_becomes_a_file_meanwhile);
	tcase_add_loop_test(tc, what_is_planted_at_the_temporary, 0, COUNT(planted));
	tcase_add_loop_test(tc, leaving_of_a_crash_goes_where_nothing_is_to_do, 0, COUNT(leavings));
	tcase_add_test(tc, lock_in_use_stays_where_nothing_is_to_do);
	tcase_add_loop_test(tc, no_lock_where_a_new_file_gets_another_mode, 0, 2);
	tcase_add_loop_test(tc, what_is_planted_at_the_backup, 0, COUNT(planted_names));
	tcase_add_test(tc, temporary_of_another_user_is_not_used);
	tcase_add_loop_test(tc, somebodys_data_at_the_temporary, 0, COUNT(data));
}

/* A user without rights may not reach the folder that the program was built in: he gets a copy. */
static char *copy_program(void)
{
	char *folder = make_folder();
	char *copy = xstrdup(in_folder(folder, "tlsharden"));
	const char *const argv[] = {"cp", program(), copy, NULL};

	run(&r, NULL, argv, NULL, 0);
	if (r.status != 0 || chmod(folder, 0755) < 0 || chmod(copy, 0755) < 0)
		abort();
	ran_release(&r);
	use_program(copy);
	free(copy);
	return folder;
}

int main(void)
{
	Suite *s = suite_create("cli");
	char *folder = copy_program();
	int rc;

	add_modes(s);
	add_names(s);
	add_backups(s);
	add_trouble(s);
	add_lock(s);
	rc = run_suite(s);
	remove_tree(folder);
	free(folder);
	return rc;
}
