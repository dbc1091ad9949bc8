/* SPDX-License-Identifier: ISC */
#include "atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "attrs.h"
#include "backup.h"
#include "input.h"
#include "interrupt.h"
#include "lock.h"

/* Who changes the file so often while it is given back to him cannot be kept up with. */
#define MOST_EXCHANGES 100

/* A name in an open folder. */
struct place {
	int folder;
	char *name;
};

struct atomic {
	struct place given;   /* what the caller named */
	struct place target;  /* what that is, all links followed */
	char *path;           /* of the target, absolute */
	struct lock on_given; /* held only where given is a symbolic link */
	struct lock lock;     /* on the target; its temporary gets the new bytes */
	int fd;               /* the old file */
	struct stat st;       /* what it was when it was read */
	const struct buf *text;
	struct backup backup;
	bool done;           /* the new bytes are in place */
	struct stat written; /* what the new file was then */
};

static int fail(const char *what, const char *name, struct buf *why)
{
	buf_addf(why, "cannot %s %s: %s", what, name, strerror(errno));
	return -1;
}

static int open_place(struct place *p, const char *path, struct buf *why)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL   ? xstrdup(".")
		       : slash == path ? xstrdup("/")
				       : xmemdupz(path, (size_t)(slash - path));

	p->name = xstrdup(slash != NULL ? slash + 1 : path);
	p->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->folder < 0)
		(void)fail("open the folder", folder, why);
	free(folder);
	return p->folder < 0 ? -1 : 0;
}

static void close_place(struct place *p)
{
	if (p->folder >= 0)
		(void)close(p->folder);
	free(p->name);
}

