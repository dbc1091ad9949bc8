/* SPDX-License-Identifier: ISC */
#include "log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "delivery.h"
#include "diag.h"
#include "listing.h"
#include "logfiles.h"
#include "logoptions.h"
#include "maillog.h"
#include "options.h"
#include "output.h"
#include "pipeline.h"
#include "privileges.h"
#include "progress.h"
#include "report.h"
#include "tally.h"
#include "version.h"

/* What is asked for if nobody says how much. */
#define ALL_OF_IT 100.0

struct run {
	struct logoptions options;
	struct logfiles *files;
	struct pipeline *pipeline;
	struct deliveries *deliveries;
	struct tally *tally;
	struct listing listing;
	struct progress progress;
	bool watched; /* somebody looks at the progress */
	bool deaf;    /* output is in trouble, which is said already */
	uint64_t lines, not_understood, suppressed;
};

/* ---- progress ---- */

static void show(struct buf *text)
{
	ssize_t unused = text->len > 0 ? write(STDERR_FILENO, text->data, text->len) : 0;

	(void)unused;
	buf_release(text);
}

static void show_progress(struct run *r)
{
	struct buf text = BUF_INIT;
	uint64_t done, total;
	struct timespec now;

	if (!r->watched || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return;
	logfiles_progress(r->files, &done, &total);
	progress_step(&r->progress, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, done, total,
		      &text);
	show(&text);
}

static void hide_progress(struct run *r)
{
	struct buf text = BUF_INIT;

	progress_end(&r->progress, &text);
	show(&text);
}

/* ---- lines, deliveries ---- */

static bool is_wanted(const struct run *r, int64_t when)
{
	return when >= r->options.since && when <= r->options.until;
}

static void take_delivery(void *context, const struct delivery *d)
{
	struct run *r = context;

	if (!is_wanted(r, d->when))
		return;
	if (r->options.deliveries)
		listing_add(&r->listing, d);
	else
		tally_delivery(r->tally, d);
}

static void take_failure(void *context, const struct delivery_failure *f)
{
	struct run *r = context;

	if (is_wanted(r, f->when) && !r->options.deliveries)
		tally_failure(r->tally, f);
}

/* Prints it and clears it. What nobody hears is said once. */
static void print(void *context, struct buf *out)
{
	struct run *r = context;

	if (!r->deaf && !output_print(out)) {
		hide_progress(r);
		(void)output_trouble();
		r->deaf = true;
	}
	buf_clear(out);
}

static bool print_listing(struct run *r, bool end)
{
	listing_settle(&r->listing, r->deliveries, end);
	print(r, &r->listing.out);
	return !r->deaf;
}

static bool take_events(void *context, struct pipeline_events *events)
{
	struct run *r = context;
	const struct maillog_event *e;

	while ((e = pipeline_next(events)) != NULL) {
		if (e->kind == MAILLOG_SUPPRESSED)
			r->suppressed += e->count;
		deliveries_take(r->deliveries, e);
	}
	r->lines += events->lines;
	r->not_understood += events->not_understood;
	show_progress(r);
	return !r->options.deliveries || print_listing(r, false);
}

/* ---- what is read goes through the pipeline ---- */

static char *give_room(void *context, size_t least, size_t *size)
{
	const struct run *r = context;

	return pipeline_room(r->pipeline, least, size);
}

static bool take_block(void *context, struct stamp_clock *clock, size_t len)
{
	const struct run *r = context;

	return pipeline_put(r->pipeline, clock, len);
}

static bool take_part(void *context, struct stamp_clock *clock, int fd, off_t from, size_t len)
{
	const struct run *r = context;

	return pipeline_put_file(r->pipeline, clock, fd, from, len);
}

static int get_error(void *context)
{
	const struct run *r = context;

	return pipeline_error(r->pipeline);
}

static bool settle(void *context)
{
	const struct run *r = context;

	return pipeline_settle(r->pipeline);
}

static void take_trouble(void *context, const char *name, const char *cause)
{
	hide_progress(context);
	diag(DIAG_ERROR, name, 0, "%s", cause);
}

/* ---- the logs ---- */

static enum exit_status open_one(struct run *r, const char *path)
{
	struct buf why = BUF_INIT;
	enum exit_status rc = EXIT_IN_ORDER;

	switch (logfiles_add(r->files, path, &why)) {
	case LOGFILES_FAILED:
		diag(DIAG_ERROR, path, 0, "%s", buf_string(&why));
		rc = EXIT_TROUBLE;
		break;
	case LOGFILES_TWICE:
		diag(DIAG_INFO, path, 0, "the same file as one before; it is read once");
		break;
	case LOGFILES_ADDED:
		break;
	}
	buf_release(&why);
	return rc;
}

static enum exit_status open_system(struct run *r)
{
	struct buf why = BUF_INIT;
	enum exit_status rc = EXIT_IN_ORDER;

	if (logfiles_add_system(r->files, &why) == LOGFILES_FAILED) {
		diag(DIAG_ERROR, NULL, 0, "%s", buf_string(&why));
		rc = EXIT_TROUBLE;
	} else {
		diag(DIAG_INFO, NULL, 0, "reading %s", logfiles_source(r->files));
	}
	buf_release(&why);
	return rc;
}

/* As grep(1) has it: what cannot be opened is said, and the rest is read. */
static enum exit_status open_all(struct run *r, char **logs, int n)
{
	enum exit_status rc = EXIT_IN_ORDER;
	int i;

	if (n == 0)
		return open_system(r);
	for (i = 0; i < n; i++)
		rc = status_worse(rc, open_one(r, logs[i]));
	return rc;
}

static enum exit_status read_all(struct run *r)
{
	const struct logfiles_sink sink = {r,         give_room, take_block,  take_part,
					   get_error, settle,    take_trouble};
	int rc = logfiles_read(r->files, &sink);

	(void)settle(r);
	deliveries_end(r->deliveries);
	hide_progress(r);
	return rc < 0 || r->deaf ? EXIT_TROUBLE : EXIT_IN_ORDER;
}

/* ---- --check ---- */

/* With two decimals. What is not enough is not to look as if it were. */
static double shown_share(double share, double least)
{
	double rounded = (double)(uint64_t)(share * 100 + 0.5) / 100;

	return share < least && rounded >= least ? rounded - 0.01 : rounded;
}

static const char *missing_loglevel(const char *direction, const struct tally_counts *c)
{
	if (strcmp(direction, "in") == 0)
		return "smtpd_tls_loglevel = 1";
	return c->unknown > c->lmtp_unknown ? "smtp_tls_loglevel = 1" : "lmtp_tls_loglevel = 1";
}

static void add_verdict(struct buf *out, const char *direction, const struct tally_counts *c,
			double least, bool good)
{
	uint64_t known = c->encrypted + c->plaintext;

	buf_addf(out, "%s: ", direction);
	if (known + c->unknown == 0)
		buf_adds(out, "no mail");
	else if (known == 0)
		buf_addf(out, "not known of any of %llu: %s may be missing",
			 (unsigned long long)c->unknown, missing_loglevel(direction, c));
	else
		buf_addf(out, "%llu of %llu encrypted, %.2f %%; %llu not known; %.10g %% wanted",
			 (unsigned long long)c->encrypted, (unsigned long long)known,
			 shown_share(report_share(c), least), (unsigned long long)c->unknown,
			 least);
	buf_adds(out, good ? ": ok\n" : ": FAILED\n");
}

/* No mail at all one way is nothing to complain of, but mail of which nothing is known is. */
static bool check_one(struct buf *out, const struct tally *t, enum delivery_direction direction,
		      double least)
{
	const struct tally_counts *c = tally_total(t, direction);
	uint64_t known = c->encrypted + c->plaintext;
	bool good = known > 0 ? report_share(c) >= least : c->unknown == 0;

	add_verdict(out, direction == DELIVERY_OUT ? "out" : "in", c, least, good);
	return good;
}

static bool is_empty(const struct tally *t)
{
	int64_t from, until;

	return !tally_span(t, &from, &until);
}

static enum exit_status check(const struct run *r, struct buf *out)
{
	double least = r->options.least >= 0 ? r->options.least : ALL_OF_IT;
	bool good = check_one(out, r->tally, DELIVERY_OUT, least);

	good = check_one(out, r->tally, DELIVERY_IN, least) && good;
	if (is_empty(r->tally)) {
		buf_adds(out, "no mail at all, so nothing is shown: FAILED\n");
		good = false;
	}
	return good ? EXIT_IN_ORDER : EXIT_UNMET;
}

/* ---- the report ---- */

/* Whether the terminal shows more than ASCII: by the variable that setlocale() would take. */
static bool is_wide(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = getenv(names[i]);
		if (value != NULL && *value != '\0')
			break;
	}
	return value != NULL && isatty(STDOUT_FILENO) &&
	       (strcasestr(value, "UTF-8") != NULL || strcasestr(value, "utf8") != NULL);
}

