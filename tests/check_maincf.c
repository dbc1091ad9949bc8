/* SPDX-License-Identifier: ISC */
/*
 * check_maincf - the grammar of main.cf, held against postconf too, and edits of it.
 */
#include "maincf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "oracle.h"
#include "support.h"

#define BYTES(text) (text), sizeof(text) - 1
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void ck_bytes(const char *what, const struct buf *got, const char *want, size_t len)
{
	ck_assert_msg(got->len == len && (len == 0 || memcmp(got->data, want, len) == 0),
		      "%s: want (%zu bytes)\n%s\ngot (%zu bytes)\n%s", what, len, want, got->len,
		      buf_string(got));
}

static size_t find(struct maincf *m, const char *name)
{
	return maincf_find(m, name, strlen(name));
}

/* ---- reading ---- */

/* What relayhost is in each file, and on which lines it stands. */
static const struct {
	const char *what;
	const char *in;
	size_t len;
	const char *want; /* NULL: not set */
	size_t first, last;
} grammar[] = {
	{"empty file", BYTES(""), NULL, 0, 0},
	{"only a newline", BYTES("\n"), NULL, 0, 0},
	{"only blanks, unterminated", BYTES("   \t"), NULL, 0, 0},
	{"only a comment, unterminated", BYTES("# relayhost = x"), NULL, 0, 0},
	{"plain", BYTES("relayhost = x\n"), "x", 1, 1},
	{"no final newline", BYTES("relayhost = x"), "x", 1, 1},
	{"no blanks", BYTES("relayhost=x\n"), "x", 1, 1},
	{"tabs", BYTES("relayhost\t=\t\tx\t\n"), "x", 1, 1},
	{"blanks before the sign only", BYTES("relayhost   =x\n"), "x", 1, 1},
	{"VT and FF are white space", BYTES("relayhost\v=\f\vx\f\n"), "x", 1, 1},
	{"CR LF", BYTES("relayhost = x\r\nmyorigin = y\r\n"), "x", 1, 1},
	{"CR LF before a continuation", BYTES("relayhost = x\r\n y\r\n"), "x\r y", 1, 2},
	{"CR alone ends no line", BYTES("relayhost = x\rmyorigin = y\n"), "x\rmyorigin = y", 1, 1},
	{"empty value", BYTES("relayhost =\n"), "", 1, 1},
	{"empty value, no newline", BYTES("relayhost="), "", 1, 1},
	{"value of blanks", BYTES("relayhost = \t \n"), "", 1, 1},
	{"number sign in a value", BYTES("relayhost = x # y\n"), "x # y", 1, 1},
	{"number sign starts a value", BYTES("relayhost = # y\n"), "# y", 1, 1},
	{"signs in a value", BYTES("relayhost = x=y == z\n"), "x=y == z", 1, 1},
	{"two signs", BYTES("relayhost == x\n"), "= x", 1, 1},
	{"continuation", BYTES("relayhost = x\n y\n"), "x y", 1, 2},
	{"indentation is kept", BYTES("relayhost = x\n\t  y\n"), "x\t  y", 1, 2},
	{"blanks before the newline stay", BYTES("relayhost = x  \n y\n"), "x   y", 1, 2},
	{"value on a continuation line", BYTES("relayhost =\n  x\n"), "x", 1, 2},
	{"continuation starts with VT", BYTES("relayhost = x\n\vy\n"), "x\vy", 1, 2},
	{"continuation starts with FF", BYTES("relayhost = x\n\fy\n"), "x\fy", 1, 2},
	{"continuation starts with CR", BYTES("relayhost = x\n\ry\n"), "x\ry", 1, 2},
	{"sign on a continuation line", BYTES("relayhost\n = x\n"), "x", 1, 2},
	{"sign and value on lines of their own", BYTES("relayhost\n =\n x\n"), "x", 1, 3},
	{"sign after a comment", BYTES("relayhost\n# c\n\n = x\n"), "x", 1, 4},
	{"comment in a value", BYTES("relayhost = x\n# c\n y\n"), "x y", 1, 3},
	{"indented comment in a value", BYTES("relayhost = x\n  # c\n y\n"), "x y", 1, 3},
	{"empty line in a value", BYTES("relayhost = x\n\n y\n"), "x y", 1, 3},
	{"blank line in a value", BYTES("relayhost = x\n \t\v\f\r\n y\n"), "x y", 1, 3},
	{"many of both", BYTES("relayhost = x\n#\n\n  #\n y\n\n#\n z\n# w\n"), "x y z", 1, 8},
	{"comment that is followed by nothing", BYTES("relayhost = x\n# c\n\n"), "x", 1, 1},
	{"comment, then another", BYTES("relayhost = x\n# c\nmyorigin = y\n"), "x", 1, 1},
	{"continuation, unterminated", BYTES("relayhost = x\n y"), "x y", 1, 2},
	{"blanks at the end, unterminated", BYTES("relayhost = x\n   "), "x", 1, 1},
	{"comment with a sign", BYTES("#relayhost = y\nrelayhost = x\n"), "x", 2, 2},
	{"white space starts the file", BYTES("  relayhost = y\n"), NULL, 0, 0},
	{"and goes on", BYTES("  myorigin = y\n relayhost = y\nrelayhost = x\n"), "x", 3, 3},
	{"a comment, then white space", BYTES("# c\n\n  relayhost = y\nrelayhost = x\n"), "x", 4,
	 4},
	{"last duplicate wins", BYTES("relayhost = y\nmyorigin = z\nrelayhost = x\n"), "x", 3, 3},
	{"an empty duplicate wins too", BYTES("relayhost = y\nrelayhost =\n"), "", 2, 2},
	{"names are case-sensitive", BYTES("relayhost = x\nRelayhost = y\n"), "x", 1, 1},
	{"a longer name is another one", BYTES("relayhost = x\nrelayhosts = y\n"), "x", 1, 1},
	{"a shorter name is another one", BYTES("relayhost = x\nrelayhos = y\n"), "x", 1, 1},
	{"bytes that are not UTF-8", BYTES("# \xff\nrelayhost = \xe4\xf6\xfc\n"), "\xe4\xf6\xfc", 2,
	 2},
	{"NO-BREAK SPACE is none", BYTES("relayhost = x\xa0\n"), "x\xa0", 1, 1},
	{"NEXT LINE is no space", BYTES("relayhost = \x85x\n"), "\x85x", 1, 1},
	{"byte order mark", BYTES("\xef\xbb\xbfrelayhost = x\n"), NULL, 0, 0},
	{"backslash joins nothing", BYTES("relayhost = x \\\nmyorigin = y\n"), "x \\", 1, 1},
};

