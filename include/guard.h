/*
 * guard - services that require TLS only as long as main.cf sets no level, or refers to one.
 * Shape:  a verdict that would set one, and leave such a service with less than it
 *         has today, is held back: VERDICT_HELD, with the service as its cause.
 * Errors: what cannot be known of a service holds nothing back.
 * Source: Postfix smtpd/smtpd.c, smtp/smtp_tls_policy.c, postscreen/postscreen.c: the
 *         obsolete *_enforce_tls and *_use_tls count while the level is empty.
 * Misses: which level a service ought to have (services.c).
 */
#ifndef TLSHARDEN_GUARD_H
#define TLSHARDEN_GUARD_H

#include "maincf.h"
#include "mastercf.h"
#include "verdict.h"

/* master may be NULL: then main.cf alone tells what is required. */
void guard_services(struct maincf *, const struct mastercf *master, const char *master_path,
		    struct verdicts *);

#endif
