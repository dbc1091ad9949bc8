/* SPDX-License-Identifier: ISC */
#include "tally.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "changes.h"
#include "diag.h"
#include "keys.h"
#include "kinds.h"
#include "label.h"

/* Zones are a multiple of this from UTC: a day begins at one of them. */
#define QUARTER 900

/* How many of a kind, and when the last one was: what is count << 16 | kind. */
struct cell {
	uint64_t what;
	int64_t last;
};

/* Few rows are of more than one kind. */
struct row {
	struct cell first;
	struct cell *more;
	uint32_t n, cap; /* cells, the first included; of more */
};

struct table {
	struct keys keys;
	struct row *rows; /* by number of the key */
	size_t cap;
	uint32_t *order; /* made by tally_finish() */
};

struct failure {
	uint64_t count;
	int64_t last;
};

struct level {
	const char *name;
	bool plaintext, untrusted; /* what is held back */
	bool lower_bound;
};

struct tally {
	const struct level *level;
	struct kinds kinds;
	struct cell *totals; /* by kind */
	size_t ntotals, totals_cap;
	struct table tables[TALLY_ALL];
	struct changes *track; /* of peers, as they are numbered */
	int64_t quarter;       /* of day */
	uint32_t day;
	struct keys failure_keys; /* direction and reason, peer */
	struct failure *failures;
	size_t failures_cap;
	int64_t from, until;
	struct buf key, clean; /* rooms for bytes that are needed for a moment */
	/* Made by tally_finish(). */
	struct tally_row total; /* without a key */
	struct tally_change *changes;
	size_t nchanges, changes_cap;
	struct tally_failure *failed;
	struct tally_domain *held_back;
	size_t nheld_back, held_back_cap;
	uint64_t ndeliveries; /* held back */
};

/* ---- levels ---- */

static const struct level levels[] = {
	{"none", false, false, false},
	{"may", false, false, false},
	{"encrypt", true, false, false},
	/* Without TLSA records a destination is treated as with may; the log does not show them. */
	{"dane", false, false, true},
	{"dane-only", true, false, true},
	{"fingerprint", true, false, true},
	/* Names are compared by these levels only. */
	{"verify", true, true, true},
	{"secure", true, true, true},
};

static const struct level *level_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcasecmp(levels[i].name, name) == 0)
			return &levels[i];
	return NULL;
}

const char *tally_level(const char *name)
{
	const struct level *level = level_of(name);

	return level != NULL ? level->name : NULL;
}

bool tally_is_lower_bound(const char *name)
{
	const struct level *level = level_of(name);

	return level != NULL && level->lower_bound;
}

struct tally *tally_new(const char *what_if)
{
	struct tally *t = xcalloc(1, sizeof(*t));

	t->level = level_of(what_if);
	if (t->level == NULL)
		bug("no level \"%s\"", what_if);
	t->track = changes_new();
	t->quarter = INT64_MIN;
	t->from = INT64_MAX;
	t->until = INT64_MIN;
	tzset();
	return t;
}

/* ---- counting ---- */

static struct cell *cell_at(const struct row *row, size_t i)
{
	return i == 0 ? (struct cell *)&row->first : &row->more[i - 1];
}

static uint64_t count_of(const struct cell *cell)
{
	return cell->what >> 16;
}

static void bump(struct cell *cell, uint64_t count, int64_t when)
{
	cell->what += count << 16;
	if (when > cell->last)
		cell->last = when;
}

static struct cell *new_cell(struct row *row, uint16_t kind)
{
	size_t cap = row->cap;
	struct cell *cell;

	if (row->n > 0 && row->n > cap) {
		cap = cap == 0 ? 1 : cap + cap / 2 + 1;
		row->more = xreallocarray(row->more, cap, sizeof(*row->more));
		row->cap = (uint32_t)cap;
	}
	cell = cell_at(row, row->n++);
	*cell = (struct cell){kind, INT64_MIN};
	return cell;
}

