/*
 * pattern - what a PCRE2 pattern says of a whole value, caseless.
 * Shape:  bytes, unless the pattern says (*UTF); a dot is any of them.
 * Errors: a bad pattern, or one that runs into its limits, comes back with the
 *         cause; nothing hangs.
 * Owner:  pattern_free().
 * Source: pcre2api(3), pcre2jit(3).
 */
#ifndef TLSHARDEN_PATTERN_H
#define TLSHARDEN_PATTERN_H

#include <stddef.h>

#include "buf.h"

struct pattern;

/* NULL with the cause in why if the pattern is not one. */
struct pattern *pattern_compile(const char *text, struct buf *why)
	__attribute__((warn_unused_result));
/* 1 if the pattern describes all len bytes of value, 0 if not, -1 with the cause in why. */
int pattern_match(struct pattern *, const char *value, size_t len, struct buf *why)
	__attribute__((warn_unused_result));
void pattern_free(struct pattern *);

#endif
