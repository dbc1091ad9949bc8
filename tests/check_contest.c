/* SPDX-License-Identifier: ISC */
/*
 * check_contest - many at work on one file at the same time, and nobody's work is lost.
 *
 * A contest is a table of players, each a process that takes so many turns, or
 * goes on until those that count their turns are done: counts end a contest,
 * never the time. What the players have to tell stands in memory that they
 * share, the arena.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define BACKUPS "main.cf.tlsharden-"

/* ---- the arena ---- */

#define MOST_RUNS 32768
#define MOST_MARKS 1024

/* The runs of the program that were begun while something happened. */
struct span {
	unsigned from, to;
};

struct arena {
	atomic_uint counting; /* players that have turns left */
	atomic_bool over;     /* somebody complained */
	char complaint[2048]; /* the first one */
	atomic_uint begun;    /* runs of the program */
	atomic_uint written;  /* those that replaced the file */
	/* By the number of the run, from 1: whether it came too late and left all as it was. */
	atomic_bool refused[MOST_RUNS];
	/* By the number of a mark: when the player who left it opened the file for it. */
	struct span opened[MOST_MARKS];
	/* What was seen and is right only if a run was taken back at that moment. */
	atomic_uint doubts;
	struct span doubt[MOST_MARKS];
};

static struct arena *arena;

