/* SPDX-License-Identifier: ISC */
#include "listing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diag.h"

static const char *const states[] = {
	[DELIVERY_ENCRYPTED] = "encrypted",
	[DELIVERY_PLAINTEXT] = "plaintext",
	[DELIVERY_UNKNOWN] = "unknown",
};

static void add_field(struct buf *out, struct span field)
{
	buf_addc(out, '\t');
	if (field.len > 0)
		diag_escape(out, field.at, field.len);
	else
		buf_addc(out, '-');
}

/* RFC 3339, in local time. */
static void add_time(struct buf *out, int64_t when)
{
	time_t t = (time_t)when;
	char text[40];
	struct tm tm;

	(void)localtime_r(&t, &tm);
	(void)strftime(text, sizeof(text), "\t%Y-%m-%dT%H:%M:%S%z", &tm);
	/* +0200 -> +02:00 */
	buf_add(out, text, strlen(text) - 2);
	buf_addf(out, ":%s", text + strlen(text) - 2);
}

static void add_start(struct buf *out, const struct delivery *d)
{
	buf_adds(out, d->direction == DELIVERY_OUT ? "out" : "in");
	add_time(out, d->when);
	add_field(out, d->queue_id);
	add_field(out, d->recipient);
	add_field(out, d->peer);
}

static void add_end(struct buf *out, enum delivery_state state, struct span protocol)
{
	buf_addf(out, "\t%s", states[state]);
	add_field(out, protocol);
	buf_addc(out, '\n');
}

static struct buf *kept_of(struct listing *l, unsigned witness)
{
	if (witness >= l->n) {
		l->kept = xreallocarray(l->kept, (size_t)witness + 1, sizeof(*l->kept));
		memset(l->kept + l->n, 0, (witness + 1 - l->n) * sizeof(*l->kept));
		l->n = (size_t)witness + 1;
	}
	return &l->kept[witness];
}

void listing_add(struct listing *l, const struct delivery *d)
{
	struct buf *kept;

	if (d->state == DELIVERY_UNTOLD) {
		kept = kept_of(l, d->witness);
		add_start(kept, d);
		buf_addc(kept, '\n');
		return;
	}
	add_start(&l->out, d);
	add_end(&l->out, d->state, d->protocol);
}

/* No newline is in a field, so that each ends a line. */
static void settle(struct listing *l, struct buf *kept, enum delivery_state state)
{
	const char *at = kept->data, *end;
	size_t left = kept->len;

	while (left > 0 && (end = memchr(at, '\n', left)) != NULL) {
		buf_add(&l->out, at, (size_t)(end - at));
		add_end(&l->out, state, (struct span){NULL, 0});
		left -= (size_t)(end + 1 - at);
		at = end + 1;
	}
	buf_release(kept);
}

void listing_settle(struct listing *l, const struct deliveries *all, bool end)
{
	bool told;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l->kept[i].len == 0)
			continue;
		told = deliveries_told(all, (unsigned)i);
		if (told || end)
			settle(l, &l->kept[i], told ? DELIVERY_PLAINTEXT : DELIVERY_UNKNOWN);
	}
}

void listing_release(struct listing *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		buf_release(&l->kept[i]);
	free(l->kept);
	buf_release(&l->out);
	*l = (struct listing){.kept = NULL};
}