/* A kind that is found moves forward by one, so that the frequent ones are found soon. */
static void count(struct row *row, uint16_t kind, uint64_t n, int64_t when)
{
	struct cell *cell, *before, moved;
	uint32_t i;

	for (i = 0; i < row->n; i++)
		if ((uint16_t)cell_at(row, i)->what == kind)
			break;
	cell = i < row->n ? cell_at(row, i) : new_cell(row, kind);
	bump(cell, n, when);
	if (i == 0)
		return;
	before = cell_at(row, i - 1);
	moved = *before;
	*before = *cell;
	*cell = moved;
}

/* The number of a row; of that for others where there are too many. */
static uint32_t row_of(struct tally *t, struct table *table, struct span name)
{
	uint32_t number = keys_recall(&table->keys, name.at, name.len);
	size_t n = table->keys.n;
	struct span key;

	/* What is a key is clean. */
	if (number != KEYS_NONE)
		return number;
	key = label_clean(&t->clean, name);
	if (n >= TALLY_ROWS && !keys_has(&table->keys, key.at, key.len))
		key = (struct span){TALLY_OTHER, strlen(TALLY_OTHER)};
	number = keys_add(&table->keys, key.at, key.len);
	if (number == n) {
		table->rows = xgrow(table->rows, n, &table->cap, sizeof(*table->rows));
		table->rows[n] = (struct row){{0, 0}, NULL, 0, 0};
	}
	return number;
}

static int64_t quarter_of(int64_t when)
{
	return when >= 0 ? when / QUARTER : -((QUARTER - 1 - when) / QUARTER);
}

