/* SPDX-License-Identifier: ISC */
#include "backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attrs.h"
#include "edit.h"

#define MARK ".tlsharden-"
#define UNFINISHED ".tmp" /* what stands behind the name while a copy is made */
#define STAMP_LEN 16      /* YYYYMMDDTHHMMSSZ */

/* More in one second were made by nobody; a name that claims it is none of ours. */
#define MOST 1000000000UL

/* When a backup was made, as its name has it. */
struct stamp {
	char time[STAMP_LEN + 1];
	unsigned long number; /* among those of the same second, from 1 */
};

static int fail(const char *what, const char *name, struct buf *why)
{
	buf_addf(why, "cannot %s the backup %s: %s", what, name, strerror(errno));
	return -1;
}

/* FILE and the mark, which the names of all backups of a file start with. */
static void add_stem(const struct backup_source *s, bool whole_path, struct buf *out)
{
	const char *p;

	if (!whole_path) {
		buf_addf(out, "%s" MARK, s->name);
		return;
	}
	for (p = s->path; *p != '\0'; p++) {
		if (*p == '/')
			buf_addc(out, '%');
		else if (*p == '%' || *p == '=')
			buf_addf(out, "=%02X", (unsigned char)*p);
		else
			buf_addc(out, *p);
	}
	buf_adds(out, MARK);
}

static bool parse_stamp(const char *s, struct stamp *stamp)
{
	static const char form[] = "dddddddd"
				   "T"
				   "dddddd"
				   "Z";
	char *end;
	size_t i;

	for (i = 0; i < STAMP_LEN; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	memcpy(stamp->time, s, STAMP_LEN);
	stamp->time[STAMP_LEN] = '\0';
	stamp->number = 1;
	s += STAMP_LEN;
	if (*s == '\0')
		return true;
	if (*s != '-' || s[1] < '1' || s[1] > '9')
		return false;
	stamp->number = strtoul(s + 1, &end, 10);
	return *end == '\0' && stamp->number > 1 && stamp->number < MOST;
}

static bool is_newer(const struct stamp *a, const struct stamp *b)
{
	int order = strcmp(a->time, b->time);

	return order > 0 || (order == 0 && a->number > b->number);
}

/* Whether behind the stem stands what a crash leaves in the midst of a copy. */
static bool is_unfinished(const char *name)
{
	const size_t end = strlen(UNFINISHED);
	size_t len = strlen(name);
	struct stamp unused;
	char *stamp;
	bool is;

	if (len < end || strcmp(name + len - end, UNFINISHED) != 0)
		return false;
	stamp = xmemdupz(name, len - end);
	is = parse_stamp(stamp, &unused);
	free(stamp);
	return is;
}

/* What bears the name of a backup. */
struct candidate {
	int folder;
	const char *name;
	bool unfinished; /* a copy that a crash left; it has no stamp */
	struct stamp stamp;
	struct stat st; /* not of what a link leads to; zeroes if that cannot be known */
	int error;      /* why it cannot be known, or 0 */
};

/* Shows all that bear such a name, in no order, to visit(). */
static int look_around(int folder, const char *stem,
		       void (*visit)(const struct candidate *, void *context), void *context,
		       struct buf *why)
{
	struct candidate c = {.folder = folder};
	struct dirent *entry;
	int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again >= 0 ? fdopendir(again) : NULL;
	int rc = 0;

	if (list == NULL) {
		if (again >= 0)
			(void)close(again);
		buf_addf(why, "cannot read the folder of the backup: %s", strerror(errno));
		return -1;
	}
	while (errno = 0, (entry = readdir(list)) != NULL) {
		c.name = entry->d_name;
		if (strncmp(c.name, stem, strlen(stem)) != 0)
			continue;
		c.unfinished = is_unfinished(c.name + strlen(stem));
		if (!c.unfinished && !parse_stamp(c.name + strlen(stem), &c.stamp))
			continue;
		/* What cannot be looked at is there all the same. */
		c.error = 0;
		if (fstatat(folder, c.name, &c.st, AT_SYMLINK_NOFOLLOW) < 0) {
			memset(&c.st, 0, sizeof(c.st));
			c.error = errno;
		}
		visit(&c, context);
	}
	if (errno != 0) {
		buf_addf(why, "cannot read the folder of the backup: %s", strerror(errno));
		rc = -1;
	}
	(void)closedir(list);
	return rc;
}

static bool is_live(const struct candidate *c, const struct stat *live)
{
	return c->st.st_dev == live->st_dev && c->st.st_ino == live->st_ino;
}

struct newest {
	const struct stat *live;
	struct stamp stamp;
};

/*
 * The newest backup that there is. One that is the live file itself is what a
 * crash left between the link and the rename: it keeps nothing, and goes. So does
 * a copy that was not finished: who holds the lock is the only one who makes any.
 */
static void find_newest(const struct candidate *c, void *context)
{
	struct newest *newest = context;

	if (c->unfinished || is_live(c, newest->live))
		(void)unlinkat(c->folder, c->name, 0);
	else if (is_newer(&c->stamp, &newest->stamp))
		newest->stamp = c->stamp;
}

/* The first stamp from now on that is newer than any there is, even if there is no clock. */
static struct stamp next_stamp(const struct stamp *newest)
{
	struct stamp stamp = {.number = 1};
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(stamp.time, sizeof(stamp.time), "%Y%m%dT%H%M%SZ", &tm) != STAMP_LEN)
		memcpy(stamp.time, "00000000T000000Z", STAMP_LEN + 1);
	if (strcmp(stamp.time, newest->time) <= 0) {
		stamp = *newest;
		stamp.number++;
	}
	return stamp;
}

