/*
 * maincf - a Postfix main.cf kept as bytes and edited by span.
 * Shape:  every logical line with a parameter is an occurrence, named by its
 *         place in the file, from 0; comments and blank lines are what is left.
 *         Nothing is re-printed: with no edit the bytes are the bytes.
 * Units:  offsets and lengths in bytes; line numbers physical, from 1.
 * Errors: what Postfix would refuse is collected, see maincf_errors(); a text
 *         with errors may be asked but must not be written.
 *         Out of memory dies.
 * Owner:  the caller keeps text alive until maincf_free().
 * Source: Postfix util/readlline.c, util/split_nameval.c; postconf(5).
 * Misses: $name expansion (expand.h), what a value means (postfix.h), master.cf.
 */
#ifndef TLSHARDEN_MAINCF_H
#define TLSHARDEN_MAINCF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "edit.h"

struct maincf; /* opaque, body in maincf.c */

/* No occurrence. */
#define MAINCF_NONE SIZE_MAX
/* The longest text that is taken. */
#define MAINCF_MAX ((size_t)UINT32_MAX - 1)

struct maincf_error {
	size_t line;       /* first physical line of the logical one */
	const char *cause; /* static */
	const char *text;  /* start of the offending text, borrowed, not terminated */
	size_t len;        /* bytes of it that are worth showing */
	bool more;         /* it was longer */
};

/* The model of len bytes at text, at most MAINCF_MAX. Freed by maincf_free(). Never NULL. */
struct maincf *maincf_parse(const char *text, size_t len);
void maincf_free(struct maincf *);

/* What Postfix would refuse, sorted by line; returns how many. Borrowed until maincf_free(). */
size_t maincf_errors(const struct maincf *, const struct maincf_error **);

/* How many occurrences there are, duplicates included. */
size_t maincf_count(const struct maincf *);
/* The occurrence in force (the last duplicate), or MAINCF_NONE. Names are case-sensitive. */
size_t maincf_find(struct maincf *, const char *name, size_t len);
/* The duplicate before this one, or MAINCF_NONE. */
size_t maincf_earlier(const struct maincf *, size_t occurrence);
/*
 * Shows all pairs of duplicates, an occurrence and the one of the same name before it,
 * in the order of the file; in linear time, however many there are.
 */
void maincf_duplicates(const struct maincf *,
		       void (*visit)(void *context, size_t earlier, size_t later), void *context);
/* Its name, borrowed from the text, not terminated. */
const char *maincf_name(const struct maincf *, size_t occurrence, size_t *len);
/*
 * Appends its value as Postfix joins and trims it, not expanded. Returns how many
 * bytes had to be looked at, which are more where comments stand in it or below.
 */
size_t maincf_value(const struct maincf *, size_t occurrence, struct buf *out);
/* Whether a byte stands in its lines, comments among them included. */
bool maincf_contains(const struct maincf *, size_t occurrence, char byte);
size_t maincf_first_line(const struct maincf *, size_t occurrence);
size_t maincf_last_line(const struct maincf *, size_t occurrence);

/*
 * Gives an occurrence another value: on its line and with its spacing; its
 * continuation lines go, comments and blank lines among them stay. At most once
 * for each occurrence.
 */
void maincf_set(struct maincf *, size_t occurrence, const char *value);
/*
 * Adds a parameter that the file does not set: below its own commented-out
 * example, else after the last setting with the same prefix (up to "_tls_"),
 * else at the end. Returns the number of the line above it (1 in an empty file).
 */
size_t maincf_add(struct maincf *, const char *name, const char *value);
/* All edits so far, sorted. Borrowed until the next edit. */
const struct edits *maincf_edits(struct maincf *);

#endif
