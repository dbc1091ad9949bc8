/* SPDX-License-Identifier: ISC */
/* check_tally - deliveries made by hand, and what must have been counted. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"
#include "changes.h"
#include "tally.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static struct tally *t;

/* Witnesses with even numbers log TLS. */
static bool told(const void *context, unsigned witness)
{
	(void)context;
	return witness % 2 == 0;
}

static struct span span_of(const char *text)
{
	return (struct span){text, text != NULL ? strlen(text) : 0};
}

/* "e" with a trust, "p", "u", or the number of a witness. */
static void deliver(enum delivery_direction way, const char *state, int64_t when, const char *peer,
		    const char *domain)
{
	struct delivery d = {.direction = way, .when = when};

	d.peer = span_of(peer);
	d.domain = span_of(domain);
	d.state = *state == 'e'   ? DELIVERY_ENCRYPTED
		  : *state == 'p' ? DELIVERY_PLAINTEXT
		  : *state == 'u' ? DELIVERY_UNKNOWN
				  : DELIVERY_UNTOLD;
	if (d.state == DELIVERY_UNTOLD)
		d.witness = (unsigned)(*state - '0');
	if (d.state == DELIVERY_ENCRYPTED) {
		d.protocol = span_of("TLSv1.3");
		d.cipher = span_of("TLS_AES_256_GCM_SHA384");
		d.trust = span_of(state + 1);
	}
	tally_delivery(t, &d);
}

static void set_up(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	t = tally_new("encrypt");
}

static void tear_down(void)
{
	tally_free(t);
}

static void finish(void)
{
	tally_finish(t, told, NULL);
}

/* ---- changes: a peer's states, one after the other, and what changed when ---- */

static const struct {
	const char *states, *want; /* "e" or "p" and the number of the delivery from which on */
	size_t forgotten;
} histories[] = {
	{"eee", "", 0},
	{"ppe", "e2", 0},
	{"pep", "e1p2", 0},
	/* A witness that logs TLS: plaintext. */
	{"00e", "e2", 0},
	{"0p2e", "e3", 0},
	{"e0e", "p1e2", 0},
	{"e2e", "p1e2", 0},
	/* One that does not: nothing is known. */
	{"1e", "", 0},
	{"e1e", "", 0},
	{"e1p", "p2", 0},
	{"p13e", "e3", 0},
	{"peup", "e1p3", 0},
	{"pue", "e2", 0},
	{"uuu", "", 0},
	/* However often it is said. */
	{"peeeeeeeeeeeeeeeeeeeeee", "e1", 0},
	/* The last sixteen. */
	{"pepepepepepepepepepep", "e5p6e7p8e9p10e11p12e13p14e15p16e17p18e19p20", 4},
};

START_TEST(a_history)
{
	const char *states = histories[_i].states;
	const struct tally_change *changes;
	struct buf got = BUF_INIT;
	const char *want = histories[_i].want;
	char state[] = "eTrusted";
	size_t i, n, forgotten;

	for (i = 0; states[i] != '\0'; i++) {
		state[0] = states[i];
		deliver(DELIVERY_OUT, state, 1000 + (int64_t)i, "gmx", "gmx.example");
		/* What others do, and the other direction, is no matter. */
		deliver(DELIVERY_OUT, i % 2 == 0 ? "e" : "u", 1000 + (int64_t)i, "mx", "x");
		deliver(DELIVERY_IN, "p", 1000 + (int64_t)i, "gmx", "x");
	}
	finish();
	changes = tally_changes(t, &n, &forgotten);
	for (i = 0; i < n; i++) {
		ck_assert_str_eq(changes[i].peer, "gmx");
		ck_assert_int_eq(changes[i].direction, DELIVERY_OUT);
		ck_assert_int_ne(changes[i].was, changes[i].is);
		buf_addf(&got, "%c%d", changes[i].is == DELIVERY_ENCRYPTED ? 'e' : 'p',
			 (int)(changes[i].when - 1000));
	}
	/* Of long histories the end, as far as it goes. */
	ck_assert_uint_le(n, CHANGES_MOST);
	ck_assert_uint_eq(forgotten, histories[_i].forgotten);
	ck_assert_str_eq(buf_string(&got), want);
	buf_release(&got);
}
END_TEST