START_TEST(reads_as_written)
{
	struct maincf *m = maincf_parse(grammar[_i].in, grammar[_i].len);
	const struct maincf_error *errors;
	struct buf got = BUF_INIT;
	size_t at = find(m, "relayhost");

	ck_assert_msg(maincf_errors(m, &errors) == 0, "%s: refused", grammar[_i].what);
	ck_assert_msg((at == MAINCF_NONE) == (grammar[_i].want == NULL), "%s: set or not set",
		      grammar[_i].what);
	if (at != MAINCF_NONE) {
		maincf_value(m, at, &got);
		ck_bytes(grammar[_i].what, &got, grammar[_i].want, strlen(grammar[_i].want));
		ck_assert_uint_eq(maincf_first_line(m, at), grammar[_i].first);
		ck_assert_uint_eq(maincf_last_line(m, at), grammar[_i].last);
	}
	buf_clear(&got);
	edits_apply(maincf_edits(m), grammar[_i].in, grammar[_i].len, &got);
	ck_bytes("with no edit", &got, grammar[_i].in, grammar[_i].len);
	ck_assert_uint_eq(maincf_edits(m)->n, 0);
	buf_release(&got);
	maincf_free(m);
}
END_TEST

START_TEST(keeps_every_duplicate)
{
	static const char in[] = "a = 1\nb = 2\na = 3\n# a = 4\na = 5\n";
	struct maincf *m = maincf_parse(in, strlen(in));
	size_t at = find(m, "a"), len;

	ck_assert_uint_eq(maincf_count(m), 4);
	ck_assert_uint_eq(maincf_first_line(m, at), 5);
	at = maincf_earlier(m, at);
	ck_assert_uint_eq(maincf_first_line(m, at), 3);
	at = maincf_earlier(m, at);
	ck_assert_uint_eq(maincf_first_line(m, at), 1);
	ck_assert(maincf_earlier(m, at) == MAINCF_NONE);
	ck_assert(maincf_earlier(m, find(m, "b")) == MAINCF_NONE);
	ck_assert_int_eq(memcmp(maincf_name(m, find(m, "b"), &len), "b", 1), 0);
	ck_assert_uint_eq(len, 1);
	ck_assert(find(m, "c") == MAINCF_NONE);
	ck_assert(maincf_find(m, "", 0) == MAINCF_NONE);
	maincf_free(m);
}
END_TEST

