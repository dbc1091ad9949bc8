/* SPDX-License-Identifier: ISC */
#include "nameset.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"

void nameset_add(struct nameset *s, const char *name, size_t len)
{
	s->v = xgrow(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = xmemdupz(name, len);
	s->sorted = false;
}

static int by_name(const void *one, const void *two)
{
	const char *const *a = one, *const *b = two;

	return strcmp(*a, *b);
}

/* What is looked for has no end of its own. */
struct wanted {
	const char *name;
	size_t len;
};

static int by_wanted(const void *key, const void *row)
{
	const struct wanted *w = key;
	const char *const *name = row;
	size_t len = strlen(*name);
	int order = memcmp(w->name, *name, w->len < len ? w->len : len);

	if (order != 0 || w->len == len)
		return order;
	return w->len < len ? -1 : 1;
}

bool nameset_has(struct nameset *s, const char *name, size_t len)
{
	const struct wanted wanted = {name, len};

	if (s->n > 1 && !s->sorted)
		qsort(s->v, s->n, sizeof(*s->v), by_name);
	s->sorted = true;
	return s->n > 0 && bsearch(&wanted, s->v, s->n, sizeof(*s->v), by_wanted) != NULL;
}

void nameset_release(struct nameset *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct nameset){0};
}
