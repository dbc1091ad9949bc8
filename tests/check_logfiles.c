/* SPDX-License-Identifier: ISC */
/*
 * check_logfiles - mail logs, plain and compressed, in the order of their age, as lines.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "decompress.h"
#include "logfiles.h"
#include "maillog.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- what is read ---- */

struct got {
	struct buf text;    /* all lines */
	struct buf trouble; /* "NAME: CAUSE", a line each */
	struct buf times;   /* of the lines that have one, a line each */
	size_t blocks, whole;
	size_t parts;         /* of them, blocks that were still in their file */
	int error;            /* that reading one of those made */
	size_t stop;          /* after so many blocks; 0: never */
	uint64_t first;       /* the progress at the first block */
	uint64_t done, total; /* and at the last one */
	size_t idle, told;    /* how often there was no more, and what was told by then */
	bool grows;           /* the log is still being written */
};

#define SLOWLY "Nov 23 12:30:05 one\nNov 23 12:30:06 two\nNov"
static pid_t writer; /* who waits until its lines are told */

/* Room for two blocks: what is behind one stays until the next. */
static char *rooms[2];
static size_t sizes[2];
static unsigned room;

static char *give_room(void *context, size_t least, size_t *size)
{
	(void)context;
	if (sizes[room] < least) {
		rooms[room] = xreallocarray(rooms[room], least, 1);
		sizes[room] = least;
	}
	*size = sizes[room];
	return rooms[room];
}

static struct logfiles *files;

static bool take_text(struct got *g, struct stamp_clock *clock, const char *text, size_t len)
{
	const char *end = text + len, *newline;
	struct maillog_reader reader = {.len = 0};
	struct stamp stamp;

	buf_add(&g->text, text, len);
	g->blocks++;
	g->whole += text[len - 1] == '\n';
	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		newline = newline != NULL ? newline : end;
		maillog_begin(&reader, (size_t)(newline - text));
		if (maillog_stamp(&reader, text, (size_t)(newline - text), &stamp))
			buf_addf(&g->times, "%lld\n", (long long)stamp_date(clock, &stamp));
	}
	maillog_release(&reader);
	g->grows = clock->grows;
	logfiles_progress(files, &g->done, &g->total);
	if (g->blocks == 1)
		g->first = g->done;
	return g->stop == 0 || g->blocks < g->stop;
}

static bool take(void *context, struct stamp_clock *clock, size_t len)
{
	const char *text = rooms[room];

	room = 1 - room;
	return take_text(context, clock, text, len);
}

/* A part of a file: whole lines, and not before it is told that no more comes. */
static bool take_part(void *context, struct stamp_clock *clock, int fd, off_t from, size_t len)
{
	struct got *g = context;
	char *text = xmalloc(len);
	bool more;

	ck_assert_int_eq(pread(fd, text, len, from), (ssize_t)len);
	ck_assert_int_eq(text[len - 1], '\n');
	g->parts++;
	g->idle = 0;
	more = take_text(g, clock, text, len);
	free(text);
	return more;
}

static int get_error(void *context)
{
	struct got *g = context;
	int error = g->error;

	g->error = 0;
	return error;
}

static bool note_idle(void *context)
{
	struct got *g = context;

	g->idle++;
	g->told = g->text.len;
	/* Who waits for two lines has them; the writer may go. */
	if (writer > 0 && g->told == sizeof(SLOWLY) - sizeof("Nov")) {
		(void)kill(writer, SIGKILL);
		writer = 0;
	}
	return g->stop == 0 || g->blocks < g->stop;
}

static void note_trouble(void *context, const char *name, const char *cause)
{
	struct got *g = context;

	buf_addf(&g->trouble, "%s: %s\n", name, cause);
}

static struct got got;

static void begin(void)
{
	struct got none = {.blocks = 0};

	set_up();
	(void)setenv("TZ", "UTC", 1);
	tzset();
	files = logfiles_new();
	got = none;
}

static void end(void)
{
	logfiles_free(files);
	buf_release(&got.text);
	buf_release(&got.trouble);
	buf_release(&got.times);
	free(rooms[0]);
	free(rooms[1]);
	rooms[0] = rooms[1] = NULL;
	sizes[0] = sizes[1] = 0;
	tear_down();
}

static void add(const char *name)
{
	struct buf why = BUF_INIT;

	ck_assert_msg(logfiles_add(files, strcmp(name, "-") == 0 ? name : at(name), &why) ==
			      LOGFILES_ADDED,
		      "%s", buf_string(&why));
	buf_release(&why);
}

/* Standard input becomes a pipe that a process fills from a file. */
static void from_pipe(const char *name)
{
	const char *path = at("pipe");
	int fd;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	if (fork() == 0) {
		fd = open(path, O_WRONLY);
		if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
			(void)execlp("cat", "cat", at(name), (char *)NULL);
		_exit(127);
	}
	fd = open(path, O_RDONLY);
	ck_assert(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO && close(fd) == 0);
}