/* Logs of two hosts over the same days, one read behind the other. */
static const struct {
	const char *name;
	struct {
		const char *state;
		int64_t when;
	} both[7];
	const char *want; /* of each change the state and the time */
} twice[] = {
	{"the same day",
	 {{"e", 1000}, {"p", 2000}, {"p", 3000}, {"e", 1100}, {"p", 2100}, {"p", 3100}},
	 "p2000"},
	{"a day before", {{"e", 1000}, {"p", 2000}, {"e", 2500}, {"p", 1100}}, "p1100 e2500"},
	{"told late", {{"e", 2000}, {"p", 1000}}, "e2000"},
	{"told late, of long ago", {{"e", 2000}, {"e", 2500}, {"p", 1000}, {"e", 3000}}, "e2000"},
	{"told late, amid the others",
	 {{"e", 1000}, {"e", 3000}, {"p", 2000}, {"e", 4000}},
	 "p2000 e3000"},
	{"told late, and others with it",
	 {{"e", 1000}, {"e", 3000}, {"p", 2000}, {"e", 2100}, {"p", 5000}},
	 "p2000 e2100 p5000"},
	{"the first is told late",
	 {{"e", 2000}, {"e", 1000}, {"p", 1500}, {"p", 3000}},
	 "p1500 e2000 p3000"},
	{"one second, as they came", {{"p", 1000}, {"e", 1000}, {"p", 1000}}, "e1000 p1000"},
};

START_TEST(days_that_come_twice)
{
	enum delivery_direction way;
	const struct tally_change *changes;
	struct buf got = BUF_INIT;
	size_t i, n, forgotten;

	/* Either way. */
	for (way = DELIVERY_OUT; way <= DELIVERY_IN; way++) {
		for (i = 0; twice[_i].both[i].state != NULL; i++)
			deliver(way, twice[_i].both[i].state, twice[_i].both[i].when,
				way == DELIVERY_OUT ? "a" : "b", "x");
	}
	finish();
	changes = tally_changes(t, &n, &forgotten);
	for (way = DELIVERY_OUT; way <= DELIVERY_IN; way++) {
		buf_clear(&got);
		for (i = 0; i < n; i++)
			if (changes[i].direction == way) {
				ck_assert_str_eq(changes[i].peer, way == DELIVERY_OUT ? "a" : "b");
				buf_addf(&got, "%s%c%lld", got.len > 0 ? " " : "",
					 changes[i].is == DELIVERY_ENCRYPTED ? 'e' : 'p',
					 (long long)changes[i].when);
			}
		ck_assert_msg(strcmp(buf_string(&got), twice[_i].want) == 0, "%s: %s",
			      twice[_i].name, buf_string(&got));
	}
	buf_release(&got);
}
END_TEST

/* By time; those of one time by name, and out before in. */
START_TEST(changes_in_order)
{
	static const struct {
		const char *peer;
		enum delivery_direction way;
		int64_t when;
	} all[] = {{"c", DELIVERY_IN, 9},
		   {"b", DELIVERY_IN, 7},
		   {"b", DELIVERY_OUT, 7},
		   {"a", DELIVERY_IN, 7},
		   {"d", DELIVERY_OUT, 5}};
	const struct tally_change *changes;
	size_t i, n, forgotten;

	for (i = 0; i < (size_t)COUNT(all); i++) {
		deliver(all[i].way, "p", 1, all[i].peer, "x");
		deliver(all[i].way, "e", all[i].when, all[i].peer, "x");
	}
	finish();
	changes = tally_changes(t, &n, &forgotten);
	ck_assert_uint_eq(n, COUNT(all));
	for (i = 0; i < n; i++) {
		ck_assert_str_eq(changes[i].peer, all[n - 1 - i].peer);
		ck_assert_int_eq(changes[i].direction, all[n - 1 - i].way);
	}
}
END_TEST

