/* SPDX-License-Identifier: ISC */
/*
 * check_terminal - nothing that a file contains gets to a terminal as it is.
 *
 * Every mode runs with both streams on a terminal, over files that have what a
 * terminal obeys, or what would deceive who reads it, in every place.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"
#include "utf8.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const char *const hostile[] = {
	/* C0 and DEL */
	"\033[2J",
	"\033]0;title\007",
	"\033c",
	"\007",
	"\b\b\b",
	"\177",
	"\001\002\003\004\005\006",
	"\016\017\020\021\022\023\024\025\026\027\030\031\032\034\035\036\037",
	"a\rb",
	"a\vb\fc",
	/* C1, as bytes of Latin-1 and as UTF-8 */
	"\2332J",
	"\200\204\205\210\215\216\217\220\230\232\234\235\236\237",
	"\302\2332J",
	"\302\200\302\205\302\220\302\235\302\237",
	/* overlong: escape, CSI, line feed, NUL, a bracket */
	"\300\233[2J",
	"\340\200\233[2J",
	"\360\200\200\233[2J",
	"\340\202\233",
	"\301\233",
	"\300\212",
	"\300\200",
	"\340\201\233",
	/* writing direction, and what ends a line elsewhere */
	"\342\200\216\342\200\217",
	"\342\200\252\342\200\253\342\200\254\342\200\255\342\200\256",
	"\342\201\246\342\201\247\342\201\250\342\201\251",
	"\330\234",
	"\342\200\250\342\200\251",
	/* no UTF-8 */
	"\377\376",
	"\355\240\200",
	"\364\220\200\200",
	"\342\200",
	"\303",
};

static char *top;
static struct ran r;

static void set_up(void)
{
	top = make_folder();
	(void)setenv("TERM", "xterm", 1);
	(void)unsetenv("NO_COLOR");
}

static void tear_down(void)
{
	ran_release(&r);
	remove_tree(top);
	free(top);
}

static void cut_out(struct buf *b, const char *what)
{
	size_t n = strlen(what);
	char *at;

	while (b->len > 0 && (at = strstr(b->data, what)) != NULL) {
		memmove(at, at + n, b->len - (size_t)(at - b->data) - n + 1);
		b->len -= n;
	}
}

/* What is printed, without our own colours, is lines that can be shown; a tab is harmless. */
static void assert_shows(const char *what, bool coloured)
{
	static const char *const colours[] = {"\033[1m",  "\033[m",     "\033[31m",   "\033[32m",
					      "\033[36m", "\033[1;31m", "\033[1;33m", "\033[1;36m"};
	struct buf out = BUF_INIT;
	char *line, *rest;
	int i;

	ck_assert_msg(r.out.len > 0, "%s: nothing is printed", what);
	ck_assert_msg(memchr(r.out.data, '\0', r.out.len) == NULL, "%s: a NUL", what);
	buf_add(&out, r.out.data, r.out.len);
	for (i = 0; coloured && i < COUNT(colours); i++)
		cut_out(&out, colours[i]);
	for (rest = out.data; (line = strsep(&rest, "\n\t")) != NULL;)
		if (!utf8_shows(line, strlen(line)))
			ck_abort_msg("%s: %s", what, line);
	buf_release(&out);
}

/* ---- in the file ---- */

/* What counts in the end is the last switch: it starts with what is looked for. */
static const struct {
	const char *what;
	const char *before, *after; /* of what is hostile, over and over */
	int dry, check;             /* exit status */
	bool found;                 /* in findings, too */
} places[] = {
	{"a comment", "# ", "\n", 0, 1, false},
	{"a comment that does not end", "#", "", 0, 1, false},
	{"a value", "relayhost = x", "y\n", 0, 1, false},
	{"a value that is changed", "smtp_tls_security_level = none ", " x\n", 0, 1, true},
	{"a loglevel that is changed", "smtpd_tls_loglevel =", "\n", 0, 1, true},
	{"a line that goes on", "smtp_tls_loglevel = 0\n ", "\n", 0, 1, true},
	{"a comment inside a value", "smtp_tls_loglevel = 0\n#", "\n x\n", 0, 1, false},
	{"a macro", "smtp_tls_loglevel = ${", "}\n", 1, 1, true},
	{"a comparison", "smtp_tls_loglevel = ${{a}", "{b}}\n", 1, 1, true},
	{"a switch", "smtpd_use_tls = \033[2J", "\n", 1, 1, true},
	{"a line without a sign", "what", "\n", 2, 2, true},
	{"a name that is missing", "= ", "\n", 2, 2, true},
};

static const char *const modes[][4] = {
	{"-n", "--color=never", "main.cf", NULL},
	{"-n", "--color=always", "main.cf", NULL},
	{"-n", "-v", "--color=never", "main.cf"},
	{"--check", "--color=never", "main.cf", NULL},
	{"--check", "--color=auto", "main.cf", NULL},
	{"--color=auto", "-v", "main.cf", NULL},
	{"-n", "--color=never", "--format=json", "main.cf"},
	/* On standard input. */
	{"--color=never", "-q", "-", NULL},
};

