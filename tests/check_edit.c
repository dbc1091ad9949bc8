/* SPDX-License-Identifier: ISC */
/* check_edit - a text and its edits make a new text, in memory and in a file. */
#include "edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Edits are added in this order; a text of NULL ends them. */
static const struct {
	const char *what;
	const char *old;
	struct {
		size_t from, to;
		const char *text;
	} v[5];
	const char *want;
} cases[] = {
	{"none", "a\nb\n", {{0, 0, NULL}}, "a\nb\n"},
	{"none, empty", "", {{0, 0, NULL}}, ""},
	{"replace", "a\nb\nc\n", {{2, 4, "x\n"}}, "a\nx\nc\n"},
	{"replace by more", "a\nb\nc\n", {{2, 4, "x\ny\n"}}, "a\nx\ny\nc\n"},
	{"delete", "a\nb\nc\n", {{2, 4, ""}}, "a\nc\n"},
	{"delete all", "a\nb\n", {{0, 4, ""}}, ""},
	{"insert at the start", "a\n", {{0, 0, "x\n"}}, "x\na\n"},
	{"insert at the end", "a\n", {{2, 2, "x\n"}}, "a\nx\n"},
	{"insert into nothing", "", {{0, 0, "x\n"}}, "x\n"},
	{"the last line stays open", "a\nb", {{0, 2, "x\n"}}, "x\nb"},
	{"the last line is opened", "a\nb\n", {{2, 4, "x"}}, "a\nx"},
	{"out of order", "a\nb\nc\n", {{4, 6, "z\n"}, {0, 2, "x\n"}}, "x\nb\nz\n"},
	{"inserts keep their order",
	 "a\n",
	 {{2, 2, "1\n"}, {2, 2, "2\n"}, {2, 2, "3\n"}},
	 "a\n1\n2\n3\n"},
	{"insert before a replacement", "a\nb\n", {{2, 4, "y\n"}, {2, 2, "x\n"}}, "a\nx\ny\n"},
	{"insert behind a replacement", "a\nb\n", {{4, 4, "y\n"}, {2, 4, "x\n"}}, "a\nx\ny\n"},
	{"neighbours", "a\nb\nc\n", {{2, 4, "2\n"}, {0, 2, "1\n"}, {4, 6, "3\n"}}, "1\n2\n3\n"},
};

static void build(struct edits *e, int row)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; cases[row].v[i].text != NULL; i++) {
		buf_adds(&text, cases[row].v[i].text);
		edits_add(e, cases[row].v[i].from, cases[row].v[i].to, 1, &text);
		ck_assert_ptr_null(text.data);
	}
	edits_sort(e);
}

START_TEST(applies)
{
	struct edits e = {0};
	struct buf out = BUF_INIT;

	build(&e, _i);
	buf_adds(&out, "before:");
	edits_apply(&e, cases[_i].old, strlen(cases[_i].old), &out);
	ck_assert_msg(strcmp(buf_string(&out) + 7, cases[_i].want) == 0, "%s: %s", cases[_i].what,
		      buf_string(&out));
	buf_release(&out);
	edits_release(&e);
	ck_assert_uint_eq(e.n, 0);
	edits_release(&e);
}
END_TEST

static void ck_written(const struct edits *e, const char *old, size_t len)
{
	char *folder = make_folder();
	const char *path = in_folder(folder, "new");
	struct buf want = BUF_INIT, got = BUF_INIT;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_eq(edits_write(e, old, len, fd), 0);
	ck_assert_int_eq(close(fd), 0);
	edits_apply(e, old, len, &want);
	read_file(path, &got);
	ck_assert_uint_eq(got.len, want.len);
	if (want.len > 0)
		ck_assert_int_eq(memcmp(got.data, want.data, want.len), 0);
	buf_release(&want);
	buf_release(&got);
	remove_tree(folder);
	free(folder);
}

START_TEST(writes)
{
	struct edits e = {0};

	build(&e, _i);
	ck_written(&e, cases[_i].old, strlen(cases[_i].old));
	edits_release(&e);
}
END_TEST

/* So many replacements in a text of numbered lines. */
static void build_many(struct edits *e, struct buf *old, size_t n)
{
	struct buf text = BUF_INIT;
	size_t i, from;

	for (i = 0; i < n; i++) {
		buf_addf(old, "kept %zu\n", i);
		from = old->len;
		buf_addf(old, "old %zu\n", i);
		buf_addf(&text, "new line %zu\n", i);
		edits_add(e, from, old->len, i, &text);
	}
	edits_sort(e);
}

START_TEST(writes_many)
{
	static const size_t counts[] = {1, 30, 31, 32, 33, 62, 63, 64, 65, 96, 97, 1000, 10000};
	struct edits e = {0};
	struct buf old = BUF_INIT;

	build_many(&e, &old, counts[_i]);
	ck_written(&e, old.data, old.len);
	edits_release(&e);
	buf_release(&old);
}
END_TEST

/* A pipe that is not read takes a part only of what it is given. */
START_TEST(writes_piecewise)
{
	struct edits e = {0};
	struct buf old = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	char part[1000];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	build_many(&e, &old, 20000);
	edits_apply(&e, old.data, old.len, &want);
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(close(fds[0]) < 0 || edits_write(&e, old.data, old.len, fds[1]) < 0);
	(void)close(fds[1]);
	while ((n = read(fds[0], part, sizeof(part))) > 0)
		buf_add(&got, part, (size_t)n);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(got.len, want.len);
	ck_assert_int_eq(memcmp(got.data, want.data, want.len), 0);
	(void)close(fds[0]);
	edits_release(&e);
	buf_release(&old);
	buf_release(&want);
	buf_release(&got);
}
END_TEST

START_TEST(write_fails)
{
	static const size_t counts[] = {1, 40, 1000};
	struct edits e = {0};
	struct buf old = BUF_INIT;
	int fd = open("/dev/full", O_WRONLY);

	ck_assert_int_ge(fd, 0);
	build_many(&e, &old, counts[_i]);
	errno = 0;
	ck_assert_int_eq(edits_write(&e, old.data, old.len, fd), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(edits_write(&e, old.data, old.len, -1), -1);
	ck_assert_int_eq(errno, EBADF);
	(void)close(fd);
	edits_release(&e);
	buf_release(&old);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("edit");
	TCase *tc = tcase_create("edit");

	tcase_add_loop_test(tc, applies, 0, COUNT(cases));
	tcase_add_loop_test(tc, writes, 0, COUNT(cases));
	tcase_add_loop_test(tc, writes_many, 0, 13);
	tcase_add_test(tc, writes_piecewise);
	tcase_add_loop_test(tc, write_fails, 0, 3);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
