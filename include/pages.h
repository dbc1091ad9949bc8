/*
 * pages - memory in large pages, where the system has them for who asks: each page that is
 * touched for the first time costs more than what is written into it.
 * Errors: out of memory ends the process; where there are no large pages, small ones do.
 */
#ifndef TLSHARDEN_PAGES_H
#define TLSHARDEN_PAGES_H

#include <stddef.h>

/* Bytes of a large page. */
#define PAGES_LARGE ((size_t)2 << 20)

/* A large page, of which nothing is set; free() lets go of it. */
void *pages_new(void) __attribute__((warn_unused_result));
/* For those that are whole in a room that nobody has touched. errno stays as it is. */
void pages_ask(void *room, size_t size);
/* Those of a room, small or large, at one time: all of it will be written. errno stays. */
void pages_fill(void *room, size_t size);

#endif
