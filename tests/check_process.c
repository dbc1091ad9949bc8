/* SPDX-License-Identifier: ISC */
/* check_process - what is remembered of processes and messages: for how long, and how many. */
#include <check.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define HOUR 3600U
#define DAY (24 * HOUR)

/* The sanitizer has an allocator of its own. */
#ifdef SANITIZED
size_t __sanitizer_get_current_allocated_bytes(void);

static size_t in_use(void)
{
	return __sanitizer_get_current_allocated_bytes();
}
#else
static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}
#endif

static const struct delivery_sink nobody = {NULL, NULL, NULL};

/* ---- ever new processes and queue IDs, day after day ---- */

#define STEPS_A_DAY 5000
#define DAYS 40

static void live_a_day(struct story *s, unsigned day)
{
	unsigned i, n, at;

	for (i = 0; i < STEPS_A_DAY; i++) {
		n = day * STEPS_A_DAY + i;
		at = day * DAY + i * 17;
		story_at(s, at,
			 "smtp[%u]: Trusted TLS connection established to "
			 "a%u.example[192.0.2.1]:25" GCM,
			 n + 1, n);
		story_at(s, at, "smtp[%u]: Q%05u: to=<x@a>, relay=" B ", delay=1, status=sent (x)",
			 n + 1, n);
		story_at(s, at, "smtpd[%u]: connect from c%u.example[192.0.2.9]", n + 1, n);
		story_at(s, at, "smtpd[%u]: R%05uX: client=" C, n + 1, n);
		story_at(s, at, "smtpd[%u]: S%05uX: client=" C, n + 1, n);
		story_at(s, at, "smtpd[%u]: NOQUEUE: client=c%u.example[192.0.2.9]", n + 1, n);
	}
}

START_TEST(day_after_day)
{
	size_t before = in_use(), early = 0, most = 0, now;
	struct story s;
	unsigned day;

	story_begin(&s, &nobody);
	for (day = 0; day < DAYS; day++) {
		live_a_day(&s, day);
		now = in_use() - before;
		if (day < DAYS / 4 && now > early)
			early = now;
		if (now > most)
			most = now;
	}
	ck_assert_uint_gt(early, 0);
	/* Four times the days take what the first of them took. */
	ck_assert_uint_le(most, early + early / 4);
	story_end(&s);
}
END_TEST

/* ---- what waits for long, while thousands of others come and go ---- */

#define OTHERS 20000U

START_TEST(long_waits)
{
	const unsigned late = 23 * HOUR;
	struct story s;
	unsigned i;

	story_begin(&s, NULL);
	/* A message that takes hours to send, and sessions that do, each with something open. */
	story_at(&s, 0, "smtp[1]: Trusted TLS connection established to " A GCM);
	for (i = 2; i <= 4; i++)
		story_at(&s, 0, "smtpd[%u]: connect from " C, i);
	story_at(&s, 0, "smtpd[2]: Anonymous TLS connection established from " C GCM);
	story_at(&s, 0, "smtpd[3]: R0003: client=" C);
	story_at(&s, 0, "qmgr[5]: R0003: from=<u@s.example>, nrcpt=1 (queue active)");
	story_at(&s, 0, "smtpd[4]: lost connection after STARTTLS from " C);
	for (i = 0; i < OTHERS; i++) {
		story_at(&s, 4 * i, "smtp[%u]: Trusted TLS connection established to " B GCM,
			 100 + i);
		story_at(&s, 4 * i, "smtp[%u]: Q%05u: to=<x@a>, relay=" B ", status=deferred (x)",
			 100 + i, i);
		story_at(&s, 4 * i, "smtpd[%u]: connect from " C, 100 + i);
		story_at(&s, 4 * i, "smtpd[%u]: disconnect from " C, 100 + i);
	}
	story_at(&s, late, "smtp[1]: Q0001: to=<x@a>, relay=" A ", status=sent (x)");
	story_at(&s, late, "smtpd[2]: R0001: client=" C);
	story_at(&s, late, "qmgr[5]: R0001: from=<u@s.example>, nrcpt=1 (queue active)");
	story_at(&s, late, "smtpd[3]: disconnect from " C STARTTLS);
	story_at(&s, late, "smtpd[4]: disconnect from " C STARTTLS);
	ck_assert_str_eq(story_text(&s),
			 OUT("Q0001", "x@a", "a.example") ENC IN("R0001") ENC IN("R0003") BARE);
	/* The others are not kept for a day. */
	ck_assert_uint_lt(in_use(), (size_t)2 << 20);
	story_end(&s);
}
END_TEST