static void open_arena(void)
{
	set_up();
	arena = mmap(NULL, sizeof(*arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ck_assert(arena != MAP_FAILED);
}

static void close_arena(void)
{
	(void)munmap(arena, sizeof(*arena));
	tear_down();
}

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Ends this player, and the contest with it. */
static void complain(const char *format, ...)
{
	va_list ap;

	if (!atomic_exchange(&arena->over, true)) {
		va_start(ap, format);
		(void)vsnprintf(arena->complaint, sizeof(arena->complaint), format, ap);
		va_end(ap);
	}
	_exit(1);
}

/* ---- players ---- */

struct player {
	void (*take_turn)(int who, int turn);
	int n;     /* so many of this kind, told apart by who */
	int turns; /* each has; 0: it goes on until all others are done */
};

#define MOST_KINDS 5

static pid_t referee;

/* With the test itself gone, too, nobody goes on for ever. */
static bool goes_on(void)
{
	return !atomic_load(&arena->over) && getppid() == referee;
}

static void play(const struct player *p, int who, const int gate[2])
{
	int turn;
	char c;

	(void)close(gate[1]);
	if (read(gate[0], &c, 1) < 0)
		complain("the gate: %s", strerror(errno));
	for (turn = 0; goes_on(); turn++) {
		if (p->turns > 0 ? turn == p->turns : atomic_load(&arena->counting) == 0)
			break;
		p->take_turn(who, turn);
	}
	if (p->turns > 0)
		(void)atomic_fetch_sub(&arena->counting, 1);
	_exit(0);
}

static void line_up(const struct player *p, const int gate[2])
{
	pid_t pid;
	int who;

	for (who = 0; who < p->n; who++) {
		if (p->turns > 0)
			(void)atomic_fetch_add(&arena->counting, 1);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			play(p, who, gate);
	}
}

/* All begin at once, as the gate is opened. */
static void hold_contest(const struct player players[MOST_KINDS])
{
	int gate[2], status, i;

	referee = getpid();
	ck_assert_int_eq(pipe(gate), 0);
	for (i = 0; i < MOST_KINDS; i++)
		line_up(&players[i], gate);
	(void)close(gate[0]);
	(void)close(gate[1]);
	while (wait(&status) > 0)
		if (status != 0 && !atomic_exchange(&arena->over, true))
			(void)snprintf(arena->complaint, sizeof(arena->complaint),
				       "a player ended with wait status %d", status);
	ck_assert_msg(!atomic_load(&arena->over), "%s", arena->complaint);
}

/* ---- runs of the program ---- */

#define CHANGED "another program (changed|replaced) it meanwhile"
/* A machine may be so busy that somebody waits for five seconds: he has lost nothing. */
#define GAVE_UP "gave up waiting: another program holds the edit lock"
/* Who rewrites a file in place shows it in pieces. */
#define TORN "missing '=' after parameter name"

static const char *excuses; /* what a run may say that leaves all as it is; a pattern */

/* One run: it is in order, or it has an excuse. */
static void run_program(const char *const argv[])
{
	unsigned number = atomic_fetch_add(&arena->begun, 1) + 1;
	struct ran ran;

	run(&ran, top, argv, NULL, 0);
	if (ran.status != 0 && (ran.status != 2 || !matches(buf_string(&ran.err), excuses)))
		complain("exit status %d: %s", ran.status, buf_string(&ran.err));
	if (ran.status == 0 && ran.out.len > 0)
		(void)atomic_fetch_add(&arena->written, 1);
	if (ran.status == 2 && number < MOST_RUNS)
		atomic_store(&arena->refused[number], true);
	ran_release(&ran);
}

static void harden_it(int who, int turn)
{
	const char *const argv[] = {program(), "main.cf", NULL};

	(void)who;
	(void)turn;
	run_program(argv);
}

static void harden_without_backup(int who, int turn)
{
	const char *const argv[] = {program(), "--no-backup", "main.cf", NULL};

	(void)who;
	(void)turn;
	run_program(argv);
}

static void harden_to_folder(int who, int turn)
{
	const char *const argv[] = {program(), "--backup-dir", "bak", "main.cf", NULL};

	(void)who;
	(void)turn;
	run_program(argv);
}

static void restore_it(int who, int turn)
{
	const char *const argv[] = {program(), "--restore", "main.cf", NULL};

	(void)who;
	(void)turn;
	run_program(argv);
}

/* How often a player looks up while one run goes by: as long as it lasts, in counts. */
static unsigned pace = 1000;

static void look_up(void)
{
	struct stat st;

	if (lstat(at("main.cf"), &st) < 0)
		complain("main.cf is gone: %s", strerror(errno));
	(void)sched_yield();
}

/* Until the so-many-th run from now has begun: the one before that had the file for itself. */
static void let_runs_pass(unsigned n)
{
	unsigned first = atomic_load(&arena->begun), now = first, looks = 0;

	while ((now = atomic_load(&arena->begun)) < first + n && goes_on()) {
		look_up();
		if (now > first)
			looks++;
	}
	if (n > 1)
		pace = looks;
}

/* For some part of a run, another one each turn, so that what follows meets all its moments. */
static void dawdle(int who, int turn)
{
	unsigned mixed = ((unsigned)who * 7919U + (unsigned)turn + 1U) * 2654435761U;
	unsigned n = (mixed >> 16) % (pace + 1);

	while (n-- > 0)
		look_up();
}

/* ---- what must be true afterwards ---- */

static void read_here(const char *name, struct buf *out)
{
	buf_clear(out);
	read_file(at(name), out);
}

/* So many backups, one of each run that replaced the file, all of whole lines; and nothing else. */
static void assert_no_litter(unsigned backups)
{
	ck_assert(!exists(at("main.cf.tmp")));
	ck_assert_uint_eq(count_prefix(top, BACKUPS, NULL), backups);
	if (backups == 0)
		return;
	shell("\"$0\" --check " BACKUPS "*", NULL, NULL);
	ck_assert_msg(r.status <= 1, "a torn backup: %s", buf_string(&r.err));
}

/* A last run, alone, puts all in order; Postfix's own program reads the file and agrees. */
static void assert_in_order_at_last(void)
{
	const char *const ask[] = {"postconf",
				   "-hc",
				   ".",
				   "smtp_tls_security_level",
				   "smtpd_tls_security_level",
				   "smtp_tls_loglevel",
				   "smtpd_tls_loglevel",
				   NULL};

	HARDEN("main.cf");
	assert_status(0);
	HARDEN("--check", "main.cf");
	assert_status(0);
	if (!have_program("postconf"))
		return;
	put("master.cf", "");
	make_old(at("main.cf"));
	run_here(ask, NULL, 0);
	assert_status(0);
	ck_assert_str_eq(buf_string(&r.out), "may\nmay\n1\n1\n");
}

/* All that was ever written: the live file and all backups, one after the other. */
static void read_everything(struct buf *all)
{
	shell("cat main.cf " BACKUPS "*", NULL, NULL);
	assert_status(0);
	buf_clear(all);
	buf_add(all, r.out.data, r.out.len);
}

static bool was_refused(const struct span *s)
{
	unsigned i;

	for (i = s->from; i <= s->to && i < MOST_RUNS; i++)
		if (atomic_load(&arena->refused[i]))
			return true;
	return false;
}

/* ---- those who take the edit lock: postconf -e ---- */

static void postconf_edit(const char *edit)
{
	const char *const argv[] = {"postconf", "-c", ".", "-e", edit, NULL};
	struct ran ran;

	run(&ran, top, argv, NULL, 0);
	if (ran.status != 0)
		complain("postconf -e %s: status %d: %s", edit, ran.status, buf_string(&ran.err));
	ran_release(&ran);
}

static void set_another(int who, int turn)
{
	char edit[64];

	(void)snprintf(edit, sizeof(edit), "p%d_%d=v%d", who, turn, turn);
	postconf_edit(edit);
}

static void weaken(int who, int turn)
{
	static const char *const edits[] = {"smtp_tls_loglevel=0", "smtpd_tls_loglevel=0",
					    "smtp_tls_security_level=none",
					    "smtpd_tls_security_level=none"};

	(void)who;
	postconf_edit(edits[turn % COUNT(edits)]);
}

static const struct {
	const char *name;
	bool restores; /* what was set may be in a backup only: to restore one is to go back */
	struct player players[MOST_KINDS];
} lockers[] = {
	{"edits", false, {{set_another, 4, 75}, {weaken, 1, 0}, {harden_it, 2, 0}}},
	{"edits and restores",
	 true,
	 {{set_another, 2, 15}, {weaken, 1, 0}, {harden_it, 1, 0}, {restore_it, 1, 20}}},
};

static size_t occurrences(const struct buf *text, const char *what)
{
	const char *p = buf_string(text);
	size_t n = 0;

	while ((p = strstr(p, what)) != NULL) {
		p += strlen(what);
		n++;
	}
	return n;
}

static void assert_all_set(const struct player *p, bool in_backups)
{
	struct buf text = BUF_INIT;
	char line[64];
	int who, turn;
	size_t n;

	if (in_backups)
		read_everything(&text);
	else
		read_here("main.cf", &text);
	for (who = 0; who < p->n; who++)
		for (turn = 0; turn < p->turns; turn++) {
			(void)snprintf(line, sizeof(line), "\np%d_%d = v%d\n", who, turn, turn);
			n = occurrences(&text, line);
			ck_assert_msg(in_backups ? n > 0 : n == 1, "%zu times in the file:%s", n,
				      line);
		}
	buf_release(&text);
}

START_TEST(no_edit_of_postconf_is_lost)
{
	if (!have_program("postconf"))
		return;
	excuses = lockers[_i].restores ? GAVE_UP "|no backup of it" : GAVE_UP;
	put("main.cf", weak);
	put("master.cf", "");
	hold_contest(lockers[_i].players);
	ck_assert_uint_gt(arena->written, 0);
	assert_no_litter(arena->written);
	assert_all_set(&lockers[_i].players[0], lockers[_i].restores);
	assert_in_order_at_last();
}
END_TEST

/* ---- an editor that renames a new file over the old one, and takes no lock ---- */

#define VERSIONS 120

static void add_version(struct buf *out, int version, const char *rest)
{
	buf_addf(out, "version = %d\n%s", version, rest);
}

static bool is_version(const struct buf *text, int version)
{
	struct buf want = BUF_INIT;
	bool same;

	add_version(&want, version, weak);
	same = strcmp(buf_string(text), buf_string(&want)) == 0;
	buf_clear(&want);
	add_version(&want, version, hard);
	same = same || strcmp(buf_string(text), buf_string(&want)) == 0;
	buf_release(&want);
	return same;
}

/*
 * What the editor took away must be what it put there, as it was or hardened.
 * An earlier version in its place means that it was overwritten; unless that was
 * the moment of an exchange that showed the run that it came too late, and was
 * taken back. That run says so and ends with status 2.
 */
static void judge_replaced(int last, const struct span *when)
{
	struct buf is = BUF_INIT;
	unsigned doubt;
	int version = -1;

	read_here("aside", &is);
	if (!is_version(&is, last)) {
		if (sscanf(buf_string(&is), "version = %d\n", &version) != 1 || version >= last ||
		    !is_version(&is, version))
			complain("after version %d came:\n%s", last, buf_string(&is));
		doubt = atomic_fetch_add(&arena->doubts, 1);
		arena->doubt[doubt % MOST_MARKS] = *when;
	}
	buf_release(&is);
}

static int exchange(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, at(a), AT_FDCWD, at(b), RENAME_EXCHANGE);
}

/* To exchange where another editor would only rename lets this one see what it replaces. */
static void edit_by_exchange(int who, int turn)
{
	struct buf text = BUF_INIT;
	struct span when;

	let_runs_pass((unsigned)turn % 3);
	dawdle(who, turn);
	add_version(&text, turn + 1, weak);
	put("aside", buf_string(&text));
	when.from = atomic_load(&arena->begun);
	if (exchange("aside", "main.cf") < 0)
		complain("cannot exchange: %s", strerror(errno));
	when.to = atomic_load(&arena->begun);
	judge_replaced(turn, &when);
	buf_release(&text);
}

static bool can_exchange(void)
{
	bool can;

	put("one", "1");
	put("two", "2");
	can = exchange("one", "two") == 0;
	(void)unlink(at("one"));
	(void)unlink(at("two"));
	if (can)
		return true;
	(void)fprintf(stderr, "*** SKIPPED: names cannot be exchanged here ***\n");
	ck_assert_msg(getenv("CHECK_ALL") == NULL, "CHECK_ALL wants every check");
	return false;
}

static const struct {
	const char *name;
	bool backups;
	struct player players[MOST_KINDS];
} renamers[] = {
	{"with backups", true, {{edit_by_exchange, 1, VERSIONS}, {harden_it, 1, 0}}},
	{"without", false, {{edit_by_exchange, 1, VERSIONS}, {harden_without_backup, 1, 0}}},
};

static void assert_no_doubt(void)
{
	unsigned i;

	ck_assert_uint_lt(arena->doubts, MOST_MARKS);
	for (i = 0; i < arena->doubts; i++)
		ck_assert_msg(was_refused(&arena->doubt[i]),
			      "an earlier version was there in the runs %u to %u, and none was "
			      "taken back",
			      arena->doubt[i].from, arena->doubt[i].to);
}

START_TEST(no_version_is_overwritten_by_an_earlier_one)
{
	struct buf text = BUF_INIT;

	if (!can_exchange())
		return;
	excuses = CHANGED;
	add_version(&text, 0, weak);
	put("main.cf", buf_string(&text));
	hold_contest(renamers[_i].players);
	/* Every third version a run had the file for itself. */
	ck_assert_uint_ge(arena->written, VERSIONS / 3);
	assert_no_doubt();
	read_here("main.cf", &text);
	ck_assert_msg(is_version(&text, VERSIONS), "at last there is:\n%s", buf_string(&text));
	assert_no_litter(renamers[_i].backups ? arena->written : 0);
	assert_in_order_at_last();
	buf_release(&text);
}
END_TEST

/* ---- editors that write into the file that they opened, whatever has become of it ---- */

#define MARKS 60 /* of one editor */

/* What a player leaves, or the place for it, which is as long. With it the file is weak. */
static const char *mark(int who, int turn, bool made)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "mark_%d_%d = %s\nsmtp_tls_loglevel = %d\n", who, turn,
		       made ? "yes" : "not", made ? 0 : 1);
	return text;
}

