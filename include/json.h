/*
 * json - what becomes of files as one JSON document, which is written as the work goes on.
 * Shape:  tests/main.schema.json. UTF-8; bytes that are none appear as U+FFFD. Of each file
 *         json_before() and json_after(), or the latter alone; in the end json_end().
 * Errors: out of memory ends the process.
 * Source: RFC 8259.
 */
#ifndef TLSHARDEN_JSON_H
#define TLSHARDEN_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "outcome.h"

struct json_document {
	const char *policy; /* its name or its path */
	size_t files;       /* that are in it */
	bool begun;         /* a file is, that is not complete */
};

/* What the file is to become, as it is known before that is done. */
void json_before(struct json_document *, struct buf *out, const struct outcome *);
/* What has become of it. */
void json_after(struct json_document *, struct buf *out, const struct outcome *);
/* The rest, and a newline. */
void json_end(struct json_document *, struct buf *out);

#endif
