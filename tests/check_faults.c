/* SPDX-License-Identifier: ISC */
/*
 * check_faults - whatever fails, and whenever: the file is the old one or the
 * new one, whole, and nothing is left lying about.
 *
 * Every call into the system that the library makes goes through a wrapper
 * here (the linker's --wrap). A plan says which of them, and which of its calls,
 * fails or has something else happen at its moment: another editor at work, a
 * signal, a crash. The loops go on until a run in which that call was not made.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "harden.h"
#include "interrupt.h"
#include "verdict.h"
#include "restore.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- the plan ---- */

enum call {
	CLOSE,
	FCHMOD,
	FCHOWN,
	FDOPENDIR,
	FFLUSH,
	FGETXATTR,
	FLISTXATTR,
	FLOCK,
	FREMOVEXATTR,
	FSETXATTR,
	FSTAT,
	FSTATAT,
	FSYNC,
	FTRUNCATE,
	FUTIMENS,
	FWRITE,
	GETCWD,
	GMTIME_R,
	IOCTL,
	LINKAT,
	LSEEK,
	OPEN,
	OPENAT,
	READ,
	READDIR,
	REALPATH,
	RENAMEAT,
	RENAMEAT2,
	STAT,
	TIME,
	UNLINKAT,
	WRITE,
	WRITEV,
	NCALLS
};

/* What each can fail with; those after a 0 only once, for to retry them is right. */
static const struct {
	const char *name;
	int errors[10];
} calls[] = {
	[CLOSE] = {"close", {EIO, EINTR, ENOSPC, EDQUOT}},
	[FCHMOD] = {"fchmod", {EPERM, EIO}},
	[FCHOWN] = {"fchown", {EPERM, EIO}},
	[FDOPENDIR] = {"fdopendir", {ENOMEM, EMFILE}},
	[FFLUSH] = {"fflush", {ENOSPC, EIO, EPIPE}},
	[FGETXATTR] = {"fgetxattr", {EIO, ENODATA, 0, ERANGE}},
	[FLISTXATTR] = {"flistxattr", {EIO, EACCES, 0, ERANGE}},
	[FLOCK] = {"flock", {ENOLCK, ENOSYS, EOPNOTSUPP, EIO, 0, EINTR, EWOULDBLOCK}},
	[FREMOVEXATTR] = {"fremovexattr", {EPERM, EIO}},
	[FSETXATTR] = {"fsetxattr", {ENOSPC, EDQUOT, EPERM, EOPNOTSUPP}},
	[FSTAT] = {"fstat", {EIO}},
	[FSTATAT] = {"fstatat", {EIO, EACCES, 0, ENOENT}},
	[FSYNC] = {"fsync", {EIO, ENOSPC, EDQUOT, EINVAL, EINTR}},
	[FTRUNCATE] = {"ftruncate", {EIO, EPERM, EINTR}},
	[FUTIMENS] = {"futimens", {EPERM, EIO}},
	[FWRITE] = {"fwrite", {ENOSPC, EIO, EPIPE}},
	[GETCWD] = {"getcwd", {ENOENT, EACCES}},
	[GMTIME_R] = {"gmtime_r", {EOVERFLOW}},
	[IOCTL] = {"ioctl", {ENOTTY, EIO, EPERM}},
	[LINKAT] = {"linkat",
		    {EPERM, EXDEV, ENOSYS, EMLINK, EIO, ENOSPC, EDQUOT, EACCES, 0, EEXIST}},
	[LSEEK] = {"lseek", {EIO, EINVAL}},
	[OPEN] = {"open", {EACCES, EMFILE, EIO, EINTR, ENOENT}},
	[OPENAT] = {"openat", {EACCES, EMFILE, EIO, EINTR, ENOENT, ENOSPC, EDQUOT}},
	[READ] = {"read", {EIO, 0, EINTR}},
	[READDIR] = {"readdir", {EIO}},
	[REALPATH] = {"realpath", {EACCES, EIO, ENOENT, ELOOP, ENOMEM}},
	[RENAMEAT] = {"renameat", {EIO, ENOSPC, EACCES, EBUSY, EXDEV, EPERM, EDQUOT, EROFS}},
	[RENAMEAT2] = {"renameat2", {ENOSYS, EINVAL, EIO, ENOSPC, EACCES, EBUSY, EPERM, EDQUOT}},
	[STAT] = {"stat", {ENOENT, EACCES, EIO}},
	[TIME] = {"time", {EINVAL}},
	[UNLINKAT] = {"unlinkat", {EIO, EACCES, EPERM, EBUSY}},
	[WRITE] = {"write", {EIO, ENOSPC, EPIPE}},
	[WRITEV] = {"writev", {ENOSPC, EIO, EDQUOT, EFBIG, EPERM, 0, EINTR}},
};

static struct plan {
	enum call call;
	unsigned nth;             /* which of its calls, from 1; 0 for none */
	bool and_after;           /* and all that follow */
	int error;                /* what it fails with; 0 if it does not */
	void (*before)(void);     /* what happens at that moment */
	void (*after)(void);      /* or as soon as it is done */
	void (*first_lock)(void); /* what happens before the first flock, whatever the rest */
	bool creep;               /* read, write and writev take one byte at a time */
	time_t now;               /* what time() says; 0 for the truth */
} plan;

static bool armed;             /* calls count */
static unsigned made[NCALLS];  /* so far in this run */
static bool ever_made[NCALLS]; /* in any run of this process */
static unsigned *fired;        /* how often the plan was carried out; shared with forks */

static void play(void (*what)(void))
{
	int saved = errno;

	if (what == NULL)
		return;
	armed = false;
	what();
	armed = true;
	errno = saved;
}

static bool is_planned(enum call c)
{
	return c == plan.call && plan.nth > 0 &&
	       (made[c] == plan.nth || (plan.and_after && made[c] > plan.nth));
}

static char trace[64]; /* of a run: what makes it safe, one letter a call */

static void note(char letter)
{
	size_t len = strlen(trace);

	if (armed && len + 1 < sizeof(trace)) {
		trace[len] = letter;
		trace[len + 1] = '\0';
	}
}

/* Counts a call; true with errno if it is to fail. */
static bool enter(enum call c)
{
	if (!armed)
		return false;
	made[c]++;
	ever_made[c] = true;
	if (c == LINKAT || c == RENAMEAT || c == RENAMEAT2)
		note(c == LINKAT ? 'l' : c == RENAMEAT ? 'r' : 'x');
	if (c == FLOCK && made[c] == 1)
		play(plan.first_lock);
	if (!is_planned(c))
		return false;
	(*fired)++;
	play(plan.before);
	if (plan.error == 0)
		return false;
	errno = plan.error;
	return true;
}

static void leave(enum call c)
{
	if (armed && is_planned(c))
		play(plan.after);
}

/* ---- the wrappers ---- */

#define WRAP(type, failed, call, wrapper, real, parameters, arguments)                             \
	type wrapper parameters;                                                                   \
	type real parameters;                                                                      \
	type wrapper parameters                                                                    \
	{                                                                                          \
		type result;                                                                       \
                                                                                                   \
		if (enter(call))                                                                   \
			return failed;                                                             \
		result = real arguments;                                                           \
		leave(call);                                                                       \
		return result;                                                                     \
	}