static int read_all(void)
{
	const struct logfiles_sink sink = {&got,      give_room, take,        take_part,
					   get_error, note_idle, note_trouble};

	logfiles_begin(files);
	return logfiles_read(files, &sink);
}

static void assert_text(const char *text)
{
	ck_assert_msg(strcmp(buf_string(&got.text), text) == 0, "read:\n%s\ninstead of:\n%s",
		      buf_string(&got.text), text);
}

static void assert_well(int rc)
{
	ck_assert_str_eq(buf_string(&got.trouble), "");
	ck_assert_int_eq(rc, 0);
}

static const char jan[] = "2026-01-02T03:04:05Z mx postfix/smtp[1]: of January\n";
static const char feb[] = "2026-02-02T03:04:05Z mx postfix/smtp[1]: of February\n";
static const char mar[] = "no time\n2026-03-02T03:04:05Z mx postfix/smtp[1]: of March\n";

static const char bare[] = "2026-02-02T03:04:05Z mx postfix/smtp[1]: no newline behind it";

/* ---- plain and compressed, by name and through a pipe ---- */

static const struct {
	const char *program;
	bool piped;
} forms[] = {
	{"cat", false}, {"gzip", false}, {"bzip2", false}, {"xz", false}, {"zstd", false},
	{"cat", true},  {"gzip", true},  {"bzip2", true},  {"xz", true},  {"zstd", true},
};

/* More than a pipe holds, so that all ends are read and waited for. */
static void make_long(struct buf *text)
{
	int i;

	for (i = 0; i < 20000; i++)
		buf_addf(text, "2026-01-02T03:04:05Z mx postfix/smtp[%d]: line %d\n", i % 1000 + 1,
			 i);
	write_file(at("long"), text->data, text->len);
}

START_TEST(form_is_told_by_the_bytes)
{
	struct buf text = BUF_INIT, script = BUF_INIT;

	if (!have_program(forms[_i].program))
		return;
	make_long(&text);
	buf_addf(&script, "%s %s <long >mail.log", forms[_i].program,
		 strcmp(forms[_i].program, "cat") == 0 ? "" : "-c");
	prepare(buf_string(&script));
	if (forms[_i].piped)
		from_pipe("mail.log");
	add(forms[_i].piped ? "-" : "mail.log");
	assert_well(read_all());
	ck_assert_uint_eq(got.text.len, text.len);
	ck_assert(memcmp(got.text.data, text.data, text.len) == 0);
	ck_assert_uint_eq(got.whole, got.blocks);
	ck_assert_str_eq(logfiles_source(files),
			 forms[_i].piped ? "standard input" : at("mail.log"));
	buf_release(&text);
	buf_release(&script);
}
END_TEST

/* Less than all of these bytes is text that happens to begin so. */
static const struct {
	const char *bytes;
	size_t len;
	const char *program;
} magics[] = {
	{"\x1f\x8b", 2, "gzip"},
	{"\x1f\x8c", 2, NULL},
	{"\x1f", 1, NULL},
	{"BZh", 3, "bzip2"},
	{"BZip", 4, NULL},
	{"BZ", 2, NULL},
	{"\xfd"
	 "7zXZ",
	 6, "xz"},
	{"\xfd"
	 "7zXZ!",
	 6, NULL},
	{"\xfd"
	 "7zXZ",
	 5, NULL},
	{"(\xb5/\xfd", 4, "zstd"},
	{"(\xb5/x", 4, NULL},
	{"(\xb5/\xfd", 3, NULL},
	{"", 0, NULL},
};

START_TEST(magic)
{
	const char *program = decompress_program(magics[_i].bytes, magics[_i].len);

	ck_assert((program == NULL) == (magics[_i].program == NULL));
	if (program != NULL)
		ck_assert_str_eq(program, magics[_i].program);
}
END_TEST

/* A program called "tool" that is another one, without -dc. */
static void make_tool(const char *program)
{
	struct buf path = BUF_INIT;

	put("tool", "#!/bin/sh\nexec \"$TOOL\"\n");
	prepare("chmod 755 tool");
	buf_addf(&path, "%s:%s", at("."), getenv("PATH"));
	ck_assert_int_eq(setenv("PATH", path.data, 1), 0);
	ck_assert_int_eq(setenv("TOOL", program, 1), 0);
	buf_release(&path);
}

/* What goes on behind the bytes that were read: an endless file, and one that fails. */
static const struct {
	const char *program, *behind, *why;
} feeders[] = {
	/* It leaves the rest to whom it may concern. */
	{"true", "/dev/zero", ""},
	{"cat", "/dev/null", ""},
	{"cat", "/", "not all of it could be read"},
};

