/* SPDX-License-Identifier: ISC */
#include "pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "buf.h"
#include "pages.h"

/* Of the first blocks, until these have so many bytes. */
#define PIECES 64
#define FEW ((size_t)1 << 20)
/* One that comes then begins where a large page does. What is not in use takes no memory. */
#define LARGE (2 * PAGES_LARGE)

struct pool_block {
	struct pool_block *next;
	size_t n; /* pieces */
	char *room;
	alignas(max_align_t) char rest[];
};

static void *piece_of(const struct pool *p, struct pool_block *block, size_t i)
{
	return block->room + i * p->size;
}

static struct pool_block *few_pieces(const struct pool *p)
{
	struct pool_block *block = xcalloc(1, sizeof(*block) + PIECES * p->size);

	block->n = PIECES;
	block->room = block->rest;
	return block;
}

static struct pool_block *many_pieces(const struct pool *p)
{
	struct pool_block *block = xcalloc(1, LARGE);
	size_t before = (size_t)(-(uintptr_t)block->rest & (PAGES_LARGE - 1));

	pages_ask(block, LARGE);
	block->room = block->rest + before;
	block->n = (LARGE - sizeof(*block) - before) / p->size;
	return block;
}

void *pool_fresh(struct pool *p)
{
	struct pool_block *block;

	if (p->unused == 0) {
		block = p->used * p->size <= FEW ? few_pieces(p) : many_pieces(p);
		block->next = p->blocks;
		p->blocks = block;
		p->unused = block->n;
	}
	return piece_of(p, p->blocks, p->blocks->n - p->unused--);
}

void pool_release(struct pool *p, void (*let_go)(void *))
{
	struct pool_block *block;
	size_t i, n;

	while ((block = p->blocks) != NULL) {
		p->blocks = block->next;
		n = block->n - p->unused;
		p->unused = 0;
		for (i = 0; i < n; i++)
			let_go(piece_of(p, block, i));
		free(block);
	}
	p->spare = NULL;
	p->used = 0;
}
