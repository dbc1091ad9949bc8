/* SPDX-License-Identifier: ISC */
/* check_kept - what stays of the old file: a backup, links, owner and mode. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

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

/* ---- all of them ---- */

int main(void)
{
	Suite *s = suite_create("kept");
	TCase *tc = cli_case(s, "backup");

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
	tc = cli_case(s, "links");
	tcase_add_loop_test(tc, link_stays_and_its_target_is_replaced, 0, COUNT(links));
	tcase_add_loop_test(tc, links_lead_into_other_folders, 0, COUNT(far_links));
	tcase_add_test(tc, hard_link_is_warned_of);
	tcase_add_test(tc, unreadable_by_others_is_warned_of);
	tcase_add_test(tc, owner_and_mode_are_kept);
	tcase_add_test(tc, owner_that_cannot_be_kept);
	return run_cli(s);
}
