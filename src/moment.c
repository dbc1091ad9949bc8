/* SPDX-License-Identifier: ISC */
#include "moment.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

/* The longest time ago: no log is older, and nothing overflows. */
#define AGO_MAX 1000000

/* Exactly n digits at *p, which moves on; or -1. */
static int number(const char **p, int n)
{
	int value = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		value = value * 10 + (**p - '0');
	}
	return value;
}

static bool take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/*
 * A date that exists: mktime() would make March of the 30th of February. A leap second is the
 * first one of the next minute, which may be of another day.
 */
static bool make(struct tm tm, bool utc, int64_t *when)
{
	struct tm made = tm;
	time_t t;

	made.tm_isdst = -1;
	made.tm_sec = 0;
	t = utc ? timegm(&made) : mktime(&made);
	*when = (int64_t)t + tm.tm_sec;
	return made.tm_mday == tm.tm_mday && made.tm_mon == tm.tm_mon;
}

static bool parse_date(const char **p, struct tm *tm)
{
	int year = number(p, 4), month, day;

	if (year < 0 || !take(p, '-'))
		return false;
	month = number(p, 2);
	if (month < 1 || month > 12 || !take(p, '-'))
		return false;
	day = number(p, 2);
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return day >= 1 && day <= 31;
}

/* HH:MM, perhaps with :SS and a fraction; span is what was named, in seconds. */
static bool parse_time(const char **p, struct tm *tm, int *span)
{
	tm->tm_hour = number(p, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !take(p, ':'))
		return false;
	tm->tm_min = number(p, 2);
	*span = 60;
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return false;
	if (!take(p, ':'))
		return true;
	tm->tm_sec = number(p, 2);
	*span = 1;
	if (take(p, '.')) {
		if (number(p, 1) < 0)
			return false;
		*p += strspn(*p, "0123456789");
	}
	return tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* Z, or +02:00, or +0200. */
static bool parse_zone(const char **p, int *east)
{
	int sign = **p == '-' ? -1 : 1, hours, minutes;

	*east = 0;
	if (take(p, 'Z') || take(p, 'z'))
		return true;
	if (!take(p, '+') && !take(p, '-'))
		return false;
	hours = number(p, 2);
	if (hours < 0 || hours > 23)
		return false;
	(void)take(p, ':');
	minutes = number(p, 2);
	*east = sign * (hours * 3600 + minutes * 60);
	return minutes >= 0 && minutes <= 59;
}

static bool parse_absolute(const char *p, bool end, int64_t *when)
{
	struct tm tm = {0}, next;
	int span = 0, east = 0;
	bool utc = false;

	if (!parse_date(&p, &tm))
		return false;
	if (*p == 'T' || *p == 't' || *p == ' ') {
		p++;
		if (!parse_time(&p, &tm, &span))
			return false;
		if (*p != '\0') {
			utc = true;
			if (!parse_zone(&p, &east))
				return false;
		}
	}
	if (*p != '\0' || !make(tm, utc, when))
		return false;
	*when -= east;
	/* A day may have 23 hours. */
	next = tm;
	next.tm_mday++;
	if (end && span == 0) {
		next.tm_isdst = -1;
		*when = (int64_t)mktime(&next) - 1;
	} else if (end) {
		*when += span - 1;
	}
	return true;
}

static int64_t midnight(int64_t now, int days)
{
	time_t t = (time_t)now;
	struct tm tm;

	(void)localtime_r(&t, &tm);
	tm.tm_mday += days;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static bool parse_ago(const char *p, int64_t now, int64_t *when)
{
	static const char units[] = "smhdw";
	static const int seconds[] = {1, 60, 3600, 86400, 7 * 86400};
	const char *unit;
	int64_t n = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9' && n <= AGO_MAX; p++)
		n = n * 10 + (*p - '0');
	unit = *p != '\0' ? strchr(units, *p) : NULL;
	if (unit == NULL || p[1] != '\0' || n > AGO_MAX)
		return false;
	*when = now - n * seconds[unit - units];
	return true;
}

bool moment_parse(const char *word, int64_t now, bool end, int64_t *when)
{
	if (strcmp(word, "now") == 0)
		*when = now;
	else if (strcmp(word, "today") == 0)
		*when = end ? midnight(now, 1) - 1 : midnight(now, 0);
	else if (strcmp(word, "yesterday") == 0)
		*when = end ? midnight(now, 0) - 1 : midnight(now, -1);
	else
		return parse_ago(word, now, when) || parse_absolute(word, end, when);
	return true;
}
