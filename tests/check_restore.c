/* SPDX-License-Identifier: ISC */
/*
 * check_restore - the newest backup comes back, byte for byte, and what it
 * replaces is kept.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- there and back ---- */

static const struct {
	const char *name;
	const char *prepare;
	const char *options[2];
	const char *arg;  /* what is named on the command line */
	const char *file; /* what that is */
} ways[] = {
	{"a file", "true", {NULL}, "main.cf", "main.cf"},
	{"a folder", "true", {NULL}, ".", "main.cf"},
	{"a link", "mkdir d; mv main.cf d; ln -s d/main.cf .", {NULL}, "main.cf", "d/main.cf"},
	{"in a folder of backups", "mkdir b", {"--backup-dir", "b"}, "main.cf", "main.cf"},
	{"of another name", "mv main.cf other.cf", {NULL}, "other.cf", "other.cf"},
	{"hard links", "ln main.cf second", {NULL}, "main.cf", "main.cf"},
};

static void with_options(int way, const char *more)
{
	const char *argv[6] = {program()};
	size_t n = 1;

	if (more != NULL)
		argv[n++] = more;
	if (ways[way].options[0] != NULL) {
		argv[n++] = ways[way].options[0];
		argv[n++] = ways[way].options[1];
	}
	argv[n] = ways[way].arg;
	run_here(argv, NULL, 0);
}

START_TEST(twice_is_where_one_was)
{
	struct stat before, after;

	put("main.cf", weak);
	prepare(ways[_i].prepare);
	ck_assert_int_eq(chmod(at(ways[_i].file), 0640), 0);
	with_options(_i, NULL);
	assert_status(0);
	assert_content(ways[_i].file, hard);
	ck_assert_int_eq(stat(at(ways[_i].file), &before), 0);
	with_options(_i, "--restore");
	assert_status(0);
	assert_content(ways[_i].file, weak);
	assert_has(&r.out, "-smtp_tls_loglevel = 1\n");
	assert_has(&r.out, "+smtp_tls_loglevel = 0\n");
	assert_has(&r.err, "restored from");
	with_options(_i, "--restore");
	assert_status(0);
	assert_content(ways[_i].file, hard);
	with_options(_i, "--restore");
	assert_content(ways[_i].file, weak);
	ck_assert_int_eq(stat(at(ways[_i].file), &after), 0);
	ck_assert_uint_eq(before.st_mode, after.st_mode);
	prepare("test -z \"$(find . -name '*.tmp')\"");
}
END_TEST

START_TEST(a_link_stays_a_link)
{
	struct stat st;

	prepare("mkdir d; ln -s d/main.cf main.cf");
	put("d/main.cf", weak);
	HARDEN("main.cf");
	HARDEN("--restore", "main.cf");
	assert_status(0);
	ck_assert(lstat(at("main.cf"), &st) == 0 && S_ISLNK(st.st_mode));
}
END_TEST

/* What the diff of a restore says is what patch does to a copy. */
START_TEST(the_diff_is_good_for_patch)
{
	if (!have_program("patch"))
		return;
	put("main.cf", weak);
	HARDEN("main.cf");
	prepare("printf 'not = closed' >>main.cf; cp main.cf copy");
	HARDEN("--restore", "main.cf");
	assert_status(0);
	assert_content("main.cf", weak);
	write_file(at("diff"), buf_string(&r.out), r.out.len);
	prepare("patch -s copy diff && cmp copy main.cf");
}
END_TEST

START_TEST(a_dry_run_writes_nothing)
{
	struct look before;
	struct buf diff = BUF_INIT;

	put("main.cf", weak);
	HARDEN("main.cf");
	before = look_at("main.cf");
	HARDEN("--restore", "-n", "main.cf");
	assert_status(0);
	assert_untouched(&before, "main.cf");
	buf_add(&diff, r.out.data, r.out.len);
	HARDEN("--restore", "main.cf");
	ck_assert_str_eq(buf_string(&r.out), buf_string(&diff));
	buf_release(&diff);
}
END_TEST

START_TEST(what_is_there_already_is_not_written)
{
	struct look before;

	put("main.cf", weak);
	HARDEN("main.cf");
	put("main.cf", weak);
	before = look_at("main.cf");
	HARDEN("--restore", "main.cf");
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "");
	ck_assert_str_eq(buf_string(&r.err), "");
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(without_a_backup_of_what_is_replaced)
{
	put("main.cf", weak);
	HARDEN("main.cf");
	HARDEN("--restore", "--no-backup", "main.cf");
	assert_status(0);
	assert_content("main.cf", weak);
	(void)the_backup();
}
END_TEST

