/* SPDX-License-Identifier: ISC */
/*
 * The laws of laws.h over many files: made up in memory, made up and given to the
 * real program and the real postconf, patch and git, and written by hand.
 *
 * $SEED, a number, makes other files than the usual ones. $CORPUS names a folder
 * with more main.cf files, called *.cf; those called *.master.cf are left out.
 */
#include "support.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generate.h"
#include "laws.h"
#include "masterlaws.h"
#include "verdict.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Files made up in memory, and those of them that go through programs. */
#define MEMORY_BATCHES 20
#define MEMORY_FILES 1000
/* Where each process takes many times as long as it does, some of them will do. */
#if defined(SANITIZED) || defined(COVERAGE)
#define REAL_BATCHES 4
#else
#define REAL_BATCHES 20
#endif
#define REAL_FILES 100
#define REFUSED_FILES 64
/* postconf sleeps for a second before it dies. */
#define REFUSED_WORKERS 32
#define WORKERS 2
#define SECONDS 600

static uint64_t first_seed(void)
{
	const char *seed = getenv("SEED");

	return seed != NULL ? (uint64_t)strtoull(seed, NULL, 10) << 32 : 0;
}

/* ---- saying what went wrong ---- */

/* As a string of C, a line a line. */
static void dump(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (i == 0 || text[i - 1] == '\n')
			(void)fputs("    \"", stderr);
		if (text[i] == '\n')
			(void)fputs("\\n\"\n", stderr);
		else if (text[i] == '"' || text[i] == '\\')
			(void)fprintf(stderr, "\\%c", text[i]);
		else if (text[i] >= ' ' && text[i] <= '~')
			(void)fputc(text[i], stderr);
		else
			(void)fprintf(stderr, "\\%03o", (unsigned char)text[i]);
	}
	(void)fputs(len > 0 && text[len - 1] != '\n' ? "\"\n" : "", stderr);
}

static void complain(const char *name, const char *what, const char *text, size_t len)
{
	(void)fprintf(stderr, "%s: %s\n", name, what);
	dump(text, len);
}

