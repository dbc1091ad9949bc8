/* SPDX-License-Identifier: ISC */
/* check_input - whole files in memory; only regular ones, and never waiting. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static char *folder;

static void set_up(void)
{
	folder = make_folder();
}

static void tear_down(void)
{
	remove_tree(folder);
	free(folder);
}

static int open_fixture(const char *bytes, size_t len, struct stat *st)
{
	struct buf why = BUF_INIT;
	int fd;

	write_file(in_folder(folder, "file"), bytes, len);
	fd = input_open(AT_FDCWD, in_folder(folder, "file"), st, &why);
	ck_assert_msg(fd >= 0, "%s", buf_string(&why));
	ck_assert_str_eq(buf_string(&why), "");
	return fd;
}

/* With hints that are right, too small and too large. */
START_TEST(reads_all)
{
	static const size_t lens[] = {0, 1, 2, 4095, 4096, 65535, 65536, 65537, 300000};
	static const size_t hints[] = {0, 1, 65536, 1000000};
	struct buf text = BUF_INIT, why = BUF_INIT;
	size_t len = lens[_i / 4], i;
	char *bytes = malloc(len + 1);
	struct stat st;
	int fd;

	for (i = 0; i < len; i++)
		bytes[i] = (char)(i * 7);
	fd = open_fixture(bytes, len, &st);
	ck_assert_int_eq(st.st_size, (off_t)len);
	buf_adds(&text, "before");
	ck_assert_int_eq(input_read(fd, hints[_i % 4], &text, &why), 0);
	ck_assert_uint_eq(text.len, len + 6);
	ck_assert_int_eq(memcmp(text.data, "before", 6), 0);
	ck_assert_int_eq(memcmp(text.data + 6, bytes, len), 0);
	ck_assert(text.data[text.len] == '\0');
	(void)close(fd);
	free(bytes);
	buf_release(&text);
}
END_TEST

START_TEST(opens_below_a_folder)
{
	struct buf why = BUF_INIT;
	struct stat st;
	int dir = open(folder, O_RDONLY | O_DIRECTORY), fd;

	write_file(in_folder(folder, "file"), "x", 1);
	ck_assert_int_eq(symlink("file", in_folder(folder, "link")), 0);
	fd = input_open(dir, "file", &st, &why);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	(void)close(fd);
	fd = input_open(dir, "link", &st, &why);
	ck_assert_int_ge(fd, 0);
	ck_assert(S_ISREG(st.st_mode));
	(void)close(fd);
	(void)close(dir);
}
END_TEST

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
}

/* The time limit of the test case is what a FIFO must not make it run into. */
START_TEST(refuses_what_is_no_file)
{
	static const char *const names[] = {"absent",    "folder",    "fifo",     "socket",
					    "/dev/null", "/dev/full", "dangling", "to-fifo",
					    "loop",      ""};
	struct buf why = BUF_INIT;
	struct stat st;
	const char *name = names[_i];

	ck_assert_int_eq(mkdir(in_folder(folder, "folder"), 0700), 0);
	ck_assert_int_eq(mkfifo(in_folder(folder, "fifo"), 0600), 0);
	make_socket(in_folder(folder, "socket"));
	ck_assert_int_eq(symlink("absent", in_folder(folder, "dangling")), 0);
	ck_assert_int_eq(symlink("fifo", in_folder(folder, "to-fifo")), 0);
	ck_assert_int_eq(symlink("loop", in_folder(folder, "loop")), 0);
	if (*name != '/' && *name != '\0')
		name = in_folder(folder, name);
	ck_assert_msg(input_open(AT_FDCWD, name, &st, &why) == -1, "%s", name);
	ck_assert_uint_gt(why.len, 0);
	ck_assert_ptr_null(strchr(why.data, '\n'));
	buf_release(&why);
}
END_TEST