WRAP(int, -1, FCHMOD, __wrap_fchmod, __real_fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, -1, FCHOWN, __wrap_fchown, __real_fchown, (int fd, uid_t u, gid_t g), (fd, u, g))
WRAP(DIR *, NULL, FDOPENDIR, __wrap_fdopendir, __real_fdopendir, (int fd), (fd))
WRAP(int, EOF, FFLUSH, __wrap_fflush, __real_fflush, (FILE * f), (f))
WRAP(ssize_t, -1, FGETXATTR, __wrap_fgetxattr, __real_fgetxattr,
     (int fd, const char *name, void *value, size_t size), (fd, name, value, size))
WRAP(ssize_t, -1, FLISTXATTR, __wrap_flistxattr, __real_flistxattr,
     (int fd, char *list, size_t size), (fd, list, size))
WRAP(int, -1, FLOCK, __wrap_flock, __real_flock, (int fd, int how), (fd, how))
WRAP(int, -1, FREMOVEXATTR, __wrap_fremovexattr, __real_fremovexattr, (int fd, const char *name),
     (fd, name))
WRAP(int, -1, FSETXATTR, __wrap_fsetxattr, __real_fsetxattr,
     (int fd, const char *name, const void *value, size_t size, int flags),
     (fd, name, value, size, flags))
WRAP(int, -1, FSTAT, __wrap_fstat, __real_fstat, (int fd, struct stat *st), (fd, st))
WRAP(int, -1, FSTATAT, __wrap_fstatat, __real_fstatat,
     (int fd, const char *name, struct stat *st, int flags), (fd, name, st, flags))
WRAP(int, -1, FTRUNCATE, __wrap_ftruncate, __real_ftruncate, (int fd, off_t len), (fd, len))
WRAP(int, -1, FUTIMENS, __wrap_futimens, __real_futimens, (int fd, const struct timespec *t),
     (fd, t))
WRAP(size_t, 0, FWRITE, __wrap_fwrite, __real_fwrite,
     (const void *p, size_t size, size_t n, FILE *f), (p, size, n, f))
WRAP(char *, NULL, GETCWD, __wrap_getcwd, __real_getcwd, (char *to, size_t size), (to, size))
WRAP(struct tm *, NULL, GMTIME_R, __wrap_gmtime_r, __real_gmtime_r,
     (const time_t *t, struct tm *tm), (t, tm))
WRAP(int, -1, LINKAT, __wrap_linkat, __real_linkat,
     (int f1, const char *n1, int f2, const char *n2, int flags), (f1, n1, f2, n2, flags))
WRAP(off_t, -1, LSEEK, __wrap_lseek, __real_lseek, (int fd, off_t to, int how), (fd, to, how))
WRAP(struct dirent *, NULL, READDIR, __wrap_readdir, __real_readdir, (DIR * d), (d))
WRAP(char *, NULL, REALPATH, __wrap_realpath, __real_realpath, (const char *path, char *to),
     (path, to))
WRAP(int, -1, RENAMEAT, __wrap_renameat, __real_renameat,
     (int f1, const char *n1, int f2, const char *n2), (f1, n1, f2, n2))
WRAP(int, -1, RENAMEAT2, __wrap_renameat2, __real_renameat2,
     (int f1, const char *n1, int f2, const char *n2, unsigned flags), (f1, n1, f2, n2, flags))
WRAP(int, -1, STAT, __wrap_stat, __real_stat, (const char *path, struct stat *st), (path, st))
WRAP(int, -1, UNLINKAT, __wrap_unlinkat, __real_unlinkat, (int fd, const char *name, int flags),
     (fd, name, flags))

/* What is synced survives a power failure; there is none here, so that this may be quick. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct stat st;

	if (enter(FSYNC))
		return -1;
	note(__real_fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 'd' : 'f');
	leave(FSYNC);
	return 0;
}

/* Whatever it returns, the descriptor is closed. */
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_close(int fd)
{
	bool fails = enter(CLOSE);
	int error = errno, rc = __real_close(fd);

	if (fails) {
		errno = error;
		return -1;
	}
	leave(CLOSE);
	return rc;
}

time_t __wrap_time(time_t *t);
time_t __real_time(time_t *t);
time_t __wrap_time(time_t *t)
{
	time_t now = -1;

	if (!enter(TIME))
		now = armed && plan.now != 0 ? plan.now : __real_time(NULL);
	if (t != NULL)
		*t = now;
	leave(TIME);
	return now;
}

static size_t some(size_t n)
{
	return armed && plan.creep && n > 1 ? 1 : n;
}

ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n)
{
	ssize_t rc = enter(READ) ? -1 : __real_read(fd, to, some(n));

	leave(READ);
	return rc;
}

ssize_t __wrap_write(int fd, const void *from, size_t n);
ssize_t __real_write(int fd, const void *from, size_t n);
ssize_t __wrap_write(int fd, const void *from, size_t n)
{
	ssize_t rc = enter(WRITE) ? -1 : __real_write(fd, from, n);

	leave(WRITE);
	return rc;
}

static ssize_t write_one_byte(int fd, const struct iovec *v, int n)
{
	while (n > 1 && v->iov_len == 0) {
		v++;
		n--;
	}
	return __real_write(fd, v->iov_base, some(v->iov_len));
}

ssize_t __wrap_writev(int fd, const struct iovec *v, int n);
ssize_t __real_writev(int fd, const struct iovec *v, int n);
ssize_t __wrap_writev(int fd, const struct iovec *v, int n)
{
	ssize_t rc = -1;

	if (!enter(WRITEV))
		rc = armed && plan.creep ? write_one_byte(fd, v, n) : __real_writev(fd, v, n);
	leave(WRITEV);
	return rc;
}

int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	unsigned mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, unsigned);
	va_end(ap);
	fd = enter(OPEN) ? -1 : __real_open(path, flags, mode);
	leave(OPEN);
	return fd;
}

int __wrap_openat(int folder, const char *name, int flags, ...);
int __real_openat(int folder, const char *name, int flags, ...);
int __wrap_openat(int folder, const char *name, int flags, ...)
{
	unsigned mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, unsigned);
	va_end(ap);
	fd = enter(OPENAT) ? -1 : __real_openat(folder, name, flags, mode);
	leave(OPENAT);
	return fd;
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *argument;
	int rc;

	va_start(ap, request);
	argument = va_arg(ap, void *);
	va_end(ap);
	rc = enter(IOCTL) ? -1 : __real_ioctl(fd, request, argument);
	leave(IOCTL);
	return rc;
}

/* ---- the world: folders, files, options ---- */

static const struct scenario {
	const char *name;
	bool no_backup;
	bool backup_dir;
	bool symlink;    /* main.cf leads into another folder */
	bool hard_link;  /* the file has another name: the backup must be a copy */
	bool attributes; /* odd mode, owner and attributes; and a crash has left a temporary */
	bool edited;     /* another editor is done between our reading and our lock */
	bool exchange_missing;
	bool restore; /* a backup that has the new text is put back */
	int settings; /* how many of each weak setting */
} scenarios[] = {
	{.name = "plain", .settings = 1},
	{.name = "no backup", .no_backup = true, .settings = 1},
	{.name = "backup folder", .backup_dir = true, .settings = 1},
	{.name = "symbolic link", .symlink = true, .settings = 1},
	{.name = "hard link", .hard_link = true, .settings = 1},
	{.name = "attributes", .attributes = true, .settings = 1},
	{.name = "attributes, copied",
	 .attributes = true,
	 .hard_link = true,
	 .symlink = true,
	 .settings = 1},
	{.name = "edited", .edited = true, .settings = 1},
	{.name = "no exchange", .exchange_missing = true, .settings = 1},
	{.name = "many edits", .hard_link = true, .settings = 20},
	{.name = "restore", .restore = true, .settings = 1},
	{.name = "restore, folder, link",
	 .restore = true,
	 .backup_dir = true,
	 .symlink = true,
	 .attributes = true,
	 .settings = 1},
	{.name = "restore, edited", .restore = true, .edited = true, .settings = 1},
};
#define NSCENARIOS COUNT(scenarios)

