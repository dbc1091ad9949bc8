/* SPDX-License-Identifier: ISC */
/* check_diag - what may reach a terminal, and the form of messages. */
#include "diag.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define BYTES(text) (text), sizeof(text) - 1
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct {
	const char *what;
	const char *in;
	size_t len;
	const char *want;
} escapes[] = {
	{"nothing", BYTES(""), ""},
	{"ASCII", BYTES(" az AZ 09 ~!\"#\\"), " az AZ 09 ~!\"#\\"},
	{"named ones", BYTES("a\nb\rc\td"), "a\\nb\\rc\\td"},
	{"NUL", BYTES("a\0b"), "a\\x00b"},
	{"other controls", BYTES("\1\a\b\v\f\033\037"), "\\x01\\x07\\x08\\x0b\\x0c\\x1b\\x1f"},
	{"delete", BYTES("\177"), "\\x7f"},
	{"two bytes, first", BYTES("\xc2\xa0"), "\xc2\xa0"},
	{"two bytes, last", BYTES("\xdf\xbf"), "\xdf\xbf"},
	{"umlaut", BYTES("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f"},
	{"three bytes, first", BYTES("\xe0\xa0\x80"), "\xe0\xa0\x80"},
	{"three bytes, last", BYTES("\xef\xbf\xbf"), "\xef\xbf\xbf"},
	{"before the surrogates", BYTES("\xed\x9f\xbf"), "\xed\x9f\xbf"},
	{"after the surrogates", BYTES("\xee\x80\x80"), "\xee\x80\x80"},
	{"four bytes, first", BYTES("\xf0\x90\x80\x80"), "\xf0\x90\x80\x80"},
	{"the last code point", BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf"},
	{"C1, first", BYTES("\xc2\x80"), "\\xc2\\x80"},
	{"C1, CSI", BYTES("\xc2\x9b"), "\\xc2\\x9b"},
	{"C1, last", BYTES("\xc2\x9f"), "\\xc2\\x9f"},
	{"C1 as a byte", BYTES("\x9b"), "\\x9b"},
	{"Latin-1", BYTES("\xe4\xf6"), "\\xe4\\xf6"},
	{"continuation alone", BYTES("\x80\xbf"), "\\x80\\xbf"},
	{"overlong, two bytes", BYTES("\xc0\x80"), "\\xc0\\x80"},
	{"overlong escape", BYTES("\xc0\x9b"), "\\xc0\\x9b"},
	{"overlong, last of two", BYTES("\xc1\xbf"), "\\xc1\\xbf"},
	{"overlong, three bytes", BYTES("\xe0\x80\xaf"), "\\xe0\\x80\\xaf"},
	{"overlong, last of three", BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf"},
	{"overlong, four bytes", BYTES("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf"},
	{"overlong, last of four", BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf"},
	{"first surrogate", BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
	{"last surrogate", BYTES("\xed\xbf\xbf"), "\\xed\\xbf\\xbf"},
	{"beyond Unicode", BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
	{"lead byte F5", BYTES("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80"},
	{"five bytes", BYTES("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80"},
	{"bytes FE and FF", BYTES("\xfe\xff"), "\\xfe\\xff"},
	{"cut after one of two", BYTES("\xc3"), "\\xc3"},
	{"cut after two of three", BYTES("\xe2\x82"), "\\xe2\\x82"},
	{"cut after three of four", BYTES("\xf0\x9f\x98"), "\\xf0\\x9f\\x98"},
	{"cut by ASCII", BYTES("\xe2\x82z"), "\\xe2\\x82z"},
	{"cut by another start", BYTES("\xe2\xc3\xbc"), "\\xe2\xc3\xbc"},
	{"LEFT-TO-RIGHT MARK", BYTES("\xe2\x80\x8e"), "\\xe2\\x80\\x8e"},
	{"RIGHT-TO-LEFT MARK", BYTES("\xe2\x80\x8f"), "\\xe2\\x80\\x8f"},
	{"hyphen beside them", BYTES("\xe2\x80\x90"), "\xe2\x80\x90"},
	{"LINE SEPARATOR", BYTES("\xe2\x80\xa8"), "\\xe2\\x80\\xa8"},
	{"PARAGRAPH SEPARATOR", BYTES("\xe2\x80\xa9"), "\\xe2\\x80\\xa9"},
	{"LEFT-TO-RIGHT EMBEDDING", BYTES("\xe2\x80\xaa"), "\\xe2\\x80\\xaa"},
	{"RIGHT-TO-LEFT OVERRIDE", BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae"},
	{"LEFT-TO-RIGHT ISOLATE", BYTES("\xe2\x81\xa6"), "\\xe2\\x81\\xa6"},
	{"POP DIRECTIONAL ISOLATE", BYTES("\xe2\x81\xa9"), "\\xe2\\x81\\xa9"},
	{"ARABIC LETTER MARK", BYTES("\xd8\x9c"), "\\xd8\\x9c"},
	{"backslash stays", BYTES("\\n"), "\\n"},
};

START_TEST(escape)
{
	struct buf out = BUF_INIT;

	diag_escape(&out, escapes[_i].in, escapes[_i].len);
	ck_assert_msg(strcmp(buf_string(&out), escapes[_i].want) == 0, "%s: %s", escapes[_i].what,
		      buf_string(&out));
	buf_release(&out);
}
END_TEST

static const struct {
	const char *in;
	size_t len;
	const char *want;
} replaced[] = {
	{BYTES(""), ""},
	{BYTES("a\x1b\xc3\xa9"), "a\x1b\xc3\xa9"},
	{BYTES("\xff"), "\xef\xbf\xbd"},
	{BYTES("a\xc3z"), "a\xef\xbf\xbdz"},
	{BYTES("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
};

START_TEST(replace)
{
	struct buf out = BUF_INIT;

	diag_replace(&out, replaced[_i].in, replaced[_i].len);
	ck_assert_str_eq(buf_string(&out), replaced[_i].want);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *in;
	size_t len;
	size_t want;
} safes[] = {
	{BYTES("a"), 1},
	{BYTES("ab"), 1},
	{BYTES("\n"), 0},
	{BYTES("\0"), 0},
	{BYTES("\xc3\xbcx"), 2},
	{"\xc3\xbc", 1, 0},
	{BYTES("\xe2\x82\xac"), 3},
	{"\xe2\x82\xac", 2, 0},
	{BYTES("\xf0\x9f\x98\x80"), 4},
	{"\xf0\x9f\x98\x80", 3, 0},
	{BYTES("\xc2\x9b"), 0},
	{BYTES("\xff"), 0},
};

START_TEST(safe)
{
	ck_assert_uint_eq(diag_safe(safes[_i].in, safes[_i].len), safes[_i].want);
}
END_TEST

static const struct {
	const char *in;
	size_t len;
	size_t most;
	size_t want;
} cuts[] = {
	{BYTES(""), 0, 0},
	{BYTES(""), 9, 0},
	{BYTES("abc"), 3, 3},
	{BYTES("abc"), 2, 2},
	{BYTES("abc"), 0, 0},
	{BYTES("a\xc3\xbc"), 3, 3},
	{BYTES("a\xc3\xbc"), 2, 1},
	{BYTES("a\xc3\xbc"), 1, 1},
	{BYTES("\xe2\x82\xac"), 2, 0},
	{BYTES("a\xe2\x82\xac"), 3, 1},
	{BYTES("a\xe2\x82\xacz"), 4, 4},
	{BYTES("a\xf0\x9f\x98\x80"), 4, 1},
	{BYTES("a\xf0\x9f\x98\x80"), 2, 1},
	/* No text: there is nothing to keep whole. */
	{BYTES("\x80\x80\x80\x80\x80\x80\x80\x80"), 6, 6},
	{BYTES("\x80\x80\x80"), 1, 1},
	{BYTES("\xff\xff\xff"), 2, 2},
};

START_TEST(cut)
{
	ck_assert_uint_eq(diag_cut(cuts[_i].in, cuts[_i].len, cuts[_i].most), cuts[_i].want);
}
END_TEST

/* Whatever the two bytes are, what comes out is printable and the input is used up. */
START_TEST(every_pair_of_bytes)
{
	struct buf out = BUF_INIT;
	char in[2];
	size_t i;
	int b;

	in[0] = (char)_i;
	for (b = 0; b < 256; b++) {
		in[1] = (char)b;
		buf_clear(&out);
		diag_escape(&out, in, 2);
		ck_assert_uint_ge(out.len, 2);
		for (i = 0; i < out.len; i++)
			if ((unsigned char)out.data[i] < 0x20 || out.data[i] == 0x7f)
				ck_abort_msg("%02x %02x", (unsigned)_i, (unsigned)b);
	}
	buf_release(&out);
}
END_TEST

/* ---- messages ---- */

static void sayings(int which)
{
	switch (which) {
	case 0:
		diag(DIAG_ERROR, NULL, 0, "text %d", 7);
		break;
	case 1:
		diag(DIAG_ERROR, "main.cf", 0, "text");
		break;
	case 2:
		diag(DIAG_ERROR, "main.cf", 14, "missing '='");
		break;
	case 3:
		diag(DIAG_ERROR, NULL, 14, "text");
		break;
	case 4:
		diag(DIAG_ERROR, "a\nb\033", 1, "%s", "x\r\xff");
		break;
	case 5:
		diag(DIAG_INFO, NULL, 0, "info");
		diag(DIAG_DETAIL, NULL, 0, "detail");
		break;
	case 6:
		diag_verbosity(DIAG_ERROR);
		diag(DIAG_INFO, NULL, 0, "info");
		diag(DIAG_ERROR, NULL, 0, "error");
		break;
	case 7:
		diag_verbosity(DIAG_DETAIL);
		diag(DIAG_INFO, NULL, 0, "info");
		diag(DIAG_DETAIL, NULL, 0, "detail");
		break;
	case 8:
		die("cannot %s", "go on");
	default:
		bug("odd %d", 3);
	}
}

static const struct {
	const char *want; /* start of what is said */
	int status;       /* or 128 + signal */
} said[] = {
	{"tlsharden: text 7\n", 0},
	{"tlsharden: main.cf: text\n", 0},
	{"tlsharden: main.cf:14: missing '='\n", 0},
	{"tlsharden: text\n", 0},
	{"tlsharden: a\\nb\\x1b:1: x\\r\\xff\n", 0},
	{"tlsharden: info\n", 0},
	{"tlsharden: error\n", 0},
	{"tlsharden: info\ntlsharden: detail\n", 0},
	{"tlsharden: cannot go on\n", 2},
	{"tlsharden: bug at ", 128 + SIGABRT},
};

static int say_into(const char *path, int which)
{
	int status, fd;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(99);
		sayings(which);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

START_TEST(says)
{
	char *folder = make_folder();
	const char *path = in_folder(folder, "err");
	struct buf got = BUF_INIT;

	ck_assert_int_eq(say_into(path, _i), said[_i].status);
	read_file(path, &got);
	if (_i < COUNT(said) - 1) {
		ck_assert_str_eq(buf_string(&got), said[_i].want);
	} else {
		ck_assert_msg(strncmp(buf_string(&got), said[_i].want, strlen(said[_i].want)) == 0,
			      "%s", buf_string(&got));
		ck_assert_ptr_nonnull(strstr(buf_string(&got), "check_diag.c:"));
		ck_assert_ptr_nonnull(strstr(buf_string(&got), ": odd 3\n"));
	}
	buf_release(&got);
	remove_tree(folder);
	free(folder);
}
END_TEST

/* A standard error that takes nothing stops nothing. */
START_TEST(says_into_nothing)
{
	ck_assert_int_eq(say_into("/dev/full", 2), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("diag");
	TCase *tc = tcase_create("escape");

	tcase_add_loop_test(tc, escape, 0, COUNT(escapes));
	tcase_add_loop_test(tc, replace, 0, COUNT(replaced));
	tcase_add_loop_test(tc, safe, 0, COUNT(safes));
	tcase_add_loop_test(tc, cut, 0, COUNT(cuts));
	tcase_add_loop_test(tc, every_pair_of_bytes, 0, 256);
	suite_add_tcase(s, tc);

	tc = tcase_create("messages");
	tcase_add_loop_test(tc, says, 0, COUNT(said));
	tcase_add_test(tc, says_into_nothing);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
