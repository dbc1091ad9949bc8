/* SPDX-License-Identifier: ISC */
#include "meaning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expand.h"
#include "parameters.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *name;
	size_t count;
	const char *wanted[LAWS_MANAGED];
} policies[LAWS_POLICIES] = {
	{"opportunistic", 4, {"may", "may", "1", "1", NULL}},
	{"dane", 5, {"may", "dane", "1", "1", "dnssec"}},
	{"mandatory", 4, {"encrypt", "encrypt", "1", "1", NULL}},
};

const char *laws_policy_name(enum laws_policy policy)
{
	return policies[policy].name;
}

size_t laws_count(enum laws_policy policy)
{
	return policies[policy].count;
}

const char *laws_wanted(enum laws_policy policy, size_t managed)
{
	return policies[policy].wanted[managed];
}

/* How much a level protects; -1 is a daemon that dies. Levels of 4 are not ordered. */
int meaning_client_rank(const char *level)
{
	static const struct {
		const char *name;
		int rank;
	} table[] = {{"none", 0},   {"may", 1},         {"dane", 2},   {"encrypt", 3},
		     {"verify", 4}, {"fingerprint", 4}, {"secure", 4}, {"dane-only", 4}};
	size_t i;

	for (i = 0; i < COUNT(table); i++)
		if (strcasecmp(table[i].name, level) == 0)
			return table[i].rank;
	return -1;
}

/* To smtpd all that is mandatory is the same, and there is no DANE. */
static int server_rank(const char *level)
{
	int rank = strncasecmp(level, "dane", 4) == 0 ? -1 : meaning_client_rank(level);

	return rank > 3 ? 3 : rank;
}

int meaning_rank(size_t managed, const char *level)
{
	return managed == SERVER_LEVEL ? server_rank(level) : meaning_client_rank(level);
}

int meaning_meant_rank(size_t managed, const char *value)
{
	static const char outside[] = " \t\r\n\v\f\"'" BEYOND_ASCII;
	char word[32];
	size_t len;

	value += strspn(value, outside);
	len = strcspn(value, " \t\r\n\v\f\"',;#" BEYOND_ASCII);
	(void)snprintf(word, sizeof(word), "%.*s", len < sizeof(word) ? (int)len : 0, value);
	return meaning_rank(managed, word);
}

/* Adds what a word of a loglevel makes Postfix log; false if it does not know the word. */
static bool log_word(const char *word, bool *summary, bool *dump)
{
	static const char *const with[] = {"1", "2", "routine", "debug", "summary"};
	static const char *const both[] = {
		"3", "4", "5", "6", "7", "8", "9", "ssl-expert", "ssl-developer"};
	static const char *const dumps[] = {"ssl-handshake-packet-dump", "ssl-session-packet-dump"};
	static const char *const neither[] = {"0",         "none",    "untrusted", "peercert",
					      "certmatch", "verbose", "cache",     "dane",
					      "ssl-debug", "trace"};
	size_t i;

	for (i = 0; i < COUNT(with); i++)
		if (strcasecmp(with[i], word) == 0)
			return *summary = true;
	for (i = 0; i < COUNT(both); i++)
		if (strcasecmp(both[i], word) == 0)
			return *summary = *dump = true;
	for (i = 0; i < COUNT(dumps); i++)
		if (strcasecmp(dumps[i], word) == 0)
			return *dump = true;
	for (i = 0; i < COUNT(neither); i++)
		if (strcasecmp(neither[i], word) == 0)
			return true;
	return false;
}

static bool good_loglevel(const char *value)
{
	bool summary = false, dump = false, known = true;
	char *copy = xstrdup(value), *at = copy, *word;

	while ((word = strsep(&at, ", \t\r\n")) != NULL)
		if (*word != '\0' && !log_word(word, &summary, &dump))
			known = false;
	free(copy);
	return known && summary && !dump;
}

bool laws_good_value(enum laws_policy policy, size_t managed, const char *value, size_t len)
{
	const char *wanted = laws_wanted(policy, managed);
	char *copy = xmemdupz(value, len);
	bool good;

	if (managed == SERVER_LEVEL || managed == CLIENT_LEVEL)
		good = meaning_rank(managed, copy) >= meaning_rank(managed, wanted);
	else if (managed == DNS_SUPPORT)
		good = strcasecmp(copy, wanted) == 0;
	else
		good = good_loglevel(copy);
	free(copy);
	return good;
}