static void write_all(int fd, const char *bytes, size_t len, off_t at_offset)
{
	if (pwrite(fd, bytes, len, at_offset) != (ssize_t)len)
		complain("cannot write in place: %s", strerror(errno));
}

static void read_all(int fd, struct buf *text)
{
	char part[4096];
	ssize_t n;

	while ((n = pread(fd, part, sizeof(part), (off_t)text->len)) > 0)
		buf_add(text, part, (size_t)n);
	if (n < 0)
		complain("cannot read: %s", strerror(errno));
}

static void append_mark(int fd, int who, int turn)
{
	const char *text = mark(who, turn, true);

	if (fcntl(fd, F_SETFL, O_APPEND) < 0)
		complain("cannot append: %s", strerror(errno));
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		complain("cannot write in place: %s", strerror(errno));
}

/* The size stays: only by its times can the file be seen to have changed. */
static void overwrite_mark(int fd, int who, int turn)
{
	struct buf text = BUF_INIT;
	char head[64];
	const char *place;

	(void)snprintf(head, sizeof(head), "mark_%d_%d = not\n", who, turn);
	read_all(fd, &text);
	place = strstr(buf_string(&text), head);
	if (place == NULL)
		complain("no place for a mark: %s", head);
	write_all(fd, mark(who, turn, true), strlen(mark(who, turn, true)),
		  (off_t)(place - buf_string(&text)));
	buf_release(&text);
}

