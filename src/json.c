/* SPDX-License-Identifier: ISC */
#include "json.h"

#include "jsontext.h"
#include "version.h"

static json_t *change_of(const struct outcome_change *c)
{
	json_t *object = jsontext_object();

	jsontext_set(object, "parameter", jsontext_string(c->parameter));
	jsontext_set(object, "line", jsontext_number(c->line));
	jsontext_set(object, "old", jsontext_string(c->old));
	jsontext_set(object, "new", jsontext_string(c->new));
	jsontext_set(object, "why", jsontext_string(c->why));
	return object;
}

static json_t *finding_of(const struct finding *f)
{
	json_t *object = jsontext_object();

	jsontext_set(object, "code", jsontext_string(finding_name(f->code)));
	jsontext_set(object, "severity", jsontext_string(severity_name(finding_severity(f->code))));
	jsontext_set(object, "path", jsontext_string(f->path));
	jsontext_set(object, "line", jsontext_number(f->line));
	jsontext_set(object, "parameter", jsontext_string(f->parameter));
	jsontext_set(object, "text", jsontext_string(f->text));
	return object;
}

/* What was mended is wrong no longer. */
static json_t *findings_of(const struct outcome *o)
{
	json_t *array = jsontext_array();
	size_t i;

	for (i = 0; i < o->findings.n; i++)
		if (!o->written || !o->findings.v[i].mended)
			jsontext_append(array, finding_of(&o->findings.v[i]));
	return array;
}

static json_t *file_of(const struct outcome *o)
{
	json_t *object = jsontext_object(), *changes = jsontext_array();
	size_t i;

	for (i = 0; i < o->n; i++)
		jsontext_append(changes, change_of(&o->changes[i]));
	jsontext_set(object, "path", jsontext_string(o->path));
	jsontext_set(object, "changed", json_boolean(o->changed));
	jsontext_set(object, "written", json_boolean(o->written));
	jsontext_set(object, "backup", jsontext_string(o->backup));
	jsontext_set(object, "error",
		     o->error.len > 0 ? jsontext_bytes(o->error.data, o->error.len) : json_null());
	jsontext_set(object, "diff", jsontext_bytes(buf_string(&o->diff), o->diff.len));
	jsontext_set(object, "changes", changes);
	jsontext_set(object, "findings", findings_of(o));
	return object;
}

void json_outcomes(struct buf *out, const char *policy, const struct outcome *outcomes, size_t n)
{
	json_t *document = jsontext_object(), *files = jsontext_array();
	size_t i;

	for (i = 0; i < n; i++)
		jsontext_append(files, file_of(&outcomes[i]));
	jsontext_set(document, "tlsharden", jsontext_string(TLSHARDEN_VERSION));
	jsontext_set(document, "policy", jsontext_string(policy));
	jsontext_set(document, "files", files);
	jsontext_write(out, document, JSON_INDENT(2));
	buf_addc(out, '\n');
}
