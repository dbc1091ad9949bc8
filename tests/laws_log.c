/* SPDX-License-Identifier: ISC */
/* What holds for every mail log: from its lines to each form of the report. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "delivery.h"
#include "laws.h"
#include "maillog.h"
#include "pipeline.h"
#include "report.h"
#include "tally.h"

/* 2026-11-24, and the month of the last line: stamps without a year get one of these days. */
#define BOUND ((int64_t)1795478400)
#define MONTH 10

static const char *const forms[] = {"text", "json", "prometheus"};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* How a log is handed over. */
enum way {
	WHOLE,      /* as it is */
	LINEWISE,   /* each line in a room of its own, which is gone when it was read */
	MINGLED,    /* lines that are none between all others */
	UNDERSTOOD, /* without those that are not understood */
	BLOCKWISE   /* through a pipeline, in blocks of a few bytes and more */
};

struct run {
	struct deliveries *deliveries;
	struct tally *tally;
	struct maillog_reader reader;
	struct stamp_clock clock;
	enum way way;
	uint64_t told[2];               /* by enum delivery_direction */
	uint64_t lines, not_understood; /* of the log, without those that were mingled in */
	const char *broken;             /* a law, as soon as it is seen to be */
	struct buf report[FORMS];
};

static void must(struct run *r, bool holds, const char *law)
{
	if (!holds && r->broken == NULL)
		r->broken = law;
}

static bool is_lower(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] >= 'A' && s.at[i] <= 'Z')
			return false;
	return true;
}

static void take_delivery(void *context, const struct delivery *d)
{
	struct run *r = context;

	must(r, d->state != DELIVERY_UNTOLD || d->witness < deliveries_witnesses(r->deliveries),
	     "who left a delivery untold is known");
	must(r, d->state == DELIVERY_ENCRYPTED || (d->protocol.len == 0 && d->cipher.len == 0),
	     "what was not encrypted has no protocol");
	must(r, d->direction == DELIVERY_OUT || d->recipient.len == 0,
	     "a message that came in has no recipient");
	must(r, is_lower(d->peer) && is_lower(d->domain), "names are in lower case");
	must(r, d->queue_id.len > 0, "a delivery has a queue ID");
	r->told[d->direction]++;
	tally_delivery(r->tally, d);
}

static void take_failure(void *context, const struct delivery_failure *f)
{
	struct run *r = context;

	must(r, f->reason < MAILLOG_REASONS, "a failure has a reason");
	tally_failure(r->tally, f);
}

static bool is_within(struct span s, const char *line, size_t len, const struct buf *text)
{
	return s.len == 0 || (s.at >= line && s.at + s.len <= line + len) ||
	       (text->len > 0 && s.at >= text->data && s.at + s.len <= text->data + text->len);
}

static void check_event(struct run *r, const struct maillog_event *e, const char *line, size_t len)
{
	/* Of a session protocol, cipher and trust stand in the place of the next three. */
	const struct span spans[] = {e->host,      e->tag,       e->peer,   e->queue_id,
				     e->recipient, e->addressee, e->domain, e->delays};
	size_t i;

	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		must(r, is_within(spans[i], line, len, &r->reader.text),
		     "what an event says is in its line");
	must(r, e->starttls <= e->starttls_tried || e->kind == MAILLOG_DISCONNECT,
	     "counters are those of a session's end");
}

static bool is_same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* What is kept of the lines before makes no difference. */
static void check_alone(struct run *r, const struct maillog_event *e, bool event, const char *line,
			size_t len)
{
	struct maillog_reader reader = {.len = 0};
	struct maillog_event alone;

	maillog_begin(&reader, len);
	must(r,
	     maillog_read(&reader, line, len, &alone) == event && alone.kind == e->kind &&
		     alone.month == e->month,
	     "a line is what it is without those before it");
	must(r, alone.month < 0 || alone.when == e->when, "so is its time");
	if (event)
		must(r,
		     alone.who == e->who && alone.by == e->by && alone.pid == e->pid &&
			     alone.queue_number == e->queue_number &&
			     alone.recipient_number == e->recipient_number &&
			     is_same(alone.host, e->host) && is_same(alone.tag, e->tag) &&
			     is_same(alone.peer, e->peer),
		     "and what it says");
	maillog_release(&reader);
}

