/*
 * decompress - the plain text of a compressed file, out of the program that knows its form.
 * Shape:  the form is told by the first bytes, never by the name.
 * Errors: -1 with the cause in why, one phrase.
 * Owner:  decompress_end() or decompress_stop() close and wait; the file's descriptor stays the
 * caller's. Source: RFC 1952 (gzip), bzip2(1), the .xz file format 1.2.0, RFC 8878 (zstd).
 */
#ifndef TLSHARDEN_DECOMPRESS_H
#define TLSHARDEN_DECOMPRESS_H

#include <stddef.h>

#include "buf.h"
#include "child.h"

/* As many bytes as are needed to tell the form. */
#define DECOMPRESS_MAGIC 6

struct decompress {
	struct child program; /* its output is the plain text */
	pid_t feeder;         /* gives it bytes that were read before it ran; 0: none */
};

/* The program for bytes that begin like that, or NULL: they are no compressed file. */
const char *decompress_program(const char *bytes, size_t len);
/*
 * Starts the program on what fd has to give; before that it gets head, bytes that
 * were read from fd already (empty where fd was put back to its start).
 */
int decompress_begin(struct decompress *, const char *program, int fd, const struct buf *head,
		     struct buf *why) __attribute__((warn_unused_result));
/* As child_end() and child_stop(). */
int decompress_end(struct decompress *, struct buf *why) __attribute__((warn_unused_result));
void decompress_stop(struct decompress *);

#endif