/* So many peers that each keeps but its last change. */
START_TEST(changes_without_number)
{
	const struct tally_change *changes;
	char peer[32];
	size_t n, forgotten;
	int i;

	for (i = 0; i < 130000; i++) {
		(void)snprintf(peer, sizeof(peer), "mx%d", i);
		deliver(DELIVERY_OUT, "p", 1, peer, "x");
		deliver(DELIVERY_OUT, "e", 2, peer, "x");
	}
	for (i = 0; i < 10; i++)
		deliver(DELIVERY_OUT, i % 2 == 0 ? "p" : "e", 10 + i, "late", "x");
	finish();
	changes = tally_changes(t, &n, &forgotten);
	ck_assert_uint_eq(n, 130001);
	ck_assert_str_eq(changes[n - 1].peer, "late");
	ck_assert_int_eq(changes[n - 1].when, 19);
	ck_assert_int_eq(changes[n - 1].is, DELIVERY_ENCRYPTED);
}
END_TEST

/* Of a witness whose number is too large nothing is followed, and nobody else is meant. */
START_TEST(witnesses_without_number)
{
	struct delivery d = {.state = DELIVERY_UNTOLD, .when = 2};
	size_t n, forgotten;

	d.peer = d.domain = span_of("a");
	deliver(DELIVERY_OUT, "e", 1, "a", "a");
	for (d.witness = 65536; d.witness < 65550; d.witness++)
		tally_delivery(t, &d);
	deliver(DELIVERY_OUT, "e", 3, "a", "a");
	finish();
	(void)tally_changes(t, &n, &forgotten);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- levels: what would have been held back ---- */

static const struct {
	const char *level;
	unsigned held_back;
	bool lower_bound;
} levels[] = {
	{"none", 0, false},  {"may", 0, false},      {"encrypt", 3, false},
	{"dane", 0, true},   {"dane-only", 3, true}, {"fingerprint", 3, true},
	{"verify", 4, true}, {"secure", 4, true},
};

START_TEST(a_level)
{
	struct delivery lmtp = {.direction = DELIVERY_OUT, .lmtp = true, .when = 8};
	const struct tally_domain *domains;
	uint64_t deliveries;
	size_t n;

	lmtp.state = DELIVERY_PLAINTEXT;
	lmtp.peer = lmtp.domain = span_of("lmtp.example");
	tear_down();
	ck_assert(tally_level("ENCRYPT") != NULL && tally_level("dane_only") == NULL);
	ck_assert(tally_is_lower_bound(levels[_i].level) == levels[_i].lower_bound);
	t = tally_new(levels[_i].level);
	deliver(DELIVERY_OUT, "p", 5, "a", "plain.example");
	deliver(DELIVERY_OUT, "p", 7, "b", "plain.example");
	deliver(DELIVERY_OUT, "0", 6, "a", "told.example");
	deliver(DELIVERY_OUT, "1", 6, "a", "untold.example");
	/* Where a certificate is wanted, there may be one. */
	deliver(DELIVERY_OUT, "eAnonymous", 6, "a", "anonymous.example");
	tally_delivery(t, &lmtp);
	deliver(DELIVERY_OUT, "eUntrusted", 6, "a", "plain.example");
	deliver(DELIVERY_OUT, "eTrusted", 6, "a", "plain.example");
	deliver(DELIVERY_OUT, "eVerified", 6, "a", "good.example");
	deliver(DELIVERY_OUT, "e", 6, "a", "old.example");
	deliver(DELIVERY_IN, "p", 6, "a", "plain.example");
	deliver(DELIVERY_IN, "eAnonymous", 6, "a", "plain.example");
	finish();
	domains = tally_held_back(t, &n, &deliveries);
	ck_assert_uint_eq(deliveries, levels[_i].held_back);
	ck_assert_uint_eq(n, levels[_i].held_back == 0 ? 0 : 2);
	if (n > 0) {
		ck_assert_str_eq(domains[0].domain, "plain.example");
		ck_assert_uint_eq(domains[0].deliveries, levels[_i].held_back == 3 ? 2 : 3);
		ck_assert_int_eq(domains[0].last, 7);
		ck_assert_str_eq(domains[n - 1].domain, "told.example");
	}
	ck_assert_uint_eq(tally_total(t, DELIVERY_OUT)->lmtp_plaintext, 1);
	ck_assert_uint_eq(tally_total(t, DELIVERY_OUT)->plaintext, 4);
	ck_assert_uint_eq(tally_total(t, DELIVERY_OUT)->lmtp_unknown, 0);
}
END_TEST

/* ---- rows ---- */

START_TEST(in_all)
{
	const struct tally_counts *out;
	int64_t from, until;

	ck_assert(!tally_span(t, &from, &until));
	deliver(DELIVERY_OUT, "eTrusted", 30, "a", "x");
	deliver(DELIVERY_OUT, "eUntrusted", 10, "b", "x");
	deliver(DELIVERY_OUT, "eTrusted", 20, "a", "x");
	deliver(DELIVERY_OUT, "0", 25, "a", "y");
	deliver(DELIVERY_OUT, "1", 40, "a", "y");
	deliver(DELIVERY_OUT, "u", 15, "a", "y");
	finish();
	out = tally_total(t, DELIVERY_OUT);
	ck_assert_uint_eq(out->encrypted, 3);
	ck_assert_uint_eq(out->plaintext, 1);
	ck_assert_uint_eq(out->unknown, 2);
	ck_assert_uint_eq(out->forward_secrecy, 3);
	ck_assert_uint_eq(out->names[TALLY_PROTOCOLS].n, 1);
	ck_assert_uint_eq(out->names[TALLY_TRUST].n, 2);
	ck_assert_str_eq(out->names[TALLY_TRUST].v[0].name, "Trusted");
	ck_assert_uint_eq(out->names[TALLY_TRUST].v[0].count, 2);
	ck_assert_int_eq(out->last_encrypted, 30);
	ck_assert_int_eq(out->last_plaintext, 25);
	ck_assert_uint_eq(tally_total(t, DELIVERY_IN)->encrypted, 0);
	ck_assert(tally_span(t, &from, &until));
	ck_assert_int_eq(from, 10);
	ck_assert_int_eq(until, 40);
}
END_TEST

static void encrypt(const char *peer, const char *protocol, const char *cipher, const char *trust)
{
	struct delivery d = {.state = DELIVERY_ENCRYPTED, .when = 1000};

	d.peer = d.domain = span_of(peer);
	d.protocol = span_of(protocol);
	d.cipher = span_of(cipher);
	d.trust = span_of(trust);
	tally_delivery(t, &d);
}

/* "NAME COUNT" of each. */
static void assert_list(const struct tally_list *list, const char *want)
{
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < list->n; i++)
		buf_addf(&got, "%s%s %d", i > 0 ? ", " : "", list->v[i].name,
			 (int)list->v[i].count);
	ck_assert_str_eq(buf_string(&got), want);
	buf_release(&got);
}