static bool take_line(struct run *r, const char *line, size_t len)
{
	struct maillog_event e;
	bool event;

	maillog_begin(&r->reader, len);
	event = maillog_read(&r->reader, line, len, &e);
	check_alone(r, &e, event, line, len);
	maillog_date(&r->clock, &e);
	if (event) {
		check_event(r, &e, line, len);
		deliveries_take(r->deliveries, &e);
	}
	return e.kind != MAILLOG_MALFORMED;
}

static bool take_copy(struct run *r, const char *line, size_t len)
{
	char *copy = xmalloc(len > 0 ? len : 1);
	bool understood;

	(void)memcpy(copy, line, len);
	understood = take_line(r, copy, len);
	/* Whoever still looks at it sees something else. */
	(void)memset(copy, '#', len);
	free(copy);
	return understood;
}

static bool is_understood(const char *line, size_t len)
{
	struct maillog_reader reader = {.len = 0};
	struct maillog_event e;

	maillog_begin(&reader, len);
	(void)maillog_read(&reader, line, len, &e);
	maillog_release(&reader);
	return e.kind != MAILLOG_MALFORMED;
}

static void mingle(struct run *r)
{
	static const char *const none[] = {
		"#",
		"Trusted TLS connection established to a[1.2.3.4]:25: TLSv1.3 with cipher X (1)",
		"Dec 31 23:59:59x out1 postfix/smtp[1]: ABCDE: to=<a@b>, status=sent (x)",
		"{\"log\":\"Jan 01 00:00:00 out1 postfix/master[1]: daemon started \\x",
		"Feb  1 00:00:99 out1 postfix/smtpd[1]: connect from a[1.2.3.4]",
	};
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		must(r, !take_line(r, none[i], strlen(none[i])), "what is no log line is none");
}

static void take(struct run *r, const char *line, size_t len)
{
	bool understood;

	if (r->way == UNDERSTOOD && !is_understood(line, len)) {
		r->lines++;
		r->not_understood++;
		return;
	}
	if (r->way == MINGLED)
		mingle(r);
	understood = r->way == LINEWISE ? take_copy(r, line, len) : take_line(r, line, len);
	r->lines++;
	r->not_understood += !understood;
}

static bool told(const void *context, unsigned witness)
{
	return deliveries_told(context, witness);
}

static void show(struct run *r)
{
	struct report report = {.tally = r->tally,
				.source = "a log",
				.by = TALLY_PEER,
				.what_if = "encrypt",
				.lines = r->lines,
				.not_understood = r->not_understood};
	size_t i;

	tally_finish(r->tally, told, r->deliveries);
	for (i = 0; i < FORMS; i++)
		report_by_name(forms[i])(&report, &r->report[i]);
}

static bool take_events(void *context, struct pipeline_events *events)
{
	struct run *r = context;
	const struct maillog_event *e;

	while ((e = pipeline_next(events)) != NULL)
		deliveries_take(r->deliveries, e);
	r->lines += events->lines;
	r->not_understood += events->not_understood;
	return true;
}

/* Whole lines in blocks, each with room for twice as many bytes as the one before it. */
static void take_blocks(struct run *r, const char *text, size_t len)
{
	const struct pipeline_sink sink = {r, take_events};
	struct pipeline *p = pipeline_new(&sink, 0);
	size_t most = 32, n, size;
	const char *newline;

	for (; len > 0; text += n, len -= n) {
		n = len < most ? len : most;
		newline = memrchr(text, '\n', n);
		if (newline == NULL)
			newline = memchr(text, '\n', len);
		n = newline != NULL ? (size_t)(newline + 1 - text) : len;
		(void)memcpy(pipeline_room(p, n, &size), text, n);
		must(r, size >= n && pipeline_put(p, &r->clock, n), "there is room for a block");
		most *= 2;
	}
	must(r, pipeline_settle(p), "all blocks are told of");
	pipeline_free(p);
}

static void take_lines(struct run *r, const char *text, size_t len)
{
	const char *end = text + len, *newline;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			newline = end;
		take(r, text, (size_t)(newline - text));
	}
}

