/* SPDX-License-Identifier: ISC */
/* check_lock - the edit lock, and what is planted where its file stands. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

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

int main(void)
{
	Suite *s = suite_create("lock");
	TCase *tc = cli_case(s, "lock");

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
	return run_cli(s);
}