/* One behind the other, of which each differs from the one before in one word. */
START_TEST(words)
{
	const struct tally_counts *out;
	struct tally_row row = TALLY_ROW_INIT;

	encrypt("a", "TLSv1.2", "AES", "Trusted");
	encrypt("a", "TLSv1.2", "ECDHE-AES", "Trusted");
	encrypt("a", "TLSv1.2", "ECDHE-AES", "Untrusted");
	encrypt("a", "TLSv1.3", "ECDHE-AES", "Untrusted");
	encrypt("a", "TLSv1.3", "ECDHE-AES", "");
	encrypt("a", "", "", "");
	finish();
	out = tally_total(t, DELIVERY_OUT);
	ck_assert_uint_eq(out->encrypted, 6);
	ck_assert_uint_eq(out->forward_secrecy, 4);
	/* The most first, and by name. */
	assert_list(&out->names[TALLY_PROTOCOLS], "TLSv1.2 3, TLSv1.3 2");
	assert_list(&out->names[TALLY_CIPHERS], "ECDHE-AES 4, AES 1");
	assert_list(&out->names[TALLY_TRUST], "Trusted 2, Untrusted 2");
	/* What has no name has a row. */
	ck_assert_uint_eq(tally_rows(t, TALLY_PROTOCOL), 3);
	tally_row(t, TALLY_PROTOCOL, 2, &row);
	ck_assert_str_eq(row.key, TALLY_UNNAMED);
	tally_row_release(&row);
}
END_TEST

/* Sorted by how many there are, whatever came last. */
START_TEST(words_of_a_row)
{
	struct tally_row row = TALLY_ROW_INIT;

	encrypt("a", "TLSv1.2", "AES", "Trusted");
	encrypt("a", "TLSv1.2", "AES", "Trusted");
	encrypt("a", "TLSv1.3", "AES", "Anonymous");
	finish();
	tally_row(t, TALLY_PEER, 0, &row);
	assert_list(&row.counts[DELIVERY_OUT].names[TALLY_PROTOCOLS], "TLSv1.2 2, TLSv1.3 1");
	assert_list(&row.counts[DELIVERY_OUT].names[TALLY_TRUST], "Trusted 2, Anonymous 1");
	tally_row_release(&row);
}
END_TEST