/* The most macros that are looked up before we give up. */
#define MAX_LOOKUPS 20000

struct looker {
	const struct reading *r;
	unsigned long lookups;
};

static enum expand_result look_up(void *context, const char *name, size_t len, struct buf *value,
				  struct buf *why)
{
	struct looker *l = context;
	size_t i;

	(void)why;
	if (++l->lookups > MAX_LOOKUPS)
		return EXPAND_UNKNOWN;
	i = reading_find(l->r, name, len);
	if (i != READING_NONE)
		buf_add(value, l->r->settings[i].value.data, l->r->settings[i].value.len);
	else if (parameters_known(name, len))
		return EXPAND_UNKNOWN;
	return EXPAND_OK;
}

/* The value of a setting; nothing for none. */
static enum laws_known evaluate(const struct reading *r, size_t setting, struct buf *out)
{
	struct looker looker = {.r = r};
	const struct expand_lookup lookup = {look_up, &looker, NULL};
	struct buf why = BUF_INIT;
	enum expand_result rc = EXPAND_OK;

	if (setting != READING_NONE)
		rc = expand(buf_string(&r->settings[setting].value), r->settings[setting].value.len,
			    &lookup, out, &why);
	buf_release(&why);
	if (looker.lookups > MAX_LOOKUPS)
		return LAWS_TOO_LONG;
	if (rc == EXPAND_MALFORMED)
		return LAWS_MALFORMED;
	return rc == EXPAND_OK ? LAWS_KNOWN : LAWS_UNKNOWN;
}

enum laws_known meaning_switch(const struct reading *r, const char *name, bool *on)
{
	struct buf value = BUF_INIT;
	size_t i = reading_find(r, name, strlen(name));
	enum laws_known known = LAWS_KNOWN;

	if (i == READING_NONE)
		return LAWS_KNOWN;
	known = evaluate(r, i, &value);
	if (known == LAWS_KNOWN) {
		*on = strcasecmp(buf_string(&value), "yes") == 0;
		if (!*on && strcasecmp(buf_string(&value), "no") != 0)
			known = LAWS_MALFORMED;
	}
	buf_release(&value);
	return known;
}

/* Of one that does not decide it is enough that the daemon does not die on it. */
static enum laws_known switch_beside(const struct reading *r, const char *name, bool decides,
				     bool *on)
{
	enum laws_known known = meaning_switch(r, name, on);

	return known == LAWS_UNKNOWN && !decides ? LAWS_KNOWN : known;
}

/* The level of a file that does not set one. */
static enum laws_known implied_level(const struct reading *r, bool server, const char **level)
{
	bool enforce = false, peername = true, use = false;
	enum laws_known known;

	*level = "none";
	known = meaning_switch(r, server ? "smtpd_enforce_tls" : "smtp_enforce_tls", &enforce);
	if (known == LAWS_KNOWN && !server)
		known = switch_beside(r, "smtp_tls_enforce_peername", enforce, &peername);
	if (known == LAWS_KNOWN)
		known = switch_beside(r, server ? "smtpd_use_tls" : "smtp_use_tls", !enforce, &use);
	if (enforce)
		*level = server || !peername ? "encrypt" : "verify";
	else if (use)
		*level = "may";
	return known;
}

void laws_mean(const struct reading *r, size_t managed, size_t setting, struct laws_meaning *m)
{
	const char *level;

	*m = (struct laws_meaning){.known = LAWS_KNOWN};
	m->known = evaluate(r, setting, &m->value);
	if (m->known != LAWS_KNOWN || managed > CLIENT_LEVEL || m->value.len > 0)
		return;
	m->implied = true;
	m->known = implied_level(r, managed == SERVER_LEVEL, &level);
	buf_adds(&m->value, level);
}

enum laws_known meaning_dnssec(const struct reading *r, bool *on)
{
	const char *name = laws_managed[DNS_SUPPORT];
	struct laws_meaning m;

	laws_mean(r, DNS_SUPPORT, reading_find(r, name, strlen(name)), &m);
	*on = m.known == LAWS_KNOWN && strcasecmp(buf_string(&m.value), "dnssec") == 0;
	buf_release(&m.value);
	return m.known;
}