/* Who breaks main.cf by hand wants the old one back, whatever Postfix says of the new one. */
START_TEST(a_broken_file_is_replaced)
{
	put("main.cf", weak);
	HARDEN("main.cf");
	put("main.cf", "root@mx:~# postconf -e\nhalf a line");
	HARDEN("--restore", "main.cf");
	assert_status(0);
	assert_content("main.cf", weak);
	HARDEN("--restore", "main.cf");
	assert_content("main.cf", "root@mx:~# postconf -e\nhalf a line");
}
END_TEST

/* ---- which backup ---- */

/* The newest is the one with the newest name; $old and $new are the texts that may come back. */
static const struct {
	const char *prepare;
	const char *restored; /* what main.cf is then; NULL where there is nothing to restore */
	const char *said;     /* on standard error */
} choices[] = {
	{"true", NULL, "no backup of it is in"},
	{"echo a = 1 >main.cf.tlsharden-20200101T000000Z", "a = 1\n", "restored from"},
	{"echo a = 1 >main.cf.tlsharden-20200101T000000Z;"
	 "echo b = 1 >main.cf.tlsharden-20200101T000001Z;"
	 "echo c = 1 >main.cf.tlsharden-20191231T235959Z",
	 "b = 1\n", "T000001Z"},
	{"echo a = 1 >main.cf.tlsharden-20200101T000000Z;"
	 "echo b = 1 >main.cf.tlsharden-20200101T000000Z-9;"
	 "echo c = 1 >main.cf.tlsharden-20200101T000000Z-10",
	 "c = 1\n", "Z-10"},
	{"echo a = 1 >main.cf.tlsharden-20200101T000000Z;"
	 "touch -d 2001-01-01 main.cf.tlsharden-20200101T000000Z;"
	 "echo b = 1 >main.cf.tlsharden-20190101T000000Z",
	 "a = 1\n", "restored from"},
	/* What does not bear the name of a backup is none. */
	{"echo a = 1 >main.cf.tlsharden-20200101T000000; echo a = 1 >main.cf.bak;"
	 "echo a = 1 >main.cf.tlsharden-20200101T000000Z.orig;"
	 "echo a = 1 >main.cf.tlsharden-20200101T000000Z-1;"
	 "echo a = 1 >other.cf.tlsharden-20200101T000000Z",
	 NULL, "no backup of it is in"},
	/* A crash between the link and the rename leaves the live file as a "backup" of itself. */
	{"echo a = 1 >main.cf.tlsharden-20200101T000000Z; ln main.cf "
	 "main.cf.tlsharden-20200101T000001Z",
	 "a = 1\n", "T000000Z"},
	{"ln main.cf main.cf.tlsharden-20200101T000001Z", NULL, "no backup of it is in"},
	/* Bytes from a regular file only. */
	{"echo a = 1 >secret; ln -s secret main.cf.tlsharden-20200101T000000Z", NULL,
	 "not a regular file"},
	{"echo a = 1 >secret; ln -s secret main.cf.tlsharden-20200101T000001Z;"
	 "echo b = 1 >main.cf.tlsharden-20200101T000000Z",
	 "b = 1\n", "T000001Z was passed over"},
	{"mkdir main.cf.tlsharden-20200101T000001Z; mkfifo main.cf.tlsharden-20200101T000002Z;"
	 "echo b = 1 >main.cf.tlsharden-20200101T000000Z",
	 "b = 1\n", "T000002Z was passed over"},
	{": >main.cf.tlsharden-20200101T000000Z", "", "restored from"},
};

START_TEST(a_choice)
{
	struct look before;

	put("main.cf", weak);
	prepare(choices[_i].prepare);
	before = look_at("main.cf");
	HARDEN("--restore", "main.cf");
	assert_has(&r.err, choices[_i].said);
	if (choices[_i].restored == NULL) {
		assert_trouble("main.cf");
		assert_untouched(&before, "main.cf");
		return;
	}
	assert_status(0);
	assert_content("main.cf", choices[_i].restored);
	HARDEN("--restore", "main.cf");
	assert_content("main.cf", weak);
	buf_release(&before.bytes);
}
END_TEST

/*
 * A crash between the copy for a backup and the rename leaves a backup of what is
 * still in place. To put that back would be to do nothing, and to say that all is well.
 */
static const struct {
	const char *name, *prepare;
	bool file_is_newer; /* it got its text when the backup was there */
	bool passed_over;
} copies[] = {
	{"left by a crash", "cp -p main.cf $b", false, true},
	{"put back by hand", "cp -p main.cf $b", true, false},
	{"of another time", "cp main.cf $b", false, false},
	{"of another mode", "cp -p main.cf $b; chmod 640 $b", false, false},
	{"of another size", "cp -p main.cf $b; echo >>$b; touch -r main.cf $b", false, false},
};

/* Its ctime comes after that of another file, however coarse the clock is. */
static void change_after(const char *name, const char *other)
{
	struct stat st, than;

	ck_assert_int_eq(lstat(at(other), &than), 0);
	do
		ck_assert(chmod(at(name), 0644) == 0 && lstat(at(name), &st) == 0);
	while (st.st_ctim.tv_sec == than.st_ctim.tv_sec &&
	       st.st_ctim.tv_nsec == than.st_ctim.tv_nsec);
}