static int is_link(const struct place *p, bool *link, struct buf *why)
{
	struct stat st;

	if (fstatat(p->folder, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		buf_adds(why, strerror(errno));
		return -1;
	}
	*link = S_ISLNK(st.st_mode);
	return 0;
}

/* The absolute path that all links lead to. */
static char *resolve(const char *path, struct buf *why)
{
	char *target = realpath(path, NULL);

	if (target == NULL)
		buf_adds(why, strerror(errno));
	return target;
}

/* With the locks held, the name must still lead where it led before. */
static int still_leads_there(const struct atomic *a, const char *path, struct buf *why)
{
	char *now = resolve(path, why);
	bool same = now != NULL && strcmp(now, a->path) == 0;

	if (now != NULL && !same)
		buf_addf(why, "it leads to %s now, no longer to %s", now, a->path);
	free(now);
	return same ? 0 : -1;
}

/*
 * The name of a lock must not be a step on the way to the file: to take the lock
 * would be to destroy it.
 */
static int check_way(const struct atomic *a, const char *path, struct buf *why)
{
	struct buf name = BUF_INIT;
	char *leads;
	int rc = 0;

	buf_addf(&name, "%s.tmp", path);
	leads = realpath(buf_string(&name), NULL);
	if (leads != NULL && strcmp(leads, a->path) == 0) {
		buf_addf(why, "it leads over %s, which to edit it would destroy",
			 buf_string(&name));
		rc = -1;
	}
	free(leads);
	buf_release(&name);
	return rc;
}

static int find_target(struct atomic *a, const char *path, struct buf *why)
{
	a->path = resolve(path, why);
	return a->path != NULL ? open_place(&a->target, a->path, why) : -1;
}

static void forget_target(struct atomic *a)
{
	close_place(&a->target);
	a->target = (struct place){-1, NULL};
	free(a->path);
	a->path = NULL;
}

/* 0 where the link is locked or there is none, -1, or 1 where all has to begin anew. */
static int take_lock_on_link(struct atomic *a, const char *path, const struct timespec *deadline,
			     struct buf *why)
{
	bool link;

	if (is_link(&a->given, &link, why) < 0 || find_target(a, path, why) < 0)
		return -1;
	if (!link)
		return 0;
	if (check_way(a, path, why) < 0 || check_way(a, a->path, why) < 0 ||
	    lock_take(&a->on_given, a->given.folder, a->given.name, deadline, why) < 0 ||
	    is_link(&a->given, &link, why) < 0)
		return -1;
	if (link)
		return 0;
	/* While we waited, postconf -e put a file where the link was. */
	lock_drop(&a->on_given, true);
	forget_target(a);
	return 1;
}

static int take_locks(struct atomic *a, const char *path, int seconds, struct buf *why)
{
	struct timespec deadline = lock_deadline(seconds);
	int rc = take_lock_on_link(a, path, &deadline, why);

	if (rc == 1)
		rc = take_lock_on_link(a, path, &deadline, why);
	if (rc == 1)
		buf_adds(why, "another program keeps replacing it");
	if (rc != 0 || lock_take(&a->lock, a->target.folder, a->target.name, &deadline, why) < 0)
		return -1;
	return still_leads_there(a, path, why);
}

static int read_locked(struct atomic *a, struct buf *text, bool *same, struct buf *why)
{
	const char *cause;
	int rc;

	*same = false;
	a->fd = input_open(a->target.folder, a->target.name, &a->st, why);
	if (a->fd < 0)
		return -1;
	cause = attrs_unchangeable(a->fd);
	if (cause != NULL) {
		buf_adds(why, cause);
		return -1;
	}
	rc = input_same(a->fd, buf_string(text), text->len);
	*same = rc == 1;
	if (rc == 1)
		return 0;
	if (rc < 0 || lseek(a->fd, 0, SEEK_SET) < 0) {
		buf_adds(why, strerror(errno));
		return -1;
	}
	buf_clear(text);
	return input_read(a->fd, (size_t)a->st.st_size, text, why);
}

static struct atomic *new_atomic(void)
{
	struct atomic *a = xcalloc(1, sizeof(*a));

	a->given.folder = a->target.folder = a->fd = -1;
	a->on_given = a->lock = (struct lock)LOCK_INIT;
	a->backup = (struct backup)BACKUP_INIT;
	return a;
}

static bool has_temporary(const char *path)
{
	struct buf name = BUF_INIT;
	struct stat st;
	bool has;

	buf_addf(&name, "%s.tmp", path);
	has = lstat(buf_string(&name), &st) == 0;
	buf_release(&name);
	return has;
}

/* Beside the name given or, where that is a symbolic link, beside what it leads to. */
static bool has_leaving(const char *path)
{
	struct stat st;
	char *target;
	bool has = has_temporary(path);

	if (has || lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return has;
	target = realpath(path, NULL);
	has = target != NULL && has_temporary(target);
	free(target);
	return has;
}

void atomic_tidy(const char *path)
{
	struct buf why = BUF_INIT;
	struct atomic *a;

	if (!has_leaving(path))
		return;
	interrupt_catch();
	a = new_atomic();
	/* To have had the lock is to have removed it; what somebody works with cannot be had. */
	if (open_place(&a->given, path, &why) == 0)
		(void)take_locks(a, path, 0, &why);
	atomic_end(a);
	buf_release(&why);
}

int atomic_begin(struct atomic **result, const char *path, int seconds, struct buf *text,
		 bool *same, struct buf *why)
{
	struct atomic *a = new_atomic();

	a->text = text;
	if (open_place(&a->given, path, why) == 0 && take_locks(a, path, seconds, why) == 0 &&
	    read_locked(a, text, same, why) == 0) {
		*result = a;
		return 0;
	}
	atomic_end(a);
	*result = NULL;
	return -1;
}

static int was_changed(struct buf *why)
{
	buf_adds(why, "another program changed it meanwhile; nothing was written");
	return -1;
}

/* Whether the name still has the file that was read, and nobody wrote to that one. */
static int check_original(const struct atomic *a, struct buf *why)
{
	struct stat named;

	if (fstatat(a->target.folder, a->target.name, &named, AT_SYMLINK_NOFOLLOW) < 0) {
		buf_addf(why, "another program removed it meanwhile: %s", strerror(errno));
		return -1;
	}
	return input_unchanged(&named, &a->st) ? 0 : was_changed(why);
}

int atomic_stage(struct atomic *a, int (*write)(void *context, int fd), void *context,
		 struct buf *why)
{
	if (write(context, a->lock.fd) < 0)
		return fail("write", a->lock.name, why);
	if (attrs_copy(a->fd, &a->st, a->lock.fd, why) < 0)
		return -1;
	if (fsync(a->lock.fd) < 0)
		return fail("sync", a->lock.name, why);
	if (interrupt_pending() != 0) {
		buf_adds(why, "interrupted");
		return -1;
	}
	return check_original(a, why);
}

static int make_backup(struct atomic *a, const char *dir, struct buf *why)
{
	const struct backup_source source = {.folder = a->target.folder,
					     .name = a->target.name,
					     .path = a->path,
					     .fd = a->fd,
					     .st = &a->st,
					     .text = buf_string(a->text),
					     .len = a->text->len};

	return backup_make(&a->backup, &source, dir, why);
}

/* Whether a name has what was read, as far as stat tells. */
static int check_read(const struct atomic *a, const char *name, struct buf *why)
{
	struct stat now;
	int rc = fstatat(a->target.folder, name, &now, AT_SYMLINK_NOFOLLOW);

	if (rc < 0 && errno != ENOENT) {
		buf_addf(why,
			 "cannot see whether another program changed it: %s; nothing was written",
			 strerror(errno));
		return -1;
	}
	/* The link of a backup and the exchange move ctime, so that it does not count here. */
	if (rc == 0 && now.st_dev == a->st.st_dev && now.st_ino == a->st.st_ino &&
	    now.st_size == a->st.st_size && now.st_mtim.tv_sec == a->st.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == a->st.st_mtim.tv_nsec && now.st_mode == a->st.st_mode &&
	    now.st_uid == a->st.st_uid && now.st_gid == a->st.st_gid)
		return 0;
	return was_changed(why);
}

static int cannot_replace(struct buf *why)
{
	if (errno == EBUSY)
		buf_adds(why, "it cannot be replaced: it is a mount point itself (a bind mount?)");
	else
		buf_addf(why, "it cannot be replaced: %s", strerror(errno));
	return -1;
}

/* Both names change places at once. -1 with errno if this cannot be done here. */
static int exchange(const struct atomic *a)
{
#ifdef RENAME_EXCHANGE
	return renameat2(a->target.folder, a->lock.name, a->target.folder, a->target.name,
			 RENAME_EXCHANGE);
#else
	(void)a;
	errno = ENOSYS;
	return -1;
#endif
}

static bool look_at_temporary(const struct atomic *a, struct stat *st)
{
	if (fstatat(a->target.folder, a->lock.name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	memset(st, 0, sizeof(*st));
	return false;
}

/* One file, seen twice: the number of an inode may be given again, but not with its time. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * Gives back what somebody put there in the moment before the exchange, for the
 * cause in why. Should somebody put a file there again, over ours or over what
 * was given back, then that is what counts: it is given back, too, until nobody
 * was in between.
 */
static int give_back(const struct atomic *a, struct buf *why)
{
	struct stat put = {0}, next, taken;
	int i;

	for (i = 0; i < MOST_EXCHANGES; i++) {
		(void)look_at_temporary(a, &next);
		if (exchange(a) < 0)
			break;
		if (lock_is_ours(&a->lock, a->lock.name) || !look_at_temporary(a, &taken))
			return -1;
		if (is_same(&taken, &put)) {
			(void)unlinkat(a->target.folder, a->lock.name, 0);
			return -1;
		}
		put = next;
		errno = EBUSY;
	}
	buf_clear(why);
	buf_addf(why, "another program changed it meanwhile; what it wrote is in %s: %s",
		 a->lock.name, strerror(errno));
	return -1;
}

/*
 * The exchange shows what was replaced: nobody is overwritten unseen. For its
 * moment the old file bears the name of the temporary; it is locked, so that
 * whoever comes for the edit lock waits until it is gone.
 */
static int put_in_place(struct atomic *a, struct buf *why)
{
	if (!lock_is_ours(&a->lock, a->lock.name)) {
		buf_addf(why, "another program took %s away; nothing was written", a->lock.name);
		return -1;
	}
	if (flock(a->fd, LOCK_EX | LOCK_NB) == 0 && exchange(a) == 0) {
		if (check_read(a, a->lock.name, why) < 0)
			return give_back(a, why);
		(void)unlinkat(a->target.folder, a->lock.name, 0);
		return 0;
	}
	if (check_read(a, a->target.name, why) < 0)
		return -1;
	if (renameat(a->target.folder, a->lock.name, a->target.folder, a->target.name) < 0)
		return cannot_replace(why);
	return 0;
}

/* Much time may have passed while the diff was printed. */
static int last_look(const struct atomic *a, struct buf *why)
{
	if (interrupt_pending() != 0) {
		buf_adds(why, "interrupted; nothing was written");
		return -1;
	}
	return check_original(a, why);
}

static int commit(struct atomic *a, const struct atomic_backup *backup, struct buf *why)
{
	if (last_look(a, why) < 0 || (backup->wanted && make_backup(a, backup->dir, why) < 0))
		return -1;
	if (put_in_place(a, why) < 0) {
		backup_undo(&a->backup);
		return -1;
	}
	a->done = true;
	/* Zeroes, should this fail, are like no file there is. */
	(void)fstat(a->lock.fd, &a->written);
	if (fsync(a->target.folder) == 0)
		return 0;
	buf_addf(why, "written, but it may not survive a power failure: cannot sync its folder: %s",
		 strerror(errno));
	return 1;
}

int atomic_commit(struct atomic *a, const struct atomic_backup *backup, struct buf *why)
{
	sigset_t before;
	int rc;

	interrupt_hold(&before);
	rc = commit(a, backup, why);
	interrupt_release(&before);
	return rc;
}

const struct stat *atomic_stat(const struct atomic *a)
{
	return &a->st;
}

const struct stat *atomic_written(const struct atomic *a)
{
	return &a->written;
}

const char *atomic_backup_path(const struct atomic *a)
{
	return a->backup.path;
}

void atomic_end(struct atomic *a)
{
	if (a == NULL)
		return;
	lock_drop(&a->lock, !a->done);
	lock_drop(&a->on_given, true);
	backup_release(&a->backup);
	if (a->fd >= 0)
		(void)close(a->fd);
	close_place(&a->target);
	close_place(&a->given);
	free(a->path);
	free(a);
}