static bool is_document(const struct run *r)
{
	const char *format = r->options.format;

	return format != NULL && strcmp(format, "text") != 0;
}

/* A document for programs has bytes that a terminal must not see; the text has none. */
static void print_document(void *context, struct buf *out)
{
	struct buf safe = BUF_INIT;

	diag_show(&safe, buf_string(out), out->len);
	buf_clear(out);
	print(context, &safe);
	buf_release(&safe);
}

static void make_report(struct run *r, struct buf *out)
{
	const struct logoptions *o = &r->options;
	const struct report report = {
		.tally = r->tally,
		.source = logfiles_source(r->files),
		.by = o->by,
		.what_if = o->what_if,
		.top = o->top,
		.lines = r->lines,
		.not_understood = r->not_understood,
		.suppressed = r->suppressed,
		.wide = is_wide(),
		.colour = options_want_colour(o->colour),
		.drain = is_document(r) && isatty(STDOUT_FILENO) ? print_document : print,
		.context = r,
	};

	o->form(&report, out);
	report.drain(r, out);
}

/* Lines of the check as messages, where standard output has a document. */
static void say_lines(const struct buf *lines)
{
	const char *p = buf_string(lines);
	size_t len;

	for (; *p != '\0'; p += len + 1) {
		len = strcspn(p, "\n");
		diag(DIAG_INFO, NULL, 0, "%.*s", (int)len, p);
	}
}

