/* SPDX-License-Identifier: ISC */
/*
 * check_reload - Postfix is told of a change and of nothing else, and what it
 * does not like is taken back. Here postfix(1) is a script that does what each
 * row wants; tests/postfix.sh has the real one.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/*
 * Notes how it was called, then does what the test wants: $1 is -c, $2 the folder,
 * $3 the command. Like the real one it speaks only to a terminal.
 */
static void make_postfix(const char *script)
{
	struct buf text = BUF_INIT;

	buf_addf(&text,
		 "#!/bin/sh\n"
		 "echo \"$*\" >>'%s'\n"
		 "say() { test -t 2 && echo \"postfix: $*\" >&2; }\n"
		 "%s\nexit 0\n",
		 at("calls"), script);
	prepare("mkdir -p bin");
	write_file(at("bin/postfix"), text.data, text.len);
	ck_assert_int_eq(chmod(at("bin/postfix"), 0755), 0);
	buf_release(&text);
}

/* Runs the program, with the words between, so that it finds that script first. */
static void with_postfix(const char *words)
{
	struct buf script = BUF_INIT;

	buf_addf(&script, "PATH=\"$1/bin:$PATH\" exec \"$0\" %s", words);
	shell(buf_string(&script), top, NULL);
	buf_release(&script);
}

/* The calls, one a line: "check", "status", "reload"; all with that folder. */
static void assert_calls(const char *folder, const char *calls)
{
	struct buf want = BUF_INIT, got = BUF_INIT;
	size_t len;

	for (; *calls != '\0'; calls += len + (calls[len] == ' ')) {
		len = strcspn(calls, " ");
		buf_addf(&want, "-c %s %.*s\n", folder, (int)len, calls);
	}
	if (exists(at("calls")))
		read_file(at("calls"), &got);
	ck_assert_str_eq(buf_string(&got), buf_string(&want));
	buf_release(&want);
	buf_release(&got);
}

static void assert_rolled_back(void)
{
	assert_content("main.cf", weak);
	ck_assert_uint_eq(count_prefix(top, "main.cf.", NULL), 0);
	assert_has(&r.err, "the old file is back in place");
}

/* ---- what is called when ---- */

static const struct {
	const char *name;
	const char *postfix; /* what the script does */
	const char *calls;
	int status;
	const char *said;
} rows[] = {
	{"running", "", "check status reload", 0, "hardened, and Postfix has reloaded it; the old"},
	{"not running", "test $3 != status || exit 1", "check status", 0,
	 "hardened, but nothing was reloaded: Postfix is not running; the old"},
	{"check fails", "test $3 != check || { say bad $2; exit 3; }", "check status reload", 2,
	 "check\" failed with status 3: postfix: bad /"},
	{"check fails, not running", "test $3 != reload || exit 9; say no; exit 1", "check status",
	 2, "check\" failed with status 1: postfix: no"},
	{"reload fails once",
	 "test $3 != reload -o -e once || { : >once; say busy; say later; exit 1; }",
	 "check status reload status reload", 2,
	 "reload\" failed with status 1: postfix: busy; postfix: later"},
	{"reload fails always", "test $3 != reload || exit 1", "check status reload status reload",
	 2, "the old file is back in place, but \"postfix"},
	{"says nothing", "test $3 != check || exit 1", "check status reload", 2,
	 "check\" failed with status 1; its log may say why\n"},
	{"killed", "test $3 != check || kill -KILL $$", "check status reload", 2,
	 "check\" was ended by signal 9"},
	{"says what a terminal would obey",
	 "test $3 != check || { say \"$(printf '\\033[2J\\377')\"; exit 1; }",
	 "check status reload", 2, "postfix: \\x1b[2J\\xff\n"},
	{"says much",
	 "test $3 != check || { i=0; while test $i -lt 9999; do echo $i >&2; i=$((i + 1)); done; "
	 "exit 1; }",
	 "check status reload", 2, "failed with status 1: 0; 1; 2; 3;"},
};

