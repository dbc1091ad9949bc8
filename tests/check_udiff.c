/* SPDX-License-Identifier: ISC */
/* check_udiff - the diff of edits, held against diff, patch and git apply. */
#include "udiff.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Replaces count lines from the first (from 1) on; count 0 inserts before it; first 0 ends. */
struct change {
	size_t first, count;
	const char *text;
};

/* A text of numbered lines, all different, so that there is one shortest diff. */
static const struct {
	const char *what;
	size_t lines;
	const char *eol;
	bool open; /* the last line has no newline */
	struct change changes[5];
} cases[] = {
	{"the only line", 1, "\n", false, {{1, 1, "new\n"}}},
	{"first of many", 9, "\n", false, {{1, 1, "new\n"}}},
	{"last of many", 9, "\n", false, {{9, 1, "new\n"}}},
	{"in the middle", 9, "\n", false, {{5, 1, "new\n"}}},
	{"fourth line", 9, "\n", false, {{4, 1, "new\n"}}},
	{"fourth from the end", 9, "\n", false, {{6, 1, "new\n"}}},
	{"several for one", 9, "\n", false, {{5, 1, "one\ntwo\nthree\n"}}},
	{"one for several", 9, "\n", false, {{4, 3, "new\n"}}},
	{"lines go", 9, "\n", false, {{4, 3, ""}}},
	{"the first goes", 9, "\n", false, {{1, 1, ""}}},
	{"the last goes", 9, "\n", false, {{9, 1, ""}}},
	{"insert at the start", 9, "\n", false, {{1, 0, "new\n"}}},
	{"insert in the middle", 9, "\n", false, {{5, 0, "new\n"}}},
	{"insert at the end", 9, "\n", false, {{10, 0, "new\n"}}},
	{"insert into an empty file", 0, "\n", false, {{1, 0, "new\n"}}},
	{"two into an empty file", 0, "\n", false, {{1, 0, "one\n"}, {1, 0, "two\n"}}},
	{"insert an open line into an empty file", 0, "\n", false, {{1, 0, "new"}}},
	{"two inserts at one place", 9, "\n", false, {{5, 0, "one\n"}, {5, 0, "two\n"}}},
	{"insert before a change", 9, "\n", false, {{5, 0, "one\n"}, {5, 1, "two\n"}}},
	{"insert behind a change", 9, "\n", false, {{5, 1, "one\n"}, {6, 0, "two\n"}}},
	{"neighbours", 9, "\n", false, {{4, 1, "one\n"}, {5, 1, "two\n"}, {6, 1, "three\n"}}},
	{"line, comment, line", 9, "\n", false, {{4, 1, "new\n"}, {6, 1, ""}, {8, 1, ""}}},
	{"five lines between", 20, "\n", false, {{5, 1, "one\n"}, {11, 1, "two\n"}}},
	{"six lines between", 20, "\n", false, {{5, 1, "one\n"}, {12, 1, "two\n"}}},
	{"seven lines between", 20, "\n", false, {{5, 1, "one\n"}, {13, 1, "two\n"}}},
	{"six between inserts", 20, "\n", false, {{5, 0, "one\n"}, {11, 0, "two\n"}}},
	{"seven between inserts", 20, "\n", false, {{5, 0, "one\n"}, {12, 0, "two\n"}}},
	{"the text grows", 30, "\n", false, {{5, 1, "a\nb\nc\n"}, {20, 1, "new\n"}}},
	{"the text shrinks", 30, "\n", false, {{5, 3, ""}, {20, 1, "new\n"}, {30, 0, "end\n"}}},
	{"at both ends", 30, "\n", false, {{1, 0, "one\n"}, {31, 0, "two\n"}}},
	{"open: the last line, closed", 9, "\n", true, {{9, 1, "new\n"}}},
	{"open: the last line, still open", 9, "\n", true, {{9, 1, "new"}}},
	{"open: the only line, closed", 1, "\n", true, {{1, 1, "new\n"}}},
	{"open: the only line, still open", 1, "\n", true, {{1, 1, "new"}}},
	{"open: closed and more", 9, "\n", true, {{9, 1, "line 9\n"}, {10, 0, "new\n"}}},
	{"open: the last line goes", 9, "\n", true, {{9, 1, ""}}},
	{"open: in the context", 9, "\n", true, {{6, 1, "new\n"}}},
	{"open: next to the change", 9, "\n", true, {{8, 1, "new\n"}}},
	{"open: outside of the context", 9, "\n", true, {{5, 1, "new\n"}}},
	{"closed: opened", 9, "\n", false, {{9, 1, "new"}}},
	{"closed: insert is open", 9, "\n", false, {{10, 0, "new"}}},
	{"CR LF", 9, "\r\n", false, {{5, 1, "new\r\n"}}},
	{"CR LF, open", 9, "\r\n", true, {{9, 1, "line 9\r\n"}, {10, 0, "new\r\n"}}},
	{"bytes that are not UTF-8", 9, " \xff\n", false, {{5, 1, "\xe4\xf6\n"}}},
	{"blank lines around", 3, "\n\n", false, {{3, 1, "new\n"}}},
	{"what looks like a header",
	 9,
	 "\n",
	 false,
	 {{5, 1, "-- a\n++ b\n"}, {9, 1, "@@ -1 +1\n"}}},
};

