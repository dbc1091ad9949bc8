/*
 * udiff - edits to a text as a unified diff with three lines of context.
 * Shape:  what diff -u prints: patch, patch -p1 and git apply turn the old text
 *         into exactly the new one. It comes out of the edits, nothing is searched.
 * Errors: none.
 * Source: the format of GNU diff ("Detailed Description of Unified Format"),
 *         quoting of names by git (quote.c, as core.quotePath does it).
 */
#ifndef TLSHARDEN_UDIFF_H
#define TLSHARDEN_UDIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "edit.h"

/* Appends the diff; nothing where there are no edits. The edits are sorted; path is the label. */
void udiff(struct buf *out, const char *path, const char *old, size_t len, const struct edits *);

enum udiff_flags {
	UDIFF_COLOR = 1, /* as git colours it */
	UDIFF_ESCAPE = 2 /* control bytes made visible: no longer good for patch */
};
/* Appends a diff as people shall see it. */
void udiff_dress(struct buf *out, const char *diff, size_t len, unsigned flags);

#endif
