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
	LAWS_UNKNOWN, /* a macro that cannot be evaluated, a switch that is neither yes nor no */
	LAWS_TOO_LONG /* gave up: there is no end of macros */
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