static uint32_t day_of(struct tally *t, int64_t when)
{
	time_t seconds = (time_t)when;
	char date[32] = "unknown";
	struct tm tm;

	if (quarter_of(when) == t->quarter)
		return t->day;
	if (localtime_r(&seconds, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	t->quarter = quarter_of(when);
	t->day = row_of(t, &t->tables[TALLY_DAY], (struct span){date, strlen(date)});
	return t->day;
}

static void count_in_all(struct tally *t, uint16_t kind, int64_t when)
{
	if (kind == t->ntotals) {
		t->totals = xgrow(t->totals, kind, &t->totals_cap, sizeof(*t->totals));
		t->totals[t->ntotals++] = (struct cell){kind, INT64_MIN};
	}
	bump(&t->totals[kind], 1, when);
}

void tally_delivery(struct tally *t, const struct delivery *d)
{
	uint16_t kind = kinds_of(&t->kinds, d);
	struct table *peers = &t->tables[TALLY_PEER], *domains = &t->tables[TALLY_DOMAIN];
	uint32_t day = day_of(t, d->when), peer, domain;

	count_in_all(t, kind, d->when);
	count(&t->tables[TALLY_DAY].rows[day], kind, 1, d->when);
	peer = row_of(t, peers, d->peer);
	count(&peers->rows[peer], kind, 1, d->when);
	if (peer < TALLY_ROWS)
		changes_follow(t->track, peer, d);
	domain = row_of(t, domains, d->domain);
	count(&domains->rows[domain], kind, 1, d->when);
	if (d->when < t->from)
		t->from = d->when;
	if (d->when > t->until)
		t->until = d->when;
}

static void make_failure_key(struct tally *t, const struct delivery_failure *f, struct span peer)
{
	buf_clear(&t->key);
	buf_addc(&t->key, (int)f->direction * MAILLOG_REASONS + (int)f->reason);
	buf_add(&t->key, peer.at, peer.len);
}

void tally_failure(struct tally *t, const struct delivery_failure *f)
{
	size_t n = t->failure_keys.n;
	uint32_t number;

	make_failure_key(t, f, label_clean(&t->clean, f->peer));
	if (n >= TALLY_FAILURES &&
	    keys_find(&t->failure_keys, t->key.data, t->key.len) == KEYS_NONE)
		make_failure_key(t, f, (struct span){TALLY_OTHER, strlen(TALLY_OTHER)});
	number = keys_add(&t->failure_keys, t->key.data, t->key.len);
	if (number == n) {
		t->failures = xgrow(t->failures, n, &t->failures_cap, sizeof(*t->failures));
		t->failures[n] = (struct failure){0, INT64_MIN};
	}
	t->failures[number].count++;
	if (f->when > t->failures[number].last)
		t->failures[number].last = f->when;
}

/* ---- when all was counted ---- */

static void add_to_list(struct tally_list *list, const char *name, uint64_t n)
{
	size_t i;

	if (*name == '\0')
		return;
	for (i = 0; i < list->n && strcmp(list->v[i].name, name) != 0; i++)
		;
	if (i == list->n) {
		list->v = xgrow(list->v, list->n, &list->cap, sizeof(*list->v));
		list->v[list->n++] = (struct tally_name){name, 0};
	}
	list->v[i].count += n;
}

static void later(int64_t *last, int64_t when)
{
	if (when > *last)
		*last = when;
}

static void add_to_counts(const struct tally *t, struct tally_row *row, const struct cell *cell)
{
	size_t which, number = (uint16_t)cell->what;
	const struct kind *kind = &t->kinds.v[number];
	struct tally_counts *c = &row->counts[kind->direction];

	if (kind->state == DELIVERY_UNKNOWN) {
		c->unknown += count_of(cell);
		c->lmtp_unknown += kind->lmtp ? count_of(cell) : 0;
	}
	if (kind->state == DELIVERY_PLAINTEXT) {
		c->plaintext += count_of(cell);
		c->lmtp_plaintext += kind->lmtp ? count_of(cell) : 0;
		later(&c->last_plaintext, cell->last);
	}
	if (kind->state != DELIVERY_ENCRYPTED)
		return;
	c->encrypted += count_of(cell);
	c->forward_secrecy += kind->forward_secret ? count_of(cell) : 0;
	later(&c->last_encrypted, cell->last);
	for (which = 0; which < TALLY_NAMES; which++)
		add_to_list(&c->names[which],
			    kinds_name(&t->kinds, number, (enum tally_names)which), count_of(cell));
}

static int by_count(const void *a, const void *b)
{
	const struct tally_name *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->name, y->name);
}

static void clear_row(struct tally_row *row, const char *key)
{
	struct tally_counts *c;
	size_t way, which;

	row->key = key;
	for (way = 0; way < 2; way++) {
		c = &row->counts[way];
		c->encrypted = c->plaintext = c->unknown = c->forward_secrecy = 0;
		c->lmtp_plaintext = c->lmtp_unknown = 0;
		c->last_encrypted = c->last_plaintext = INT64_MIN;
		for (which = 0; which < TALLY_NAMES; which++)
			c->names[which].n = 0;
	}
}

static void sort_lists(struct tally_row *row)
{
	struct tally_list *list;
	size_t i;

	for (i = 0; i < 2 * (size_t)TALLY_NAMES; i++) {
		list = &row->counts[i / TALLY_NAMES].names[i % TALLY_NAMES];
		if (list->n > 1)
			qsort(list->v, list->n, sizeof(*list->v), by_count);
	}
}

static void make_total(struct tally *t)
{
	size_t i;

	clear_row(&t->total, "");
	for (i = 0; i < t->kinds.n; i++)
		add_to_counts(t, &t->total, &t->totals[i]);
	sort_lists(&t->total);
}

/* Protocols and ciphers are parts of kinds: their rows come out of the kinds alone. */
static void make_named_rows(struct tally *t, struct table *table, enum tally_names which)
{
	const char *name;
	uint32_t row;
	size_t i;

	for (i = 0; i < t->kinds.n; i++) {
		if (t->kinds.v[i].state != DELIVERY_ENCRYPTED)
			continue;
		name = kinds_name(&t->kinds, i, which);
		name = *name != '\0' ? name : TALLY_UNNAMED;
		row = row_of(t, table, (struct span){name, strlen(name)});
		count(&table->rows[row], (uint16_t)i, count_of(&t->totals[i]), t->totals[i].last);
	}
}

/* What a row is sorted by. */
struct place {
	uint64_t plaintext, all;
	const char *key;
	uint32_t number;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->plaintext != y->plaintext)
		return x->plaintext < y->plaintext ? 1 : -1;
	if (x->all != y->all)
		return x->all < y->all ? 1 : -1;
	return strcmp(x->key, y->key);
}