static bool fails(struct buf *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool fails(struct buf *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(why, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- work shared out to processes ---- */

/* Does the n-th of many pieces of work; false after it said what went wrong. */
typedef bool piece(unsigned n, void *context);

static bool do_share(piece *work, void *context, unsigned first, unsigned step, unsigned n)
{
	bool good = true;

	for (; first < n && good; first += step)
		good = work(first, context);
	return good;
}

/* make(worker) gives each process what it works with, drop() takes it back. */
static void share_out(unsigned workers, unsigned n, piece *work, void *(*make)(void),
		      void (*drop)(void *))
{
	pid_t pids[REFUSED_WORKERS];
	unsigned i, failed = 0;
	void *context;
	int status;
	bool good;

	for (i = 0; i < workers; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] > 0)
			continue;
		context = make();
		good = do_share(work, context, i, workers, n);
		drop(context);
		_exit(good ? 0 : 1);
	}
	for (i = 0; i < workers; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		failed += status != 0;
	}
	ck_assert_msg(failed == 0, "%u of %u workers failed, see above", failed, workers);
}

/* ---- a folder in which programs run ---- */

struct place {
	char *folder; /* main.cf, its backup, master.cf */
	char *other;  /* what patch and git work on */
};

static void *place_make(void)
{
	struct place *p = xcalloc(1, sizeof(*p));

	p->folder = make_folder();
	p->other = make_folder();
	write_file(in_folder(p->folder, "master.cf"), "", 0);
	return p;
}

static void place_drop(void *context)
{
	struct place *p = context;

	remove_tree(p->folder);
	remove_tree(p->other);
	free(p->folder);
	free(p->other);
	free(p);
}

/* What the file and the folder are, to see whether anything was touched. */
struct traces {
	struct stat file, folder;
	size_t entries;
};

static void look(const struct place *p, struct traces *t)
{
	if (stat(in_folder(p->folder, "main.cf"), &t->file) < 0 || stat(p->folder, &t->folder) < 0)
		abort();
	t->entries = count_entries(p->folder);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_traces(const struct traces *a, const struct traces *b)
{
	return a->file.st_ino == b->file.st_ino && a->file.st_size == b->file.st_size &&
	       same_time(&a->file.st_mtim, &b->file.st_mtim) &&
	       same_time(&a->file.st_ctim, &b->file.st_ctim) && a->entries == b->entries &&
	       same_time(&a->folder.st_mtim, &b->folder.st_mtim);
}

/* ---- postconf ---- */

/* What postconf says of a main.cf: "name=value" lines, sorted, as make_comparable() leaves them. */
struct settings {
	char **v;
	size_t n, cap;
};

/*
 * postconf makes one blank of many, and in warnings a '?' of what cannot be
 * printed. What it says is compared with all of these as one and the same.
 */
static char *make_comparable(const char *name, size_t name_len, const char *value, size_t len)
{
	struct buf out = BUF_INIT;
	size_t i;
	bool was = true;

	for (i = 0; i < name_len; i++)
		buf_addc(&out, name[i] > ' ' && name[i] <= '~' ? name[i] : '?');
	buf_addc(&out, '=');
	for (i = 0; i < len; i++) {
		bool is = value[i] <= ' ' || value[i] > '~' || value[i] == '?';

		if (!is || !was)
			buf_addc(&out, is ? '?' : value[i]);
		was = is;
	}
	if (out.data[out.len - 1] == '?')
		out.data[--out.len] = '\0';
	return buf_detach(&out);
}

static void settings_add(struct settings *s, const char *name, size_t name_len, const char *value,
			 size_t len)
{
	s->v = xgrow(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = make_comparable(name, name_len, value, len);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void settings_sort(struct settings *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), by_text);
}

static void settings_release(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct settings){0};
}

static const char *find(const char *text, size_t len, const char *what)
{
	return len > 0 ? memmem(text, len, what, strlen(what)) : NULL;
}

static void take_setting(struct settings *s, const char *line, size_t len, const char *sign)
{
	const char *at = find(line, len, sign);

	if (at == NULL || (at - line == 16 && memcmp(line, "config_directory", 16) == 0))
		return;
	settings_add(s, line, (size_t)(at - line), at + strlen(sign),
		     len - (size_t)(at - line) - strlen(sign));
}

/* Names that nothing refers to are not in postconf's output, but it warns of them. */
static void take_output(struct settings *s, const struct buf *out, bool warnings)
{
	static const char unused[] = "unused parameter: ";
	const char *line = out->data, *end = line + out->len, *nl, *at;

	for (; line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (nl == NULL)
			nl = end;
		if (!warnings) {
			/* "name = value", "name =". */
			take_setting(s, line, (size_t)(nl - line), " =");
			continue;
		}
		at = find(line, (size_t)(nl - line), unused);
		if (at != NULL)
			take_setting(s, at + strlen(unused), (size_t)(nl - at) - strlen(unused),
				     "=");
	}
}

/* All that postconf finds in main.cf; its exit status. */
static int ask_postconf(const struct place *p, struct settings *s, struct buf *err)
{
	const char *const argv[] = {"postconf", "-c", p->folder, "-n", NULL};
	struct ran r;
	int status;

	make_old(in_folder(p->folder, "main.cf"));
	run(&r, NULL, argv, NULL, 0);
	take_output(s, &r.out, false);
	take_output(s, &r.err, true);
	settings_sort(s);
	buf_add(err, r.err.data, r.err.len);
	status = r.status;
	ran_release(&r);
	return status;
}

static bool is_managed(enum laws_policy policy, const char *setting)
{
	size_t i, len = strcspn(setting, "=");

	for (i = 0; i < laws_count(policy); i++)
		if (strlen(laws_managed[i]) == len && memcmp(laws_managed[i], setting, len) == 0)
			return true;
	return false;
}

/* postconf reads what is not managed as it did before. */
static bool same_unmanaged(enum laws_policy policy, const struct settings *a,
			   const struct settings *b, struct buf *why)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a->n && is_managed(policy, a->v[i]))
			i++;
		while (j < b->n && is_managed(policy, b->v[j]))
			j++;
		if (i == a->n && j == b->n)
			return true;
		if (i == a->n || j == b->n || strcmp(a->v[i], b->v[j]) != 0)
			return fails(why, "postconf read %s and reads %s",
				     i < a->n ? a->v[i] : "(end)", j < b->n ? b->v[j] : "(end)");
		i++;
		j++;
	}
}

