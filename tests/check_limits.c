/* SPDX-License-Identifier: ISC */
/*
 * check_limits - files that nobody would write: long, deep, many, endless.
 *
 * Each goes through the program, which has a small stack. It must end as it does
 * for any file, say little, and keep to its memory: $SHOW prints how much that is.
 * That it does not take long is for tests/linear.sh to show.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/*
 * What a sanitizer puts around each variable needs room, and so does what was
 * freed. A tenth of the length is enough for it to see what it sees.
 */
#ifdef SANITIZED
#define STACK ((rlim_t)1 << 20)
#define MEASURES_MEMORY false
#define LENGTH 100000UL
#else
#define STACK ((rlim_t)256 << 10)
#define MEASURES_MEMORY true
#define LENGTH 1000000UL
#endif

#define MANY 100000UL
#define MILLION 1000000UL

/* ---- making them ---- */

static void put(FILE *f, const char *text)
{
	(void)fputs(text, f);
}

/* So many bytes, or a little more, of a text over and over. */
static void fill(FILE *f, const char *text, size_t bytes)
{
	static char block[1 << 16];
	size_t len = strlen(text), room = sizeof(block) / len * len, at, part;

	for (at = 0; at < room; at += len)
		memcpy(block + at, text, len);
	for (; bytes > 0; bytes -= part) {
		part = bytes < room ? bytes : room;
		(void)fwrite(block, 1, part, f);
	}
}

static void repeat(FILE *f, const char *text, size_t times)
{
	fill(f, text, times * strlen(text));
}

/* Names that lead from n0 to the last one, which refers to nothing that is set. */
static void make_chain(FILE *f, size_t n)
{
	size_t i;

	put(f, "smtp_tls_security_level = $n0\n");
	for (i = 0; i < n; i++)
		(void)fprintf(f, "n%zu = $n%zu\n", i, i + 1);
}

static void make_doubling(FILE *f, size_t n)
{
	size_t i;

	put(f, "smtp_tls_security_level = $n0\n");
	for (i = 0; i < n; i++)
		(void)fprintf(f, "n%zu = $n%zu$n%zu\n", i, i + 1, i + 1);
}

static void make_operands_by_name(FILE *f, size_t n)
{
	size_t i;

	put(f, "smtp_tls_security_level = $n0\n");
	for (i = 0; i < n; i++)
		(void)fprintf(f, "n%zu = ${{$n%zu}==\n {$n%zu}?{may}}\n", i, i + 1, i + 1);
}

static void make_ordinary(FILE *f, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)fprintf(f, "parameter_%06zu = some value number %zu\n", i, i);
}

static void make_recursion(FILE *f, size_t n)
{
	(void)n;
	put(f, "smtp_tls_security_level = $a\na = $b\nb = ${c?$a}$a\nc = d\n");
}

static void make_circle(FILE *f, size_t n)
{
	(void)n;
	put(f, "smtp_tls_security_level = $smtpd_tls_security_level\n"
	       "smtpd_tls_security_level = $smtp_tls_security_level\n");
}

static void make_nested(FILE *f, size_t n)
{
	put(f, "smtp_tls_security_level = ");
	repeat(f, "${nothing:", n);
	repeat(f, "}", n);
}

static void make_operands(FILE *f, size_t n)
{
	put(f, "smtp_tls_security_level = ");
	repeat(f, "${{", n);
	repeat(f, "}=={true}}", n);
}

static void make_lines_with_nul(FILE *f, size_t n)
{
	while (n-- > 0)
		(void)fwrite("a = \0b\n", 1, 7, f);
}

static void make_nuls(FILE *f, size_t n)
{
	static const char nuls[1 << 16];

	for (; n > sizeof(nuls); n -= sizeof(nuls))
		(void)fwrite(nuls, 1, sizeof(nuls), f);
	(void)fwrite(nuls, 1, n, f);
}

#define WEAK "smtp_tls_loglevel = 0\n"
#define LOG "smtp_tls_loglevel = "
#define LEVEL "smtp_tls_security_level = "
#define DRY "--dry-run"
#define APPLY "--no-backup"
#define NESTING "unreasonable nesting"
#define UNCLOSED "closing bracket"
#define TOO_MUCH "than is reasonable"

