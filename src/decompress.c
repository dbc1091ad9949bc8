/* SPDX-License-Identifier: ISC */
#include "decompress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the programs are if PATH, as in some cron jobs, does not say so. */
#define MORE_FOLDERS "/usr/bin:/bin"
/* The kernel's limit for the pipes of ordinary users: fewer changes between the processes. */
#define PIPE_SIZE (1 << 20)

static const struct {
	const char *magic, *program;
	size_t len;
} forms[] = {
	{"\x1f\x8b", "gzip", 2},
	{"BZh", "bzip2", 3},
	{"\xfd"
	 "7zXZ\0",
	 "xz", 6},
	{"\x28\xb5\x2f\xfd", "zstd", 4},
};

const char *decompress_program(const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (len >= forms[i].len && memcmp(bytes, forms[i].magic, forms[i].len) == 0)
			return forms[i].program;
	return NULL;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	for (; len > 0; bytes += n, len -= (size_t)n) {
		n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return false;
	}
	return true;
}

/* What was taken from a pipe cannot be put back: a process gives it, and then the rest. */
static void feed(int from, int to, const struct buf *head)
{
	static char part[65536];
	ssize_t n = 0;

	child_signals();
	if (!write_all(to, buf_string(head), head->len))
		_exit(EXIT_FAILURE);
	for (;;) {
		n = read(from, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !write_all(to, part, (size_t)n))
			_exit(n == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
}

/* The descriptor from which the program reads head and what follows, or -1. */
static int start_feeder(struct decompress *d, int from, const struct buf *head, struct buf *why)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		buf_addf(why, "no pipe can be made: %s", strerror(errno));
		return -1;
	}
	d->feeder = fork();
	if (d->feeder == 0) {
		(void)close(ends[0]);
		feed(from, ends[1], head);
	}
	(void)close(ends[1]);
	if (d->feeder > 0)
		return ends[0];
	buf_addf(why, "no process can be made: %s", strerror(errno));
	(void)close(ends[0]);
	d->feeder = 0;
	return -1;
}

static int start_program(struct decompress *d, char *path, int input, struct buf *why)
{
	char *const argv[] = {path, (char[]){"-dc"}, NULL};

	if (child_start(&d->program, argv, input, why) < 0)
		return -1;
	(void)fcntl(d->program.out, F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

int decompress_begin(struct decompress *d, const char *program, int fd, const struct buf *head,
		     struct buf *why)
{
	char *path = child_find(program, MORE_FOLDERS);
	int input = fd, rc = -1;

	*d = (struct decompress){.program = {.out = -1, .messages = -1}};
	if (path == NULL)
		buf_addf(why, "compressed, and %s is not installed", program);
	else if (head->len > 0)
		input = start_feeder(d, fd, head, why);
	if (path != NULL && input >= 0)
		rc = start_program(d, path, input, why);
	if (input >= 0 && input != fd)
		(void)close(input);
	free(path);
	return rc;
}

int decompress_end(struct decompress *d, struct buf *why)
{
	int rc = child_end(&d->program, why), status;

	if (d->feeder == 0)
		return rc;
	status = child_wait(d->feeder);
	d->feeder = 0;
	/* A program that has seen the end of its data may leave it with the rest. */
	if (rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
		buf_adds(why, "not all of it could be read");
		return -1;
	}
	return rc;
}

void decompress_stop(struct decompress *d)
{
	child_stop(&d->program);
	if (d->feeder == 0)
		return;
	/* It may sit and wait for more input that nobody wants. */
	(void)kill(d->feeder, SIGKILL);
	(void)child_wait(d->feeder);
	d->feeder = 0;
}
