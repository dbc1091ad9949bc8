/*
 * moment - a time as people write it.
 * Shape:  RFC 3339 (2026-07-14T10:00:00Z); 2026-07-14, with 10:00 or 10:00:00 behind it, in
 *         local time; 30m, 24h, 7d, 2w: so long ago; now, today, yesterday.
 * Units:  seconds since 1970.
 * Errors: false for what is none of these, and for days and hours that do not exist.
 */
#ifndef TLSHARDEN_MOMENT_H
#define TLSHARDEN_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* A day or a minute without its seconds begins then, or, with end, ends then. */
bool moment_parse(const char *word, int64_t now, bool end, int64_t *when)
	__attribute__((warn_unused_result));

#endif