static struct place place_of(const struct tally *t, const struct table *table, uint32_t number)
{
	struct place place = {0, 0, keys_name(&table->keys, number), number};
	const struct row *row = &table->rows[number];
	const struct cell *cell;
	size_t i;

	for (i = 0; i < row->n; i++) {
		cell = cell_at(row, i);
		place.all += count_of(cell);
		if (t->kinds.v[(uint16_t)cell->what].state == DELIVERY_PLAINTEXT)
			place.plaintext += count_of(cell);
	}
	return place;
}

static void sort_rows(const struct tally *t, struct table *table, bool by_key)
{
	struct place *places = xcalloc(table->keys.n, sizeof(*places));
	uint32_t i, n = (uint32_t)table->keys.n;

	for (i = 0; i < n; i++) {
		places[i] = place_of(t, table, i);
		if (by_key)
			places[i].plaintext = places[i].all = 0;
	}
	qsort(places, n, sizeof(*places), by_place);
	table->order = xcalloc(n, sizeof(*table->order));
	for (i = 0; i < n; i++)
		table->order[i] = places[i].number;
	free(places);
}

struct asking {
	struct tally *tally;
	tally_told *told;
	const void *context;
};

static bool ask(void *context, unsigned witness)
{
	const struct asking *a = context;

	return a->told(a->context, witness);
}

static void add_change(void *context, const struct change *change)
{
	const struct asking *a = context;
	struct tally *t = a->tally;

	t->changes = xgrow(t->changes, t->nchanges, &t->changes_cap, sizeof(*t->changes));
	t->changes[t->nchanges++] =
		(struct tally_change){keys_name(&t->tables[TALLY_PEER].keys, change->peer),
				      change->direction, change->was, change->is, change->when};
}

static int by_time(const void *a, const void *b)
{
	const struct tally_change *x = a, *y = b;

	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	if (x->peer != y->peer)
		return strcmp(x->peer, y->peer);
	return (int)x->direction - (int)y->direction;
}

static void make_changes(struct tally *t, tally_told *told, const void *context)
{
	struct asking a = {t, told, context};
	const struct changes_reader reader = {&a, ask, add_change};

	changes_find(t->track, &reader);
	if (t->nchanges > 0)
		qsort(t->changes, t->nchanges, sizeof(*t->changes), by_time);
}

/* Anonymous ciphers are not offered where a certificate is wanted: there may be one. */
static bool is_held_back(const struct tally *t, size_t number)
{
	const struct kind *kind = &t->kinds.v[number];

	if (kind->direction != DELIVERY_OUT || kind->lmtp)
		return false;
	if (kind->state == DELIVERY_PLAINTEXT)
		return t->level->plaintext;
	return t->level->untrusted &&
	       strcmp(kinds_name(&t->kinds, number, TALLY_TRUST), "Untrusted") == 0;
}

static struct tally_domain held_back_of(const struct tally *t, uint32_t number)
{
	const struct table *table = &t->tables[TALLY_DOMAIN];
	struct tally_domain held = {keys_name(&table->keys, number), 0, INT64_MIN};
	const struct cell *cell;
	size_t i;

	for (i = 0; i < table->rows[number].n; i++) {
		cell = cell_at(&table->rows[number], i);
		if (is_held_back(t, (uint16_t)cell->what)) {
			held.deliveries += count_of(cell);
			later(&held.last, cell->last);
		}
	}
	return held;
}

static int by_deliveries(const void *a, const void *b)
{
	const struct tally_domain *x = a, *y = b;

	if (x->deliveries != y->deliveries)
		return x->deliveries < y->deliveries ? 1 : -1;
	return strcmp(x->domain, y->domain);
}

static void make_held_back(struct tally *t)
{
	struct tally_domain held;
	uint32_t i;

	for (i = 0; i < t->tables[TALLY_DOMAIN].keys.n; i++) {
		held = held_back_of(t, i);
		if (held.deliveries == 0)
			continue;
		t->held_back = xgrow(t->held_back, t->nheld_back, &t->held_back_cap,
				     sizeof(*t->held_back));
		t->held_back[t->nheld_back++] = held;
		t->ndeliveries += held.deliveries;
	}
	if (t->nheld_back > 0)
		qsort(t->held_back, t->nheld_back, sizeof(*t->held_back), by_deliveries);
}