/* postconf reads the file as our own reading does. */
static bool reads_alike(const struct settings *s, const struct reading *r, struct buf *why)
{
	struct settings ours = {0};
	size_t i, n;
	bool same;

	for (i = 0; i < r->nsettings; i++) {
		n = strlen(r->settings[i].name);
		if (reading_find(r, r->settings[i].name, n) == i)
			settings_add(&ours, r->settings[i].name, n, r->settings[i].value.data,
				     r->settings[i].value.len);
	}
	settings_sort(&ours);
	for (i = 0; i < s->n && i < ours.n && strcmp(s->v[i], ours.v[i]) == 0;)
		i++;
	same = i == s->n && i == ours.n;
	if (!same)
		(void)fails(why, "postconf reads %s, it is %s", i < s->n ? s->v[i] : "(end)",
			    i < ours.n ? ours.v[i] : "(end)");
	settings_release(&ours);
	return same;
}

/* What postconf makes of the macros in what policies manage: a line each. */
static void expand_by_postconf(const struct place *p, struct buf lines[LAWS_MANAGED])
{
	const char *argv[5 + LAWS_MANAGED + 1] = {"postconf", "-c", p->folder, "-x", "-h"};
	const char *line, *nl;
	struct ran r;
	size_t i;

	for (i = 0; i < LAWS_MANAGED; i++)
		argv[5 + i] = laws_managed[i];
	run(&r, NULL, argv, NULL, 0);
	line = buf_string(&r.out);
	for (i = 0; i < LAWS_MANAGED && (nl = strchr(line, '\n')) != NULL; i++, line = nl + 1)
		buf_add(&lines[i], line, (size_t)(nl - line));
	ran_release(&r);
}

/* A parameter that can be known is, as postconf reads it, what the policy wants. */
static bool good_by_postconf(enum laws_policy policy, const struct reading *r, size_t managed,
			     const struct buf *expanded, struct buf *why)
{
	const char *name = laws_managed[managed];
	struct laws_meaning m;
	bool good = true;

	laws_mean(r, managed, reading_find(r, name, strlen(name)), &m);
	if (m.known == LAWS_KNOWN && !m.implied) {
		good = laws_good_value(policy, managed, buf_string(expanded), expanded->len) ||
		       fails(why, "postconf -x: %s is \"%s\"", name, buf_string(expanded));
		if (good && strcasecmp(buf_string(&m.value), buf_string(expanded)) != 0 &&
		    strpbrk(buf_string(&m.value), " \t\r\v\f") == NULL)
			good = fails(why, "postconf -x: %s is \"%s\", not \"%s\"", name,
				     buf_string(expanded), buf_string(&m.value));
	}
	buf_release(&m.value);
	return good;
}

static bool has_macros(enum laws_policy policy, const struct reading *r)
{
	size_t i;

	for (i = 0; i < r->nsettings; i++)
		if (r->settings[i].managed < laws_count(policy) &&
		    strchr(buf_string(&r->settings[i].value), '$') != NULL)
			return true;
	return false;
}

/* Values without macros the laws have judged, as soon as postconf reads the same. */
static bool managed_by_postconf(enum laws_policy policy, const struct place *p,
				const struct reading *r, bool unknown, struct buf *why)
{
	struct buf lines[LAWS_MANAGED] = {BUF_INIT};
	bool good = true;
	size_t i;

	if (!has_macros(policy, r))
		return true;
	expand_by_postconf(p, lines);
	for (i = 0; i < laws_count(policy) && good; i++) {
		/* Where the program left something alone the laws have said why. */
		if (unknown && !laws_good_value(policy, i, buf_string(&lines[i]), lines[i].len))
			continue;
		good = good_by_postconf(policy, r, i, &lines[i], why);
		if (good && !unknown)
			good = laws_good_value(policy, i, buf_string(&lines[i]), lines[i].len) ||
			       fails(why, "postconf -x: %s is \"%s\"", laws_managed[i],
				     buf_string(&lines[i]));
	}
	for (i = 0; i < LAWS_MANAGED; i++)
		buf_release(&lines[i]);
	return good;
}

/* ---- the program ---- */

