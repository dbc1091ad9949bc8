/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include <stdlib.h>

void outcome_error(struct outcome *o, size_t line, const char *text)
{
	if (o->error.len > 0)
		buf_addc(&o->error, '\n');
	if (line > 0)
		buf_addf(&o->error, "%zu: ", line);
	buf_adds(&o->error, text);
}

void outcome_change(struct outcome *o, const char *parameter, size_t line, const char *old,
		    const char *new, struct buf *why)
{
	o->changes = xgrow(o->changes, o->n, &o->cap, sizeof(*o->changes));
	o->changes[o->n++] =
		(struct outcome_change){xstrdup(parameter), line, old != NULL ? xstrdup(old) : NULL,
					xstrdup(new), buf_detach(why)};
}

void outcome_clear(struct outcome *o)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		free(o->changes[i].parameter);
		free(o->changes[i].old);
		free(o->changes[i].new);
		free(o->changes[i].why);
	}
	free(o->changes);
	o->changes = NULL;
	o->n = o->cap = 0;
	o->changed = false;
	findings_release(&o->findings);
	buf_release(&o->diff);
	buf_clear(&o->error);
}

void outcome_release(struct outcome *o)
{
	outcome_clear(o);
	buf_release(&o->error);
	free(o->path);
	free(o->master_path);
	free(o->backup);
	*o = (struct outcome){.path = NULL};
}
