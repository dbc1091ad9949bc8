/*
 * logfiles - mail logs, plain and compressed, one behind the other by age, as lines.
 * Shape:  all are opened first; rights that are needed for it can be dropped before they are read.
 * Errors: -1. What concerns one file while it is read goes to the sink, with its name,
 *         and the others are read all the same.
 * Owner:  logfiles_free() closes what is open and waits for children.
 * Source: gzip(1), bzip2(1), xz(1), zstd(1), journalctl(1).
 * Misses: what is in a line (maillog.h).
 */
#ifndef TLSHARDEN_LOGFILES_H
#define TLSHARDEN_LOGFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "stamp.h"

/* The longest line, in bytes; "?" stands for one that is longer, which nobody understands. */
#define LOGFILES_LINE_MAX (1U << 20)

enum logfiles_added {
	LOGFILES_FAILED = -1, /* why says it; the name is not in it */
	LOGFILES_ADDED,
	LOGFILES_TWICE /* the same file as one before; it is read once */
};

/* Who gives room for what is read, and is told. */
struct logfiles_sink {
	void *context;
	/*
	 * Room for the next block, of so many bytes at least. Asked for again before there
	 * is a block, it is the same one and has grown; what is in it stays. So do the bytes
	 * behind a block until there is another one.
	 */
	char *(*room)(void *context, size_t least, size_t *size);
	/*
	 * Whole lines are in the room, and the clock for them (the last line of a file may lack
	 * its newline). Returns false to stop.
	 */
	bool (*block)(void *context, struct stamp_clock *, size_t len);
	/* The same, but they are still in a file, at that place: whoever wants them reads them. */
	bool (*part)(void *context, struct stamp_clock *, int fd, off_t from, size_t len);
	/* Why such a part could not be read, as errno has it, or 0: asked when it is idle. */
	int (*error)(void *context);
	/* There is no more for the moment: a program is waited for. Returns false to stop. */
	bool (*idle)(void *context);
	/* A file that could not be read, or not to its end. */
	void (*trouble)(void *context, const char *name, const char *cause);
};

struct logfiles;

struct logfiles *logfiles_new(void);
/* A file by its name, or "-": standard input. */
enum logfiles_added logfiles_add(struct logfiles *, const char *path, struct buf *why)
	__attribute__((warn_unused_result));
/* The system's own log: a file, else the journal. why names what was looked for. */
enum logfiles_added logfiles_add_system(struct logfiles *, struct buf *why)
	__attribute__((warn_unused_result));
/*
 * The same with other places: the first file there is, else what a command prints (argv, ended by
 * NULL; argv[0] is looked up in PATH), which is called name.
 */
enum logfiles_added logfiles_add_first(struct logfiles *, const char *const files[],
				       char *const argv[], const char *name, struct buf *why)
	__attribute__((warn_unused_result));
/*
 * All are open: finds out what is compressed, and sorts by the time of the first line. It is
 * here that the first byte is read, and programs are started that unpack.
 */
void logfiles_begin(struct logfiles *);
/* What is read, in a few words; after logfiles_begin() in its order. */
const char *logfiles_source(struct logfiles *);
/* Reads them all: -1 if there was trouble with one. */
int logfiles_read(struct logfiles *, const struct logfiles_sink *)
	__attribute__((warn_unused_result));
/* Bytes read so far, and in all as far as it is known (0: it is not). */
void logfiles_progress(const struct logfiles *, uint64_t *done, uint64_t *total);
void logfiles_free(struct logfiles *);

#endif