START_TEST(says_why)
{
	struct buf why = BUF_INIT, text = BUF_INIT;
	struct stat st;
	int fd;

	ck_assert_int_eq(input_open(AT_FDCWD, in_folder(folder, "absent"), &st, &why), -1);
	ck_assert_str_eq(buf_string(&why), strerror(ENOENT));
	buf_clear(&why);
	ck_assert_int_eq(input_open(AT_FDCWD, folder, &st, &why), -1);
	ck_assert_str_eq(buf_string(&why), "not a regular file");
	buf_clear(&why);
	ck_assert_int_eq(input_read(-1, 0, &text, &why), -1);
	ck_assert_str_eq(buf_string(&why), strerror(EBADF));
	buf_clear(&why);
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(input_read(fd, 0, &text, &why), -1);
	ck_assert_str_eq(buf_string(&why), strerror(EISDIR));
	(void)close(fd);
	buf_release(&why);
	buf_release(&text);
}
END_TEST

START_TEST(too_large)
{
	struct buf why = BUF_INIT, text = BUF_INIT;

	ck_assert_int_eq(input_read(0, INPUT_MAX + 1, &text, &why), -1);
	ck_assert_uint_gt(why.len, 0);
	buf_release(&why);
	buf_release(&text);
}
END_TEST

/* What comes piece by piece, as from a pipe, is read to its end. */
START_TEST(reads_a_pipe)
{
	struct buf why = BUF_INIT, text = BUF_INIT;
	int fds[2], i, wrong = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		for (i = 0; i < 100000; i++)
			if (write(fds[1], "abc", 3) != 3)
				_exit(1);
		_exit(0);
	}
	(void)close(fds[1]);
	ck_assert_int_eq(input_read(fds[0], 0, &text, &why), 0);
	ck_assert_uint_eq(text.len, 300000);
	for (i = 0; i < 300000; i++)
		wrong += text.data[i] != "abc"[i % 3];
	ck_assert_int_eq(wrong, 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	(void)close(fds[0]);
	buf_release(&text);
}
END_TEST

static const struct {
	const char *file, *text;
	int want;
} same[] = {
	{"", "", 1},      {"abc", "abc", 1}, {"abc", "abd", 0}, {"abc", "ab", 0},
	{"ab", "abc", 0}, {"", "a", 0},      {"a", "", 0},
};

START_TEST(is_the_same)
{
	struct stat st;
	int fd = open_fixture(same[_i].file, strlen(same[_i].file), &st);

	ck_assert_int_eq(input_same(fd, same[_i].text, strlen(same[_i].text)), same[_i].want);
	(void)close(fd);
}
END_TEST

START_TEST(large_is_the_same)
{
	char *bytes = calloc(1, 100000);
	struct stat st;
	int fd = open_fixture(bytes, 100000, &st);

	ck_assert_int_eq(input_same(fd, bytes, 100000), 1);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(input_same(fd, bytes, 99999), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	bytes[99999] = 1;
	ck_assert_int_eq(input_same(fd, bytes, 100000), 0);
	ck_assert_int_eq(input_same(-1, bytes, 100000), -1);
	ck_assert_int_eq(errno, EBADF);
	(void)close(fd);
	free(bytes);
}
END_TEST

/* Each of these alone tells that the file is another one. */
START_TEST(every_difference_counts)
{
	struct stat a = {0}, b;

	a.st_dev = 1;
	a.st_ino = 2;
	a.st_size = 3;
	a.st_mtim = (struct timespec){4, 5};
	a.st_ctim = (struct timespec){6, 7};
	b = a;
	b.st_atim.tv_sec++;
	b.st_nlink++;
	ck_assert(input_unchanged(&a, &b));
	b.st_dev += _i == 0;
	b.st_ino += _i == 1;
	b.st_size += _i == 2;
	b.st_mtim.tv_sec += _i == 3;
	b.st_mtim.tv_nsec += _i == 4;
	b.st_ctim.tv_sec += _i == 5;
	b.st_ctim.tv_nsec += _i == 6;
	ck_assert(!input_unchanged(&a, &b));
	ck_assert(!input_unchanged(&b, &a));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("input");
	TCase *tc = tcase_create("input");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, reads_all, 0, 9 * 4);
	tcase_add_test(tc, opens_below_a_folder);
	tcase_add_loop_test(tc, refuses_what_is_no_file, 0, 10);
	tcase_add_test(tc, says_why);
	tcase_add_test(tc, too_large);
	tcase_add_test(tc, reads_a_pipe);
	tcase_add_loop_test(tc, is_the_same, 0, 7);
	tcase_add_test(tc, large_is_the_same);
	tcase_add_loop_test(tc, every_difference_counts, 0, 7);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
