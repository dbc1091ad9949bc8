/* SPDX-License-Identifier: ISC */
#include "finding.h"

#include <stdlib.h>

#include "diag.h"

static const struct {
	const char *name;
	enum finding_severity severity;
} codes[] = {
	[FINDING_POLICY_UNMET] = {"policy-unmet", SEVERITY_ERROR},
	[FINDING_FATAL_VALUE] = {"fatal-value", SEVERITY_ERROR},
	[FINDING_WRAPPERMODE_LEVEL] = {"wrappermode-level", SEVERITY_ERROR},
	[FINDING_UNKNOWN_VALUE] = {"unknown-value", SEVERITY_ERROR},
	[FINDING_IMPLIED_LEVEL] = {"implied-level", SEVERITY_WARNING},
	[FINDING_DEAD_DUPLICATE] = {"dead-duplicate", SEVERITY_WARNING},
};

static const struct {
	const char *name;
	const char *colour;
} severities[] = {
	[SEVERITY_ERROR] = {"error", "\033[1;31m"},
	[SEVERITY_WARNING] = {"warning", "\033[1;33m"},
	[SEVERITY_NOTE] = {"note", "\033[1;36m"},
};

const char *finding_name(enum finding_code code)
{
	return codes[code].name;
}

enum finding_severity finding_severity(enum finding_code code)
{
	return codes[code].severity;
}

void findings_add(struct findings *all, enum finding_code code, size_t line, struct buf *text)
{
	struct finding *f;

	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	f = &all->v[all->n];
	*f = (struct finding){.code = code, .line = line, .seq = all->n};
	f->text = buf_detach(text);
	all->n++;
}

static int by_line(const void *one, const void *two)
{
	const struct finding *a = one, *b = two;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void findings_sort(struct findings *all)
{
	if (all->n > 1)
		qsort(all->v, all->n, sizeof(*all->v), by_line);
}

bool findings_fail(const struct findings *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (finding_severity(all->v[i].code) == SEVERITY_ERROR)
			return true;
	return false;
}

void finding_text(const struct finding *f, struct buf *out)
{
	buf_addf(out, "%s: %s [%s]", severities[finding_severity(f->code)].name, f->text,
		 finding_name(f->code));
}

static void print_one(const struct finding *f, const char *path, bool colour, struct buf *out)
{
	enum finding_severity severity = finding_severity(f->code);
	struct buf line = BUF_INIT;

	buf_addf(&line, "%s:%zu: ", path, f->line);
	diag_escape(out, line.data, line.len);
	buf_clear(&line);
	buf_addf(out, "%s%s:%s ", colour ? severities[severity].colour : "",
		 severities[severity].name, colour ? "\033[m" : "");
	buf_addf(&line, "%s [%s]", f->text, finding_name(f->code));
	diag_escape(out, line.data, line.len);
	buf_addc(out, '\n');
	buf_release(&line);
}

void findings_print(const struct findings *all, const char *path, bool colour, struct buf *out)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		print_one(&all->v[i], path, colour, out);
}

void findings_release(struct findings *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->v[i].text);
	free(all->v);
	*all = (struct findings){0};
}
