/* SPDX-License-Identifier: ISC */
#include "pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ahead.h"
#include "buf.h"
#include "pages.h"

/* To tell of events is half of the work, and one thread does that. */
#define THREADS_MAX 2U
/* Two and two more for each thread. But for the first one they share large pages. */
#define BLOCKS_MAX (2 + 2 * (size_t)THREADS_MAX)
#define SHARES 3
#define SHARE (PAGES_LARGE / SHARES / AHEAD_LINE * AHEAD_LINE)
/* What another processor has had comes slowly: so many events before, it is asked for. */
#define WRITTEN_AHEAD 10
#define READ_AHEAD 6

struct block {
	bool read;  /* its lines are; the one thing of it that two threads look at */
	char *text; /* len bytes of size */
	size_t len, size;
	bool text_shares, events_share; /* a large page, and are not to be freed */
	int fd; /* of the file that the text is still to be read from, or -1 */
	off_t from;
	int error; /* of reading it */
	struct maillog_reader reader;
	struct pipeline_events events;
	size_t cap; /* of events */
};

/* Blocks in a ring: the oldest is told of first, the newest has the room that was given. */
struct pipeline {
	struct pipeline_sink sink;
	pthread_mutex_t lock;
	pthread_cond_t waiting, read;
	struct block *ring;
	size_t size;            /* of the ring; at least 2 */
	size_t told, put, next; /* blocks so far; next to be taken by a thread */
	void *pages[(BLOCKS_MAX - 1 + SHARES - 1) / SHARES];
	unsigned wanted, n; /* threads */
	pthread_t threads[THREADS_MAX];
	int error;    /* of reading a file, not yet asked for */
	bool ends;    /* the threads shall end */
	bool stopped; /* no more is wanted */
};

unsigned pipeline_threads(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	n = CPU_COUNT(&set) - 1;
	return n < 0 ? 0 : n > (int)THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

struct pipeline *pipeline_new(const struct pipeline_sink *sink, unsigned threads)
{
	struct pipeline *p = xcalloc(1, sizeof(*p));

	p->sink = *sink;
	p->wanted = threads < THREADS_MAX ? threads : THREADS_MAX;
	p->size = 2 + 2 * (size_t)p->wanted;
	p->ring = xcalloc(p->size, sizeof(*p->ring));
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->waiting, NULL);
	(void)pthread_cond_init(&p->read, NULL);
	return p;
}

static struct block *block_at(const struct pipeline *p, size_t number)
{
	return &p->ring[number % p->size];
}

/* ---- room ---- */

/* For more of that size, with those in it that are in use. */
static void *outgrow(void *room, size_t used, size_t count, size_t size, bool *shares)
{
	void *larger = xreallocarray(*shares ? NULL : room, count, size);

	if (*shares && used > 0)
		(void)memcpy(larger, room, used * size);
	*shares = false;
	return larger;
}

static void more_text(struct block *b, size_t size)
{
	b->text = outgrow(b->text, b->size, size, 1, &b->text_shares);
	b->size = size;
}

static void more_events(struct block *b)
{
	size_t cap = b->cap < 16 ? 16 : b->cap + b->cap / 2;

	b->events.v =
		outgrow(b->events.v, b->events.n, cap, sizeof(*b->events.v), &b->events_share);
	b->cap = cap;
}

/* As much text as the first block has, and events. A small log has no other one. */
static void share_pages(struct pipeline *p)
{
	size_t i, text = (p->ring[0].size + AHEAD_LINE - 1) / AHEAD_LINE * AHEAD_LINE;
	struct block *b;
	char *page = NULL;

	if (text > SHARE / 2)
		return;
	for (i = 1; i < p->size; i++) {
		if ((i - 1) % SHARES == 0)
			p->pages[(i - 1) / SHARES] = page = pages_new();
		b = &p->ring[i];
		b->text = page + (i - 1) % SHARES * SHARE;
		b->size = text;
		b->events.v = (struct maillog_event *)(void *)(b->text + text);
		b->cap = (SHARE - text) / sizeof(*b->events.v);
		b->text_shares = b->events_share = true;
	}
}

/* ---- reading lines: by any thread, of a block that nobody else has ---- */

/* A line that says nothing still tells the clock its month, if that is not the last one's. */
static void read_line(struct block *b, const char *line, size_t len, int *month)
{
	struct maillog_event *e;

	b->events.lines++;
	if (b->events.n == b->cap)
		more_events(b);
	e = &b->events.v[b->events.n];
	if (maillog_read(&b->reader, line, len, e) || (e->month >= 0 && e->month != *month)) {
		b->events.n++;
		if (b->events.n + WRITTEN_AHEAD < b->cap)
			ahead_write(e + WRITTEN_AHEAD, sizeof(*e));
	} else if (e->kind == MAILLOG_MALFORMED) {
		b->events.not_understood++;
	}
	if (e->month >= 0)
		*month = e->month;
}

