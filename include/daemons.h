/*
 * daemons - the daemons of Postfix that speak TLS, and where their settings stand.
 * Source: postconf(5); Postfix src/postscreen, src/tlsproxy.
 */
#ifndef TLSHARDEN_DAEMONS_H
#define TLSHARDEN_DAEMONS_H

#include <stdbool.h>

#define DAEMONS 5

struct tls_daemon {
	const char *command;
	const char *level;
	const char *level_from;             /* the one that its level is a copy of, or NULL */
	const char *loglevel, *wrappermode; /* or NULL */
	const char *prefixes[3]; /* of its parameters; of those that it reads besides, or NULL */
	bool server;
};

extern const struct tls_daemon daemons[DAEMONS];
/* By its command in master.cf, or NULL. */
const struct tls_daemon *daemons_find(const char *command);

#endif