static bool told(const void *context, unsigned witness)
{
	return deliveries_told(context, witness);
}

static enum exit_status conclude(struct run *r)
{
	bool document = is_document(r);
	struct buf out = BUF_INIT, verdict = BUF_INIT;
	enum exit_status rc = EXIT_IN_ORDER;

	tally_finish(r->tally, told, r->deliveries);
	if (r->options.check)
		rc = check(r, &verdict);
	if (document || !r->options.check)
		make_report(r, &out);
	if (document)
		say_lines(&verdict);
	else
		print(r, &verdict);
	buf_release(&out);
	buf_release(&verdict);
	return r->deaf ? EXIT_TROUBLE : rc;
}

static enum exit_status read_and_report(struct run *r)
{
	enum exit_status rc = read_all(r);

	if (!r->options.deliveries)
		return status_worse(rc, conclude(r));
	if (!r->deaf && !print_listing(r, true))
		rc = EXIT_TROUBLE;
	return rc;
}

static enum exit_status work(struct run *r, char **logs, int n)
{
	const struct delivery_sink sink = {r, take_delivery, take_failure};
	const struct pipeline_sink events = {r, take_events};
	struct buf why = BUF_INIT;
	enum exit_status rc = open_all(r, logs, n);

	/* Who reads a document gets one, whatever there was to be read. */
	if (rc == EXIT_TROUBLE && logfiles_source(r->files)[0] == '\0' && !is_document(r))
		return rc;
	/* What strangers can write into a log is read by nobody. */
	if (privileges_drop(&why) < 0) {
		diag(DIAG_ERROR, NULL, 0, "%s", buf_string(&why));
		buf_release(&why);
		return EXIT_TROUBLE;
	}
	logfiles_begin(r->files);
	r->deliveries = deliveries_new(&sink);
	r->tally = tally_new(r->options.what_if);
	r->pipeline = pipeline_new(&events, pipeline_threads());
	rc = status_worse(rc, read_and_report(r));
	pipeline_free(r->pipeline);
	tally_free(r->tally);
	deliveries_free(r->deliveries);
	return rc;
}

enum exit_status log_command(int argc, char **argv)
{
	struct run r = {.watched = false};
	enum exit_status rc;

	options_command(PROGRAM " log");
	rc = logoptions_parse(&r.options, argc, argv, (int64_t)time(NULL));
	if (rc != EXIT_IN_ORDER)
		return rc;
	if (r.options.help || r.options.version) {
		(void)fputs(r.options.help ? logoptions_help() : PROGRAM " " TLSHARDEN_VERSION "\n",
			    stdout);
		return EXIT_IN_ORDER;
	}
	/* Whoever started us may have told us not to hear of our children. */
	(void)signal(SIGCHLD, SIG_DFL);
	r.watched = diag_says(DIAG_INFO) && isatty(STDERR_FILENO);
	r.files = logfiles_new();
	rc = work(&r, argv + optind, argc - optind);
	logfiles_free(r.files);
	listing_release(&r.listing);
	return rc;
}
