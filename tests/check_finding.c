/* SPDX-License-Identifier: ISC */
/* check_finding - findings in the form of compilers: sorted, named, escaped. */
#include "explain.h"
#include "finding.h"

#include <string.h>

#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Stable: scripts match these. */
static const struct {
	enum finding_code code;
	const char *name;
	enum finding_severity severity;
} codes[] = {
	{FINDING_DANE_ONLY_WITHOUT_DNSSEC, "dane-only-without-dnssec", SEVERITY_ERROR},
	{FINDING_FATAL_MACRO, "fatal-macro", SEVERITY_ERROR},
	{FINDING_FATAL_VALUE, "fatal-value", SEVERITY_ERROR},
	{FINDING_KEY_READABLE, "key-readable", SEVERITY_ERROR},
	{FINDING_MASTER_SYNTAX, "master-syntax", SEVERITY_ERROR},
	{FINDING_POLICY_UNMET, "policy-unmet", SEVERITY_ERROR},
	{FINDING_SERVICE_FATAL, "service-fatal", SEVERITY_ERROR},
	{FINDING_SERVICE_LEVEL, "service-level", SEVERITY_ERROR},
	{FINDING_STARTTLS_DISCARDED, "starttls-discarded", SEVERITY_ERROR},
	{FINDING_UNKNOWN_VALUE, "unknown-value", SEVERITY_ERROR},
	{FINDING_UNUSABLE_LIST, "unusable-list", SEVERITY_ERROR},
	{FINDING_WRAPPERMODE_LEVEL, "wrappermode-level", SEVERITY_ERROR},
	{FINDING_ANONYMOUS_ONLY, "anonymous-only", SEVERITY_WARNING},
	{FINDING_BYTE_ORDER_MARK, "byte-order-mark", SEVERITY_WARNING},
	{FINDING_CONFLICTING_DUPLICATES, "conflicting-duplicates", SEVERITY_WARNING},
	{FINDING_DANE_WITHOUT_DNSSEC, "dane-without-dnssec", SEVERITY_WARNING},
	{FINDING_DEAD_DUPLICATE, "dead-duplicate", SEVERITY_WARNING},
	{FINDING_ENCRYPT_ON_PUBLIC_MX, "encrypt-on-public-mx", SEVERITY_WARNING},
	{FINDING_ENCRYPT_WITHIN_HOST, "encrypt-within-host", SEVERITY_WARNING},
	{FINDING_IMPLIED_LEVEL, "implied-level", SEVERITY_WARNING},
	{FINDING_MISSPELLED, "misspelled-parameter", SEVERITY_WARNING},
	{FINDING_NO_CERTIFICATE, "no-certificate", SEVERITY_WARNING},
	{FINDING_OBSOLETE, "obsolete-parameter", SEVERITY_WARNING},
	{FINDING_PLAINTEXT_AUTH, "plaintext-auth", SEVERITY_WARNING},
	{FINDING_SERVICE_LOGLEVEL, "service-loglevel", SEVERITY_WARNING},
	{FINDING_UNEVALUATED, "unevaluated-value", SEVERITY_WARNING},
	{FINDING_WEAK_CIPHERS, "weak-ciphers", SEVERITY_WARNING},
	{FINDING_WEAK_PROTOCOLS, "weak-protocols", SEVERITY_WARNING},
	{FINDING_WRAPPERMODE_DANE, "wrappermode-dane", SEVERITY_WARNING},
	{FINDING_NO_CA, "no-ca", SEVERITY_NOTE},
	{FINDING_SERVICE_OVERRIDE, "service-override", SEVERITY_NOTE},
};

static void add(struct findings *all, enum finding_code code, size_t line, const char *text)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, text);
	(void)findings_add(all, code, "main.cf", line, NULL, &b);
	ck_assert_ptr_null(b.data);
}

START_TEST(codes_are_stable)
{
	struct findings all = {0};
	struct buf out = BUF_INIT, want = BUF_INIT;

	ck_assert_str_eq(finding_name(codes[_i].code), codes[_i].name);
	ck_assert_int_eq(finding_severity(codes[_i].code), codes[_i].severity);
	add(&all, codes[_i].code, 3, "text");
	ck_assert_uint_eq(all.counts[codes[_i].severity], 1);
	ck_assert_int_eq(finding_by_name(codes[_i].name), codes[_i].code);
	findings_print(&all, false, &out);
	buf_addf(&want, "main.cf:3: %s: text [%s]\n", severity_name(codes[_i].severity),
		 codes[_i].name);
	ck_assert_str_eq(buf_string(&out), buf_string(&want));
	buf_clear(&out);
	finding_text(&all.v[0], &out);
	/* The same without "main.cf:3: " and newline. */
	ck_assert_uint_eq(out.len, want.len - strlen("main.cf:3: \n"));
	ck_assert_mem_eq(out.data, want.data + strlen("main.cf:3: "), out.len);
	findings_release(&all);
	buf_release(&out);
	buf_release(&want);
}
END_TEST

START_TEST(none)
{
	struct findings all = {0};
	struct buf out = BUF_INIT;

	findings_sort(&all);
	findings_print(&all, true, &out);
	ck_assert_uint_eq(out.len, 0);
	findings_release(&all);
}
END_TEST

