/* SPDX-License-Identifier: ISC */
/* check_pipeline - blocks of lines, read by many threads, are told of in their order. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pipeline.h"
#include "support.h"

#define LINES 20000
/* 2026-11-24, the bound of a log that ends in November. */
#define BOUND ((int64_t)1795478400)
#define NOVEMBER 10

/* ---- a log: lines of each kind, three years long in stamps without a year ---- */

static struct buf text;
static size_t begins[LINES + 1]; /* of each line in the text */

static void make_line(unsigned i)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	/* From December 2023 on: 36 months. */
	const char *month = months[(11 + i / (LINES / 36 + 1)) % 12];

	switch (i % 7) {
	case 0:
		buf_addf(&text, "%s 11 12:%02u:05 h postfix/smtp[%u]: Trusted TLS connection ",
			 month, i % 60, i);
		buf_addf(&text, "established to m%u.x[192.0.2.1]:25: TLSv1.3 with cipher C (1/1)\n",
			 i);
		break;
	case 1:
		buf_addf(&text,
			 "{\"log\":\"%s 11 12:%02u:06 h postfix/smtpd[%u]: "
			 "connect from \\u0063%u[192.0.2.2]\\n\",\"stream\":\"stdout\"}\n",
			 month, i % 60, i, i);
		break;
	case 2:
		buf_addf(&text, "%s 11 12:%02u:07 h kernel: %u\n", month, i % 60, i);
		break;
	case 3:
		buf_addf(&text, "what is this? %u\n", i);
		break;
	default:
		buf_addf(&text,
			 "%s 11 12:%02u:08 h postfix/smtpd[%u]: connect from d%u[192.0.2.3]\n",
			 month, i % 60, i, i);
	}
}

static void set_up(void)
{
	unsigned i;

	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	buf_clear(&text);
	for (i = 0; i < LINES; i++) {
		begins[i] = text.len;
		make_line(i);
	}
	begins[LINES] = text.len;
}

static void tear_down(void)
{
	buf_release(&text);
}

/* ---- what is told ---- */

struct told {
	struct buf events; /* a line each */
	uint64_t lines, not_understood;
	unsigned calls, stop; /* after so many; 0: never */
};

static void describe(struct told *t, const struct maillog_event *e)
{
	if (e->kind != MAILLOG_FOREIGN)
		buf_addf(&t->events, "%d %lld %u %.*s %.*s\n", (int)e->kind, (long long)e->when,
			 e->pid, (int)e->peer.len, e->peer.at, (int)e->queue_id.len,
			 e->queue_id.at);
}

static bool take(void *context, struct pipeline_events *events)
{
	struct told *t = context;
	const struct maillog_event *e;

	while ((e = pipeline_next(events)) != NULL)
		describe(t, e);
	t->lines += events->lines;
	t->not_understood += events->not_understood;
	return ++t->calls != t->stop;
}

/* The years are known from the last month, and how many of them end in the log. */
static void begin(struct stamp_clock *clock)
{
	stamp_clock_init(clock, NOVEMBER, BOUND, 3);
}

static void one_by_one(struct told *t)
{
	struct maillog_reader reader = {.len = 0};
	struct stamp_clock clock;
	struct maillog_event e;
	size_t i;
	bool event;

	begin(&clock);
	for (i = 0; i < LINES; i++) {
		maillog_begin(&reader, begins[i + 1] - begins[i]);
		event = maillog_read(&reader, text.data + begins[i], begins[i + 1] - begins[i] - 1,
				     &e);
		maillog_date(&clock, &e);
		if (event)
			describe(t, &e);
		t->lines++;
		t->not_understood += e.kind == MAILLOG_MALFORMED;
	}
	maillog_release(&reader);
}

