/*
 * reload - Postfix asked whether it likes a changed configuration, and told to take it up.
 * Shape:  postfix -c FOLDER check; if it runs, postfix -c FOLDER reload.
 * Errors: the cause in why, with what Postfix said.
 * Owner:  reload_release().
 * Source: postfix(1). It speaks on standard error only where that is a terminal,
 *         so it is given one.
 * Misses: what becomes of the file when Postfix does not like it.
 */
#ifndef TLSHARDEN_RELOAD_H
#define TLSHARDEN_RELOAD_H

#include <stdbool.h>

#include "buf.h"

struct reload {
	char *folder;  /* of the main.cf as it was named, absolute */
	char *program; /* path of postfix(1); NULL if it is not installed */
};

enum reload_result {
	RELOAD_DONE,
	RELOAD_NOT_NEEDED, /* no Postfix is there to take it up; why says so */
	RELOAD_FAILED
};

/* For the main.cf of that path. */
void reload_init(struct reload *, const char *path);
enum reload_result reload_run(const struct reload *, struct buf *why)
	__attribute__((warn_unused_result));
/* For an old file that is back in place: reload only, if Postfix runs. 0, or -1. */
int reload_again(const struct reload *, struct buf *why) __attribute__((warn_unused_result));
void reload_release(struct reload *);

#endif