START_TEST(a_copy_of_what_is_in_place)
{
	struct buf script = BUF_INIT;

	put("main.cf", weak);
	make_old(at("main.cf"));
	put("main.cf.tlsharden-20200101T000000Z", hard);
	buf_addf(&script, "b=main.cf.tlsharden-20200101T000001Z; %s", copies[_i].prepare);
	prepare(buf_string(&script));
	buf_release(&script);
	if (copies[_i].file_is_newer)
		change_after("main.cf", "main.cf.tlsharden-20200101T000001Z");
	HARDEN("--restore", "main.cf");
	assert_status(0);
	ck_assert_msg(copies[_i].passed_over == (strstr(buf_string(&r.err), "T000000Z") != NULL),
		      "%s: %s", copies[_i].name, buf_string(&r.err));
	if (copies[_i].passed_over)
		assert_content("main.cf", hard);
}
END_TEST

/* Anybody who may write into the folder can plant a name; root and the owner are believed. */
static const struct {
	const char *owners; /* of main.cf and of the backup */
	bool restored;
} owners[] = {
	{"chown 8 main.cf; chown 8 main.cf.tlsharden-20200101T000000Z", true},
	{"chown 8 main.cf; chown 0 main.cf.tlsharden-20200101T000000Z", true},
	{"chown 0 main.cf; chown 8 main.cf.tlsharden-20200101T000000Z", false},
	{"chown 8 main.cf; chown 9 main.cf.tlsharden-20200101T000000Z", false},
};

START_TEST(of_a_stranger)
{
	if (geteuid() != 0) {
		(void)fprintf(stderr, "*** SKIPPED: only root can give files away ***\n");
		return;
	}
	put("main.cf", weak);
	put("main.cf.tlsharden-20200101T000000Z", hard);
	prepare(owners[_i].owners);
	HARDEN("--restore", "main.cf");
	assert_status(owners[_i].restored ? 0 : 2);
	assert_content("main.cf", owners[_i].restored ? hard : weak);
}
END_TEST

/* ---- several, and wrong usage ---- */

START_TEST(one_without_a_backup_does_not_stop_the_rest)
{
	prepare("mkdir a b");
	put("a/main.cf", weak);
	put("b/main.cf", weak);
	HARDEN("b");
	HARDEN("--restore", "a", "b");
	assert_status(2);
	assert_content("a/main.cf", weak);
	assert_content("b/main.cf", weak);
	assert_has(&r.err, "a/main.cf: no backup");
	assert_has(&r.err, "b/main.cf: restored");
}
END_TEST

static const char *const wrong[][3] = {
	{"--restore", "--check", "main.cf"},
	{"--restore", "-", NULL},
	{"--restore", NULL, NULL},
};

START_TEST(wrong_usage)
{
	const char *argv[5] = {program(), wrong[_i][0], wrong[_i][1], wrong[_i][2]};
	struct look before;

	put("main.cf", weak);
	before = look_at("main.cf");
	run_here(argv, "", 0);
	assert_status(2);
	ck_assert_str_eq(buf_string(&r.out), "");
	assert_has(&r.err, "try 'tlsharden --help'");
	assert_untouched(&before, "main.cf");
}
END_TEST

START_TEST(nothing_where_the_diff_cannot_be_printed)
{
	struct look before;

	put("main.cf", weak);
	HARDEN("main.cf");
	before = look_at("main.cf");
	shell("\"$0\" --restore main.cf >/dev/full", NULL, NULL);
	assert_status(2);
	assert_has(&r.err, "standard output");
	assert_whole(&before, "main.cf");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("restore");
	TCase *tc = tcase_create("restore");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, twice_is_where_one_was, 0, COUNT(ways));
	tcase_add_test(tc, a_link_stays_a_link);
	tcase_add_test(tc, the_diff_is_good_for_patch);
	tcase_add_test(tc, a_dry_run_writes_nothing);
	tcase_add_test(tc, what_is_there_already_is_not_written);
	tcase_add_test(tc, without_a_backup_of_what_is_replaced);
	tcase_add_test(tc, a_broken_file_is_replaced);
	tcase_add_loop_test(tc, a_choice, 0, COUNT(choices));
	tcase_add_loop_test(tc, a_copy_of_what_is_in_place, 0, COUNT(copies));
	tcase_add_loop_test(tc, of_a_stranger, 0, COUNT(owners));
	tcase_add_test(tc, one_without_a_backup_does_not_stop_the_rest);
	tcase_add_loop_test(tc, wrong_usage, 0, COUNT(wrong));
	tcase_add_test(tc, nothing_where_the_diff_cannot_be_printed);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
