/*
 * patching - a unified diff applied to the letter.
 * Errors: a diff that does not fit is refused, with the cause.
 * Source: the format of GNU diff ("Detailed Description of Unified Format").
 * Misses: fuzz, offsets and names: what is not exact is wrong here.
 */
#ifndef TLSHARDEN_TEST_PATCHING_H
#define TLSHARDEN_TEST_PATCHING_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* False with the cause in why where the diff does not fit. */
bool laws_patch(const char *old, size_t len, const char *diff, size_t diff_len, struct buf *out,
		struct buf *why);

#endif
