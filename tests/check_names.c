/* SPDX-License-Identifier: ISC */
/* check_names - which file is meant, and under which name the diff has it. */
#include <check.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

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

/* ---- all of them ---- */

int main(void)
{
	Suite *s = suite_create("names");
	TCase *tc = cli_case(s, "names");

	tcase_add_loop_test(tc, folder_stands_for_its_main_cf, 0, COUNT(folders));
	tcase_add_loop_test(tc, several_files_and_the_highest_status, 0, COUNT(several));
	tcase_add_loop_test(tc, odd_names_are_names, 0, COUNT(odd));
	tcase_add_loop_test(tc, odd_names_in_findings, 0, COUNT(odd));
	tcase_add_loop_test(tc, odd_names_are_folders_too, 0, COUNT(odd));
	tcase_add_loop_test(tc, names_that_get_too_long, 0, COUNT(long_names));
	tcase_add_test(tc, path_that_gets_too_long);
	tc = cli_case(s, "diff");
	tcase_add_loop_test(tc, label_is_where_patch_finds_it, 0, COUNT(labels));
	tcase_add_test(tc, label_of_an_absolute_name);
	tcase_add_test(tc, odd_labels_are_quoted_as_git_does_it);
	tcase_add_loop_test(tc, patched_under_odd_names, 0, COUNT(odd) * NPATCHERS);
	tcase_add_loop_test(tc, patched_whatever_the_text, 0, COUNT(texts) * NPATCHERS);
	tcase_add_loop_test(tc, patched_from_the_root, 0, COUNT(from_root));
	return run_cli(s);
}
