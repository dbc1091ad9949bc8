/* SPDX-License-Identifier: ISC */
/*
 * check_killed - the whole program, killed and signalled at every moment of its life.
 *
 * It runs under ptrace(2), which stops it before and after each of its system
 * calls. Whatever befalls it there, the file is the old one or the new one, whole,
 * with its backup, and the next run puts the rest in order. check_faults.c tries
 * the same inside the library, where calls can be made to fail.
 *
 * $SEED, a number, chooses other moments than the usual ones.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define ASSERT(condition, ...) ck_assert_msg(condition, __VA_ARGS__)

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SLOW_START true
#else
#define SLOW_START false
#endif

/* ---- the world: what the file holds, and what is done to it ---- */

enum text { WEAK, HARD, NTEXTS };

#define APPLY .before = WEAK, .after = HARD, .again = HARD
/* A second time takes back the first one: what was in place is the newest backup by then. */
#define RESTORE .before = HARD, .after = WEAK, .again = HARD, .kept = true

static const struct scenario {
	const char *name;
	const char *words[3]; /* of the command, before the file */
	enum text before;     /* what the file holds, */
	enum text after;      /* what the command makes of it, */
	enum text again;      /* and what it makes of that */
	bool unbacked;        /* no backup is wanted */
	bool backup_dir;      /* it goes to bak */
	bool kept;            /* there is an older one, which holds what the file becomes */
	bool symlink;         /* main.cf leads into another folder */
	bool hard_link;       /* the file has another name: the backup must be a copy */
	bool large;
} scenarios[] = {
	{.name = "plain", APPLY},
	{.name = "no backup", .words = {"--no-backup"}, APPLY, .unbacked = true},
	{.name = "backup folder",
	 .words = {"--backup-dir", "bak"},
	 APPLY,
	 .backup_dir = true,
	 .kept = true},
	{.name = "symbolic link", APPLY, .symlink = true, .kept = true},
	{.name = "hard link", APPLY, .hard_link = true},
	{.name = "large, copied", APPLY, .hard_link = true, .large = true},
	{.name = "restore", .words = {"--restore"}, RESTORE},
	{.name = "restore, copied", .words = {"--restore"}, RESTORE, .hard_link = true},
	{.name = "restore from a folder",
	 .words = {"--restore", "--backup-dir", "bak"},
	 RESTORE,
	 .symlink = true,
	 .backup_dir = true},
	{.name = "restore, no backup",
	 .words = {"--restore", "--no-backup"},
	 .before = HARD,
	 .after = WEAK,
	 .again = WEAK,
	 .kept = true,
	 .unbacked = true},
};
#define NSCENARIOS COUNT(scenarios)

static const struct scenario *scenario;
static char *top;               /* the folder of this test, and the current one */
static struct buf text[NTEXTS]; /* of the file */
static const char *target;      /* what main.cf is, all links followed */
static const char *backups;     /* the folder that gets them */
static bool from_exec;          /* the dynamic loader's calls count, too */

#define GIVEN "etc/main.cf"
#define STAMP_LEN 16 /* YYYYMMDDTHHMMSSZ */

static const char *const folders[] = {"etc", "real", "bak", "names"};

static void add_text(struct buf *out, const char *level, const char *loglevel)
{
	int i;

	buf_adds(out, "# of a mail server\n");
	for (i = 0; scenario->large && i < 5000; i++)
		buf_addf(out, "# line %d of many, so that writing takes its time\n", i);
	buf_addf(out,
		 "smtpd_tls_security_level = %s\nsmtp_tls_security_level = %s\n"
		 "smtpd_tls_loglevel = %s\nsmtp_tls_loglevel = %s\n",
		 level, level, loglevel, loglevel);
}

static void begin(int which)
{
	scenario = &scenarios[which];
	target = scenario->symlink ? "real/main.cf" : GIVEN;
	backups = scenario->backup_dir ? "bak" : scenario->symlink ? "real" : "etc";
	buf_clear(&text[WEAK]);
	buf_clear(&text[HARD]);
	add_text(&text[WEAK], "none", "0");
	add_text(&text[HARD], "may", "1");
}