static const struct scenario *scenario;
static char *top;                     /* the folder of this test */
static char given[PATH_MAX];          /* the file as it is named */
static char target[PATH_MAX];         /* what that is */
static char target_folder[PATH_MAX];  /* where that lies */
static char backup_folder[PATH_MAX];  /* where its backups go */
static struct buf old_text, new_text; /* of the target: before, and hardened */
static struct buf edited, edited_new; /* the same with the other editor's edit */
static struct stat old_stat;          /* of the target, as last put there by others */
static bool is_edited;                /* the other editor was there */
static bool have_attributes;          /* user attributes work here */
static int messages;                  /* what was said on standard error */
static struct buf backup;             /* path of the one that was found */
static struct buf said;               /* by the last run */
static struct policy *policy;

#define EDIT "edited = yes\n"
#define STALE "left by a crash"
#define ORIGIN ".tlsharden-20200101T000000Z"

static char origin[PATH_MAX]; /* name of the backup that a restore finds */

static void add_text(struct buf *out, const char *level, const char *loglevel)
{
	int i;

	buf_adds(out, "# of a mail server\n");
	for (i = 0; i < scenario->settings; i++)
		buf_addf(out,
			 "smtpd_tls_security_level = %s\nk%d = v\nsmtp_tls_security_level = %s\n"
			 "smtpd_tls_loglevel = %s\nsmtp_tls_loglevel = %s\n",
			 level, i, level, loglevel, loglevel);
}

static void write_texts(void)
{
	buf_clear(&old_text);
	buf_clear(&new_text);
	buf_clear(&edited);
	buf_clear(&edited_new);
	add_text(&old_text, "none", "0");
	add_text(&new_text, "may", "1");
	buf_addf(&edited, "%s%s", buf_string(&old_text), EDIT);
	buf_addf(&edited_new, "%s%s", buf_string(&new_text), EDIT);
}

static void name_paths(void)
{
	const char *folder = scenario->symlink ? "real" : "etc";

	(void)snprintf(given, sizeof(given), "%s/etc/main.cf", top);
	(void)snprintf(target, sizeof(target), "%s/%s/main.cf", top, folder);
	(void)snprintf(target_folder, sizeof(target_folder), "%s/%s", top, folder);
	(void)snprintf(backup_folder, sizeof(backup_folder), "%s/%s", top,
		       scenario->backup_dir ? "bak" : folder);
}

static const char *const folders[] = {"etc", "real", "bak", "names"};

static void make_folders(void)
{
	int i;

	for (i = 0; i < COUNT(folders); i++)
		ck_assert_int_eq(mkdir(in_folder(top, folders[i]), 0755), 0);
}