struct change_set {
	struct buf old, new, diff;
	struct edits edits;
};

/* The offset at which line number `line` starts, or the end. */
static size_t line_start(const struct buf *text, size_t line)
{
	size_t at = 0;
	const char *nl;

	while (--line > 0 && at < text->len) {
		nl = memchr(text->data + at, '\n', text->len - at);
		at = nl != NULL ? (size_t)(nl - text->data) + 1 : text->len;
	}
	return at;
}

static void build(struct change_set *s, int row, const char *path)
{
	const struct change *c;
	struct buf text = BUF_INIT;
	size_t i;

	*s = (struct change_set){0};
	for (i = 1; i <= cases[row].lines; i++)
		buf_addf(&s->old, "line %zu%s", i, cases[row].eol);
	if (cases[row].open)
		s->old.len -= strlen(cases[row].eol);
	for (c = cases[row].changes; c->first != 0; c++) {
		buf_adds(&text, c->text);
		edits_add(&s->edits, line_start(&s->old, c->first),
			  line_start(&s->old, c->first + c->count), c->first, &text);
	}
	edits_sort(&s->edits);
	/* An empty text has no address of its own. */
	buf_grow(&s->old, 0);
	edits_apply(&s->edits, s->old.data, s->old.len, &s->new);
	udiff(&s->diff, path, s->old.data, s->old.len, &s->edits);
}

static void change_set_release(struct change_set *s)
{
	buf_release(&s->old);
	buf_release(&s->new);
	buf_release(&s->diff);
	edits_release(&s->edits);
}

static void ck_ran(const struct ran *r, const char *what)
{
	ck_assert_msg(r->status == 0, "%s: %s%s", what, buf_string(&r->out), buf_string(&r->err));
	/* It must fit as it stands, not by guessing. */
	ck_assert_msg(strstr(buf_string(&r->out), "fuzz") == NULL, "%s: %s", what,
		      buf_string(&r->out));
	ck_assert_msg(strstr(buf_string(&r->out), "offset") == NULL, "%s: %s", what,
		      buf_string(&r->out));
}

static void ck_file(const char *path, const struct buf *want, const char *what)
{
	struct buf got = BUF_INIT;

	read_file(path, &got);
	ck_assert_msg(got.len == want->len &&
			      (got.len == 0 || memcmp(got.data, want->data, got.len) == 0),
		      "%s: want\n%s\ngot\n%s", what, buf_string(want), buf_string(&got));
	buf_release(&got);
}

/* The old file below a new folder, so named; the tool eats the diff there. */
static void apply_by(const char *const argv[], const struct change_set *s, const char *path,
		     const char *what)
{
	char *folder = make_folder();
	struct ran r;

	if (strchr(path, '/') != NULL) {
		const char *const mkdirs[] = {"mkdir", "-p", path, NULL};
		const char *const rmdir[] = {"rmdir", path, NULL};

		run(&r, folder, mkdirs, NULL, 0);
		ran_release(&r);
		run(&r, folder, rmdir, NULL, 0);
		ran_release(&r);
	}
	write_file(in_folder(folder, path), buf_string(&s->old), s->old.len);
	/* No repository above the folder is to be found. */
	ck_assert_int_eq(setenv("GIT_CEILING_DIRECTORIES", "/", 1), 0);
	run(&r, folder, argv, s->diff.data, s->diff.len);
	ck_ran(&r, what);
	ck_file(in_folder(folder, path), &s->new, what);
	ran_release(&r);
	remove_tree(folder);
	free(folder);
}

START_TEST(patch_takes_it)
{
	const char *const argv[] = {"patch", "main.cf", NULL};
	struct change_set s;

	if (!have_program("patch"))
		return;
	build(&s, _i, "/etc/postfix/main.cf");
	apply_by(argv, &s, "main.cf", cases[_i].what);
	change_set_release(&s);
}
END_TEST

START_TEST(patch_p1_takes_it)
{
	const char *const argv[] = {"patch", "-p1", NULL};
	struct change_set s;

	if (!have_program("patch"))
		return;
	build(&s, _i, "/etc/postfix/main.cf");
	apply_by(argv, &s, "etc/postfix/main.cf", cases[_i].what);
	change_set_release(&s);
}
END_TEST