/* So many lines in the first block, then a few more in each, and few again. */
static void in_blocks(struct told *t, unsigned threads, size_t few, size_t settle)
{
	const struct pipeline_sink sink = {t, take};
	struct pipeline *p = pipeline_new(&sink, threads);
	size_t i = 0, n, blocks = 0, size, least;
	struct stamp_clock clock;
	char *room;

	begin(&clock);
	while (i < LINES) {
		n = few + blocks * 3 % (few * 2);
		n = n < LINES - i ? n : LINES - i;
		least = begins[i + n] - begins[i];
		/* First it is too small. */
		room = pipeline_room(p, least / 2 + 1, &size);
		(void)memcpy(room, text.data + begins[i], least / 2);
		room = pipeline_room(p, least, &size);
		ck_assert_uint_ge(size, least);
		(void)memcpy(room + least / 2, text.data + begins[i] + least / 2,
			     least - least / 2);
		if (!pipeline_put(p, &clock, least))
			break;
		i += n;
		blocks++;
		if (settle > 0 && blocks % settle == 0 && !pipeline_settle(p))
			break;
	}
	(void)pipeline_settle(p);
	pipeline_free(p);
}

static void release(struct told *t)
{
	buf_release(&t->events);
}

static const struct {
	unsigned threads;
	size_t few, settle;
} ways[] = {{0, 100, 0},
	    {1, 100, 0},
	    {2, 100, 0},
	    {3, 100, 0},
	    {3, 1, 0},
	    {3, 7, 2},
	    {2, 50, 5},
	    {1, 1, 1},
	    {3, LINES, 0},
	    {99, 20, 0},
	    {0, 1, 1},
	    {2, 3, 1000},
	    /* More events than there is room for behind the text. */
	    {0, 3300, 0},
	    {2, 3300, 0}};
#define NWAYS ((int)(sizeof(ways) / sizeof(ways[0])))

START_TEST(blocks_are_lines)
{
	struct told want = {.lines = 0}, got = {.lines = 0};

	one_by_one(&want);
	in_blocks(&got, ways[_i].threads, ways[_i].few, ways[_i].settle);
	ck_assert_uint_eq(got.lines, LINES);
	ck_assert_uint_eq(got.not_understood, want.not_understood);
	ck_assert_uint_eq(got.events.len, want.events.len);
	ck_assert_str_eq(buf_string(&got.events), buf_string(&want.events));
	/* From December 2023 to November 2026. */
	ck_assert_ptr_nonnull(strstr(buf_string(&want.events), " 1702296"));
	ck_assert_ptr_nonnull(strstr(buf_string(&want.events), " 1794398"));
	release(&want);
	release(&got);
}
END_TEST

/* The same, but the blocks are in a file, and threads read them there. */
START_TEST(parts_of_a_file)
{
	struct told want = {.lines = 0}, got = {.lines = 0};
	const struct pipeline_sink sink = {&got, take};
	struct pipeline *p = pipeline_new(&sink, (unsigned)_i);
	struct stamp_clock clock;
	FILE *f = tmpfile();
	size_t i, n;

	ck_assert(f != NULL && fwrite(text.data, 1, text.len, f) == text.len && fflush(f) == 0);
	one_by_one(&want);
	begin(&clock);
	for (i = 0; i < LINES; i += n) {
		n = LINES - i < 300 ? LINES - i : 300;
		ck_assert(pipeline_put_file(p, &clock, fileno(f), (off_t)begins[i],
					    begins[i + n] - begins[i]));
	}
	ck_assert(pipeline_settle(p));
	ck_assert_int_eq(pipeline_error(p), 0);
	ck_assert_uint_eq(got.lines, LINES);
	ck_assert_str_eq(buf_string(&got.events), buf_string(&want.events));
	pipeline_free(p);
	(void)fclose(f);
	release(&want);
	release(&got);
}
END_TEST

/* A file that got shorter has no more lines; one that cannot be read is told of, once. */
START_TEST(parts_that_are_not_there)
{
	struct told got = {.lines = 0};
	const struct pipeline_sink sink = {&got, take};
	struct pipeline *p = pipeline_new(&sink, 1);
	struct stamp_clock clock;
	FILE *f = tmpfile();

	begin(&clock);
	ck_assert(f != NULL && fwrite(text.data, 1, begins[3], f) == begins[3] && fflush(f) == 0);
	ck_assert(pipeline_put_file(p, &clock, fileno(f), 0, begins[10]));
	ck_assert(pipeline_put_file(p, &clock, fileno(f), (off_t)begins[10], begins[10]));
	ck_assert(pipeline_settle(p));
	ck_assert_uint_eq(got.lines, 3);
	ck_assert_int_eq(pipeline_error(p), 0);
	pipeline_free(p);
	(void)fclose(f);
	release(&got);
}
END_TEST

