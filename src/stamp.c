/* SPDX-License-Identifier: ISC */
#include "stamp.h"

#include <string.h>
#include <time.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
/* From one to the next, at most: 1896, 1904. */
#define LEAP_YEARS 8

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number of two digits; the first may be a space where the writer pads with it. -1 if none. */
static int two(const char *p, bool padded)
{
	if (!is_digit(p[1]) || (!is_digit(p[0]) && !(padded && p[0] == ' ')))
		return -1;
	return (p[0] == ' ' ? 0 : p[0] - '0') * 10 + (p[1] - '0');
}

/* 0 to 11, or -1. */
static int month_of(const char *text)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int i;

	if (text[3] != ' ')
		return -1;
	for (i = 0; i < 12; i++)
		if (memcmp(text, names + (size_t)i * 3, 3) == 0)
			return i;
	return -1;
}

/* Days since 1970 of a date in the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month < 2 ? (int64_t)year - 1 : year;
	int64_t m = month < 2 ? month + 10 : month - 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 +
	       (day - 1) - 719468;
}

static int64_t local_time(int year, int month, int day, int hour, int minute)
{
	struct tm tm = {.tm_year = year - 1900,
			.tm_mon = month,
			.tm_mday = day,
			.tm_hour = hour,
			.tm_min = minute,
			.tm_isdst = -1};

	return (int64_t)mktime(&tm);
}

static int year_of(int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	return localtime_r(&t, &tm) != NULL ? tm.tm_year + 1900 : 1970;
}

void stamp_clock_init(struct stamp_clock *c, int last_month, int64_t bound, int year_ends)
{
	*c = (struct stamp_clock){
		.month = -1, .year = year_of(bound), .bound = bound, .dated.month = -1};
	if (last_month >= 0 && local_time(c->year, last_month, 1, 0, 0) > bound)
		c->year--;
	c->year -= year_ends;
}

int stamp_years_between(int before, int month)
{
	if (before < 0)
		return 0;
	/* December after January: only that is a little out of order, the rest is a quiet year. */
	if (month - before == 11)
		return -1;
	return month - before <= -2 ? 1 : 0;
}

/* The year of a stamp of that month; the clock goes on with it. */
static int year_for(struct stamp_clock *c, int month)
{
	int years = stamp_years_between(c->month, month);

	if (years < 0)
		return c->year + years;
	c->year += years;
	if (years > 0 || month > c->month)
		c->month = month;
	return c->year;
}

void stamp_pass(struct stamp_clock *c, int month)
{
	(void)year_for(c, month);
	c->dated.month = -1;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Seconds since 1970 of a stamp that is of that year. */
static int64_t in_year(struct stamp_clock *c, const struct stamp *s, int year)
{
	int64_t minute = s->when / MINUTE;

	if (c->minute != minute || c->minute_month != s->month || c->minute_year != year) {
		c->minute = minute;
		c->minute_month = s->month;
		c->minute_year = year;
		c->minute_start = local_time(year, s->month, (int)(s->when / DAY) + 1,
					     (int)(s->when % DAY / HOUR), (int)(minute % 60));
	}
	return c->minute_start + s->when % MINUTE;
}

static bool is_too_young(struct stamp_clock *c, int64_t when)
{
	if (when > c->bound && c->grows)
		c->bound = (int64_t)time(NULL) + DAY;
	return when > c->bound;
}

static bool is_leap_day(const struct stamp *s)
{
	return s->month == 1 && s->when / DAY == 28;
}

int64_t stamp_date_anew(struct stamp_clock *c, const struct stamp *s)
{
	int64_t when;
	int year, tries;

	if (s->month < 0)
		return s->when;
	year = year_for(c, s->month);
	when = in_year(c, s, year);
	/* What the months said of the year was wrong: so is it for all that follows. */
	for (tries = 0; tries < LEAP_YEARS; tries++) {
		if (!is_too_young(c, when) && (!is_leap_day(s) || is_leap(year)))
			break;
		c->year--;
		when = in_year(c, s, --year);
	}
	c->dated = *s;
	c->dated_as = when;
	return when;
}

/* ---- reading: each form by itself, and the last minute once ---- */

/* Seconds, and whatever fraction of them follows: bytes of it, or 0. */
static size_t seconds(const char *p, size_t len, int *second)
{
	size_t n = 2;

	if (len < 2 || (*second = two(p, false)) < 0 || *second > 60)
		return 0;
	if (n < len && (p[n] == '.' || p[n] == ','))
		for (n++; n < len && is_digit(p[n]);)
			n++;
	return n;
}

static bool cached(const struct stamp_cache *c, const char *text, size_t len)
{
	return c->key_len == len && memcmp(c->key, text, len) == 0;
}

static void cache(struct stamp_cache *c, const char *text, size_t len, int month, int64_t minute)
{
	(void)memcpy(c->key, text, len);
	c->key_len = len;
	c->minute = (struct stamp){minute, month};
}

static bool clock_time(const char *p, int *hour, int *minute)
{
	*hour = two(p, false);
	*minute = two(p + 3, false);
	return p[2] == ':' && *hour >= 0 && *hour < 24 && *minute >= 0 && *minute < 60;
}

/* "Nov 23 12:30:" */
#define BSD_LEN 13

static bool bsd_minute(struct stamp_cache *c, const char *p)
{
	int month = month_of(p), day = two(p + 4, true), hour, minute;

	if (month < 0 || day < 1 || day > 31 || p[6] != ' ' || p[12] != ':' ||
	    !clock_time(p + 7, &hour, &minute))
		return false;
	cache(c, p, BSD_LEN, month,
	      (int64_t)(day - 1) * DAY + (int64_t)hour * HOUR + (int64_t)minute * MINUTE);
	return true;
}

static size_t bsd_stamp(struct stamp_cache *c, const char *p, size_t len, struct stamp *s)
{
	int second;
	size_t n;

	if (len < BSD_LEN + 2 || (!cached(c, p, BSD_LEN) && !bsd_minute(c, p)))
		return 0;
	n = seconds(p + BSD_LEN, len - BSD_LEN, &second);
	if (n == 0)
		return 0;
	*s = (struct stamp){c->minute.when + second, c->minute.month};
	(void)memcpy(c->bsd, p, STAMP_BSD);
	c->second = *s;
	return BSD_LEN + n;
}

/* "2026-11-23T12:30", of which the cache has the minute as if it were UTC. */
#define ISO_LEN 16

static bool iso_minute(struct stamp_cache *c, const char *p)
{
	int century = two(p, false), year = two(p + 2, false), month = two(p + 5, false),
	    day = two(p + 8, false), hour, minute;

	if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != ' ') ||
	    !clock_time(p + 11, &hour, &minute))
		return false;
	cache(c, p, ISO_LEN, -1,
	      days_of(century * 100 + year, month - 1, day) * DAY + (int64_t)hour * HOUR +
		      (int64_t)minute * MINUTE);
	return true;
}

