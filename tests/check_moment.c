/* SPDX-License-Identifier: ISC */
/*
 * check_moment - times as people write them. And progress, which is about time, too.
 */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "moment.h"
#include "progress.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* 2026-11-25T10:30:00+01:00 in Berlin. */
#define NOW INT64_C(1795599000)
#define HOUR 3600
#define DAY 86400
/* 2026-11-25T00:00:00+01:00. */
#define TODAY (NOW - 10 * HOUR - HOUR / 2)

static void in_berlin(void)
{
	/* Written out, so that no table of zones is needed. */
	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
}

static const struct {
	const char *word;
	int64_t since, until;
} good[] = {
	{"2026-11-25", TODAY, TODAY + DAY - 1},
	{"2026-11-25 00:00", TODAY, TODAY + 59},
	{"2026-11-25T10:30", NOW, NOW + 59},
	{"2026-11-25 10:30:00", NOW, NOW},
	{"2026-11-25 10:29:60", NOW, NOW},
	/* Leap seconds, as a year, a month and a day end. */
	{"2016-12-31T23:59:60Z", INT64_C(1483228800), INT64_C(1483228800)},
	{"2017-01-01T00:59:60+01:00", INT64_C(1483228800), INT64_C(1483228800)},
	{"2015-06-30T23:59:60.5Z", INT64_C(1435708800), INT64_C(1435708800)},
	{"2026-11-24 23:59:60", TODAY, TODAY},
	{"2026-11-25 10:30:00.999", NOW, NOW},
	{"2026-11-25T10:30:00+01:00", NOW, NOW},
	{"2026-11-25T10:30:00+0100", NOW, NOW},
	{"2026-11-25T09:30:00Z", NOW, NOW},
	{"2026-11-25t09:30:00.5z", NOW, NOW},
	{"2026-11-25T04:00:00-05:30", NOW, NOW},
	{"2026-11-25 09:30Z", NOW, NOW + 59},
	/* Days of 23 and of 25 hours. */
	{"2026-03-29", INT64_C(1774738800), INT64_C(1774738800) + 23 * HOUR - 1},
	{"2026-10-25", INT64_C(1792879200), INT64_C(1792879200) + 25 * HOUR - 1},
	{"2024-02-29", INT64_C(1709161200), INT64_C(1709161200) + DAY - 1},
	{"2025-12-31", INT64_C(1767135600), INT64_C(1767135600) + DAY - 1},
	{"now", NOW, NOW},
	{"today", TODAY, TODAY + DAY - 1},
	{"yesterday", TODAY - DAY, TODAY - 1},
	{"0s", NOW, NOW},
	{"90s", NOW - 90, NOW - 90},
	{"30m", NOW - 1800, NOW - 1800},
	{"24h", NOW - DAY, NOW - DAY},
	{"7d", NOW - 7 * DAY, NOW - 7 * DAY},
	{"2w", NOW - 14 * DAY, NOW - 14 * DAY},
	{"1000000w", NOW - INT64_C(1000000) * 7 * DAY, NOW - INT64_C(1000000) * 7 * DAY},
};

START_TEST(moment_is_understood)
{
	int64_t since = 0, until = 0;

	in_berlin();
	ck_assert_msg(moment_parse(good[_i].word, NOW, false, &since), "%s", good[_i].word);
	ck_assert_msg(moment_parse(good[_i].word, NOW, true, &until), "%s", good[_i].word);
	ck_assert_msg(since == good[_i].since, "%s begins %lld instead of %lld", good[_i].word,
		      (long long)since, (long long)good[_i].since);
	ck_assert_msg(until == good[_i].until, "%s ends %lld instead of %lld", good[_i].word,
		      (long long)until, (long long)good[_i].until);
}
END_TEST

/* A day whose midnight had another zone than its noon: 2026-10-25T12:00:07+01:00. */
START_TEST(a_day_of_two_zones)
{
	const int64_t midnight = INT64_C(1792879200), now = midnight + 13 * HOUR + 7;
	int64_t since = 0, until = 0;

	in_berlin();
	ck_assert(moment_parse("today", now, false, &since));
	ck_assert(moment_parse("today", now, true, &until));
	ck_assert_int_eq(since, midnight);
	ck_assert_int_eq(until, midnight + 25 * HOUR - 1);
	ck_assert(moment_parse("yesterday", now, false, &since));
	ck_assert(moment_parse("yesterday", now, true, &until));
	ck_assert_int_eq(since, midnight - DAY);
	ck_assert_int_eq(until, midnight - 1);
}
END_TEST

