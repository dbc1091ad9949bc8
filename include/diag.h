/*
 * diag - what the program says on standard error.
 * Shape:  one line a message, "tlsharden: PATH:LINE: text"; PATH and LINE are
 *         left out where they are NULL and 0.
 * Units:  line numbers physical, from 1.
 * Errors: a standard error that cannot be written is not reported: there is no
 *         place left to report it.
 * Misses: findings, which have a form of their own (finding.h).
 */
#ifndef TLSHARDEN_DIAG_H
#define TLSHARDEN_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define PROGRAM "tlsharden"

enum diag_level {
	DIAG_ERROR, /* said always */
	DIAG_INFO,  /* not said after -q */
	DIAG_DETAIL /* said after -v only */
};

/* The most that is said from now on. */
void diag_verbosity(enum diag_level most);
/* Whether something of this level is said: if not, it need not be put into words. */
bool diag_says(enum diag_level);
void diag(enum diag_level, const char *path, size_t line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Appends bytes so that a terminal can show them: well-formed UTF-8 as it is;
 * control bytes, C1 and direction controls and bytes that are no UTF-8 as \n,
 * \r, \t or \xNN. Every byte of len is taken, NUL too.
 */
void diag_escape(struct buf *, const char *bytes, size_t len);
/* The same for a text of lines: tabs, which are harmless, and newlines stay. */
void diag_show(struct buf *, const char *bytes, size_t len);
/* Appends bytes as well-formed UTF-8: U+FFFD stands for each byte that is none. */
void diag_replace(struct buf *, const char *bytes, size_t len);
/* How many bytes of a well-formed character of UTF-8 stand at s, or 0. */
size_t diag_utf8(const char *s, size_t len);
/* How many bytes of a character that is safe to show stand at s, or 0. */
size_t diag_safe(const char *s, size_t len);

/*
 * Where to cut a text that is to be shown in at most so many bytes: a character is
 * not cut in two. Of bytes that are no UTF-8 all of them are shown.
 */
size_t diag_cut(const char *text, size_t len, size_t most);
/* Appends the start of a text, cut so; "..." says where there is more. */
void diag_add_start(struct buf *, const char *text, size_t most);

/* Trouble that no caller could mend: says so and ends the process with status 2. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A mistake of ours: says where and aborts. */
#define bug(...) diag_bug(__FILE__, __LINE__, __VA_ARGS__)
void diag_bug(const char *file, int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#endif
