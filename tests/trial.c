/* SPDX-License-Identifier: ISC */
#include "trial.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool broken(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&t->why, fmt, ap);
	va_end(ap);
	return false;
}

bool same_bytes(const char *a, size_t alen, const char *b, size_t blen)
{
	return alen == blen && (alen == 0 || memcmp(a, b, alen) == 0);
}

bool same_buf(const struct buf *a, const struct buf *b)
{
	return same_bytes(a->data, a->len, b->data, b->len);
}

void trial_init(struct trial *t, const char *text, size_t len)
{
	*t = (struct trial){.text = text, .len = len};
	reading_make(&t->old, text, len);
	t->file = maincf_parse(text, len);
}

char *trial_end(struct trial *t, bool good)
{
	verdicts_release(&t->verdicts);
	maincf_free(t->file);
	reading_release(&t->old);
	reading_release(&t->new);
	buf_release(&t->new_text);
	if (!good)
		return buf_detach(&t->why);
	buf_release(&t->why);
	return NULL;
}

/* The patterns are compiled once. */
struct policy *trial_policy(void)
{
	static struct policy *p;

	if (p == NULL)
		p = policy_builtin("opportunistic");
	return p;
}

void trial_act(struct maincf *file, const struct verdicts *verdicts)
{
	const struct verdict *v;
	size_t i;

	for (i = 0; i < verdicts->n; i++) {
		v = &verdicts->v[i];
		if (v->code == VERDICT_MET || v->value == NULL)
			continue;
		if (v->occurrence != MAINCF_NONE)
			maincf_set(file, v->occurrence, v->value);
		else
			(void)maincf_add(file, v->rule->name, v->value);
	}
}
