/* SPDX-License-Identifier: ISC */
/* check_stamp - times as loggers write them, and the years that they leave out. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stamp.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* 2026-11-23 00:00:00 UTC, and times of that day. */
#define DAY ((int64_t)1795392000)
#define AT(h, m, s) (DAY + (h)*3600 + (m)*60 + (s))
#define NOVEMBER 10

static void set_up(void)
{
	ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
}

/* The next stamp of a log, and when it was; bytes of it, or 0. */
static size_t read_dated(struct stamp_cache *cache, struct stamp_clock *clock, const char *text,
			 size_t len, int64_t *when)
{
	struct stamp stamp;
	size_t n = stamp_read(cache, text, len, &stamp);

	if (n > 0)
		*when = stamp_date(clock, &stamp);
	return n;
}

/* ---- forms ---- */

static const struct {
	const char *text;
	size_t len; /* of the stamp; 0: there is none */
	int64_t when;
} forms[] = {
	{"Nov 23 12:30:05 host", 15, AT(11, 30, 5)},
	{"Nov 23 12:30:05.000685 host", 22, AT(11, 30, 5)},
	{"Nov 23 12:30:60 host", 15, AT(11, 31, 0)},
	{"Nov  3 00:00:00 host", 15, AT(-1, 0, 0) - 20 * 86400},
	{"Nov 03 00:00:00 host", 15, AT(-1, 0, 0) - 20 * 86400},
	{"Nov 23 12:30:05", 15, AT(11, 30, 5)},
	{"2026-11-23T12:30:05Z host", 20, AT(12, 30, 5)},
	{"2026-11-23T12:30:05+00:00 host", 25, AT(12, 30, 5)},
	{"2026-11-23T12:30:05.185246+01:00 host", 32, AT(11, 30, 5)},
	{"2026-11-23T12:30:05+0200 host", 24, AT(10, 30, 5)},
	{"2026-11-23T12:30:05-03:30 host", 25, AT(16, 0, 5)},
	{"2026-11-23T12:30:05+0200", 24, AT(10, 30, 5)},
	{"2026-11-23T12:30:05", 19, AT(11, 30, 5)},
	{"2026-11-23T12:30:05 host", 19, AT(11, 30, 5)},
	{"2026-11-23T12:30:05,123 host", 23, AT(11, 30, 5)},
	{"2026-11-23 12:30:05 host", 19, AT(11, 30, 5)},
	{"2026-11-23T12:30:60Z", 20, AT(12, 31, 0)},
	/* Leap seconds, as a year and a month end. */
	{"2016-12-31T23:59:60Z", 20, 1483228800},
	{"2017-01-01T00:59:60.5+01:00", 27, 1483228800},
	{"2015-07-01T01:59:60", 19, 1435708800},
	{"Oct 31 23:59:60 host", 15, AT(-1, 0, 0) - 22 * 86400},
	{"Mon 2026-11-23 12:30:05 CET host", 27, AT(11, 30, 5)},
	{"Mon 2026-11-23 12:30:05 UTC host", 27, AT(12, 30, 5)},
	{"Mon 2026-11-23 12:30:05 GMT host", 27, AT(12, 30, 5)},
	{"Mon 2026-11-23 12:30:05 -03 host", 27, AT(11, 30, 5)},
	{"Mon 2026-11-23 12:30:05 +0545 host", 29, AT(11, 30, 5)},
	/* A leap day, and two days that are not in each year. */
	{"2028-02-29T00:00:00Z", 20, AT(0, 0, 0) + (int64_t)(463 * 86400)},
	{"2000-02-29T00:00:00Z", 20, 951782400},
	{"1999-12-31T23:59:59Z", 20, 946684799},
	/* Summer begins at 02:00 and ends at 03:00 here. */
	{"Mar 29 01:59:59 host", 15, 1774745999},
	{"Mar 29 03:00:00 host", 15, 1774746000},
	{"Oct 25 01:59:59 host", 15, 1792886399},
	{"Oct 25 03:00:00 host", 15, 1792893600},
	{"2026-07-01T12:00:00 host", 19, 1782900000},
	{"2026-10-25T02:30:00+02:00", 25, 1792888200},
	{"2026-10-25T02:30:00+01:00", 25, 1792891800},
	/* No stamps. */
	{"", 0, 0},
	{"Nov 23 12:30:0", 0, 0},
	{"Nov 23 12:30:5 host", 0, 0},
	{"Nov 23 12:30 host...", 0, 0},
	{"Nov 32 12:30:05 host", 0, 0},
	{"Nov  0 12:30:05 host", 0, 0},
	{"Nov 23 24:00:00 host", 0, 0},
	{"Nov 23 12:60:00 host", 0, 0},
	{"Nov 23 12:30:61 host", 0, 0},
	{"nov 23 12:30:05 host", 0, 0},
	{"Nov-23 12:30:05 host", 0, 0},
	{"Nov 23-12:30:05 host", 0, 0},
	{"Nov 23 12-30:05 host", 0, 0},
	{"Nov 23 12:30-05 host", 0, 0},
	{"Nov 2a 12:30:05 host", 0, 0},
	{"2026-11-23T12:30 host", 0, 0},
	{"2026-13-23T12:30:05Z", 0, 0},
	{"2026-00-23T12:30:05Z", 0, 0},
	{"2026-11-00T12:30:05Z", 0, 0},
	{"2026-11-32T12:30:05Z", 0, 0},
	{"2026/11/23 12:30:05 x", 0, 0},
	{"2026-11-23_12:30:05Z", 0, 0},
	{"2o26-11-23T12:30:05Z", 0, 0},
	{"Mon 2026-11-23 25:30:05 CET", 0, 0},
	{"Monday 2026-11-23 12:30:05", 0, 0},
};

