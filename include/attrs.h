/*
 * attrs - owner, access and extended attributes of one file given to another.
 * Errors: -1 with the cause in why; what cannot be given is an error.
 * Source: xattr(7), acl(5), chown(2).
 * Misses: security.ima and security.evm, which seal the old content; times.
 */
#ifndef TLSHARDEN_ATTRS_H
#define TLSHARDEN_ATTRS_H

#include <sys/stat.h>

#include "buf.h"

/* Gives the owner, ACL, extended attributes and mode of `from`, which st describes. */
int attrs_copy(int from, const struct stat *st, int to, struct buf *why)
	__attribute__((warn_unused_result));
/* The reason why the kernel will not let this file be replaced, or NULL. */
const char *attrs_unchangeable(int fd);

#endif