static const char *const bad[] = {
	"",
	"soon",
	"tomorrow",
	"7",
	"7x",
	"7d ",
	"d",
	"-7d",
	"7d7d",
	"1000001w",
	"99999999999999999999d",
	"2026",
	"2026-11",
	"2026-11-31",
	"2026-02-29",
	"2026-13-01",
	"2026-00-01",
	"2026-01-00",
	"2026-1-1",
	"26-01-01",
	"2026-11-25 ",
	"2026-11-25 10",
	"2026-11-25 24:00",
	"2026-11-25 10:60",
	"2026-11-25 10:30:61",
	"2026-11-31T23:59:60Z",
	"2026-11-25 10:30:00.",
	"2026-11-25T10:30:00+",
	"2026-11-25T10:30:00+24:00",
	"2026-11-25T10:30:00+01:60",
	"2026-11-25T10:30:00ZZ",
	"2026-11-25Z",
	"2026/11/25",
	"Nov 25",
	"2026-11-25x10:30",
};

START_TEST(moment_is_refused)
{
	int64_t when = 0;

	in_berlin();
	ck_assert_msg(!moment_parse(bad[_i], NOW, false, &when), "\"%s\" is %lld", bad[_i],
		      (long long)when);
	ck_assert_msg(!moment_parse(bad[_i], NOW, true, &when), "\"%s\" is %lld", bad[_i],
		      (long long)when);
}
END_TEST

/* ---- progress ---- */

#define MS INT64_C(1000000)

/* Steps of one reading, in milliseconds; what each says. */
static const struct {
	int64_t at;
	uint64_t done, total;
	const char *says;
} steps[] = {
	{5000, 0, 1000000000, ""},
	{5999, 500000000, 1000000000, ""},
	{6000, 505000000, 1000000000, "\rreading:  50 % of 1000 MB"},
	{6199, 700000000, 1000000000, ""},
	{6200, 999999999, 1000000000, "\rreading:  99 % of 1000 MB"},
	{7000, 1000000000, 1000000000, "\rreading: 100 % of 1000 MB"},
	{8000, 1200000000, 1000000000, "\rreading: 100 % of 1000 MB"},
	{9000, 1234567890, 0, "\rreading: 1234 MB"},
};

START_TEST(progress_is_said_after_a_second)
{
	struct progress p = {.shown = false};
	struct buf out = BUF_INIT;
	int i;

	for (i = 0; i < COUNT(steps); i++) {
		buf_clear(&out);
		progress_step(&p, steps[i].at * MS, steps[i].done, steps[i].total, &out);
		ck_assert_msg(strcmp(buf_string(&out), steps[i].says) == 0, "step %d says: %s", i,
			      buf_string(&out));
	}
	buf_clear(&out);
	progress_end(&p, &out);
	ck_assert_str_eq(buf_string(&out), "\r                                        \r");
	buf_clear(&out);
	progress_end(&p, &out);
	ck_assert_str_eq(buf_string(&out), "");
	buf_release(&out);
}
END_TEST

/* Nothing was shown, so nothing is taken away. */
START_TEST(short_reading_says_nothing)
{
	struct progress p = {.shown = false};
	struct buf out = BUF_INIT;

	progress_step(&p, 5 * MS, 1, 2, &out);
	progress_step(&p, 900 * MS, 2, 2, &out);
	progress_end(&p, &out);
	ck_assert_str_eq(buf_string(&out), "");
	buf_release(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("moment");
	TCase *tc = tcase_create("moment");

	tcase_add_loop_test(tc, moment_is_understood, 0, COUNT(good));
	tcase_add_test(tc, a_day_of_two_zones);
	tcase_add_loop_test(tc, moment_is_refused, 0, COUNT(bad));
	tcase_add_test(tc, progress_is_said_after_a_second);
	tcase_add_test(tc, short_reading_says_nothing);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
