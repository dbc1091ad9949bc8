/* SPDX-License-Identifier: ISC */
/* check_relay - who is the same, who is another host, and what it is called. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "relay.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
	{"mx.example[192.0.2.1]:25", "mx.example[192.0.2.1]:25", true},
	{"mx.example[192.0.2.1]:25", "MX.Example[192.0.2.1]:25", true},
	{"mx.example[192.0.2.1]:25", "mx.example[192.0.2.1]", true},
	{"mx.example[192.0.2.1]:25", "mx.example", true},
	{"mx.example", "mx.example", true},
	{"mx.example[2001:db8::a]:25", "mx.example[2001:DB8::A]:25", true},
	{"mx.example[/run/lmtp]", "mx.example[/run/lmtp]", true},
	{"", "", true},
	{"mx.example[192.0.2.1]:25", "mx.example[192.0.2.1]:26", false},
	{"mx.example[192.0.2.1]:25", "mx.example[192.0.2.1]:2", false},
	{"mx.example[192.0.2.1]:25", "mx.example[192.0.2.2]:25", false},
	{"mx.example[192.0.2.1]:25", "mx.example[192.0.2.10]:25", false},
	{"mx.example[192.0.2.1]:25", "mx2.example[192.0.2.1]:25", false},
	{"mx.example[192.0.2.1]:25", "mx.example.org", false},
	{"mx.example", "mx.exampl", false},
	{"mx.example[2001:db8::a]:25", "mx.example[2001:db8::b]:25", false},
	{"mx.example[192.0.2.1]:25", "none", false},
	{"mx.example[192.0.2.1]:25", "", false},
};

START_TEST(a_pair)
{
	struct span a = span_of(pairs[_i].a), b = span_of(pairs[_i].b);

	ck_assert(relay_same(a, b) == pairs[_i].same);
	ck_assert(relay_same(b, a) == pairs[_i].same);
}
END_TEST

static const struct {
	const char *relay;
	bool remote;
	const char *name;
} relays[] = {
	{"mx.example[192.0.2.1]:25", true, "mx.example"},
	{"MX.Example[192.0.2.1]", true, "mx.example"},
	{"AZ.Example[192.0.2.1]", true, "az.example"},
	{"unknown[192.0.2.1]", true, "192.0.2.1"},
	{"UNKNOWN[2001:DB8::A]:25", true, "2001:db8::a"},
	{"[192.0.2.1]:25", true, "192.0.2.1"},
	{"192.0.2.1[192.0.2.1]:25", true, "192.0.2.1"},
	{"unknown[unknown]", true, "unknown"},
	{"\xc3\x84.example[192.0.2.1]", true, "\xc3\x84.example"},
	/* A name of its own makes a host of its own. */
	{"mx.example[127.0.0.1]:25", true, "mx.example"},
	{"localhosts.example[192.0.2.1]:25", true, "localhosts.example"},
	{"my.localhost.example[192.0.2.1]:25", true, "my.localhost.example"},
	{"128.0.0.1[128.0.0.1]:25", true, "128.0.0.1"},
	{"127.0.0.1.example[127.0.0.1]:25", true, "127.0.0.1.example"},
	{"::2[::2]:25", true, "::2"},
	/* Longer by one byte than any address. */
	{"1234567890123456789012345678901234567890123456[192.0.2.1]:25", true,
	 "1234567890123456789012345678901234567890123456"},
	{"localhost[127.0.0.1]:10024", false, "localhost"},
	{"LocalHost[192.0.2.1]:25", false, "localhost"},
	{"localhost.localdomain[127.0.0.1]:25", false, "localhost.localdomain"},
	{"localhost[::1]:24", false, "localhost"},
	{"127.0.0.1[127.0.0.1]:10024", false, "127.0.0.1"},
	{"127.9.8.7[127.9.8.7]:10024", false, "127.9.8.7"},
	{"::1[::1]:10024", false, "::1"},
	{"0000:0000:0000:0000:0000:0000:0000:0001[::1]:25", false,
	 "0000:0000:0000:0000:0000:0000:0000:0001"},
	/* Where there is no name, the address is the name. */
	{"unknown[127.0.0.1]", false, "127.0.0.1"},
	{"unknown[::1]", false, "::1"},
	{"[127.0.0.1]:25", false, "127.0.0.1"},
	{"ip6-localhost[::1]:25", false, "ip6-localhost"},
	{"IP6-loopback[::1]:25", false, "ip6-loopback"},
	{"localhost6.localdomain6[::1]:25", false, "localhost6.localdomain6"},
	{"localhost7[192.0.2.1]:25", true, "localhost7"},
	{"mx.example[fe80::1%eth0]:25", true, "mx.example"},
	{"mx.example[dovecot-lmtp]", false, "mx.example"},
	{"mx.example[/var/run/dovecot/lmtp]", false, "mx.example"},
	{"mx.example[private/dovecot-lmtp]", false, "mx.example"},
	{"none", false, "none"},
	{"local", false, "local"},
	{"dovecot", false, "dovecot"},
	{"", false, ""},
	{"mx.example[192.0.2.1", false, "mx.example[192.0.2.1"},
};