/* From the last word of a process on it is an hour or a day, however old the process is. */
START_TEST(short_waits)
{
	const unsigned now = 25 * HOUR, later = now + 2500;
	struct story s;
	unsigned i;

	story_begin(&s, NULL);
	story_at(&s, 0, "smtp[1]: Q0001: to=<x@a>, relay=" A ", status=deferred (x)");
	story_at(&s, 0, "smtpd[1]: connect from " C);
	/* The recipients of one message, one of them late, and a message in. */
	story_at(&s, now, "smtp[1]: Trusted TLS connection established to " A GCM);
	story_at(&s, now, "smtp[1]: Q0002: to=<x@a>, relay=" A ", status=sent (x)");
	story_at(&s, now, "smtpd[1]: Anonymous TLS connection established from " C GCM);
	for (i = 0; i < 5000; i++) {
		story_at(&s, now + i / 2,
			 "smtp[%u]: Q1%04u: to=<x@a>, relay=" B ", status=deferred (x)", 100 + i,
			 i);
		story_at(&s, now + i / 2, "smtpd[%u]: connect from " C, 100 + i);
	}
	story_at(&s, later, "smtp[1]: Q0002: to=<y@a>, relay=" A ", status=sent (x)");
	story_at(&s, later, "smtpd[1]: R0001: client=" C);
	story_at(&s, later, "qmgr[5]: R0001: from=<u@s.example>, nrcpt=1 (queue active)");
	ck_assert_str_eq(story_text(&s), OUT("Q0002", "x@a", "a.example") ENC OUT(
						 "Q0002", "y@a", "a.example") ENC IN("R0001") ENC);
	story_end(&s);
}
END_TEST

/* The queue has a message late, or it is in a log of long ago that is read behind a new one. */
START_TEST(a_message_that_waits)
{
	const unsigned late = _i == 0 ? 22 * HOUR : 0;
	struct story s;
	unsigned i;

	story_begin(&s, NULL);
	if (_i == 1)
		story_at(&s, 20 * DAY, "smtpd[9]: connect from x[y]");
	for (i = 1; i <= 2; i++) {
		story_at(&s, 0, "smtpd[%u]: connect from " C, i);
		story_at(&s, 0, "smtpd[%u]: Anonymous TLS connection established from " C GCM, i);
	}
	story_at(&s, 0, "smtpd[1]: R0001: client=" C);
	for (i = 0; i < 5000; i++)
		story_at(&s, late, "smtpd[2]: S%04u: client=" C, i);
	story_at(&s, late, "qmgr[5]: R0001: from=<u@s.example>, nrcpt=1 (queue active)");
	ck_assert_str_eq(story_text(&s), IN("R0001") ENC);
	story_end(&s);
}
END_TEST

/* ---- more than there can be ---- */

#define MANY 300000U

/* Whoever writes all stamps alike does not fill the memory with what was active in the beginning.
 */
START_TEST(a_beginning_without_an_end)
{
	size_t before = in_use();
	struct story s;
	unsigned i;

	story_begin(&s, NULL);
	for (i = 0; i < MANY; i++)
		story_at(&s, 0, "qmgr[5]: Q%06u: from=<u@s.example>, nrcpt=1 (queue active)", i);
	ck_assert_uint_lt(in_use() - before, (size_t)8 << 20);
	story_at(&s, 0, "smtp[1]: Q400000: to=<x@a>, relay=" A ", status=sent (x)");
	story_at(&s, 1, "smtp[2]: Trusted TLS connection established to " B GCM);
	ck_assert_str_eq(story_text(&s), OUT("Q400000", "x@a", "a.example") CLEAR);
	story_end(&s);
}
END_TEST