static void add_stamp(const struct stamp *stamp, struct buf *out)
{
	buf_adds(out, stamp->time);
	if (stamp->number > 1)
		buf_addf(out, "-%lu", stamp->number);
}

enum made { MADE, TAKEN, NOT_THIS_WAY, FAILED };

/* 1 if the name is that of the file that was read, 0 if it is another's, or -1 with errno. */
static int is_source(const struct backup_source *s, int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return st.st_dev == s->st->st_dev && st.st_ino == s->st->st_ino;
}

static enum made make_link(const struct backup_source *s, int folder, const char *name,
			   struct buf *why)
{
	struct stat st;
	int is;

	if (fstat(s->fd, &st) < 0 || st.st_nlink != 1)
		return NOT_THIS_WAY;
	if (linkat(s->folder, s->name, folder, name, 0) < 0)
		return errno == EEXIST ? TAKEN : NOT_THIS_WAY;
	is = is_source(s, folder, name);
	if (is == 1)
		return MADE;
	if (is < 0)
		(void)fail("look at", name, why);
	(void)unlinkat(folder, name, 0);
	/* An overlay over two file systems may show a new link as another inode than the file. */
	if (is == 0 && is_source(s, s->folder, s->name) == 1)
		return NOT_THIS_WAY;
	if (is == 0)
		buf_adds(why, "another program replaced it meanwhile");
	return FAILED;
}

static int fill_copy(const struct backup_source *s, int fd, const char *name, struct buf *why)
{
	const struct timespec times[2] = {s->st->st_atim, s->st->st_mtim};
	const struct edits none = {0};

	if (edits_write(&none, s->text, s->len, fd) < 0)
		return fail("write", name, why);
	if (attrs_copy(s->fd, s->st, fd, why) < 0) {
		buf_addf(why, " (in the backup %s)", name);
		return -1;
	}
	/* Its age is a help, not a promise. */
	(void)futimens(fd, times);
	return fsync(fd) < 0 ? fail("sync", name, why) : 0;
}

/* Over nothing that is there; where the kernel cannot promise that, who holds the lock looks. */
static enum made give_name(int folder, const char *unfinished, const char *name, struct buf *why)
{
	struct stat st;

#ifdef RENAME_NOREPLACE
	if (renameat2(folder, unfinished, folder, name, RENAME_NOREPLACE) == 0)
		return MADE;
	if (errno == EEXIST)
		return TAKEN;
#endif
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return TAKEN;
	if (errno == ENOENT && renameat(folder, unfinished, folder, name) == 0)
		return MADE;
	(void)fail("create", name, why);
	return FAILED;
}

