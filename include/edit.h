/*
 * edit - changes to a text, kept apart from it until they are written.
 * Shape:  each edit replaces the whole lines [from, to) of the old text; where
 *         from equals to it inserts. Sorted, they do not overlap. What they
 *         bring is whole lines too; only what ends the new text may lack its
 *         newline.
 * Units:  offsets in bytes of the old text; lines physical, from 1.
 * Errors: edits_write() returns -1 with errno; nothing else fails.
 * Owner:  the list owns the new bytes, never the old text.
 */
#ifndef TLSHARDEN_EDIT_H
#define TLSHARDEN_EDIT_H

#include <stddef.h>

#include "buf.h"

struct edit {
	size_t from; /* first byte replaced */
	size_t to;   /* byte after the last one replaced */
	size_t line; /* number of the old line that starts at from */
	size_t seq;  /* order of adding: of two inserts at one place the earlier comes first */
	char *text;  /* what comes instead */
	size_t len;  /* bytes in text */
};

struct edits {
	struct edit *v;
	size_t n;
	size_t cap;
};

/* Takes text over. */
void edits_add(struct edits *, size_t from, size_t to, size_t line, struct buf *text);
void edits_sort(struct edits *);
void edits_release(struct edits *);
/* Appends the new text. */
void edits_apply(const struct edits *, const char *old, size_t len, struct buf *out);
/* Writes the new text, all of it. 0, or -1 with errno. */
int edits_write(const struct edits *, const char *old, size_t len, int fd)
	__attribute__((warn_unused_result));

#endif
