/* SPDX-License-Identifier: ISC */
#include "buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

void *xreallocarray(void *old, size_t count, size_t size)
{
	void *p;

	if (size != 0 && count > SIZE_MAX / size)
		die("out of memory");
	p = realloc(old, count * size != 0 ? count * size : 1);
	if (p == NULL)
		die("out of memory");
	return p;
}

void *xmalloc(size_t size)
{
	return xreallocarray(NULL, 1, size);
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count != 0 ? count : 1, size != 0 ? size : 1);

	if (p == NULL)
		die("out of memory");
	return p;
}

char *xmemdupz(const void *bytes, size_t len)
{
	char *p = xmalloc(len + 1);

	if (len > 0)
		memcpy(p, bytes, len);
	p[len] = '\0';
	return p;
}

char *xstrdup(const char *string)
{
	return xmemdupz(string, strlen(string));
}

void *xgrow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap < 16 ? 16 : *cap + *cap / 2;
	return xreallocarray(array, *cap, size);
}

void buf_grow(struct buf *b, size_t extra)
{
	size_t want;

	if (extra >= SIZE_MAX - b->len)
		die("out of memory");
	want = b->len + extra + 1;
	if (want <= b->cap)
		return;
	if (want < b->cap + b->cap / 2)
		want = b->cap + b->cap / 2;
	b->data = xreallocarray(b->data, want, 1);
	b->cap = want;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	buf_grow(b, len);
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_addc(struct buf *b, int c)
{
	char byte = (char)c;

	buf_add(b, &byte, 1);
}

void buf_adds(struct buf *b, const char *string)
{
	buf_add(b, string, strlen(string));
}

void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		bug("vsnprintf refuses \"%s\"", fmt);
	buf_grow(b, (size_t)len);
	(void)vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	b->len += (size_t)len;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void buf_add_count(struct buf *b, uint64_t n, const char *one, const char *many)
{
	buf_addf(b, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

char *buf_detach(struct buf *b)
{
	char *data = b->data != NULL ? b->data : xstrdup("");

	*b = (struct buf)BUF_INIT;
	return data;
}
