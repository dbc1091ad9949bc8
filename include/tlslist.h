/*
 * tlslist - what a list of TLS protocols or ciphers lets in, next to Postfix's default.
 * Errors: none; what Postfix cannot use is TLSLIST_BAD or TLSLIST_FATAL.
 * Source: postconf(5), smtpd_tls_protocols, smtpd_tls_ciphers; Postfix tls/tls_misc.c,
 *         tls/tls_proto.c; openssl-ciphers(1).
 * Misses: what OpenSSL was built without; which ciphers its wider words hold (aNULL and
 *         kRSA, say, have some without encryption among others).
 */
#ifndef TLSHARDEN_TLSLIST_H
#define TLSHARDEN_TLSLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum tlslist_kind { TLSLIST_PROTOCOLS, TLSLIST_GRADE, TLSLIST_CIPHERS };
enum tlslist_result {
	TLSLIST_FINE,
	TLSLIST_WEAK,
	TLSLIST_BAD,  /* Postfix does not understand it, and TLS fails */
	TLSLIST_FATAL /* daemons die on it */
};

/* The parameters that hold such lists; NULL behind the last. */
const char *tlslist_name(size_t i, enum tlslist_kind *);
/* What an expanded value means; why gets a phrase unless it is fine. */
enum tlslist_result tlslist_judge(enum tlslist_kind, const char *value, size_t len,
				  struct buf *why);

#endif
