/*
 * json - what became of files as one JSON document.
 * Shape:  tests/main.schema.json. UTF-8; bytes that are none appear as U+FFFD.
 * Errors: out of memory ends the process.
 * Source: RFC 8259.
 */
#ifndef TLSHARDEN_JSON_H
#define TLSHARDEN_JSON_H

#include <stddef.h>

#include "buf.h"
#include "outcome.h"

/* Appends the document and a newline. policy is its name or its path. */
void json_outcomes(struct buf *out, const char *policy, const struct outcome *, size_t n);

#endif