/* By line; those of one line as they were added, however many there are. */
START_TEST(sorted_by_line)
{
	struct findings all = {0};
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < 1000; i++) {
		buf_clear(&text);
		buf_addf(&text, "%zu", i);
		add(&all, FINDING_DEAD_DUPLICATE, 1000 - i / 10, text.data);
	}
	findings_sort(&all);
	ck_assert_uint_eq(all.n, 1000);
	for (i = 0; i < 1000; i++) {
		buf_clear(&text);
		buf_addf(&text, "%zu", 990 - i / 10 * 10 + i % 10);
		ck_assert_uint_eq(all.v[i].line, 901 + i / 10);
		ck_assert_str_eq(all.v[i].text, text.data);
	}
	ck_assert_uint_eq(all.counts[SEVERITY_ERROR], 0);
	ck_assert_uint_eq(all.counts[SEVERITY_WARNING], 1000);
	findings_release(&all);
	ck_assert_uint_eq(all.n, 0);
	buf_release(&text);
}
END_TEST

/* What a file contains reaches a terminal with its control bytes escaped only. */
START_TEST(escaped_where_printed)
{
	struct findings all = {0};
	struct buf out = BUF_INIT;

	struct buf text = BUF_INIT;

	buf_adds(&text, "a\033[2J\n\xff\xc3\xbc");
	(void)findings_add(&all, FINDING_POLICY_UNMET, "x\n\033y", 1, "name", &text);
	findings_print(&all, false, &out);
	ck_assert_str_eq(buf_string(&out), "x\\n\\x1by:1: error: a\\x1b[2J\\n\\xff\xc3\xbc "
					   "[policy-unmet]\n");
	ck_assert_str_eq(all.v[0].text, "a\033[2J\n\xff\xc3\xbc");
	findings_release(&all);
	buf_release(&out);
}
END_TEST

/* Colour changes nothing but adds to it. */
START_TEST(coloured)
{
	struct findings all = {0};
	struct buf plain = BUF_INIT, out = BUF_INIT, bare = BUF_INIT;
	const char *p;

	add(&all, FINDING_POLICY_UNMET, 1, "one");
	add(&all, FINDING_IMPLIED_LEVEL, 2, "two");
	findings_print(&all, false, &plain);
	findings_print(&all, true, &out);
	ck_assert_ptr_null(strchr(plain.data, '\033'));
	for (p = out.data; *p != '\0'; p++) {
		if (*p == '\033')
			p += strcspn(p, "m");
		else
			buf_addc(&bare, *p);
	}
	ck_assert_uint_gt(out.len, bare.len);
	ck_assert_str_eq(bare.data, plain.data);
	/* It is switched off before the line ends. */
	ck_assert_ptr_nonnull(strstr(out.data, "error:\033[m one"));
	ck_assert_ptr_nonnull(strstr(out.data, "warning:\033[m two"));
	findings_release(&all);
	buf_release(&plain);
	buf_release(&out);
	buf_release(&bare);
}
END_TEST

/* All of one file, then all of the next; a code that nobody made is none. */
START_TEST(sorted_by_file)
{
	struct findings all = {0};
	struct buf out = BUF_INIT, text = BUF_INIT;
	static const char *const paths[] = {"main.cf", "master.cf", "main.cf"};
	size_t i;

	for (i = 0; i < 3; i++)
		(void)findings_add(&all, FINDING_NO_CA, paths[i], 9 - i, NULL, &text);
	findings_sort(&all);
	findings_print(&all, false, &out);
	ck_assert_str_eq(buf_string(&out), "main.cf:7: note:  [no-ca]\nmain.cf:9: note:  [no-ca]\n"
					   "master.cf:8: note:  [no-ca]\n");
	ck_assert_int_eq(finding_by_name("no-such-code"), FINDING_CODES);
	findings_release(&all);
	buf_release(&out);
}
END_TEST

/* Whoever asks is told what it means, what to do, and who says so; in lines that fit. */
START_TEST(explained)
{
	const struct explanation *e = explanation_of(codes[_i].code);
	struct buf out = BUF_INIT;
	const char *line;
	size_t len;

	explain(codes[_i].code, &out);
	ck_assert(strncmp(out.data, codes[_i].name, strlen(codes[_i].name)) == 0);
	ck_assert(strlen(e->title) > 9 && strlen(e->what) > 40 && strlen(e->remedy) > 6 &&
		  strlen(e->source) > 6);
	for (line = out.data; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		ck_assert_msg(len <= 78, "%zu columns: %.*s", len, (int)len, line);
	}
	buf_release(&out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("finding");
	TCase *tc = tcase_create("finding");

	tcase_add_loop_test(tc, codes_are_stable, 0, COUNT(codes));
	tcase_add_test(tc, none);
	tcase_add_test(tc, sorted_by_line);
	tcase_add_test(tc, escaped_where_printed);
	tcase_add_test(tc, coloured);
	tcase_add_test(tc, sorted_by_file);
	tcase_add_loop_test(tc, explained, 0, COUNT(codes));
	suite_add_tcase(s, tc);
	return run_suite(s);
}