START_TEST(a_feeder)
{
	struct buf head = BUF_INIT, why = BUF_INIT;
	int fd = open(feeders[_i].behind, O_RDONLY);
	struct decompress d;
	char part[4096];

	make_tool(feeders[_i].program);
	/* Whoever started us may not want to hear of broken pipes. */
	(void)signal(SIGPIPE, SIG_IGN);
	buf_adds(&head, "x");
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(decompress_begin(&d, "tool", fd, &head, &why), 0);
	while (read(d.program.out, part, sizeof(part)) > 0)
		;
	ck_assert_int_eq(decompress_end(&d, &why), feeders[_i].why[0] == '\0' ? 0 : -1);
	ck_assert_str_eq(buf_string(&why), feeders[_i].why);
	/* Its number may be somebody else's now, who must not be stopped. */
	ck_assert_int_eq(d.feeder, 0);
	(void)close(fd);
	buf_release(&head);
	buf_release(&why);
}
END_TEST

/* Nobody will write what he waits for: he is not waited for. */
START_TEST(a_feeder_that_waits)
{
	struct buf head = BUF_INIT, why = BUF_INIT;
	struct decompress d;
	int ends[2];
	char byte;

	make_tool("cat");
	ck_assert_int_eq(pipe(ends), 0);
	buf_adds(&head, "x");
	ck_assert_int_eq(decompress_begin(&d, "tool", ends[0], &head, &why), 0);
	/* When this is here, the rest is next. */
	ck_assert_int_eq(read(d.program.out, &byte, 1), 1);
	decompress_stop(&d);
	ck_assert_int_eq(d.feeder, 0);
	ck_assert_int_eq(d.program.pid, 0);
	ck_assert(close(ends[0]) == 0 && close(ends[1]) == 0);
	buf_release(&head);
	buf_release(&why);
}
END_TEST

/* Some cron jobs have a PATH in which nothing is. */
START_TEST(path_of_nothing)
{
	put("jan", jan);
	if (access("/usr/bin/gzip", X_OK) < 0 && access("/bin/gzip", X_OK) < 0)
		return;
	prepare("gzip jan");
	ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
	add("jan.gz");
	assert_well(read_all());
	assert_text(jan);
}
END_TEST

/* What was read is closed. */
START_TEST(descriptors)
{
	int before = dup(STDIN_FILENO), after;

	ck_assert(before >= 0 && close(before) == 0);
	put("jan", jan);
	put("feb", feb);
	add("jan");
	add("feb");
	assert_well(read_all());
	after = dup(STDIN_FILENO);
	ck_assert_int_eq(after, before);
	(void)close(after);
}
END_TEST

START_TEST(form_that_is_cut_is_read_up_to_there)
{
	struct buf text = BUF_INIT, script = BUF_INIT;

	if (!have_program(forms[_i].program) || strcmp(forms[_i].program, "cat") == 0)
		return;
	make_long(&text);
	buf_addf(&script, "%s -c <long >all && head -c $(($(wc -c <all) - 20)) all >cut",
		 forms[_i].program);
	prepare(buf_string(&script));
	put("new.log", "2026-05-02T03:04:05Z mx postfix/smtp[1]: the next\n");
	if (forms[_i].piped)
		from_pipe("cut");
	add(forms[_i].piped ? "-" : "cut");
	add("new.log");
	ck_assert_int_eq(read_all(), -1);
	ck_assert_uint_eq(count_lines(&got.trouble), 1);
	ck_assert_msg(strstr(buf_string(&got.trouble),
			     forms[_i].piped ? "standard input: " : "/cut: ") != NULL,
		      "said: %s", buf_string(&got.trouble));
	/* bzip2 has blocks of a megabyte: of a small file it gives nothing. */
	if (strcmp(forms[_i].program, "gzip") == 0)
		assert_has(&got.text, "smtp[1]: line 0\n");
	assert_has(&got.text, "the next\n");
	buf_release(&text);
	buf_release(&script);
}
END_TEST

START_TEST(form_that_is_broken_is_named)
{
	static const char broken[] = "\x1f\x8b\x08 whatever this is";

	write_file(at("a.gz"), broken, sizeof(broken));
	put("b.log", feb);
	if (!have_program("gzip"))
		return;
	add("a.gz");
	add("b.log");
	ck_assert_int_eq(read_all(), -1);
	ck_assert_uint_eq(count_lines(&got.trouble), 1);
	assert_has(&got.trouble, "/a.gz: ");
	assert_text(feb);
}
END_TEST

/* More than pipes hold is behind it, and nobody takes that: who gives it does not wait. */
START_TEST(form_that_is_broken_in_a_pipe)
{
	if (!have_program("gzip"))
		return;
	prepare("{ printf '\\037\\213\\010 whatever this is'; head -c 4000000 /dev/zero; } "
		">broken");
	from_pipe("broken");
	add("-");
	ck_assert_int_eq(read_all(), -1);
	ck_assert_uint_eq(count_lines(&got.trouble), 1);
	assert_has(&got.trouble, "standard input: ");
	assert_text("");
}
END_TEST

