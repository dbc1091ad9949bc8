/* SPDX-License-Identifier: ISC */
#include "pages.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "diag.h"

/* What the kernel does not know, or will not do, need not be done. */
static void advise(void *room, size_t size, size_t page, int advice)
{
	size_t before = (size_t)(-(uintptr_t)room & (page - 1));
	int saved = errno;

	if (size >= before + page)
		(void)madvise((char *)room + before, (size - before) & ~(page - 1), advice);
	errno = saved;
}

void pages_ask(void *room, size_t size)
{
#ifdef MADV_HUGEPAGE
	advise(room, size, PAGES_LARGE, MADV_HUGEPAGE);
#else
	advise(room, size, PAGES_LARGE, MADV_NORMAL);
#endif
}

void pages_fill(void *room, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	advise(room, size, (size_t)sysconf(_SC_PAGESIZE), MADV_POPULATE_WRITE);
#else
	advise(room, size, PAGES_LARGE, MADV_NORMAL);
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