START_TEST(a_row)
{
	if (strstr(rows[_i].postfix, "say ") != NULL && !have_terminal())
		return;
	put("main.cf", weak);
	make_postfix(rows[_i].postfix);
	with_postfix("--reload main.cf");
	assert_status(rows[_i].status);
	assert_has(&r.err, rows[_i].said);
	assert_has(&r.out, "+smtp_tls_loglevel = 1\n");
	assert_calls(top, rows[_i].calls);
	if (rows[_i].status == 0) {
		assert_content("main.cf", hard);
		(void)the_backup();
	} else {
		assert_rolled_back();
	}
}
END_TEST

static const char *const silent[] = {
	"--reload good.d",
	"--reload -n main.cf",
	"--reload --check main.cf",
	"--reload --restore -n main.cf",
	"main.cf",
};

START_TEST(not_called_where_nothing_changed)
{
	prepare("mkdir good.d");
	put("main.cf", weak);
	put("good.d/main.cf", hard);
	put("main.cf.tlsharden-20200101T000000Z", hard);
	make_postfix("");
	with_postfix(silent[_i]);
	ck_assert_int_le(r.status, 1);
	ck_assert(!exists(at("calls")));
}
END_TEST

/* The folder as it was named, for Postfix knows instances by their names; but absolute. */
static const struct {
	const char *argument, *folder;
} folders[] = {
	{"main.cf", ""}, {".", "/."},  {"./main.cf", "/."},        {"d/main.cf", "/d"},
	{"d", "/d"},     {"d/", "/d"}, {"\"$1\"/d/main.cf", "/d"}, {"d/../main.cf", "/d/.."},
};

START_TEST(the_folder_as_it_was_named)
{
	struct buf words = BUF_INIT, want = BUF_INIT;

	put("main.cf", weak);
	prepare("mkdir x; ln -s ../main.cf x/main.cf; ln -s x d");
	make_postfix("");
	buf_addf(&words, "--reload %s", folders[_i].argument);
	buf_addf(&want, "%s%s", top, folders[_i].folder);
	with_postfix(buf_string(&words));
	assert_status(0);
	assert_calls(buf_string(&want), "check status reload");
	buf_release(&words);
	buf_release(&want);
}
END_TEST

START_TEST(several_files)
{
	prepare("mkdir a b c");
	put("a/main.cf", weak);
	put("b/main.cf", hard);
	put("c/main.cf", weak);
	make_postfix("case $2/$3 in */a/check) exit 1 ;; esac");
	with_postfix("--reload a b c");
	assert_status(2);
	assert_content("a/main.cf", weak);
	assert_content("c/main.cf", hard);
	prepare("grep -q '/a check$' calls && grep -q '/c reload$' calls && ! grep -q '/b ' calls");
}
END_TEST

START_TEST(with_a_value_that_cannot_be_known)
{
	put("main.cf", "smtp_tls_security_level = $mail_version\n");
	make_postfix("");
	with_postfix("--reload main.cf");
	assert_status(1);
	assert_calls(top, "check status reload");
}
END_TEST

START_TEST(of_a_restore)
{
	put("main.cf", weak);
	put("main.cf.tlsharden-20200101T000000Z", hard);
	make_postfix("");
	with_postfix("--reload --restore main.cf");
	assert_status(0);
	assert_content("main.cf", hard);
	assert_calls(top, "check status reload");
	assert_has(&r.err, "restored from");
	assert_has(&r.err, "and Postfix has reloaded it");
}
END_TEST

/* ---- what takes part in the way back ---- */

static const char *const ways[] = {"", "--no-backup", "--backup-dir b"};