START_TEST(a_form)
{
	struct stamp_cache cache = {.key_len = 0};
	struct stamp_clock clock;
	int64_t when = 0;
	int again;

	stamp_clock_init(&clock, NOVEMBER, DAY + 86400, 0);
	/* The second time the minute is remembered. */
	for (again = 0; again < 2; again++) {
		ck_assert_uint_eq(
			read_dated(&cache, &clock, forms[_i].text, strlen(forms[_i].text), &when),
			forms[_i].len);
		if (forms[_i].len > 0)
			ck_assert_int_eq(when, forms[_i].when);
	}
}
END_TEST

/* What is cut off is either no stamp, or one of the same minute. */
START_TEST(a_form_that_is_cut)
{
	struct stamp_cache cache;
	struct stamp_clock clock;
	struct stamp stamp;
	size_t len, n;
	char *cut;
	int64_t when, off;

	for (len = 0; len < forms[_i].len; len++) {
		stamp_clock_init(&clock, NOVEMBER, DAY + 86400, 0);
		cut = malloc(len + 1);
		ck_assert_ptr_nonnull(cut);
		memcpy(cut, forms[_i].text, len);
		cache.key_len = 0;
		n = read_dated(&cache, &clock, cut, len, &when);
		free(cut);
		ck_assert_uint_le(n, len);
		off = n > 0 ? when - forms[_i].when : 0;
		/* Without its zone it is local time: a few hours off, and no more. */
		ck_assert_int_lt(off < 0 ? -off : off, 6 * 3600);
		/* What is behind the end changes nothing. */
		cache.key_len = 0;
		ck_assert_uint_eq(stamp_read(&cache, forms[_i].text, len, &stamp), n);
	}
}
END_TEST

static int month_of(const char *text)
{
	struct stamp_cache cache = {.key_len = 0};
	struct stamp stamp;

	return stamp_read(&cache, text, strlen(text), &stamp) > 0 ? stamp.month : -2;
}

