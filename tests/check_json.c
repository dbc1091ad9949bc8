/* SPDX-License-Identifier: ISC */
/*
 * check_json - the document of --format json: valid for any bytes, of the form that
 * the schema says, true, and alone on standard output.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "schema.h"
#include "version.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* The document that the last run printed; the caller frees it. */
static json_t *document(void)
{
	json_error_t error;
	json_t *doc = json_loadb(buf_string(&r.out), r.out.len, 0, &error);

	ck_assert_msg(doc != NULL, "%s at line %d of:\n%s", error.text, error.line,
		      buf_string(&r.out));
	assert_schema(doc, "tests/main.schema.json");
	ck_assert_str_eq(json_string_value(json_object_get(doc, "tlsharden")), TLSHARDEN_VERSION);
	return doc;
}

static json_t *file_at(json_t *doc, size_t i)
{
	json_t *file = json_array_get(json_object_get(doc, "files"), i);

	ck_assert_ptr_nonnull(file);
	return file;
}

static const char *string_at(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool is_true(json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

START_TEST(applied)
{
	json_t *doc, *file, *change;

	put("main.cf", weak);
	HARDEN("-n", "main.cf");
	put("diff", buf_string(&r.out));
	HARDEN("--format", "json", "main.cf");
	assert_status(0);
	assert_content("main.cf", hard);
	doc = document();
	file = file_at(doc, 0);
	ck_assert_str_eq(string_at(doc, "policy"), "opportunistic");
	ck_assert_str_eq(string_at(file, "path"), "main.cf");
	ck_assert(is_true(file, "changed") && is_true(file, "written"));
	assert_content("diff", string_at(file, "diff"));
	ck_assert_ptr_nonnull(strstr(string_at(file, "backup"), the_backup()));
	ck_assert_uint_eq(json_array_size(json_object_get(file, "changes")), 4);
	change = json_array_get(json_object_get(file, "changes"), 0);
	ck_assert_str_eq(string_at(change, "parameter"), "smtpd_tls_security_level");
	ck_assert_int_eq(json_integer_value(json_object_get(change, "line")), 3);
	ck_assert_str_eq(string_at(change, "old"), "none");
	ck_assert_str_eq(string_at(change, "new"), "may");
	/* What was mended is wrong no longer. */
	ck_assert_uint_eq(json_array_size(json_object_get(file, "findings")), 0);
	json_decref(doc);
}
END_TEST

START_TEST(by_a_policy_file)
{
	json_t *doc;

	put("main.cf", hard);
	put("own.cf", "smtp_tls_security_level = may\n");
	HARDEN("--format", "json", "-p", "./own.cf", "main.cf");
	assert_status(0);
	doc = document();
	ck_assert_str_eq(string_at(doc, "policy"), "./own.cf");
	json_decref(doc);
}
END_TEST

START_TEST(checked)
{
	json_t *doc, *file, *finding;
	struct look before;

	put("main.cf", weak);
	put("master.cf", "smtp inet n - y - - smtpd\n  -o smtpd_tls_security_level=none\n");
	HARDEN("-n", "main.cf");
	put("diff", buf_string(&r.out));
	before = look_at("main.cf");
	HARDEN("--check", "--format=json", "main.cf");
	assert_status(1);
	assert_untouched(&before, "main.cf");
	doc = document();
	file = file_at(doc, 0);
	ck_assert(is_true(file, "changed") && !is_true(file, "written"));
	assert_content("diff", string_at(file, "diff"));
	ck_assert_uint_eq(json_array_size(json_object_get(file, "findings")), 5);
	finding = json_array_get(json_object_get(file, "findings"), 4);
	ck_assert_str_eq(string_at(finding, "code"), "service-level");
	ck_assert_str_eq(string_at(finding, "severity"), "error");
	ck_assert_str_eq(string_at(finding, "path"), "master.cf");
	ck_assert_int_eq(json_integer_value(json_object_get(finding, "line")), 2);
	ck_assert_str_eq(string_at(finding, "parameter"), "smtpd_tls_security_level");
	json_decref(doc);
}
END_TEST

/* Trouble with one file stands in its place; the rest is done. */
START_TEST(trouble)
{
	json_t *doc;

	put("bad.cf", "no sign\n=\n");
	put("main.cf", hard);
	HARDEN("--format", "json", "bad.cf", "absent.cf", "main.cf");
	assert_status(2);
	doc = document();
	ck_assert_str_eq(string_at(file_at(doc, 0), "error"),
			 "1: missing '=' after parameter name: \"no sign\"\n"
			 "2: missing parameter name: \"=\"");
	ck_assert_str_eq(string_at(file_at(doc, 1), "error"), "No such file or directory");
	ck_assert(json_is_null(json_object_get(file_at(doc, 2), "error")));
	ck_assert(!is_true(file_at(doc, 2), "changed"));
	json_decref(doc);
}
END_TEST

START_TEST(restored)
{
	json_t *doc;

	put("main.cf", hard);
	put("main.cf.tlsharden-20200101T000000Z", weak);
	HARDEN("--format", "json", "--restore", "main.cf");
	assert_status(0);
	doc = document();
	ck_assert(is_true(file_at(doc, 0), "written"));
	ck_assert_ptr_nonnull(strstr(string_at(file_at(doc, 0), "diff"), "+smtp_tls_loglevel = 0"));
	json_decref(doc);
}
END_TEST

START_TEST(of_a_stream)
{
	json_t *doc;

	FILTER(weak, "--format", "json", "-");
	assert_status(0);
	doc = document();
	ck_assert_str_eq(string_at(file_at(doc, 0), "path"), "-");
	ck_assert(is_true(file_at(doc, 0), "changed"));
	ck_assert_uint_gt(strlen(string_at(file_at(doc, 0), "diff")), 0);
	json_decref(doc);
}
END_TEST

/* Bytes that are no UTF-8, quotes, controls: valid all the same. */
static const char *const odd[] = {
	"a = \xff\xfe \xc3(\nsmtp_tls_security_level = none\n",
	"smtp_tls_security_level = \"\\\" \001\033[2J\x7f\xed\xa0\x80\n",
	"\xef\xbb\xbfx = 1\n",
	"smtp_tls_loglevel = \xf0\x9f\x93\xa7 \xe2\x80\xae\n",
};

START_TEST(any_bytes)
{
	json_t *doc;

	put("main.cf", odd[_i]);
	HARDEN("-n", "--format", "json", "main.cf");
	doc = document();
	ck_assert_uint_gt(strlen(string_at(file_at(doc, 0), "diff")), 0);
	json_decref(doc);
	HARDEN("--format", "xml", "main.cf");
	assert_status(2);
}
END_TEST

/* What cannot be told is not done, whichever way the file would go. */
START_TEST(untold)
{
	struct look before;

	put("main.cf", weak);
	HARDEN("main.cf");
	if (_i == 0)
		before = look_at("main.cf");
	shell(_i == 0 ? "\"$0\" --format json --restore main.cf >/dev/full"
		      : "echo smtp_tls_loglevel = 0 >b.cf;"
			"\"$0\" --format json main.cf b.cf main.cf >/dev/full; s=$?;"
			"grep -q 0 b.cf && exit $s",
	      NULL, NULL);
	assert_status(2);
	/* Of each file that would have been replaced, or once; behind many files there is a
	 * summary. */
	assert_has(&r.err, "standard output: No space left on device");
	assert_has_not(&r.err, "Success");
	ck_assert_uint_eq(count_lines(&r.err), _i == 0 ? 1 : 3);
	if (_i == 0)
		assert_whole(&before, "main.cf");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 0);
	tcase_add_test(tc, applied);
	tcase_add_loop_test(tc, untold, 0, 2);
	tcase_add_test(tc, by_a_policy_file);
	tcase_add_test(tc, checked);
	tcase_add_test(tc, trouble);
	tcase_add_test(tc, restored);
	tcase_add_test(tc, of_a_stream);
	tcase_add_loop_test(tc, any_bytes, 0, COUNT(odd));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