/* Rows into one room: nothing is left of the one before. */
START_TEST(a_row_after_another)
{
	struct tally_row row = TALLY_ROW_INIT;
	const struct tally_counts *out = &row.counts[DELIVERY_OUT];
	const struct tally_domain *domains;
	uint64_t deliveries;
	size_t n;

	deliver(DELIVERY_OUT, "0", 20, "a", "x");
	deliver(DELIVERY_OUT, "p", 50, "a", "x");
	deliver(DELIVERY_OUT, "e", 30, "b", "x");
	deliver(DELIVERY_OUT, "u", 40, "c", "x");
	finish();
	tally_row(t, TALLY_PEER, 0, &row);
	ck_assert_str_eq(row.key, "a");
	ck_assert_int_eq(out->last_plaintext, 50);
	ck_assert_int_eq(out->last_encrypted, INT64_MIN);
	tally_row(t, TALLY_PEER, 1, &row);
	ck_assert_str_eq(row.key, "b");
	ck_assert_int_eq(out->last_plaintext, INT64_MIN);
	ck_assert_int_eq(out->last_encrypted, 30);
	ck_assert_uint_eq(out->forward_secrecy, 1);
	tally_row(t, TALLY_PEER, 2, &row);
	ck_assert_str_eq(row.key, "c");
	ck_assert_int_eq(out->last_encrypted, INT64_MIN);
	ck_assert_uint_eq(out->forward_secrecy, 0);
	ck_assert_uint_eq(out->names[TALLY_PROTOCOLS].n, 0);
	/* The last of both kinds of plaintext. */
	domains = tally_held_back(t, &n, &deliveries);
	ck_assert_uint_eq(deliveries, 2);
	ck_assert_int_eq(domains[0].last, 50);
	tally_row_release(&row);
}
END_TEST

/* "key:encrypted/plaintext/unknown" of both directions, row by row. */
static void assert_rows(enum tally_by by, const char *want)
{
	struct tally_row row = TALLY_ROW_INIT;
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < tally_rows(t, by); i++) {
		tally_row(t, by, i, &row);
		buf_addf(&got, "%s%s:%d/%d/%d,%d/%d/%d", i > 0 ? " " : "", row.key,
			 (int)row.counts[0].encrypted, (int)row.counts[0].plaintext,
			 (int)row.counts[0].unknown, (int)row.counts[1].encrypted,
			 (int)row.counts[1].plaintext, (int)row.counts[1].unknown);
	}
	ck_assert_str_eq(buf_string(&got), want);
	tally_row_release(&row);
	buf_release(&got);
}

START_TEST(by_name)
{
	deliver(DELIVERY_OUT, "e", 0, "c", "x");
	deliver(DELIVERY_OUT, "e", 0, "c", "y");
	deliver(DELIVERY_OUT, "0", 0, "b", "x");
	deliver(DELIVERY_IN, "e", 0, "b", "");
	deliver(DELIVERY_OUT, "1", 0, "a", "x");
	deliver(DELIVERY_IN, "p", 0, "d", "x");
	deliver(DELIVERY_OUT, "p", 0, "d", "x");
	finish();
	assert_rows(TALLY_PEER, "d:0/1/0,0/1/0 b:0/1/0,1/0/0 c:2/0/0,0/0/0 a:0/0/1,0/0/0");
	assert_rows(TALLY_DOMAIN, "x:1/2/1,0/1/0 :0/0/0,1/0/0 y:1/0/0,0/0/0");
	assert_rows(TALLY_PROTOCOL, "TLSv1.3:2/0/0,1/0/0");
	assert_rows(TALLY_CIPHER, "TLS_AES_256_GCM_SHA384:2/0/0,1/0/0");
	assert_rows(TALLY_ALL, "");
}
END_TEST

