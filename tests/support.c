/* SPDX-License-Identifier: ISC */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void give_up(const char *what, const char *name)
{
	(void)fprintf(stderr, "test support: %s %s: %s\n", what, name, strerror(errno));
	abort();
}

char *make_folder(void)
{
	const char *base = getenv("TMPDIR");
	struct buf path = BUF_INIT;

	buf_addf(&path, "%s/tlsharden-test-XXXXXX", base != NULL && *base != '\0' ? base : "/tmp");
	if (mkdtemp(path.data) == NULL)
		give_up("cannot make", path.data);
	return buf_detach(&path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void remove_tree(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
		give_up("cannot remove", path);
}

const char *in_folder(const char *folder, const char *name)
{
	static char paths[8][4096];
	static unsigned next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

void write_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) < 0)
		give_up("cannot write", path);
}

void make_old(const char *path)
{
	const struct timespec times[2] = {{1577836800, 0}, {1577836800, 0}};

	if (utimensat(AT_FDCWD, path, times, 0) < 0)
		give_up("cannot set the time of", path);
}

void read_file(const char *path, struct buf *out)
{
	char part[65536];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		give_up("cannot open", path);
	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_add(out, part, (size_t)n);
	if (n < 0)
		give_up("cannot read", path);
	(void)close(fd);
}

bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

