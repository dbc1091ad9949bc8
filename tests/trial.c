/* SPDX-License-Identifier: ISC */
#include "trial.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policyfile.h"

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

void trial_init(struct trial *t, enum laws_policy policy, const char *text, size_t len)
{
	*t = (struct trial){.policy = policy, .text = text, .len = len};
	t->managed = laws_count(policy);
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

struct policy *trial_policy(const struct trial *t)
{
	static struct policy *made[LAWS_POLICIES];

	if (made[t->policy] == NULL)
		made[t->policy] = policy_builtin(laws_policy_name(t->policy));
	return made[t->policy];
}

struct policy *trial_twin(const struct trial *t)
{
	static struct policy *made[LAWS_POLICIES];
	struct policyfile_errors errors = {0};
	struct buf text = BUF_INIT;

	if (made[t->policy] == NULL) {
		policyfile_print(trial_policy(t), &text);
		made[t->policy] = policyfile_parse(buf_string(&text), text.len, &errors);
	}
	policyfile_errors_release(&errors);
	buf_release(&text);
	return made[t->policy];
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool same_verdicts(const struct verdicts *one, const struct verdicts *two)
{
	const struct verdict *a = one->v, *b = two->v;
	size_t i;

	for (i = 0; i < one->n && i < two->n; i++)
		if (strcmp(a[i].rule->name, b[i].rule->name) != 0 || a[i].code != b[i].code ||
		    a[i].occurrence != b[i].occurrence || !same_text(a[i].value, b[i].value) ||
		    !same_text(a[i].cause, b[i].cause) ||
		    !same_text(a[i].rule->why, b[i].rule->why))
			return false;
	return one->n == two->n;
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
