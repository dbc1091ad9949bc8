/* SPDX-License-Identifier: ISC */
#include "report_forms.h"

#include <string.h>
#include <time.h>

#include "jsontext.h"
#include "version.h"

/* RFC 3339, with the zone of this host. */
static json_t *time_of(int64_t when)
{
	struct buf text = BUF_INIT;
	char stamp[64], zone[8];
	time_t seconds = (time_t)when;
	struct tm tm;
	json_t *value;

	if (when == INT64_MIN || localtime_r(&seconds, &tm) == NULL)
		return json_null();
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)strftime(zone, sizeof(zone), "%z", &tm);
	buf_addf(&text, "%s%.3s:%s", stamp, zone, zone + 3);
	value = jsontext_bytes(text.data, text.len);
	buf_release(&text);
	return value;
}

static json_t *list_of(const struct tally_list *list)
{
	json_t *object = jsontext_object();
	size_t i;

	for (i = 0; i < list->n; i++)
		jsontext_set(object, list->v[i].name, jsontext_number(list->v[i].count));
	return object;
}

/* The T of the document. */
static json_t *counts_of(const struct tally_counts *c)
{
	json_t *object = jsontext_object();

	jsontext_set(object, "encrypted", jsontext_number(c->encrypted));
	jsontext_set(object, "plaintext", jsontext_number(c->plaintext));
	jsontext_set(object, "unknown", jsontext_number(c->unknown));
	jsontext_set(object, "forward_secrecy", jsontext_number(c->forward_secrecy));
	jsontext_set(object, "protocols", list_of(&c->names[TALLY_PROTOCOLS]));
	jsontext_set(object, "ciphers", list_of(&c->names[TALLY_CIPHERS]));
	jsontext_set(object, "trust", list_of(&c->names[TALLY_TRUST]));
	return object;
}

