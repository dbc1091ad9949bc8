/* SPDX-License-Identifier: ISC */
#include "report_forms.h"

#include <inttypes.h>
#include <string.h>

#define PREFIX "tlsharden_log_"

/* A log that is read again tells other numbers, lower ones after a rotation: all are gauges. */
static void metric(struct buf *out, const char *name, const char *help)
{
	buf_addf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s gauge\n", name, help, name);
}

static void plain(struct buf *out, const char *name, const char *help, int64_t value)
{
	metric(out, name, help);
	buf_addf(out, PREFIX "%s %" PRId64 "\n", name, value);
}

/* A value is UTF-8, as all names of the tally are. */
static void label(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_addc(out, '\\');
		if (*value == '\n')
			buf_adds(out, "\\n");
		else
			buf_addc(out, *value);
	}
	buf_addc(out, '"');
}

/* One sample: labels in the order that is given, values that are NULL are left out. */
static void sample(struct buf *out, const char *name, const char *const labels[][2], size_t n,
		   uint64_t value)
{
	const char *before = "{";
	size_t i;

	buf_addf(out, PREFIX "%s", name);
	for (i = 0; i < n; i++) {
		if (labels[i][1] == NULL)
			continue;
		buf_adds(out, before);
		label(out, labels[i][0], labels[i][1]);
		before = ",";
	}
	buf_addf(out, "} %" PRIu64 "\n", value);
}

/* The states of one row, each a sample; key is NULL for the whole log. */
static void states(struct buf *out, const char *name, const char *key_name, const char *key,
		   const struct tally_counts counts[2])
{
	size_t way, state;

	for (way = 0; way < 2; way++) {
		const uint64_t numbers[] = {counts[way].encrypted, counts[way].plaintext,
					    counts[way].unknown};
		for (state = DELIVERY_ENCRYPTED; state <= DELIVERY_UNKNOWN; state++) {
			const char *const labels[][2] = {
				{"direction", report_way((enum delivery_direction)way)},
				{key_name, key},
				{"state", report_state((enum delivery_state)state)}};

			sample(out, name, labels, 3, numbers[state]);
		}
	}
}

static void totals(const struct report *r, struct buf *out)
{
	const struct tally_counts counts[2] = {*tally_total(r->tally, DELIVERY_OUT),
					       *tally_total(r->tally, DELIVERY_IN)};
	size_t way;

	metric(out, "deliveries", "Deliveries to, and messages from, other hosts.");
	states(out, "deliveries", "", NULL, counts);
	metric(out, "forward_secrecy_deliveries",
	       "Those that were encrypted with forward secrecy.");
	for (way = 0; way < 2; way++) {
		const char *const labels[][2] = {
			{"direction", report_way((enum delivery_direction)way)}};

		sample(out, "forward_secrecy_deliveries", labels, 1, counts[way].forward_secrecy);
	}
}

static void names(const struct report *r, struct buf *out, enum tally_names which, const char *name,
		  const char *key_name, const char *help)
{
	const struct tally_list *list;
	size_t way, i;

	metric(out, name, help);
	for (way = 0; way < 2; way++) {
		list = &tally_total(r->tally, (enum delivery_direction)way)->names[which];
		for (i = 0; i < list->n; i++) {
			const char *const labels[][2] = {
				{"direction", report_way((enum delivery_direction)way)},
				{key_name, list->v[i].name}};

			sample(out, name, labels, 2, list->v[i].count);
		}
	}
}

/* Series for each peer or domain are many: they are there for who asks for them. */
static void rows(const struct report *r, struct buf *out)
{
	static const char *const keys[] = {"day", "peer", "domain"};
	struct tally_row row = TALLY_ROW_INIT;
	struct buf name = BUF_INIT;
	size_t i, n = tally_rows(r->tally, r->by), shown = report_limit(r, n, 0);
	size_t from = report_first_row(r, n, shown);

	if (r->by > TALLY_DOMAIN)
		return;
	buf_addf(&name, "%s_deliveries", keys[r->by]);
	metric(out, name.data, "The same by name or date.");
	for (i = from; i < from + shown; i++) {
		tally_row(r->tally, r->by, i, &row);
		states(out, name.data, keys[r->by], row.key, row.counts);
		report_drain(r, out);
	}
	tally_row_release(&row);
	buf_release(&name);
}

static void held_back(const struct report *r, struct buf *out)
{
	const char *const labels[][2] = {{"level", r->what_if}};
	uint64_t deliveries;
	size_t n;

	(void)tally_held_back(r->tally, &n, &deliveries);
	metric(out, "held_back_deliveries",
	       "Deliveries that smtp_tls_security_level would have held back.");
	sample(out, "held_back_deliveries", labels, 1, deliveries);
}

static void failures(const struct report *r, struct buf *out)
{
	uint64_t sums[2][MAILLOG_REASONS] = {{0}};
	size_t i, n;
	const struct tally_failure *f = tally_failures(r->tally, &n);

	for (i = 0; i < n; i++)
		sums[f[i].direction][f[i].reason] += f[i].count;
	metric(out, "failures", "Failures of TLS.");
	for (i = 0; i < 2 * (size_t)MAILLOG_REASONS; i++) {
		const char *const labels[][2] = {
			{"direction", report_way((enum delivery_direction)(i / MAILLOG_REASONS))},
			{"reason", delivery_reason((enum maillog_reason)(i % MAILLOG_REASONS))}};

		sample(out, "failures", labels, 2, sums[i / MAILLOG_REASONS][i % MAILLOG_REASONS]);
	}
}

void report_prometheus(const struct report *r, struct buf *out)
{
	int64_t from, until;
	size_t n, forgotten;

	plain(out, "lines", "Lines that were read.", (int64_t)r->lines);
	plain(out, "lines_not_understood", "Lines that were not understood.",
	      (int64_t)r->not_understood);
	plain(out, "lines_suppressed", "Lines that the logger says it dropped.",
	      (int64_t)r->suppressed);
	if (tally_span(r->tally, &from, &until)) {
		plain(out, "from_timestamp_seconds", "Time of the first delivery.", from);
		plain(out, "until_timestamp_seconds", "Time of the last delivery.", until);
	}
	totals(r, out);
	names(r, out, TALLY_PROTOCOLS, "protocol_deliveries", "protocol",
	      "Encrypted deliveries by TLS version.");
	names(r, out, TALLY_CIPHERS, "cipher_deliveries", "cipher",
	      "Encrypted deliveries by cipher.");
	names(r, out, TALLY_TRUST, "trust_deliveries", "trust",
	      "Encrypted deliveries by what is known of the peer's certificate.");
	rows(r, out);
	(void)tally_changes(r->tally, &n, &forgotten);
	plain(out, "changes", "Changes of peers from plaintext to TLS or back.",
	      (int64_t)(n + forgotten));
	held_back(r, out);
	failures(r, out);
	report_drain(r, out);
}