size_t count_prefix(const char *folder, const char *prefix, struct buf *name)
{
	DIR *list = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	if (list == NULL)
		give_up("cannot list", folder);
	while ((entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		n++;
		if (name != NULL) {
			buf_clear(name);
			buf_adds(name, entry->d_name);
		}
	}
	(void)closedir(list);
	return n;
}

size_t count_entries(const char *folder)
{
	return count_prefix(folder, "", NULL);
}

static void child(const char *folder, const char *const argv[], const int in[2], const int out[2],
		  const int err[2])
{
	if ((folder != NULL && chdir(folder) < 0) || dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 ||
	    dup2(err[1], 2) < 0)
		_exit(126);
	(void)close(in[0]);
	(void)close(in[1]);
	(void)close(out[0]);
	(void)close(out[1]);
	(void)close(err[0]);
	(void)close(err[1]);
	(void)execvp(argv[0], (char *const *)(size_t)argv);
	_exit(127);
}

/* Takes what there is; closes the descriptor at its end. */
static void drain(struct pollfd *p, struct buf *to)
{
	char part[65536];
	ssize_t n;

	if (p->fd < 0 || (p->revents & (POLLIN | POLLHUP | POLLERR)) == 0)
		return;
	n = read(p->fd, part, sizeof(part));
	if (n > 0) {
		buf_add(to, part, (size_t)n);
		return;
	}
	(void)close(p->fd);
	p->fd = -1;
}

static void feed(struct pollfd *p, const char **input, size_t *len)
{
	ssize_t n = 0;

	if (p->fd < 0 || (p->revents & (POLLOUT | POLLERR | POLLHUP)) == 0)
		return;
	if (*len > 0)
		n = write(p->fd, *input, *len);
	if (n > 0) {
		*input += n;
		*len -= (size_t)n;
	}
	if (n < 0 || *len == 0) {
		(void)close(p->fd);
		p->fd = -1;
	}
}

#ifdef COVERAGE
/* A program that gave up root cannot write what was counted, and says so: that is not its message.
 */
static void drop_profiling(struct buf *err)
{
	struct buf kept = BUF_INIT;
	char *line = err->data, *end;

	while (line != NULL && *line != '\0') {
		end = strchr(line, '\n');
		end = end != NULL ? end + 1 : line + strlen(line);
		if (strncmp(line, "profiling:", 10) != 0)
			buf_add(&kept, line, (size_t)(end - line));
		line = end;
	}
	buf_release(err);
	*err = kept;
}
#endif

void run(struct ran *r, const char *folder, const char *const argv[], const char *input,
	 size_t input_len)
{
	int in[2], out[2], err[2], status;
	struct pollfd p[3];
	pid_t pid;

	*r = (struct ran){.status = -1};
	if (pipe(in) < 0 || pipe(out) < 0 || pipe(err) < 0)
		give_up("cannot make a pipe for", argv[0]);
	pid = fork();
	if (pid < 0)
		give_up("cannot fork for", argv[0]);
	if (pid == 0)
		child(folder, argv, in, out, err);
	(void)close(in[0]);
	(void)close(out[1]);
	(void)close(err[1]);
	(void)fcntl(in[1], F_SETFL, O_NONBLOCK);
	p[0] = (struct pollfd){.fd = in[1], .events = POLLOUT};
	p[1] = (struct pollfd){.fd = out[0], .events = POLLIN};
	p[2] = (struct pollfd){.fd = err[0], .events = POLLIN};
	while (p[0].fd >= 0 || p[1].fd >= 0 || p[2].fd >= 0) {
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			give_up("cannot poll", argv[0]);
		feed(&p[0], &input, &input_len);
		drain(&p[1], &r->out);
		drain(&p[2], &r->err);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			give_up("cannot wait for", argv[0]);
#ifdef COVERAGE
	drop_profiling(&r->err);
#endif
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int open_terminal(int *slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios raw;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		give_up("cannot make", "a terminal");
	*slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (*slave < 0 || tcgetattr(*slave, &raw) < 0)
		give_up("cannot open", ptsname(master));
	cfmakeraw(&raw);
	if (tcsetattr(*slave, TCSANOW, &raw) < 0)
		give_up("cannot set", ptsname(master));
	return master;
}

void run_in_terminal(struct ran *r, const char *folder, const char *const argv[], bool messages)
{
	int slave, status, master = open_terminal(&slave);
	char part[4096];
	ssize_t n;
	pid_t pid = fork();

	*r = (struct ran){.status = -1};
	if (pid < 0)
		give_up("cannot fork for", argv[0]);
	if (pid == 0) {
		if ((folder == NULL || chdir(folder) == 0) && dup2(slave, STDOUT_FILENO) >= 0 &&
		    (!messages || dup2(slave, STDERR_FILENO) >= 0))
			(void)execvp(argv[0], (char *const *)(size_t)argv);
		_exit(127);
	}
	(void)close(slave);
	while ((n = read(master, part, sizeof(part))) > 0)
		buf_add(&r->out, part, (size_t)n);
	(void)close(master);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			give_up("cannot wait for", argv[0]);
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A chroot may be without terminals. */
bool have_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	bool found = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0;

	if (master >= 0)
		(void)close(master);
	if (found)
		return true;
	(void)fprintf(stderr, "*** SKIPPED: no terminal can be made here ***\n");
	if (getenv("CHECK_ALL") != NULL)
		ck_abort_msg("no terminal can be made here, and CHECK_ALL wants every check");
	return false;
}

void ran_release(struct ran *r)
{
	buf_release(&r->out);
	buf_release(&r->err);
}

static char program_path[4096];

void use_program(const char *path)
{
	if (realpath(path, program_path) == NULL)
		give_up("cannot find", path);
}

const char *program(void)
{
	const char *name = getenv("TLSHARDEN");

	if (program_path[0] == '\0')
		use_program(name != NULL ? name : "build/tlsharden");
	return program_path;
}

bool have_program(const char *name)
{
	const char *const argv[] = {"sh", "-c", "command -v \"$0\"", name, NULL};
	struct ran r;
	bool found;

	run(&r, NULL, argv, NULL, 0);
	found = r.status == 0;
	ran_release(&r);
	if (found)
		return true;
	(void)fprintf(stderr, "*** SKIPPED: %s is not installed ***\n", name);
	if (getenv("CHECK_ALL") != NULL)
		ck_abort_msg("%s is not installed, and CHECK_ALL wants every check", name);
	return false;
}

/* What hangs ends some day; how fast the machine is, and how busy, is no matter. */
__attribute__((constructor)) static void give_time(void)
{
	(void)setenv("CK_DEFAULT_TIMEOUT", "900", 0);
}

int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	(void)signal(SIGPIPE, SIG_IGN);
	/* nohup and shells ignore some for what they start; the program under test would, too. */
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