/* The same second again, and all that may stand behind it. */
START_TEST(a_second_again)
{
	static const struct {
		const char *text;
		size_t n;
		int64_t second;
	} again[] = {{"Nov  1 00:00:05 x", 15, 5},     {"Nov  1 00:00:05 x", 15, 5},
		     {"Nov  1 00:00:05", 15, 5},       {"Nov  1 00:00:05.25 x", 18, 5},
		     {"Nov  1 00:00:05x", 15, 5},      {"Nov  1 00:00:06 x", 15, 6},
		     {"Nov  1 00:00:6 x ", 0, 0},      {"Nov  1 00:00:05 x", 15, 5},
		     {"Nov  1 00:00:05,125 x", 19, 5}, {"Nov  1 00:01:05 x", 15, 65}};
	struct stamp_cache cache = {.key_len = 0};
	struct stamp stamp;
	size_t i;

	/* As the second that was never read. */
	ck_assert_uint_eq(stamp_read(&cache, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0 x", 17, &stamp), 0);
	for (i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		ck_assert_uint_eq(stamp_read(&cache, again[i].text, strlen(again[i].text), &stamp),
				  again[i].n);
		if (again[i].n > 0)
			ck_assert_int_eq(stamp.when, again[i].second);
	}
}
END_TEST

/* A clock that has gone on dates the same stamp anew. */
START_TEST(a_stamp_again)
{
	struct stamp stamp = {0, 10};
	struct stamp_clock clock;
	int64_t when;

	stamp_clock_init(&clock, 10, DAY, 1);
	when = stamp_date(&clock, &stamp);
	ck_assert_int_eq(stamp_date(&clock, &stamp), when);
	stamp_pass(&clock, 2);
	ck_assert_int_eq(stamp_date(&clock, &stamp), when + (int64_t)365 * 86400);
	ck_assert_int_eq(stamp_date(&clock, &stamp), when + (int64_t)365 * 86400);
}
END_TEST

/* What has no year says its month, and the time from its beginning. */
START_TEST(months)
{
	static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct stamp_cache cache = {.key_len = 0};
	struct buf text = BUF_INIT;
	struct stamp stamp;
	int i;

	for (i = 0; i < 12; i++) {
		buf_clear(&text);
		buf_addf(&text, "%s 31 23:59:58 x", names[i]);
		ck_assert_uint_eq(stamp_read(&cache, text.data, text.len, &stamp), 15);
		ck_assert_int_eq(stamp.month, i);
		ck_assert_int_eq(stamp.when, (int64_t)31 * 86400 - 2);
	}
	buf_release(&text);
	ck_assert_int_eq(month_of("2026-11-23T12:30:05 x"), -1);
	ck_assert_int_eq(month_of("Mon 2026-11-23 12:30:05 x"), -1);
	ck_assert_int_eq(month_of("anF 31 23:59:58 x"), -2);
}
END_TEST

/* ---- years: months one after the other, and the years that they are of ---- */

static const struct {
	const char *name;
	int year_ends;
	const char *stamps[8];
	const char *want; /* years behind 2020, a digit for each stamp */
} histories[] = {
	{"one year", 0, {"Jan  1", "Jun  1", "Nov  1"}, "666"},
	{"a year's end", 1, {"Nov 30", "Dec 31", "Jan  1", "Nov  1"}, "5566"},
	{"out of order about it", 1, {"Dec 31", "Jan  1", "Dec 31", "Jan  1", "Nov  1"}, "56566"},
	{"out of order at the beginning", 0, {"Jan  1", "Dec 31", "Jan  1", "Nov  1"}, "6566"},
	{"out of order about a month's end", 0, {"Feb  1", "Jan 31", "Feb  1", "Nov  1"}, "6666"},
	{"kept for long", 2, {"Oct  1", "Mar  1", "Dec  1", "Jan  1", "Nov  1"}, "45566"},
	{"a gap over the year's end", 1, {"Jun  1", "Mar  1", "Nov  1"}, "566"},
	{"a gap of ten months", 1, {"Jun  1", "Apr  1", "Nov  1"}, "566"},
	{"a year's end long ago",
	 2,
	 {"Dec  1", "Jan  1", "Jan  2", "Nov  1", "Jan  1", "Nov  1"},
	 "455566"},
	/* From January to December it would be out of order. */
	{"a quiet year behind February",
	 1,
	 {"Jan  1", "Feb  1", "Jan 31", "Dec  1", "Jan  1", "Nov  1"},
	 "555566"},
	{"out of order, then a quiet year", 0, {"Jan  1", "Dec 31", "Nov  1"}, "656"},
	/* The last month is one that is yet to come: of the year before. */
	{"the last month is of last year", 0, {"Nov  1", "Dec  1"}, "55"},
};

START_TEST(a_history)
{
	struct stamp_cache cache = {.key_len = 0};
	struct stamp_clock clock;
	struct buf got = BUF_INIT, text = BUF_INIT;
	int64_t when;
	time_t seconds;
	int i, ends = 0, before = -1, month = -1, years;

	for (i = 0; histories[_i].stamps[i] != NULL; i++) {
		buf_clear(&text);
		buf_addf(&text, "%s 12:00:00 x", histories[_i].stamps[i]);
		month = month_of(buf_string(&text));
		years = stamp_years_between(before, month);
		ends += years > 0;
		if (years > 0 || (years == 0 && month > before))
			before = month;
	}
	ck_assert_int_eq(ends, histories[_i].year_ends);
	/* On the 23rd of November 2026. */
	stamp_clock_init(&clock, month, DAY, ends);
	for (i = 0; histories[_i].stamps[i] != NULL; i++) {
		buf_clear(&text);
		buf_addf(&text, "%s 12:00:00 x", histories[_i].stamps[i]);
		ck_assert_uint_eq(read_dated(&cache, &clock, text.data, text.len, &when), 15);
		seconds = (time_t)when;
		buf_addf(&got, "%d", localtime(&seconds)->tm_year - 120);
	}
	ck_assert_str_eq(buf_string(&got), histories[_i].want);
	buf_release(&got);
	buf_release(&text);
}
END_TEST

/* What the first line alone tells of its year may be wrong: nothing is younger than its log. */
static const struct {
	const char *name;
	const char *bound; /* a day at noon; the log ends before it */
	const char *stamps[8];
	const char *want; /* years behind 2020 */
} bounded[] = {
	{"newest first", "2026-11-23", {"Nov 20", "Oct 20", "Sep 20", "Aug  1"}, "6666"},
	{"a day of this month that is yet to come", "2026-11-23", {"Nov 24"}, "5"},
	{"more than a year", "2026-11-23", {"Nov 30", "Dec 30", "Jan  1", "Nov 20"}, "5566"},
	{"more than a year, seen late", "2026-11-23", {"Nov 20", "Dec 30", "Jan  1"}, "656"},
	{"a leap day", "2026-11-23", {"Feb 29", "Mar  1"}, "44"},
	{"a leap day, in a year that has one", "2028-11-23", {"Feb 28", "Feb 29"}, "88"},
	/* 2100 has none: from 2104, where it is yet to come, to 2096. */
	{"a leap day, eight years ago", "2104-01-15", {"Feb 29"}, "76"},
	{"a day that is in no year", "2026-11-23", {"Feb 30"}, "6"},
};

START_TEST(nothing_is_younger)
{
	struct stamp_cache cache = {.key_len = 0};
	struct stamp_clock clock;
	struct buf got = BUF_INIT, text = BUF_INIT;
	struct stamp stamp;
	int64_t when;
	time_t seconds;
	int i;

	buf_addf(&text, "%sT12:00:00Z", bounded[_i].bound);
	ck_assert_uint_eq(stamp_read(&cache, text.data, text.len, &stamp), 20);
	stamp_clock_init(&clock, -1, stamp.when, 0);
	for (i = 0; bounded[_i].stamps[i] != NULL; i++) {
		buf_clear(&text);
		buf_addf(&text, "%s 12:00:00 x", bounded[_i].stamps[i]);
		ck_assert_uint_eq(read_dated(&cache, &clock, text.data, text.len, &when), 15);
		seconds = (time_t)when;
		buf_addf(&got, "%d", localtime(&seconds)->tm_year - 120);
	}
	ck_assert_msg(strcmp(buf_string(&got), bounded[_i].want) == 0, "%s: %s", bounded[_i].name,
		      buf_string(&got));
	buf_release(&got);
	buf_release(&text);
}
END_TEST

/* A month that is passed on is as good as a stamp, but for the time. */
START_TEST(months_that_pass)
{
	struct stamp_cache cache = {.key_len = 0};
	struct stamp_clock clock;
	int64_t when;

	stamp_clock_init(&clock, -1, DAY, 1);
	stamp_pass(&clock, 11);
	stamp_pass(&clock, 11);
	stamp_pass(&clock, 0);
	ck_assert_uint_eq(read_dated(&cache, &clock, "Jan  1 12:00:00 x", 17, &when), 15);
	/* 2026-01-01. */
	ck_assert_int_eq(when, 1767265200);
}
END_TEST

/* The last second that a line may be of, and the next one, which is of the year before. */
START_TEST(the_bound_itself)
{
	static const char first[] = "Nov  1 00:00:00 x", second[] = "Nov  1 00:00:01 x";
	const int64_t bound = AT(-1, 0, 0) - 22 * 86400;
	struct stamp_cache cache = {.key_len = 0};
	struct stamp_clock clock;
	int64_t when;

	stamp_clock_init(&clock, NOVEMBER, bound, 0);
	ck_assert_uint_eq(read_dated(&cache, &clock, first, strlen(first), &when), 15);
	ck_assert_int_eq(when, bound);
	ck_assert_uint_eq(read_dated(&cache, &clock, second, strlen(second), &when), 15);
	ck_assert_int_eq(when, bound + 1 - 365 * (int64_t)86400);
}
END_TEST

/* Stamps of one log: another second, minute, day, month, and back. */
START_TEST(one_after_the_other)
{
	static const struct {
		const char *text;
		int64_t when;
	} stamps[] = {
		{"Nov 23 12:30:05 x", AT(11, 30, 5)},
		{"Nov 23 12:30:59 x", AT(11, 30, 59)},
		{"Nov 23 12:31:00 x", AT(11, 31, 0)},
		{"Nov 22 12:31:00 x", AT(11, 31, 0) - 86400},
		/* It was summer then. */
		{"Oct 22 12:31:00 x", AT(10, 31, 0) - 32 * 86400},
		{"Nov 22 12:31:00 x", AT(11, 31, 0) - 86400},
	};
	struct stamp_cache cache = {.key_len = 0};
	struct stamp_clock clock;
	int64_t when;
	int i;

	stamp_clock_init(&clock, NOVEMBER, DAY + 86400, 0);
	for (i = 0; i < COUNT(stamps); i++) {
		ck_assert_uint_eq(
			read_dated(&cache, &clock, stamps[i].text, strlen(stamps[i].text), &when),
			15);
		ck_assert_int_eq(when, stamps[i].when);
	}
}
END_TEST

/* A log that is still being written has no last line; its writer's clock may be ahead. */
START_TEST(a_log_that_grows)
{
	struct stamp_cache cache = {.key_len = 0};
	time_t now = time(NULL) + 12 * 3600;
	struct stamp_clock clock;
	char text[32];
	int64_t when;

	/* No hour comes twice there, whenever this runs. */
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	ck_assert_uint_gt(strftime(text, sizeof(text), "%b %d %H:%M:%S x", localtime(&now)), 0);
	/* Read since a month. */
	stamp_clock_init(&clock, -1, (int64_t)now - 30 * 86400, 0);
	clock.grows = true;
	clock.year = localtime(&now)->tm_year + 1900;
	ck_assert_uint_eq(read_dated(&cache, &clock, text, strlen(text), &when), 15);
	ck_assert_int_eq(when, (int64_t)now);
}
END_TEST

/* Stamps with a year and such without one in one log, line by line. */
START_TEST(both_forms)
{
	struct stamp_cache cache = {.key_len = 0};
	struct stamp_clock clock;
	int64_t a, b;
	int i;

	stamp_clock_init(&clock, NOVEMBER, DAY + 86400, 0);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_gt(read_dated(&cache, &clock, "Nov 23 12:30:05 x", 17, &a), 0);
		ck_assert_uint_gt(read_dated(&cache, &clock, "2026-11-23T12:30:05+01:00 x", 27, &b),
				  0);
		ck_assert_int_eq(a, b);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stamp");
	TCase *tc = tcase_create("stamp");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, a_form, 0, COUNT(forms));
	tcase_add_loop_test(tc, a_form_that_is_cut, 0, COUNT(forms));
	tcase_add_test(tc, a_second_again);
	tcase_add_test(tc, a_stamp_again);
	tcase_add_test(tc, months);
	tcase_add_loop_test(tc, nothing_is_younger, 0, COUNT(bounded));
	tcase_add_test(tc, months_that_pass);
	tcase_add_test(tc, the_bound_itself);
	tcase_add_test(tc, one_after_the_other);
	tcase_add_test(tc, a_log_that_grows);
	tcase_add_loop_test(tc, a_history, 0, COUNT(histories));
	tcase_add_test(tc, both_forms);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