static const struct limit {
	const char *what;
	/* By a function, or by what is at the start, over and over, and at the end. */
	void (*make)(FILE *, size_t n);
	const char *start, *part, *end;
	size_t n;         /* times of part; to the function */
	const char *mode; /* an option */
	int status;
	size_t lines;     /* on standard error */
	const char *says; /* there, or NULL */
	unsigned memory;  /* at most so many times the file, and what a small one needs; or 0 */
} limits[] = {
	/* deep */
	{"100 names", make_chain, NULL, NULL, NULL, 100, DRY, 0, 0, NULL, 0},
	{"101 names", make_chain, NULL, NULL, NULL, 101, DRY, 1, 1, NESTING, 0},
	{"a million names", make_chain, NULL, NULL, NULL, MILLION, DRY, 1, 1, NESTING, 4},
	{"names that lead to each other", make_recursion, NULL, NULL, NULL, 0, DRY, 1, 1, NESTING,
	 0},
	{"levels that lead to each other", make_circle, NULL, NULL, NULL, 0, DRY, 1, 2,
	 "refers to itself", 0},
	{"names that double", make_doubling, NULL, NULL, NULL, 90, DRY, 1, 1, TOO_MUCH, 0},
	{"102 braces in braces", make_nested, NULL, NULL, NULL, 102, DRY, 1, 1, NESTING, 0},
	{"braces in braces", make_nested, NULL, NULL, NULL, MANY, DRY, 1, 1, TOO_MUCH, 0},
	{"braces in braces, not closed", NULL, LOG, "${a:", "", MANY, DRY, 1, 1, UNCLOSED, 0},
	{"brackets in brackets, not closed", NULL, LOG, "$(", ")\n", MANY, DRY, 1, 1, UNCLOSED, 0},
	{"200 operands in operands", make_operands, NULL, NULL, NULL, 200, DRY, 0, 0, NULL, 0},
	{"300 operands in operands", make_operands, NULL, NULL, NULL, 300, DRY, 1, 1, NESTING, 0},
	{"operands in operands", make_operands, NULL, NULL, NULL, MANY, DRY, 1, 1, TOO_MUCH, 0},
	{"operands in operands, not closed", NULL, LOG, "${{", "", MANY, DRY, 1, 1, UNCLOSED, 0},
	{"operands that lead to operands", make_operands_by_name, NULL, NULL, NULL, MANY, DRY, 1, 1,
	 NESTING, 4},
	/* many */
	{"a million lines", make_ordinary, NULL, NULL, NULL, MILLION, DRY, 0, 0, NULL, 4},
	{"a million lines, replaced", make_ordinary, NULL, NULL, NULL, MILLION, APPLY, 0, 0, NULL,
	 4},
	{"a million to be raised", NULL, "", WEAK, "", MILLION, DRY, 0, 0, NULL, 10},
	{"a million raised", NULL, "", WEAK, "", MILLION, APPLY, 0, 0, NULL, 10},
	{"a million empty levels", NULL, "smtp_use_tls = yes\n", LEVEL "\n", "", MILLION, DRY, 0, 0,
	 NULL, 10},
	{"a million good ones", NULL, "smtp_tls_wrappermode = no\n", LEVEL "may\n", "", MILLION,
	 DRY, 0, 0, NULL, 4},
	{"a million of another kind", NULL, "", "relayhost = [mail.example.org]\n", "", MILLION,
	 DRY, 0, 0, NULL, 4},
	{"100,000 malformed lines", NULL, "", "what is this?\n", "", MANY, DRY, 2, MANY,
	 ":100000: missing '=' after parameter name: \"what is this?\"", 12},
	{"100,000 lines with a NUL", make_lines_with_nul, NULL, NULL, NULL, MANY, DRY, 2, MANY,
	 ":100000: NUL byte: \"a = \\x00b\"", 20},
	/* long */
	{"a long value", NULL, LOG, "x", "\n", 100 * LENGTH, DRY, 0, 0, NULL, 5},
	{"a long value without a newline", NULL, LEVEL, "may ", "", 25 * LENGTH, APPLY, 0, 0, NULL,
	 5},
	/* The line twice in the diff, for it gets a newline; once as the edit; once as the file. */
	{"a long comment", NULL, "#", "smtp_tls_loglevel = 1 # ", "", 4 * LENGTH, DRY, 0, 0, NULL,
	 5},
	{"a long name", NULL, "", "smtp_tls_loglevel", "", 6 * LENGTH, DRY, 2, 1,
	 ":1: missing '=' after parameter name: \"smtp_tls_loglevel", 2},
	{"long continuation lines", NULL, WEAK, " 0123456789 # x\n", "", 6 * LENGTH, DRY, 0, 0,
	 NULL, 5},
	{"short continuation lines", NULL, WEAK, " 0\n", "", 33 * LENGTH, DRY, 0, 0, NULL, 5},
	{"comments inside a value", NULL, WEAK, "#\n 0\n", "", MILLION, DRY, 0, 0, NULL, 25},
	{"dollars, an odd number", NULL, LOG, "$", "\n", 100 * LENGTH + 1, DRY, 1, 1, "left alone",
	 5},
	{"braces", NULL, LOG, "{", "\n", 10 * LENGTH, DRY, 0, 0, NULL, 5},
	{"braces of a macro", NULL, LOG "$", "{", "\n", 10 * LENGTH, DRY, 1, 1, "left alone", 5},
	{"nothing but 0xFF", NULL, "", "\377", "", 100 * LENGTH, DRY, 2, 1, ":1: missing '='", 2},
	{"nothing but CR", NULL, "", "\r", "", 100 * LENGTH, DRY, 0, 0, NULL, 5},
	{"nothing but newlines", NULL, "", "\n", "", 100 * LENGTH, DRY, 0, 0, NULL, 2},
	{"nothing but signs", NULL, "", "=", "", 100 * LENGTH, DRY, 2, 1,
	 ":1: missing parameter name", 2},
	{"nothing but NUL", make_nuls, NULL, NULL, NULL, 100 * LENGTH, DRY, 2, 2, ":1: NUL byte",
	 2},
	{"blanks that go on with nothing", NULL, " ", " ", "x", 100 * LENGTH, DRY, 0, 0, NULL, 5},
};

