/* SPDX-License-Identifier: ISC */
#include "tlslist.h"

#include <limits.h>
#include <stdlib.h>
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

/* As Postfix parts a list, and as OpenSSL does with one of its own. */
#define BY_POSTFIX ", \t\r\n:"
#define BY_OPENSSL ", \t\r\n:;"

struct word {
	const char *p;
	size_t len;
};

/* The next word of a list, or false. */
static bool next_word(const char *separators, const char **at, const char *end, struct word *w)
{
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

static bool starts(const struct word *w, const char *text)
{
	return w->len >= strlen(text) && memcmp(w->p, text, strlen(text)) == 0;
}

/* ---- protocols ---- */

/* In the order of their strength, by which they are numbered, too. */
static const char *const protocols[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
#define NPROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))
#define SSLV3 0
#define TLSV1_2 3
#define TLSV1_3 4
#define NUMBER(protocol) (0x0300 + (long)(protocol))

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
	bool by_name;        /* some are included: all others are not */
	long floor, ceiling; /* numbers; 0 for none */
};

/*
 * A protocol by its name or its number, which is whatever strtoul(3) takes for a
 * hexadecimal one, even nothing. What OpenSSL has no protocol for bounds nothing.
 */
static bool take_bound(long *bound, const struct word *w)
{
	size_t i = find_protocol(w);
	char *text, *end;
	unsigned long number;

	if (i < NPROTOCOLS) {
		*bound = NUMBER(i);
		return true;
	}
	*bound = 0;
	if (is(w, "None"))
		return true;
	text = xmemdupz(w->p, w->len);
	number = strtoul(text, &end, 16);
	i = (size_t)(end - text);
	free(text);
	if (number >= NUMBER(SSLV3) && number < NUMBER(NPROTOCOLS))
		*bound = (long)number;
	return i == w->len && number <= INT_MAX;
}

/* Nobody has SSLv2 any more: to name it, in whatever way, changes nothing. */
static bool take_name(struct permitted *p, const struct word *w, bool exclude)
{
	size_t i = find_protocol(w);

	if (i == NPROTOCOLS)
		return is(w, "SSLv2");
	if (exclude)
		p->excluded[i] = true;
	else
		p->by_name = p->included[i] = true;
	return true;
}

/* False for a word that Postfix does not know. */
static bool take_word(struct permitted *p, struct word w)
{
	bool at_least = starts(&w, ">="), at_most = starts(&w, "<="), exclude = *w.p == '!';
	size_t skip = at_least || at_most ? 2 : exclude ? 1 : 0;

	w.p += skip;
	w.len -= skip;
	if (at_least || at_most)
		return take_bound(at_least ? &p->floor : &p->ceiling, &w);
	return take_name(p, &w, exclude);
}

static bool permits(const struct permitted *p, size_t protocol)
{
	return !p->excluded[protocol] && (!p->by_name || p->included[protocol]) &&
	       NUMBER(protocol) >= p->floor && (p->ceiling == 0 || NUMBER(protocol) <= p->ceiling);
}

static enum tlslist_result judge_protocols(const char *value, size_t len, struct buf *why)
{
	struct permitted p = {.by_name = false};
	const char *at = value, *end = value + len;
	struct word w;
	size_t i;

	while (next_word(BY_POSTFIX, &at, end, &w)) {
		if (take_word(&p, w))
			continue;
		buf_addf(why, "\"%.*s\" is no protocol", (int)w.len, w.p);
		return TLSLIST_BAD;
	}
	for (i = 0; i < NPROTOCOLS && !permits(&p, i); i++)
		;
	if (i == NPROTOCOLS) {
		buf_adds(why, "it permits no protocol, so that there is no TLS");
		return TLSLIST_BAD;
	}
	if (i == SSLV3) {
		buf_adds(why, "it permits SSLv3, which Postfix's default forbids");
		return TLSLIST_WEAK;
	}
	if (permits(&p, TLSV1_2) || permits(&p, TLSV1_3))
		return TLSLIST_FINE;
	buf_adds(why, "it permits neither TLSv1.2 nor TLSv1.3, which Postfix's default does");
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
	buf_adds(why, "that is no grade of ciphers");
	return TLSLIST_BAD;
}

/* What the defaults leave out, by the words of OpenSSL for it, which have one case only. */
static const struct {
	const char *word;
	size_t kind;
	bool all; /* of that kind */
} weak[] = {
	{"eNULL", 0, true},  {"NULL", 0, true},      {"COMPLEMENTOFALL", 0, true}, {"EXP", 1, true},
	{"EXPORT", 1, true}, {"EXPORT40", 1, false}, {"EXPORT56", 1, false},       {"LOW", 2, true},
};
#define NWEAK (sizeof(weak) / sizeof(weak[0]))
#define NKINDS 3

static size_t find_weak(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < NWEAK; i++)
		if (strlen(weak[i].word) == len && memcmp(weak[i].word, p, len) == 0)
			break;
	return i;
}

/* In a name such as "NULL-SHA256" or in a choice such as "kRSA+eNULL", too. */
static size_t find_weak_part(const struct word *w)
{
	const char *at = w->p, *end = w->p + w->len;
	struct word part;
	size_t i = NWEAK;

	while (i == NWEAK && next_word("+-", &at, end, &part))
		i = find_weak(part.p, part.len);
	return i;
}

struct let_in {
	size_t n;                 /* words that let in anything */
	const char *word[NKINDS]; /* the last one that lets in some of this kind */
	bool never[NKINDS];
};

/* "!" takes out for ever, "-" what is in; "+" and "@" only put in order. */
static void take_cipher(struct let_in *in, const struct word *w)
{
	bool takes_out = *w->p == '!' || *w->p == '-';
	size_t i = takes_out ? find_weak(w->p + 1, w->len - 1) : find_weak_part(w);

	if (takes_out && i < NWEAK && weak[i].all) {
		in->word[weak[i].kind] = NULL;
		in->never[weak[i].kind] |= *w->p == '!';
	}
	if (takes_out || *w->p == '+' || *w->p == '@')
		return;
	in->n++;
	if (i < NWEAK && !in->never[weak[i].kind])
		in->word[weak[i].kind] = weak[i].word;
}

static enum tlslist_result judge_ciphers(const char *value, size_t len, struct buf *why)
{
	struct let_in in = {.n = 0};
	const char *at = value, *end = value + len;
	struct word w;
	size_t i;

	while (next_word(BY_OPENSSL, &at, end, &w))
		take_cipher(&in, &w);
	for (i = 0; i < NKINDS; i++) {
		if (in.word[i] == NULL)
			continue;
		buf_addf(why, "it lets in %s, which Postfix's default leaves out", in.word[i]);
		return TLSLIST_WEAK;
	}
	if (in.n > 0)
		return TLSLIST_FINE;
	buf_adds(why, "it lets in no cipher, so that there is no TLS of that grade");
	return TLSLIST_BAD;
}

enum tlslist_result tlslist_judge(enum tlslist_kind kind, const char *value, size_t len,
				  struct buf *why)
{
	if (kind == TLSLIST_PROTOCOLS)
		return judge_protocols(value, len, why);
	if (len == 0) {
		buf_adds(why, "it must not be empty");
		return TLSLIST_FATAL;
	}
	if (kind == TLSLIST_GRADE)
		return judge_grade(value, len, why);
	return judge_ciphers(value, len, why);
}