static int by_failures(const void *a, const void *b)
{
	const struct tally_failure *x = a, *y = b;
	int order;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	order = strcmp(x->peer, y->peer);
	if (order == 0)
		order = (int)x->direction - (int)y->direction;
	return order != 0 ? order : (int)x->reason - (int)y->reason;
}

static void make_failures(struct tally *t)
{
	size_t i, n = t->failure_keys.n;
	const char *key;

	t->failed = xcalloc(n, sizeof(*t->failed));
	for (i = 0; i < n; i++) {
		key = keys_name(&t->failure_keys, (uint32_t)i);
		t->failed[i] = (struct tally_failure){
			key + 1, (enum delivery_direction)(*key / MAILLOG_REASONS),
			(enum maillog_reason)(*key % MAILLOG_REASONS), t->failures[i].count,
			t->failures[i].last};
	}
	if (n > 0)
		qsort(t->failed, n, sizeof(*t->failed), by_failures);
}

void tally_finish(struct tally *t, tally_told *told, const void *context)
{
	size_t by;

	kinds_settle(&t->kinds, told, context);
	make_total(t);
	make_named_rows(t, &t->tables[TALLY_PROTOCOL], TALLY_PROTOCOLS);
	make_named_rows(t, &t->tables[TALLY_CIPHER], TALLY_CIPHERS);
	for (by = 0; by < TALLY_ALL; by++)
		sort_rows(t, &t->tables[by], by == TALLY_DAY);
	make_changes(t, told, context);
	make_held_back(t);
	make_failures(t);
}

/* ---- what came out ---- */

bool tally_span(const struct tally *t, int64_t *from, int64_t *until)
{
	*from = t->from;
	*until = t->until;
	return t->from <= t->until;
}

const struct tally_counts *tally_total(const struct tally *t, enum delivery_direction direction)
{
	return &t->total.counts[direction];
}

size_t tally_rows(const struct tally *t, enum tally_by by)
{
	return by < TALLY_ALL ? t->tables[by].keys.n : 0;
}

void tally_row(const struct tally *t, enum tally_by by, size_t i, struct tally_row *row)
{
	const struct table *table = &t->tables[by];
	size_t number = table->order[i], cell;

	clear_row(row, keys_name(&table->keys, (uint32_t)number));
	for (cell = 0; cell < table->rows[number].n; cell++)
		add_to_counts(t, row, cell_at(&table->rows[number], cell));
	sort_lists(row);
}

void tally_row_release(struct tally_row *row)
{
	size_t i;

	for (i = 0; i < 2 * (size_t)TALLY_NAMES; i++)
		free(row->counts[i / TALLY_NAMES].names[i % TALLY_NAMES].v);
	*row = (struct tally_row)TALLY_ROW_INIT;
}

const struct tally_change *tally_changes(const struct tally *t, size_t *n, size_t *forgotten)
{
	*forgotten = changes_forgotten(t->track);
	*n = t->nchanges;
	return t->changes;
}

const struct tally_failure *tally_failures(const struct tally *t, size_t *n)
{
	*n = t->failure_keys.n;
	return t->failed;
}

const struct tally_domain *tally_held_back(const struct tally *t, size_t *n, uint64_t *deliveries)
{
	*n = t->nheld_back;
	*deliveries = t->ndeliveries;
	return t->held_back;
}

static void release_table(struct table *table)
{
	size_t i;

	for (i = 0; i < table->keys.n; i++)
		free(table->rows[i].more);
	keys_release(&table->keys);
	free(table->rows);
	free(table->order);
}

void tally_free(struct tally *t)
{
	size_t i;

	if (t == NULL)
		return;
	changes_free(t->track);
	for (i = 0; i < TALLY_ALL; i++)
		release_table(&t->tables[i]);
	kinds_release(&t->kinds);
	keys_release(&t->failure_keys);
	tally_row_release(&t->total);
	buf_release(&t->key);
	buf_release(&t->clean);
	free(t->totals);
	free(t->failures);
	free(t->changes);
	free(t->failed);
	free(t->held_back);
	free(t);
}