/* However often it is asked, and whatever was asked before. */
START_TEST(answers_the_same)
{
	static const char in[] = "a = 1\nb = 2\na = 3\nc = 4\nb = 5\n";
	struct maincf *m = maincf_parse(in, strlen(in));
	int i;

	/* Nothing was looked for yet. */
	ck_assert_uint_eq(maincf_earlier(m, 4), 1);
	ck_assert_uint_eq(maincf_earlier(m, 2), 0);
	ck_assert(maincf_earlier(m, 3) == MAINCF_NONE);
	for (i = 0; i < 100; i++) {
		ck_assert_uint_eq(find(m, "a"), 2);
		ck_assert_uint_eq(find(m, "b"), 4);
		ck_assert_uint_eq(find(m, "c"), 3);
		ck_assert(find(m, "d") == MAINCF_NONE);
		ck_assert_uint_eq(maincf_earlier(m, 4), 1);
		ck_assert(maincf_earlier(m, 0) == MAINCF_NONE);
	}
	maincf_free(m);
}
END_TEST

START_TEST(names_with_odd_bytes)
{
	static const char in[] = "\xef\xbb\xbf"
				 "a = 1\n\xfc = 2\n";
	struct maincf *m = maincf_parse(in, strlen(in));
	size_t len;

	ck_assert(find(m, "a") == MAINCF_NONE);
	ck_assert_uint_eq(find(m, "\xef\xbb\xbf"
				  "a"),
			  0);
	ck_assert_uint_eq(find(m, "\xfc"), 1);
	(void)maincf_name(m, 0, &len);
	ck_assert_uint_eq(len, 4);
	maincf_free(m);
}
END_TEST

START_TEST(takes_no_text)
{
	struct maincf *m = maincf_parse(NULL, 0);

	ck_assert_uint_eq(maincf_count(m), 0);
	ck_assert(find(m, "a") == MAINCF_NONE);
	maincf_free(m);
	maincf_free(NULL);
}
END_TEST

/* ---- what Postfix refuses ---- */

static const struct {
	const char *what;
	const char *in;
	size_t len;
	size_t lines[4]; /* the refused ones, 0 ends */
	const char *text;
} malformed[] = {
	{"no sign", BYTES("relayhost\n"), {1}, "relayhost"},
	{"no sign, unterminated", BYTES("a = b\nrelayhost"), {2}, "relayhost"},
	{"a second word before the sign", BYTES("relay host = x\n"), {1}, "relay host = x"},
	{"no name", BYTES("= x\n"), {1}, "= x"},
	{"sign alone", BYTES("="), {1}, "="},
	{"no sign, then a comment", BYTES("relayhost\n# c\na = b\n"), {1}, "relayhost"},
	{"no sign on the continuation", BYTES("relayhost\n x = y\n"), {1}, "relayhost"},
	{"number sign behind the name", BYTES("relayhost # = x\n"), {1}, "relayhost # = x"},
	{"byte order mark before a comment",
	 BYTES("\xef\xbb\xbf# c\na = b\n"),
	 {1},
	 "\xef\xbb\xbf# c"},
	{"shell prompt", BYTES("a = b\n$ postfix reload\n"), {2}, "$ postfix reload"},
	{"all of them at once", BYTES("a = b\nfoo\nc = d\n= e\nbar\n"), {2, 4, 5}, "foo"},
	{"the continuation is not another", BYTES("foo\n bar\n baz\nqux\n"), {1, 4}, "foo"},
	{"CR LF does not show", BYTES("foo\r\n"), {1}, "foo"},
};

START_TEST(refuses_malformed)
{
	struct maincf *m = maincf_parse(malformed[_i].in, malformed[_i].len);
	const struct maincf_error *errors;
	size_t n = maincf_errors(m, &errors), i;

	for (i = 0; malformed[_i].lines[i] != 0; i++) {
		ck_assert_msg(i < n, "%s: %zu refused only", malformed[_i].what, n);
		ck_assert_uint_eq(errors[i].line, malformed[_i].lines[i]);
		ck_assert_str_ne(errors[i].cause, "");
	}
	ck_assert_msg(i == n, "%s: %zu refused", malformed[_i].what, n);
	ck_assert_uint_eq(errors[0].len, strlen(malformed[_i].text));
	ck_assert_mem_eq(errors[0].text, malformed[_i].text, errors[0].len);
	ck_assert(!errors[0].more);
	maincf_free(m);
}
END_TEST

