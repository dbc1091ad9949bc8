/* SPDX-License-Identifier: ISC */
#include "schema.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static bool has_type(const json_t *value, const char *type)
{
	static const struct {
		const char *name;
		json_type type;
	} types[] = {{"object", JSON_OBJECT},
		     {"array", JSON_ARRAY},
		     {"string", JSON_STRING},
		     {"null", JSON_NULL},
		     {"integer", JSON_INTEGER}};
	int i;

	if (strcmp(type, "boolean") == 0)
		return json_is_boolean(value);
	for (i = 0; i < COUNT(types); i++)
		if (strcmp(types[i].name, type) == 0)
			return json_typeof(value) == types[i].type;
	ck_abort_msg("a type called %s", type);
}

static void assert_type(const json_t *value, json_t *types, const char *where)
{
	bool fits = json_is_string(types) && has_type(value, json_string_value(types));
	json_t *type;
	size_t i;

	json_array_foreach (types, i, type)
		fits = fits || has_type(value, json_string_value(type));
	ck_assert_msg(fits, "the type of %s", where);
}

static void assert_valid(json_t *value, json_t *schema, json_t *root, const char *where)
{
	const char *name = json_string_value(json_object_get(schema, "$ref"));
	json_t *part, *member, *others;
	const char *key;
	bool listed = false;
	size_t i;

	/* References of one form: "#/$defs/NAME". */
	if (name != NULL) {
		part = json_object_get(json_object_get(root, "$defs"), strrchr(name, '/') + 1);
		ck_assert_msg(part != NULL, "%s refers to %s", where, name);
		assert_valid(value, part, root, where);
		return;
	}
	assert_type(value, json_object_get(schema, "type"), where);
	json_array_foreach (json_object_get(schema, "required"), i, part)
		ck_assert_msg(json_object_get(value, json_string_value(part)) != NULL,
			      "%s has no %s", where, json_string_value(part));
	json_object_foreach (json_object_get(schema, "properties"), key, part) {
		member = json_object_get(value, key);
		if (member != NULL)
			assert_valid(member, part, root, key);
	}
	/* Nothing that the schema does not know. */
	if (json_object_get(schema, "properties") != NULL)
		ck_assert_uint_eq(json_object_size(value),
				  json_object_size(json_object_get(schema, "properties")));
	json_array_foreach (value, i, member)
		assert_valid(member, json_object_get(schema, "items"), root, where);
	others = json_object_get(schema, "additionalProperties");
	json_object_foreach (others != NULL ? value : NULL, key, member)
		assert_valid(member, others, root, key);
	json_array_foreach (json_object_get(schema, "enum"), i, part)
		listed = listed || json_equal(part, value);
	ck_assert(listed || json_object_get(schema, "enum") == NULL);
}

void assert_schema(json_t *document, const char *path)
{
	json_error_t error;
	json_t *schema = json_load_file(path, 0, &error);

	ck_assert_msg(schema != NULL, "%s: %s", path, error.text);
	assert_valid(document, schema, schema, "the document");
	json_decref(schema);
}
