/*
 * kept - a few bytes that are kept where they are needed: as a rule without memory of their own.
 * Shape:  {0} to begin with.
 * Owner:  kept_release(). The span is valid until the bytes are set anew.
 */
#ifndef TLSHARDEN_KEPT_H
#define TLSHARDEN_KEPT_H

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "span.h"

struct kept {
	size_t len;
	char *more; /* room for those that have none here, or NULL */
	char room[64];
};

static inline struct span kept_span(const struct kept *k)
{
	return (struct span){k->len > sizeof(k->room) ? k->more : k->room, k->len};
}

/* To other bytes, or to the same. */
static inline void kept_set(struct kept *k, struct span s)
{
	char *to = k->room;

	if (s.at == kept_span(k).at)
		return;
	if (s.len > sizeof(k->room))
		to = k->more = xreallocarray(k->more, s.len, 1);
	if (s.len > 0)
		(void)memcpy(to, s.at, s.len);
	k->len = s.len;
}

static inline void kept_release(struct kept *k)
{
	free(k->more);
	k->more = NULL;
	k->len = 0;
}

#endif