static const struct {
	const char *what;
	const char *in;
	size_t len;
	size_t line;
} nuls[] = {
	{"in a value", BYTES("a = b\nc = d\0e\n"), 2},
	{"in a name", BYTES("a\0b = c\n"), 1},
	{"in a comment", BYTES("a = b\n# c\0\n"), 2},
	{"in a continuation", BYTES("a = b\n\n c\0d\n"), 3},
	{"alone on a line", BYTES("a = b\n\0\n"), 2},
	{"the last byte", BYTES("a = b\0"), 1},
	{"the only byte", BYTES("\0"), 1},
};

/* Wherever it stands; with what else is wrong with that line, in order. */
START_TEST(refuses_nul)
{
	struct maincf *m = maincf_parse(nuls[_i].in, nuls[_i].len);
	const struct maincf_error *errors;
	size_t n = maincf_errors(m, &errors), i, found = 0;

	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(errors[i].line, nuls[_i].line);
		found += strcmp(errors[i].cause, "NUL byte") == 0;
	}
	ck_assert_msg(found == 1, "%s: reported %zu times", nuls[_i].what, found);
	maincf_free(m);
}
END_TEST

START_TEST(refusals_are_sorted)
{
	static const char in[] = "a = \0\nfoo\nb = \0\0\n=\nc = \0";
	struct maincf *m = maincf_parse(in, sizeof(in) - 1);
	const struct maincf_error *errors;
	size_t n = maincf_errors(m, &errors), i;

	ck_assert_uint_eq(n, 5);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(errors[i].line, i + 1);
	maincf_free(m);
}
END_TEST

START_TEST(long_refusal_is_cut)
{
	struct buf in = BUF_INIT;
	const struct maincf_error *errors;
	struct maincf *m;
	int i;

	for (i = 0; i < 1000; i++)
		buf_adds(&in, "word ");
	m = maincf_parse(in.data, in.len);
	ck_assert_uint_eq(maincf_errors(m, &errors), 1);
	ck_assert(errors[0].more);
	ck_assert_uint_lt(errors[0].len, 200);
	maincf_free(m);
	buf_release(&in);
}
END_TEST

/* ---- the same by postconf ---- */

static void ask_postconf(void)
{
	int i;

	if (!oracle_open())
		return;
	for (i = 0; i < COUNT(grammar); i++)
		oracle_ask("good", i, grammar[i].in, grammar[i].len);
	for (i = 0; i < COUNT(malformed); i++)
		oracle_ask("bad", i, malformed[i].in, malformed[i].len);
	oracle_run("relayhost", false);
}

START_TEST(reads_as_postconf)
{
	struct buf status = BUF_INIT, out = BUF_INIT, want = BUF_INIT, got = BUF_INIT;

	if (!oracle_answered())
		return;
	oracle_answer("good", _i, "status", &status);
	ck_assert_str_eq(buf_string(&status), "0\n");
	oracle_answer("good", _i, "out", &out);
	oracle_collapse(buf_string(&out), &want);
	/* Unset it is empty: that is its default. */
	oracle_collapse(grammar[_i].want != NULL ? grammar[_i].want : "", &got);
	ck_bytes(grammar[_i].what, &got, buf_string(&want), want.len);
	buf_release(&status);
	buf_release(&out);
	buf_release(&want);
	buf_release(&got);
}
END_TEST

/* It dies at the first one. */
START_TEST(postconf_refuses_malformed)
{
	struct buf status = BUF_INIT, err = BUF_INIT, line = BUF_INIT;

	if (!oracle_answered())
		return;
	oracle_answer("bad", _i, "status", &status);
	ck_assert_str_eq(buf_string(&status), "1\n");
	oracle_answer("bad", _i, "err", &err);
	buf_addf(&line, "fatal: ./main.cf, line %zu: missing ", malformed[_i].lines[0]);
	ck_assert_msg(strstr(buf_string(&err), line.data) != NULL, "%s: %s", malformed[_i].what,
		      buf_string(&err));
	buf_release(&status);
	buf_release(&err);
	buf_release(&line);
}
END_TEST

