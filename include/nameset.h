/*
 * nameset - names that are collected first and looked up again and again then.
 * Shape:  sorted when the first question comes; a name may be added twice.
 * Units:  lengths in bytes.
 * Errors: none. Out of memory dies.
 * Owner:  the set has copies; nameset_release() frees them.
 * Misses: taking a name out.
 */
#ifndef TLSHARDEN_NAMESET_H
#define TLSHARDEN_NAMESET_H

#include <stdbool.h>
#include <stddef.h>

struct nameset {
	char **v;
	size_t n, cap;
	bool sorted;
};

void nameset_add(struct nameset *, const char *name, size_t len);
/* Whether a name of len bytes was added. Case-sensitive. */
bool nameset_has(struct nameset *, const char *name, size_t len);
/* Frees; the set is empty then. */
void nameset_release(struct nameset *);

#endif
