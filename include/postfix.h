/*
 * postfix - what a TLS setting of Postfix really is.
 * Shape:  a view is a main.cf together with the parameters that somebody else
 *         decides on; questions about it are answered as the daemons would.
 * Units:  line numbers physical, from 1; 0 where there is no line.
 * Errors: what cannot be known is an expand_result other than EXPAND_OK, with
 *         the cause in why.
 * Source: Postfix tls/tls_level.c, tls/tls_misc.c (tls_log_table),
 *         smtp/smtp_tls_policy.c, smtpd/smtpd.c, global/mail_conf_bool.c.
 * Misses: which values are good: that is the policy's business.
 */
#ifndef TLSHARDEN_POSTFIX_H
#define TLSHARDEN_POSTFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "expand.h"
#include "maincf.h"

enum param_kind {
	PARAM_PLAIN,
	PARAM_CLIENT_LEVEL, /* smtp_tls_security_level and its lmtp_ twin */
	PARAM_SERVER_LEVEL, /* smtpd_tls_security_level, and of who serves for smtpd(8) */
	PARAM_LOGLEVEL      /* *_tls_loglevel */
};

enum param_kind postfix_kind(const char *name);
/* The daemon that reads a level or log level: "smtp(8)", "lmtp(8)" or "smtpd(8)". */
const char *postfix_daemon(const char *name);
/* What Postfix takes for an unset parameter of this kind, for people to read. */
const char *postfix_default(enum param_kind);

enum tls_level {
	LEVEL_FATAL, /* not a level there: the daemon dies */
	LEVEL_NONE,
	LEVEL_MAY,
	LEVEL_DANE, /* opportunistic, but above may */
	LEVEL_ENCRYPT,
	/* From here on not ordered among themselves. */
	LEVEL_FINGERPRINT,
	LEVEL_DANE_ONLY,
	LEVEL_VERIFY,
	LEVEL_SECURE
};

/* The level that a value means to a client or a server. Caseless, the whole value. */
enum tls_level postfix_level(enum param_kind, const char *value, size_t len);
const char *postfix_level_name(enum tls_level);
/* Whether a level protects mail no less than another one. */
bool postfix_level_reaches(enum tls_level, enum tls_level wanted);

enum loglevel_features {
	LOG_SUMMARY = 1 << 0, /* one line for each TLS session */
	LOG_UNTRUSTED = 1 << 1,
	LOG_PEERCERT = 1 << 2,
	LOG_CERTMATCH = 1 << 3,
	LOG_VERBOSE = 1 << 4,
	LOG_CACHE = 1 << 5,
	LOG_DANE = 1 << 6,
	LOG_SSL_DEBUG = 1 << 7,
	LOG_TRACE = 1 << 8,
	LOG_HANDSHAKE_DUMP = 1 << 9, /* packets in hexadecimal */
	LOG_SESSION_DUMP = 1 << 10,  /* all of them, and with them what mail says */
	LOG_DUMP = LOG_HANDSHAKE_DUMP | LOG_SESSION_DUMP,
	LOG_UNKNOWN_WORD = 1 << 11 /* alone: Postfix logs nothing then */
};
unsigned postfix_loglevel(const char *value, size_t len);
/* Whether all that is wanted is logged, and no packet is dumped that is not wanted. */
bool postfix_loglevel_reaches(unsigned features, unsigned wanted);

/* What the dumps that are among the features show, as a phrase. */
const char *postfix_dumped(unsigned features);

struct postfix_view {
	struct maincf *file;
	/*
	 * The value that a parameter will have, for one that the caller decides on
	 * (*decided said so); else *decided is false.
	 */
	enum expand_result (*decide)(void *context, const char *name, size_t len, bool *decided,
				     struct buf *value, struct buf *why);
	void *context;
	/*
	 * What stands in front of the file: the raw value that an -o option of a service
	 * gives to a parameter, and its line there; NULL where there is none. The
	 * callback itself may be NULL.
	 */
	const char *(*override)(void *options, const char *name, size_t len, size_t *line);
	void *options;
	/*
	 * What counts as the value of a built-in parameter that the file does not set; NULL:
	 * it cannot be known.
	 */
	const char *assumed;
	/* What all expansions together may cost (expand.h); NULL for no such bound. */
	size_t *budget;
};

/* Appends the expansion of text. */
enum expand_result postfix_expand(const struct postfix_view *, const char *text, size_t len,
				  struct buf *out, struct buf *why)
	__attribute__((warn_unused_result));

/* Where a value comes from. */
struct setting {
	bool set;        /* else it is the default */
	bool overridden; /* by an -o option: line is one of master.cf */
	size_t line;
};
/*
 * Appends the effective value of a parameter, or the expansion of its default, which
 * the caller knows, where nothing sets it.
 */
enum expand_result postfix_value(const struct postfix_view *, const char *name,
				 const char *fallback, struct setting *, struct buf *value,
				 struct buf *why) __attribute__((warn_unused_result));
/*
 * The same of a level, with what obsolete parameters imply where it is empty. Of the level
 * of smtpd(8) that stands in for another one it is where that stands.
 */
enum expand_result postfix_effective_level(const struct postfix_view *, const char *level_name,
					   enum tls_level *, struct setting *, struct buf *value,
					   struct buf *why) __attribute__((warn_unused_result));

/* What the obsolete parameters say where the level is empty. */
struct implied {
	enum tls_level level; /* LEVEL_NONE where they say nothing */
	char by[32];          /* the parameter that says it */
	size_t line;          /* and its line; 0 where there is none */
	bool stands_in;       /* that is no obsolete one, but the level of smtpd(8) */
};
enum expand_result postfix_implied_level(const struct postfix_view *, const char *level_name,
					 struct implied *, struct buf *why)
	__attribute__((warn_unused_result));
/*
 * Whether the parameter beside a level asks for TLS from the first byte; line says
 * where in the file, or is 0 where only the caller wants it so.
 */
enum expand_result postfix_wrappermode(const struct postfix_view *, const char *level_name,
				       bool *on, size_t *line, struct buf *why)
	__attribute__((warn_unused_result));
/*
 * Whether with TLS from the first byte the client defers all mail at such a level. Of
 * dane only mail to servers without TLSA records, unless nobody asks for those.
 */
bool postfix_wrappermode_defers(const struct postfix_view *, const char *level_name,
				enum tls_level);
/* Whether the client with this level asks for DNSSEC. Without it dane is but may to it. */
enum expand_result postfix_dnssec(const struct postfix_view *, const char *level_name, bool *on,
				  struct buf *why) __attribute__((warn_unused_result));

#endif
