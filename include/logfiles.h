/*
 * logfiles - mail logs, plain and compressed, one behind the other by age, as lines.
 * Shape:  all are opened first, then (as root) rights are dropped, then they are read.
 * Errors: -1 with the cause in why, which names the file.
 * Owner:  logfiles_free() closes what is open and waits for children.
 * Source: gzip(1), bzip2(1), xz(1), zstd(1), journalctl(1).
 * Misses: what is in a line (maillog.h).
 */
#ifndef TLSHARDEN_LOGFILES_H
#define TLSHARDEN_LOGFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "maillog.h"

struct logfiles;

struct logfiles *logfiles_new(void);
/* A file by its name, or "-": standard input. */
int logfiles_add(struct logfiles *, const char *path, struct buf *why)
	__attribute__((warn_unused_result));
/* The system's own log: a file, else the journal. */
int logfiles_add_system(struct logfiles *, struct buf *why) __attribute__((warn_unused_result));
/*
 * All are open: as root becomes nobody for good, finds out what is compressed,
 * and sorts by the time of the first line.
 */
int logfiles_begin(struct logfiles *, struct buf *why) __attribute__((warn_unused_result));
/* What is read, in a few words. */
const char *logfiles_source(const struct logfiles *);

/*
 * Called with a block of whole lines, and the clock for them (the last line of a file may lack
 * its newline). Returns false to stop.
 */
typedef bool logfiles_block(void *context, struct maillog_clock *, const char *text, size_t len);
/* Reads them all. */
int logfiles_read(struct logfiles *, logfiles_block *, void *context, struct buf *why)
	__attribute__((warn_unused_result));
/* Bytes read so far, and in all as far as it is known (0: it is not). */
void logfiles_progress(const struct logfiles *, uint64_t *done, uint64_t *total);
void logfiles_free(struct logfiles *);

#endif
