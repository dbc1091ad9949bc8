/*
 * pipeline - blocks of log lines -> their events, in the order of the lines.
 * Shape:  a block is put in, or the place in a file where it is; threads read its lines, each
 *         those of a whole block, while the caller looks for the next one. The caller's
 *         thread alone dates events and tells of them; where it would wait, it reads lines.
 * Errors: those of reading a file: pipeline_error(). Where no thread can be had, there is
 *         one the fewer.
 * Owner:  pipeline_free() ends the threads. Spans of what is told are valid in the call.
 * Misses: what events mean together (delivery.h).
 */
#ifndef TLSHARDEN_PIPELINE_H
#define TLSHARDEN_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "maillog.h"
#include "stamp.h"

/* What was made of a block. */
struct pipeline_events {
	struct maillog_event *v; /* what says nothing is left out */
	size_t n, next;
	struct stamp_clock *clock;
	uint64_t lines, not_understood;
};

/* The next event, dated, or NULL. */
const struct maillog_event *pipeline_next(struct pipeline_events *);

struct pipeline_sink {
	void *context;
	/* Returns false if no more is wanted. */
	bool (*events)(void *context, struct pipeline_events *);
};

struct pipeline;

/* With so many threads besides the caller's. */
struct pipeline *pipeline_new(const struct pipeline_sink *, unsigned threads);
/* As many as there are processors for, that one not counted; a few at most. */
unsigned pipeline_threads(void);
/*
 * Room for the next block, of at least so many bytes. Until there is one it is
 * the same room: what is in it stays when it grows.
 */
char *pipeline_room(struct pipeline *, size_t least, size_t *size);
/* The first len bytes of the room are a block. False if no more is wanted. */
bool pipeline_put(struct pipeline *, struct stamp_clock *, size_t len);
/*
 * The same with so many bytes of a file, which stays open until they are told of. What is
 * no longer there when it is read is left out.
 */
bool pipeline_put_file(struct pipeline *, struct stamp_clock *, int fd, off_t from, size_t len);
/* Tells of all that was put. False if no more is wanted. */
bool pipeline_settle(struct pipeline *);
/* Why a part of a file that was told of could not be read, as errno has it, or 0; once. */
int pipeline_error(struct pipeline *);
void pipeline_free(struct pipeline *);

#endif
