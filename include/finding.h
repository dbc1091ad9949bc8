/*
 * finding - what is wrong with a file, in the form in which compilers say it.
 * Shape:  "PATH:LINE: error|warning|note: text [CODE]", sorted by line; codes are
 *         stable, for scripts to match.
 * Units:  line numbers physical, from 1.
 * Errors: none.
 * Owner:  findings_release().
 * Misses: how anything is found.
 */
#ifndef TLSHARDEN_FINDING_H
#define TLSHARDEN_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum finding_severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

enum finding_code {
	FINDING_POLICY_UNMET,
	FINDING_FATAL_VALUE,
	FINDING_WRAPPERMODE_LEVEL,
	FINDING_UNKNOWN_VALUE,
	FINDING_IMPLIED_LEVEL,
	FINDING_DEAD_DUPLICATE
};

struct finding {
	enum finding_code code;
	size_t line;
	size_t seq; /* order of adding, for findings of one line */
	char *text; /* raw: escaped when printed */
};

struct findings {
	struct finding *v;
	size_t n;
	size_t cap;
};

const char *finding_name(enum finding_code);
enum finding_severity finding_severity(enum finding_code);

/* Takes text over. */
void findings_add(struct findings *, enum finding_code, size_t line, struct buf *text);
void findings_sort(struct findings *);
/* Whether one of them is an error. */
bool findings_fail(const struct findings *);
/* Appends one finding as a line, without "PATH:LINE: " and newline. */
void finding_text(const struct finding *, struct buf *out);
/* Appends all of them as lines of their own. */
void findings_print(const struct findings *, const char *path, bool colour, struct buf *out);
void findings_release(struct findings *);

#endif
