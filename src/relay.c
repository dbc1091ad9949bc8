/* SPDX-License-Identifier: ISC */
#include "relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

struct parts {
	struct span name, address, port; /* address.at NULL: a name alone */
};

static struct parts parts_of(struct span s)
{
	const char *open = s.len > 0 ? memchr(s.at, '[', s.len) : NULL;
	const char *close = open != NULL ? memchr(open, ']', s.len - (size_t)(open - s.at)) : NULL;
	struct parts p = {.name = s};

	if (close == NULL)
		return p;
	p.name.len = (size_t)(open - s.at);
	p.address = (struct span){open + 1, (size_t)(close - open - 1)};
	p.port = (struct span){close + 1, s.len - (size_t)(close + 1 - s.at)};
	return p;
}

static bool same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

bool relay_same(struct span a, struct span b)
{
	struct parts x, y;

	if (a.len == b.len && span_same(a.at, b.at, a.len))
		return true;
	x = parts_of(a);
	y = parts_of(b);
	if (!same(x.name, y.name))
		return false;
	if (x.address.at == NULL || y.address.at == NULL)
		return true;
	return same(x.address, y.address) &&
	       (x.port.len == 0 || y.port.len == 0 || same(x.port, y.port));
}

static bool is(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

/* Debian and Ubuntu call ::1 by the last two, Red Hat by the one before. */
static bool is_localhost(struct span name)
{
	static const char *const words[] = {"localhost", "localhost6", "ip6-localhost",
					    "ip6-loopback"};
	size_t i, len;

	/* Few hosts begin with one of the letters. */
	if (name.len == 0 || ((*name.at | 0x20) != 'l' && (*name.at | 0x20) != 'i'))
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i]);
		if (name.len >= len && strncasecmp(name.at, words[i], len) == 0 &&
		    (name.len == len || name.at[len] == '.'))
			return true;
	}
	return false;
}

/* A name that is nothing but an address. */
static bool is_loopback(struct span name)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (name.len == 0 || name.len >= sizeof(text))
		return false;
	(void)memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	if (inet_pton(AF_INET, text, &four) == 1)
		return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* The name, or the address where there is none: a server calls a nameless client "unknown". */
static struct span shown_name(const struct parts *p)
{
	bool nameless = p->name.len == 0 || is(p->name, "unknown");

	return nameless && p->address.len > 0 ? p->address : p->name;
}

/* Of IPv4 or IPv6. */
static bool is_numeral(char c)
{
	return (unsigned char)(c - '0') <= ':' - '0' || c == '.' ||
	       (unsigned char)((c | 0x20) - 'a') < 6;
}

static bool is_numeric(struct span address)
{
	size_t i;

	for (i = 0; i < address.len && is_numeral(address.at[i]);)
		i++;
	return i == address.len || address.at[i] == '%';
}

/*
 * Sockets are named by their paths, which begin in the queue directory where they are relative.
 * A network address is in numbers, and a client that is gone has none.
 */
static bool is_socket(struct span address)
{
	return address.len > 0 && !is_numeric(address) && !is(address, "unknown");
}

bool relay_is_remote(struct span s)
{
	struct parts p = parts_of(s);
	struct span name = shown_name(&p);

	if (p.address.at == NULL || is_socket(p.address))
		return false;
	if (name.len > 0 && (*name.at == ':' || (*name.at >= '0' && *name.at <= '9')) &&
	    is_loopback(name))
		return false;
	return !is_localhost(name);
}

/* Of eight bytes, those that have 0x40 and not 0x20: capitals, and a few that are rare in names. */
static uint64_t capitals_of(const char *s)
{
	uint64_t eight;

	(void)memcpy(&eight, s, sizeof(eight));
	return eight & ~(eight << 1) & UINT64_MAX / 255 * 0x40;
}

/* False where there is no capital. */
static bool may_have_capitals(struct span s)
{
	uint64_t found = 0;
	const char *last;

	if (s.len < sizeof(found))
		return true;
	last = s.at + s.len - sizeof(found);
	for (; s.at < last; s.at += sizeof(found))
		found |= capitals_of(s.at);
	return (found | capitals_of(last)) != 0;
}

static void add_lower(struct span s, struct buf *out)
{
	char *p, *end;

	buf_add(out, s.at, s.len);
	end = out->data + out->len;
	for (p = end - s.len; p < end; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
}

struct span relay_lower(struct span s, struct buf *room)
{
	if (!may_have_capitals(s))
		return s;
	buf_clear(room);
	add_lower(s, room);
	return span_of_buf(room);
}

void relay_name(struct span s, struct buf *out)
{
	struct parts p = parts_of(s);

	buf_clear(out);
	add_lower(shown_name(&p), out);
}

/* ---- what was found out before ---- */

static struct relay look_closely(struct relay_cache *c, struct span s)
{
	relay_name(s, &c->name);
	return (struct relay){span_of_buf(&c->name), relay_is_remote(s)};
}

struct relay relay_look(struct relay_cache *c, struct span s)
{
	struct relay_seen *seen;
	struct relay found;

	if (s.len < sizeof(uint64_t) || s.len > sizeof(seen->text))
		return look_closely(c, s);
	seen = &c->seen[span_place(s) % RELAY_RECENT];
	if (seen->len == s.len && span_same(seen->text, s.at, s.len))
		return (struct relay){{seen->name, seen->name_len}, seen->remote};
	found = look_closely(c, s);
	if (found.name.len > sizeof(seen->name))
		return found;
	(void)memcpy(seen->text, s.at, s.len);
	(void)memcpy(seen->name, found.name.at, found.name.len);
	seen->len = (uint8_t)s.len;
	seen->name_len = (uint8_t)found.name.len;
	seen->remote = found.remote;
	return found;
}

void relay_cache_release(struct relay_cache *c)
{
	buf_release(&c->name);
}
