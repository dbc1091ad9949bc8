/*
 * restore - the newest backup put back, byte for byte.
 * Shape:  what is in place is itself backed up first, so that to restore twice is
 *         to be where one was. Owner, mode and attributes are those of the file
 *         that is in place.
 * Errors: said on standard error; the exit status of the file is returned.
 */
#ifndef TLSHARDEN_RESTORE_H
#define TLSHARDEN_RESTORE_H

#include "rewrite.h"

/* For a main.cf, or a folder that holds one. */
enum exit_status restore_file(const struct rewrite_options *, const char *name, struct outcome *);

#endif
