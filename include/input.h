/*
 * input - a whole file in memory, and what the file was when it was read.
 * Errors: -1 with the cause in why, one phrase.
 * Owner:  the caller closes the descriptor and releases the buffer.
 * Misses: locks; what is in the file.
 */
#ifndef TLSHARDEN_INPUT_H
#define TLSHARDEN_INPUT_H

#include <stddef.h>
#include <sys/stat.h>

#include "buf.h"

/* The most bytes that a file may have. */
#define INPUT_MAX ((size_t)0xfffffffe)

/*
 * Opens a regular file below folder (or AT_FDCWD) for reading; st says what it
 * is. Never waits for a FIFO, never touches a device. The descriptor, or -1; errno
 * tells what is not there (ENOENT, ENOTDIR) from the rest.
 */
int input_open(int folder, const char *name, struct stat *st, struct buf *why)
	__attribute__((warn_unused_result));
/* Appends all that can be read; st_size is a hint of how much. 0 or -1. */
int input_read(int fd, size_t hint, struct buf *text, struct buf *why)
	__attribute__((warn_unused_result));
/* Whether the bytes of fd, from the start, are exactly those; 1, 0, or -1 with errno. */
int input_same(int fd, const char *text, size_t len) __attribute__((warn_unused_result));
/* Whether two looks at a file saw the same inode with the same content, as far as stat tells. */
int input_unchanged(const struct stat *, const struct stat *);

#endif