START_TEST(folder_in_place_of_a_file)
{
	struct told got = {.lines = 0};
	const struct pipeline_sink sink = {&got, take};
	struct pipeline *p = pipeline_new(&sink, 1);
	struct stamp_clock clock;
	int fd = open("/", O_RDONLY);

	begin(&clock);
	ck_assert_int_ge(fd, 0);
	ck_assert(pipeline_put_file(p, &clock, fd, 0, 100));
	ck_assert(pipeline_put_file(p, &clock, fd, 0, 100));
	ck_assert(pipeline_settle(p));
	ck_assert_int_eq(pipeline_error(p), EISDIR);
	ck_assert_int_eq(pipeline_error(p), 0);
	ck_assert_uint_eq(got.lines, 0);
	pipeline_free(p);
	(void)close(fd);
	release(&got);
}
END_TEST

/* Who wants no more is told no more, whatever was put by then. */
START_TEST(no_more_is_wanted)
{
	struct told want = {.lines = 0}, got = {.stop = 3};

	one_by_one(&want);
	in_blocks(&got, ways[_i].threads, 100, 0);
	ck_assert_uint_eq(got.calls, 3);
	ck_assert_uint_gt(got.events.len, 0);
	ck_assert_uint_lt(got.events.len, want.events.len);
	ck_assert_int_eq(memcmp(got.events.data, want.events.data, got.events.len), 0);
	release(&want);
	release(&got);
}
END_TEST

static bool take_and_count(void *context, struct pipeline_events *events)
{
	struct told *t = context;

	t->calls += (unsigned)events->n;
	return take(t, events);
}

/* A year in which no mail came, but lines of others; those of one month say it once. */
START_TEST(a_quiet_year)
{
	static const char log[] = "Nov 10 12:00:00 h postfix/smtpd[1]: connect from a[192.0.2.1]\n"
				  "Mar 10 12:00:00 h kernel: x\n"
				  "Mar 10 12:00:01 h kernel: x\n"
				  "Mar 10 12:00:02 h kernel: x\n"
				  "Nov 11 12:00:00 h postfix/smtpd[1]: connect from a[192.0.2.1]";
	struct told got = {.lines = 0};
	const struct pipeline_sink sink = {&got, take_and_count};
	struct pipeline *p = pipeline_new(&sink, 0);
	struct stamp_clock clock;
	size_t size;

	stamp_clock_init(&clock, NOVEMBER, BOUND, 1);
	(void)memcpy(pipeline_room(p, sizeof(log) - 1, &size), log, sizeof(log) - 1);
	ck_assert(pipeline_put(p, &clock, sizeof(log) - 1));
	ck_assert(pipeline_settle(p));
	pipeline_free(p);
	ck_assert_uint_eq(got.lines, 5);
	/* 2025-11-10 and 2026-11-11. */
	ck_assert_ptr_nonnull(strstr(buf_string(&got.events), " 1762776000 "));
	ck_assert_ptr_nonnull(strstr(buf_string(&got.events), " 1794398400 "));
	/* Three events, in one call. */
	ck_assert_uint_eq(got.calls, 3 + 1);
	release(&got);
}
END_TEST

/* One for each core that we may use but ours, and not more than there is work for. */
START_TEST(threads)
{
	cpu_set_t all, some;
	unsigned cpu, n = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&some);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_SET(cpu, &some);
		ck_assert_int_eq(sched_setaffinity(0, sizeof(some), &some), 0);
		ck_assert_uint_eq(pipeline_threads(), n < 2 ? n : 2);
		n++;
	}
	ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
	ck_assert_uint_gt(n, 0);
}
END_TEST

static void put_line(struct pipeline *p, struct stamp_clock *clock, bool more)
{
	static const char line[] = "Nov 11 12:00:00 h postfix/smtpd[1]: connect from a[192.0.2.1]";
	size_t size;

	(void)memcpy(pipeline_room(p, sizeof(line) - 1, &size), line, sizeof(line) - 1);
	ck_assert(pipeline_put(p, clock, sizeof(line) - 1) == more);
}