/* Bytes of "Z", "+01:00" or "+0100", and the offset; 0 if there is none. */
static size_t zone(const char *p, size_t len, int64_t *offset)
{
	size_t minutes;
	int h, m;

	*offset = 0;
	if (len >= 1 && (*p == 'Z' || *p == 'z'))
		return 1;
	if (len < 5 || (*p != '+' && *p != '-'))
		return 0;
	minutes = p[3] == ':' ? 4 : 3;
	if (len < minutes + 2 || (h = two(p + 1, false)) < 0 || (m = two(p + minutes, false)) < 0)
		return 0;
	*offset = ((int64_t)h * HOUR + (int64_t)m * MINUTE) * (*p == '-' ? -1 : 1);
	return minutes + 2;
}

/* Local time that was computed as if it were UTC. */
static int64_t as_local(int64_t utc)
{
	time_t t = (time_t)utc;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return utc;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static size_t iso_stamp(struct stamp_cache *c, const char *p, size_t len, int64_t *when)
{
	int64_t offset;
	int second;
	size_t n, z;

	if (len < ISO_LEN + 3 || p[ISO_LEN] != ':' || (!cached(c, p, ISO_LEN) && !iso_minute(c, p)))
		return 0;
	n = seconds(p + ISO_LEN + 1, len - ISO_LEN - 1, &second);
	if (n == 0)
		return 0;
	n += ISO_LEN + 1;
	z = zone(p + n, len - n, &offset);
	*when = c->minute.when + second;
	*when = z > 0 ? *when - offset : as_local(*when);
	return n + z;
}

/* "Mon 2026-11-23 12:30:05 CET": the name of a zone tells nothing that could be relied on. */
static size_t full_stamp(struct stamp_cache *c, const char *p, size_t len, int64_t *when)
{
	size_t n = len > 4 && p[3] == ' ' ? iso_stamp(c, p + 4, len - 4, when) : 0;
	size_t name;

	if (n == 0)
		return 0;
	n += 4;
	for (name = n + 1; name < len && p[name] != ' ' && p[name] != '\t';)
		name++;
	if (len - n < 4 || p[n] != ' ' || name - n - 1 < 3 || name - n - 1 > 5)
		return n;
	if (memcmp(p + n + 1, "UTC", 3) == 0 || memcmp(p + n + 1, "GMT", 3) == 0)
		*when = c->minute.when + (*when - as_local(c->minute.when));
	return name;
}

size_t stamp_read_anew(struct stamp_cache *c, const char *text, size_t len, struct stamp *s)
{
	size_t n;

	if (len < 15)
		return 0;
	if (!is_digit(*text)) {
		n = bsd_stamp(c, text, len, s);
		if (n > 0)
			return n;
	}
	s->month = -1;
	return is_digit(*text) ? iso_stamp(c, text, len, &s->when)
			       : full_stamp(c, text, len, &s->when);
}
