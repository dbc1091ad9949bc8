/* SPDX-License-Identifier: ISC */
#include "pages.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "diag.h"

void pages_ask(void *room, size_t size)
{
#ifdef MADV_HUGEPAGE
	size_t before = (size_t)(-(uintptr_t)room & (PAGES_LARGE - 1));
	int saved = errno;

	if (size >= before + PAGES_LARGE)
		(void)madvise((char *)room + before, (size - before) & ~(PAGES_LARGE - 1),
			      MADV_HUGEPAGE);
	errno = saved;
#else
	(void)room;
	(void)size;
#endif
}

void *pages_new(void)
{
	void *page = aligned_alloc(PAGES_LARGE, PAGES_LARGE);

	if (page == NULL)
		die("out of memory");
	pages_ask(page, PAGES_LARGE);
	return page;
}
