/*
 * span - bytes that belong to somebody else.
 * Shape:  at[0..len); at may be anything where len is 0. No NUL behind them.
 * Owner:  whoever made it says how long the bytes stay.
 */
#ifndef TLSHARDEN_SPAN_H
#define TLSHARDEN_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"

struct span {
	const char *at;
	size_t len; /* bytes */
};

/* Valid until the next change of the buffer. */
static inline struct span span_of_buf(const struct buf *b)
{
	return (struct span){buf_string(b), b->len};
}

/* Goes on by so many bytes, which must be there. */
static inline void span_skip(struct span *s, size_t n)
{
	s->at += n;
	s->len -= n;
}

static inline bool span_begins(struct span s, const char *with, size_t len)
{
	return s.len >= len && memcmp(s.at, with, len) == 0;
}

/* Whether bytes are the same: for a few dozen at most, of which a call would take longer. */
static inline bool span_same(const char *a, const char *b, size_t len)
{
	uint64_t x, y;

	if (len < sizeof(x))
		return len == 0 || memcmp(a, b, len) == 0;
	for (; len > sizeof(x); a += sizeof(x), b += sizeof(x), len -= sizeof(x)) {
		(void)memcpy(&x, a, sizeof(x));
		(void)memcpy(&y, b, sizeof(y));
		if (x != y)
			return false;
	}
	(void)memcpy(&x, a + len - sizeof(x), sizeof(x));
	(void)memcpy(&y, b + len - sizeof(y), sizeof(y));
	return x == y;
}

static inline uint64_t span_mix(uint64_t h, uint64_t part)
{
	h = (h ^ part) * 0xff51afd7ed558ccdU;
	return h ^ h >> 32;
}
/*
 * A number for bytes in some context: equal for equal ones, and for hardly any others; never 0.
 * Eight bytes a step, the last ones again with what is missing to them.
 */
static inline uint64_t span_hash(uint64_t seed, struct span s)
{
	uint64_t h = (seed + s.len) * 0x9e3779b97f4a7c15U, part = 0;
	const char *last;

	if (s.len < sizeof(part)) {
		for (; s.len > 0; span_skip(&s, 1))
			part = part << 8 | (unsigned char)*s.at;
	} else {
		last = s.at + s.len - sizeof(part);
		for (; s.at < last; s.at += sizeof(part)) {
			(void)memcpy(&part, s.at, sizeof(part));
			h = span_mix(h, part);
		}
		(void)memcpy(&part, last, sizeof(part));
	}
	h = span_mix(h, part);
	return h != 0 ? h : 1;
}

/*
 * Where bytes, eight or more, may be kept to be found again among a few (32 bits): names differ in
 * how they begin, addresses in how they end. No hash: what lies between does not count.
 */
static inline uint32_t span_place(struct span s)
{
	uint64_t first, last;

	(void)memcpy(&first, s.at, sizeof(first));
	(void)memcpy(&last, s.at + s.len - sizeof(last), sizeof(last));
	return (uint32_t)((first * 31 ^ last) * 0x9e3779b97f4a7c15U >> 32);
}

/* Goes past a text if it is there. */
static inline bool span_take(struct span *s, const char *text, size_t len)
{
	if (!span_begins(*s, text, len))
		return false;
	span_skip(s, len);
	return true;
}

#endif
