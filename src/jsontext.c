/* SPDX-License-Identifier: ISC */
#include "jsontext.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"

/* What jansson cannot make it has no memory for. */
static json_t *sure(json_t *value)
{
	if (value == NULL)
		die("out of memory");
	return value;
}

json_t *jsontext_object(void)
{
	return sure(json_object());
}

void jsontext_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, sure(value)) < 0)
		die("out of memory");
}

json_t *jsontext_bytes(const char *bytes, size_t len)
{
	struct buf clean = BUF_INIT;
	json_t *value;

	diag_replace(&clean, bytes, len);
	value = json_stringn_nocheck(buf_string(&clean), clean.len);
	buf_release(&clean);
	return sure(value);
}

json_t *jsontext_string(const char *string)
{
	return string != NULL ? jsontext_bytes(string, strlen(string)) : json_null();
}

json_t *jsontext_number(uint64_t n)
{
	return sure(json_integer((json_int_t)n));
}

static int append_part(const char *part, size_t len, void *out)
{
	buf_add(out, part, len);
	return 0;
}

void jsontext_write(struct buf *out, json_t *value, size_t flags)
{
	if (json_dump_callback(value, append_part, out, flags) < 0)
		die("out of memory");
	json_decref(value);
}
