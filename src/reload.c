/* SPDX-License-Identifier: ISC */
#include "reload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "interrupt.h"

/* Where administrators' programs are that a cron job or a user may not have in PATH. */
#define MORE_FOLDERS "/usr/sbin:/usr/local/sbin:/sbin"
/* How much of what Postfix says is kept, in bytes. */
#define SAID_MAX 4096

/* Postfix knows a folder by its name: links on the way to it stay as they are. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *here = *path != '/' ? getcwd(NULL, 0) : NULL;
	struct buf folder = BUF_INIT;

	if (here != NULL)
		buf_adds(&folder, here);
	if (here != NULL && slash != NULL)
		buf_addc(&folder, '/');
	if (slash != NULL)
		buf_add(&folder, path, slash == path ? 1 : (size_t)(slash - path));
	free(here);
	return buf_detach(&folder);
}

void reload_init(struct reload *r, const char *path)
{
	*r = (struct reload){folder_of(path), child_find("postfix", MORE_FOLDERS)};
}

void reload_release(struct reload *r)
{
	free(r->folder);
	free(r->program);
	*r = (struct reload){NULL, NULL};
}

/* Two ends of something that looks like a terminal, or where there is none of a pipe. */
static int open_channel(int ends[2])
{
	char name[PATH_MAX];

	ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ends[0] >= 0 && grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0 &&
	    ptsname_r(ends[0], name, sizeof(name)) == 0 &&
	    (ends[1] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0)
		return 0;
	if (ends[0] >= 0)
		(void)close(ends[0]);
	return pipe2(ends, O_CLOEXEC);
}

/* In the child: what was set for our own sake is as programs expect it again. */
static void become(const struct reload *r, const char *command, int output)
{
	char *const argv[] = {r->program, (char[]){"-c"}, r->folder, xstrdup(command), NULL};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	child_signals();
	(void)umask(022);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0)
		(void)execv(r->program, argv);
	_exit(CHILD_CANNOT_START);
}

/* All that is said until the other end is closed; a terminal's end is an error of reading. */
static void hear(int fd, struct buf *said)
{
	char part[1024];
	ssize_t n;

	for (;;) {
		n = read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		if (said->len < SAID_MAX)
			buf_add(said, part, (size_t)n);
	}
}

/* Runs one command of postfix(1): its wait status, or -1 with errno. */
static int run(const struct reload *r, const char *command, struct buf *said)
{
	int ends[2], status = -1, saved;
	pid_t child;

	if (open_channel(ends) < 0)
		return -1;
	child = fork();
	if (child == 0)
		become(r, command, ends[1]);
	saved = errno;
	(void)close(ends[1]);
	if (child > 0) {
		hear(ends[0], said);
		status = child_wait(child);
		saved = errno;
	}
	(void)close(ends[0]);
	errno = saved;
	return status;
}

/* The lines, one behind the other; without a terminal, Postfix speaks to its log alone. */
static void add_said(const struct buf *said, struct buf *why)
{
	const char *p = buf_string(said);
	size_t len;
	bool first = true;

	if (p[strspn(p, "\r\n")] == '\0')
		buf_adds(why, "; its log may say why");
	for (; *p != '\0'; p += len + strspn(p + len, "\r\n")) {
		len = strcspn(p, "\r\n");
		if (len == 0)
			continue;
		buf_adds(why, first ? ": " : "; ");
		buf_add(why, p, len);
		first = false;
	}
}

static int must_succeed(const struct reload *r, const char *command, struct buf *why)
{
	struct buf said = BUF_INIT;
	int status = run(r, command, &said);

	if (status != 0)
		buf_addf(why, "\"postfix -c %s %s\" ", r->folder, command);
	if (status == -1)
		buf_addf(why, "cannot be run: %s", strerror(errno));
	else if (status != 0 && WIFSIGNALED(status))
		buf_addf(why, "was ended by signal %d", WTERMSIG(status));
	else if (status != 0)
		buf_addf(why, "failed with status %d", WEXITSTATUS(status));
	if (status != 0)
		add_said(&said, why);
	buf_release(&said);
	return status == 0 ? 0 : -1;
}

static bool is_running(const struct reload *r)
{
	struct buf said = BUF_INIT;
	bool running = run(r, "status", &said) == 0;

	buf_release(&said);
	return running;
}

static enum reload_result not_needed(const char *cause, struct buf *why)
{
	buf_addf(why, "but nothing was reloaded: %s", cause);
	return RELOAD_NOT_NEEDED;
}

enum reload_result reload_run(const struct reload *r, struct buf *why)
{
	if (interrupt_pending() != 0)
		return not_needed("interrupted", why);
	if (r->program == NULL)
		return not_needed("Postfix is not installed", why);
	if (must_succeed(r, "check", why) < 0)
		return RELOAD_FAILED;
	if (!is_running(r))
		return not_needed("Postfix is not running", why);
	return must_succeed(r, "reload", why) < 0 ? RELOAD_FAILED : RELOAD_DONE;
}

int reload_again(const struct reload *r, struct buf *why)
{
	return is_running(r) ? must_succeed(r, "reload", why) : 0;
}