/* The document is written as it is made: of a hundred thousand rows no tree fits. */
static void member(struct buf *out, const char *name, json_t *value)
{
	buf_addf(out, ",\n  \"%s\": ", name);
	jsontext_write(out, value, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void item(const struct report *r, struct buf *out, bool first, json_t *value)
{
	buf_adds(out, first ? "\n    " : ",\n    ");
	jsontext_write(out, value, JSON_COMPACT);
	report_drain(r, out);
}

static void write_rows(const struct report *r, struct buf *out)
{
	size_t i, n = tally_rows(r->tally, r->by), shown = report_limit(r, n, 0);
	size_t from = report_first_row(r, n, shown);
	struct tally_row row = TALLY_ROW_INIT;
	json_t *object;

	buf_adds(out, ",\n  \"by\": [");
	for (i = from; i < from + shown; i++) {
		tally_row(r->tally, r->by, i, &row);
		object = jsontext_object();
		jsontext_set(object, "key", jsontext_string(row.key));
		jsontext_set(object, "out", counts_of(&row.counts[DELIVERY_OUT]));
		jsontext_set(object, "in", counts_of(&row.counts[DELIVERY_IN]));
		item(r, out, i == from, object);
	}
	tally_row_release(&row);
	buf_adds(out, shown > 0 ? "\n  ]" : "]");
}

/* The last ones, where there is a limit. */
static void write_changes(const struct report *r, struct buf *out)
{
	size_t i, n, forgotten;
	const struct tally_change *c = tally_changes(r->tally, &n, &forgotten);
	size_t from = n - report_limit(r, n, 0);
	json_t *object;

	buf_adds(out, ",\n  \"changes\": [");
	for (i = from; i < n; i++) {
		object = jsontext_object();
		jsontext_set(object, "peer", jsontext_string(c[i].peer));
		jsontext_set(object, "direction", jsontext_string(report_way(c[i].direction)));
		jsontext_set(object, "was", jsontext_string(report_state(c[i].was)));
		jsontext_set(object, "is", jsontext_string(report_state(c[i].is)));
		jsontext_set(object, "when", time_of(c[i].when));
		item(r, out, i == from, object);
	}
	buf_adds(out, n > from ? "\n  ]" : "]");
}

static void write_what_if(const struct report *r, struct buf *out)
{
	uint64_t held_back;
	size_t i, n;
	const struct tally_domain *d = tally_held_back(r->tally, &n, &held_back);
	json_t *object;

	n = report_limit(r, n, 0);
	buf_addf(out, ",\n  \"what_if\": {\"level\": \"%s\", \"held_back\": %llu, ", r->what_if,
		 (unsigned long long)held_back);
	buf_addf(out, "\"lower_bound\": %s, \"domains\": [",
		 report_is_lower_bound(r) ? "true" : "false");
	for (i = 0; i < n; i++) {
		object = jsontext_object();
		jsontext_set(object, "domain", jsontext_string(d[i].domain));
		jsontext_set(object, "deliveries", jsontext_number(d[i].deliveries));
		item(r, out, i == 0, object);
	}
	buf_adds(out, n > 0 ? "\n  ]}" : "]}");
}

static void write_failures(const struct report *r, struct buf *out)
{
	size_t i, n;
	const struct tally_failure *f = tally_failures(r->tally, &n);
	json_t *object;

	n = report_limit(r, n, 0);
	buf_adds(out, ",\n  \"failures\": [");
	for (i = 0; i < n; i++) {
		object = jsontext_object();
		jsontext_set(object, "peer", jsontext_string(f[i].peer));
		jsontext_set(object, "direction", jsontext_string(report_way(f[i].direction)));
		jsontext_set(object, "reason", jsontext_string(delivery_reason(f[i].reason)));
		jsontext_set(object, "count", jsontext_number(f[i].count));
		jsontext_set(object, "last", time_of(f[i].last));
		item(r, out, i == 0, object);
	}
	buf_adds(out, n > 0 ? "\n  ]" : "]");
}

/* Of n that are known, and others that are not any more. */
static void set_left_out(const struct report *r, json_t *object, const char *name, size_t n,
			 size_t forgotten)
{
	jsontext_set(object, name, jsontext_number(n - report_limit(r, n, 0) + forgotten));
}

/* How many of each list there are besides. */
static json_t *left_out(const struct report *r)
{
	json_t *object = jsontext_object();
	uint64_t deliveries;
	size_t n, forgotten;

	set_left_out(r, object, "by", tally_rows(r->tally, r->by), 0);
	(void)tally_changes(r->tally, &n, &forgotten);
	set_left_out(r, object, "changes", n, forgotten);
	(void)tally_held_back(r->tally, &n, &deliveries);
	set_left_out(r, object, "domains", n, 0);
	(void)tally_failures(r->tally, &n);
	set_left_out(r, object, "failures", n, 0);
	return object;
}

void report_json(const struct report *r, struct buf *out)
{
	int64_t from, until;
	bool any = tally_span(r->tally, &from, &until);

	buf_adds(out, "{\n  \"tlsharden\": ");
	jsontext_write(out, jsontext_string(TLSHARDEN_VERSION), JSON_ENCODE_ANY);
	member(out, "source", jsontext_string(r->source));
	member(out, "from", time_of(any ? from : INT64_MIN));
	member(out, "until", time_of(any ? until : INT64_MIN));
	member(out, "lines", jsontext_number(r->lines));
	member(out, "not_understood", jsontext_number(r->not_understood));
	member(out, "suppressed", jsontext_number(r->suppressed));
	member(out, "out", counts_of(tally_total(r->tally, DELIVERY_OUT)));
	member(out, "in", counts_of(tally_total(r->tally, DELIVERY_IN)));
	write_rows(r, out);
	write_changes(r, out);
	write_what_if(r, out);
	write_failures(r, out);
	member(out, "left_out", left_out(r));
	buf_adds(out, "\n}\n");
	report_drain(r, out);
}