/* ---- setting ---- */

/* Every occurrence of "a" is given the value "new". */
static const struct {
	const char *what;
	const char *in;
	const char *want;
} sets[] = {
	{"plain", "a = b\n", "a = new\n"},
	{"neighbours stay", "# c\nz = 1\na = b\ny = 2\n", "# c\nz = 1\na = new\ny = 2\n"},
	{"no blanks", "a=b\n", "a=new\n"},
	{"tabs", "a\t=\t\tb\n", "a\t=\t\tnew\n"},
	{"trailing blanks", "a = b \t\n", "a = new \t\n"},
	{"unterminated", "a = b", "a = new"},
	{"CR LF", "a = b\r\nc = d\r\n", "a = new\r\nc = d\r\n"},
	{"empty", "a =\n", "a = new\n"},
	{"empty, no blanks", "a=\n", "a=new\n"},
	{"empty, blanks behind", "a = \n", "a = new\n"},
	{"empty, two blanks behind", "a =  \n", "a =  new\n"},
	{"empty, unterminated", "a =", "a = new"},
	{"empty, CR LF", "a =\r\n", "a = new\r\n"},
	{"value with signs", "a = b = c\n", "a = new\n"},
	{"value with number sign", "a = b # c\n", "a = new\n"},
	{"continuation goes", "a = b\n c\n\td\ne = f\n", "a = new\ne = f\n"},
	{"value on the next line", "a =\n b\n", "a = new\n"},
	{"comment inside stays", "a = b\n# x\n c\n", "a = new\n# x\n"},
	{"indented one, too", "a = b\n  # x\n c\n", "a = new\n  # x\n"},
	{"blank line inside stays", "a = b\n\n c\n \nd = e\n", "a = new\n\n \nd = e\n"},
	{"comment after it stays", "a = b\n c\n# x\n", "a = new\n# x\n"},
	{"continuation, unterminated", "a = b\n c", "a = new\n"},
	{"comment behind it, unterminated", "a = b\n c\n# x", "a = new\n# x"},
	{"sign on the next line", "a\n = b\n", "a = new\n"},
	{"sign on the next line, CR LF", "a\r\n = b\r\n", "a = new\r\n"},
	{"sign and value further down", "a\n# x\n =\n b\nc = d\n", "a = new\n# x\nc = d\n"},
	{"every duplicate", "a = 1\nb = c\na=2\n x\n", "a = new\nb = c\na=new\n"},
	{"bytes that are not UTF-8 around", "# \xff\na = \xe4\n\xfc = \xf6\n",
	 "# \xff\na = new\n\xfc = \xf6\n"},
	{"white space starts the file", "  a = 1\na = b\n", "  a = 1\na = new\n"},
};

static void set_all(struct maincf *m, const char *name, const char *value)
{
	size_t at;

	for (at = find(m, name); at != MAINCF_NONE; at = maincf_earlier(m, at))
		maincf_set(m, at, value);
}

START_TEST(sets_in_place)
{
	size_t len = strlen(sets[_i].in);
	struct maincf *m = maincf_parse(sets[_i].in, len);
	struct buf got = BUF_INIT, value = BUF_INIT;

	set_all(m, "a", "new");
	edits_apply(maincf_edits(m), sets[_i].in, len, &got);
	ck_bytes(sets[_i].what, &got, sets[_i].want, strlen(sets[_i].want));
	maincf_free(m);

	m = maincf_parse(got.data, got.len);
	maincf_value(m, find(m, "a"), &value);
	ck_assert_str_eq(buf_string(&value), "new");
	maincf_free(m);
	buf_release(&got);
	buf_release(&value);
}
END_TEST

/* ---- adding ---- */

