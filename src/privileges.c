/* SPDX-License-Identifier: ISC */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Where there is no such user, as in an image with nothing but the program. */
#define NOBODY 65534

struct ids {
	uid_t user;
	gid_t group;
};

static bool has_root(void)
{
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) < 0 || real == 0 || effective == 0 ||
	       saved == 0;
}

static struct ids nobody(void)
{
	const struct passwd *entry = getpwnam("nobody");

	if (entry == NULL || entry->pw_uid == 0 || entry->pw_gid == 0)
		return (struct ids){NOBODY, NOBODY};
	return (struct ids){entry->pw_uid, entry->pw_gid};
}

static int become(struct ids ids)
{
	if (setgroups(1, &ids.group) < 0 || setresgid(ids.group, ids.group, ids.group) < 0)
		return -1;
	return setresuid(ids.user, ids.user, ids.user);
}

/* Tried, not believed: capabilities or a library in between may keep a way back open. */
static bool can_return(void)
{
	return setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setresgid((gid_t)-1, 0, (gid_t)-1) == 0 ||
	       has_root();
}

int privileges_drop(struct buf *why)
{
	if (!has_root())
		return 0;
	if (become(nobody()) < 0) {
		buf_addf(why, "cannot become nobody, and root reads no logs: %s", strerror(errno));
		return -1;
	}
	if (can_return()) {
		buf_adds(why, "root's rights cannot be given up for good, and root reads no logs");
		return -1;
	}
	return 0;
}
