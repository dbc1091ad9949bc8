/* SPDX-License-Identifier: ISC */
/* check_buf - growable bytes. */
#include "buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* An address sanitizer ends the process itself where malloc would return NULL. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define TOO_MUCH 3
#else
#define TOO_MUCH 5
#endif

START_TEST(starts_empty)
{
	struct buf b = BUF_INIT;
	char *s;

	ck_assert_uint_eq(b.len, 0);
	ck_assert_ptr_null(b.data);
	ck_assert_str_eq(buf_string(&b), "");
	s = buf_detach(&b);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s, "");
	free(s);
	buf_clear(&b);
	buf_release(&b);
	buf_release(&b);
}
END_TEST

START_TEST(adds_bytes)
{
	static const char want[] = "a\0b\nstring 7-x\0";
	struct buf b = BUF_INIT;

	buf_add(&b, "a\0b", 3);
	buf_addc(&b, '\n');
	buf_adds(&b, "string");
	buf_adds(&b, "");
	buf_addf(&b, " %d-%s", 7, "x");
	buf_addc(&b, '\0');
	buf_add(&b, NULL, 0);
	ck_assert_uint_eq(b.len, sizeof(want) - 1);
	ck_assert_mem_eq(b.data, want, sizeof(want));
	buf_release(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(adds_high_bytes)
{
	struct buf b = BUF_INIT;

	buf_addc(&b, 0xff);
	buf_addc(&b, (char)-2);
	ck_assert_mem_eq(b.data, "\xff\xfe", 3);
	buf_release(&b);
}
END_TEST

/* A NUL ends it at every length, whatever the room was. */
START_TEST(grows)
{
	struct buf b = BUF_INIT;
	size_t i, wrong = 0;

	for (i = 0; i < 100000; i++) {
		buf_addc(&b, (int)('a' + i % 26));
		wrong += b.len >= b.cap || b.data[b.len] != '\0';
	}
	ck_assert_uint_eq(b.len, 100000);
	for (i = 0; i < b.len; i++)
		wrong += b.data[i] != (char)('a' + i % 26);
	ck_assert_uint_eq(wrong, 0);
	buf_release(&b);
}
END_TEST

/* Formatted text of every length around the room that there is. */
START_TEST(formats_across_the_room)
{
	struct buf b = BUF_INIT;
	int width;

	for (width = 0; width < 300; width++) {
		buf_release(&b);
		buf_grow(&b, 100);
		buf_addf(&b, "%*s", width, "");
		ck_assert_uint_eq(b.len, (size_t)width);
		ck_assert_uint_eq(strlen(buf_string(&b)), (size_t)width);
	}
	buf_release(&b);
}
END_TEST

START_TEST(counts_things)
{
	struct buf b = BUF_INIT;

	buf_add_count(&b, 0, "line, ", "lines, ");
	buf_add_count(&b, 1, "line, ", "lines, ");
	buf_add_count(&b, UINT64_MAX, "line", "lines");
	ck_assert_str_eq(buf_string(&b), "0 lines, 1 line, 18446744073709551615 lines");
	buf_release(&b);
}
END_TEST

START_TEST(clear_keeps_the_room)
{
	struct buf b = BUF_INIT;
	size_t cap;

	buf_adds(&b, "something long enough to have a room");
	cap = b.cap;
	buf_clear(&b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_uint_eq(b.cap, cap);
	ck_assert_str_eq(buf_string(&b), "");
	buf_adds(&b, "x");
	ck_assert_str_eq(buf_string(&b), "x");
	buf_release(&b);
}
END_TEST

START_TEST(detach_hands_over)
{
	struct buf b = BUF_INIT;
	char *s;

	buf_adds(&b, "one");
	s = buf_detach(&b);
	ck_assert_ptr_null(b.data);
	buf_adds(&b, "two");
	ck_assert_str_eq(s, "one");
	ck_assert_str_eq(buf_string(&b), "two");
	free(s);
	buf_release(&b);
}
END_TEST

START_TEST(copies)
{
	char *s = xmemdupz("a\0bc", 3), *t = xstrdup("text"), *u = xmemdupz(NULL, 0);

	ck_assert_mem_eq(s, "a\0b", 4);
	ck_assert_str_eq(t, "text");
	ck_assert_str_eq(u, "");
	free(s);
	free(t);
	free(u);
}
END_TEST

START_TEST(allocates)
{
	unsigned char *p = xcalloc(7, 3);
	size_t i;

	for (i = 0; i < 21; i++)
		ck_assert_int_eq(p[i], 0);
	p[20] = 9;
	p = xreallocarray(p, 1000, 10);
	ck_assert_int_eq(p[20], 9);
	free(p);
	/* Nothing is something, too: NULL means trouble to none of the callers. */
	p = xmalloc(0);
	ck_assert_ptr_nonnull(p);
	free(p);
	p = xcalloc(0, 8);
	ck_assert_ptr_nonnull(p);
	free(p);
}
END_TEST

START_TEST(array_grows)
{
	size_t *v = NULL, cap = 0, n;

	for (n = 0; n < 10000; n++) {
		v = xgrow(v, n, &cap, sizeof(*v));
		ck_assert_uint_gt(cap, n);
		v[n] = n;
	}
	for (n = 0; n < 10000; n++)
		ck_assert_uint_eq(v[n], n);
	free(v);
}
END_TEST

/* Too much is the end of the process, with status 2. */
START_TEST(too_much)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "x");
	if (_i == 0)
		buf_grow(&b, SIZE_MAX);
	if (_i == 1)
		buf_grow(&b, SIZE_MAX - 1);
	if (_i == 2)
		free(xreallocarray(NULL, SIZE_MAX / 2, 3));
	if (_i == 3)
		free(xmalloc(SIZE_MAX));
	if (_i == 4)
		free(xcalloc(SIZE_MAX / 2, 3));
	exit(0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, starts_empty);
	tcase_add_test(tc, adds_bytes);
	tcase_add_test(tc, adds_high_bytes);
	tcase_add_test(tc, grows);
	tcase_add_test(tc, formats_across_the_room);
	tcase_add_test(tc, counts_things);
	tcase_add_test(tc, clear_keeps_the_room);
	tcase_add_test(tc, detach_hands_over);
	tcase_add_test(tc, copies);
	tcase_add_test(tc, allocates);
	tcase_add_test(tc, array_grows);
	suite_add_tcase(s, tc);

	tc = tcase_create("out of memory");
	tcase_set_tags(tc, "process");
	tcase_add_loop_exit_test(tc, too_much, 2, 0, TOO_MUCH);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