#define NEW "smtp_tls_loglevel = 1\n"
/* smtp_tls_loglevel is added; the line that is named is the one above it. */
static const struct {
	const char *what;
	const char *in;
	const char *want;
	size_t line;
} adds[] = {
	{"empty file", "", NEW, 1},
	{"at the end", "a = b\n", "a = b\n" NEW, 1},
	{"below a comment at the end", "a = b\n# c\n", "a = b\n# c\n" NEW, 2},
	{"unterminated setting", "a = b", "a = b\n" NEW, 1},
	{"unterminated comment", "a = b\n# c", "a = b\n# c\n" NEW, 2},
	{"unterminated continuation", "a = b\n c", "a = b\n c\n" NEW, 2},
	{"unterminated blanks", "a = b\n  ", "a = b\n  \n" NEW, 2},
	{"CR LF", "a = b\r\n", "a = b\r\nsmtp_tls_loglevel = 1\r\n", 1},
	{"CR LF, unterminated", "a = b\r\nc = d", "a = b\r\nc = d\r\nsmtp_tls_loglevel = 1\r\n", 2},
	{"one stray CR LF", "a = b\r\nc = d\ne = f\n", "a = b\r\nc = d\ne = f\n" NEW, 3},
	{"example", "#smtp_tls_loglevel = 0\na = b\n", "#smtp_tls_loglevel = 0\n" NEW "a = b\n", 1},
	{"example with blanks", "# \t smtp_tls_loglevel\t=\na = b\n",
	 "# \t smtp_tls_loglevel\t=\n" NEW "a = b\n", 1},
	{"example without blanks", "#smtp_tls_loglevel=0\na = b\n",
	 "#smtp_tls_loglevel=0\n" NEW "a = b\n", 1},
	{"the last example", "#smtp_tls_loglevel=1\na = b\n#smtp_tls_loglevel=2\nc = d\n",
	 "#smtp_tls_loglevel=1\na = b\n#smtp_tls_loglevel=2\n" NEW "c = d\n", 3},
	{"example before relatives", "#smtp_tls_loglevel=0\na = b\nsmtp_tls_CAfile = c\n",
	 "#smtp_tls_loglevel=0\n" NEW "a = b\nsmtp_tls_CAfile = c\n", 1},
	{"unterminated example", "a = b\n#smtp_tls_loglevel=0", "a = b\n#smtp_tls_loglevel=0\n" NEW,
	 2},
	{"a mention is no example", "# smtp_tls_loglevel is 0\na = b\n",
	 "# smtp_tls_loglevel is 0\na = b\n" NEW, 2},
	{"a longer name is none", "#smtp_tls_loglevels = 0\na = b\n",
	 "#smtp_tls_loglevels = 0\na = b\n" NEW, 2},
	{"a name inside a name is none", "#lsmtp_tls_loglevel = 0\na = b\n",
	 "#lsmtp_tls_loglevel = 0\na = b\n" NEW, 2},
	{"text before the name is none", "# set smtp_tls_loglevel = 0\na = b\n",
	 "# set smtp_tls_loglevel = 0\na = b\n" NEW, 2},
	{"example inside a value", "a = b\n#smtp_tls_loglevel=0\n c\nd = e\n",
	 "a = b\n#smtp_tls_loglevel=0\n c\n" NEW "d = e\n", 3},
	{"example inside, more comments", "a = b\n#smtp_tls_loglevel=0\n\n# x\n c\nd = e\n",
	 "a = b\n#smtp_tls_loglevel=0\n\n# x\n c\n" NEW "d = e\n", 5},
	{"example before what starts the file", "#smtp_tls_loglevel=0\n  x\na = b\n",
	 "#smtp_tls_loglevel=0\n  x\n" NEW "a = b\n", 2},
	{"example before an indented comment", "#smtp_tls_loglevel=0\n  # x\na = b\n",
	 "#smtp_tls_loglevel=0\n" NEW "  # x\na = b\n", 1},
	{"relative", "smtp_tls_CAfile = c\na = b\n", "smtp_tls_CAfile = c\n" NEW "a = b\n", 1},
	{"the last relative", "smtp_tls_CAfile = c\na = b\nsmtp_tls_CApath = d\ne = f\n",
	 "smtp_tls_CAfile = c\na = b\nsmtp_tls_CApath = d\n" NEW "e = f\n", 3},
	{"relative with continuation", "smtp_tls_CAfile = c\n# x\n d\na = b\n",
	 "smtp_tls_CAfile = c\n# x\n d\n" NEW "a = b\n", 3},
	{"the other side is no relative", "smtpd_tls_CAfile = c\na = b\n",
	 "smtpd_tls_CAfile = c\na = b\n" NEW, 2},
	{"another prefix is no relative", "smtp_use_tls = no\na = b\n",
	 "smtp_use_tls = no\na = b\n" NEW, 2},
	{"a commented relative is none", "#smtp_tls_CAfile = c\na = b\n",
	 "#smtp_tls_CAfile = c\na = b\n" NEW, 2},
	{"white space starts the file", "  x\n", "  x\n" NEW, 1},
};

