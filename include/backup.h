/*
 * backup - the old file kept under a name of its own before it is replaced.
 * Shape:  FILE.tlsharden-YYYYMMDDTHHMMSSZ (UTC), with -2, -3 ... where that is
 *         taken; the names of one file sort by age, whatever the clock does.
 *         In a folder of the user's choice FILE is the whole path, with '/'
 *         as '%', and '%' and '=' as "=25" and "=3D", so that no two paths meet.
 * Errors: -1 with the cause in why; no backup of ours is left then.
 * Owner:  backup_release(), backup_found_release(); the source's descriptors
 *         belong to the caller.
 * Misses: putting one back.
 */
#ifndef TLSHARDEN_BACKUP_H
#define TLSHARDEN_BACKUP_H

#include <stddef.h>
#include <sys/stat.h>

#include "buf.h"

/* The file that is to be kept. All borrowed. */
struct backup_source {
	int folder;       /* its folder */
	const char *name; /* its name there */
	const char *path; /* its whole path, absolute */
	int fd;           /* open for reading */
	const struct stat *st;
	const char *text; /* its bytes */
	size_t len;
};

struct backup {
	int folder; /* where it lies; -1 if there is none */
	char *name; /* its name there; NULL until it is made */
	char *path; /* for people; NULL until it is made */
};

#define BACKUP_INIT                                                                                \
	{                                                                                          \
		-1, NULL, NULL                                                                     \
	}

/*
 * Keeps the source beside itself, or in dir if that is not NULL: by a hard link
 * where the source has one name and links work, else by a copy. What is there
 * when it returns 0 survives a crash.
 */
int backup_make(struct backup *, const struct backup_source *, const char *dir, struct buf *why)
	__attribute__((warn_unused_result));
/* Takes it back: the file was not replaced after all. */
void backup_undo(struct backup *);
void backup_release(struct backup *);

/* A backup that was found again. */
struct backup_found {
	int fd;            /* open for reading */
	struct stat st;    /* what it is */
	char *path;        /* for people */
	char *passed_over; /* a newer one that is not to be trusted, or NULL */
};

/*
 * The newest backup of the file with that path (absolute, no links), which live
 * describes, beside it or in dir. It is a regular file that belongs to root or to
 * the owner of the file. What a crash left before the rename does not count: the
 * live file itself, or a copy of it.
 */
int backup_find(struct backup_found *, const char *path, const struct stat *live, const char *dir,
		struct buf *why) __attribute__((warn_unused_result));
void backup_found_release(struct backup_found *);

#endif
