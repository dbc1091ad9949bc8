/*
 * buf - growable bytes with a length, and allocation that does not fail.
 * Shape:  data[0..len) are the bytes, NUL is an ordinary one of them; where
 *         data is not NULL, data[len] is a NUL that is not counted.
 * Units:  bytes.
 * Errors: none; out of memory ends the process with status 2.
 * Owner:  the struct owns data; buf_release() frees it, buf_detach() hands it over.
 */
#ifndef TLSHARDEN_BUF_H
#define TLSHARDEN_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated */
};

#define BUF_INIT                                                                                   \
	{                                                                                          \
		0                                                                                  \
	}

/* Room for at least extra more bytes and the final NUL. */
void buf_grow(struct buf *, size_t extra);
void buf_add(struct buf *, const void *bytes, size_t len);
void buf_addc(struct buf *, int c);
void buf_adds(struct buf *, const char *string);
void buf_addf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
/* So many things: "1 line", "2 lines". */
void buf_add_count(struct buf *, uint64_t n, const char *one, const char *many);
/* Forgets the bytes, keeps the room. */
static inline void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}
/* Frees; the struct is then as after BUF_INIT. */
void buf_release(struct buf *);
/* The bytes as a string of the caller, who frees it; the struct is empty then. Never NULL. */
char *buf_detach(struct buf *) __attribute__((warn_unused_result));
/* The bytes as a string that is valid until the next change. Never NULL. */
static inline const char *buf_string(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

void *xmalloc(size_t size) __attribute__((warn_unused_result));
void *xcalloc(size_t count, size_t size) __attribute__((warn_unused_result));
void *xreallocarray(void *, size_t count, size_t size) __attribute__((warn_unused_result));
char *xstrdup(const char *) __attribute__((warn_unused_result));
/* A string made of len bytes; the caller frees it. */
char *xmemdupz(const void *, size_t len) __attribute__((warn_unused_result));

/* Makes room in a growing array: the new capacity for one more than count elements. */
void *xgrow(void *array, size_t count, size_t *cap, size_t size)
	__attribute__((warn_unused_result));

#endif
