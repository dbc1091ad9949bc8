/*
 * reading - main.cf as Postfix reads it, by a reader of the tests' own.
 * Units:  offsets in bytes; lines from 0 here, the first line is line 0.
 * Errors: what Postfix would refuse is noted in the reading.
 * Owner:  reading_release(); the text belongs to the caller.
 * Source: Postfix util/readlline.c, util/split_nameval.c.
 */
#ifndef TLSHARDEN_TEST_READING_H
#define TLSHARDEN_TEST_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* The parameters that the built-in policies manage; each of them a few of the first. */
#define LAWS_MANAGED 5
extern const char *const laws_managed[LAWS_MANAGED];
/* Their places in that table. */
enum { SERVER_LEVEL, CLIENT_LEVEL, CLIENT_LOG, SERVER_LOG, DNS_SUPPORT };

struct reading_setting {
	char *name;
	struct buf value;   /* joined and trimmed, not expanded */
	size_t first, last; /* lines */
	size_t managed;     /* place in laws_managed[], or LAWS_MANAGED */
	bool sign_on_first; /* '=' stands on the line of the name */
};

struct reading_line {
	size_t from, to; /* its line ending included */
	size_t setting;  /* that it is part of, or READING_NONE */
};

#define READING_NONE ((size_t)-1)

struct reading {
	const char *text; /* borrowed */
	struct reading_line *lines;
	size_t nlines, lines_cap;
	struct reading_setting *settings;
	size_t nsettings, settings_cap;
	bool refused; /* Postfix refuses the file, or it has a NUL byte */
};

void reading_make(struct reading *, const char *text, size_t len);
void reading_release(struct reading *);
/* The setting in force of a name, or READING_NONE. */
size_t reading_find(const struct reading *, const char *name, size_t len);

/* What is white space to Postfix. */
bool reading_is_space(char c);
/* How many bytes of white space stand at s. */
size_t reading_count_space(const char *s, size_t len);

#endif