/* All that is hostile, each in a line, and what makes a diff of it. */
static void make_file(int place)
{
	struct buf text = BUF_INIT;
	bool lines = places[place].after[0] != '\0';
	int i;

	for (i = 0; i < COUNT(hostile); i++)
		buf_addf(&text, "%s%s%s%s", places[place].before, hostile[i], places[place].after,
			 lines && i % 3 == 2 ? "smtpd_tls_security_level =\n" : "");
	write_file(in_folder(top, "main.cf"), text.data, text.len);
	buf_release(&text);
}

START_TEST(what_is_in_a_file)
{
	int place = _i / COUNT(modes), mode = _i % COUNT(modes);
	const char *const *m = modes[mode];
	const char *const named[] = {program(), m[0], m[1], m[2], m[3], NULL};
	const char *const stream[] = {"sh", "-c", "\"$0\" -q - <main.cf", program(), NULL};
	const char *const *argv = strcmp(m[2], "-") == 0 ? stream : named;
	bool json = strcmp(m[2], "--format=json") == 0;
	bool coloured = strcmp(m[1], "--color=never") != 0, checks = strcmp(m[0], "--check") == 0;

	if (!have_terminal())
		return;
	make_file(place);
	run_in_terminal(&r, top, argv, true);
	ck_assert_msg(r.status == (checks ? places[place].check : places[place].dry),
		      "%s: status %d", places[place].what, r.status);
	assert_shows(places[place].what, coloured);
	/* It is there, and not just left out. */
	ck_assert_msg(strstr(r.out.data, "\\x1b[2J") != NULL ||
			      (json && strstr(r.out.data, "\\u001B[2J") != NULL) ||
			      (checks && !places[place].found) ||
			      (argv == stream && places[place].found),
		      "%s: %s", places[place].what, r.out.data);
}
END_TEST

/* ---- in names ---- */

static const char *const with_path[][5] = {
	{"-n", "$"},
	{"-n", "--color=always", "$"},
	{"--check", "$"},
	{"--check", "--color=never", "$"},
	{"-v", "--no-backup", "$"},
	{"-v", "$"},
	{"--backup-dir", "$d", "main.cf"},
	{"--backup-dir", "$x", "main.cf"},
	{"$x"},
	{"-n", "$d"},
	{"$l"},
	{"$bad"},
	{"-n", "main.cf", "-$"},
	{"-n", "main.cf", "--$"},
	{"-n", "main.cf", "--color=$"},
	{"-n", "main.cf", "--backup-dir=$", "-"},
	{"--no-backup=$", "main.cf"},
};

static void expand_name(struct buf *out, const char *arg, const char *name)
{
	const char *sign = strchr(arg, '$');

	if (sign == NULL)
		buf_adds(out, arg);
	else
		buf_addf(out, "%.*s%s%s", (int)(sign - arg), arg, name, sign + 1);
}

/* Where $ stands in the name of a file: one to be raised, a folder, a link, one that is malformed.
 */
static void make_files(const char *name)
{
	static const char weak[] = "smtp_tls_security_level = none\n";
	struct buf path = BUF_INIT;

	buf_adds(&path, in_folder(top, name));
	write_file(path.data, weak, strlen(weak));
	write_file(in_folder(top, "main.cf"), weak, strlen(weak));
	buf_adds(&path, "bad");
	write_file(path.data, "malformed\n", 10);
	path.data[path.len -= 3] = '\0';
	buf_addc(&path, 'd');
	ck_assert_int_eq(mkdir(path.data, 0700), 0);
	write_file(in_folder(path.data, "main.cf"), weak, strlen(weak));
	path.data[path.len - 1] = 'l';
	ck_assert_int_eq(symlink(name, path.data), 0);
	buf_release(&path);
}

/* A name has all that is hostile, but that it may not be longer than 255 bytes. */
static void make_name(struct buf *name, int half)
{
	int i;

	for (i = half; i < COUNT(hostile); i += 2)
		buf_adds(name, hostile[i]);
	ck_assert_uint_lt(name->len, 240);
}

START_TEST(what_is_in_a_name)
{
	const char *const *with = with_path[_i / 2];
	struct buf name = BUF_INIT, args[5] = {BUF_INIT};
	const char *argv[7] = {program()};
	int i;

	if (!have_terminal())
		return;
	make_name(&name, _i % 2);
	make_files(name.data);
	for (i = 0; i < 5 && with[i] != NULL; i++) {
		expand_name(&args[i], with[i], name.data);
		argv[i + 1] = args[i].data;
	}
	run_in_terminal(&r, top, argv, true);
	assert_shows(with[0], true);
	for (i = 0; i < 5; i++)
		buf_release(&args[i]);
	buf_release(&name);
}
END_TEST

/* The test can fail: a terminal gets what is printed as it is, and that is seen. */
START_TEST(what_is_seen)
{
	struct buf text = BUF_INIT;
	const char *const argv[] = {"printf", "%s", hostile[_i], NULL};

	if (!have_terminal())
		return;
	run_in_terminal(&r, top, argv, true);
	buf_adds(&text, hostile[_i]);
	ck_assert_str_eq(buf_string(&r.out), text.data);
	ck_assert(!utf8_shows(r.out.data, r.out.len));
	buf_release(&text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("terminal");
	TCase *tc = tcase_create("terminal");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, what_is_seen, 0, COUNT(hostile));
	tcase_add_loop_test(tc, what_is_in_a_file, 0, COUNT(places) * COUNT(modes));
	tcase_add_loop_test(tc, what_is_in_a_name, 0, COUNT(with_path) * 2);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