/* The first byte alone tells nothing; the others come when it was taken. */
START_TEST(form_that_comes_byte_by_byte)
{
	int ends[2], waiting = 1, fd;
	char part[4096];
	ssize_t n;

	put("jan", jan);
	if (!have_program("gzip"))
		return;
	prepare("gzip -c jan >packed");
	fd = open(at("packed"), O_RDONLY);
	n = read(fd, part, sizeof(part));
	ck_assert(n > 1 && close(fd) == 0 && pipe(ends) == 0);
	if (fork() == 0) {
		if (write(ends[1], part, 1) != 1)
			_exit(1);
		while (waiting > 0 && ioctl(ends[0], FIONREAD, &waiting) == 0)
			(void)usleep(1000);
		_exit(write(ends[1], part + 1, (size_t)n - 1) != n - 1);
	}
	ck_assert(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO && close(ends[0]) == 0 &&
		  close(ends[1]) == 0);
	add("-");
	assert_well(read_all());
	assert_text(jan);
}
END_TEST

/* No program runs for a file that is not yet to be read. */
START_TEST(programs_one_at_a_time)
{
	put("jan", jan);
	put("feb", feb);
	if (!have_program("gzip"))
		return;
	prepare("gzip jan feb");
	add("jan.gz");
	add("feb.gz");
	logfiles_begin(files);
	ck_assert(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}
END_TEST

/* Somebody has read the beginning: it is not ours, and what follows is not at the start. */
START_TEST(standard_input_in_its_middle)
{
	int fd;

	put("jan", jan);
	if (!have_program("gzip"))
		return;
	prepare("{ echo begun; gzip -c jan; } >both");
	fd = open(at("both"), O_RDONLY);
	ck_assert(fd >= 0 && lseek(fd, 6, SEEK_SET) == 6);
	ck_assert(dup2(fd, STDIN_FILENO) == STDIN_FILENO && close(fd) == 0);
	add("-");
	assert_well(read_all());
	assert_text(jan);
}
END_TEST

/* ---- order ---- */

static const struct {
	const char *names[4], *want;
} orders[] = {
	{{"jan", "feb", "mar"}, "JFM"},  {{"mar", "feb", "jan"}, "JFM"},
	{{"feb", "mar", "jan"}, "JFM"},  {{"none", "mar", "jan"}, "JMn"},
	{{"feb", "empty", "jan"}, "JF"}, {{"packed", "jan"}, "JF"},
	{{"blank", "jan"}, "Jn"},        {{"mar", "bare"}, "bM"},
};

START_TEST(files_are_read_by_age)
{
	struct buf want = BUF_INIT;
	size_t i;

	put("jan", jan);
	put("feb", feb);
	put("mar", mar);
	put("none", "no time in here");
	put("bare", bare);
	put("empty", "");
	if (strcmp(orders[_i].names[0], "packed") == 0 ||
	    strcmp(orders[_i].names[0], "blank") == 0) {
		if (!have_program("gzip"))
			return;
		prepare("gzip -c <feb >packed; gzip -c <none >blank");
	}
	for (i = 0; orders[_i].names[i] != NULL; i++)
		add(orders[_i].names[i]);
	assert_well(read_all());
	for (i = 0; orders[_i].want[i] != '\0'; i++)
		buf_adds(&want, orders[_i].want[i] == 'J'   ? jan
				: orders[_i].want[i] == 'F' ? feb
				: orders[_i].want[i] == 'M' ? mar
				: orders[_i].want[i] == 'b' ? bare
							    : "no time in here");
	assert_text(buf_string(&want));
	buf_release(&want);
}
END_TEST

/* ---- years ---- */

/* 2026-07-01T00:00:00Z, as the time of the file. */
#define JULY_2026 INT64_C(1782864000)

static const struct {
	const char *first, *last;
	int years; /* how many times the year ends between them */
	const char *first_day, *last_day;
} years[] = {
	{"Jan  5", "Jun  5", 0, "2026-01-05", "2026-06-05"},
	{"Nov  5", "Dec  5", 0, "2025-11-05", "2025-12-05"},
	{"Jul  3", "Jun  5", 1, "2025-07-03", "2026-06-05"},
	{"Mar  5", "Mar  6", 2, "2024-03-05", "2026-03-06"},
	{"Dec 31", "Jan  1", 1, "2025-12-31", "2026-01-01"},
	{"Dec 31", "Jan  1", 3, "2023-12-31", "2026-01-01"},
	/* Noon of the day at whose beginning the file was written: a clock is ahead. */
	{"Jan  5", "Jul  1", 0, "2026-01-05", "2026-07-01"},
};

static const char *day_of(const char *line)
{
	static char text[2][16];
	static int next;
	time_t when = (time_t)strtoll(line, NULL, 10);
	struct tm tm;

	next = !next;
	(void)gmtime_r(&when, &tm);
	(void)strftime(text[next], sizeof(text[next]), "%Y-%m-%d", &tm);
	return text[next];
}

static int month_of(const char *stamp)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	return (int)(strstr(names, (const char[]){stamp[0], stamp[1], stamp[2], '\0'}) - names) / 3;
}

