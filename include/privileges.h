/*
 * privileges - root's rights, given up for good.
 * Errors: -1 with the cause in why: then nothing may be read.
 * Source: setresuid(2), "Setuid Demystified" (Chen, Wagner, Dean, 2002).
 */
#ifndef TLSHARDEN_PRIVILEGES_H
#define TLSHARDEN_PRIVILEGES_H

#include "buf.h"

/* Whoever has root's rights becomes nobody; others stay who they are. */
int privileges_drop(struct buf *why) __attribute__((warn_unused_result));

#endif
