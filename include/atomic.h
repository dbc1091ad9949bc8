/*
 * atomic - a file replaced so that it is whole at every moment.
 * Shape:  begin (lock, read), then stage (write the new bytes aside), then commit
 *         (back up, rename); end at any point. Whatever happens, the name has
 *         the old file or the new one, whole, and where the new one is in place
 *         and a backup was asked for, the backup is there too.
 * Errors: -1 with the cause in why: the file is as it was.
 * Owner:  atomic_end() frees all and takes back what was not committed.
 * Source: Postfix util/edit_file.c for the lock; rename(2), renameat2(2), fsync(2).
 * Misses: what the bytes mean.
 */
#ifndef TLSHARDEN_ATOMIC_H
#define TLSHARDEN_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "buf.h"

struct atomic; /* opaque, body in atomic.c */

/*
 * Takes the edit lock on path, and on its target where path is a symbolic link,
 * waiting for at most so many seconds, and opens the file. Where known is not
 * NULL and the file still has exactly those bytes they are kept and *same says
 * so; else the file is read into text anew. text must outlive atomic_end().
 */
int atomic_begin(struct atomic **, const char *path, int seconds, struct buf *text, bool *same,
		 struct buf *why) __attribute__((warn_unused_result));
/*
 * Writes the new bytes aside by the caller's function (0, or -1 with errno), gives
 * them the old file's owner, mode and attributes, and syncs them to the disk.
 */
int atomic_stage(struct atomic *, int (*write)(void *context, int fd), void *context,
		 struct buf *why) __attribute__((warn_unused_result));

struct atomic_backup {
	bool wanted;
	const char *dir; /* NULL: beside the file */
};
/*
 * Puts the new bytes in place. 0; or -1, the file is as it was; or 1, they are in
 * place, but what why says may undo that if the power fails.
 */
int atomic_commit(struct atomic *, const struct atomic_backup *, struct buf *why)
	__attribute__((warn_unused_result));
/* What the file was when it was read. Borrowed. */
const struct stat *atomic_stat(const struct atomic *);
/* What the new file was as soon as it was in place; valid once atomic_commit() said 0 or 1. */
const struct stat *atomic_written(const struct atomic *);
/* The path of the backup, or NULL. Borrowed until atomic_end(). */
const char *atomic_backup_path(const struct atomic *);
void atomic_end(struct atomic *);

/*
 * Takes away the temporary that a crash may have left beside a file that needs no
 * change. It stays where somebody works with it, where it may be somebody's data,
 * and where it cannot be removed: that is not said, for it does no harm.
 */
void atomic_tidy(const char *path);

#endif
