/* SPDX-License-Identifier: ISC */
#include "years.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stamp.h"

/* Where a log that may be longer than a year is looked at: so many places, so many bytes of each.
 */
#define SAMPLES 256
#define SAMPLE_SIZE 4096

static bool read_stamp(struct maillog_reader *r, const char *line, size_t len, struct stamp *stamp)
{
	maillog_begin(r, len);
	return maillog_stamp(r, line, len, stamp);
}

/* Follows the months of so many lines. */
static void follow(struct years *y, struct maillog_reader *r, const char *text, size_t len,
		   size_t lines)
{
	struct stamp stamp;
	const char *end;

	for (; lines > 0 && (end = memchr(text, '\n', len)) != NULL; lines--) {
		if (read_stamp(r, text, (size_t)(end - text), &stamp) && stamp.month >= 0) {
			y->ends += y->last >= 0 ? stamp_years_between(y->last, stamp.month) : 0;
			y->last = stamp.month;
		}
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
}

/* One place: its first whole line, or, at the end of the file, all of them. */
static void sample(int fd, off_t size, off_t place, struct years *y, struct maillog_reader *r)
{
	char part[SAMPLE_SIZE];
	ssize_t n = pread(fd, part, sizeof(part), place);
	const char *line = part;

	if (n > 0 && place > 0)
		line = memchr(part, '\n', (size_t)n);
	if (n <= 0 || line == NULL)
		return;
	line += place > 0;
	follow(y, r, line, (size_t)(part + n - line), place + n >= size ? SIZE_MAX : 1);
}

/* A small log has few lines for each month. */
static void sample_whole(int fd, size_t size, struct years *y, struct maillog_reader *r)
{
	char *text = xmalloc(size + 1);
	ssize_t n = pread(fd, text, size, 0);

	if (n > 0)
		follow(y, r, text, (size_t)n, SIZE_MAX);
	free(text);
}

/* A log can be longer than a year: it is looked at in many places. */
struct years years_of(int fd, off_t size, struct maillog_reader *r)
{
	struct years y = {.last = -1};
	off_t rest = size - SAMPLE_SIZE, i;

	if (rest <= (off_t)SAMPLES * SAMPLE_SIZE)
		sample_whole(fd, (size_t)size, &y, r);
	else
		for (i = 0; i < SAMPLES; i++)
			sample(fd, size,
			       rest / (SAMPLES - 1) * i +
				       (i == SAMPLES - 1 ? rest % (SAMPLES - 1) : 0),
			       &y, r);
	return y;
}