static void rewrite_with_mark(int fd, int who, int turn)
{
	struct buf text = BUF_INIT;

	read_all(fd, &text);
	buf_adds(&text, mark(who, turn, true));
	if (ftruncate(fd, 0) < 0)
		complain("cannot truncate: %s", strerror(errno));
	write_all(fd, buf_string(&text), text.len, 0);
	buf_release(&text);
}

static void edit_in_place(int who, int turn, void (*make)(int fd, int who, int turn))
{
	struct span *opened = &arena->opened[who * MARKS + turn];
	int fd;

	opened->from = atomic_load(&arena->begun);
	fd = open(at("main.cf"), O_RDWR | O_CLOEXEC);
	opened->to = atomic_load(&arena->begun);
	if (fd < 0)
		complain("cannot open main.cf: %s", strerror(errno));
	let_runs_pass((unsigned)turn % 3);
	dawdle(who, turn);
	make(fd, who, turn);
	(void)close(fd);
}

static void append_in_place(int who, int turn)
{
	edit_in_place(who, turn, append_mark);
}

static void overwrite_in_place(int who, int turn)
{
	edit_in_place(who, turn, overwrite_mark);
}

static void rewrite_in_place(int who, int turn)
{
	edit_in_place(who, turn, rewrite_with_mark);
}