static void add_lines(struct buf *text, const char *stamp, int n)
{
	for (; n > 0; n--)
		buf_addf(text, "%s 12:00:00 mx postfix/smtp[1]: %0*d\n", stamp, 60, n);
}

/* So many lines for each month from the first on, and one of the last. */
static void write_years(int row, int lines)
{
	static const char *const middle[] = {"Jan 15", "Feb 15", "Mar 15", "Apr 15",
					     "May 15", "Jun 15", "Jul 15", "Aug 15",
					     "Sep 15", "Oct 15", "Nov 15", "Dec 15"};
	int month = month_of(years[row].first), months, i;
	const struct timespec times[2] = {{JULY_2026, 0}, {JULY_2026, 0}};
	struct buf text = BUF_INIT;

	months = month_of(years[row].last) + 12 * years[row].years - month;
	add_lines(&text, years[row].first, lines);
	for (i = 1; i < months; i++)
		add_lines(&text, middle[(month + i) % 12], lines);
	add_lines(&text, years[row].last, 1);
	write_file(at("mail.log"), text.data, text.len);
	ck_assert_int_eq(utimensat(AT_FDCWD, at("mail.log"), times, 0), 0);
	buf_release(&text);
}

/* Small enough to be looked at as a whole, and large enough to be sampled. */
static const int lengths[] = {1, 100, 20000};

START_TEST(years_are_found_where_stamps_have_none)
{
	int row = _i / COUNT(lengths);
	const char *last;

	write_years(row, lengths[_i % COUNT(lengths)]);
	add("mail.log");
	assert_well(read_all());
	ck_assert_str_eq(day_of(buf_string(&got.times)), years[row].first_day);
	last = strrchr(buf_string(&got.times), '\n');
	while (last > got.times.data && last[-1] != '\n')
		last--;
	ck_assert_str_eq(day_of(last), years[row].last_day);
}
END_TEST

/* A line for each month, and then some: more than a year of them is but a few bytes. */
START_TEST(years_of_a_small_log)
{
	static const char *const months[] = {"Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May",
					     "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"};
	struct timespec times[2] = {{1795651200, 0}, {1795651200, 0}}; /* 2026-11-26 */
	struct buf text = BUF_INIT;
	int i;

	for (i = 0; i < COUNT(months); i++)
		buf_addf(&text, "%s 20 12:00:00 h x: %*s\n", months[i], 500, "");
	write_file(at("small"), text.data, text.len);
	ck_assert_int_eq(utimensat(AT_FDCWD, at("small"), times, 0), 0);
	add("small");
	assert_well(read_all());
	/* 2025-11-20 and 2026-11-20, at noon. */
	ck_assert_ptr_eq(strstr(buf_string(&got.times), "1763640000\n"), got.times.data);
	ck_assert_ptr_nonnull(strstr(buf_string(&got.times), "\n1795176000\n"));
	buf_release(&text);
}
END_TEST

/* So many lines of November, one of another month, and so many again. */
static const struct {
	int before;
	const char *one;
	int behind;
} single[] = {
	/* Looked at as a whole, for else a single line is not seen. */
	{4000, "May  5", 4000},
	/* In samples; in the last one each line counts. */
	{20000, "Sep  5", 0},
};

START_TEST(years_of_a_single_line)
{
	const struct timespec times[2] = {{1795651200, 0}, {1795651200, 0}}; /* 2026-11-26 */
	struct buf text = BUF_INIT;

	add_lines(&text, "Nov  5", single[_i].before);
	add_lines(&text, single[_i].one, 1);
	add_lines(&text, "Nov  5", single[_i].behind);
	write_file(at("log"), text.data, text.len);
	ck_assert_int_eq(utimensat(AT_FDCWD, at("log"), times, 0), 0);
	add("log");
	assert_well(read_all());
	ck_assert_str_eq(day_of(buf_string(&got.times)), "2025-11-05");
	buf_release(&text);
}
END_TEST

/* By age, although the letters of the months say otherwise. */
START_TEST(years_count_for_the_order)
{
	write_years(4, 1);
	prepare("head -n 1 mail.log >old && tail -n 1 mail.log >new && touch -r mail.log old new");
	add("new");
	add("old");
	assert_well(read_all());
	ck_assert_msg(strncmp(buf_string(&got.text), "Dec 31", 6) == 0, "read:\n%s",
		      buf_string(&got.text));
}
END_TEST

/* Files that begin in one second: what was written first is older, unless its time says nothing. */
START_TEST(files_of_one_second)
{
	static const char first[] = "Feb  1 00:00:00 h x: one\n",
			  second[] = "Feb  1 00:00:00 h x: two\n";

	put("a", first);
	put("b", second);
	prepare(_i == 0   ? "touch -d '2026-02-01 00:00:00.1' a; touch -d '2026-02-01 00:00:00.2' b"
		: _i == 1 ? "touch -d '2026-02-02' a; touch -d '2026-02-01' b"
			  : "touch -d '2026-02-02' a; touch -r a b");
	add("b");
	add("a");
	assert_well(read_all());
	ck_assert(strncmp(buf_string(&got.text), _i == 0 ? first : second, strlen(first)) == 0);
}
END_TEST

