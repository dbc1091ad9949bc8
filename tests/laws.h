/*
 * laws - what holds for every main.cf, whatever is in it.
 * Shape:  the laws read the file by a reader of their own and judge by tables of
 *         their own, so that a mistake of the program is not made twice.
 * Units:  offsets in bytes; lines from 0 here, the first line is line 0.
 * Errors: laws_broken() says which law is broken.
 * Owner:  as each function says.
 * Source: Postfix util/readlline.c, util/split_nameval.c, tls/tls_level.c,
 *         tls/tls_misc.c, smtp/smtp_tls_policy.c, smtpd/smtpd.c.
 * Misses: the expansion of macros, which is src/expand.c's; the disk.
 */
#ifndef TLSHARDEN_TEST_LAWS_H
#define TLSHARDEN_TEST_LAWS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* ---- main.cf as Postfix reads it ---- */

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

/* ---- what it means for TLS ---- */

/* The parameters that the default policy manages. */
#define LAWS_MANAGED 4
extern const char *const laws_managed[LAWS_MANAGED];

/* Whether an expanded value of a managed parameter is one that the policy wants. */
bool laws_good_value(size_t managed, const char *value, size_t len);

enum laws_known {
	LAWS_KNOWN,
	LAWS_UNKNOWN, /* a macro that cannot be evaluated, a switch that is neither yes nor no */
	LAWS_TOO_LONG /* gave up: there is no end of macros */
};

struct laws_meaning {
	enum laws_known known;
	bool implied;     /* by obsolete parameters, or by there being none */
	struct buf value; /* a level by name, or a loglevel; expanded */
};
/* What a setting of a managed parameter means, or the lack of one (READING_NONE). */
void laws_mean(const struct reading *, size_t managed, size_t setting, struct laws_meaning *);

/* ---- diffs ---- */

/* Applies a unified diff, to the letter: false with the cause in why where it does not fit. */
bool laws_patch(const char *old, size_t len, const char *diff, size_t diff_len, struct buf *out,
		struct buf *why);

/* ---- the laws ---- */

/* What the program would do, as one in-memory run of it says. */
struct laws_outcome {
	bool refused;      /* malformed */
	bool unknown;      /* a parameter in force is left alone */
	struct buf text;   /* what the file becomes */
	unsigned codes[7]; /* how many verdicts of each code there are */
};
void laws_outcome_release(struct laws_outcome *);

/*
 * NULL if all laws hold for a text, else the law that is broken and how; the caller
 * frees. Where outcome is not NULL it is filled in and to be released.
 */
char *laws_broken(const char *text, size_t len, struct laws_outcome *outcome);

/* The same for reading and editing alone, with no policy: some settings get another value. */
char *laws_maincf_broken(const char *text, size_t len);

/*
 * The same for expansion. The last line of the text is what is expanded, the lines
 * above it are "name=value"; a name that starts with "unknown" is not known.
 */
char *laws_expand_broken(const char *text, size_t len);

#endif