static const struct {
	const char *name, *excuses;
	struct player players[MOST_KINDS];
} writers[] = {
	{"append", CHANGED, {{append_in_place, 1, MARKS}, {harden_it, 1, 0}}},
	{"several append", CHANGED, {{append_in_place, 3, MARKS}, {harden_it, 1, 0}}},
	{"several overwrite", CHANGED, {{overwrite_in_place, 3, MARKS}, {harden_it, 1, 0}}},
	{"rewrite", CHANGED "|" TORN, {{rewrite_in_place, 1, MARKS}, {harden_it, 1, 0}}},
};

static void put_places(const struct player *p)
{
	struct buf text = BUF_INIT;
	int who, turn;

	buf_adds(&text, weak);
	for (who = 0; p->take_turn == overwrite_in_place && who < p->n; who++)
		for (turn = 0; turn < p->turns; turn++)
			buf_adds(&text, mark(who, turn, false));
	put("main.cf", buf_string(&text));
	buf_release(&text);
}

/*
 * Every mark is in the live file or in a backup; unless its editor opened what
 * bore the name only for the moment of an exchange that was taken back.
 */
static void assert_marks_kept(const struct player *p)
{
	struct buf all = BUF_INIT;
	const struct span *opened;
	char head[64];
	int who, turn;

	read_everything(&all);
	for (who = 0; who < p->n; who++)
		for (turn = 0; turn < p->turns; turn++) {
			opened = &arena->opened[who * MARKS + turn];
			(void)snprintf(head, sizeof(head), "mark_%d_%d = yes\n", who, turn);
			ck_assert_msg(strstr(buf_string(&all), head) != NULL || was_refused(opened),
				      "a mark is nowhere: opened in the runs %u to %u: %s",
				      opened->from, opened->to, head);
		}
	buf_release(&all);
}

