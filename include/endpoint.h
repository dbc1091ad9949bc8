/*
 * endpoint - the name of an inet service of master.cf: a host, if there is one, and a port.
 * Shape:  "PORT", "HOST:PORT" or "[HOST]:PORT"; the parts are borrowed from the name.
 * Errors: what is wrong with a name is returned as a static text.
 * Source: Postfix util/host_port.c, util/valid_hostname.c.
 * Misses: looking up hosts and ports; of ports the numbers of mail are known by heart.
 */
#ifndef TLSHARDEN_ENDPOINT_H
#define TLSHARDEN_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

struct endpoint {
	const char *host; /* without brackets; not terminated */
	size_t len;       /* of host, 0 where there is none */
	const char *port;
};

/* Cuts a name; returns what is wrong with it, or NULL. */
const char *endpoint_cut(const char *name, struct endpoint *);
/* Whether the host is an address of this host only, or a name that stands for one. */
bool endpoint_is_loopback(const struct endpoint *);
/* The order of two good names; 0 if master(8) takes one for the other. */
int endpoint_compare(const char *, const char *);

#endif
