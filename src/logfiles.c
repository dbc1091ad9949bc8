/* SPDX-License-Identifier: ISC */
#include "logfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "decompress.h"
#include "maillog.h"
#include "years.h"

/* Fits into the cache that a core has for itself, with room for what is made of it. */
#define BLOCK_SIZE ((size_t)256 * 1024)
/* How far a time is looked for, so that a file can be put in order. */
#define HEAD_SIZE 65536U
/* Where the last line of a block ends is looked for in so many bytes. */
#define TAIL_SIZE 4096
/* A clock that is ahead, and the zones of the world. */
#define DAY 86400
/* More names than that are too many to be listed. */
#define NAMED 4

struct logfile {
	char *name;
	int fd; /* of the file; -1: there is none, or it was read */
	struct stat st;
	bool seekable;       /* a regular file at its start */
	const char *program; /* that makes plain text of it, or NULL */
	struct decompress unpacking;
	struct buf head;  /* text that was read already */
	struct buf error; /* why it cannot be read */
	bool ended;       /* head is all there is */
	bool dated;
	int64_t first; /* time of the first line that has one */
	struct stamp_clock clock;
	size_t place; /* among the files as they were named */
};

struct logfiles {
	struct logfile *v;
	size_t n, cap;
	size_t current; /* file that is being read */
	uint64_t done;  /* bytes of those before */
	uint64_t text;  /* bytes read of all, unpacked */
	char *at;       /* the sink's room: len bytes of size are in it */
	size_t len, size;
	bool skipping; /* the rest of a line that is too long */
	struct maillog_reader reader;
	struct buf source;
};

struct logfiles *logfiles_new(void)
{
	return xcalloc(1, sizeof(struct logfiles));
}

/* ---- opening ---- */

static struct logfile *add(struct logfiles *l, const char *name, int fd)
{
	struct logfile *f;

	l->v = xgrow(l->v, l->n, &l->cap, sizeof(*l->v));
	f = &l->v[l->n];
	*f = (struct logfile){.name = xstrdup(name), .fd = fd, .place = l->n};
	f->unpacking.program.out = -1;
	l->n++;
	return f;
}

static bool is_twice(const struct logfiles *l, const struct stat *st)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].fd >= 0 && l->v[i].st.st_dev == st->st_dev &&
		    l->v[i].st.st_ino == st->st_ino)
			return true;
	return false;
}

