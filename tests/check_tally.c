/* SPDX-License-Identifier: ISC */
/* check_tally - deliveries made by hand, and what must have been counted. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
} histories[] = {
	{"eee", ""},
	{"ppe", "e2"},
	{"pep", "e1p2"},
	/* A witness that logs TLS: plaintext. */
	{"00e", "e2"},
	{"0p2e", "e3"},
	{"e0e", "p1e2"},
	/* One that does not: nothing is known. */
	{"1e", ""},
	{"e1e", ""},
	{"e1p", "p2"},
	{"p13e", "e3"},
	{"peup", "e1p3"},
	{"pue", "e2"},
	{"uuu", ""},
	/* The last sixteen. */
	{"pepepepepepepepepepep", "e5p6e7p8e9p10e11p12e13p14e15p16e17p18e19p20"},
};

START_TEST(a_history)
{
	const char *states = histories[_i].states;
	const struct tally_change *changes;
	struct buf got = BUF_INIT;
	const char *want = histories[_i].want;
	char state[] = "eTrusted";
	size_t i, n;

	for (i = 0; states[i] != '\0'; i++) {
		state[0] = states[i];
		deliver(DELIVERY_OUT, state, 1000 + (int64_t)i, "gmx", "gmx.example");
		/* What others do, and the other direction, is no matter. */
		deliver(DELIVERY_OUT, i % 2 == 0 ? "e" : "u", 1000 + (int64_t)i, "mx", "x");
		deliver(DELIVERY_IN, "p", 1000 + (int64_t)i, "gmx", "x");
	}
	finish();
	changes = tally_changes(t, &n);
	for (i = 0; i < n; i++) {
		ck_assert_str_eq(changes[i].peer, "gmx");
		ck_assert_int_eq(changes[i].direction, DELIVERY_OUT);
		ck_assert_int_ne(changes[i].was, changes[i].is);
		buf_addf(&got, "%c%d", changes[i].is == DELIVERY_ENCRYPTED ? 'e' : 'p',
			 (int)(changes[i].when - 1000));
	}
	/* Of long histories the end, as far as it goes. */
	ck_assert_uint_le(n, CHANGES_MOST);
	if (strlen(states) > CHANGES_MOST + 1)
		ck_assert_uint_eq(n, CHANGES_MOST);
	ck_assert_str_eq(buf_string(&got), want);
	buf_release(&got);
}
END_TEST

