/* SPDX-License-Identifier: ISC */
#include "attrs.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

#define ACL "system.posix_acl_access"
#define LABEL "security.selinux"

/* Names, each ended by a NUL. A file system without attributes has none. */
static int list_names(int fd, struct buf *names)
{
	ssize_t n;

	for (;;) {
		n = flistxattr(fd, NULL, 0);
		if (n < 0)
			return errno == ENOTSUP || errno == ENOSYS ? 0 : -1;
		buf_clear(names);
		buf_grow(names, (size_t)n);
		n = flistxattr(fd, names->data, (size_t)n);
		if (n >= 0) {
			names->len = (size_t)n;
			return 0;
		}
		if (errno != ERANGE)
			return -1;
	}
}

static int get_value(int fd, const char *name, struct buf *value)
{
	ssize_t n;

	for (;;) {
		n = fgetxattr(fd, name, NULL, 0);
		if (n < 0)
			return -1;
		buf_clear(value);
		buf_grow(value, (size_t)n);
		n = fgetxattr(fd, name, value->data, (size_t)n);
		if (n >= 0) {
			value->len = (size_t)n;
			return 0;
		}
		if (errno != ERANGE)
			return -1;
	}
}

static bool has_name(const struct buf *names, const char *name)
{
	size_t at;

	for (at = 0; at < names->len; at += strlen(names->data + at) + 1)
		if (strcmp(names->data + at, name) == 0)
			return true;
	return false;
}

static int fail(const char *what, const char *name, struct buf *why)
{
	buf_addf(why, "cannot %s %s: %s", what, name, strerror(errno));
	return -1;
}

/* What is right already is not set: that may need rights which are not needed then. */
static int copy_value(int from, int to, const char *name, struct buf *why)
{
	struct buf wanted = BUF_INIT, is = BUF_INIT;
	int rc = 0;

	if (get_value(from, name, &wanted) < 0)
		rc = fail("read the attribute", name, why);
	else if ((get_value(to, name, &is) < 0 || is.len != wanted.len ||
		  memcmp(is.data, wanted.data, is.len) != 0) &&
		 fsetxattr(to, name, wanted.data, wanted.len, 0) < 0)
		rc = fail("keep the attribute", name, why);
	buf_release(&wanted);
	buf_release(&is);
	return rc;
}

static bool is_sealed(const char *name)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

static int copy_names(int from, int to, const struct buf *names, bool label, struct buf *why)
{
	const char *name;
	size_t at;

	for (at = 0; at < names->len; at += strlen(name) + 1) {
		name = names->data + at;
		if (!is_sealed(name) && (strcmp(name, LABEL) == 0) == label &&
		    copy_value(from, to, name, why) < 0)
			return -1;
	}
	return 0;
}

/* What the new file got from its folder, or from a run that crashed. */
static int remove_others(int to, const struct buf *wanted, struct buf *why)
{
	struct buf names = BUF_INIT;
	const char *name;
	size_t at;
	int rc = 0;

	if (list_names(to, &names) < 0)
		rc = fail("list", "extended attributes", why);
	for (at = 0; rc == 0 && at < names.len; at += strlen(name) + 1) {
		name = names.data + at;
		if ((strcmp(name, ACL) == 0 || strncmp(name, "user.", 5) == 0 ||
		     strncmp(name, "trusted.", 8) == 0) &&
		    !has_name(wanted, name) && fremovexattr(to, name) < 0)
			rc = fail("remove the attribute", name, why);
	}
	buf_release(&names);
	return rc;
}

static int copy_owner(const struct stat *st, int to, struct buf *why)
{
	struct stat now;

	if (fstat(to, &now) < 0)
		return fail("stat", "the temporary", why);
	if ((now.st_uid != st->st_uid || now.st_gid != st->st_gid) &&
	    fchown(to, st->st_uid, st->st_gid) < 0)
		return fail("keep", "owner and group", why);
	return 0;
}

int attrs_copy(int from, const struct stat *st, int to, struct buf *why)
{
	struct buf names = BUF_INIT;
	int rc = -1;

	if (copy_owner(st, to, why) < 0)
		goto out;
	if (list_names(from, &names) < 0) {
		(void)fail("list", "extended attributes", why);
		goto out;
	}
	if (remove_others(to, &names, why) < 0 || copy_names(from, to, &names, false, why) < 0)
		goto out;
	if (fchmod(to, st->st_mode & 07777) < 0) {
		(void)fail("keep", "the mode", why);
		goto out;
	}
	rc = copy_names(from, to, &names, true, why);
out:
	buf_release(&names);
	return rc;
}

const char *attrs_unchangeable(int fd)
{
#ifdef FS_IOC_GETFLAGS
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return NULL;
	if ((flags & FS_IMMUTABLE_FL) != 0)
		return "it is immutable (chattr -i would change that)";
	if ((flags & FS_APPEND_FL) != 0)
		return "it is append-only (chattr -a would change that)";
#else
	(void)fd;
#endif
	return NULL;
}
