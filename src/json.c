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

/* A member of the document, or of a file in it. */
static void member(struct buf *out, const char *before, const char *key, json_t *value)
{
	buf_addf(out, "%s\"%s\": ", before, key);
	jsontext_write(out, value, JSON_ENCODE_ANY | JSON_COMPACT);
}

/* One of a list in a file, on a line of its own. */
static void item(struct buf *out, bool *any, json_t *value)
{
	buf_adds(out, *any ? ",\n        " : "\n        ");
	jsontext_write(out, value, JSON_COMPACT);
	*any = true;
}

static void changes(struct buf *out, const struct outcome *o)
{
	bool any = false;
	size_t i;

	buf_adds(out, ",\n      \"changes\": [");
	for (i = 0; i < o->n; i++)
		item(out, &any, change_of(&o->changes[i]));
	buf_adds(out, any ? "\n      ]" : "]");
}

/* What was mended is wrong no longer. */
static void findings(struct buf *out, const struct outcome *o)
{
	bool any = false;
	size_t i;

	buf_adds(out, ",\n      \"findings\": [");
	for (i = 0; i < o->findings.n; i++)
		if (!o->written || !o->findings.v[i].mended)
			item(out, &any, finding_of(&o->findings.v[i]));
	buf_adds(out, any ? "\n      ]" : "]");
}

static void begin(const struct json_document *d, struct buf *out)
{
	member(out, "{\n  ", "tlsharden", jsontext_string(TLSHARDEN_VERSION));
	member(out, ",\n  ", "policy", jsontext_string(d->policy));
	buf_adds(out, ",\n  \"files\": [");
}

void json_before(struct json_document *d, struct buf *out, const struct outcome *o)
{
	if (d->files == 0)
		begin(d, out);
	member(out, d->files == 0 ? "\n    {\n      " : ",\n    {\n      ", "path",
	       jsontext_string(o->path));
	member(out, ",\n      ", "changed", json_boolean(o->changed));
	member(out, ",\n      ", "diff", jsontext_bytes(buf_string(&o->diff), o->diff.len));
	changes(out, o);
	d->files++;
	d->begun = true;
}

void json_after(struct json_document *d, struct buf *out, const struct outcome *o)
{
	if (!d->begun)
		json_before(d, out, o);
	member(out, ",\n      ", "written", json_boolean(o->written));
	member(out, ",\n      ", "backup", jsontext_string(o->backup));
	member(out, ",\n      ", "error",
	       o->error.len > 0 ? jsontext_bytes(o->error.data, o->error.len) : json_null());
	findings(out, o);
	buf_adds(out, "\n    }");
	d->begun = false;
}

void json_end(struct json_document *d, struct buf *out)
{
	if (d->files == 0)
		begin(d, out);
	buf_adds(out, d->files > 0 ? "\n  ]\n}\n" : "]\n}\n");
}