START_TEST(adds_in_place)
{
	size_t len = strlen(adds[_i].in), line;
	struct maincf *m = maincf_parse(adds[_i].in, len);
	struct buf got = BUF_INIT, value = BUF_INIT;

	line = maincf_add(m, "smtp_tls_loglevel", "1");
	edits_apply(maincf_edits(m), adds[_i].in, len, &got);
	ck_bytes(adds[_i].what, &got, adds[_i].want, strlen(adds[_i].want));
	ck_assert_msg(line == adds[_i].line, "%s: line %zu", adds[_i].what, line);
	maincf_free(m);

	m = maincf_parse(got.data, got.len);
	maincf_value(m, find(m, "smtp_tls_loglevel"), &value);
	ck_assert_str_eq(buf_string(&value), "1");
	maincf_free(m);
	buf_release(&got);
	buf_release(&value);
}
END_TEST

START_TEST(adds_in_order)
{
	static const char in[] = "smtp_tls_CAfile = c\na = b";
	struct maincf *m = maincf_parse(in, strlen(in));
	struct buf got = BUF_INIT;

	(void)maincf_add(m, "smtp_tls_one", "1");
	(void)maincf_add(m, "smtpd_tls_one", "2");
	(void)maincf_add(m, "smtp_tls_two", "3");
	(void)maincf_add(m, "smtpd_tls_two", "4");
	edits_apply(maincf_edits(m), in, strlen(in), &got);
	ck_assert_str_eq(buf_string(&got), "smtp_tls_CAfile = c\nsmtp_tls_one = 1\n"
					   "smtp_tls_two = 3\na = b\nsmtpd_tls_one = 2\n"
					   "smtpd_tls_two = 4\n");
	buf_release(&got);
	maincf_free(m);
}
END_TEST

/* The last line is set and something is added behind it, in both orders. */
static const struct {
	const char *in;
	const char *want;
} both[] = {
	{"a = b", "a = new\nx = 1\n"},
	{"a = b\n", "a = new\nx = 1\n"},
	{"a = b  ", "a = new  \nx = 1\n"},
	{"a =", "a = new\nx = 1\n"},
	{"a = b\n c", "a = new\nx = 1\n"},
	{"a = b\n# d\n c", "a = new\n# d\nx = 1\n"},
	{"a = b\n# d", "a = new\n# d\nx = 1\n"},
	{"a\n = b", "a = new\nx = 1\n"},
	{"a = b\r\na = c", "a = new\r\na = new\r\nx = 1\r\n"},
	{"a = b\n#x = 2", "a = new\n#x = 2\nx = 1\n"},
};

START_TEST(sets_and_adds)
{
	size_t len = strlen(both[_i / 2].in);
	struct maincf *m = maincf_parse(both[_i / 2].in, len);
	struct buf got = BUF_INIT;

	if (_i % 2 == 0)
		set_all(m, "a", "new");
	(void)maincf_add(m, "x", "1");
	if (_i % 2 == 1)
		set_all(m, "a", "new");
	edits_apply(maincf_edits(m), both[_i / 2].in, len, &got);
	ck_bytes(_i % 2 == 0 ? "set first" : "add first", &got, both[_i / 2].want,
		 strlen(both[_i / 2].want));
	/* Asking again changes nothing. */
	buf_clear(&got);
	edits_apply(maincf_edits(m), both[_i / 2].in, len, &got);
	ck_bytes("asked again", &got, both[_i / 2].want, strlen(both[_i / 2].want));
	buf_release(&got);
	maincf_free(m);
}
END_TEST

/* ---- size: none of these may take more than linear time ---- */

#define MANY 100000

START_TEST(many_duplicates)
{
	struct buf in = BUF_INIT, got = BUF_INIT;
	struct maincf *m;
	size_t at, n = 0;
	int i;

	for (i = 0; i < MANY; i++)
		buf_adds(&in, "a = b\n");
	m = maincf_parse(in.data, in.len);
	for (at = find(m, "a"); at != MAINCF_NONE; at = maincf_earlier(m, at))
		n++;
	ck_assert_uint_eq(n, MANY);
	set_all(m, "a", "c");
	edits_apply(maincf_edits(m), in.data, in.len, &got);
	ck_assert_uint_eq(got.len, in.len);
	ck_assert(memmem(got.data, got.len, "b", 1) == NULL);
	maincf_free(m);
	buf_release(&in);
	buf_release(&got);
}
END_TEST