START_TEST(the_way_back)
{
	struct buf words = BUF_INIT;
	struct stat before, after;

	put("real.cf", weak);
	prepare("mkdir b; ln -s real.cf main.cf; chmod 640 real.cf");
	make_postfix("test $3 != check || exit 1");
	ck_assert_int_eq(stat(at("real.cf"), &before), 0);
	buf_addf(&words, "--reload %s main.cf", ways[_i]);
	with_postfix(buf_string(&words));
	assert_status(2);
	assert_content("real.cf", weak);
	ck_assert(stat(at("main.cf"), &after) == 0 && after.st_mode == before.st_mode);
	ck_assert_uint_eq(count_entries(at("b")), 0);
	prepare("test -h main.cf; test -z \"$(ls | grep -e tlsharden- -e tmp)\"");
	buf_release(&words);
}
END_TEST

/* A file that somebody edits while Postfix checks it is his: it stays, and so does the backup. */
START_TEST(another_editor_in_between)
{
	put("main.cf", weak);
	make_postfix("test $3 != check || { echo edited = yes >>$2/main.cf; exit 1; }");
	with_postfix("--reload main.cf");
	assert_status(2);
	assert_has(&r.err, "the new file stays");
	assert_has(&r.err, "another program changed it meanwhile");
	prepare("grep -q '^edited = yes' main.cf");
	assert_content(the_backup(), weak);
	assert_calls(top, "check");
}
END_TEST

/* A signal while Postfix checks: what was begun is undone, then the signal has its way. */
START_TEST(a_signal_in_between)
{
	put("main.cf", weak);
	make_postfix("test $3 != check || { kill -TERM $PPID; exit 1; }");
	with_postfix("--reload main.cf");
	assert_status(128 + SIGTERM);
	assert_rolled_back();
}
END_TEST

/* The bits of SIGPIPE and SIGXFSZ in SigIgn; others are as whoever started this suite left them. */
#define IGNORED "0x1001000"

/* What was set for the sake of this program is not handed on; nor are its files. */
START_TEST(as_postfix_expects_it)
{
	/* What whoever started this suite left open is not ours. */
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	put("main.cf", weak);
	make_postfix(
		"umask >>$2/how; ! ls -l /proc/$$/fd | grep -e main.cf -e pts -e ptmx | grep -v ' "
		"[12] ->' >>$2/how; echo ignored: $((0x$(sed -n 's/SigIgn:.//p' /proc/self/status) "
		"& " IGNORED ")) >>$2/how;"
		"ls -l /proc/self/fd/0 | sed 's/.*> //' >>$2/how;"
		"test $3 = reload || : >$2/how");
	with_postfix("--reload main.cf");
	assert_status(0);
	assert_content("how", "0022\nignored: 0\n/dev/null\n");
}
END_TEST

static const char *const wrong[] = {"--reload -", "--reload other.cf", "--reload ./other.cf",
				    "--reload main.cf other.cf"};

START_TEST(wrong_usage)
{
	struct look before;

	put("main.cf", weak);
	put("other.cf", weak);
	make_postfix("");
	before = look_at("main.cf");
	with_postfix(wrong[_i]);
	assert_status(2);
	assert_has(&r.err, "try 'tlsharden --help'");
	assert_untouched(&before, "main.cf");
	ck_assert(!exists(at("calls")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reload");
	TCase *tc = tcase_create("reload");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_row, 0, COUNT(rows));
	tcase_add_loop_test(tc, not_called_where_nothing_changed, 0, COUNT(silent));
	tcase_add_loop_test(tc, the_folder_as_it_was_named, 0, COUNT(folders));
	tcase_add_test(tc, several_files);
	tcase_add_test(tc, with_a_value_that_cannot_be_known);
	tcase_add_test(tc, of_a_restore);
	tcase_add_loop_test(tc, the_way_back, 0, COUNT(ways));
	tcase_add_test(tc, another_editor_in_between);
	tcase_add_test(tc, a_signal_in_between);
	tcase_add_test(tc, as_postfix_expects_it);
	tcase_add_loop_test(tc, wrong_usage, 0, COUNT(wrong));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