static void open_session(struct story *s, unsigned i)
{
	story_at(s, i / 1000, "smtpd[%u]: connect from " C, i + 10);
}

static void open_client(struct story *s, unsigned i)
{
	story_at(s, i / 1000, "smtp[%u]: Trusted TLS connection established to " B GCM, i + 10);
}

/* The queue manager never has it. */
static void lose_message(struct story *s, unsigned i)
{
	unsigned now = i / 100;

	story_at(s, now, "smtpd[9]: connect from " C);
	story_at(s, now, "smtpd[9]: S%06u: client=" C, i);
	story_at(s, now, "smtpd[9]: lost connection after RCPT from " C);
	story_at(s, now, "smtpd[9]: disconnect from " C " ehlo=1 mail=1 rcpt=1 commands=3");
}

/* No line says that a session ends; a process has a hundred messages. */
static void leave_message(struct story *s, unsigned i)
{
	story_at(s, i / 100, "smtpd[%u]: R%06u: client=" C, i / 100 + 10, i);
	story_at(s, i / 100, "qmgr[5]: R%06u: from=<u@s.example>, nrcpt=1 (queue active)", i);
}

/* Now and then it is a year earlier. */
static void go_back(struct story *s, unsigned i)
{
	if (i == 0)
		story_at(s, 0, "smtpd[9]: Anonymous TLS connection established from " C GCM);
	buf_clear(&s->line);
	buf_addf(&s->line, "%u-07-01T00:00:00Z out1 postfix/smtpd[9]: S%06u: client=" C,
		 2026 - i / (MANY / 50), i);
	story_line(s, s->line.data, s->line.len);
}

static const struct {
	void (*step)(struct story *, unsigned i);
	size_t mebibytes;
} endless[] = {
	/* What large pages are cut from counts, used or not. */
	{open_session, 48},  {open_client, 48}, {lose_message, 48},
	{leave_message, 48}, {go_back, 16},
};

START_TEST(without_end)
{
	size_t before = in_use(), most = 0, now;
	struct story s;
	unsigned i;

	story_begin(&s, &nobody);
	for (i = 0; i < MANY; i++) {
		endless[_i].step(&s, i);
		now = i % 1000 == 0 ? in_use() - before : 0;
		if (now > most)
			most = now;
	}
	ck_assert_uint_gt(most, 0);
	ck_assert_uint_lt(most, endless[_i].mebibytes << 20);
	story_end(&s);
}
END_TEST

static void count_delivery(void *context, const struct delivery *d)
{
	size_t *count = context;

	count[d->state] += d->direction == DELIVERY_IN;
}

/* For those that are many none is forgotten that came shortly before. */
START_TEST(the_young_stay)
{
	size_t count[DELIVERY_UNTOLD + 1] = {0};
	const struct delivery_sink sink = {count, count_delivery, NULL};
	struct story s;
	unsigned i;

	story_begin(&s, &sink);
	for (i = 0; i < MANY; i++) {
		if (i % 1000 == 0) {
			story_at(&s, i / 100, "smtpd[8]: connect from " C);
			story_at(&s, i / 100,
				 "smtpd[8]: Anonymous TLS connection established from " C GCM);
			story_at(&s, i / 100, "smtpd[8]: R%06u: client=" C, i);
		}
		lose_message(&s, i);
		if (i % 1000 == 999)
			story_at(&s, i / 100,
				 "qmgr[5]: R%06u: from=<u@s.example>, nrcpt=1 (queue active)",
				 i - 999);
	}
	ck_assert_uint_eq(count[DELIVERY_ENCRYPTED], MANY / 1000);
	story_end(&s);
}
END_TEST