enum real_flags {
	REAL_POSTCONF = 1,
	REAL_PATCH = 2,
	REAL_GIT = 4,
};

/* One file on its way through the real thing. */
struct passage {
	enum laws_policy policy;
	const struct place *place;
	const char *text;
	size_t len;
	unsigned flags; /* what of it is installed and wanted */
	struct laws_outcome want;
	struct settings before; /* as postconf read the file */
	bool macros_die;        /* on a macro of it postconf dies: it is no oracle then */
	struct buf *why;
};

static void run_program(const struct passage *t, struct ran *r)
{
	const char *const argv[] = {program(), "-p", laws_policy_name(t->policy), "main.cf", NULL};

	run(r, t->place->folder, argv, NULL, 0);
}

static bool holds(const struct place *p, const char *name, const char *text, size_t len)
{
	struct buf now = BUF_INIT;
	bool same;

	read_file(in_folder(p->folder, name), &now);
	same = now.len == len && (len == 0 || memcmp(now.data, text, len) == 0);
	buf_release(&now);
	return same;
}

static bool before_by_postconf(struct passage *t)
{
	struct buf err = BUF_INIT;
	struct reading r;
	bool refused, good = true;
	int status;

	if ((t->flags & REAL_POSTCONF) == 0)
		return true;
	status = ask_postconf(t->place, &t->before, &err);
	refused = status != 0 && (find(err.data, err.len, "missing '=' after") != NULL ||
				  find(err.data, err.len, "missing attribute name") != NULL);
	t->macros_die = status != 0 && !refused;
	if (refused != t->want.refused)
		good = fails(t->why, "postconf %s the file: %s", refused ? "refuses" : "takes",
			     buf_string(&err));
	if (good && status == 0) {
		reading_make(&r, t->text, t->len);
		good = reads_alike(&t->before, &r, t->why);
		reading_release(&r);
	}
	buf_release(&err);
	return good;
}

/* Exit 2, the causes on standard error, and nothing touched. */
static bool refuses(struct passage *t)
{
	struct traces before, after;
	struct ran r;
	bool good;

	look(t->place, &before);
	run_program(t, &r);
	look(t->place, &after);
	good = r.status == 2 && r.out.len == 0 && find(r.err.data, r.err.len, "main.cf:") != NULL &&
	       same_traces(&before, &after) && holds(t->place, "main.cf", t->text, t->len);
	if (!good)
		(void)fails(t->why, "not refused as it should be: status %d, %s%s", r.status,
			    buf_string(&r.out), buf_string(&r.err));
	ran_release(&r);
	return good;
}

/* The backup is there if, and only if, there was something to change; then it goes. */
static bool check_backup(struct passage *t, bool changed)
{
	struct buf name = BUF_INIT;
	size_t n = count_prefix(t->place->folder, "main.cf.tlsharden-", &name);
	bool good;

	good = n == (changed ? 1 : 0) && count_entries(t->place->folder) == 2 + n &&
	       (n == 0 || holds(t->place, buf_string(&name), t->text, t->len));
	if (n == 1)
		(void)unlink(in_folder(t->place->folder, buf_string(&name)));
	buf_release(&name);
	return good ||
	       fails(t->why, "%zu backups, %zu entries", n, count_entries(t->place->folder));
}

static bool check_diff(struct passage *t, const struct buf *diff)
{
	struct buf out = BUF_INIT, why = BUF_INIT;
	bool good;

	good = laws_patch(t->text, t->len, buf_string(diff), diff->len, &out, &why) &&
	       out.len == t->want.text.len &&
	       memcmp(buf_string(&out), buf_string(&t->want.text), out.len) == 0;
	if (!good)
		(void)fails(t->why, "the printed diff does not fit: %s\n%s", buf_string(&why),
			    buf_string(diff));
	buf_release(&out);
	buf_release(&why);
	return good;
}

