/* SPDX-License-Identifier: ISC */
#include "tlslist.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum tlslist_kind kind;
} lists[] = {
	{"smtpd_tls_protocols", TLSLIST_PROTOCOLS},
	{"smtpd_tls_mandatory_protocols", TLSLIST_PROTOCOLS},
	{"smtp_tls_protocols", TLSLIST_PROTOCOLS},
	{"smtp_tls_mandatory_protocols", TLSLIST_PROTOCOLS},
	{"lmtp_tls_protocols", TLSLIST_PROTOCOLS},
	{"lmtp_tls_mandatory_protocols", TLSLIST_PROTOCOLS},
	{"tlsproxy_tls_protocols", TLSLIST_PROTOCOLS},
	{"tlsproxy_tls_mandatory_protocols", TLSLIST_PROTOCOLS},
	{"smtpd_tls_ciphers", TLSLIST_GRADE},
	{"smtpd_tls_mandatory_ciphers", TLSLIST_GRADE},
	{"smtp_tls_ciphers", TLSLIST_GRADE},
	{"smtp_tls_mandatory_ciphers", TLSLIST_GRADE},
	{"lmtp_tls_ciphers", TLSLIST_GRADE},
	{"lmtp_tls_mandatory_ciphers", TLSLIST_GRADE},
	{"tlsproxy_tls_ciphers", TLSLIST_GRADE},
	{"tlsproxy_tls_mandatory_ciphers", TLSLIST_GRADE},
	{"tls_high_cipherlist", TLSLIST_CIPHERS},
	{"tls_medium_cipherlist", TLSLIST_CIPHERS},
};

const char *tlslist_name(size_t i, enum tlslist_kind *kind)
{
	if (i >= sizeof(lists) / sizeof(lists[0]))
		return NULL;
	*kind = lists[i].kind;
	return lists[i].name;
}

struct word {
	const char *p;
	size_t len;
};

/* The next word of a list, or false. */
static bool next_word(const char **at, const char *end, struct word *w)
{
	static const char separators[] = ", \t\r\n:";

	while (*at < end && strchr(separators, **at) != NULL)
		(*at)++;
	w->p = *at;
	while (*at < end && strchr(separators, **at) == NULL)
		(*at)++;
	w->len = (size_t)(*at - w->p);
	return w->len > 0;
}

static bool is(const struct word *w, const char *text)
{
	return strlen(text) == w->len && strncasecmp(text, w->p, w->len) == 0;
}

/* ---- protocols ---- */

/* In the order of their strength. */
static const char *const protocols[] = {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
#define NPROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))
#define SSLV3 1

static size_t find_protocol(const struct word *w)
{
	size_t i;

	for (i = 0; i < NPROTOCOLS; i++)
		if (is(w, protocols[i]))
			break;
	return i;
}

struct permitted {
	bool excluded[NPROTOCOLS], included[NPROTOCOLS];
	bool by_name; /* some are included: all others are not */
	size_t floor;
};

/* False for a word that Postfix does not know. */
static bool take_word(struct permitted *p, struct word w)
{
	bool at_least = w.len > 2 && memcmp(w.p, ">=", 2) == 0;
	bool at_most = w.len > 2 && memcmp(w.p, "<=", 2) == 0;
	bool excluded = *w.p == '!';
	size_t skip = at_least || at_most ? 2 : excluded ? 1 : 0, i;

	w.p += skip;
	w.len -= skip;
	i = find_protocol(&w);
	if (at_least && i < NPROTOCOLS)
		p->floor = i;
	else if (excluded && i < NPROTOCOLS)
		p->excluded[i] = true;
	else if (skip == 0 && i < NPROTOCOLS)
		p->by_name = p->included[i] = true;
	/* Versions may also be numbers: 0301 is TLS 1.0. */
	if (i == NPROTOCOLS && (at_least || at_most) && w.len >= 3 && *w.p == '0') {
		if (at_least)
			p->floor = SSLV3 + 1;
		return true;
	}
	return i < NPROTOCOLS;
}

static enum tlslist_result judge_protocols(const char *value, size_t len, struct buf *why)
{
	struct permitted p = {.by_name = false};
	const char *at = value, *end = value + len;
	struct word w;

	while (next_word(&at, end, &w)) {
		if (take_word(&p, w))
			continue;
		buf_addf(why, "\"%.*s\" is no protocol, so that there is no TLS", (int)w.len, w.p);
		return TLSLIST_BAD;
	}
	if (p.floor > SSLV3 || p.excluded[SSLV3] || (p.by_name && !p.included[SSLV3]))
		return TLSLIST_FINE;
	buf_adds(why, "it permits SSLv3, which Postfix's default forbids");
	return TLSLIST_WEAK;
}

/* ---- ciphers ---- */

static enum tlslist_result judge_grade(const char *value, size_t len, struct buf *why)
{
	static const struct {
		const char *name;
		enum tlslist_result result;
	} grades[] = {
		{"high", TLSLIST_FINE},   {"medium", TLSLIST_FINE}, {"low", TLSLIST_WEAK},
		{"export", TLSLIST_WEAK}, {"null", TLSLIST_WEAK},
	};
	const struct word w = {value, len};
	size_t i;

	for (i = 0; i < sizeof(grades) / sizeof(grades[0]); i++) {
		if (!is(&w, grades[i].name))
			continue;
		if (grades[i].result == TLSLIST_WEAK)
			buf_adds(why, "that is below \"medium\", Postfix's default");
		return grades[i].result;
	}
	buf_adds(why, "that is no grade of ciphers, so that there is no TLS");
	return TLSLIST_BAD;
}

/* Words that let in what the defaults leave out. Those with a sign in front do not. */
static enum tlslist_result judge_ciphers(const char *value, size_t len, struct buf *why)
{
	static const char *const weak[] = {"eNULL",  "NULL",     "COMPLEMENTOFALL", "EXP",
					   "EXPORT", "EXPORT40", "EXPORT56",        "LOW"};
	const char *at = value, *end = value + len;
	struct word w;
	size_t i;

	while (next_word(&at, end, &w)) {
		for (i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
			if (!is(&w, weak[i]))
				continue;
			buf_addf(why, "it lets in %s, which Postfix's default leaves out", weak[i]);
			return TLSLIST_WEAK;
		}
	}
	return TLSLIST_FINE;
}

enum tlslist_result tlslist_judge(enum tlslist_kind kind, const char *value, size_t len,
				  struct buf *why)
{
	if (kind == TLSLIST_PROTOCOLS)
		return judge_protocols(value, len, why);
	if (kind == TLSLIST_GRADE)
		return judge_grade(value, len, why);
	return judge_ciphers(value, len, why);
}