static enum made copy_to(const struct backup_source *s, int folder, const char *unfinished,
			 const char *name, struct buf *why)
{
	int fd = openat(folder, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	enum made made;
	int rc;

	if (fd < 0) {
		if (errno == EEXIST)
			return TAKEN;
		(void)fail("create", name, why);
		return FAILED;
	}
	rc = fill_copy(s, fd, name, why);
	if (close(fd) < 0 && rc == 0)
		rc = fail("write", name, why);
	made = rc == 0 ? give_name(folder, unfinished, name, why) : FAILED;
	if (made != MADE)
		(void)unlinkat(folder, unfinished, 0);
	return made;
}

/* A copy takes time. What a crash leaves of it must not be taken for a backup. */
static enum made make_copy(const struct backup_source *s, int folder, const char *name,
			   struct buf *why)
{
	struct buf unfinished = BUF_INIT;
	enum made made;

	buf_addf(&unfinished, "%s" UNFINISHED, name);
	made = copy_to(s, folder, buf_string(&unfinished), name, why);
	buf_release(&unfinished);
	return made;
}

static enum made make_one(const struct backup_source *s, int folder, const char *name,
			  struct buf *why)
{
	enum made made = make_link(s, folder, name, why);

	return made == NOT_THIS_WAY ? make_copy(s, folder, name, why) : made;
}

static void name_it(struct backup *b, const struct backup_source *s, const char *dir,
		    struct buf *name)
{
	const char *slash = strrchr(s->path, '/');
	struct buf path = BUF_INIT;

	if (dir != NULL)
		buf_addf(&path, "%s/%s", dir, buf_string(name));
	else
		buf_addf(&path, "%.*s/%s", (int)(slash - s->path), s->path, buf_string(name));
	b->name = buf_detach(name);
	b->path = buf_detach(&path);
}

static int open_folder(const struct backup_source *s, const char *dir, struct buf *why)
{
	int folder = dir != NULL ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				 : openat(s->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		buf_addf(why, "cannot open the folder of the backup%s%s: %s",
			 dir != NULL ? " " : "", dir != NULL ? dir : "", strerror(errno));
	return folder;
}

int backup_make(struct backup *b, const struct backup_source *s, const char *dir, struct buf *why)
{
	struct buf stem = BUF_INIT, name = BUF_INIT;
	struct newest newest = {.live = s->st, .stamp = {.time = ""}};
	struct stamp stamp;
	enum made made = FAILED;

	*b = (struct backup)BACKUP_INIT;
	b->folder = open_folder(s, dir, why);
	if (b->folder < 0)
		return -1;
	add_stem(s, dir != NULL, &stem);
	if (look_around(b->folder, buf_string(&stem), find_newest, &newest, why) < 0)
		goto out;
	stamp = next_stamp(&newest.stamp);
	do {
		buf_clear(&name);
		buf_adds(&name, buf_string(&stem));
		add_stamp(&stamp, &name);
		made = make_one(s, b->folder, buf_string(&name), why);
		stamp.number++;
	} while (made == TAKEN);
	if (made == MADE)
		name_it(b, s, dir, &name);
	if (made == MADE && fsync(b->folder) < 0) {
		(void)fail("sync the folder of", b->name, why);
		backup_undo(b);
		made = FAILED;
	}
out:
	buf_release(&stem);
	buf_release(&name);
	if (made == MADE)
		return 0;
	backup_release(b);
	return -1;
}

void backup_undo(struct backup *b)
{
	if (b->name != NULL)
		(void)unlinkat(b->folder, b->name, 0);
	backup_release(b);
}

void backup_release(struct backup *b)
{
	if (b->folder >= 0)
		(void)close(b->folder);
	free(b->name);
	free(b->path);
	*b = (struct backup)BACKUP_INIT;
}

/* ---- finding one again ---- */

struct choice {
	const struct stat *live;
	struct stamp stamp;  /* of the newest one that may be trusted */
	char *name;          /* of that one, or NULL */
	struct stamp passed; /* of the newest one that may not */
	char *passed_name;   /* of that one, or NULL */
	int error;           /* why one cannot be looked at, or 0 */
};

/* A link may lead anywhere, and what a stranger owns may say anything. */
static bool is_trusted(const struct stat *st, const struct stat *live)
{
	return S_ISREG(st->st_mode) && (st->st_uid == 0 || st->st_uid == live->st_uid);
}

static void take_if_newer(const struct candidate *c, struct stamp *stamp, char **name)
{
	if (*name != NULL && !is_newer(&c->stamp, stamp))
		return;
	free(*name);
	*name = xstrdup(c->name);
	*stamp = c->stamp;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/*
 * Whether it is a copy of the file that is still in place: a crash left it before
 * the rename, and to put it back would be to do nothing. It has the file's mtime,
 * as copies do, and was made since. Who put a backup back by hand made the file since.
 */
static bool is_copy_of_live(const struct candidate *c, const struct stat *live)
{
	return c->st.st_size == live->st_size && c->st.st_mode == live->st_mode &&
	       c->st.st_uid == live->st_uid && c->st.st_gid == live->st_gid &&
	       c->st.st_mtim.tv_sec == live->st_mtim.tv_sec &&
	       c->st.st_mtim.tv_nsec == live->st_mtim.tv_nsec &&
	       !is_older(&c->st.st_ctim, &live->st_ctim);
}

static void choose(const struct candidate *c, void *context)
{
	struct choice *choice = context;

	if (c->unfinished || is_live(c, choice->live) || is_copy_of_live(c, choice->live))
		return;
	if (c->error != 0)
		choice->error = c->error;
	if (!is_trusted(&c->st, choice->live))
		take_if_newer(c, &choice->passed, &choice->passed_name);
	else
		take_if_newer(c, &choice->stamp, &choice->name);
}

static int open_choice(int folder, const struct choice *choice, struct backup_found *found,
		       struct buf *why)
{
	found->fd = openat(folder, choice->name,
			   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (found->fd < 0 || fstat(found->fd, &found->st) < 0)
		return fail("open", choice->name, why);
	if (is_trusted(&found->st, choice->live))
		return 0;
	buf_addf(why, "another program replaced the backup %s meanwhile", choice->name);
	return -1;
}

static char *below(const char *folder, const char *name)
{
	struct buf path = BUF_INIT;

	if (name == NULL)
		return NULL;
	buf_addf(&path, "%s/%s", strcmp(folder, "/") != 0 ? folder : "", name);
	return buf_detach(&path);
}

static int none_found(const char *folder, const struct choice *choice, struct buf *why)
{
	if (choice->error != 0) {
		errno = choice->error;
		return fail("look at", choice->passed_name, why);
	}
	buf_addf(why, "no backup of it is in %s", folder);
	if (choice->passed_name != NULL)
		buf_addf(why, "; %s is not a regular file of root's or of its owner's",
			 choice->passed_name);
	return -1;
}

int backup_find(struct backup_found *found, const char *path, const struct stat *live,
		const char *dir, struct buf *why)
{
	const char *slash = strrchr(path, '/');
	const struct backup_source source = {.name = slash + 1, .path = path};
	char *own = xmemdupz(path, slash > path ? (size_t)(slash - path) : 1);
	const char *where = dir != NULL ? dir : own;
	struct choice choice = {.live = live};
	struct buf stem = BUF_INIT;
	int folder = open_folder(&source, where, why), rc = -1;

	*found = (struct backup_found){.fd = -1};
	add_stem(&source, dir != NULL, &stem);
	if (folder < 0 || look_around(folder, buf_string(&stem), choose, &choice, why) < 0)
		goto out;
	rc = choice.name != NULL ? open_choice(folder, &choice, found, why)
				 : none_found(where, &choice, why);
	if (rc < 0)
		goto out;
	found->path = below(where, choice.name);
	if (choice.passed_name != NULL && is_newer(&choice.passed, &choice.stamp))
		found->passed_over = below(where, choice.passed_name);
out:
	if (rc < 0)
		backup_found_release(found);
	if (folder >= 0)
		(void)close(folder);
	free(choice.name);
	free(choice.passed_name);
	buf_release(&stem);
	free(own);
	return rc;
}

void backup_found_release(struct backup_found *found)
{
	if (found->fd >= 0)
		(void)close(found->fd);
	free(found->path);
	free(found->passed_over);
	*found = (struct backup_found){.fd = -1};
}
