/*
 * masterlaws - what holds for every master.cf, whatever is in it.
 * Shape:  the laws read the file by a reader of their own, and its options by the
 *         getopt(3) that the daemons use, so that a mistake is not made twice.
 * Errors: says which law is broken.
 * Source: Postfix master/master_ent.c, master/single_server.c, util/readlline.c.
 * Misses: which hosts and ports are well-formed.
 */
#ifndef TLSHARDEN_TEST_MASTERLAWS_H
#define TLSHARDEN_TEST_MASTERLAWS_H

#include <stddef.h>

/* NULL if all laws hold for a text, else the law that is broken and how; the caller frees. */
char *laws_mastercf_broken(const char *text, size_t len);

#endif