/* Has another program apply the diff to the old file. */
static bool apply_by(struct passage *t, const char *const argv[], const struct buf *diff)
{
	const char *path = in_folder(t->place->other, "main.cf");
	struct buf out = BUF_INIT;
	struct ran r;
	bool good;

	write_file(path, t->text, t->len);
	run(&r, t->place->other, argv, buf_string(diff), diff->len);
	read_file(path, &out);
	good = r.status == 0 && count_entries(t->place->other) == 1 &&
	       out.len == t->want.text.len &&
	       memcmp(buf_string(&out), buf_string(&t->want.text), out.len) == 0;
	if (!good)
		(void)fails(t->why, "%s does not make the new file of it: status %d, %s%s\n%s",
			    argv[0], r.status, buf_string(&r.out), buf_string(&r.err),
			    buf_string(diff));
	buf_release(&out);
	ran_release(&r);
	return good;
}

static bool check_tools(struct passage *t, const struct buf *diff)
{
	static const char *const patch[] = {"patch", "-s", "-p1", NULL};
	static const char *const plain[] = {"patch", "-s", "main.cf", NULL};
	static const char *const git[] = {
		"git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-", NULL};

	if (diff->len == 0)
		return true;
	if ((t->flags & REAL_PATCH) != 0 &&
	    (!apply_by(t, patch, diff) || !apply_by(t, plain, diff)))
		return false;
	return (t->flags & REAL_GIT) == 0 || apply_by(t, git, diff);
}

/* The new file as postconf reads it. */
static bool after_by_postconf(struct passage *t)
{
	struct settings after = {0};
	struct buf err = BUF_INIT;
	struct reading r;
	bool good;

	if ((t->flags & REAL_POSTCONF) == 0 || t->macros_die)
		return true;
	reading_make(&r, buf_string(&t->want.text), t->want.text.len);
	good = ask_postconf(t->place, &after, &err) == 0 || fails(t->why, "%s", buf_string(&err));
	good = good && same_unmanaged(t->policy, &t->before, &after, t->why) &&
	       reads_alike(&after, &r, t->why) &&
	       managed_by_postconf(t->policy, t->place, &r, t->want.unknown, t->why);
	reading_release(&r);
	settings_release(&after);
	buf_release(&err);
	return good;
}

/* A second run does nothing. */
static bool check_second(struct passage *t)
{
	struct traces before, after;
	struct ran r;
	bool good;

	look(t->place, &before);
	run_program(t, &r);
	look(t->place, &after);
	good = r.status == (t->want.unknown ? 1 : 0) && r.out.len == 0 &&
	       same_traces(&before, &after);
	if (!good)
		(void)fails(t->why, "the second run did something: status %d, %s%s", r.status,
			    buf_string(&r.out), buf_string(&r.err));
	ran_release(&r);
	return good;
}

static bool hardens(struct passage *t)
{
	struct traces before, after;
	struct ran r;
	bool good, changed;

	look(t->place, &before);
	run_program(t, &r);
	changed = t->want.text.len != t->len ||
		  memcmp(buf_string(&t->want.text), t->text, t->len) != 0;
	good = r.status == (t->want.unknown ? 1 : 0) ||
	       fails(t->why, "exit status %d: %s", r.status, buf_string(&r.err));
	if (good && !holds(t->place, "main.cf", t->want.text.data, t->want.text.len))
		good = fails(t->why, "the new file is not what was decided:\n%s",
			     buf_string(&r.out));
	if (good && !changed) {
		look(t->place, &after);
		good = same_traces(&before, &after) || fails(t->why, "touched with no reason");
	}
	good = good && check_backup(t, changed) && check_diff(t, &r.out) && after_by_postconf(t) &&
	       check_second(t) && check_tools(t, &r.out);
	ran_release(&r);
	return good;
}

/* The laws, and then the real program, held against the real tools. */
static bool passes(enum laws_policy policy, const struct place *p, const char *text, size_t len,
		   unsigned flags, struct buf *why)
{
	struct passage t = {
		.policy = policy, .place = p, .text = text, .len = len, .flags = flags, .why = why};
	const char *path = in_folder(p->folder, "main.cf");
	char *law = laws_broken(policy, text, len, &t.want);
	bool good = law == NULL || fails(why, "%s", law);

	if (good) {
		write_file(path, text, len);
		make_old(path);
		good = before_by_postconf(&t) && (t.want.refused ? refuses(&t) : hardens(&t));
	}
	free(law);
	settings_release(&t.before);
	laws_outcome_release(&t.want);
	return good;
}