START_TEST(git_takes_it)
{
	const char *const argv[] = {"git", "apply", "--whitespace=nowarn", NULL};
	struct change_set s;

	if (!have_program("git"))
		return;
	build(&s, _i, "/etc/postfix/main.cf");
	apply_by(argv, &s, "etc/postfix/main.cf", cases[_i].what);
	change_set_release(&s);
}
END_TEST

START_TEST(diff_prints_it)
{
	const char *const argv[] = {"diff",      "-u",  "--label", "a/main.cf", "--label",
				    "b/main.cf", "old", "new",     NULL};
	char *folder = make_folder();
	struct change_set s;
	struct ran r;

	build(&s, _i, "main.cf");
	if (have_program("diff")) {
		write_file(in_folder(folder, "old"), buf_string(&s.old), s.old.len);
		write_file(in_folder(folder, "new"), buf_string(&s.new), s.new.len);
		run(&r, folder, argv, NULL, 0);
		ck_assert_int_eq(r.status, 1);
		ck_assert_msg(strcmp(buf_string(&r.out), buf_string(&s.diff)) == 0,
			      "%s: want\n%s\ngot\n%s", cases[_i].what, buf_string(&r.out),
			      buf_string(&s.diff));
		ran_release(&r);
	}
	change_set_release(&s);
	remove_tree(folder);
	free(folder);
}
END_TEST

START_TEST(no_edits_no_diff)
{
	const struct edits none = {0};
	struct buf out = BUF_INIT;

	udiff(&out, "main.cf", "a = b\n", 6, &none);
	ck_assert_uint_eq(out.len, 0);
	buf_release(&out);
}
END_TEST

/* The documented form, without any tool. */
START_TEST(looks_as_documented)
{
	static const char want[] = "--- a/etc/main.cf\n"
				   "+++ b/etc/main.cf\n"
				   "@@ -6,4 +6,5 @@\n"
				   " line 6\n"
				   " line 7\n"
				   " line 8\n"
				   "-line 9\n"
				   "\\ No newline at end of file\n"
				   "+line 9\n"
				   "+new\n";
	struct change_set s;
	int i;

	for (i = 0; strcmp(cases[i].what, "open: closed and more") != 0; i++)
		;
	build(&s, i, "/etc/main.cf");
	ck_assert_str_eq(buf_string(&s.diff), want);
	change_set_release(&s);
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *path;
	const char *label; /* the first line without "--- " */
} labels[] = {
	{"main.cf", "a/main.cf\n"},
	{"/etc/postfix/main.cf", "a/etc/postfix/main.cf\n"},
	{"//etc/main.cf", "a/etc/main.cf\n"},
	{"./main.cf", "a/./main.cf\n"},
	{"with blank.cf", "a/with blank.cf\t\n"},
	{"/with blank/main.cf", "a/with blank/main.cf\t\n"},
	{"tab\there", "\"a/tab\\there\"\n"},
	{"new\nline", "\"a/new\\nline\"\n"},
	{"cr\rvt\vff\fbel\abs\b", "\"a/cr\\rvt\\vff\\fbel\\abs\\b\"\n"},
	{"quo\"te", "\"a/quo\\\"te\"\n"},
	{"back\\slash", "\"a/back\\\\slash\"\n"},
	{"\xc3\xbc.cf", "\"a/\\303\\274.cf\"\n"},
	{"\xff", "\"a/\\377\"\n"},
	{"esc\033[1m", "\"a/esc\\033[1m\"\n"},
	{"del\177", "\"a/del\\177\"\n"},
	{"one\001"
	 "2",
	 "\"a/one\\0012\"\n"},
	{"both \"x\".cf", "\"a/both \\\"x\\\".cf\"\t\n"},
	{"percent%d", "a/percent%d\n"},
	{"it's", "a/it's\n"},
};

START_TEST(names_the_file)
{
	struct buf want = BUF_INIT;
	struct change_set s;
	char *b;

	build(&s, 0, labels[_i].path);
	buf_addf(&want, "--- %s+++ %s@@ ", labels[_i].label, labels[_i].label);
	b = strstr(want.data, "+++ ");
	b = b + strcspn(b, "a");
	*b = 'b';
	ck_assert_msg(strncmp(s.diff.data, want.data, want.len) == 0, "want\n%s\ngot\n%s",
		      want.data, s.diff.data);
	buf_release(&want);
	change_set_release(&s);
}
END_TEST

