/* SPDX-License-Identifier: ISC */
#include "changes.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"

/* Points of all peers: when there are so many, each peer keeps its last change. */
#define MOST_POINTS 250000

/*
 * The states of a peer: a token is 0 for none yet, a state that is certain + 1, or
 * FIRST_WITNESS + witness. A point is a time << 16 | token. While the token has never
 * changed there are no points.
 */
struct track {
	uint64_t *points[2];
	int64_t first[2], last[2]; /* times of the token; first while there are no points */
	uint16_t token[2];
	uint8_t n[2], cap[2];
};

#define FIRST_WITNESS 3U
#define MOST_WITNESSES (UINT16_MAX - FIRST_WITNESS)

struct changes {
	struct track *tracks; /* by number of the peer */
	size_t n, cap, npoints, forgotten;
};

struct changes *changes_new(void)
{
	return xcalloc(1, sizeof(struct changes));
}

static unsigned token_of(const struct delivery *d)
{
	if (d->state == DELIVERY_UNTOLD && d->witness < MOST_WITNESSES)
		return FIRST_WITNESS + d->witness;
	return d->state == DELIVERY_ENCRYPTED || d->state == DELIVERY_PLAINTEXT ? d->state + 1U : 0;
}

static enum delivery_state state_of(unsigned token, const struct changes_reader *reader)
{
	if (token < FIRST_WITNESS)
		return (enum delivery_state)(token - 1);
	return reader->told(reader->context, token - FIRST_WITNESS) ? DELIVERY_PLAINTEXT
								    : DELIVERY_UNKNOWN;
}

/* Where there is no more room, the oldest point goes. */
static void add_point(struct changes *c, struct track *track, unsigned way, unsigned token,
		      int64_t when)
{
	size_t cap = track->cap[way];

	if (track->n[way] == cap &&
	    (cap == 0 || (cap <= CHANGES_MOST && c->npoints < MOST_POINTS))) {
		track->cap[way] = cap == 0              ? 2
				  : cap >= CHANGES_MOST ? CHANGES_MOST + 1
							: (uint8_t)(cap * 2);
		c->npoints += track->cap[way] - cap;
		track->points[way] = xreallocarray(track->points[way], track->cap[way],
						   sizeof(*track->points[way]));
	}
	if (track->n[way] == track->cap[way]) {
		memmove(track->points[way], track->points[way] + 1,
			--track->n[way] * sizeof(*track->points[way]));
		c->forgotten++;
	}
	track->points[way][track->n[way]++] = (uint64_t)when << 16 | token;
}

static int64_t time_of(uint64_t point)
{
	return (int64_t)point >> 16;
}

/* More of the same: what is told late may be from before the point at which it began. */
static void go_on(struct track *track, unsigned way, int64_t when)
{
	uint64_t *point = track->n[way] > 0 ? &track->points[way][track->n[way] - 1] : NULL;

	if (when > track->last[way])
		track->last[way] = when;
	if (when < track->first[way])
		track->first[way] = when;
	if (point != NULL && when < time_of(*point))
		*point = (uint64_t)when << 16 | track->token[way];
}

/* Something else. If it is from before the last of what was told, that goes on behind it. */
static void turn(struct changes *c, struct track *track, unsigned way, unsigned token, int64_t when)
{
	if (track->n[way] == 0)
		add_point(c, track, way, track->token[way], track->first[way]);
	add_point(c, track, way, token, when);
	if (when < track->last[way]) {
		add_point(c, track, way, track->token[way], track->last[way]);
		return;
	}
	track->token[way] = (uint16_t)token;
	track->last[way] = when;
}

void changes_follow(struct changes *c, uint32_t peer, const struct delivery *d)
{
	unsigned token = token_of(d), way = d->direction;
	struct track *track;

	if (peer == c->n) {
		c->tracks = xgrow(c->tracks, peer, &c->cap, sizeof(*c->tracks));
		memset(&c->tracks[c->n++], 0, sizeof(*c->tracks));
	}
	track = &c->tracks[peer];
	if (token == 0)
		return;
	if (track->token[way] == 0) {
		track->token[way] = (uint16_t)token;
		track->first[way] = track->last[way] = d->when;
	} else if (token == track->token[way]) {
		go_on(track, way, d->when);
	} else {
		turn(c, track, way, token, d->when);
	}
}

/* They are few, and almost always in order; those of one second stay as they came. */
static void sort(uint64_t *points, size_t n)
{
	uint64_t point;
	size_t i, j;

	for (i = 1; i < n; i++) {
		point = points[i];
		for (j = i; j > 0 && time_of(points[j - 1]) > time_of(point); j--)
			points[j] = points[j - 1];
		points[j] = point;
	}
}

static void find(struct track *track, struct change *change, const struct changes_reader *reader)
{
	uint64_t *points = track->points[change->direction];
	size_t i, n = track->n[change->direction];

	sort(points, n);
	for (i = 0; i < n; i++) {
		change->is = state_of((uint16_t)points[i], reader);
		change->when = time_of(points[i]);
		if (change->is == DELIVERY_UNKNOWN || change->is == change->was)
			continue;
		if (change->was != DELIVERY_UNKNOWN)
			reader->found(reader->context, change);
		change->was = change->is;
	}
}

void changes_find(struct changes *c, const struct changes_reader *reader)
{
	struct change change;
	uint32_t peer;
	int way;

	for (peer = 0; peer < c->n; peer++)
		for (way = 0; way < 2; way++) {
			change = (struct change){.peer = peer,
						 .direction = (enum delivery_direction)way,
						 .was = DELIVERY_UNKNOWN};
			find(&c->tracks[peer], &change, reader);
		}
}

size_t changes_forgotten(const struct changes *c)
{
	return c->forgotten;
}

void changes_free(struct changes *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n; i++) {
		free(c->tracks[i].points[DELIVERY_OUT]);
		free(c->tracks[i].points[DELIVERY_IN]);
	}
	free(c->tracks);
	free(c);
}
