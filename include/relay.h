/*
 * relay - the other side of a connection as Postfix logs it: "name[address]:port".
 * Shape:  "name[address]", with or without port; of old also a name alone; UNIX
 *         sockets have a path where the address stands.
 * Errors: none.
 * Owner:  spans point into the text. relay_cache_release().
 * Source: Postfix src/smtp/smtp_session.c, src/smtpd/smtpd_peer.c.
 */
#ifndef TLSHARDEN_RELAY_H
#define TLSHARDEN_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "span.h"

/* Whether both are the same, as far as both tell; letters of either case are equal. */
bool relay_same(struct span, struct span);
/* Whether mail to or from it crosses the network: no socket, no name of this very host. */
bool relay_is_remote(struct span);
/* A name in lower case: where it is, or in room, of which it replaces the bytes. */
struct span relay_lower(struct span, struct buf *room);
/* The name in lower case, or the address where it has none. Replaces what was in out. */
void relay_name(struct span, struct buf *out);

/* What was found out of relays not long ago: the most mail is of few. {0} to begin with. */
#define RELAY_RECENT 256
struct relay_cache {
	struct relay_seen {
		char text[77], name[48];
		uint8_t len, name_len; /* of text, 0: none; of name */
		bool remote;
	} seen[RELAY_RECENT];
	struct buf name; /* of one for which there is no room */
};

struct relay {
	struct span name; /* as relay_name() has it; valid until the next look */
	bool remote;
};

/* The same as the calls above say. */
struct relay relay_look(struct relay_cache *, struct span);
void relay_cache_release(struct relay_cache *);

#endif
