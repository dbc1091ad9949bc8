/*
 * relay - the other side of a connection as Postfix logs it: "name[address]:port".
 * Shape:  "name[address]", with or without port; of old also a name alone; UNIX
 *         sockets have a path where the address stands.
 * Errors: none.
 * Owner:  spans point into the text.
 * Source: Postfix src/smtp/smtp_session.c, src/smtpd/smtpd_peer.c.
 */
#ifndef TLSHARDEN_RELAY_H
#define TLSHARDEN_RELAY_H

#include <stdbool.h>

#include "buf.h"
#include "span.h"

/* Whether both are the same, as far as both tell; letters of either case are equal. */
bool relay_same(struct span, struct span);
/* Whether mail to or from it crosses the network: no socket, no name of this very host. */
bool relay_is_remote(struct span);
/* Appends a name in lower case. */
void relay_lower(struct span, struct buf *out);
/* The name in lower case, or the address where it has none. Replaces what was in out. */
void relay_name(struct span, struct buf *out);

#endif
