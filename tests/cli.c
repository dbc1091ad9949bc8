/* SPDX-License-Identifier: ISC */
#include "cli.h"

#include <fcntl.h>
#include <grp.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char weak[] = "# of a mail server\n"
		    "myhostname = mail.example.org\n"
		    "smtpd_tls_security_level = none\n"
		    "smtp_tls_security_level = none\n"
		    "smtpd_tls_loglevel = 0\n"
		    "smtp_tls_loglevel = 0\n"
		    "inet_interfaces = all\n"
		    "smtpd_tls_chain_files = /etc/mx.pem\n"
		    "smtp_tls_CAfile = /etc/ca.pem\n";
const char hard[] = "# of a mail server\n"
		    "myhostname = mail.example.org\n"
		    "smtpd_tls_security_level = may\n"
		    "smtp_tls_security_level = may\n"
		    "smtpd_tls_loglevel = 1\n"
		    "smtp_tls_loglevel = 1\n"
		    "inet_interfaces = all\n"
		    "smtpd_tls_chain_files = /etc/mx.pem\n"
		    "smtp_tls_CAfile = /etc/ca.pem\n";
const char unknown[] = "smtpd_tls_security_level = $mail_version\n"
		       "smtp_tls_security_level = none\n"
		       "smtpd_tls_loglevel = 0\n"
		       "smtp_tls_loglevel = 0\n";
const char unknown_rest[] = "smtpd_tls_security_level = $mail_version\n"
			    "smtp_tls_security_level = may\n"
			    "smtpd_tls_loglevel = 1\n"
			    "smtp_tls_loglevel = 1\n";
char *top;    /* a folder for this test, all links resolved */
struct ran r; /* what the last run did */

/* ---- running, and looking at what it did ---- */

void set_up(void)
{
	char *folder = make_folder();

	(void)umask(022);
	top = realpath(folder, NULL);
	ck_assert_ptr_nonnull(top);
	free(folder);
}

void become_root_again(void)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) == 0 && saved == 0 && effective != 0)
		ck_assert(setresuid(0, 0, 0) == 0 && setresgid(0, 0, 0) == 0);
}

void tear_down(void)
{
	const char *const argv[] = {"chmod", "-R", "u+rwX", top, NULL};

	become_root_again();
	ran_release(&r);
	run(&r, NULL, argv, NULL, 0);
	ran_release(&r);
	remove_tree(top);
	free(top);
}

const char *at(const char *name)
{
	return in_folder(top, name);
}

void run_here(const char *const argv[], const char *input, size_t len)
{
	ran_release(&r);
	run(&r, top, argv, input, len);
}

void shell(const char *script, const char *one, const char *two)
{
	const char *const argv[] = {"sh", "-c", script, program(), one, two, NULL};

	run_here(argv, NULL, 0);
}

void prepare(const char *script)
{
	shell(script, NULL, NULL);
	ck_assert_msg(r.status == 0, "%s: %s", script, buf_string(&r.err));
}

void put(const char *name, const char *text)
{
	write_file(at(name), text, strlen(text));
}

void assert_content(const char *name, const char *text)
{
	struct buf is = BUF_INIT;

	read_file(at(name), &is);
	ck_assert_msg(is.len == strlen(text) && strcmp(buf_string(&is), text) == 0,
		      "%s is:\n%s\ninstead of:\n%s", name, buf_string(&is), text);
	buf_release(&is);
}

void assert_status(int status)
{
	ck_assert_msg(r.status == status, "exit status %d instead of %d; it said:\n%s", r.status,
		      status, buf_string(&r.err));
}

void assert_has(const struct buf *b, const char *text)
{
	ck_assert_msg(strstr(buf_string(b), text) != NULL, "no \"%s\" in:\n%s", text,
		      buf_string(b));
}

void assert_has_not(const struct buf *b, const char *text)
{
	ck_assert_msg(strstr(buf_string(b), text) == NULL, "\"%s\" in:\n%s", text, buf_string(b));
}

size_t count_lines(const struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

void assert_trouble(const char *path)
{
	assert_status(2);
	ck_assert_str_eq(buf_string(&r.out), "");
	ck_assert_msg(count_lines(&r.err) == 1, "more or less than one line:\n%s",
		      buf_string(&r.err));
	ck_assert_msg(strncmp(buf_string(&r.err), "tlsharden: ", 11) == 0, "said: %s",
		      buf_string(&r.err));
	assert_has(&r.err, path);
}

struct look look_at(const char *name)
{
	struct look l = {.bytes = BUF_INIT};

	make_old(at(name));
	make_old(top);
	ck_assert(lstat(at(name), &l.file) == 0 && lstat(top, &l.folder) == 0);
	if (S_ISREG(l.file.st_mode) && access(at(name), R_OK) == 0)
		read_file(at(name), &l.bytes);
	l.entries = count_entries(top);
	return l;
}

bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

void assert_whole(struct look *before, const char *name)
{
	struct look now = {.bytes = BUF_INIT};

	ck_assert_int_eq(lstat(at(name), &now.file), 0);
	ck_assert_msg(now.file.st_ino == before->file.st_ino, "%s has a new inode", name);
	ck_assert_msg(same_time(now.file.st_mtim, before->file.st_mtim), "%s has a new mtime",
		      name);
	ck_assert_uint_eq(now.file.st_mode, before->file.st_mode);
	ck_assert_uint_eq(count_entries(top), before->entries);
	if (S_ISREG(now.file.st_mode) && access(at(name), R_OK) == 0)
		read_file(at(name), &now.bytes);
	ck_assert_uint_eq(now.bytes.len, before->bytes.len);
	ck_assert_str_eq(buf_string(&now.bytes), buf_string(&before->bytes));
	buf_release(&now.bytes);
	buf_release(&before->bytes);
}

void assert_untouched(struct look *before, const char *name)
{
	struct stat file, folder;

	assert_whole(before, name);
	ck_assert(lstat(at(name), &file) == 0 && lstat(top, &folder) == 0);
	ck_assert_msg(same_time(file.st_ctim, before->file.st_ctim), "%s has a new ctime", name);
	ck_assert_msg(same_time(folder.st_mtim, before->folder.st_mtim), "the folder was written");
}

bool matches(const char *text, const char *pattern)
{
	regex_t re;
	bool found;

	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	found = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

const char *the_backup(void)
{
	static struct buf name;

	ck_assert_uint_eq(count_prefix(top, "main.cf.tlsharden-", &name), 1);
	ck_assert_msg(matches(buf_string(&name), "^main\\.cf\\.tlsharden-[0-9]{8}T[0-9]{6}Z$"),
		      "a backup called %s", buf_string(&name));
	return buf_string(&name);
}

bool become_nobody(void)
{
	if (geteuid() != 0)
		return true;
	shell("chown -R \"$1:$1\" .", "65534", NULL);
	assert_status(0);
	ck_assert(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, 0) == 0 &&
		  setresuid(NOBODY, NOBODY, 0) == 0);
	if (access(program(), X_OK) == 0)
		return true;
	(void)fprintf(stderr, "*** SKIPPED: root, and nobody cannot run %s ***\n", program());
	ck_assert_msg(getenv("CHECK_ALL") == NULL, "CHECK_ALL wants every check");
	return false;
}

TCase *cli_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 900);
	suite_add_tcase(s, tc);
	return tc;
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

int run_cli(Suite *s)
{
	char *folder = copy_program();
	int rc = run_suite(s);

	remove_tree(folder);
	free(folder);
	return rc;
}
