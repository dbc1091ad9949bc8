/*
 * compare - how one text becomes another, as edits by line.
 * Shape:  the fewest lines are replaced that can be found with reasonable effort;
 *         applied to the old text the edits give exactly the new one.
 * Errors: none.
 * Owner:  the edits own their bytes, neither text.
 * Source: E. Myers, An O(ND) Difference Algorithm and Its Variations, 1986.
 */
#ifndef TLSHARDEN_COMPARE_H
#define TLSHARDEN_COMPARE_H

#include <stddef.h>

#include "edit.h"

/* Appends the edits, sorted. */
void compare(struct edits *, const char *old, size_t old_len, const char *new, size_t new_len);

#endif
