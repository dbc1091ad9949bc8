/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "report_forms.h"

#define MUCH 65536

report_form *report_by_name(const char *name)
{
	static const struct {
		const char *name;
		report_form *function;
	} forms[] = {
		{"text", report_text}, {"json", report_json}, {"prometheus", report_prometheus}};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].name, name) == 0)
			return forms[i].function;
	return NULL;
}

double report_share(const struct tally_counts *c)
{
	if (c->encrypted + c->plaintext == 0)
		return -1;
	return 100.0 * (double)c->encrypted / (double)(c->encrypted + c->plaintext);
}

const char *report_way(enum delivery_direction direction)
{
	return direction == DELIVERY_OUT ? "out" : "in";
}

const char *report_state(enum delivery_state state)
{
	static const char *const names[] = {"encrypted", "plaintext", "unknown", "unknown"};

	return names[state];
}

size_t report_limit(const struct report *r, size_t n, size_t usual)
{
	size_t most = r->top > 0 ? r->top : usual;

	return most > 0 && most < n ? most : n;
}

size_t report_first_row(const struct report *r, size_t n, size_t shown)
{
	return r->by == TALLY_DAY ? n - shown : 0;
}

bool report_is_lower_bound(const struct report *r)
{
	const struct tally_counts *out = tally_total(r->tally, DELIVERY_OUT);

	return tally_is_lower_bound(r->what_if) ||
	       (strcmp(r->what_if, "encrypt") == 0 && out->unknown > out->lmtp_unknown);
}

void report_drain(const struct report *r, struct buf *out)
{
	if (r->drain != NULL && out->len >= MUCH)
		r->drain(r->context, out);
}

void report_percent(struct buf *out, uint64_t part, uint64_t whole)
{
	double tenths = whole > 0 ? 1000.0 * (double)part / (double)whole : 0;

	if (part > 0 && tenths < 1)
		buf_adds(out, "< 0.1 %");
	else if (part < whole && tenths > 999)
		buf_adds(out, "> 99.9 %");
	else if (part == 0 || part == whole)
		buf_addf(out, "%d %%", part == 0 ? 0 : 100);
	else
		buf_addf(out, "%.1f %%", tenths / 10);
}