/* What the labels say leads both tools to the file. */
START_TEST(name_is_found)
{
	const char *const patch[] = {"patch", "-p1", NULL};
	const char *const git[] = {"git", "apply", NULL};
	const char *path = labels[_i].path + strspn(labels[_i].path, "/");
	struct change_set s;

	build(&s, 3, labels[_i].path);
	if (have_program("patch"))
		apply_by(patch, &s, path, "patch -p1");
	/* Git knows no "." in a name; whoever calls udiff() normalises names. */
	if (have_program("git") && path[0] != '.')
		apply_by(git, &s, path, "git apply");
	change_set_release(&s);
}
END_TEST

/* ---- dressing ---- */

static const struct {
	const char *in;
	unsigned flags;
	const char *want;
} dresses[] = {
	{"", UDIFF_COLOR | UDIFF_ESCAPE, ""},
	{"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c\n", 0,
	 "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c\n"},
	{"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c\n", UDIFF_COLOR,
	 "\033[1m--- a/x\033[m\n\033[1m+++ b/x\033[m\n\033[36m@@ -1 +1 @@\033[m\n"
	 "\033[31m-a\033[m\n\033[32m+b\033[m\n c\n"},
	{"--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- a\n+++ b\n", UDIFF_COLOR,
	 "\033[1m--- a/x\033[m\n\033[1m+++ b/x\033[m\n\033[36m@@ -1 +1 @@\033[m\n"
	 "\033[31m--- a\033[m\n\033[32m+++ b\033[m\n"},
	{"--- a\n+++ b\n@@ @@\n-a\n\\ No newline at end of file\n", UDIFF_COLOR,
	 "\033[1m--- a\033[m\n\033[1m+++ b\033[m\n\033[36m@@ @@\033[m\n\033[31m-a\033[m\n"
	 "\\ No newline at end of file\n"},
	{"--- a\n+++ b\n@@ @@\n-a\033[2J\tb\r\n", UDIFF_ESCAPE,
	 "--- a\n+++ b\n@@ @@\n-a\\x1b[2J\tb\\r\n"},
	{"--- a\n+++ b\n@@ @@\n \xff\xc2\x9b\xc3\xbc\x7f\n", UDIFF_ESCAPE,
	 "--- a\n+++ b\n@@ @@\n \\xff\\xc2\\x9b\xc3\xbc\\x7f\n"},
	{"--- a\tx\t\n", UDIFF_ESCAPE, "--- a\tx\t\n"},
	{"--- a\n+++ b\n@@ @@\n+\033\n", UDIFF_COLOR | UDIFF_ESCAPE,
	 "\033[1m--- a\033[m\n\033[1m+++ b\033[m\n\033[36m@@ @@\033[m\n\033[32m+\\x1b\033[m\n"},
};

START_TEST(dresses_it)
{
	struct buf out = BUF_INIT;

	udiff_dress(&out, dresses[_i].in, strlen(dresses[_i].in), dresses[_i].flags);
	ck_assert_str_eq(buf_string(&out), dresses[_i].want);
	buf_release(&out);
}
END_TEST

START_TEST(many_hunks)
{
	struct buf old = BUF_INIT, text = BUF_INIT, out = BUF_INIT;
	struct edits e = {0};
	size_t i, from;

	for (i = 1; i <= 200000; i++) {
		from = old.len;
		buf_addf(&old, "line %zu\n", i);
		if (i % 10 != 0)
			continue;
		buf_adds(&text, "new\n");
		edits_add(&e, from, old.len, i, &text);
	}
	edits_sort(&e);
	udiff(&out, "x", old.data, old.len, &e);
	ck_assert(memmem(out.data, out.len, "@@ -199997,4 +199997,4 @@\n", 26) != NULL);
	edits_release(&e);
	buf_release(&old);
	buf_release(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("udiff");
	TCase *tc = tcase_create("hunks");

	tcase_add_loop_test(tc, diff_prints_it, 0, COUNT(cases));
	tcase_add_loop_test(tc, patch_takes_it, 0, COUNT(cases));
	tcase_add_loop_test(tc, patch_p1_takes_it, 0, COUNT(cases));
	tcase_add_loop_test(tc, git_takes_it, 0, COUNT(cases));
	tcase_add_test(tc, no_edits_no_diff);
	tcase_add_test(tc, looks_as_documented);
	tcase_add_test(tc, many_hunks);
	suite_add_tcase(s, tc);

	tc = tcase_create("names");
	tcase_add_loop_test(tc, names_the_file, 0, COUNT(labels));
	tcase_add_loop_test(tc, name_is_found, 0, COUNT(labels));
	suite_add_tcase(s, tc);

	tc = tcase_create("dressing");
	tcase_add_loop_test(tc, dresses_it, 0, COUNT(dresses));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