/* Those that wait for the end of their session are told of without it. */
START_TEST(all_are_told_of)
{
	size_t count[DELIVERY_UNTOLD + 1] = {0};
	const struct delivery_sink sink = {count, count_delivery, NULL};
	struct story s;
	unsigned i;

	story_begin(&s, &sink);
	for (i = 0; i < MANY; i++)
		leave_message(&s, i);
	ck_assert_uint_gt(count[DELIVERY_UNTOLD], MANY / 2);
	(void)story_text(&s);
	ck_assert_uint_eq(count[DELIVERY_UNTOLD], MANY);
	story_end(&s);
}
END_TEST

/* What is left for a while by a process that lives on is no other session for that. */
START_TEST(a_session_goes_on)
{
	size_t count[DELIVERY_UNTOLD + 1] = {0};
	const struct delivery_sink sink = {count, count_delivery, NULL};
	struct story s;
	unsigned i;

	story_begin(&s, &sink);
	story_at(&s, 0, "smtpd[8]: connect from " C);
	story_at(&s, 0, "smtpd[8]: Anonymous TLS connection established from " C GCM);
	story_at(&s, 0, "smtpd[7]: connect from " C);
	for (i = 0; i < MANY; i++) {
		story_at(&s, 1, "smtpd[7]: R%06u: client=" C, i);
		story_at(&s, 1, "qmgr[5]: R%06u: from=<u@s.example>, nrcpt=1 (queue active)", i);
	}
	story_at(&s, 1, "smtpd[8]: Q000001: client=" C);
	story_at(&s, 1, "qmgr[5]: Q000001: from=<u@s.example>, nrcpt=1 (queue active)");
	ck_assert_uint_eq(count[DELIVERY_ENCRYPTED], 1);
	/* And the end still tells of what came late. */
	story_at(&s, 2, "smtpd[7]: disconnect from " C PLAIN);
	ck_assert_uint_eq(count[DELIVERY_UNTOLD] + count[DELIVERY_PLAINTEXT], MANY);
	ck_assert_uint_gt(count[DELIVERY_PLAINTEXT], 0);
	story_end(&s);
}
END_TEST

/* One message for so many, and each of them again. */
START_TEST(recipients_without_end)
{
	struct story s;
	unsigned i;

	story_begin(&s, NULL);
	story_at(&s, 0, "smtp[1]: Trusted TLS connection established to " A GCM);
	for (i = 0; i < MANY; i++)
		story_at(&s, 0, "smtp[1]: Q0001: to=<x%u@a>, relay=" A ", status=deferred (x)", i);
	buf_clear(&s.text);
	story_at(&s, 0, "smtp[1]: Q0001: to=<y@a>, relay=" A ", status=sent (x)");
	story_at(&s, 0, "smtp[1]: Q0001: to=<x7@a>, relay=" A ", status=sent (x)");
	ck_assert_str_eq(story_text(&s), OUT("Q0001", "y@a", "a.example")
						 ENC OUT("Q0001", "x7@a", "a.example") CLEAR);
	story_end(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("process");
	TCase *tc = tcase_create("process");

	tcase_set_timeout(tc, 0);
	tcase_add_test(tc, short_waits);
	tcase_add_loop_test(tc, a_message_that_waits, 0, 2);
	suite_add_tcase(s, tc);
	/* Under valgrind, which has an allocator of its own, it is left out. */
	tc = tcase_create("memory");
	tcase_set_timeout(tc, 0);
	tcase_set_tags(tc, "process");
	tcase_add_test(tc, day_after_day);
	tcase_add_test(tc, long_waits);
	tcase_add_test(tc, a_beginning_without_an_end);
	tcase_add_loop_test(tc, without_end, 0, COUNT(endless));
	tcase_add_test(tc, the_young_stay);
	tcase_add_test(tc, all_are_told_of);
	tcase_add_test(tc, a_session_goes_on);
	tcase_add_test(tc, recipients_without_end);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