/* LeakSanitizer cannot work in a process that is traced. */
static void switch_off_leak_check(void)
{
	const char *options = getenv("ASAN_OPTIONS");
	struct buf all = BUF_INIT;

	buf_addf(&all, "%s:detect_leaks=0", options != NULL ? options : "");
	ck_assert_int_eq(setenv("ASAN_OPTIONS", buf_string(&all), 1), 0);
	buf_release(&all);
}

static void set_up(void)
{
	int i;

	(void)program();
	switch_off_leak_check();
	(void)umask(022);
	top = make_folder();
	ck_assert_int_eq(chdir(top), 0);
	for (i = 0; i < COUNT(folders); i++)
		ck_assert_int_eq(mkdir(folders[i], 0755), 0);
	from_exec = false;
	begin(0);
}

static void tear_down(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	remove_tree(top);
	free(top);
	buf_release(&text[WEAK]);
	buf_release(&text[HARD]);
}

static void empty_folder(const char *path)
{
	DIR *list = opendir(path);
	struct dirent *entry;

	ck_assert_ptr_nonnull(list);
	while ((entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ck_assert_int_eq(unlink(in_folder(path, entry->d_name)), 0);
	(void)closedir(list);
}

/* In a folder of its own the name of a backup starts with the whole path, '/' as '%'. */
static void write_older_backup(void)
{
	char *path = realpath(target, NULL), *slash;
	const char *name = "main.cf";
	struct buf all = BUF_INIT;

	ck_assert_ptr_nonnull(path);
	while (scenario->backup_dir && (slash = strchr(path, '/')) != NULL)
		*slash = '%';
	if (scenario->backup_dir)
		name = path;
	buf_addf(&all, "%s/%s.tlsharden-20200101T000000Z", backups, name);
	write_file(buf_string(&all), text[scenario->after].data, text[scenario->after].len);
	buf_release(&all);
	free(path);
}

/* All as it is before a run. */
static void reset_world(void)
{
	int i;

	for (i = 0; i < COUNT(folders); i++)
		empty_folder(folders[i]);
	write_file(target, text[scenario->before].data, text[scenario->before].len);
	ck_assert_int_eq(chmod(target, 0640), 0);
	if (scenario->symlink)
		ck_assert_int_eq(symlink("../real/main.cf", GIVEN), 0);
	if (scenario->hard_link)
		ck_assert_int_eq(link(target, "names/other"), 0);
	if (scenario->kept)
		write_older_backup();
}

/* ---- the program, and what befalls it ---- */

/* At one of the stops, or a little later. */
struct blow {
	unsigned stop; /* which one, from 1; 0: never */
	int signal;
	unsigned steps; /* so many instructions later, */
	unsigned turns; /* or after so many turns of a loop, while the program runs on */
};

/* A run, and how far it has come. */
struct course {
	pid_t pid;
	int status;     /* as waitpid() has it */
	bool counting;  /* its calls are the program's own */
	unsigned stops; /* so far */
	unsigned last;  /* the last one that counts, as far as it is known; else 0 */
	unsigned deaf;  /* the one from which on it ignores SIGPIPE; 0 until it is known */
	bool struck;
};

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE};

/* They do what they do to a program that a shell has started, and there is no core. */
static void reset_signals(void)
{
	const struct rlimit none = {0, 0};
	sigset_t empty;
	int i;

	for (i = 0; i < COUNT(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)sigemptyset(&empty);
	(void)sigprocmask(SIG_SETMASK, &empty, NULL);
	(void)setrlimit(RLIMIT_CORE, &none);
}

/* Becomes the program. Runs in its parent's memory, so that it leaves all of it alone. */
static void become(const char *const argv[], int out, int err, bool traced)
{
	if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		_exit(126);
	reset_signals();
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(126);
	(void)execv(argv[0], (char *const *)(size_t)argv);
	_exit(127);
}

static int open_new(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/*
 * Starts it. What it says goes to the file err; what it prints to the descriptor
 * output or, where that is -1, to the file out. Not by fork(), for it is done
 * thousands of times.
 */
static pid_t start(const char *const argv[], int output, bool traced)
{
	int out = output >= 0 ? output : open_new("out"), err = open_new("err");
	pid_t pid = vfork();

	if (pid == 0)
		become(argv, out, err, traced);
	ck_assert_int_gt(pid, 0);
	(void)close(err);
	if (out != output)
		(void)close(out);
	return pid;
}

static int await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return status;
}

/* What the scenario says, or another word in place of its words. */
static const char *const *command(const char *other)
{
	static const char *argv[COUNT(scenario->words) + 3];
	int i, n = 0;

	argv[n++] = program();
	if (other != NULL)
		argv[n++] = other;
	for (i = 0; i < COUNT(scenario->words) && other == NULL; i++)
		if (scenario->words[i] != NULL)
			argv[n++] = scenario->words[i];
	argv[n++] = GIVEN;
	argv[n] = NULL;
	return argv;
}

/* The exit status of a run that nothing befalls, or 128 and the signal that ended it. */
static int run_in_peace(const char *const argv[], int output)
{
	int status = await(start(argv, output, false));

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* For an instruction, to the next stop, or as far as it comes. */
enum pace { STEP, STOP, RUN };

static void let_go(pid_t pid, enum pace pace, int sig)
{
	switch (pace) {
	case STEP:
		(void)ptrace(PTRACE_SINGLESTEP, pid, NULL, (long)sig);
		break;
	case STOP:
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, (long)sig);
		break;
	case RUN:
		(void)ptrace(PTRACE_CONT, pid, NULL, (long)sig);
		break;
	}
}

/* Until it stops again; false where it has ended. */
static bool go_on(struct course *c, enum pace pace, int sig)
{
	let_go(c->pid, pace, sig);
	c->status = await(c->pid);
	return WIFSTOPPED(c->status);
}

/* Sees by a call that is to be made where in its life the program is. */
static void look_at(struct course *c)
{
	struct __ptrace_syscall_info info = {0};

	(void)ptrace(PTRACE_GET_SYSCALL_INFO, c->pid, sizeof(info), &info);
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	/* What main does first. Before that, the dynamic loader and the C library were at work. */
	if (info.entry.nr == SYS_fcntl && info.entry.args[0] == STDIN_FILENO &&
	    info.entry.args[1] == F_GETFD)
		c->counting = true;
	if (info.entry.nr == SYS_rt_sigaction && info.entry.args[0] == SIGPIPE && c->counting &&
	    c->deaf == 0)
		c->deaf = c->stops + 2;
#ifdef COVERAGE
	/* What main does last. After that, what was run is written down. */
	if (info.entry.nr == SYS_close && info.entry.args[0] == STDOUT_FILENO)
		c->last = c->stops + 2;
#endif
}

/* To stop and to go on is quicker where who waits and who works share a processor. */
static void stay_on_one_processor(void)
{
	cpu_set_t set;
	int here = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET((size_t)(here >= 0 ? here : 0), &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static void turn(unsigned turns)
{
	volatile unsigned i;

	for (i = 0; i < turns; i++)
		;
}

/* Whether it is still there afterwards is for waitpid() to say. */
static bool strike(struct course *c, const struct blow *b)
{
	unsigned i;

	c->struck = true;
	for (i = 0; i < b->steps; i++)
		if (!go_on(c, STEP, 0))
			return false;
	if (b->turns > 0)
		let_go(c->pid, RUN, 0);
	turn(b->turns);
	(void)kill(c->pid, b->signal);
	return true;
}

/* One run of the command, from its start to its end, and the blow that it gets. */
static void run_struck(struct course *c, const struct blow *b)
{
	int sig = 0;

	*c = (struct course){.counting = from_exec};
	/* What is killed while it writes down which lines it ran would spoil that for others. */
	(void)setenv("GCOV_PREFIX", "/dev/null", 1);
	c->pid = start(command(NULL), -1, true);
	(void)unsetenv("GCOV_PREFIX");
	c->status = await(c->pid);
	ck_assert(WIFSTOPPED(c->status) && WSTOPSIG(c->status) == SIGTRAP);
	ck_assert_int_eq(
		ptrace(PTRACE_SETOPTIONS, c->pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD),
		0);
	while (go_on(c, c->struck ? RUN : STOP, sig)) {
		sig = WSTOPSIG(c->status);
		if (sig != (SIGTRAP | 0x80))
			continue;
		sig = 0;
		look_at(c);
		if (!c->counting || (c->last > 0 && c->stops >= c->last))
			continue;
		c->stops++;
		if (c->stops == b->stop && !strike(c, b))
			break;
	}
}

/* ---- what must be true afterwards ---- */

static const char *struck_by(const struct blow *b)
{
	static char line[256];

	(void)snprintf(line, sizeof(line), "%s: %s at stop %u, and %u steps, %u turns",
		       scenario->name, strsignal(b->signal), b->stop, b->steps, b->turns);
	return line;
}

/* What a file holds, whole; NTEXTS for anything else. */
static enum text held(const char *path)
{
	struct buf is = BUF_INIT;
	enum text t;

	read_file(path, &is);
	for (t = WEAK; t < NTEXTS; t++)
		if (is.len == text[t].len && memcmp(is.data, text[t].data, is.len) == 0)
			break;
	buf_release(&is);
	return t;
}

/* What is not yet whole has more behind the stamp and the number. */
static bool is_backup(const char *name)
{
	const char *stamp = strstr(name, ".tlsharden-");

	if (stamp == NULL)
		return false;
	stamp += strlen(".tlsharden-");
	if (strspn(stamp, "0123456789TZ") != STAMP_LEN)
		return false;
	stamp += STAMP_LEN;
	if (*stamp == '-')
		stamp += 1 + strspn(stamp + 1, "0123456789");
	return *stamp == '\0';
}

/* The backups that there are. */
struct kept {
	size_t n;
	size_t holding[NTEXTS + 1]; /* each text, or anything else */
	size_t live;                /* are no copy, but the file itself */
};

static void look_for_backups(struct kept *k)
{
	DIR *list = opendir(backups);
	struct stat file, st;
	struct dirent *entry;

	*k = (struct kept){0};
	ck_assert(list != NULL && stat(target, &file) == 0);
	while ((entry = readdir(list)) != NULL) {
		if (!is_backup(entry->d_name))
			continue;
		k->n++;
		k->holding[held(in_folder(backups, entry->d_name))]++;
		ck_assert_int_eq(lstat(in_folder(backups, entry->d_name), &st), 0);
		k->live += st.st_dev == file.st_dev && st.st_ino == file.st_ino;
	}
	(void)closedir(list);
}

/* One of the two files, whole, under its name, and the other one not lost. */
static void assert_safe(const struct blow *b)
{
	enum text is = held(target);
	struct stat st;
	struct kept k;

	ASSERT(is == scenario->before || is == scenario->after, "torn: %s", struck_by(b));
	ASSERT(stat(target, &st) == 0 && (st.st_mode & 07777) == 0640, "mode %o: %s",
	       (unsigned)st.st_mode, struck_by(b));
	ASSERT(lstat(GIVEN, &st) == 0 && S_ISLNK(st.st_mode) == scenario->symlink,
	       "no longer what it was: %s", struck_by(b));
	look_for_backups(&k);
	ASSERT(k.holding[NTEXTS] == 0, "a backup that is not whole: %s", struck_by(b));
	ASSERT(is == scenario->before || scenario->unbacked || k.holding[scenario->before] > 0,
	       "no backup: %s", struck_by(b));
	ASSERT(!scenario->kept || k.holding[scenario->after] > 0, "the older backup is gone: %s",
	       struck_by(b));
}

/* Nothing but the file and its backups; and the link that leads to it. */
static void assert_no_litter(const struct blow *b)
{
	size_t n = count_entries("etc") + count_entries("real") + count_entries("bak");
	struct kept k;

	look_for_backups(&k);
	ASSERT(!exists("etc/main.cf.tmp") && !exists("real/main.cf.tmp"), "a temporary: %s",
	       struck_by(b));
	ASSERT(k.live == 0, "a backup that is the file itself: %s", struck_by(b));
	ASSERT(n == k.n + 1 + scenario->symlink, "%zu files, and %zu of them backups: %s", n, k.n,
	       struck_by(b));
}

/* What it said at last. */
static const char *said(void)
{
	static struct buf err;

	buf_clear(&err);
	read_file("err", &err);
	return buf_string(&err);
}

/* The next run, which nothing befalls, does what is left to do. */
static void assert_mended(const struct blow *b)
{
	enum text wanted = held(target) == scenario->after ? scenario->again : scenario->after;
	int status = run_in_peace(command(NULL), -1);
	struct kept k;

	ASSERT(status == 0, "the next run: status %d, %s: %s", status, said(), struck_by(b));
	ASSERT(held(target) == wanted, "the next run did not do it: %s", struck_by(b));
	assert_safe(b);
	assert_no_litter(b);
	look_for_backups(&k);
	ASSERT(scenario->unbacked || k.holding[wanted == HARD ? WEAK : HARD] > 0,
	       "no backup after the next run: %s", struck_by(b));
	status = run_in_peace(command("--check"), -1);
	ASSERT(status == (wanted == HARD ? 0 : 1), "--check: status %d: %s", status, struck_by(b));
}

/* ---- what it may leave, and the next run shall mend ---- */

/* Names, kinds, modes, links, sizes, and what is held. */
static void describe(const char *folder, struct buf *out)
{
	struct dirent **list;
	struct stat st;
	const char *path;
	int i, n = scandir(folder, &list, NULL, alphasort);

	ck_assert_int_ge(n, 0);
	for (i = 0; i < n; i++) {
		path = in_folder(folder, list[i]->d_name);
		ck_assert_int_eq(lstat(path, &st), 0);
		if (!S_ISDIR(st.st_mode))
			buf_addf(out, "%s %o %u %lld %d;",
				 is_backup(list[i]->d_name) ? "backup" : list[i]->d_name,
				 (unsigned)st.st_mode, (unsigned)st.st_nlink, (long long)st.st_size,
				 S_ISREG(st.st_mode) ? (int)held(path) : -1);
		free(list[i]);
	}
	buf_addc(out, '/');
	free(list);
}

/* The states that were seen in this test, and how many they are. */
static struct buf states;
static unsigned nstates;

/* Most stops leave the same few states. What the next run makes of one is tried once. */
static bool is_new_state(void)
{
	struct buf now = BUF_INIT;
	bool new;

	buf_addc(&now, '\n');
	describe("etc", &now);
	describe("real", &now);
	describe("bak", &now);
	buf_addc(&now, '\n');
	new = strstr(buf_string(&states), buf_string(&now)) == NULL;
	if (new) {
		buf_adds(&states, buf_string(&now));
		nstates++;
	}
	buf_release(&now);
	return new;
}

/* ---- killed ---- */

/* How many stops a run has, and that it does its work if nothing befalls it. */
static unsigned count_stops(struct course *c)
{
	const struct blow none = {0};

	reset_world();
	run_struck(c, &none);
	ASSERT(c->status == 0, "status %d: %s", c->status, said());
	ck_assert_int_eq((int)held(target), (int)scenario->after);
	ASSERT(c->stops > 100 && c->deaf > 0, "%u stops, deaf from %u on", c->stops, c->deaf);
	return c->stops;
}

/*
 * How far it is from one stop that is tried to the next. What differs from one
 * signal to the other, and from one scenario to the other, is less than what
 * differs from stop to stop. Every stop is tried everywhere where all is to be checked.
 */
static const struct strides {
	unsigned kill, term, other;
} strides[][2] = {
	/* The first scenario, and the others. */
	{{1, 1, 5}, {3, 9, 63}},
	{{1, 1, 1}, {1, 1, 9}},     /* where CHECK_ALL is set */
	{{3, 7, 21}, {9, 45, 135}}, /* where it takes long */
};

static unsigned stride(int which, int sig)
{
	const int pace = SLOW_START ? 2 : getenv("CHECK_ALL") != NULL ? 1 : 0;
	const struct strides *s = &strides[pace][which > 0];

	return sig == SIGKILL ? s->kill : sig == SIGTERM ? s->term : s->other;
}

/* It was killed, or it came to its end before and did its work. */
static void kill_and_mend(struct course *c, const struct blow *b)
{
	bool killed;

	run_struck(c, b);
	killed = WIFSIGNALED(c->status) && WTERMSIG(c->status) == SIGKILL;
	ASSERT(killed || (c->status == 0 && held(target) == scenario->after), "status %d, %s: %s",
	       c->status, said(), struck_by(b));
	ASSERT(killed == c->struck || b->steps > 0 || b->turns > 0, "it lives: %s", struck_by(b));
	assert_safe(b);
	if (is_new_state())
		assert_mended(b);
}

START_TEST(killed_at_every_stop)
{
	struct blow b = {.signal = SIGKILL};
	struct course c;

	begin(_i);
	stay_on_one_processor();
	from_exec = _i == 0 && !SLOW_START;
	do {
		b.stop += stride(_i, SIGKILL);
		reset_world();
		kill_and_mend(&c, &b);
	} while (c.struck);
	/* Not begun, locked, written, given its mode, exchanged, done; and what a backup adds. */
	ASSERT(nstates >= 6 || stride(_i, SIGKILL) > 3, "no more than %u states", nstates);
}
END_TEST

/* The same numbers from the same seed, on every machine (splitmix64). */
static uint64_t random_state;

static unsigned below(unsigned end)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return (unsigned)((z ^ z >> 31) % end);
}

static void begin_random(int which, unsigned test)
{
	const char *seed = getenv("SEED");

	begin(which);
	random_state = seed != NULL ? strtoull(seed, NULL, 10) : 1;
	random_state = random_state << 16 | test << 8 | (unsigned)which;
}

/* Somewhere in the midst: between two calls, or within one. */
static struct blow random_blow(unsigned stops)
{
	struct blow b = {.stop = 1 + below(stops), .signal = SIGKILL};

	if (below(2) == 0)
		b.steps = 1 + below(1U << below(11));
	else
		b.turns = 1 + below(1U << below(22));
	return b;
}

START_TEST(killed_at_any_moment)
{
	struct course c;
	struct blow b;
	unsigned stops;
	int n;

	begin_random(_i, 1);
	stops = count_stops(&c);
	for (n = 0; n < (SLOW_START ? 10 : 20); n++) {
		b = random_blow(stops);
		reset_world();
		kill_and_mend(&c, &b);
	}
}
END_TEST

/* One crash upon the other, and only then a run that nothing befalls. */
START_TEST(killed_again_and_again)
{
	struct course c;
	struct blow b = {0};
	unsigned stops, crashes;
	int n;

	begin_random(_i, 2);
	stops = count_stops(&c);
	for (n = 0; n < 4; n++) {
		reset_world();
		for (crashes = 2 + below(3); crashes > 0; crashes--) {
			b = random_blow(stops);
			run_struck(&c, &b);
			assert_safe(&b);
		}
		assert_mended(&b);
	}
}
END_TEST

/* ---- told to end ---- */

/* Nobody else will clean up: what is not done is as if it had not begun. */
static void assert_clean(const struct blow *b)
{
	bool done = held(target) == scenario->after;
	struct kept k;

	assert_safe(b);
	assert_no_litter(b);
	look_for_backups(&k);
	ASSERT(k.n == (size_t)scenario->kept + (done && !scenario->unbacked),
	       "%zu backups, and %s: %s", k.n, done ? "done" : "not done", struck_by(b));
}

/* It ended by itself or by that signal, and its exit status tells what it did. */
static void assert_told(const struct course *c, const struct blow *b)
{
	enum text is = held(target);

	if (WIFSIGNALED(c->status)) {
		ASSERT(WTERMSIG(c->status) == b->signal, "another signal, %d: %s",
		       WTERMSIG(c->status), struck_by(b));
		return;
	}
	ASSERT(WEXITSTATUS(c->status) == (is == scenario->after ? 0 : 2), "status %d: %s: %s",
	       WEXITSTATUS(c->status), said(), struck_by(b));
}

START_TEST(told_to_end_at_every_stop)
{
	struct blow b = {.signal = signals[_i / NSCENARIOS]};
	struct course c;
	unsigned deaf;

	begin(_i % NSCENARIOS);
	stay_on_one_processor();
	(void)count_stops(&c);
	deaf = b.signal == SIGPIPE ? c.deaf : UINT_MAX;
	for (b.stop = 1;; b.stop += stride(_i % NSCENARIOS, b.signal)) {
		reset_world();
		run_struck(&c, &b);
		if (!c.struck)
			break;
		assert_clean(&b);
		assert_told(&c, &b);
		ASSERT(b.stop < deaf || c.status == 0, "not ignored: %s", struck_by(&b));
	}
}
END_TEST

/* ---- output that goes nowhere ---- */

static int open_pipe_without_reader(void)
{
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	(void)close(p[0]);
	return p[1];
}

static int open_full_device(void)
{
	return open("/dev/full", O_WRONLY | O_CLOEXEC);
}

static int (*const deaf_ends[])(void) = {open_pipe_without_reader, open_full_device};

/* Who does not get to see the diff gets no new file. */
START_TEST(the_diff_cannot_be_printed)
{
	const struct blow none = {0};
	int output, status;

	begin(_i % NSCENARIOS);
	reset_world();
	output = deaf_ends[_i / NSCENARIOS]();
	ck_assert_int_ge(output, 0);
	status = run_in_peace(command(NULL), output);
	(void)close(output);
	ASSERT(status == 2, "status %d: %s", status, said());
	ASSERT(strstr(said(), "standard output") != NULL, "%s", said());
	ck_assert_int_eq((int)held(target), (int)scenario->before);
	assert_clean(&none);
}
END_TEST

/* ---- all of them ---- */

/* Whether this machine lets a process watch its child, and tells about calls. */
static bool can_trace(void)
{
	struct __ptrace_syscall_info info;
	pid_t pid = fork();
	bool can;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(1);
		(void)raise(SIGSTOP);
		_exit(0);
	}
	can = WIFSTOPPED(await(pid));
	if (!can)
		return false;
	can = ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL) == 0 &&
	      ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0 && WIFSTOPPED(await(pid)) &&
	      ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0;
	(void)kill(pid, SIGKILL);
	(void)await(pid);
	return can;
}

static TCase *new_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 900);
	suite_add_tcase(s, tc);
	return tc;
}

START_TEST(tracing_is_forbidden)
{
	(void)fprintf(stderr, "*** SKIPPED: ptrace(2) does not work here ***\n");
	ck_assert_msg(getenv("CHECK_ALL") == NULL,
		      "ptrace(2) does not work here, and CHECK_ALL wants every check");
}
END_TEST

static void add_traced(Suite *s)
{
	TCase *tc = new_case(s, "killed");

	if (!can_trace()) {
		tcase_add_test(tc, tracing_is_forbidden);
		return;
	}
	tcase_add_loop_test(tc, killed_at_every_stop, 0, NSCENARIOS);
	tcase_add_loop_test(tc, killed_at_any_moment, 0, NSCENARIOS);
	tcase_add_loop_test(tc, killed_again_and_again, 0, NSCENARIOS);
	tc = new_case(s, "told to end");
	tcase_add_loop_test(tc, told_to_end_at_every_stop, 0, COUNT(signals) * NSCENARIOS);
}

int main(void)
{
	Suite *s = suite_create("killed");
	TCase *tc = new_case(s, "output");

	tcase_add_loop_test(tc, the_diff_cannot_be_printed, 0, COUNT(deaf_ends) * NSCENARIOS);
	add_traced(s);
	return run_suite(s);
}