START_TEST(a_relay)
{
	struct buf name = BUF_INIT;

	buf_adds(&name, "what was there");
	ck_assert(relay_is_remote(span_of(relays[_i].relay)) == relays[_i].remote);
	relay_name(span_of(relays[_i].relay), &name);
	ck_assert_str_eq(buf_string(&name), relays[_i].name);
	buf_release(&name);
}
END_TEST

static void check_look(struct relay_cache *cache, const char *text, const char *name, bool remote)
{
	char *copy = strdup(text);
	struct relay found = relay_look(cache, span_of(copy));

	/* What was found does not stand in the line. */
	(void)memset(copy, '#', strlen(copy));
	ck_assert_uint_eq(found.name.len, strlen(name));
	ck_assert_int_eq(strncmp(found.name.at, name, found.name.len), 0);
	ck_assert(found.remote == remote);
	free(copy);
}

/* Whatever is remembered of others, each is found to be what it is. */
START_TEST(looks)
{
	struct relay_cache *cache = calloc(1, sizeof(*cache));
	struct buf text = BUF_INIT, name = BUF_INIT;
	unsigned round, i, len;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < COUNT(relays); i++)
			check_look(cache, relays[i].relay, relays[i].name, relays[i].remote);
		for (i = 0; i < 4 * RELAY_RECENT; i++) {
			buf_clear(&text);
			buf_clear(&name);
			for (len = 0; len < i % 90; len++)
				buf_addc(&name, 'm');
			buf_addf(&name, "x%u.example", i / 2);
			buf_addf(&text, "%s[%s.0.2.1]:25", buf_string(&name),
				 i % 2 ? "192" : "private/");
			check_look(cache, buf_string(&text), buf_string(&name), i % 2 == 1);
		}
	}
	buf_release(&text);
	buf_release(&name);
	relay_cache_release(cache);
	free(cache);
}
END_TEST

/* Wherever a capital stands in a name, and however long that is. */
START_TEST(lower)
{
	struct buf room = BUF_INIT;
	char name[41], want[41];
	struct span got;
	size_t len, i;

	for (len = 0; len < sizeof(name); len++)
		for (i = 0; i <= len; i++) {
			(void)memset(want, "xz09.-_`{@[\xe9\xff"[(len + i) % 14], len);
			(void)memcpy(name, want, len);
			if (i < len) {
				want[i] = (char)('a' + i % 26);
				name[i] = (char)('A' + i % 26);
			}
			got = relay_lower((struct span){name, len}, &room);
			ck_assert_uint_eq(got.len, len);
			ck_assert(len == 0 || memcmp(got.at, want, len) == 0);
		}
	/* What has none need not be copied. */
	got = relay_lower(span_of("example.com"), &room);
	ck_assert_ptr_ne(got.at, room.data);
	buf_release(&room);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("relay");
	TCase *tc = tcase_create("relay");

	tcase_add_loop_test(tc, a_pair, 0, COUNT(pairs));
	tcase_add_loop_test(tc, a_relay, 0, COUNT(relays));
	tcase_add_test(tc, looks);
	tcase_add_test(tc, lower);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