/* Days begin at midnight here, summer or winter: 2026-03-29 has 23 hours. */
START_TEST(by_day)
{
	deliver(DELIVERY_OUT, "e", 1774821600 - 1, "a", "x");
	deliver(DELIVERY_OUT, "e", 1774821600, "a", "x");
	deliver(DELIVERY_OUT, "p", 1774738800 - 1, "a", "x");
	deliver(DELIVERY_OUT, "p", 1774738800, "a", "x");
	deliver(DELIVERY_OUT, "u", -3601, "a", "x");
	deliver(DELIVERY_OUT, "u", -3600, "a", "x");
	finish();
	assert_rows(TALLY_DAY, "1969-12-31:0/0/1,0/0/0 1970-01-01:0/0/1,0/0/0 "
			       "2026-03-28:0/1/0,0/0/0 2026-03-29:1/1/0,0/0/0 "
			       "2026-03-30:1/0/0,0/0/0");
}
END_TEST

/* Where zones are not whole hours from UTC. */
START_TEST(by_day_elsewhere)
{
	static const struct {
		const char *zone;
		int64_t midnight;
	} zones[] = {{"<+0530>-5:30", 1784917800}, {"<+0545>-5:45", 1784916900}};

	ck_assert_int_eq(setenv("TZ", zones[_i].zone, 1), 0);
	tzset();
	deliver(DELIVERY_OUT, "e", zones[_i].midnight - 1, "a", "x");
	deliver(DELIVERY_OUT, "p", zones[_i].midnight, "a", "x");
	finish();
	assert_rows(TALLY_DAY, "2026-07-24:1/0/0,0/0/0 2026-07-25:0/1/0,0/0/0");
}
END_TEST

/* ---- what those who write the log, or are named in it, may try ---- */

static const struct {
	const char *bytes;
	size_t len;
	const char *want;
} odd[] = {
	{"a\0b", 3,
	 "a\xef\xbf\xbd"
	 "b"},
	{"a\xff", 2, "a\xef\xbf\xbd"},
	{"a\xfe", 2, "a\xef\xbf\xbd"},
	{"\xc3\xa4.example", 10, "\xc3\xa4.example"},
	{"a\x80", 2, "a\xef\xbf\xbd"},
	/* Where eight bytes are looked at at a time. */
	{"abc\0efgh", 8,
	 "abc\xef\xbf\xbd"
	 "efgh"},
	{"abc\x80"
	 "efgh",
	 8,
	 "abc\xef\xbf\xbd"
	 "efgh"},
};

START_TEST(an_odd_name)
{
	struct delivery d = {.state = DELIVERY_PLAINTEXT};
	struct tally_row row = TALLY_ROW_INIT;
	int i;

	for (i = 0; i < 2; i++) {
		d.peer = d.domain = (struct span){odd[_i].bytes, odd[_i].len};
		tally_delivery(t, &d);
	}
	finish();
	ck_assert_uint_eq(tally_rows(t, TALLY_PEER), 1);
	tally_row(t, TALLY_PEER, 0, &row);
	ck_assert_str_eq(row.key, odd[_i].want);
	tally_row_release(&row);
}
END_TEST

/* Wherever it stands in a name of whatever length. */
START_TEST(an_odd_byte)
{
	struct delivery d = {.state = DELIVERY_PLAINTEXT, .domain = {"a.example", 9}};
	struct tally_row row = TALLY_ROW_INIT;
	char name[20];
	size_t len, i;

	for (len = 1; len <= sizeof(name); len++)
		for (i = 0; i < len; i++) {
			memset(name, 'm', len);
			name[i] = _i ? '\0' : '\x80';
			d.peer = (struct span){name, len};
			tally_delivery(t, &d);
		}
	finish();
	ck_assert_uint_eq(tally_rows(t, TALLY_PEER), sizeof(name) * (sizeof(name) + 1) / 2);
	for (i = 0; i < tally_rows(t, TALLY_PEER); i++) {
		tally_row(t, TALLY_PEER, i, &row);
		ck_assert_ptr_nonnull(strstr(row.key, "\xef\xbf\xbd"));
	}
	tally_row_release(&row);
}
END_TEST