/* Behind so much else that nobody looks for a time there. */
START_TEST(years_far_behind)
{
	const struct timespec times[2] = {{JULY_2026, 0}, {JULY_2026, 0}};
	struct buf text = BUF_INIT;
	int i;

	for (i = 0; i < 10000; i++)
		buf_adds(&text, "whatever\n");
	add_lines(&text, "Jun  5", 1);
	write_file(at("log"), text.data, text.len);
	ck_assert_int_eq(utimensat(AT_FDCWD, at("log"), times, 0), 0);
	add("log");
	assert_well(read_all());
	ck_assert_str_eq(day_of(buf_string(&got.times)), "2026-06-05");
	buf_release(&text);
}
END_TEST

/* ---- what they are called ---- */

START_TEST(many_names)
{
	static const char *const names[] = {"jan", "feb", "mar", "b", "c"};
	struct buf want = BUF_INIT;
	int i;

	put("jan", jan);
	put("feb", feb);
	put("mar", mar);
	put("b", "");
	put("c", "");
	for (i = 0; i < 4; i++) {
		add(names[i]);
		buf_addf(&want, "%s%s", i > 0 ? ", " : "", at(names[i]));
	}
	assert_well(read_all());
	ck_assert_str_eq(logfiles_source(files), buf_string(&want));
	/* Five are too many. */
	add(names[4]);
	buf_clear(&want);
	buf_addf(&want, "%s to ", at("jan"));
	buf_addf(&want, "%s (5 files)", at("c"));
	ck_assert_str_eq(logfiles_source(files), buf_string(&want));
	buf_release(&want);
}
END_TEST

/* ---- lines and blocks ---- */

#define K 1024

static const struct {
	size_t before, line, behind; /* bytes of three lines, newlines not counted */
	bool kept;                   /* or too long */
} lines[] = {
	{0, 0, 0, true},
	{10, 64 * K - 1, 10, true},
	{10, 64 * K, 10, true},
	{10, 256 * K - 12, 10, true},
	{10, 256 * K - 11, 10, true},
	{0, 256 * K - 1, 0, true},
	{0, 256 * K, 0, true},
	{200 * K, 300 * K, 200 * K, true},
	{10, LOGFILES_LINE_MAX - 1, 10, true},
	{10, LOGFILES_LINE_MAX, 10, false},
	{10, LOGFILES_LINE_MAX + 1, 10, false},
	{10, 3 * LOGFILES_LINE_MAX, 10, false},
	{LOGFILES_LINE_MAX - 1, 5 * LOGFILES_LINE_MAX + 7, LOGFILES_LINE_MAX - 1, false},
};

static void add_line(struct buf *b, size_t len, int c, bool newline)
{
	size_t i;

	buf_grow(b, len + 1);
	for (i = 0; i < len; i++)
		buf_addc(b, c);
	if (newline)
		buf_addc(b, '\n');
}

/* With and without a newline at the end. */
START_TEST(lines_of_any_length_come_whole)
{
	int row = _i / 2;
	bool newline = _i % 2 == 0;
	struct buf text = BUF_INIT, want = BUF_INIT;

	add_line(&text, lines[row].before, 'a', true);
	buf_add(&want, text.data, text.len);
	add_line(&text, lines[row].line, '\0', true);
	if (lines[row].kept)
		add_line(&want, lines[row].line, '\0', true);
	else
		buf_adds(&want, "?\n");
	add_line(&text, lines[row].behind, 0xff, newline);
	add_line(&want, lines[row].behind, 0xff, newline);
	write_file(at("mail.log"), text.data, text.len);
	add("mail.log");
	assert_well(read_all());
	ck_assert_uint_eq(got.text.len, want.len);
	ck_assert(memcmp(got.text.data, want.data, want.len) == 0);
	ck_assert_uint_ge(got.whole + 1, got.blocks);
	buf_release(&text);
	buf_release(&want);
}
END_TEST

/* The rest of a last line that is too long is no line of the next file. */
START_TEST(line_that_is_too_long_ends_with_its_file)
{
	struct buf text = BUF_INIT;

	add_line(&text, 2 * LOGFILES_LINE_MAX, 'x', false);
	buf_adds(&text, "end");
	put("next", "next\n");
	write_file(at("long"), text.data, text.len);
	add("long");
	add("next");
	assert_well(read_all());
	assert_text("?\nnext\n");
	buf_release(&text);
}
END_TEST

START_TEST(reading_stops_when_no_more_is_wanted)
{
	struct buf text = BUF_INIT;
	const char *name = _i == 0 ? "long" : "packed";

	if (!have_program("gzip"))
		return;
	make_long(&text);
	prepare("gzip -c <long >packed");
	if (_i == 2)
		from_pipe("packed");
	add(_i == 2 ? "-" : name);
	/* Nor is another one begun. */
	put("mar", mar);
	add("mar");
	got.stop = 1;
	assert_well(read_all());
	ck_assert_uint_eq(got.blocks, 1);
	ck_assert_uint_lt(got.text.len, text.len);
	buf_release(&text);
}
END_TEST