/* ---- running the program on them ---- */

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

static void make(const struct limit *l)
{
	FILE *f = fopen(in_folder(folder, "main.cf"), "w");

	ck_assert_ptr_nonnull(f);
	if (l->make != NULL) {
		l->make(f, l->n);
	} else {
		put(f, l->start);
		repeat(f, l->part, l->n);
		put(f, l->end);
	}
	ck_assert_int_eq(fclose(f), 0);
}

static size_t file_size(void)
{
	struct stat st;

	ck_assert_int_eq(stat(in_folder(folder, "main.cf"), &st), 0);
	return (size_t)st.st_size;
}

/* In the child: with a small stack, and with standard output where it costs nothing. */
static void run_small(const char *mode)
{
	const struct rlimit stack = {STACK, STACK};
	int out = open("/dev/null", O_WRONLY);
	int err = open(in_folder(folder, "err"), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (chdir(folder) < 0 || out < 0 || err < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(err, STDERR_FILENO) < 0 || setrlimit(RLIMIT_STACK, &stack) < 0)
		_exit(126);
	(void)execl(program(), program(), "-q", mode, "main.cf", (char *)NULL);
	_exit(127);
}

/* The exit status, or 128 and the signal; *peak is the most memory, in bytes. */
static int run_program(const char *mode, size_t *peak)
{
	struct rusage usage;
	int status;
	pid_t pid;

	(void)program();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		run_small(mode);
	ck_assert_int_eq(wait4(pid, &status, 0, &usage), pid);
	*peak = (size_t)usage.ru_maxrss * 1024;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What is said is as many lines as wanted, each of them short. */
static void assert_said(const struct limit *l)
{
	struct buf err = BUF_INIT;
	const char *line, *nl;
	size_t n = 0;

	read_file(in_folder(folder, "err"), &err);
	for (line = buf_string(&err); (nl = strchr(line, '\n')) != NULL; line = nl + 1) {
		ck_assert_msg(nl - line < 1000, "%s: %zd bytes in a line", l->what, nl - line);
		n++;
	}
	ck_assert_msg(n == l->lines, "%s: %zu lines: %.1000s", l->what, n, buf_string(&err));
	if (l->says != NULL)
		ck_assert_msg(strstr(buf_string(&err), l->says) != NULL, "%s: %.1000s", l->what,
			      buf_string(&err));
	buf_release(&err);
}

START_TEST(ends_as_any_file)
{
	const struct limit *l = &limits[_i];
	size_t size, peak, base;
	int status;

	/* The test program is part of the peak, for it was forked. */
	write_file(in_folder(folder, "main.cf"), "", 0);
	ck_assert_int_eq(run_program(DRY, &base), 0);
	make(l);
	size = file_size();
	status = run_program(l->mode, &peak);
	ck_assert_msg(status == l->status, "%s: status %d", l->what, status);
	assert_said(l);
	if (getenv("SHOW") != NULL)
		(void)fprintf(stderr, "%s: %zu bytes in a file of %zu\n", l->what, peak - base,
			      size);
	if (MEASURES_MEMORY && l->memory != 0)
		ck_assert_msg(peak <= base + l->memory * size, "%s: %zu bytes for a file of %zu",
			      l->what, peak, size);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limits");
	TCase *tc = tcase_create("limits");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 3600);
	tcase_add_loop_test(tc, ends_as_any_file, 0, COUNT(limits));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