static void close_file(int fd)
{
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

static enum logfiles_added refuse(int fd, int error, struct buf *why)
{
	close_file(fd);
	buf_adds(why, strerror(error));
	errno = error;
	return LOGFILES_FAILED;
}

enum logfiles_added logfiles_add(struct logfiles *l, const char *path, struct buf *why)
{
	bool standard = strcmp(path, "-") == 0;
	struct logfile *f;
	struct stat st;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(fd, errno, why);
	if (S_ISDIR(st.st_mode))
		return refuse(fd, EISDIR, why);
	if (is_twice(l, &st)) {
		close_file(fd);
		return LOGFILES_TWICE;
	}
	f = add(l, standard ? "standard input" : path, fd);
	f->st = st;
	f->seekable = S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
	return LOGFILES_ADDED;
}

static enum logfiles_added add_command(struct logfiles *l, char *const argv[], const char *name,
				       struct buf *why)
{
	char *path = child_find(argv[0], "/usr/bin:/bin");
	size_t n = 0, i;
	char **words;
	struct logfile *f;
	int rc = -1;

	if (path == NULL) {
		buf_addf(why, "no %s", argv[0]);
		return LOGFILES_FAILED;
	}
	while (argv[n] != NULL)
		n++;
	words = xcalloc(n + 1, sizeof(*words));
	words[0] = path;
	for (i = 1; i < n; i++)
		words[i] = argv[i];
	f = add(l, name, -1);
	rc = child_start(&f->unpacking.program, words, -1, why);
	free(words);
	free(path);
	return rc < 0 ? LOGFILES_FAILED : LOGFILES_ADDED;
}

enum logfiles_added logfiles_add_first(struct logfiles *l, const char *const files[],
				       char *const argv[], const char *name, struct buf *why)
{
	struct buf cause = BUF_INIT;
	enum logfiles_added rc;
	size_t i;

	for (i = 0; files[i] != NULL; i++) {
		rc = logfiles_add(l, files[i], &cause);
		if (rc == LOGFILES_FAILED && errno == ENOENT) {
			buf_clear(&cause);
			buf_addf(why, "no %s, ", files[i]);
			continue;
		}
		/* One that is there and cannot be read is not passed over for another. */
		buf_clear(why);
		if (rc == LOGFILES_FAILED)
			buf_addf(why, "%s: %s", files[i], buf_string(&cause));
		buf_release(&cause);
		return rc;
	}
	buf_release(&cause);
	rc = add_command(l, argv, name, why);
	if (rc == LOGFILES_ADDED)
		buf_clear(why);
	return rc;
}

enum logfiles_added logfiles_add_system(struct logfiles *l, struct buf *why)
{
	static const char *const files[] = {"/var/log/mail.log", "/var/log/maillog", NULL};
	/* Facility 2 is mail; what was dropped the journal tells of itself. */
	static char journal[] = "journalctl", no_pager[] = "--no-pager", quiet[] = "-q",
		    output[] = "-o", form[] = "short-iso", mail[] = "SYSLOG_FACILITY=2",
		    or [] = "+", journald[] = "SYSLOG_IDENTIFIER=systemd-journald";
	char *const argv[] = {journal, no_pager, quiet, output, form, mail, or, journald, NULL};

	return logfiles_add_first(l, files, argv, "the journal", why);
}

/* ---- looking at the first bytes ---- */

static ssize_t read_some(int fd, char *to, size_t room)
{
	ssize_t n;

	do
		n = read(fd, to, room);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Where the text of a file comes from. */
static int text_of(const struct logfile *f)
{
	return f->unpacking.program.pid != 0 ? f->unpacking.program.out : f->fd;
}

/* Reads a bit more of the head; false at its end, or where there is no more room. */
static bool read_head(struct logfile *f)
{
	size_t room = HEAD_SIZE - f->head.len;
	ssize_t n;

	if (room == 0 || f->ended)
		return false;
	buf_grow(&f->head, room);
	n = read_some(text_of(f), f->head.data + f->head.len, room);
	if (n < 0)
		buf_adds(&f->error, strerror(errno));
	f->ended = n <= 0;
	if (n > 0)
		f->head.len += (size_t)n;
	return n > 0;
}

static bool put_back(struct logfile *f)
{
	buf_clear(&f->head);
	f->ended = false;
	return lseek(f->fd, 0, SEEK_SET) == 0;
}

static int unpack(struct logfile *f)
{
	int rc;

	if (f->seekable && !put_back(f)) {
		buf_adds(&f->error, strerror(errno));
		return -1;
	}
	rc = decompress_begin(&f->unpacking, f->program, f->fd, &f->head, &f->error);
	buf_clear(&f->head);
	return rc;
}

/* What is behind this: read later, by a program that starts anew. */
static void pack_again(struct logfile *f)
{
	decompress_stop(&f->unpacking);
	if (!put_back(f))
		buf_adds(&f->error, strerror(errno));
}

/* ---- the clock of a file ---- */

static bool is_regular(const struct logfile *f)
{
	return f->fd >= 0 && S_ISREG(f->st.st_mode);
}

/* The youngest that a line can be. */
static int64_t bound(const struct logfile *f)
{
	if (is_regular(f))
		return (int64_t)f->st.st_mtime + DAY;
	return (int64_t)time(NULL) + DAY;
}

static void set_clock(struct logfile *f, struct years y)
{
	stamp_clock_init(&f->clock, y.last, bound(f), y.ends);
	f->clock.grows = !is_regular(f);
}

/* Whether the line has a time; if so the clock of the file begins with it. */
static bool date(struct logfile *f, struct maillog_reader *r, const char *line, size_t len)
{
	struct years y = {.last = -1};
	struct stamp stamp;

	maillog_begin(r, len);
	if (!maillog_stamp(r, line, len, &stamp))
		return false;
	/* Where no more can be seen, the year is the last that fits the first line. */
	if (stamp.month >= 0 && f->seekable && f->program == NULL)
		y = years_of(f->fd, f->st.st_size, r);
	if (y.last < 0)
		y.last = stamp.month;
	set_clock(f, y);
	f->first = stamp_date(&f->clock, &stamp);
	/* The line comes again when it is read. */
	set_clock(f, y);
	f->dated = true;
	return true;
}

/* Looks at the whole lines of the head from *seen on. */
static bool date_head(struct logfile *f, struct maillog_reader *r, size_t *seen)
{
	const char *end;

	while (!f->dated &&
	       (end = memchr(f->head.data + *seen, '\n', f->head.len - *seen)) != NULL) {
		(void)date(f, r, f->head.data + *seen, (size_t)(end - f->head.data) - *seen);
		*seen = (size_t)(end + 1 - f->head.data);
	}
	if (!f->dated && f->ended && *seen < f->head.len)
		(void)date(f, r, f->head.data + *seen, f->head.len - *seen);
	return f->dated;
}

/* Of the first line that has a time. */
static void find_date(struct logfile *f, struct maillog_reader *r)
{
	size_t seen = 0;
	bool more = true;

	buf_grow(&f->head, 1);
	while (more && !date_head(f, r, &seen))
		more = read_head(f);
	if (!f->dated && !date_head(f, r, &seen))
		set_clock(f, (struct years){.last = -1});
}

/* What kind of file it is, and of when. */
static void look_at(struct logfiles *l, struct logfile *f)
{
	if (f->fd >= 0) {
		while (f->head.len < DECOMPRESS_MAGIC && read_head(f))
			;
		f->program = decompress_program(buf_string(&f->head), f->head.len);
		if (f->program != NULL && unpack(f) < 0)
			return;
	}
	find_date(f, &l->reader);
	/* Not a process for each of a hundred logs, all at the same time. */
	if (f->program != NULL && f->seekable && l->n > 1)
		pack_again(f);
}

/* ---- putting them in order ---- */

/* Whether it was written last before the other: what was cut within a second begins alike. */
static int by_mtime(const struct logfile *a, const struct logfile *b)
{
	const struct timespec *x = &a->st.st_mtim, *y = &b->st.st_mtim;

	if (!is_regular(a) || !is_regular(b))
		return 0;
	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static int by_age(const void *left, const void *right)
{
	const struct logfile *a = left, *b = right;
	int order;

	if (a->dated != b->dated)
		return a->dated ? -1 : 1;
	if (a->dated && a->first != b->first)
		return a->first < b->first ? -1 : 1;
	order = a->dated ? by_mtime(a, b) : 0;
	if (order != 0)
		return order;
	return a->place < b->place ? -1 : 1;
}

const char *logfiles_source(struct logfiles *l)
{
	size_t i;

	buf_clear(&l->source);
	if (l->n > NAMED) {
		buf_addf(&l->source, "%s to %s (%zu files)", l->v[0].name, l->v[l->n - 1].name,
			 l->n);
		return buf_string(&l->source);
	}
	for (i = 0; i < l->n; i++)
		buf_addf(&l->source, "%s%s", i > 0 ? ", " : "", l->v[i].name);
	return buf_string(&l->source);
}

void logfiles_begin(struct logfiles *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		look_at(l, &l->v[i]);
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_age);
}

/* ---- reading ---- */

static void take_room(struct logfiles *l, const struct logfiles_sink *sink, size_t least)
{
	l->at = sink->room(sink->context, least > BLOCK_SIZE ? least : BLOCK_SIZE, &l->size);
}

/* What is behind the block moves to the beginning of the next one. */
static bool give(struct logfiles *l, const struct logfiles_sink *sink, size_t len)
{
	const char *rest = l->at + len;
	bool more = len == 0 || sink->block(sink->context, &l->v[l->current].clock, len);

	l->len -= len;
	if (len == 0)
		return true;
	take_room(l, sink, l->len + 1);
	if (l->len > 0)
		memcpy(l->at, rest, l->len);
	return more;
}

/* Up to the end of the line that was too long. */
static void skip(struct logfiles *l)
{
	const char *end = l->len > 0 ? memchr(l->at, '\n', l->len) : NULL;
	size_t len = end != NULL ? (size_t)(end + 1 - l->at) : l->len;

	l->skipping = end == NULL;
	l->len -= len;
	if (len > 0 && l->len > 0)
		memmove(l->at, l->at + len, l->len);
}

/* Gives the whole lines that are there; what is left is the start of one. */
static bool give_lines(struct logfiles *l, const struct logfiles_sink *sink)
{
	const char *end;

	if (l->skipping)
		skip(l);
	end = l->len > 0 ? memrchr(l->at, '\n', l->len) : NULL;
	return end == NULL || give(l, sink, (size_t)(end + 1 - l->at));
}

/* A line that fills the room makes it grow, and at last is given up. */
static bool make_room(struct logfiles *l, const struct logfiles_sink *sink)
{
	if (l->len < l->size)
		return true;
	if (!give_lines(l, sink))
		return false;
	if (l->len < l->size)
		return true;
	if (l->size < LOGFILES_LINE_MAX) {
		take_room(l, sink, l->size * 2);
		return true;
	}
	(void)memcpy(l->at, "?\n", 2);
	l->len = 2;
	l->skipping = true;
	return give(l, sink, 2);
}

/* Whether there is nothing to be read yet. */
static bool would_wait(const struct logfile *f)
{
	struct pollfd p = {.fd = text_of(f), .events = POLLIN};

	return !f->ended && !(f->program == NULL && f->seekable) && poll(&p, 1, 0) == 0;
}

/* Who writes slowly is not kept waiting for what he wrote. */
static bool give_all(struct logfiles *l, const struct logfiles_sink *sink)
{
	return give_lines(l, sink) && sink->idle(sink->context);
}

/* 1: all was read; 0: no more is wanted; -1 with errno. */
static int read_text(struct logfiles *l, const struct logfile *f, const struct logfiles_sink *sink)
{
	ssize_t n;

	for (;;) {
		if (!make_room(l, sink) || (would_wait(f) && !give_all(l, sink)))
			return 0;
		n = f->ended ? 0 : read_some(text_of(f), l->at + l->len, l->size - l->len);
		if (n <= 0)
			break;
		l->len += (size_t)n;
		l->text += (uint64_t)n;
	}
	if (!give_lines(l, sink) || (!l->skipping && !give(l, sink, l->len)))
		return 0;
	return n < 0 ? -1 : 1;
}

/* What editors put before the first line: bytes of it. */
static size_t marked(const struct buf *head)
{
	static const char mark[] = "\xef\xbb\xbf";

	return head->len >= 3 && memcmp(head->data, mark, 3) == 0 ? 3 : 0;
}

/* The block begins with what was looked at. */
static void take_head(struct logfiles *l, struct logfile *f, const struct logfiles_sink *sink)
{
	size_t mark = marked(&f->head);

	take_room(l, sink, f->head.len + 1);
	l->len = f->head.len - mark;
	l->text += f->head.len;
	if (l->len > 0)
		memcpy(l->at, f->head.data + mark, l->len);
	l->skipping = false;
	buf_release(&f->head);
}

static void count_done(struct logfiles *l, const struct logfile *f)
{
	if (is_regular(f))
		l->done += (uint64_t)f->st.st_size;
}

/* Behind the last line that ends in the bytes before to; 0 where none does that is not long. */
static off_t last_end(const struct logfile *f, off_t to)
{
	char part[TAIL_SIZE];
	ssize_t n = pread(f->fd, part, sizeof(part), to - (off_t)sizeof(part));
	const char *end = n > 0 ? memrchr(part, '\n', (size_t)n) : NULL;

	return end != NULL ? to - (off_t)sizeof(part) + (end + 1 - part) : 0;
}

/*
 * Gives a plain file block by block without reading it, but for what is behind the last
 * whole block, and but for lines that are too long for that. As read_text() has it.
 */
static int give_parts(struct logfiles *l, struct logfile *f, const struct logfiles_sink *sink)
{
	off_t from = (off_t)marked(&f->head), to;

	while (f->st.st_size - from > (off_t)BLOCK_SIZE) {
		to = last_end(f, from + (off_t)BLOCK_SIZE);
		if (to <= from)
			break;
		if (!sink->part(sink->context, &f->clock, f->fd, from, (size_t)(to - from)))
			return 0;
		l->text += (uint64_t)(to - from);
		from = to;
		/* It is seen how far we are. */
		if (lseek(f->fd, from, SEEK_SET) < 0)
			return -1;
	}
	buf_clear(&f->head);
	f->ended = false;
	return lseek(f->fd, from, SEEK_SET) < 0 ? -1 : 1;
}

/* What was given as parts must have been read before the file is closed. */
static int end_parts(struct logfile *f, const struct logfiles_sink *sink)
{
	bool more = sink->idle(sink->context);
	int error = sink->error(sink->context);

	if (error != 0 && f->error.len == 0) {
		buf_adds(&f->error, strerror(error));
		return -1;
	}
	return more ? 1 : 0;
}

static int read_plain(struct logfiles *l, struct logfile *f, const struct logfiles_sink *sink)
{
	bool parts = f->program == NULL && f->seekable && f->st.st_size > 2 * (off_t)BLOCK_SIZE;
	int rc = parts ? give_parts(l, f, sink) : 1, ended;

	if (rc == 1) {
		take_head(l, f, sink);
		rc = read_text(l, f, sink);
	}
	if (rc < 0)
		buf_adds(&f->error, strerror(errno));
	ended = parts ? end_parts(f, sink) : 1;
	return rc == 1 ? ended : rc;
}

/* As read_text(); the cause is in the file's error. */
static int read_file(struct logfiles *l, struct logfile *f, const struct logfiles_sink *sink)
{
	int rc;

	if (f->error.len == 0 && f->program != NULL && f->unpacking.program.pid == 0)
		(void)unpack(f);
	if (f->error.len > 0)
		return -1;
	if (f->fd >= 0)
		(void)posix_fadvise(f->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	rc = read_plain(l, f, sink);
	if (rc != 1)
		decompress_stop(&f->unpacking);
	else if (decompress_end(&f->unpacking, &f->error) < 0)
		rc = -1;
	return rc;
}

int logfiles_read(struct logfiles *l, const struct logfiles_sink *sink)
{
	struct logfile *f;
	int rc = 0, one;

	for (l->current = 0; l->current < l->n; l->current++) {
		f = &l->v[l->current];
		one = read_file(l, f, sink);
		if (one < 0) {
			sink->trouble(sink->context, f->name, buf_string(&f->error));
			rc = -1;
		}
		if (one == 0)
			break;
		count_done(l, f);
		close_file(f->fd);
		f->fd = -1;
	}
	return rc;
}

/* A program that reads the file moves our place in it, too: it is one descriptor. */
void logfiles_progress(const struct logfiles *l, uint64_t *done, uint64_t *total)
{
	off_t place;
	size_t i;

	*done = *total = l->done;
	for (i = l->current; i < l->n; i++) {
		if (!is_regular(&l->v[i])) {
			*done = l->text;
			*total = 0;
			return;
		}
		*total += (uint64_t)l->v[i].st.st_size;
	}
	place = l->current < l->n ? lseek(l->v[l->current].fd, 0, SEEK_CUR) : 0;
	*done += place > 0 ? (uint64_t)place : 0;
}

static void release(struct logfile *f)
{
	decompress_stop(&f->unpacking);
	close_file(f->fd);
	buf_release(&f->head);
	buf_release(&f->error);
	free(f->name);
}

void logfiles_free(struct logfiles *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		release(&l->v[i]);
	maillog_release(&l->reader);
	buf_release(&l->source);
	free(l->v);
	free(l);
}
