/* SPDX-License-Identifier: ISC */
#include "json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "version.h"

/* What jansson cannot make it has no memory for. */
static json_t *sure(json_t *value)
{
	if (value == NULL)
		die("out of memory");
	return value;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, sure(value)) < 0)
		die("out of memory");
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, sure(value)) < 0)
		die("out of memory");
}

static json_t *text_of(const char *bytes, size_t len)
{
	struct buf clean = BUF_INIT;
	json_t *value;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = diag_utf8(bytes + i, len - i);
		if (n > 0)
			buf_add(&clean, bytes + i, n);
		else
			buf_adds(&clean, "\xef\xbf\xbd");
		n = n > 0 ? n : 1;
	}
	value = json_stringn_nocheck(buf_string(&clean), clean.len);
	buf_release(&clean);
	return value;
}

static json_t *string_or_null(const char *string)
{
	return string != NULL ? text_of(string, strlen(string)) : json_null();
}

static json_t *number(size_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *change_of(const struct outcome_change *c)
{
	json_t *object = sure(json_object());

	set(object, "parameter", string_or_null(c->parameter));
	set(object, "line", number(c->line));
	set(object, "old", string_or_null(c->old));
	set(object, "new", string_or_null(c->new));
	set(object, "why", string_or_null(c->why));
	return object;
}

static json_t *finding_of(const struct finding *f)
{
	json_t *object = sure(json_object());

	set(object, "code", string_or_null(finding_name(f->code)));
	set(object, "severity", string_or_null(severity_name(finding_severity(f->code))));
	set(object, "path", string_or_null(f->path));
	set(object, "line", number(f->line));
	set(object, "parameter", string_or_null(f->parameter));
	set(object, "text", string_or_null(f->text));
	return object;
}

/* What was mended is wrong no longer. */
static json_t *findings_of(const struct outcome *o)
{
	json_t *array = sure(json_array());
	size_t i;

	for (i = 0; i < o->findings.n; i++)
		if (!o->written || !o->findings.v[i].mended)
			append(array, finding_of(&o->findings.v[i]));
	return array;
}

static json_t *file_of(const struct outcome *o)
{
	json_t *object = sure(json_object()), *changes = sure(json_array());
	size_t i;

	for (i = 0; i < o->n; i++)
		append(changes, change_of(&o->changes[i]));
	set(object, "path", string_or_null(o->path));
	set(object, "changed", json_boolean(o->changed));
	set(object, "written", json_boolean(o->written));
	set(object, "backup", string_or_null(o->backup));
	set(object, "error", o->error.len > 0 ? text_of(o->error.data, o->error.len) : json_null());
	set(object, "diff", text_of(buf_string(&o->diff), o->diff.len));
	set(object, "changes", changes);
	set(object, "findings", findings_of(o));
	return object;
}

void json_outcomes(struct buf *out, const char *policy, const struct outcome *outcomes, size_t n)
{
	json_t *document = sure(json_object()), *files = sure(json_array());
	char *text;
	size_t i;

	for (i = 0; i < n; i++)
		append(files, file_of(&outcomes[i]));
	set(document, "tlsharden", json_string_nocheck(TLSHARDEN_VERSION));
	set(document, "policy", string_or_null(policy));
	set(document, "files", files);
	text = json_dumps(document, JSON_INDENT(2));
	if (text == NULL)
		die("out of memory");
	buf_adds(out, text);
	buf_addc(out, '\n');
	free(text);
	json_decref(document);
}
