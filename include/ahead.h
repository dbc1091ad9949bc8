/*
 * ahead - memory that is needed soon is asked for, so that nobody waits for it then.
 * Shape:  hints: where the processor has none of that kind, nothing happens.
 *         Any address will do, NULL too.
 */
#ifndef TLSHARDEN_AHEAD_H
#define TLSHARDEN_AHEAD_H

#include <stddef.h>

/* What a cache moves at a time. */
#define AHEAD_LINE 64

static inline void ahead_read(const void *at)
{
	__builtin_prefetch(at);
}

/*
 * To be written, by this processor alone. For x86 compilers have no such hint unless they
 * are told of the processor; those without it take it for none.
 */
static inline void ahead_write(const void *at, size_t size)
{
	const char *line = at, *end = line + size;

	for (; line < end; line += AHEAD_LINE)
#ifdef __x86_64__
		__asm__ volatile("prefetchw %0" : : "m"(*line));
#else
		__builtin_prefetch(line, 1);
#endif
}

#endif
