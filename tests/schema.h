/*
 * schema - whether a JSON document is of the form that a schema says.
 * Errors: end the test with the name of the part that is not.
 * Source: JSON Schema, as much of it as the schemas here use. Nothing may be in the
 *         document that the schema does not know.
 */
#ifndef TLSHARDEN_TEST_SCHEMA_H
#define TLSHARDEN_TEST_SCHEMA_H

#include <jansson.h>

/* The path is one from the project's folder. */
void assert_schema(json_t *document, const char *path);

#endif