START_TEST(no_writing_in_place_is_lost)
{
	const struct player *p = writers[_i].players;

	excuses = writers[_i].excuses;
	put_places(p);
	hold_contest(p);
	/* One who is alone leaves the file to a run now and then. */
	ck_assert(arena->written > 0 || p->n > 1);
	assert_no_litter(arena->written);
	assert_marks_kept(p);
	assert_in_order_at_last();
}
END_TEST

/* ---- the program against itself ---- */

#define ROUNDS 3

static const struct {
	const char *folder, *prefix; /* of the backup */
	struct player players[MOST_KINDS];
} crowds[] = {
	{".", BACKUPS, {{harden_it, 16, 1}}},
	{"bak", "", {{harden_to_folder, 16, 1}}},
};

/* One run is the first; the others find nothing to do. */
START_TEST(one_of_many_hardens_it)
{
	const char *folder = crowds[_i / ROUNDS].folder;
	struct buf name = BUF_INIT, path = BUF_INIT;

	excuses = GAVE_UP;
	prepare("mkdir bak");
	put("main.cf", weak);
	hold_contest(crowds[_i / ROUNDS].players);
	ck_assert_uint_eq(arena->written, 1);
	assert_content("main.cf", hard);
	ck_assert_uint_eq(count_prefix(top, "main.cf", NULL) + count_entries(at("bak")), 2);
	ck_assert_uint_eq(count_prefix(at(folder), crowds[_i / ROUNDS].prefix, &name), 1);
	buf_addf(&path, "%s/%s", folder, buf_string(&name));
	assert_content(buf_string(&path), weak);
	buf_release(&name);
	buf_release(&path);
}
END_TEST

static const struct {
	const char *name;
	struct player players[MOST_KINDS];
} restorers[] = {
	{"restored", {{restore_it, 12, 1}}},
	{"hardened and restored", {{harden_it, 6, 2}, {restore_it, 6, 2}}},
};

static unsigned count_holding(const char *text)
{
	struct buf one = BUF_INIT;
	char *path, *rest;
	unsigned n = 0;

	prepare("ls " BACKUPS "*");
	for (path = strtok_r(r.out.data, "\n", &rest); path != NULL;
	     path = strtok_r(NULL, "\n", &rest)) {
		read_here(path, &one);
		n += strcmp(buf_string(&one), text) == 0;
	}
	buf_release(&one);
	return n;
}

/* There are two texts: who replaces one by the other leaves a backup of the one. */
START_TEST(each_of_many_keeps_what_it_replaces)
{
	unsigned written;

	excuses = GAVE_UP;
	put("main.cf", weak);
	put(BACKUPS "20200101T000000Z", hard);
	hold_contest(restorers[_i / ROUNDS].players);
	written = arena->written;
	ck_assert_uint_gt(written, 0);
	assert_content("main.cf", written % 2 == 0 ? weak : hard);
	assert_no_litter(1 + written);
	ck_assert_uint_eq(count_holding(weak), (written + 1) / 2);
	ck_assert_uint_eq(count_holding(hard), 1 + written / 2);
}
END_TEST

/* ---- all of them ---- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, open_arena, close_arena);
	tcase_set_timeout(tc, 900);
	suite_add_tcase(s, tc);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("contest");
	TCase *tc = new_case(s, "lock");

	tcase_add_loop_test(tc, no_edit_of_postconf_is_lost, 0, COUNT(lockers));
	tcase_add_loop_test(tc, one_of_many_hardens_it, 0, COUNT(crowds) * ROUNDS);
	tcase_add_loop_test(tc, each_of_many_keeps_what_it_replaces, 0, COUNT(restorers) * ROUNDS);
	tc = new_case(s, "no lock");
	tcase_add_loop_test(tc, no_version_is_overwritten_by_an_earlier_one, 0, COUNT(renamers));
	tcase_add_loop_test(tc, no_writing_in_place_is_lost, 0, COUNT(writers));
	return run_suite(s);
}