static void read_log(struct run *r, enum way way, const char *text, size_t len)
{
	const struct delivery_sink sink = {r, take_delivery, take_failure};

	*r = (struct run){.way = way};
	r->deliveries = deliveries_new(&sink);
	r->tally = tally_new("encrypt");
	stamp_clock_init(&r->clock, MONTH, BOUND, 0);
	if (way == BLOCKWISE)
		take_blocks(r, text, len);
	else
		take_lines(r, text, len);
	deliveries_end(r->deliveries);
	show(r);
}

static void release(struct run *r)
{
	size_t i;

	for (i = 0; i < FORMS; i++)
		buf_release(&r->report[i]);
	tally_free(r->tally);
	deliveries_free(r->deliveries);
	maillog_release(&r->reader);
}

/* ---- what was told, counted and shown ---- */

static uint64_t sum(const struct tally_counts *c)
{
	return c->encrypted + c->plaintext + c->unknown;
}

static void check_rows(struct run *r, enum tally_by by, enum delivery_direction direction)
{
	struct tally_row row = TALLY_ROW_INIT;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < tally_rows(r->tally, by); i++) {
		tally_row(r->tally, by, i, &row);
		n += sum(&row.counts[direction]);
	}
	tally_row_release(&row);
	must(r, n == r->told[direction], "rows together are all that was told");
}

static bool says(const json_t *counts, const char *key, uint64_t n)
{
	const json_t *value = json_object_get(counts, key);

	return json_is_integer(value) && (uint64_t)json_integer_value(value) == n;
}

static void check_document(struct run *r)
{
	const struct buf *text = &r->report[1];
	json_t *document = json_loadb(buf_string(text), text->len, JSON_REJECT_DUPLICATES, NULL);
	const struct tally_counts *c;
	const json_t *counts;
	int i;

	must(r, document != NULL, "the document is JSON");
	for (i = 0; i < 2; i++) {
		c = tally_total(r->tally, (enum delivery_direction)i);
		counts = json_object_get(document, i == DELIVERY_OUT ? "out" : "in");
		must(r,
		     says(counts, "encrypted", c->encrypted) &&
			     says(counts, "plaintext", c->plaintext) &&
			     says(counts, "unknown", c->unknown),
		     "the document says what was counted");
	}
	must(r, says(document, "lines", r->lines), "the document says how many lines there were");
	json_decref(document);
}

/* Lines of the text shown to people: no bytes that move a cursor. */
static void check_text(struct run *r)
{
	const struct buf *text = &r->report[0];
	size_t i;

	for (i = 0; i < text->len; i++)
		must(r, (unsigned char)text->data[i] >= 0x20 || text->data[i] == '\n',
		     "the text has no control bytes");
}

static void check_counts(struct run *r)
{
	int i;

	for (i = 0; i < 2; i++) {
		must(r, sum(tally_total(r->tally, (enum delivery_direction)i)) == r->told[i],
		     "what was counted is what was told");
		check_rows(r, TALLY_DAY, (enum delivery_direction)i);
		check_rows(r, TALLY_PEER, (enum delivery_direction)i);
		check_rows(r, TALLY_DOMAIN, (enum delivery_direction)i);
	}
	check_document(r);
	check_text(r);
}

static bool are_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_string(a), buf_string(b), a->len) == 0;
}

static void compare(struct run *whole, enum way way, const char *text, size_t len, const char *law)
{
	struct run other = {.way = way};
	size_t i;

	read_log(&other, way, text, len);
	must(whole, other.broken == NULL, other.broken);
	must(whole, other.not_understood == whole->not_understood, law);
	for (i = 0; i < FORMS; i++)
		must(whole, are_same(&whole->report[i], &other.report[i]), law);
	release(&other);
}

char *laws_log_broken(const char *text, size_t len)
{
	struct run r = {.way = WHOLE};
	char *law;

	read_log(&r, WHOLE, text, len);
	check_counts(&r);
	compare(&r, LINEWISE, text, len, "lines are forgotten when they were read");
	compare(&r, MINGLED, text, len, "lines that are none change nothing");
	compare(&r, UNDERSTOOD, text, len, "lines that are not understood change nothing");
	compare(&r, BLOCKWISE, text, len, "lines in blocks are what they are one by one");
	law = r.broken != NULL ? xstrdup(r.broken) : NULL;
	release(&r);
	return law;
}