/* Logs of two hosts over the same days, one read behind the other. */
START_TEST(days_that_come_twice)
{
	static const struct {
		const char *state;
		int64_t when;
	} both[] = {{"eTrusted", 1000}, {"p", 2000}, {"p", 3000},
		    {"eTrusted", 1100}, {"p", 2100}, {"p", 3100}};
	const struct tally_change *changes;
	size_t i, n;

	for (i = 0; i < (size_t)COUNT(both); i++)
		deliver(DELIVERY_OUT, both[i].state, both[i].when, "gmx", "gmx.example");
	finish();
	changes = tally_changes(t, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(changes[0].when, 2000);
	ck_assert_int_eq(changes[0].is, DELIVERY_PLAINTEXT);
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
	{"verify", 5, true}, {"secure", 5, true},
};

START_TEST(a_level)
{
	const struct tally_domain *domains;
	uint64_t deliveries;
	size_t n;

	tear_down();
	ck_assert(tally_is_level(levels[_i].level) && !tally_is_level("dane_only"));
	ck_assert(tally_is_lower_bound(levels[_i].level) == levels[_i].lower_bound);
	t = tally_new(levels[_i].level);
	deliver(DELIVERY_OUT, "p", 5, "a", "plain.example");
	deliver(DELIVERY_OUT, "p", 7, "b", "plain.example");
	deliver(DELIVERY_OUT, "0", 6, "a", "told.example");
	deliver(DELIVERY_OUT, "1", 6, "a", "untold.example");
	deliver(DELIVERY_OUT, "eAnonymous", 6, "a", "anonymous.example");
	deliver(DELIVERY_OUT, "eUntrusted", 6, "a", "plain.example");
	deliver(DELIVERY_OUT, "eTrusted", 6, "a", "plain.example");
	deliver(DELIVERY_OUT, "eVerified", 6, "a", "good.example");
	deliver(DELIVERY_OUT, "e", 6, "a", "old.example");
	deliver(DELIVERY_IN, "p", 6, "a", "plain.example");
	deliver(DELIVERY_IN, "eAnonymous", 6, "a", "plain.example");
	finish();
	domains = tally_held_back(t, &n, &deliveries);
	ck_assert_uint_eq(deliveries, levels[_i].held_back);
	ck_assert_uint_eq(n, levels[_i].held_back == 0 ? 0 : levels[_i].held_back == 3 ? 2 : 3);
	if (n > 0) {
		ck_assert_str_eq(domains[0].domain, "plain.example");
		ck_assert_uint_eq(domains[0].deliveries, levels[_i].held_back == 3 ? 2 : 3);
		ck_assert_int_eq(domains[0].last, 7);
		ck_assert_str_eq(domains[n - 1].domain, "told.example");
	}
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

START_TEST(names_that_look_alike)
{
	deliver(DELIVERY_OUT, "p", 0, "a\xff", "x\xff");
	deliver(DELIVERY_OUT, "p", 0, "a\xfe", "x\xfe");
	finish();
	ck_assert_uint_eq(tally_rows(t, TALLY_PEER), 1);
	ck_assert_uint_eq(tally_rows(t, TALLY_DOMAIN), 1);
}
END_TEST

START_TEST(kinds_without_number)
{
	struct delivery d = {.state = DELIVERY_ENCRYPTED};
	const struct tally_counts *out;
	struct buf cipher = BUF_INIT;
	unsigned i;

	d.peer = d.domain = span_of("a");
	d.protocol = span_of("TLSv1.3");
	for (i = 0; i < 3 * TALLY_KINDS; i++) {
		buf_clear(&cipher);
		buf_addf(&cipher, "CIPHER-%u", i);
		d.cipher = span_of(cipher.data);
		tally_delivery(t, &d);
	}
	d.state = DELIVERY_UNTOLD;
	d.protocol = d.cipher = span_of("");
	tally_delivery(t, &d);
	finish();
	out = tally_total(t, DELIVERY_OUT);
	ck_assert_uint_eq(out->encrypted, 3 * TALLY_KINDS);
	ck_assert_uint_eq(out->forward_secrecy, 3 * TALLY_KINDS);
	ck_assert_uint_eq(out->unknown, 1);
	ck_assert_uint_eq(out->names[TALLY_CIPHERS].n, TALLY_KINDS + 1);
	ck_assert_str_eq(out->names[TALLY_CIPHERS].v[0].name, TALLY_OTHER);
	ck_assert_uint_eq(out->names[TALLY_CIPHERS].v[0].count, 2 * TALLY_KINDS);
	buf_release(&cipher);
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
	finish();
	f = tally_failures(t, &n);
	ck_assert_uint_eq(n, 4);
	ck_assert(f[0].count == 2 && f[0].last == 3 && f[0].reason == MAILLOG_HANDSHAKE);
	ck_assert(strcmp(f[1].peer, "a") == 0 && f[1].reason == MAILLOG_NO_CLIENT_CERT &&
		  f[1].direction == DELIVERY_IN);
	ck_assert(strcmp(f[2].peer, "b") == 0 && f[2].reason == MAILLOG_UNTRUSTED);
	ck_assert(f[3].direction == DELIVERY_IN);
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
	tcase_add_test(tc, days_that_come_twice);
	tcase_add_loop_test(tc, a_level, 0, COUNT(levels));
	tcase_add_test(tc, in_all);
	tcase_add_test(tc, by_name);
	tcase_add_test(tc, by_day);
	tcase_add_loop_test(tc, an_odd_name, 0, COUNT(odd));
	tcase_add_test(tc, names_that_look_alike);
	tcase_add_test(tc, kinds_without_number);
	tcase_add_test(tc, failures);
	tcase_add_test(tc, failures_without_number);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
