/*
 * fold - a text in lines for a terminal of eighty columns.
 * Shape:  words are kept whole; what is longer than a line has one of its own.
 * Errors: none.
 */
#ifndef TLSHARDEN_FOLD_H
#define TLSHARDEN_FOLD_H

#include "buf.h"

/* Appends the lines: the first behind a mark, the others behind as many blanks. */
void fold(struct buf *out, const char *mark, const char *text);

#endif