static unsigned tools(void)
{
	return (have_program("postconf") ? REAL_POSTCONF : 0U) |
	       (have_program("patch") ? REAL_PATCH : 0U) | (have_program("git") ? REAL_GIT : 0U);
}

/* ---- made up in memory ---- */

START_TEST(memory)
{
	static const unsigned flags[] = {0, GENERATE_BAD_MACROS,
					 GENERATE_BAD_MACROS | GENERATE_BAD_LINES,
					 GENERATE_BAD_LINES | GENERATE_NULS};
	uint64_t seed = first_seed() + (uint64_t)_i * MEMORY_FILES, last = seed + MEMORY_FILES;
	struct buf text = BUF_INIT;
	unsigned failed = 0;
	char name[64], *law;

	for (; seed < last; seed++) {
		buf_clear(&text);
		generate(seed, flags[_i % 4], &text);
		law = laws_broken_by_any(buf_string(&text), text.len);
		if (law == NULL)
			law = laws_maincf_broken(buf_string(&text), text.len);
		if (law != NULL && failed++ < 3) {
			(void)snprintf(name, sizeof(name), "seed %" PRIu64 ", flags %u", seed,
				       flags[_i % 4]);
			complain(name, law, buf_string(&text), text.len);
		}
		free(law);
	}
	buf_release(&text);
	ck_assert_msg(failed == 0, "%u of %d files, see above", failed, MEMORY_FILES);
}
END_TEST

/* What is never made up is never tested: every kind of verdict and of file is there. */
START_TEST(variety)
{
	unsigned codes[COUNT(((struct laws_outcome *)NULL)->codes)] = {0};
	unsigned same = 0, refused = 0, unknown = 0, i;
	struct buf text = BUF_INIT;
	struct laws_outcome o;
	uint64_t seed;

	for (seed = 0; seed < 2000; seed++) {
		buf_clear(&text);
		generate(seed, seed % 4 == 3 ? GENERATE_BAD_LINES : 0, &text);
		free(laws_broken((enum laws_policy)_i, buf_string(&text), text.len, &o));
		for (i = 0; i < COUNT(codes); i++)
			codes[i] += o.codes[i];
		refused += o.refused;
		unknown += o.unknown;
		same += !o.refused && o.text.len == text.len &&
			memcmp(buf_string(&o.text), buf_string(&text), text.len) == 0;
		laws_outcome_release(&o);
	}
	buf_release(&text);
	for (i = 0; i < COUNT(codes); i++) {
		/* What is mandatory is good enough for TLS from the first byte. */
		if (_i == LAWS_MANDATORY && i == VERDICT_WRAPPERMODE)
			continue;
		ck_assert_msg(codes[i] > (i == VERDICT_REFERENCE ? 0 : 30),
			      "%s: %u verdicts of code %u", laws_policy_name((enum laws_policy)_i),
			      codes[i], i);
	}
	ck_assert_msg(same > 50 && same < 600, "%u files with nothing to change", same);
	ck_assert_msg(refused > 50 && refused < 600, "%u files refused", refused);
	ck_assert_msg(unknown > 50 && unknown < 600, "%u files with something unknown", unknown);
}
END_TEST

/* The same file from the same seed, on every machine. */
START_TEST(seeds)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	uint64_t seed;

	for (seed = 0; seed < 50; seed++) {
		buf_clear(&one);
		buf_clear(&two);
		generate(seed, 7, &one);
		generate(seed, 7, &two);
		ck_assert_uint_eq(one.len, two.len);
		ck_assert_mem_eq(buf_string(&one), buf_string(&two), one.len);
	}
	buf_release(&one);
	buf_release(&two);
}
END_TEST