static void empty_folder(const char *path)
{
	DIR *list = opendir(path);
	struct dirent *entry;

	ck_assert_ptr_nonnull(list);
	while ((entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ck_assert_int_eq(unlink(in_folder(path, entry->d_name)), 0);
	(void)closedir(list);
}

static void give_attributes(void)
{
	const char *stale = in_folder(target_folder, "main.cf.tmp");

	write_file(stale, STALE, strlen(STALE));
	ck_assert_int_eq(chmod(stale, 0600), 0);
	ck_assert_int_eq(chmod(target, 0640), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(target, 1234, 2345), 0);
	have_attributes = setxattr(target, "user.note", "kept", 4, 0) == 0 &&
			  setxattr(target, "user.other", "too", 3, 0) == 0 &&
			  setxattr(stale, "user.stale", "gone", 4, 0) == 0;
}

/* The name of a backup that is there before a restore. */
static void name_origin(char *name, size_t size)
{
	const char *p;
	size_t len = 0;

	if (!scenario->backup_dir) {
		(void)snprintf(name, size, "main.cf%s", ORIGIN);
		return;
	}
	for (p = target; *p != '\0' && len < size; p++)
		name[len++] = *p;
	while (len-- > 0)
		if (name[len] == '/')
			name[len] = '%';
	(void)snprintf(name + strlen(target), size - strlen(target), "%s", ORIGIN);
}

/* All as it is before a run. */
static void reset_world(void)
{
	int i;

	for (i = 0; i < COUNT(folders); i++)
		empty_folder(in_folder(top, folders[i]));
	write_file(target, old_text.data, old_text.len);
	make_old(target);
	if (scenario->symlink)
		ck_assert_int_eq(symlink("../real/main.cf", given), 0);
	if (scenario->hard_link)
		ck_assert_int_eq(link(target, in_folder(top, "names/other")), 0);
	if (scenario->attributes)
		give_attributes();
	if (scenario->restore) {
		name_origin(origin, sizeof(origin));
		write_file(in_folder(backup_folder, origin), new_text.data, new_text.len);
	}
	ck_assert_int_eq(lstat(target, &old_stat), 0);
	is_edited = false;
}

/* Another editor, one that knows no lock, replaces the file by one of its own. */
static void edit_by_rename(void)
{
	const char *aside = in_folder(top, "names/aside");

	write_file(aside, edited.data, edited.len);
	ck_assert_int_eq(rename(aside, target), 0);
	ck_assert_int_eq(lstat(target, &old_stat), 0);
	is_edited = true;
}

static void begin(int which)
{
	scenario = &scenarios[which];
	name_paths();
	write_texts();
}

static void set_up(void)
{
	int null;

	(void)umask(022);
	/* What is wrong with the file besides is not what is looked at here. */
	diag_verbosity(DIAG_ERROR);
	top = make_folder();
	make_folders();
	policy = policy_builtin("opportunistic");
	fired = mmap(NULL, sizeof(*fired), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ck_assert(fired != MAP_FAILED && policy != NULL);
	messages = open(in_folder(top, "messages"), O_RDWR | O_CREAT | O_APPEND, 0600);
	null = open("/dev/null", O_WRONLY);
	(void)fflush(stdout);
	ck_assert(messages >= 0 && dup2(messages, STDERR_FILENO) >= 0);
	ck_assert(null >= 0 && dup2(null, STDOUT_FILENO) >= 0);
	begin(0);
}

static void tear_down(void)
{
	remove_tree(top);
	free(top);
	policy_free(policy);
	buf_release(&old_text);
	buf_release(&new_text);
	buf_release(&edited);
	buf_release(&edited_new);
	buf_release(&said);
	buf_release(&backup);
}

/* Carries out the plan; the exit status of the file. */
static int harden(void)
{
	const struct harden_options options = {
		.rewrite = {.backup = !scenario->no_backup,
			    .backup_dir = scenario->backup_dir ? backup_folder : NULL}};
	struct outcome outcome = {.path = NULL};
	int rc;

	memset(made, 0, sizeof(made));
	trace[0] = '\0';
	*fired = 0;
	ck_assert_int_eq(ftruncate(messages, 0), 0);
	if (scenario->edited && plan.first_lock == NULL)
		plan.first_lock = edit_by_rename;
	armed = true;
	rc = (int)(scenario->restore ? restore_file(&options.rewrite, given, &outcome)
				     : harden_file(&options, policy, given, &outcome));
	armed = false;
	outcome_release(&outcome);
	plan.first_lock = NULL;
	buf_clear(&said);
	read_file(in_folder(top, "messages"), &said);
	return rc;
}

/* ---- what must be true afterwards ---- */

/* One line on what was planned, for the message of a test that fails. */
static const char *planned(void)
{
	static char text[256];

	(void)snprintf(text, sizeof(text), "%s; %s, call %u%s: %s", scenario->name,
		       calls[plan.call].name, plan.nth, plan.and_after ? " and after" : "",
		       plan.error != 0 ? strerror(plan.error) : "a hook");
	return text;
}

#define ASSERT(condition, ...) ck_assert_msg(condition, __VA_ARGS__)

static bool holds(const char *path, const struct buf *text)
{
	struct buf is = BUF_INIT;
	bool same;

	read_file(path, &is);
	same = is.len == text->len && memcmp(is.data, text->data, is.len) == 0;
	buf_release(&is);
	return same;
}

static const struct buf *before_us(void)
{
	return is_edited ? &edited : &old_text;
}

static const struct buf *after_us(void)
{
	return is_edited && !scenario->restore ? &edited_new : &new_text;
}

static bool has_attribute(const char *path, const char *name, const char *value)
{
	char is[16];
	ssize_t n = getxattr(path, name, is, sizeof(is));

	return n == (ssize_t)strlen(value) && memcmp(is, value, (size_t)n) == 0;
}

/* Owner, mode and attributes of the old file. */
static void assert_dressed(const char *path)
{
	struct stat st;

	ASSERT(lstat(path, &st) == 0, "%s: %s", path, planned());
	ASSERT(st.st_mode == old_stat.st_mode, "%s has mode %o: %s", path, st.st_mode, planned());
	ASSERT(st.st_uid == old_stat.st_uid && st.st_gid == old_stat.st_gid,
	       "%s has another owner: %s", path, planned());
	if (scenario->attributes && have_attributes && !is_edited) {
		ASSERT(has_attribute(path, "user.note", "kept") &&
			       has_attribute(path, "user.other", "too"),
		       "%s lost an attribute: %s", path, planned());
		ASSERT(getxattr(path, "user.stale", NULL, 0) < 0,
		       "%s has a crashed run's attribute: %s", path, planned());
	}
}

static void assert_old(void)
{
	struct stat st;

	ASSERT(lstat(target, &st) == 0, "the file is gone: %s", planned());
	ASSERT(st.st_ino == old_stat.st_ino, "the file has another inode: %s", planned());
	ASSERT(holds(target, before_us()), "the file has other bytes: %s", planned());
	assert_dressed(target);
}

/* How many backups there are that were made; the path of one of them is put in backup. */
static size_t find_backup(void)
{
	DIR *list = opendir(backup_folder);
	struct dirent *entry;
	size_t n = 0;

	ck_assert_ptr_nonnull(list);
	buf_clear(&backup);
	while ((entry = readdir(list)) != NULL) {
		if (strstr(entry->d_name, ".tlsharden-") == NULL ||
		    (scenario->restore && strcmp(entry->d_name, origin) == 0))
			continue;
		n++;
		buf_clear(&backup);
		buf_addf(&backup, "%s/%s", backup_folder, entry->d_name);
	}
	(void)closedir(list);
	return n;
}

static void assert_backup(void)
{
	size_t n = find_backup();

	ASSERT(n == (scenario->no_backup ? 0 : 1), "%zu backups: %s", n, planned());
	if (n != 1)
		return;
	ASSERT(holds(buf_string(&backup), before_us()), "a backup of something else: %s",
	       planned());
	assert_dressed(buf_string(&backup));
}

static void assert_new(void)
{
	struct stat st;

	ASSERT(lstat(target, &st) == 0, "the file is gone: %s", planned());
	ASSERT(st.st_ino != old_stat.st_ino, "the file was not replaced: %s", planned());
	ASSERT(holds(target, after_us()), "the file has wrong bytes: %s", planned());
	assert_dressed(target);
	assert_backup();
}

static bool is_temporary_fine(const char *folder)
{
	const struct buf stale = {.data = (char *)(size_t)STALE, .len = strlen(STALE)};
	const char *path = in_folder(folder, "main.cf.tmp");
	struct stat st;

	if (lstat(path, &st) < 0)
		return true;
	/* A crash left it before we came, and we did not get as far as to the lock. */
	if (scenario->attributes && holds(path, &stale))
		return true;
	/* Where the lock cannot be had or seen nobody can tell whose file it is. */
	return st.st_size == 0 && plan.error != 0 &&
	       (plan.call == FLOCK || plan.call == FSTAT || plan.call == FSTATAT);
}

/* No temporary, and no backup where nothing was replaced. */
static void assert_no_litter(bool replaced)
{
	if (plan.call == UNLINKAT && plan.error != 0)
		return;
	ASSERT(is_temporary_fine(in_folder(top, "etc")) && is_temporary_fine(target_folder),
	       "a temporary is left: %s", planned());
	ASSERT(replaced || find_backup() == 0, "a needless backup: %s", planned());
}

static size_t count_said(void)
{
	size_t i, n = 0;

	for (i = 0; i < said.len; i++)
		n += said.data[i] == '\n';
	return n;
}

static bool is_about_output(void)
{
	return strstr(buf_string(&said), "standard output: ") != NULL;
}

/* One line that names the file, or standard output where that was the trouble, and the cause. */
static void assert_complaint(void)
{
	bool output = plan.call == FWRITE || plan.call == FFLUSH ||
		      (plan.call == CLOSE && is_about_output());

	if (plan.call == WRITE)
		return; /* there was no place left to say it */
	ASSERT(count_said() == 1 && strncmp(buf_string(&said), "tlsharden: ", 11) == 0,
	       "%zu lines, \"%s\": %s", count_said(), buf_string(&said), planned());
	ASSERT(strstr(buf_string(&said), output ? "standard output" : "main.cf") != NULL ||
		       (!output && strstr(buf_string(&said), "master.cf: ") != NULL),
	       "no name in \"%s\": %s", buf_string(&said), planned());
	/* That a name is gone is no cause of its own: somebody took it away. */
	ASSERT(plan.error == 0 || plan.error == ENOENT || plan.before != NULL ||
		       plan.after != NULL ||
		       strstr(buf_string(&said), strerror(plan.error)) != NULL,
	       "no cause in \"%s\": %s", buf_string(&said), planned());
}

/* The one exception: in place, but the folder could not be synced. */
static bool is_unsynced(void)
{
	return plan.call == FSYNC && strstr(buf_string(&said), "power failure") != NULL;
}

static unsigned count_descriptors(void)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void assert_whole(int rc)
{
	bool replaced = rc == 0 || is_unsynced();

	ASSERT(rc == 0 || rc == 2, "exit status %d: %s", rc, planned());
	if (replaced)
		assert_new();
	else
		assert_old();
	assert_no_litter(replaced);
	if (rc == 2)
		assert_complaint();
}

/* ---- a call fails ---- */

/* The i-th call fails, for every i. */
static void fail_each(enum call c, int error, bool and_after)
{
	unsigned descriptors = count_descriptors();
	int rc;

	plan = (struct plan){.call = c, .nth = 0, .and_after = and_after, .error = error};
	do {
		plan.nth++;
		ASSERT(plan.nth < 1000, "no end: %s", planned());
		reset_world();
		rc = harden();
		assert_whole(rc);
		ASSERT(made[c] < 1000, "called %u times: %s", made[c], planned());
		ASSERT(*fired > 0 || rc == 0, "failed without a fault: %s", buf_string(&said));
		ASSERT(count_descriptors() == descriptors, "a descriptor is lost: %s", planned());
	} while (*fired > 0);
}

START_TEST(a_call_fails)
{
	enum call c = (enum call)(_i / NSCENARIOS);
	bool once_only = false;
	int e;

	begin(_i % NSCENARIOS);
	for (e = 0; e < COUNT(calls[c].errors); e++) {
		if (calls[c].errors[e] == 0) {
			once_only = true;
			continue;
		}
		fail_each(c, calls[c].errors[e], false);
		if (!once_only)
			fail_each(c, calls[c].errors[e], true);
	}
}
END_TEST

/* Else the loops above prove nothing: the wrapper must stand where the library calls. */
START_TEST(every_wrapper_is_reached)
{
	char here[PATH_MAX];
	int i;

	/* What is said goes through one of them. */
	diag_verbosity(DIAG_INFO);
	ck_assert(getcwd(here, sizeof(here)) != NULL && chdir("/") == 0);
	for (i = 0; i < NSCENARIOS; i++) {
		begin(i);
		plan = (struct plan){.call = RENAMEAT2};
		if (scenario->exchange_missing)
			plan = (struct plan){.call = RENAMEAT2, .nth = 1, .error = ENOSYS};
		reset_world();
		/* A relative name is looked up from the current folder. */
		memmove(given, given + 1, strlen(given));
		ck_assert_int_eq(harden(), 0);
	}
	ck_assert_int_eq(chdir(here), 0);
	ever_made[FCHOWN] |= geteuid() != 0;
	ever_made[FSETXATTR] |= !have_attributes;
	ever_made[FREMOVEXATTR] |= !have_attributes;
	for (i = 0; i < NCALLS; i++)
		ASSERT(ever_made[i], "%s was never called", calls[i].name);
}
END_TEST

/* f, d: a file, a folder is synced; l: link; x: exchange, or the name for a copy; r: rename. */
static const struct {
	int error; /* of the first call of that kind, */
	enum call call;
	int scenario;
	const char *want;
} orders[] = {
	{0, LINKAT, 0, "fldxd"},       /* the backup is a link */
	{0, LINKAT, 1, "fxd"},         /* there is none */
	{0, LINKAT, 4, "ffxdxd"},      /* it is a copy */
	{EXDEV, LINKAT, 0, "flfxdxd"}, /* for links do not work */
	{ENOSYS, RENAMEAT2, 0, "fldxrd"},
};

/* All that the next step relies on is on the disk before that step is taken. */
START_TEST(synced_in_this_order)
{
	begin(orders[_i].scenario);
	reset_world();
	plan = (struct plan){.call = orders[_i].call, .nth = 1, .error = orders[_i].error};
	ck_assert_int_eq(harden(), 0);
	ck_assert_str_eq(trace, orders[_i].want);
}
END_TEST

START_TEST(short_reads_and_writes)
{
	begin(_i);
	reset_world();
	plan = (struct plan){.call = RENAMEAT2, .creep = true};
	ck_assert_int_eq(harden(), 0);
	assert_new();
	assert_no_litter(true);
}
END_TEST

/* A file server may say only when a descriptor is closed that the diff has not arrived. */
START_TEST(output_that_fails_when_it_is_closed)
{
	unsigned n = 0;
	int rc;

	plan = (struct plan){.call = CLOSE, .error = EIO};
	do {
		plan.nth++;
		reset_world();
		rc = harden();
		assert_whole(rc);
		n += is_about_output();
		ASSERT(!is_about_output() || rc == 2, "exit status %d: %s", rc, planned());
	} while (*fired > 0);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static const int no_exchange[] = {ENOSYS, EINVAL};

START_TEST(plain_rename_where_there_is_no_exchange)
{
	reset_world();
	plan = (struct plan){
		.call = RENAMEAT2, .nth = 1, .and_after = true, .error = no_exchange[_i]};
	ck_assert_int_eq(harden(), 0);
	ck_assert_uint_gt(made[RENAMEAT], 0);
	assert_new();
	assert_no_litter(true);
}
END_TEST

static const int no_link[] = {EPERM, EXDEV, ENOSYS, EOPNOTSUPP, EMLINK};

START_TEST(copy_where_there_are_no_links)
{
	struct stat st;

	begin(5);
	ck_assert(scenario->attributes && !scenario->hard_link);
	reset_world();
	plan = (struct plan){.call = LINKAT, .nth = 1, .and_after = true, .error = no_link[_i]};
	ck_assert_int_eq(harden(), 0);
	assert_new();
	assert_no_litter(true);
	ck_assert_uint_eq(find_backup(), 1);
	ck_assert_int_eq(stat(buf_string(&backup), &st), 0);
	ck_assert(st.st_ino != old_stat.st_ino && st.st_nlink == 1);
	ck_assert(st.st_mtim.tv_sec == old_stat.st_mtim.tv_sec &&
		  st.st_mtim.tv_nsec == old_stat.st_mtim.tv_nsec);
}
END_TEST

/* ---- another editor at work ---- */

/* A restore replaces even what was edited just now, and keeps it as a backup. */
static bool is_restored(void)
{
	return scenario->restore && holds(target, &new_text) && find_backup() == 1 &&
	       holds(buf_string(&backup), &edited);
}

/* What the other editor did is there, whatever we did: as it was, or hardened. */
static void assert_edit_kept(int rc)
{
	ASSERT(holds(target, &edited) || (rc == 0 && holds(target, &edited_new)) ||
		       (rc == 0 && is_restored()),
	       "exit status %d, and the edit is lost: %s", rc, planned());
	assert_no_litter(rc == 0);
}

START_TEST(a_file_renamed_over_ours_at_any_moment)
{
	enum call c = (enum call)(_i / 2);
	bool after = _i % 2 == 1;
	int s, rc;

	for (s = 0; s < NSCENARIOS; s++) {
		begin(s);
		plan = (struct plan){.call = c,
				     .before = after ? NULL : edit_by_rename,
				     .after = after ? edit_by_rename : NULL};
		/* That the editor is there already is not what is tried here. */
		if (scenario->edited || scenario->exchange_missing)
			continue;
		do {
			plan.nth++;
			reset_world();
			rc = harden();
			if (*fired > 0)
				assert_edit_kept(rc);
		} while (*fired > 0);
	}
}
END_TEST

static int old_descriptor;

static void edit_in_place(void)
{
	ck_assert_int_eq(write(old_descriptor, EDIT, strlen(EDIT)), (int)strlen(EDIT));
}

/* The text is in the file or, if that was replaced, in the backup: the old inode itself. */
START_TEST(an_old_descriptor_written_to_at_any_moment)
{
	int rc;

	plan = (struct plan){.call = (enum call)(_i / 2),
			     .before = _i % 2 == 0 ? edit_in_place : NULL,
			     .after = _i % 2 == 1 ? edit_in_place : NULL};
	do {
		plan.nth++;
		reset_world();
		old_descriptor = open(target, O_WRONLY | O_APPEND | O_CLOEXEC);
		ck_assert_int_ge(old_descriptor, 0);
		rc = harden();
		(void)close(old_descriptor);
		if (*fired == 0)
			break;
		ASSERT(rc == 0 || holds(target, &edited), "status %d, not as it was: %s", rc,
		       planned());
		ASSERT(holds(target, &edited) || holds(target, &edited_new) ||
			       (find_backup() == 1 && holds(buf_string(&backup), &edited)),
		       "the edit is lost: %s", planned());
		assert_no_litter(rc == 0);
	} while (true);
}
END_TEST

static void change_mode(void)
{
	ck_assert_int_eq(chmod(target, 0600), 0);
}

static void change_time(void)
{
	ck_assert_int_eq(utimensat(AT_FDCWD, target, NULL, 0), 0);
}

static void append(void)
{
	int fd = open(target, O_WRONLY | O_APPEND | O_CLOEXEC);

	ck_assert(fd >= 0 && write(fd, EDIT, strlen(EDIT)) == (ssize_t)strlen(EDIT));
	(void)close(fd);
}

/* As many bytes as before, and the old time given back: only the ctime tells. */
static void change_unseen(void)
{
	int fd = open(target, O_WRONLY | O_CLOEXEC);

	ck_assert(fd >= 0 && pwrite(fd, "#!", 2, 0) == 2);
	(void)close(fd);
	make_old(target);
}

static void (*const changes[])(void) = {change_mode, change_time, append, change_unseen};

START_TEST(a_file_changed_before_the_backup_is_refused)
{
	struct stat now;

	reset_world();
	/* Longer than the clock of the file system takes for a step. */
	(void)usleep(50000);
	plan = (struct plan){.call = FSYNC, .nth = 1, .before = changes[_i]};
	ck_assert_int_eq(harden(), 2);
	ck_assert_uint_eq(*fired, 1);
	assert_no_litter(false);
	assert_complaint();
	ck_assert_int_eq(stat(target, &now), 0);
	ck_assert(now.st_ino == old_stat.st_ino && !holds(target, &new_text));
	ck_assert_uint_eq(now.st_mode & 07777, changes[_i] == change_mode ? 0600 : 0644);
	ck_assert(changes[_i] != append || holds(target, &edited));
}
END_TEST

static const struct {
	enum call call;
	unsigned nth;
	bool after;
	int error;
} moments[] = {
	{FSYNC, 1, false, 0},                                 /* the temporary is written */
	{FSYNC, 1, true, 0},           {LINKAT, 1, false, 0}, /* the backup */
	{LINKAT, 1, true, 0},          {FSYNC, 2, true, 0},   /* the backup is on the disk */
	{RENAMEAT2, 1, false, 0},                             /* the last moment */
	{RENAMEAT2, 1, false, ENOSYS}, {RENAMEAT2, 1, false, EINVAL},
};

START_TEST(a_file_renamed_over_ours_is_left_alone)
{
	reset_world();
	plan = (struct plan){.call = moments[_i].call,
			     .nth = moments[_i].nth,
			     .error = moments[_i].error,
			     .before = moments[_i].after ? NULL : edit_by_rename,
			     .after = moments[_i].after ? edit_by_rename : NULL};
	ck_assert_int_eq(harden(), 2);
	ck_assert_uint_eq(*fired, 1);
	assert_old();
	assert_no_litter(false);
	assert_complaint();
}
END_TEST

/* Once just before the exchange, and so many times more before it is taken back. */
static unsigned editors, persistence;

static void edit_again(void)
{
	if (editors++ <= persistence)
		edit_by_rename();
}

START_TEST(a_file_renamed_over_ours_between_the_exchanges)
{
	reset_world();
	persistence = (unsigned)_i;
	plan = (struct plan){.call = RENAMEAT2, .nth = 1, .and_after = true, .before = edit_again};
	ck_assert_int_eq(harden(), 2);
	ck_assert_uint_gt(editors, persistence);
	assert_old();
	assert_no_litter(false);
	assert_complaint();
}
END_TEST

/* Somebody who never rests has his last word, at least, beside the file. */
START_TEST(a_file_renamed_over_ours_without_end)
{
	struct stat st;

	reset_world();
	persistence = UINT_MAX - 1;
	plan = (struct plan){.call = RENAMEAT2, .nth = 1, .and_after = true, .before = edit_again};
	ck_assert_int_eq(harden(), 2);
	assert_complaint();
	ck_assert(holds(target, &edited));
	ck_assert_int_eq(lstat(in_folder(target_folder, "main.cf.tmp"), &st), 0);
	ck_assert_uint_eq(st.st_ino, old_stat.st_ino);
	ck_assert_ptr_nonnull(strstr(buf_string(&said), "main.cf.tmp"));
	ck_assert_uint_eq(find_backup(), 0);
}
END_TEST

static void remove_target(void)
{
	ck_assert_int_eq(unlink(target), 0);
}

/* A file that somebody removed stays removed. */
START_TEST(a_file_removed_is_not_brought_back)
{

	reset_world();
	plan = (struct plan){.call = moments[_i].call,
			     .nth = moments[_i].nth,
			     .error = moments[_i].error,
			     .before = moments[_i].after ? NULL : remove_target,
			     .after = moments[_i].after ? remove_target : NULL};
	ck_assert_int_eq(harden(), 2);
	ck_assert(!exists(target));
	ck_assert_uint_eq(find_backup(), 0);
	assert_no_litter(false);
	assert_complaint();
}
END_TEST

static void turn_link(void)
{
	write_file(in_folder(top, "names/main.cf"), old_text.data, old_text.len);
	ck_assert_int_eq(unlink(given), 0);
	ck_assert_int_eq(symlink("../names/main.cf", given), 0);
}

/* Where the link does not lead any more nothing is written. */
START_TEST(a_link_turned_elsewhere)
{
	int rc;

	begin(3);
	ck_assert(scenario->symlink);
	plan = (struct plan){.call = REALPATH, .nth = 1, .after = turn_link};
	reset_world();
	rc = harden();
	ck_assert_uint_eq(*fired, 1);
	assert_old();
	assert_no_litter(false);
	ASSERT(holds(in_folder(top, "names/main.cf"), rc == 0 ? &new_text : &old_text),
	       "exit status %d: %s", rc, buf_string(&said));
}
END_TEST

/* ---- signals and crashes ---- */

static void terminate(void)
{
	(void)raise(SIGTERM);
}

static void crash(void)
{
	_exit(99);
}

/* The run in a process of its own, as main would end it; its wait status. */
static int harden_apart(void)
{
	int status, rc;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* Not what the test runner does then. */
		(void)signal(SIGTERM, SIG_DFL);
		rc = harden();
		interrupt_obey();
		_exit(rc);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	buf_clear(&said);
	return status;
}

static bool is_replaced(void)
{
	struct stat st;

	return lstat(target, &st) == 0 && st.st_ino != old_stat.st_ino;
}

START_TEST(a_signal_at_any_moment)
{
	int s, status;

	for (s = 0; s < NSCENARIOS; s++) {
		begin(s);
		if (scenario->edited || scenario->exchange_missing)
			continue;
		plan = (struct plan){.call = (enum call)_i, .before = terminate};
		do {
			plan.nth++;
			reset_world();
			status = harden_apart();
			if (*fired == 0)
				break;
			ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
			       "wait status %d: %s", status, planned());
			if (is_replaced())
				assert_new();
			else
				assert_old();
			assert_no_litter(is_replaced());
		} while (true);
	}
}
END_TEST

/* What is called like a backup must be whole; what is still made is called otherwise. */
static bool is_called_backup(const char *name)
{
	const char *stamp = strstr(name, ".tlsharden-");

	return stamp != NULL && strstr(stamp, ".tmp") == NULL &&
	       (!scenario->restore || strcmp(name, origin) != 0);
}

/* How many backups there are, whatever else a crash has left; how many are not whole. */
static size_t count_backups(size_t *torn)
{
	DIR *list = opendir(backup_folder);
	struct dirent *entry;
	const char *path;
	struct stat st;
	size_t n = 0;

	ck_assert_ptr_nonnull(list);
	*torn = 0;
	while ((entry = readdir(list)) != NULL) {
		if (!is_called_backup(entry->d_name))
			continue;
		n++;
		path = in_folder(backup_folder, entry->d_name);
		ck_assert_int_eq(lstat(path, &st), 0);
		*torn += !holds(path, &old_text) || st.st_mode != old_stat.st_mode ||
			 st.st_uid != old_stat.st_uid || st.st_gid != old_stat.st_gid;
	}
	(void)closedir(list);
	return n;
}

static void assert_backups_whole(bool needed)
{
	size_t torn, n = count_backups(&torn);

	ASSERT(torn == 0, "%zu of %zu backups are not whole: %s", torn, n, planned());
	ASSERT(n > 0 || !needed, "no backup: %s", planned());
}

START_TEST(a_crash_at_any_moment)
{
	int s;

	for (s = 0; s < NSCENARIOS; s++) {
		begin(s);
		if (scenario->edited)
			continue;
		plan = (struct plan){.call = (enum call)(_i / 2),
				     .before = _i % 2 == 0 ? crash : NULL,
				     .after = _i % 2 == 1 ? crash : NULL};
		do {
			plan.nth++;
			reset_world();
			(void)harden_apart();
			if (*fired == 0)
				break;
			if (is_replaced())
				ASSERT(holds(target, &new_text), "torn: %s", planned());
			else
				assert_old();
			assert_backups_whole(is_replaced() && !scenario->no_backup);
		} while (true);
	}
}
END_TEST

/* And the next run does what the first one did not. */
START_TEST(the_run_after_a_crash)
{
	const bool copied = _i >= NCALLS * 2;
	const int moment = _i % (NCALLS * 2);
	struct plan crashing = {.call = (enum call)(moment / 2),
				.before = moment % 2 == 0 ? crash : NULL,
				.after = moment % 2 == 1 ? crash : NULL};
	size_t n, torn;
	int rc;

	begin(copied ? 4 : 0);
	ck_assert(scenario->hard_link == copied);
	do {
		crashing.nth++;
		reset_world();
		plan = crashing;
		(void)harden_apart();
		if (*fired == 0)
			break;
		plan = (struct plan){.call = RENAMEAT2};
		rc = harden();
		plan = crashing;
		ASSERT(rc == 0 && holds(target, &new_text), "status %d: %s", rc, planned());
		assert_backups_whole(true);
		/* A copy that was finished is a backup; no other leaving of a crash stays. */
		n = count_backups(&torn);
		ASSERT(n <= (copied ? 2 : 1), "a crash's leaving stays: %s", planned());
		ASSERT(count_entries(backup_folder) == n + 1, "a crash's temporary stays: %s",
		       planned());
	} while (true);
}
END_TEST

/* ---- the names of backups ---- */

/* Whether one backup's name is newer: by its time, then by its number. */
static bool is_newer(const char *a, const char *b)
{
	const size_t prefix = strlen("main.cf.tlsharden-"), stamp = strlen("20200101T000000Z");
	int order = strncmp(a + prefix, b + prefix, stamp);
	long na = a[prefix + stamp] == '-' ? atol(a + prefix + stamp + 1) : 1;
	long nb = b[prefix + stamp] == '-' ? atol(b + prefix + stamp + 1) : 1;

	return order > 0 || (order == 0 && na > nb);
}

static bool is_well_formed(const char *name)
{
	static const char form[] = "main.cf.tlsharden-ddddddddTddddddZ";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' && i >= strlen("main.cf.tlsharden-")
			    ? name[i] < '0' || name[i] > '9'
			    : name[i] != form[i])
			return false;
	return name[i] == '\0' || (name[i] == '-' && strspn(name + i + 1, "0123456789") > 0);
}

/* The name of the only backup that holds a text. */
static void find_backup_of(const struct buf *text, char *name, size_t size)
{
	DIR *list = opendir(backup_folder);
	struct dirent *entry;
	int n = 0;

	ck_assert_ptr_nonnull(list);
	while ((entry = readdir(list)) != NULL)
		if (strstr(entry->d_name, ".tlsharden-") != NULL &&
		    holds(in_folder(backup_folder, entry->d_name), text)) {
			(void)snprintf(name, size, "%s", entry->d_name);
			n++;
		}
	(void)closedir(list);
	ck_assert_int_eq(n, 1);
}

/* One run over a text that is told from the others by its number. */
static void back_up(int number, char *name, size_t size)
{
	struct buf text = BUF_INIT;

	buf_addf(&text, "%snumber = %d\n", buf_string(&old_text), number);
	write_file(target, text.data, text.len);
	ck_assert_int_eq(harden(), 0);
	find_backup_of(&text, name, size);
	ASSERT(is_well_formed(name), "a backup called %s", name);
	buf_release(&text);
}

static const struct {
	const char *name;
	time_t first, then;
	enum call call; /* fails in the second run, */
	int error;      /* if this is not 0 */
} clocks[] = {
	{"stands still", 1600000000, 1600000000, TIME, 0},
	{"goes back by a second", 1600000000, 1599999999, TIME, 0},
	{"goes back to 1970", 1600000000, 1, TIME, 0},
	{"goes back before 1970", 1600000000, -100000, TIME, 0},
	{"goes on", 1600000000, 1600000001, TIME, 0},
	{"cannot be read", 1600000000, 1600000001, TIME, EINVAL},
	{"cannot be converted", 1600000000, 1600000001, GMTIME_R, EOVERFLOW},
	{"is in the year 10000", 1600000000, 253402300800, TIME, 0},
	{"was in the year 9999", 253402300799, 1600000000, TIME, 0},
};

START_TEST(a_backup_is_never_older_than_the_newest)
{
	char first[NAME_MAX + 1], second[NAME_MAX + 1], third[NAME_MAX + 1];

	reset_world();
	plan = (struct plan){.call = TIME, .now = clocks[_i].first};
	back_up(1, first, sizeof(first));
	plan = (struct plan){.call = clocks[_i].call,
			     .nth = clocks[_i].error != 0,
			     .error = clocks[_i].error,
			     .now = clocks[_i].then};
	back_up(2, second, sizeof(second));
	back_up(3, third, sizeof(third));
	ASSERT(is_newer(second, first), "the clock %s: %s after %s", clocks[_i].name, second,
	       first);
	ASSERT(is_newer(third, second), "the clock %s: %s after %s", clocks[_i].name, third,
	       second);
}
END_TEST

/* With no other backup there is nothing to count from. */
static const struct {
	enum call call;
	int error;
	time_t now;
} no_clock[] = {{TIME, EINVAL, 0}, {GMTIME_R, EOVERFLOW, 0}, {TIME, 0, 253402300800}};

START_TEST(the_first_backup_without_a_clock)
{
	char name[NAME_MAX + 1];
	int rc;

	reset_world();
	plan = (struct plan){.call = no_clock[_i].call,
			     .nth = no_clock[_i].error != 0,
			     .error = no_clock[_i].error,
			     .now = no_clock[_i].now};
	rc = harden();
	assert_whole(rc);
	if (rc != 0)
		return;
	find_backup_of(&old_text, name, sizeof(name));
	ASSERT(is_well_formed(name), "a backup called %s", name);
}
END_TEST

/* Who cannot read the folder to its end does not know which backup is the newest. */
START_TEST(a_folder_that_cannot_be_read_to_its_end)
{
	static const char newest[] = "main.cf.tlsharden-29991231T235959Z";
	char name[NAME_MAX + 1];
	int rc;

	plan = (struct plan){.call = READDIR, .error = EIO};
	do {
		plan.nth++;
		reset_world();
		write_file(in_folder(target_folder, newest), "x", 1);
		rc = harden();
		if (rc == 2) {
			assert_old();
			continue;
		}
		find_backup_of(&old_text, name, sizeof(name));
		ASSERT(is_newer(name, newest), "%s after %s: %s", name, newest, planned());
	} while (*fired > 0);
}
END_TEST

#define THAT_SECOND "main.cf.tlsharden-20200913T122640Z"

static const struct {
	enum call call;
	int scenario;
	const char *name;
} plants[] = {
	{LINKAT, 0, THAT_SECOND},    {OPENAT, 0, THAT_SECOND},
	{OPENAT, 4, THAT_SECOND},    {OPENAT, 4, THAT_SECOND ".tmp"}, /* of a copy */
	{RENAMEAT2, 4, THAT_SECOND},                                  /* the copy gets its name */
};

static int plant;

/* Where there is one already nothing can be planted. */
static void plant_at_backup(void)
{
	ck_assert(symlink("nowhere", in_folder(target_folder, plants[plant].name)) == 0 ||
		  errno == EEXIST);
}

static bool is_backup(const char *name)
{
	const char *path = in_folder(target_folder, name);
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && holds(path, &old_text);
}

/* Somebody who knows the second knows the name. What he puts there is not followed. */
START_TEST(a_link_planted_at_the_name_of_the_backup)
{
	int rc;

	plant = _i;
	begin(plants[_i].scenario);
	plan = (struct plan){.call = plants[_i].call, .before = plant_at_backup, .now = 1600000000};
	do {
		plan.nth++;
		reset_world();
		rc = harden();
		ASSERT(rc == 0, "status %d: %s", rc, planned());
		ASSERT(holds(target, &new_text), "wrong bytes: %s", planned());
		ASSERT(!exists(in_folder(target_folder, "nowhere")), "followed: %s", planned());
		ASSERT(is_backup(THAT_SECOND) || is_backup(THAT_SECOND "-2"), "no backup: %s",
		       planned());
	} while (*fired > 0);
	ck_assert_uint_gt(plan.nth, 1);
}
END_TEST

/* A crash between the link and the rename leaves a backup that is the live file. */
START_TEST(a_backup_that_is_the_live_file_goes)
{
	static const char leaving[] = "main.cf.tlsharden-20200101T000000Z";
	struct stat st;

	reset_world();
	ck_assert_int_eq(link(target, in_folder(target_folder, leaving)), 0);
	plan = (struct plan){.call = RENAMEAT2};
	ck_assert_int_eq(harden(), 0);
	ck_assert(!exists(in_folder(target_folder, leaving)));
	assert_new();
	/* And with it gone the file has one name again: no copy is needed, no warning due. */
	ck_assert_uint_eq(find_backup(), 1);
	ck_assert(stat(buf_string(&backup), &st) == 0 && st.st_ino == old_stat.st_ino);
}
END_TEST

/* ---- Postfix's own editor ---- */

static const char contest[] =
	"postconf -c . -e a1=v a2=v & postconf -c . -e b1=v &\n"
	"\"$0\" --no-backup -q main.cf >/dev/null & wanted=$!\n"
	"(postconf -c . -e c1=v; postconf -c . -e c2=v; postconf -c . -e c3=v) &\n"
	"wait $wanted || exit 1; wait";
static const char *const edits[] = {"\na1 = v\n", "\na2 = v\n", "\nb1 = v\n",
				    "\nc1 = v\n", "\nc2 = v\n", "\nc3 = v\n"};

/* Both wait for each other's lock, so that no edit of either is lost. */
START_TEST(edits_of_postconf_and_ours_are_all_there)
{
	const char *const argv[] = {"sh", "-c", contest, program(), NULL};
	struct buf is = BUF_INIT;
	struct ran r;
	int round, i;

	if (!have_program("postconf"))
		return;
	for (round = 0; round < 25; round++) {
		reset_world();
		write_file(in_folder(target_folder, "master.cf"), "", 0);
		run(&r, target_folder, argv, NULL, 0);
		ck_assert_msg(r.status == 0, "status %d: %s", r.status, buf_string(&r.err));
		buf_clear(&is);
		read_file(target, &is);
		ASSERT(strncmp(buf_string(&is), new_text.data, new_text.len) == 0,
		       "our edit is lost, round %d:\n%s", round, buf_string(&is));
		for (i = 0; i < COUNT(edits); i++)
			ASSERT(strstr(buf_string(&is), edits[i]) != NULL,
			       "postconf's%s is lost, round %d:\n%s", edits[i], round,
			       buf_string(&is));
		ran_release(&r);
	}
	buf_release(&is);
}
END_TEST

/* ---- all of them ---- */

static TCase *new_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 900);
	suite_add_tcase(s, tc);
	return tc;
}

