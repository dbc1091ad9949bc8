/*
 * meaning - what a setting means for TLS, by tables of the tests' own.
 * Units:  ranks: the higher, the more a level protects; -1 is a daemon that dies.
 * Errors: what cannot be known is a result of its own.
 * Source: Postfix tls/tls_level.c, tls/tls_misc.c, smtp/smtp_tls_policy.c,
 *         smtpd/smtpd.c.
 * Misses: the expansion of macros, which is src/expand.c's.
 */
#ifndef TLSHARDEN_TEST_MEANING_H
#define TLSHARDEN_TEST_MEANING_H

/* No level has one of them: a pair of typographic quotes is as good as one of the others. */
#define BEYOND_ASCII                                                                               \
	"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f"                         \
	"\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f"                         \
	"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf"                         \
	"\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf"                         \
	"\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf"                         \
	"\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd\xde\xdf"                         \
	"\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef"                         \
	"\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "reading.h"

/* The built-in policies. */
enum laws_policy { LAWS_OPPORTUNISTIC, LAWS_DANE, LAWS_MANDATORY, LAWS_POLICIES };
/* The name of one, how many of the managed parameters it manages, and what it sets them to. */
const char *laws_policy_name(enum laws_policy);
size_t laws_count(enum laws_policy);
const char *laws_wanted(enum laws_policy, size_t managed);

/* Whether an expanded value of a managed parameter is one that the policy wants. */
bool laws_good_value(enum laws_policy, size_t managed, const char *value, size_t len);

/* How much a level protects at a client. Levels of 4 are not ordered. */
int meaning_client_rank(const char *level);
/* The same for a managed level, be it the client's or the server's. */
int meaning_rank(size_t managed, const char *level);
/* What somebody meant who wrote a value on which the daemon dies: its first word, without quotes.
 */
int meaning_meant_rank(size_t managed, const char *value);

enum laws_known {
	LAWS_KNOWN,
	LAWS_UNKNOWN,   /* a macro that refers to what the file does not say */
	LAWS_MALFORMED, /* one on which a daemon dies, a switch that is neither yes nor no */
	LAWS_TOO_LONG   /* gave up: there is no end of macros */
};

struct laws_meaning {
	enum laws_known known;
	bool implied;     /* by obsolete parameters, or by there being none */
	struct buf value; /* a level by name, or a loglevel; expanded */
};
/* What a setting of a managed parameter means, or the lack of one (READING_NONE). */
void laws_mean(const struct reading *, size_t managed, size_t setting, struct laws_meaning *);
/* Whether the client asks for DNSSEC, and whether that is known. */
enum laws_known meaning_dnssec(const struct reading *, bool *on);
/* A yes-or-no parameter. Where it is not set, *on stays as it is. */
enum laws_known meaning_switch(const struct reading *, const char *name, bool *on);

#endif