/* The laws can be broken: a diff that does not fit is seen. */
START_TEST(misfits)
{
	static const char old[] = "a\nb\nc\nd\ne\nf\ng";
	static const struct {
		const char *diff;
		bool fits;
	} cases[] = {
		{"", true},
		{"--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n-a\n+A\n b\n c\n d\n", true},
		{"--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+A\n", true},
		{"--- a/x\n+++ b/x\n@@ -7 +7 @@\n-g\n\\ No newline at end of file\n+h\n", true},
		{"--- a/x\n+++ b/x\n@@ -7 +7 @@\n-g\n+h\n", false},
		{"--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n-a\n+A\n b\n d\n d\n", false},
		{"--- a/x\n+++ b/x\n@@ -1,4 +2,4 @@\n-a\n+A\n b\n c\n d\n", false},
		{"--- a/x\n+++ b/x\n@@ -1,4 +1,5 @@\n-a\n+A\n b\n c\n d\n", false},
		{"--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n+A\n b\n c\n d\n", false},
		{"--- a/x\n+++ b/x\n@@ -2,3 +2,3 @@\n-a\n+A\n b\n c\n", false},
		{"--- a/x\n+++ b/x\n@@ -9,1 +9,1 @@\n-a\n+A\n", false},
		{"--- a/x\n+++ b/x\n@@ -2 +2 @@\n-b\n+B\n\\ No newline at end of file\n", false},
		{"@@ -1 +1 @@\n-a\n+A\n", false},
	};
	struct buf out = BUF_INIT, why = BUF_INIT;
	bool fits;

	fits = laws_patch(old, strlen(old), cases[_i].diff, strlen(cases[_i].diff), &out, &why);
	ck_assert_msg(fits == cases[_i].fits, "%s: %s", cases[_i].diff, buf_string(&why));
	buf_release(&out);
	buf_release(&why);
}
END_TEST
#define MISFITS 13

/* ---- made up, through programs ---- */

struct batch {
	uint64_t seed;
	unsigned flags; /* generate_flags */
	unsigned tools; /* real_flags */
};
static struct batch batch;

static bool pass_made_up(unsigned n, void *context)
{
	enum laws_policy policy = (enum laws_policy)(n % LAWS_POLICIES);
	uint64_t seed = batch.seed + n;
	struct buf text = BUF_INIT, why = BUF_INIT;
	unsigned flags = batch.tools & REAL_POSTCONF;
	char name[64];
	bool good;

	if (n % 10 == 0)
		flags |= batch.tools & REAL_PATCH;
	if (n % 50 == 0)
		flags |= batch.tools & REAL_GIT;
	generate(seed, batch.flags, &text);
	good = passes(policy, context, buf_string(&text), text.len, flags, &why);
	if (!good) {
		(void)snprintf(name, sizeof(name), "%s, seed %" PRIu64 ", flags %u",
			       laws_policy_name(policy), seed, batch.flags);
		complain(name, buf_string(&why), buf_string(&text), text.len);
	}
	buf_release(&text);
	buf_release(&why);
	return good;
}

START_TEST(real)
{
	batch.seed = first_seed() + (uint64_t)_i * MEMORY_FILES;
	batch.tools = tools();
	share_out(WORKERS, REAL_FILES, pass_made_up, place_make, place_drop);
}
END_TEST

/* What Postfix refuses is refused, and what it takes is taken. */
START_TEST(refused)
{
	batch.seed = first_seed() + 1000000;
	batch.flags = GENERATE_BAD_LINES;
	batch.tools = tools();
	share_out(REFUSED_WORKERS, REFUSED_FILES, pass_made_up, place_make, place_drop);
}
END_TEST

/* ---- written by hand ---- */

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* Reads a file that may be missing. */
static bool read_if_there(const char *folder, const char *name, struct buf *out)
{
	const char *path = in_folder(folder, name);

	if (!exists(path))
		return false;
	read_file(path, out);
	return true;
}

/* The new file is, byte for byte, the one that was written by hand. */
static bool check_want(const struct place *p, const char *folder, const char *name,
		       unsigned *compared, struct buf *why)
{
	struct buf path = BUF_INIT, want = BUF_INIT, diff = BUF_INIT;
	bool good = true;

	buf_addf(&path, "%.*s.want", (int)(strlen(name) - strlen(".cf")), name);
	if (read_if_there(folder, buf_string(&path), &want)) {
		(*compared)++;
		if (!holds(p, "main.cf", want.data, want.len)) {
			read_file(in_folder(p->folder, "main.cf"), &diff);
			good = fails(why, "the new file is not %s but\n%s", buf_string(&path),
				     buf_string(&diff));
		}
	}
	buf_release(&path);
	buf_release(&want);
	buf_release(&diff);
	return good;
}