static void add_failures(Suite *s)
{
	TCase *tc = new_case(s, "failures");

	tcase_add_test(tc, every_wrapper_is_reached);
	tcase_add_loop_test(tc, a_call_fails, 0, NCALLS * NSCENARIOS);
	tcase_add_loop_test(tc, synced_in_this_order, 0, COUNT(orders));
	tcase_add_loop_test(tc, short_reads_and_writes, 0, NSCENARIOS);
	tcase_add_test(tc, output_that_fails_when_it_is_closed);
	tcase_add_loop_test(tc, plain_rename_where_there_is_no_exchange, 0, COUNT(no_exchange));
	tcase_add_loop_test(tc, copy_where_there_are_no_links, 0, COUNT(no_link));
}

static void add_editors(Suite *s)
{
	TCase *tc = new_case(s, "editors");

	tcase_add_loop_test(tc, a_file_renamed_over_ours_at_any_moment, 0, NCALLS * 2);
	tcase_add_loop_test(tc, an_old_descriptor_written_to_at_any_moment, 0, NCALLS * 2);
	tcase_add_loop_test(tc, a_file_changed_before_the_backup_is_refused, 0, COUNT(changes));
	tcase_add_loop_test(tc, a_file_renamed_over_ours_is_left_alone, 0, COUNT(moments));
	tcase_add_loop_test(tc, a_file_renamed_over_ours_between_the_exchanges, 0, 7);
	tcase_add_test(tc, a_file_renamed_over_ours_without_end);
	tcase_add_test(tc, a_link_turned_elsewhere);
	tcase_add_loop_test(tc, a_file_removed_is_not_brought_back, 0, COUNT(moments));
	tcase_add_test(tc, edits_of_postconf_and_ours_are_all_there);
}

static void add_crashes(Suite *s)
{
	TCase *tc = new_case(s, "crashes");

	tcase_add_loop_test(tc, a_signal_at_any_moment, 0, NCALLS);
	tcase_add_loop_test(tc, a_crash_at_any_moment, 0, NCALLS * 2);
	tcase_add_loop_test(tc, the_run_after_a_crash, 0, NCALLS * 4);
	tcase_add_test(tc, a_backup_that_is_the_live_file_goes);
}

static void add_names(Suite *s)
{
	TCase *tc = new_case(s, "names");

	tcase_add_loop_test(tc, a_backup_is_never_older_than_the_newest, 0, COUNT(clocks));
	tcase_add_loop_test(tc, the_first_backup_without_a_clock, 0, COUNT(no_clock));
	tcase_add_loop_test(tc, a_link_planted_at_the_name_of_the_backup, 0, COUNT(plants));
	tcase_add_test(tc, a_folder_that_cannot_be_read_to_its_end);
}

int main(void)
{
	Suite *s = suite_create("faults");

	add_failures(s);
	add_editors(s);
	add_crashes(s);
	add_names(s);
	return run_suite(s);
}
