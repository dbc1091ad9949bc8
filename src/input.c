/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pages.h"

/* With errno as it is: a caller may want to tell what is not there from the rest. */
static int refuse(int fd, const char *cause, struct buf *why)
{
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	buf_adds(why, cause);
	errno = error;
	return -1;
}

static int refuse_kind(int fd, struct buf *why)
{
	errno = EINVAL;
	return refuse(fd, "not a regular file", why);
}

int input_open(int folder, const char *name, struct stat *st, struct buf *why)
{
	int fd;

	/* Looked at before it is opened: to open a device can already be an action. */
	if (fstatat(folder, name, st, 0) < 0)
		return refuse(-1, strerror(errno), why);
	if (!S_ISREG(st->st_mode))
		return refuse_kind(-1, why);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, st) < 0)
		return refuse(fd, strerror(errno), why);
	if (!S_ISREG(st->st_mode))
		return refuse_kind(fd, why);
	return fd;
}

static ssize_t read_some(int fd, char *to, size_t room)
{
	ssize_t n;

	do
		n = read(fd, to, room);
	while (n < 0 && errno == EINTR);
	return n;
}

int input_read(int fd, size_t hint, struct buf *text, struct buf *why)
{
	ssize_t n;

	if (hint > INPUT_MAX)
		return refuse(-1, "too large: four gigabytes are the most", why);
	/* One byte more, so that the end is seen without growing. */
	buf_grow(text, hint + 1);
	/* Of a large file: what it has at its ends may be in small ones. */
	if (text->cap >= 2 * PAGES_LARGE)
		pages_ask(text->data, text->cap);
	for (;;) {
		if (text->cap - text->len < 2)
			buf_grow(text, 65536);
		n = read_some(fd, text->data + text->len, text->cap - text->len - 1);
		if (n < 0)
			return refuse(-1, strerror(errno), why);
		if (n == 0)
			break;
		text->len += (size_t)n;
		if (text->len > INPUT_MAX)
			return refuse(-1, "too large: four gigabytes are the most", why);
	}
	text->data[text->len] = '\0';
	return 0;
}

int input_same(int fd, const char *text, size_t len)
{
	char part[16384];
	ssize_t n;

	while ((n = read_some(fd, part, sizeof(part))) > 0) {
		if ((size_t)n > len || memcmp(part, text, (size_t)n) != 0)
			return 0;
		text += n;
		len -= (size_t)n;
	}
	return n < 0 ? -1 : len == 0;
}

int input_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}