/* A name is no longer than one can be, and no letter of it is cut. */
START_TEST(a_long_name)
{
	static const struct {
		size_t letters;
		const char *behind;
		size_t len; /* of what is left */
	} names[] = {{255, "", 255}, {256, "", 255}, {1000, "", 255}, {254, "\xc3\xa4", 254}};
	struct delivery d = {.state = DELIVERY_PLAINTEXT};
	struct tally_row row = TALLY_ROW_INIT;
	struct buf name = BUF_INIT;
	size_t i;

	for (i = 0; i < names[_i].letters; i++)
		buf_addc(&name, 'a');
	buf_adds(&name, names[_i].behind);
	d.peer = d.domain = span_of_buf(&name);
	tally_delivery(t, &d);
	finish();
	tally_row(t, TALLY_PEER, 0, &row);
	ck_assert_uint_eq(strlen(row.key), names[_i].len);
	ck_assert_int_eq(memcmp(row.key, name.data, names[_i].len), 0);
	tally_row_release(&row);
	buf_release(&name);
}
END_TEST

START_TEST(names_that_look_alike)
{
	deliver(DELIVERY_OUT, "p", 0, "a\xff", "x\xff");
	deliver(DELIVERY_OUT, "p", 0, "a\xfe", "x\xfe");
	finish();
	ck_assert_uint_eq(tally_rows(t, TALLY_PEER), 1);
	ck_assert_uint_eq(tally_rows(t, TALLY_DOMAIN), 1);
}
END_TEST

/* Every other one has forward secrecy, which what they are called in the end does not tell. */
START_TEST(kinds_without_number)
{
	struct delivery d = {.state = DELIVERY_ENCRYPTED};
	const struct tally_counts *out;
	struct buf cipher = BUF_INIT;
	unsigned i;

	d.peer = d.domain = span_of("a");
	for (i = 0; i < 3 * TALLY_KINDS; i++) {
		buf_clear(&cipher);
		buf_addf(&cipher, "CIPHER-%u", i);
		d.protocol = span_of(i % 2 == 0 ? "TLSv1.3" : "TLSv1.2");
		d.cipher = span_of(cipher.data);
		tally_delivery(t, &d);
	}
	d.state = DELIVERY_UNTOLD;
	d.protocol = d.cipher = span_of("");
	for (d.witness = 0; d.witness < 70000; d.witness++)
		tally_delivery(t, &d);
	finish();
	out = tally_total(t, DELIVERY_OUT);
	ck_assert_uint_eq(out->encrypted, 3 * TALLY_KINDS);
	ck_assert_uint_eq(out->forward_secrecy, 3 * TALLY_KINDS / 2);
	ck_assert_uint_eq(out->unknown, 70000);
	ck_assert_uint_eq(out->names[TALLY_CIPHERS].n, TALLY_KINDS + 1);
	ck_assert_str_eq(out->names[TALLY_CIPHERS].v[0].name, TALLY_OTHER);
	ck_assert_uint_eq(out->names[TALLY_CIPHERS].v[0].count, 2 * TALLY_KINDS);
	/* What had no name has none now. */
	ck_assert_uint_eq(out->names[TALLY_TRUST].n, 0);
	buf_release(&cipher);
}
END_TEST

/* Peers and domains beyond a million are others, without a history. */
START_TEST(rows_without_number)
{
	struct delivery d = {.state = DELIVERY_PLAINTEXT};
	struct tally_row row = TALLY_ROW_INIT;
	char name[32];
	size_t changes, forgotten;
	int i;

	for (i = 0; i < TALLY_ROWS + 4; i++) {
		(void)snprintf(name, sizeof(name), "mx%d", i);
		d.peer = d.domain = span_of(name);
		d.when = i;
		d.state = i % 2 == 0 ? DELIVERY_PLAINTEXT : DELIVERY_ENCRYPTED;
		tally_delivery(t, &d);
	}
	/* Those that were there in time are counted still. */
	d.peer = d.domain = span_of("mx0");
	tally_delivery(t, &d);
	finish();
	ck_assert_uint_eq(tally_rows(t, TALLY_PEER), TALLY_ROWS + 1);
	ck_assert_uint_eq(tally_rows(t, TALLY_DOMAIN), TALLY_ROWS + 1);
	tally_row(t, TALLY_PEER, 0, &row);
	ck_assert_str_eq(row.key, TALLY_OTHER);
	ck_assert_uint_eq(row.counts[DELIVERY_OUT].plaintext, 2);
	ck_assert_uint_eq(row.counts[DELIVERY_OUT].encrypted, 2);
	tally_row(t, TALLY_PEER, 1, &row);
	ck_assert_str_eq(row.key, "mx0");
	(void)tally_changes(t, &changes, &forgotten);
	ck_assert_uint_eq(changes, 1);
	tally_row_release(&row);
}
END_TEST