/* The lines are told as soon as they are there, not when a block is full. */
START_TEST(who_writes_slowly)
{
	int fd[2];
	pid_t pid;
	ssize_t n = 0;

	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		/* All the writing there will be, and then a long time in which nothing is written.
		 */
		n = write(fd[1], SLOWLY, sizeof(SLOWLY) - 1);
		(void)alarm(100);
		(void)pause();
		_exit(n < 0);
	}
	(void)close(fd[1]);
	ck_assert(dup2(fd[0], STDIN_FILENO) == STDIN_FILENO && close(fd[0]) == 0);
	writer = pid;
	add("-");
	assert_well(read_all());
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	assert_text(SLOWLY);
	ck_assert_uint_eq(got.told, sizeof(SLOWLY) - sizeof("Nov"));
}
END_TEST

/* ---- what cannot be opened, what is there twice, what the system has ---- */

START_TEST(same_file_is_read_once)
{
	struct buf why = BUF_INIT;

	put("mail.log", jan);
	prepare("ln mail.log hard && ln -s mail.log soft");
	add("mail.log");
	ck_assert_int_eq(logfiles_add(files, at("mail.log"), &why), LOGFILES_TWICE);
	ck_assert_int_eq(logfiles_add(files, at("hard"), &why), LOGFILES_TWICE);
	ck_assert_int_eq(logfiles_add(files, at("soft"), &why), LOGFILES_TWICE);
	assert_well(read_all());
	assert_text(jan);
	buf_release(&why);
}
END_TEST

static const struct {
	const char *name, *says;
} closed[] = {
	{"nosuch", "No such file or directory"},
	{"folder", "Is a directory"},
};

START_TEST(what_cannot_be_opened_is_refused)
{
	struct buf why = BUF_INIT;

	ck_assert_int_eq(mkdir(at("folder"), 0700), 0);
	ck_assert_int_eq(logfiles_add(files, at(closed[_i].name), &why), LOGFILES_FAILED);
	ck_assert_str_eq(buf_string(&why), closed[_i].says);
	assert_well(read_all());
	assert_text("");
	buf_release(&why);
}
END_TEST

/* Which files are there, which program; what is read, or why not. */
static const struct {
	bool first, second, folder;
	const char *program, *reads, *source, *why;
} systems[] = {
	{true, true, false, "echo", "first\n", "first", NULL},
	{false, true, false, "echo", "second\n", "second", NULL},
	{false, false, false, "echo", "of the program\n", "the journal", NULL},
	{false, false, false, "no-such-program", NULL, NULL, "no-such-program"},
	{false, true, true, "echo", NULL, NULL, "Is a directory"},
};

START_TEST(first_log_of_the_system_is_read)
{
	static char text[] = "of the program";
	const char *source = systems[_i].source;
	struct buf why = BUF_INIT, program = BUF_INIT;
	const char *places[] = {at("first"), at("second"), NULL};
	char *argv[] = {NULL, text, NULL};
	enum logfiles_added rc;

	buf_adds(&program, systems[_i].program);
	argv[0] = program.data;
	if (systems[_i].first)
		put("first", "first\n");
	if (systems[_i].folder)
		ck_assert_int_eq(mkdir(at("first"), 0700), 0);
	if (systems[_i].second)
		put("second", "second\n");
	rc = logfiles_add_first(files, places, argv, "the journal", &why);
	if (systems[_i].why != NULL) {
		ck_assert_int_eq(rc, LOGFILES_FAILED);
		assert_has(&why, systems[_i].why);
		assert_has(&why, systems[_i].folder ? "/first" : "/second");
	} else {
		ck_assert_int_eq(rc, LOGFILES_ADDED);
		ck_assert_str_eq(buf_string(&why), "");
		assert_well(read_all());
		assert_text(systems[_i].reads);
		ck_assert_ptr_nonnull(strstr(logfiles_source(files), source));
	}
	buf_release(&why);
	buf_release(&program);
}
END_TEST

/* ---- parts ---- */

START_TEST(parts_are_read_before_the_file_is_closed)
{
	struct buf text = BUF_INIT;

	make_long(&text);
	add("long");
	assert_well(read_all());
	ck_assert_uint_gt(got.parts, 0);
	ck_assert_uint_gt(got.idle, 0);
	ck_assert_uint_eq(got.text.len, text.len);
	ck_assert_int_eq(memcmp(got.text.data, text.data, text.len), 0);
	buf_release(&text);
}
END_TEST

START_TEST(part_that_cannot_be_read)
{
	struct buf text = BUF_INIT;

	make_long(&text);
	put("jan", jan);
	add("long");
	add("jan");
	got.error = EIO;
	ck_assert_int_eq(read_all(), -1);
	ck_assert_ptr_nonnull(strstr(buf_string(&got.trouble), "/long: Input/output error\n"));
	/* The other one is read all the same. */
	ck_assert_uint_eq(got.text.len, text.len + strlen(jan));
	buf_release(&text);
}
END_TEST

