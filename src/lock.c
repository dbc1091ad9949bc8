/* SPDX-License-Identifier: ISC */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "interrupt.h"

#define TICK_USEC 50000

enum attempt { TAKEN, AGAIN, FAILED };

struct timespec lock_deadline(int seconds)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += seconds;
	return t;
}

static bool is_over(const struct timespec *deadline)
{
	struct timespec now = lock_deadline(0);

	return now.tv_sec > deadline->tv_sec ||
	       (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

static enum attempt fail(const struct lock *l, const char *what, struct buf *why)
{
	buf_addf(why, "%s %s: %s", what, l->name, strerror(errno));
	return FAILED;
}

static enum attempt give_up(const struct lock *l, struct buf *why)
{
	if (interrupt_pending() != 0)
		buf_adds(why, "interrupted");
	else
		buf_addf(why, "gave up waiting: another program holds the edit lock, %s", l->name);
	return FAILED;
}

/* A crash, or somebody who wants to lead us astray: not what an edit in progress looks like. */
static enum attempt clear_away(const struct lock *l, struct buf *why)
{
	if (unlinkat(l->folder, l->name, 0) < 0 && errno != ENOENT)
		return fail(l, "cannot remove", why);
	return AGAIN;
}

static enum attempt in_the_way(const struct lock *l, struct buf *why)
{
	buf_addf(why,
		 "%s is in the way: it may be somebody's data, so it is not touched; move it away",
		 l->name);
	return FAILED;
}

/*
 * Opens the temporary, its content untouched. Only beside a main.cf does what
 * stands there belong to the protocol, whatever it is.
 */
static enum attempt open_temporary(struct lock *l, bool ours, bool *made, struct buf *why)
{
	const int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	l->fd = openat(l->folder, l->name, flags | O_CREAT | O_EXCL, 0600);
	*made = l->fd >= 0;
	/* Without O_CREAT: in a sticky folder that may be forbidden for a file of another user. */
	if (l->fd < 0 && errno == EEXIST) {
		l->fd = openat(l->folder, l->name, flags);
		if (l->fd < 0 && errno == ENOENT)
			return AGAIN;
	}
	if (l->fd >= 0)
		return TAKEN;
	if (errno == ELOOP || errno == EMLINK || errno == ENXIO)
		return ours ? clear_away(l, why) : in_the_way(l, why);
	return fail(l, "cannot create", why);
}

static void tick(int sig)
{
	(void)sig;
}

/*
 * Waits in the queue of the kernel, so that nobody is passed over; a timer ends
 * the call now and then to look at the clock.
 */
static enum attempt wait_for_flock(const struct lock *l, const struct timespec *deadline,
				   struct buf *why)
{
	const struct itimerval every = {{0, TICK_USEC}, {0, TICK_USEC}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = tick}, before;
	enum attempt rc = TAKEN;

	if (flock(l->fd, LOCK_EX | LOCK_NB) == 0)
		return TAKEN;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGALRM, &action, &before);
	(void)setitimer(ITIMER_REAL, &every, NULL);
	while (rc == TAKEN && flock(l->fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			rc = fail(l, "cannot lock", why);
		else if (interrupt_pending() != 0 || is_over(deadline))
			rc = give_up(l, why);
	}
	(void)setitimer(ITIMER_REAL, &never, NULL);
	(void)sigaction(SIGALRM, &before, NULL);
	return rc;
}

/* The file system knows no modes, or the folder has its own idea of them: to try again is vain. */
static enum attempt cannot_be_had(const struct lock *l, const struct stat *st, struct buf *why)
{
	(void)unlinkat(l->folder, l->name, 0);
	buf_addf(why,
		 "the edit lock cannot be had: the new file %s gets mode %04o and owner %lu here, "
		 "but needs 0600 and %lu",
		 l->name, (unsigned)(st->st_mode & 07777), (unsigned long)st->st_uid,
		 (unsigned long)geteuid());
	return FAILED;
}

/* What we locked must still be what bears the name, and must look as the protocol has it. */
static enum attempt inspect(const struct lock *l, bool ours, bool made, struct buf *why)
{
	struct stat locked, named;
	bool proper;

	if (fstat(l->fd, &locked) < 0)
		return fail(l, "cannot stat", why);
	if (fstatat(l->folder, l->name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? AGAIN : fail(l, "cannot stat", why);
	if (named.st_dev != locked.st_dev || named.st_ino != locked.st_ino)
		return AGAIN;
	proper = S_ISREG(locked.st_mode) && locked.st_nlink == 1 &&
		 (locked.st_mode & 07777) == 0600 && locked.st_uid == geteuid();
	if (made && !proper)
		return cannot_be_had(l, &locked, why);
	if (!ours && (!proper || locked.st_size > 0))
		return in_the_way(l, why);
	if (!proper)
		return clear_away(l, why);
	return TAKEN;
}

bool lock_is_ours(const struct lock *l, const char *name)
{
	struct stat ours, named;

	if (fstat(l->fd, &ours) < 0 || fstatat(l->folder, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT;
	return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* What somebody else put under the name of the temporary is his. */
static void let_go(struct lock *l, bool remove)
{
	if (l->fd < 0)
		return;
	if (remove && lock_is_ours(l, l->name))
		(void)unlinkat(l->folder, l->name, 0);
	(void)close(l->fd);
	l->fd = -1;
}

static enum attempt try_once(struct lock *l, bool ours, const struct timespec *deadline,
			     struct buf *why)
{
	bool made, held = false;
	enum attempt rc = open_temporary(l, ours, &made, why);

	if (rc != TAKEN)
		return rc;
	rc = wait_for_flock(l, deadline, why);
	if (rc == TAKEN)
		rc = inspect(l, ours, made, why);
	held = rc == TAKEN;
	if (held && ftruncate(l->fd, 0) < 0)
		rc = fail(l, "cannot truncate", why);
	if (rc != TAKEN)
		let_go(l, held);
	return rc;
}

int lock_take(struct lock *l, int folder, const char *file, const struct timespec *deadline,
	      struct buf *why)
{
	struct buf name = BUF_INIT;
	bool ours = strcmp(file, "main.cf") == 0;
	enum attempt rc;

	buf_addf(&name, "%s.tmp", file);
	*l = (struct lock){folder, -1, buf_detach(&name)};
	do {
		rc = try_once(l, ours, deadline, why);
		if (rc == AGAIN && (interrupt_pending() != 0 || is_over(deadline)))
			rc = give_up(l, why);
	} while (rc == AGAIN);
	if (rc == TAKEN)
		return 0;
	lock_drop(l, false);
	return -1;
}

void lock_drop(struct lock *l, bool remove)
{
	let_go(l, remove);
	free(l->name);
	*l = (struct lock)LOCK_INIT;
}