static void break_off(enum delivery_direction way, enum maillog_reason reason, int64_t when,
		      const char *peer)
{
	const struct delivery_failure f = {way, reason, when, span_of(peer)};

	tally_failure(t, &f);
}

START_TEST(failures)
{
	const struct tally_failure *f;
	size_t n;

	break_off(DELIVERY_OUT, MAILLOG_HANDSHAKE, 3, "b");
	break_off(DELIVERY_IN, MAILLOG_HANDSHAKE, 1, "b");
	break_off(DELIVERY_OUT, MAILLOG_UNTRUSTED, 1, "b");
	break_off(DELIVERY_OUT, MAILLOG_HANDSHAKE, 2, "b");
	break_off(DELIVERY_IN, MAILLOG_NO_CLIENT_CERT, 1, "a");
	break_off(DELIVERY_OUT, MAILLOG_UNTRUSTED, 1, "c");
	break_off(DELIVERY_OUT, MAILLOG_HANDSHAKE, 1, "c");
	finish();
	f = tally_failures(t, &n);
	ck_assert_uint_eq(n, 6);
	ck_assert(f[0].count == 2 && f[0].last == 3 && f[0].reason == MAILLOG_HANDSHAKE);
	ck_assert(strcmp(f[1].peer, "a") == 0 && f[1].reason == MAILLOG_NO_CLIENT_CERT &&
		  f[1].direction == DELIVERY_IN);
	ck_assert(strcmp(f[2].peer, "b") == 0 && f[2].reason == MAILLOG_UNTRUSTED);
	ck_assert(f[3].direction == DELIVERY_IN);
	/* As they are numbered. */
	ck_assert(f[4].reason == MAILLOG_HANDSHAKE && f[5].reason == MAILLOG_UNTRUSTED);
}
END_TEST

START_TEST(failures_without_number)
{
	const struct tally_failure *f;
	char peer[32];
	size_t n;
	int i;

	for (i = 0; i < TALLY_FAILURES + 5; i++) {
		(void)snprintf(peer, sizeof(peer), "mx%d", i);
		break_off(DELIVERY_OUT, MAILLOG_HANDSHAKE, i, peer);
	}
	break_off(DELIVERY_OUT, MAILLOG_HANDSHAKE, 0, "mx0");
	finish();
	f = tally_failures(t, &n);
	ck_assert_uint_eq(n, TALLY_FAILURES + 1);
	ck_assert_str_eq(f[0].peer, TALLY_OTHER);
	ck_assert_uint_eq(f[0].count, 5);
	ck_assert_str_eq(f[1].peer, "mx0");
	ck_assert_uint_eq(f[1].count, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tally");
	TCase *tc = tcase_create("tally");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, a_history, 0, COUNT(histories));
	tcase_add_loop_test(tc, days_that_come_twice, 0, COUNT(twice));
	tcase_add_test(tc, changes_in_order);
	tcase_add_test(tc, changes_without_number);
	tcase_add_test(tc, witnesses_without_number);
	tcase_add_loop_test(tc, a_level, 0, COUNT(levels));
	tcase_add_test(tc, in_all);
	tcase_add_test(tc, words);
	tcase_add_test(tc, words_of_a_row);
	tcase_add_test(tc, a_row_after_another);
	tcase_add_test(tc, by_name);
	tcase_add_test(tc, by_day);
	tcase_add_loop_test(tc, by_day_elsewhere, 0, 2);
	tcase_add_loop_test(tc, an_odd_name, 0, COUNT(odd));
	tcase_add_loop_test(tc, an_odd_byte, 0, 2);
	tcase_add_loop_test(tc, a_long_name, 0, 4);
	tcase_add_test(tc, names_that_look_alike);
	tcase_add_test(tc, kinds_without_number);
	tcase_add_test(tc, rows_without_number);
	tcase_add_test(tc, failures);
	tcase_add_test(tc, failures_without_number);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