/* By each policy, the default last: that one has written the file that is compared. */
static bool pass_written(const struct place *p, const char *folder, const char *name,
			 unsigned flags, unsigned *compared)
{
	struct buf text = BUF_INIT, why = BUF_INIT;
	bool good = true;
	int policy;

	read_file(in_folder(folder, name), &text);
	for (policy = LAWS_POLICIES; policy-- > 0 && good;) {
		good = passes((enum laws_policy)policy, p, buf_string(&text), text.len, flags,
			      &why);
		if (!good)
			complain(laws_policy_name((enum laws_policy)policy), buf_string(&why),
				 buf_string(&text), text.len);
	}
	good = good && check_want(p, folder, name, compared, &why);
	if (!good)
		complain(name, buf_string(&why), "", 0);
	buf_release(&text);
	buf_release(&why);
	return good;
}

/* Passes all *.cf of a folder; returns how many there are. */
static unsigned pass_folder(const char *folder, unsigned *compared)
{
	struct place *p = place_make();
	DIR *list = opendir(folder);
	unsigned n = 0, failed = 0, flags = tools();
	struct dirent *e;

	ck_assert_msg(list != NULL, "cannot list %s", folder);
	while ((e = readdir(list)) != NULL) {
		if (!has_suffix(e->d_name, ".cf") || has_suffix(e->d_name, ".master.cf"))
			continue;
		n++;
		failed += !pass_written(p, folder, e->d_name, flags, compared);
	}
	(void)closedir(list);
	place_drop(p);
	ck_assert_msg(failed == 0, "%u of %u files in %s, see above", failed, n, folder);
	return n;
}

START_TEST(fixtures)
{
	unsigned compared = 0, n = pass_folder("tests/fixtures", &compared);

	ck_assert_uint_ge(n, 15);
	ck_assert_uint_ge(compared, 10);
}
END_TEST

START_TEST(corpus)
{
	unsigned compared = 0;

	ck_assert_uint_gt(pass_folder(getenv("CORPUS"), &compared), 0);
}
END_TEST

/* What the fuzz targets start from goes through the same laws. */
static const struct {
	const char *folder;
	char *(*broken)(const char *text, size_t len);
} seed_folders[] = {
	{"tests/corpus-maincf", laws_maincf_broken},
	{"tests/corpus-expand", laws_expand_broken},
	{"tests/corpus-edit", laws_broken_by_any},
	{"tests/corpus-policy", laws_policy_broken},
	{"tests/corpus-mastercf", laws_mastercf_broken},
	{"tests/corpus-policyfile", laws_policyfile_broken},
	{"tests/corpus-log", laws_log_broken},
};

START_TEST(fuzz_seeds)
{
	DIR *list = opendir(seed_folders[_i].folder);
	unsigned n = 0, failed = 0;
	struct buf text = BUF_INIT;
	struct dirent *e;
	char *law;

	ck_assert_msg(list != NULL, "cannot list %s", seed_folders[_i].folder);
	while ((e = readdir(list)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		buf_clear(&text);
		read_file(in_folder(seed_folders[_i].folder, e->d_name), &text);
		law = seed_folders[_i].broken(buf_string(&text), text.len);
		if (law != NULL) {
			failed++;
			complain(e->d_name, law, buf_string(&text), text.len);
		}
		free(law);
	}
	(void)closedir(list);
	buf_release(&text);
	ck_assert_uint_ge(n, 10);
	ck_assert_msg(failed == 0, "%u of %u, see above", failed, n);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, SECONDS);
	suite_add_tcase(suite, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("laws");
	TCase *tc;

	tc = add_case(suite, "memory");
	tcase_add_test(tc, seeds);
	tcase_add_loop_test(tc, variety, 0, LAWS_POLICIES);
	tcase_add_loop_test(tc, misfits, 0, MISFITS);
	tcase_add_loop_test(tc, memory, 0, MEMORY_BATCHES);

	tc = add_case(suite, "written by hand");
	tcase_add_test(tc, fixtures);
	tcase_add_loop_test(tc, fuzz_seeds, 0, COUNT(seed_folders));
	if (getenv("CORPUS") != NULL)
		tcase_add_test(tc, corpus);

	tc = add_case(suite, "through programs");
	tcase_add_loop_test(tc, real, 0, REAL_BATCHES);
	tcase_add_test(tc, refused);

	return run_suite(suite);
}
