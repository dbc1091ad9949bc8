/*
 * pool - pieces of one size that come and go, and keep the room that they have.
 * Shape:  each begins with a struct pool_piece. A new one is zero behind it; one that comes
 *         again is as it was given back.
 * Errors: out of memory ends the process.
 * Owner:  pool_release(), given back or not; what a piece holds is let go by the caller.
 */
#ifndef TLSHARDEN_POOL_H
#define TLSHARDEN_POOL_H

#include <stddef.h>

struct pool_piece {
	struct pool_piece *next; /* that is spare */
};

struct pool {
	size_t size; /* of a piece; the rest is zero to begin with */
	struct pool_block *blocks;
	struct pool_piece *spare;
	size_t unused; /* pieces that the newest block has yet */
	size_t used;
};

/* One that nobody had: there is none spare. */
void *pool_fresh(struct pool *);
static inline void *pool_take(struct pool *p)
{
	struct pool_piece *piece = p->spare;

	p->used++;
	if (piece == NULL)
		return pool_fresh(p);
	p->spare = piece->next;
	return piece;
}
static inline void pool_give(struct pool *p, struct pool_piece *piece)
{
	piece->next = p->spare;
	p->spare = piece;
	p->used--;
}
/* let_go() has each piece that there ever was. */
void pool_release(struct pool *, void (*let_go)(void *piece));

#endif
