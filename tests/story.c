/* SPDX-License-Identifier: ISC */
#include "story.h"

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct story_untold {
	size_t at; /* in text: where the word belongs */
	unsigned witness;
};

static void add_span(struct buf *out, struct span s, const char *behind)
{
	buf_add(out, s.at, s.len);
	buf_adds(out, behind);
}

static void note_untold(struct story *s, unsigned witness)
{
	s->untold = xgrow(s->untold, s->n, &s->cap, sizeof(*s->untold));
	s->untold[s->n++] = (struct story_untold){s->text.len, witness};
}

static void take_delivery(void *context, const struct delivery *d)
{
	static const char *const states[] = {"encrypted", "plaintext", "unknown", "?"};
	struct story *s = context;

	buf_adds(&s->text, d->direction == DELIVERY_OUT ? "out " : "in ");
	add_span(&s->text, d->queue_id, " ");
	add_span(&s->text, d->direction == DELIVERY_OUT ? d->recipient : d->domain, " ");
	add_span(&s->text, d->peer, " ");
	if (d->state == DELIVERY_UNTOLD)
		note_untold(s, d->witness);
	buf_adds(&s->text, states[d->state]);
	buf_adds(&s->text, d->protocol.len > 0 ? " " : "");
	add_span(&s->text, d->protocol, "\n");
}

static void take_failure(void *context, const struct delivery_failure *f)
{
	struct story *s = context;

	buf_addf(&s->text, "failed %s ", f->direction == DELIVERY_OUT ? "out" : "in");
	add_span(&s->text, f->peer, " ");
	buf_addf(&s->text, "%s\n", delivery_reason(f->reason));
}

void story_begin(struct story *s, const struct delivery_sink *sink)
{
	const struct delivery_sink own = {s, take_delivery, take_failure};

	*s = (struct story){.text = BUF_INIT, .line = BUF_INIT};
	s->d = deliveries_new(sink != NULL ? sink : &own);
	stamp_clock_init(&s->clock, 10, 1795478400, 0);
}

void story_line(struct story *s, const char *bytes, size_t len)
{
	struct maillog_event e;

	maillog_begin(&s->reader, len);
	if (maillog_read(&s->reader, bytes, len, &e)) {
		maillog_date(&s->clock, &e);
		deliveries_take(s->d, &e);
	}
	/* Each assertion that holds is written down, too, which takes its time. */
	if (e.kind == MAILLOG_MALFORMED)
		ck_abort_msg("%.*s", (int)len, bytes);
}

void story_at(struct story *s, unsigned second, const char *fmt, ...)
{
	unsigned day = second / 86400;
	va_list ap;

	buf_clear(&s->line);
	buf_addf(&s->line, "2026-%02u-%02uT%02u:%02u:%02uZ out1 postfix/", 7 + day / 28,
		 1 + day % 28, second / 3600 % 24, second / 60 % 60, second % 60);
	va_start(ap, fmt);
	buf_addv(&s->line, fmt, ap);
	va_end(ap);
	story_line(s, s->line.data, s->line.len);
}

/* The words that were not known, each in its place. */
static void settle(struct story *s)
{
	struct buf text = BUF_INIT;
	size_t i, from = 0;

	for (i = 0; i < s->n; i++) {
		ck_assert_uint_lt(s->untold[i].witness, deliveries_witnesses(s->d));
		buf_add(&text, s->text.data + from, s->untold[i].at - from);
		buf_adds(&text,
			 deliveries_told(s->d, s->untold[i].witness) ? "plaintext" : "unknown");
		from = s->untold[i].at + 1;
	}
	buf_add(&text, buf_string(&s->text) + from, s->text.len - from);
	buf_release(&s->text);
	s->text = text;
	s->n = 0;
}

const char *story_text(struct story *s)
{
	deliveries_end(s->d);
	settle(s);
	return buf_string(&s->text);
}

void story_end(struct story *s)
{
	deliveries_free(s->d);
	maillog_release(&s->reader);
	buf_release(&s->text);
	buf_release(&s->line);
	free(s->untold);
}
