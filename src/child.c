/* SPDX-License-Identifier: ISC */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *find_in(const char *folders, const char *name)
{
	struct buf path = BUF_INIT;
	size_t len;

	for (; *folders != '\0'; folders += len + (folders[len] == ':')) {
		len = strcspn(folders, ":");
		buf_clear(&path);
		buf_add(&path, folders, len);
		buf_addf(&path, "/%s", name);
		if (len > 0 && access(buf_string(&path), X_OK) == 0)
			return buf_detach(&path);
	}
	buf_release(&path);
	return NULL;
}

char *child_find(const char *name, const char *more)
{
	const char *folders = getenv("PATH");
	char *found = folders != NULL ? find_in(folders, name) : NULL;

	return found != NULL ? found : find_in(more, name);
}

void child_signals(void)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
}

static void become(char *const argv[], int input, int out, int messages)
{
	if (input < 0)
		input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	child_signals();
	if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(messages, STDERR_FILENO) >= 0)
		(void)execv(argv[0], argv);
	_exit(CHILD_CANNOT_START);
}

/* Who reads nothing but the output must not be waited for by one who complains at length. */
static int open_pipes(int out[2], int messages[2])
{
	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(messages, O_CLOEXEC | O_NONBLOCK) == 0)
		return 0;
	(void)close(out[0]);
	(void)close(out[1]);
	return -1;
}

int child_start(struct child *c, char *const argv[], int input, struct buf *why)
{
	int out[2], messages[2];

	*c = (struct child){.out = -1, .messages = -1};
	if (open_pipes(out, messages) < 0) {
		buf_addf(why, "no pipe can be made: %s", strerror(errno));
		return -1;
	}
	c->pid = fork();
	if (c->pid == 0)
		become(argv, input, out[1], messages[1]);
	if (c->pid < 0)
		buf_addf(why, "%s cannot be run: %s", argv[0], strerror(errno));
	(void)close(out[1]);
	(void)close(messages[1]);
	c->out = out[0];
	c->messages = messages[0];
	if (c->pid > 0)
		return 0;
	(void)close(c->out);
	(void)close(c->messages);
	c->pid = 0;
	return -1;
}

int child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* The first line that it said, if there is one. */
static size_t add_said(int fd, struct buf *why)
{
	char said[1024];
	ssize_t n = read(fd, said, sizeof(said) - 1);
	size_t start, len;

	said[n > 0 ? n : 0] = '\0';
	start = strspn(said, "\r\n");
	len = strcspn(said + start, "\r\n");
	buf_add(why, said + start, len);
	return len;
}

static void add_cause(struct child *c, int status, struct buf *why)
{
	if (add_said(c->messages, why) > 0)
		return;
	if (WIFSIGNALED(status))
		buf_addf(why, "the program that reads it was ended by signal %d", WTERMSIG(status));
	else
		buf_addf(why, "the program that reads it failed with status %d",
			 WEXITSTATUS(status));
}

static int close_and_wait(struct child *c)
{
	/* One that runs with more rights than we have left ends when nobody reads any more. */
	(void)close(c->out);
	return child_wait(c->pid);
}

static void forget(struct child *c)
{
	(void)close(c->messages);
	*c = (struct child){.out = -1, .messages = -1};
}

int child_end(struct child *c, struct buf *why)
{
	int status;

	if (c->pid == 0)
		return 0;
	status = close_and_wait(c);
	if (status != 0)
		add_cause(c, status, why);
	forget(c);
	return status == 0 ? 0 : -1;
}

void child_stop(struct child *c)
{
	if (c->pid == 0)
		return;
	(void)kill(c->pid, SIGKILL);
	(void)close_and_wait(c);
	forget(c);
}
