/*
 * jsontext - parts of a JSON document, for those who write one.
 * Shape:  UTF-8; bytes that are none appear as U+FFFD.
 * Errors: out of memory ends the process.
 * Owner:  what goes into an object or a text belongs to that, or is gone.
 * Source: RFC 8259; jansson.
 */
#ifndef TLSHARDEN_JSONTEXT_H
#define TLSHARDEN_JSONTEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

json_t *jsontext_object(void) __attribute__((warn_unused_result));
void jsontext_set(json_t *object, const char *key, json_t *value);
json_t *jsontext_bytes(const char *bytes, size_t len) __attribute__((warn_unused_result));
/* NULL becomes null. */
json_t *jsontext_string(const char *string) __attribute__((warn_unused_result));
json_t *jsontext_number(uint64_t n) __attribute__((warn_unused_result));
/* Appends a value as text, with the flags of json_dumps(), and frees it. */
void jsontext_write(struct buf *out, json_t *value, size_t flags);

#endif
