/* SPDX-License-Identifier: ISC */
#include "endpoint.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool host_is(const struct endpoint *e, const char *name)
{
	return strlen(name) == e->len && strncasecmp(e->host, name, e->len) == 0;
}

static bool is_name_byte(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* Labels of letters, digits and inner hyphens. What is not ASCII is left to a resolver. */
static bool is_hostname(const struct endpoint *e)
{
	size_t i, label = 0;
	bool numeric = true;

	if (e->len > 255)
		return false;
	for (i = 0; i < e->len; i++) {
		if (e->host[i] == '.' || e->host[i] == '-') {
			if (i + 1 == e->len || label == 0 ||
			    (e->host[i] == '-' && e->host[i + 1] == '.'))
				return false;
		} else if (!is_name_byte(e->host[i])) {
			return false;
		}
		label = e->host[i] == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
		numeric = numeric && (e->host[i] == '.' || is_digit(e->host[i]));
	}
	return e->len > 0 && !numeric;
}

/* Whether a host is an address of a family, and which. */
static bool to_address(const struct endpoint *e, int family, void *address)
{
	char host[INET6_ADDRSTRLEN];

	if (e->len == 0 || e->len >= sizeof(host))
		return false;
	memcpy(host, e->host, e->len);
	host[e->len] = '\0';
	return inet_pton(family, host, address) == 1;
}

/* Postfix takes four numbers that inet_pton(3) does not: with zeros in front. */
static bool is_address(const struct endpoint *e)
{
	struct in6_addr six;
	unsigned value = 0, digits = 0, dots = 0;
	size_t i;

	if (to_address(e, AF_INET6, &six))
		return true;
	for (i = 0; i < e->len; i++) {
		if (is_digit(e->host[i])) {
			value = value * 10 + (unsigned)(e->host[i] - '0');
			digits++;
		} else if (e->host[i] == '.' && digits > 0) {
			dots++;
			value = digits = 0;
		} else {
			return false;
		}
		if (value > 255)
			return false;
	}
	return dots == 3 && digits > 0;
}

/* Cuts [HOST]:PORT. */
static const char *cut_bracketed(const char *name, struct endpoint *e)
{
	const char *end = strchr(name, ']');
	bool is_six;

	e->host = name + 1;
	if (end == NULL)
		return "missing ']'";
	if (end[1] != '\0' && end[1] != ':')
		return "text after ']'";
	is_six = strncasecmp(e->host, "ipv6:", 5) == 0;
	e->host += is_six ? 5 : 0;
	e->len = (size_t)(end - e->host);
	if (is_six && memchr(e->host, ':', e->len) == NULL)
		return "not an IPv6 address";
	e->port = end[1] != '\0' ? end + 2 : "";
	return NULL;
}

const char *endpoint_cut(const char *name, struct endpoint *e)
{
	const char *colon = strrchr(name, ':'), *cause;

	*e = (struct endpoint){.host = name, .port = name};
	if (*name == '[') {
		cause = cut_bracketed(name, e);
		if (cause != NULL)
			return cause;
	} else if (colon != NULL) {
		e->len = (size_t)(colon - name);
		e->port = colon + 1;
	}
	if (*e->port == '\0')
		return "missing port";
	if ((e->len > 0 || *name == '[') && !is_hostname(e) && !is_address(e))
		return "neither a host name nor an address";
	if (is_digit(*e->port) && e->port[strspn(e->port, "0123456789")] != '\0')
		return "text after a port number";
	return NULL;
}

bool endpoint_is_loopback(const struct endpoint *e)
{
	static const char *const names[] = {
		"localhost",  "localhost.localdomain",   "localhost4",    "localhost4.localdomain4",
		"localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"};
	struct in6_addr six;
	struct in_addr four;
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		if (host_is(e, names[i]))
			return true;
	if (to_address(e, AF_INET, &four))
		return ntohl(four.s_addr) >> 24 == 127;
	return to_address(e, AF_INET6, &six) && IN6_IS_ADDR_LOOPBACK(&six);
}

/* To master(8) a port is a number; a file knows the numbers of mail only. */
static const char *port_number(const char *port)
{
	static const struct {
		const char *name, *number;
	} ports[] = {
		{"smtp", "25"}, {"submission", "587"}, {"submissions", "465"}, {"smtps", "465"}};
	size_t i;

	for (i = 0; i < COUNT(ports); i++)
		if (strcmp(port, ports[i].name) == 0)
			return ports[i].number;
	return port;
}

int endpoint_compare(const char *a, const char *b)
{
	struct endpoint one, two;
	int order;

	(void)endpoint_cut(a, &one);
	(void)endpoint_cut(b, &two);
	order = strcmp(port_number(one.port), port_number(two.port));
	if (order == 0)
		order = memcmp(one.host, two.host, one.len < two.len ? one.len : two.len);
	if (order == 0)
		order = one.len < two.len ? -1 : one.len > two.len;
	return order;
}
