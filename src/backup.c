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
#define STAMP_LEN 16 /* YYYYMMDDTHHMMSSZ */

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

/*
 * The newest backup that there is. One that is the live file itself is what a
 * crash left between the link and the rename: it keeps nothing, and goes.
 */
static int look_around(int folder, const char *stem, const struct stat *live, struct stamp *newest,
		       struct buf *why)
{
	struct stamp found;
	struct dirent *entry;
	struct stat st;
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
		if (strncmp(entry->d_name, stem, strlen(stem)) != 0 ||
		    !parse_stamp(entry->d_name + strlen(stem), &found))
			continue;
		if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_dev == live->st_dev && st.st_ino == live->st_ino)
			(void)unlinkat(folder, entry->d_name, 0);
		else if (is_newer(&found, newest))
			*newest = found;
	}
	if (errno != 0) {
		buf_addf(why, "cannot read the folder of the backup: %s", strerror(errno));
		rc = -1;
	}
	(void)closedir(list);
	return rc;
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

static enum made make_link(const struct backup_source *s, int folder, const char *name,
			   struct buf *why)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0 || st.st_nlink != 1)
		return NOT_THIS_WAY;
	if (linkat(s->folder, s->name, folder, name, 0) < 0)
		return errno == EEXIST ? TAKEN : NOT_THIS_WAY;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == s->st->st_dev &&
	    st.st_ino == s->st->st_ino)
		return MADE;
	(void)unlinkat(folder, name, 0);
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

static enum made make_copy(const struct backup_source *s, int folder, const char *name,
			   struct buf *why)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
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
	if (rc == 0)
		return MADE;
	(void)unlinkat(folder, name, 0);
	return FAILED;
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
	struct stamp newest = {.time = ""}, stamp;
	enum made made = FAILED;

	*b = (struct backup)BACKUP_INIT;
	b->folder = open_folder(s, dir, why);
	if (b->folder < 0)
		return -1;
	add_stem(s, dir != NULL, &stem);
	if (look_around(b->folder, buf_string(&stem), s->st, &newest, why) < 0)
		goto out;
	stamp = next_stamp(&newest);
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