/* He gives no more then, and does not wait for more. */
START_TEST(who_gives_is_told_so)
{
	struct told got = {.stop = 2};
	const struct pipeline_sink sink = {&got, take};
	struct pipeline *p = pipeline_new(&sink, 0);
	struct stamp_clock clock;

	begin(&clock);
	put_line(p, &clock, true);
	ck_assert(pipeline_settle(p));
	put_line(p, &clock, true);
	ck_assert(!pipeline_settle(p));
	put_line(p, &clock, false);
	ck_assert(!pipeline_settle(p));
	pipeline_free(p);
	ck_assert_uint_eq(got.calls, 2);
	release(&got);
}
END_TEST

/* Threads of this process; how many of them do not hear of SIGINT, and how many sleep. */
static unsigned count_threads(unsigned *deaf, unsigned *asleep)
{
	DIR *tasks = opendir("/proc/self/task");
	struct buf path = BUF_INIT;
	struct dirent *entry;
	char line[256];
	unsigned n = 0;
	FILE *status;

	ck_assert_ptr_nonnull(tasks);
	*deaf = *asleep = 0;
	while ((entry = readdir(tasks)) != NULL) {
		if (*entry->d_name == '.')
			continue;
		n++;
		buf_clear(&path);
		buf_addf(&path, "/proc/self/task/%s/status", entry->d_name);
		status = fopen(path.data, "r");
		while (status != NULL && fgets(line, sizeof(line), status) != NULL)
			if (strncmp(line, "State:\tS", 8) == 0)
				++*asleep;
			else if (strncmp(line, "SigBlk:", 7) == 0)
				*deaf += (strtoull(line + 7, NULL, 16) & 1U << (SIGINT - 1)) != 0;
		if (status != NULL)
			(void)fclose(status);
	}
	(void)closedir(tasks);
	buf_release(&path);
	return n;
}

/* Of a log of one block there is nothing to be shared; signals are for who was there first. */
START_TEST(threads_when_there_is_work)
{
	struct told got = {.lines = 0};
	const struct pipeline_sink sink = {&got, take};
	struct pipeline *p = pipeline_new(&sink, 2);
	unsigned before, deaf_before, deaf, asleep;
	struct stamp_clock clock;
	sigset_t set;

	before = count_threads(&deaf_before, &asleep);
	begin(&clock);
	put_line(p, &clock, true);
	ck_assert_uint_eq(count_threads(&deaf, &asleep), before);
	put_line(p, &clock, true);
	ck_assert(pipeline_settle(p));
	/* One that has not begun hears of nothing, whatever it will hear of. */
	do
		ck_assert_uint_ge(count_threads(&deaf, &asleep), before + 2);
	while (asleep < 2 && usleep(1000) == 0);
	ck_assert_uint_ge(deaf, deaf_before + 2);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
	ck_assert_int_eq(sigismember(&set, SIGINT), 0);
	pipeline_free(p);
	ck_assert_uint_eq(got.calls, 2);
	release(&got);
}
END_TEST

START_TEST(nothing_is_put)
{
	struct told got = {.lines = 0};
	const struct pipeline_sink sink = {&got, take};
	struct pipeline *p = pipeline_new(&sink, 2);
	size_t size;

	ck_assert(pipeline_settle(p));
	ck_assert_ptr_nonnull(pipeline_room(p, 10, &size));
	ck_assert_uint_ge(size, 10);
	pipeline_free(p);
	pipeline_free(NULL);
	ck_assert_uint_eq(got.calls, 0);
	ck_assert_uint_le(pipeline_threads(), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pipeline");
	TCase *tc = tcase_create("pipeline");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, blocks_are_lines, 0, NWAYS);
	tcase_add_loop_test(tc, parts_of_a_file, 0, 4);
	tcase_add_test(tc, parts_that_are_not_there);
	tcase_add_test(tc, folder_in_place_of_a_file);
	tcase_add_loop_test(tc, no_more_is_wanted, 0, NWAYS);
	tcase_add_test(tc, a_quiet_year);
	tcase_add_test(tc, who_gives_is_told_so);
	tcase_add_test(tc, threads_when_there_is_work);
	tcase_add_test(tc, threads);
	tcase_add_test(tc, nothing_is_put);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