/* What is there of the part of the file. */
static void read_part(struct block *b)
{
	size_t wanted = b->len;
	ssize_t n;

	b->len = 0;
	while (b->len < wanted) {
		n = pread(b->fd, b->text + b->len, wanted - b->len, b->from + (off_t)b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			b->error = errno;
		if (n <= 0)
			break;
		b->len += (size_t)n;
	}
}

static void read_lines(struct block *b)
{
	const char *text = b->text, *end, *newline;
	int month = -1;

	if (b->fd >= 0)
		read_part(b);
	end = text + b->len;
	b->events.n = b->events.next = 0;
	b->events.lines = b->events.not_understood = 0;
	maillog_begin(&b->reader, b->len);
	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			newline = end;
		read_line(b, text, (size_t)(newline - text), &month);
	}
}

/* ---- who reads which: all of it with the lock held ---- */

/* The next that nobody has, or NULL. */
static struct block *take(struct pipeline *p)
{
	return p->next < p->put ? block_at(p, p->next++) : NULL;
}

static void read_taken(struct pipeline *p, struct block *b)
{
	(void)pthread_mutex_unlock(&p->lock);
	read_lines(b);
	(void)pthread_mutex_lock(&p->lock);
	b->read = true;
	(void)pthread_cond_signal(&p->read);
}

static void *work(void *context)
{
	struct pipeline *p = context;
	struct block *b;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->ends) {
		b = take(p);
		if (b != NULL)
			read_taken(p, b);
		else
			(void)pthread_cond_wait(&p->waiting, &p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* The caller reads, too, before he waits. */
static void await(struct pipeline *p, const struct block *wanted)
{
	struct block *b;

	(void)pthread_mutex_lock(&p->lock);
	while (!wanted->read) {
		b = take(p);
		if (b != NULL)
			read_taken(p, b);
		else
			(void)pthread_cond_wait(&p->read, &p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
}

/* Signals are for the thread that was there first. */
static void start_threads(struct pipeline *p)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->n < p->wanted && pthread_create(&p->threads[p->n], NULL, work, p) == 0)
		p->n++;
	p->wanted = p->n;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- the caller's ---- */

/* Tells of the oldest block. */
static void tell(struct pipeline *p)
{
	struct block *b = block_at(p, p->told);

	await(p, b);
	if (p->error == 0)
		p->error = b->error;
	if (!p->stopped)
		p->stopped = !p->sink.events(p->sink.context, &b->events);
	p->told++;
}

static void ask_for(const struct maillog_event *e)
{
	if (e->kind == MAILLOG_FOREIGN)
		return;
	ahead_read(e->peer.at);
	ahead_read(e->kind == MAILLOG_TLS ? e->cipher.at : e->domain.at);
}

/* As it is taken, for then it is at hand. */
const struct maillog_event *pipeline_next(struct pipeline_events *events)
{
	struct maillog_event *e;

	if (events->next == events->n)
		return NULL;
	if (events->next + READ_AHEAD < events->n)
		ask_for(&events->v[events->next + READ_AHEAD]);
	e = &events->v[events->next++];
	maillog_date(events->clock, e);
	return e;
}

bool pipeline_settle(struct pipeline *p)
{
	while (p->told < p->put)
		tell(p);
	return !p->stopped;
}

char *pipeline_room(struct pipeline *p, size_t least, size_t *size)
{
	struct block *b = block_at(p, p->put);

	if (p->put == 1 && p->pages[0] == NULL)
		share_pages(p);
	if (p->put - p->told == p->size)
		tell(p);
	if (b->size < least)
		more_text(b, least);
	*size = b->size;
	return b->text;
}

static bool put(struct pipeline *p, struct stamp_clock *clock, int fd, off_t from, size_t len)
{
	struct block *b = block_at(p, p->put);

	b->events.clock = clock;
	b->fd = fd;
	b->from = from;
	b->error = 0;
	b->len = len;
	/* Most logs have but one block. */
	if (p->put > 0 && p->n < p->wanted)
		start_threads(p);
	(void)pthread_mutex_lock(&p->lock);
	b->read = false;
	p->put++;
	(void)pthread_cond_signal(&p->waiting);
	(void)pthread_mutex_unlock(&p->lock);
	return !p->stopped;
}

bool pipeline_put(struct pipeline *p, struct stamp_clock *clock, size_t len)
{
	return put(p, clock, -1, 0, len);
}

bool pipeline_put_file(struct pipeline *p, struct stamp_clock *clock, int fd, off_t from,
		       size_t len)
{
	size_t size;

	(void)pipeline_room(p, len, &size);
	return put(p, clock, fd, from, len);
}

int pipeline_error(struct pipeline *p)
{
	int error = p->error;

	p->error = 0;
	return error;
}

void pipeline_free(struct pipeline *p)
{
	size_t i;

	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->ends = true;
	(void)pthread_cond_broadcast(&p->waiting);
	(void)pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->n; i++)
		(void)pthread_join(p->threads[i], NULL);
	for (i = 0; i < p->size; i++) {
		maillog_release(&p->ring[i].reader);
		if (!p->ring[i].text_shares)
			free(p->ring[i].text);
		if (!p->ring[i].events_share)
			free(p->ring[i].events.v);
	}
	for (i = 0; i < sizeof(p->pages) / sizeof(p->pages[0]); i++)
		free(p->pages[i]);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->waiting);
	(void)pthread_cond_destroy(&p->read);
	free(p->ring);
	free(p);
}