/* What is added while it is read is read, too. */
START_TEST(file_that_grows)
{
	struct buf text = BUF_INIT;
	FILE *f;

	make_long(&text);
	add("long");
	f = fopen(at("long"), "a");
	ck_assert(f != NULL && fputs("Nov 23 12:30:05 h x: more", f) >= 0 && fclose(f) == 0);
	assert_well(read_all());
	ck_assert_uint_eq(got.text.len, text.len + strlen("Nov 23 12:30:05 h x: more"));
	buf_release(&text);
}
END_TEST

/* ---- marks ---- */

START_TEST(mark_before_the_first_line)
{
	put("marked", "\xef\xbb\xbf"
		      "Jan  1 00:00:00 h x: y\nJan  1 00:00:01 h x: y\n");
	add("marked");
	assert_well(read_all());
	assert_text("Jan  1 00:00:00 h x: y\nJan  1 00:00:01 h x: y\n");
}
END_TEST

/* ---- progress ---- */

START_TEST(progress_counts_bytes_of_files)
{
	uint64_t done, total;
	struct buf text = BUF_INIT;

	make_long(&text);
	put("jan", jan);
	add("long");
	add("jan");
	logfiles_progress(files, &done, &total);
	ck_assert_uint_eq(done, 0);
	ck_assert_uint_eq(total, text.len + strlen(jan));
	assert_well(read_all());
	logfiles_progress(files, &done, &total);
	ck_assert_uint_eq(done, total);
	ck_assert_uint_eq(total, text.len + strlen(jan));
	ck_assert_uint_gt(got.first, 0);
	ck_assert_uint_lt(got.first, text.len);
	ck_assert(!got.grows);
	buf_release(&text);
}
END_TEST

START_TEST(progress_of_a_pipe_has_no_total)
{
	uint64_t done, total;
	struct buf text = BUF_INIT;

	make_long(&text);
	from_pipe("long");
	add("-");
	logfiles_progress(files, &done, &total);
	ck_assert_uint_eq(total, 0);
	assert_well(read_all());
	ck_assert(got.grows);
	ck_assert_uint_eq(got.done, text.len);
	ck_assert_uint_eq(got.total, 0);
	buf_release(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("logfiles");
	TCase *tc = tcase_create("logfiles");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_loop_test(tc, form_is_told_by_the_bytes, 0, COUNT(forms));
	tcase_add_loop_test(tc, magic, 0, COUNT(magics));
	tcase_add_loop_test(tc, a_feeder, 0, COUNT(feeders));
	tcase_add_test(tc, path_of_nothing);
	tcase_add_test(tc, descriptors);
	tcase_add_loop_test(tc, form_that_is_cut_is_read_up_to_there, 0, COUNT(forms));
	tcase_add_test(tc, form_that_is_broken_is_named);
	tcase_add_test(tc, form_that_is_broken_in_a_pipe);
	tcase_add_test(tc, form_that_comes_byte_by_byte);
	tcase_add_test(tc, programs_one_at_a_time);
	tcase_add_test(tc, standard_input_in_its_middle);
	tcase_add_loop_test(tc, files_are_read_by_age, 0, COUNT(orders));
	tcase_add_loop_test(tc, years_are_found_where_stamps_have_none, 0,
			    COUNT(years) * COUNT(lengths));
	tcase_add_test(tc, years_of_a_small_log);
	tcase_add_loop_test(tc, years_of_a_single_line, 0, COUNT(single));
	tcase_add_test(tc, years_count_for_the_order);
	tcase_add_loop_test(tc, files_of_one_second, 0, 3);
	tcase_add_test(tc, years_far_behind);
	tcase_add_test(tc, many_names);
	tcase_add_loop_test(tc, lines_of_any_length_come_whole, 0, COUNT(lines) * 2);
	tcase_add_test(tc, line_that_is_too_long_ends_with_its_file);
	tcase_add_loop_test(tc, reading_stops_when_no_more_is_wanted, 0, 3);
	tcase_add_test(tc, a_feeder_that_waits);
	tcase_add_test(tc, who_writes_slowly);
	tcase_add_test(tc, same_file_is_read_once);
	tcase_add_loop_test(tc, what_cannot_be_opened_is_refused, 0, COUNT(closed));
	tcase_add_loop_test(tc, first_log_of_the_system_is_read, 0, COUNT(systems));
	tcase_add_test(tc, parts_are_read_before_the_file_is_closed);
	tcase_add_test(tc, part_that_cannot_be_read);
	tcase_add_test(tc, file_that_grows);
	tcase_add_test(tc, mark_before_the_first_line);
	tcase_add_test(tc, progress_counts_bytes_of_files);
	tcase_add_test(tc, progress_of_a_pipe_has_no_total);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
