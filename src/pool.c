/* SPDX-License-Identifier: ISC */
#include "pool.h"

#include <stdalign.h>
#include <stdlib.h>

#include "buf.h"

#define PIECES 64

struct pool_block {
	struct pool_block *next;
	alignas(max_align_t) char room[];
};

static void *piece_of(const struct pool *p, struct pool_block *block, size_t i)
{
	return block->room + i * p->size;
}

void pool_fill(struct pool *p)
{
	struct pool_block *block = xcalloc(1, sizeof(*block) + PIECES * p->size);
	struct pool_piece *piece;
	size_t i;

	block->next = p->blocks;
	p->blocks = block;
	for (i = PIECES; i > 0; i--) {
		piece = piece_of(p, block, i - 1);
		piece->next = p->spare;
		p->spare = piece;
	}
}

void pool_release(struct pool *p, void (*let_go)(void *))
{
	struct pool_block *block;
	size_t i;

	while ((block = p->blocks) != NULL) {
		p->blocks = block->next;
		for (i = 0; i < PIECES; i++)
			let_go(piece_of(p, block, i));
		free(block);
	}
	p->spare = NULL;
	p->used = 0;
}
