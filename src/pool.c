/* SPDX-License-Identifier: ISC */
#include "pool.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>

#include "buf.h"
#include "pages.h"

/* Of the first blocks, until these have so many bytes. */
#define PIECES 64
#define FEW ((size_t)1 << 20)
/* One that comes then has a large page somewhere in it. What is not in use takes no memory. */
#define LARGE (2 * PAGES_LARGE)

struct pool_block {
	struct pool_block *next;
	size_t n; /* pieces */
	alignas(max_align_t) char room[];
};

static void *piece_of(const struct pool *p, struct pool_block *block, size_t i)
{
	return block->room + i * p->size;
}

static struct pool_block *new_block(const struct pool *p)
{
	bool few = p->used * p->size <= FEW;
	size_t n = few ? PIECES : (LARGE - sizeof(struct pool_block)) / p->size;
	struct pool_block *block = xcalloc(1, few ? sizeof(*block) + n * p->size : LARGE);

	if (!few)
		pages_ask(block, LARGE);
	block->n = n;
	return block;
}

void *pool_fresh(struct pool *p)
{
	struct pool_block *block;

	if (p->unused == 0) {
		block = new_block(p);
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
