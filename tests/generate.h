/*
 * generate - configuration files made up from a seed, dressed with all that Postfix allows.
 * Shape:  the same seed and flags give the same bytes, on every machine.
 * Errors: none.
 * Source: Postfix util/readlline.c, util/split_nameval.c; postconf(5), master(5).
 * Misses: what the file means: that is for the laws to say.
 */
#ifndef TLSHARDEN_TEST_GENERATE_H
#define TLSHARDEN_TEST_GENERATE_H

#include <stdint.h>

#include "buf.h"

enum generate_flags {
	GENERATE_BAD_LINES = 1,  /* lines that Postfix refuses, too */
	GENERATE_BAD_MACROS = 2, /* macros on which its daemons die, endless recursion included */
	GENERATE_NULS = 4,       /* NUL bytes */
	GENERATE_ODD = 8         /* arguments that postconf reads otherwise than a daemon does */
};

/* Appends a main.cf. Without flags it is one that Postfix reads and expands. */
void generate(uint64_t seed, unsigned flags, struct buf *out);
/* Appends a master.cf. Without flags master(8) takes it, and postconf tells the truth about it. */
void generate_master(uint64_t seed, unsigned flags, struct buf *out);

#endif