START_TEST(many_names)
{
	struct buf in = BUF_INIT, name = BUF_INIT;
	struct maincf *m;
	size_t i;

	for (i = 0; i < MANY; i++)
		buf_addf(&in, "name_%zu = %zu\n", i, i);
	m = maincf_parse(in.data, in.len);
	ck_assert_uint_eq(maincf_count(m), MANY);
	for (i = 0; i < MANY; i++) {
		buf_clear(&name);
		buf_addf(&name, "name_%zu", i);
		ck_assert_uint_eq(maincf_find(m, name.data, name.len), i);
	}
	maincf_free(m);
	buf_release(&in);
	buf_release(&name);
}
END_TEST

START_TEST(long_value)
{
	struct buf in = BUF_INIT, value = BUF_INIT;
	struct maincf *m;
	int i;

	buf_adds(&in, "a =");
	for (i = 0; i < MANY; i++)
		buf_adds(&in, "\n# c\n x");
	m = maincf_parse(in.data, in.len);
	maincf_value(m, 0, &value);
	ck_assert_uint_eq(value.len, 2 * MANY - 1);
	ck_assert_uint_eq(maincf_last_line(m, 0), 1 + 2 * MANY);
	maincf_set(m, 0, "y");
	buf_clear(&value);
	edits_apply(maincf_edits(m), in.data, in.len, &value);
	ck_assert_uint_eq(value.len, strlen("a = y\n") + MANY * strlen("# c\n"));
	maincf_free(m);
	buf_release(&in);
	buf_release(&value);
}
END_TEST

/* What is looked at for the value of the first setting. */
static const struct {
	const char *in;
	size_t want;
} costs[] = {
	{"a = b", 5},
	{"a = b\n", 6},
	{"a = b\r\n", 7},
	{"a =      \nb = c\n", 10},
	{"a = b\n c\n", 9},
	{"a = b\n c\nd = e\n", 9},
	{"a = b\n#\n c\n", 11},
	{"a = b\n#\n\n \nd = e\n", 11},
	{"a = b\n c\n#\n#", 12},
};

START_TEST(says_what_a_value_costs)
{
	struct maincf *m = maincf_parse(costs[_i].in, strlen(costs[_i].in));
	struct buf value = BUF_INIT;

	ck_assert_uint_eq(maincf_value(m, 0, &value), costs[_i].want);
	buf_release(&value);
	maincf_free(m);
}
END_TEST

static void add_sizes(Suite *s)
{
	TCase *tc = tcase_create("sizes");

	tcase_set_timeout(tc, 900);
	tcase_add_test(tc, many_duplicates);
	tcase_add_test(tc, many_names);
	tcase_add_test(tc, long_value);
	tcase_add_loop_test(tc, says_what_a_value_costs, 0, COUNT(costs));
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("maincf");
	TCase *tc = tcase_create("reading");

	tcase_add_loop_test(tc, reads_as_written, 0, COUNT(grammar));
	tcase_add_test(tc, keeps_every_duplicate);
	tcase_add_test(tc, answers_the_same);
	tcase_add_test(tc, names_with_odd_bytes);
	tcase_add_test(tc, takes_no_text);
	tcase_add_loop_test(tc, refuses_malformed, 0, COUNT(malformed));
	tcase_add_loop_test(tc, refuses_nul, 0, COUNT(nuls));
	tcase_add_test(tc, refusals_are_sorted);
	tcase_add_test(tc, long_refusal_is_cut);
	suite_add_tcase(s, tc);

	tc = tcase_create("postconf");
	tcase_add_unchecked_fixture(tc, ask_postconf, oracle_close);
	tcase_add_loop_test(tc, reads_as_postconf, 0, COUNT(grammar));
	tcase_add_loop_test(tc, postconf_refuses_malformed, 0, COUNT(malformed));
	suite_add_tcase(s, tc);

	tc = tcase_create("editing");
	tcase_add_loop_test(tc, sets_in_place, 0, COUNT(sets));
	tcase_add_loop_test(tc, adds_in_place, 0, COUNT(adds));
	tcase_add_test(tc, adds_in_order);
	tcase_add_loop_test(tc, sets_and_adds, 0, 2 * COUNT(both));
	suite_add_tcase(s, tc);
	add_sizes(s);
	return run_suite(s);
}
