/*
 * parameters - the names of the parameters that are built into Postfix.
 * Source: postconf -d of Postfix 3.4.29, 3.6.20, 3.7.11, 3.9.14, 3.11.6 and a
 *         snapshot of 3.12: a name counts that any of them knows.
 *         Suffixes of services: what postconf takes for used where master.cf has the
 *         service.
 */
#ifndef TLSHARDEN_PARAMETERS_H
#define TLSHARDEN_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a name of len bytes is built in. Case-sensitive, as in Postfix. */
bool parameters_known(const char *name, size_t len);
/* Whether a name claims to be about TLS, or nearly so. Cheap. */
bool parameters_looks_tls(const char *name, size_t len);
/* The built-in name about TLS that is nearest to this one, if it is near; else NULL. */
const char *parameters_meant(const char *name, size_t len);
/*
 * Whether a name is SERVICE_destination_concurrency_limit or the like of a service that
 * exists, which may be asked of several ways to cut the name: smtp_extra_recipient_limit
 * is of smtp_extra or of smtp.
 */
bool parameters_of_service(const char *name, size_t len,
			   bool (*exists)(void *context, const char *service, size_t len),
			   void *context);

#endif
