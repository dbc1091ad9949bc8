/* SPDX-License-Identifier: ISC */
#include "edit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

void edits_add(struct edits *e, size_t from, size_t to, size_t line, struct buf *text)
{
	struct edit *new;

	e->v = xgrow(e->v, e->n, &e->cap, sizeof(*e->v));
	new = &e->v[e->n];
	*new = (struct edit){.from = from, .to = to, .line = line, .seq = e->n, .len = text->len};
	new->text = buf_detach(text);
	e->n++;
}

/* An insert comes before what replaces the line that stands at its place. */
static int by_place(const void *one, const void *two)
{
	const struct edit *a = one, *b = two;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void edits_sort(struct edits *e)
{
	if (e->n > 1)
		qsort(e->v, e->n, sizeof(*e->v), by_place);
}

void edits_release(struct edits *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		free(e->v[i].text);
	free(e->v);
	*e = (struct edits){0};
}

void edits_apply(const struct edits *e, const char *old, size_t len, struct buf *out)
{
	size_t i, at = 0;

	for (i = 0; i < e->n; i++) {
		buf_add(out, old + at, e->v[i].from - at);
		buf_add(out, e->v[i].text, e->v[i].len);
		at = e->v[i].to;
	}
	buf_add(out, old + at, len - at);
}

/* writev until all is out, whatever the kernel takes at a time. */
static int write_all(int fd, struct iovec *v, size_t n)
{
	ssize_t done;

	while (n > 0) {
		done = writev(fd, v, (int)n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		while (n > 0 && (size_t)done >= v->iov_len) {
			done -= (ssize_t)v->iov_len;
			v++;
			n--;
		}
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + done;
			v->iov_len -= (size_t)done;
		}
	}
	return 0;
}

/* The old text is written from where it stands: a large file is not copied in memory. */
int edits_write(const struct edits *e, const char *old, size_t len, int fd)
{
	struct iovec v[64];
	const size_t room = sizeof(v) / sizeof(v[0]);
	size_t i, n = 0, at = 0;

	for (i = 0; i < e->n; i++) {
		if (n + 2 > room) {
			if (write_all(fd, v, n) < 0)
				return -1;
			n = 0;
		}
		v[n++] = (struct iovec){(char *)(size_t)(old + at), e->v[i].from - at};
		v[n++] = (struct iovec){e->v[i].text, e->v[i].len};
		at = e->v[i].to;
	}
	if (write_all(fd, v, n) < 0)
		return -1;
	v[0] = (struct iovec){(char *)(size_t)(old + at), len - at};
	return write_all(fd, v, 1);
}
