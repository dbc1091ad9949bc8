/*
 * stamp - the time at the beginning of a log line.
 * Shape:  "Nov 23 12:30:05[.frac]", "Nov  3 ...", "2026-11-23T12:30:05[.frac]ZONE",
 *         "Mon 2026-11-23 12:30:05 ZONE"; ZONE is Z, +hh:mm, +hhmm or a name, which
 *         counts as the local zone.
 *         To read one needs nothing but its bytes; its year, where it has none,
 *         is known by those before it: one clock dates the stamps of a log in their order.
 * Units:  seconds since 1970. A stamp without a zone is in the local one.
 * Errors: 0 bytes where there is no stamp.
 * Owner:  nothing is owned.
 * Source: RFC 3164, RFC 3339; rsyslog's templates; Postfix util/msg_logger.c; journalctl(1).
 */
#ifndef TLSHARDEN_STAMP_H
#define TLSHARDEN_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STAMP_KEY 16
/* "Nov 23 12:30:05" */
#define STAMP_BSD 15

/* A time as it was read. */
struct stamp {
	int64_t when; /* without a year: counted from the beginning of the month, in local time */
	int month;    /* of a stamp without a year, from 0; -1: it has one */
};

/* The last minute that was read: lines come many to a minute. {0} to begin with. */
struct stamp_cache {
	char key[STAMP_KEY]; /* the stamp up to the minute */
	size_t key_len;      /* 0: none */
	struct stamp minute; /* what it is; with a year: as if it were UTC */
	char bsd[STAMP_BSD]; /* the last whole stamp of syslog's old form, or NULs */
	struct stamp second; /* what it is */
};

/* The year of stamps that have none, and the last minute that was dated. */
struct stamp_clock {
	int year;                     /* of the next such stamp */
	int month;                    /* of the last one, from 0; -1 before the first */
	int64_t bound;                /* none is younger than this, */
	bool grows;                   /* or, if it is still being written, than a day from now */
	int64_t minute, minute_start; /* from the beginning of the month; since 1970 */
	int minute_month, minute_year;
	struct stamp dated; /* the last one, or of month -1 */
	int64_t dated_as;
};

/*
 * A clock for lines that are not younger than bound, the last of which is of that month
 * (0 to 11, or -1 where stamps have years); year_ends lie between the first and it.
 */
void stamp_clock_init(struct stamp_clock *, int last_month, int64_t bound, int year_ends);
/* Seconds since 1970 of the next stamp of a log; the clock goes on with it. */
int64_t stamp_date_anew(struct stamp_clock *, const struct stamp *);
/* The same: many are those of the one before. */
static inline int64_t stamp_date(struct stamp_clock *c, const struct stamp *s)
{
	if (s->month >= 0 && s->when == c->dated.when && s->month == c->dated.month)
		return c->dated_as;
	return stamp_date_anew(c, s);
}
/* The next stamp is of that month: who wants no more of it lets the clock go on with that. */
void stamp_pass(struct stamp_clock *, int month);
/* Bytes of the stamp that text begins with, or 0. */
size_t stamp_read_anew(struct stamp_cache *, const char *text, size_t len, struct stamp *);
/* The same: many lines are of the same second. Behind it no fraction may follow. */
static inline size_t stamp_read(struct stamp_cache *c, const char *text, size_t len,
				struct stamp *s)
{
	if (len <= STAMP_BSD || text[STAMP_BSD] != ' ' || *text == '\0' ||
	    memcmp(c->bsd, text, STAMP_BSD) != 0)
		return stamp_read_anew(c, text, len, s);
	*s = c->second;
	return STAMP_BSD;
}
/*
 * What a month says that comes after another, in stamps without a year: years to
 * add for it. Lines that are a little out of order are no year's end.
 */
int stamp_years_between(int before, int month);

#endif
