/*
 * stamp - the time at the beginning of a log line.
 * Shape:  "Nov 23 12:30:05[.frac]", "Nov  3 ...", "2026-11-23T12:30:05[.frac]ZONE",
 *         "Mon 2026-11-23 12:30:05 ZONE"; ZONE is Z, +hh:mm, +hhmm or a name, which
 *         counts as the local zone.
 * Units:  seconds since 1970. A stamp without a zone is in the local one.
 * Errors: 0 bytes where there is no stamp.
 * Owner:  nothing is owned; the clock remembers the last minute and the year.
 * Source: RFC 3164, RFC 3339; rsyslog's templates; Postfix util/msg_logger.c; journalctl(1).
 */
#ifndef TLSHARDEN_STAMP_H
#define TLSHARDEN_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_KEY 16

/* The year of stamps that have none, and the last minute: lines come many to a minute. */
struct stamp_clock {
	int year;            /* of the next stamp without a year */
	int month;           /* of the last such stamp, from 0; -1 before the first */
	char key[STAMP_KEY]; /* the stamp of the last minute, up to the minute */
	size_t key_len;      /* 0: none */
	int64_t minute;      /* what it is, in seconds since 1970 */
};

/*
 * A clock for lines that are not younger than bound, the last of which is of that month
 * (0 to 11, or -1 where stamps have years); year_ends lie between the first and it.
 */
void stamp_clock_init(struct stamp_clock *, int last_month, int64_t bound, int year_ends);
/* Bytes of the stamp that text begins with, or 0. */
size_t stamp_read(struct stamp_clock *, const char *text, size_t len, int64_t *when);
/* The month of a stamp without a year, 0 to 11; -1 where there is none such. */
int stamp_month(const char *text, size_t len);
/*
 * What a month says that comes after another, in stamps without a year: years to
 * add for it. Lines that are a little out of order are no year's end.
 */
int stamp_years_between(int before, int month);

#endif
