/* SPDX-License-Identifier: ISC */
#include "postfix.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "diag.h"
#include "parameters.h"

enum param_kind postfix_kind(const char *name)
{
	static const struct {
		const char *name;
		enum param_kind kind;
	} table[] = {
		{"smtp_tls_security_level", PARAM_CLIENT_LEVEL},
		{"lmtp_tls_security_level", PARAM_CLIENT_LEVEL},
		{"smtpd_tls_security_level", PARAM_SERVER_LEVEL},
		{"postscreen_tls_security_level", PARAM_SERVER_LEVEL},
		{"tlsproxy_tls_security_level", PARAM_SERVER_LEVEL},
		{"smtp_tls_loglevel", PARAM_LOGLEVEL},
		{"lmtp_tls_loglevel", PARAM_LOGLEVEL},
		{"smtpd_tls_loglevel", PARAM_LOGLEVEL},
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].kind;
	return PARAM_PLAIN;
}

const char *postfix_daemon(const char *name)
{
	if (strncmp(name, "smtpd_", strlen("smtpd_")) == 0)
		return "smtpd(8)";
	if (strncmp(name, "postscreen_", strlen("postscreen_")) == 0)
		return "postscreen(8)";
	if (strncmp(name, "tlsproxy_", strlen("tlsproxy_")) == 0)
		return "tlsproxy(8)";
	return strncmp(name, "lmtp_", strlen("lmtp_")) == 0 ? "lmtp(8)" : "smtp(8)";
}

const char *postfix_default(enum param_kind kind)
{
	switch (kind) {
	case PARAM_CLIENT_LEVEL:
	case PARAM_SERVER_LEVEL:
		return "none";
	case PARAM_LOGLEVEL:
		return "0";
	default:
		return "";
	}
}

/* Caseless as strcasecmp() is: Postfix, too, runs in the C locale. */
static bool same(const char *word, const char *value, size_t len)
{
	return strlen(word) == len && strncasecmp(word, value, len) == 0;
}

static const struct {
	const char *name;
	enum tls_level level;
	bool client_only; /* smtpd dies on it */
	int rank;         /* how much it protects; equal ranks are not ordered */
} levels[] = {
	{"none", LEVEL_NONE, false, 0},
	{"may", LEVEL_MAY, false, 1},
	{"dane", LEVEL_DANE, true, 2},
	{"encrypt", LEVEL_ENCRYPT, false, 3},
	{"fingerprint", LEVEL_FINGERPRINT, false, 4},
	{"dane-only", LEVEL_DANE_ONLY, true, 4},
	{"verify", LEVEL_VERIFY, false, 4},
	{"secure", LEVEL_SECURE, false, 4},
};
#define NLEVELS (sizeof(levels) / sizeof(levels[0]))

enum tls_level postfix_level(enum param_kind kind, const char *value, size_t len)
{
	size_t i;

	for (i = 0; i < NLEVELS; i++)
		if (same(levels[i].name, value, len))
			return kind == PARAM_SERVER_LEVEL && levels[i].client_only
				       ? LEVEL_FATAL
				       : levels[i].level;
	return LEVEL_FATAL;
}

const char *postfix_level_name(enum tls_level level)
{
	size_t i;

	for (i = 0; i < NLEVELS; i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "";
}

static int rank(enum tls_level level)
{
	size_t i;

	for (i = 0; i < NLEVELS; i++)
		if (levels[i].level == level)
			return levels[i].rank;
	return -1;
}

bool postfix_level_reaches(enum tls_level level, enum tls_level wanted)
{
	return rank(level) >= rank(wanted);
}

/* What the numbers stand for: each logs all that the one below does. */
#define LOG_LEVEL_2 (LOG_SUMMARY | LOG_VERBOSE | LOG_CACHE | LOG_SSL_DEBUG)
#define LOG_LEVEL_3 (LOG_LEVEL_2 | LOG_HANDSHAKE_DUMP)
#define LOG_LEVEL_4 (LOG_LEVEL_3 | LOG_SESSION_DUMP)

static unsigned loglevel_word(const char *word, size_t len)
{
	static const struct {
		const char *name;
		unsigned features;
	} table[] = {
		{"0", 0},
		{"none", 0},
		{"1", LOG_SUMMARY},
		{"routine", LOG_SUMMARY},
		{"2", LOG_LEVEL_2},
		{"debug", LOG_LEVEL_2},
		{"3", LOG_LEVEL_3},
		{"ssl-expert", LOG_LEVEL_3},
		{"ssl-developer", LOG_LEVEL_4},
		{"summary", LOG_SUMMARY},
		{"untrusted", LOG_UNTRUSTED},
		{"peercert", LOG_PEERCERT},
		{"certmatch", LOG_CERTMATCH},
		{"verbose", LOG_VERBOSE},
		{"cache", LOG_CACHE},
		{"dane", LOG_DANE},
		{"ssl-debug", LOG_SSL_DEBUG},
		{"trace", LOG_TRACE},
		{"ssl-handshake-packet-dump", LOG_HANDSHAKE_DUMP},
		{"ssl-session-packet-dump", LOG_DUMP},
	};
	size_t i;

	if (len == 1 && *word >= '4' && *word <= '9')
		return LOG_LEVEL_4;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (same(table[i].name, word, len))
			return table[i].features;
	return LOG_UNKNOWN_WORD;
}

unsigned postfix_loglevel(const char *value, size_t len)
{
	static const char separators[] = ", \t\r\n";
	unsigned features = 0;
	size_t at, end;

	for (at = 0; at < len; at = end) {
		while (at < len && strchr(separators, value[at]) != NULL)
			at++;
		for (end = at; end < len && strchr(separators, value[end]) == NULL;)
			end++;
		if (end > at)
			features |= loglevel_word(value + at, end - at);
		/* One unknown word, and Postfix takes the whole value for nothing. */
		if ((features & LOG_UNKNOWN_WORD) != 0)
			return LOG_UNKNOWN_WORD;
	}
	return features;
}

bool postfix_loglevel_reaches(unsigned features, unsigned wanted)
{
	return (features & LOG_UNKNOWN_WORD) == 0 && (features & wanted) == wanted &&
	       (features & LOG_DUMP & ~wanted) == 0;
}

const char *postfix_dumped(unsigned features)
{
	return (features & LOG_SESSION_DUMP) != 0 ? "the log gets dumps of what is said over TLS"
						  : "the log gets dumps of the TLS handshake";
}

/*
 * Appends the value of an occurrence. Nothing says that it is short, or that it is
 * asked for once: what all of that may cost is bounded.
 */
static enum expand_result take_value(const struct postfix_view *view, size_t occurrence,
				     struct buf *value, struct buf *why)
{
	size_t unbounded = SIZE_MAX, cost;
	size_t *budget = view->budget != NULL ? view->budget : &unbounded;

	if (*budget > 0) {
		cost = maincf_value(view->file, occurrence, value);
		*budget -= cost < *budget ? cost : *budget;
	}
	if (*budget > 0)
		return EXPAND_OK;
	buf_adds(why, "more to read than is reasonable");
	return EXPAND_MALFORMED;
}

/*
 * A raw value: of the daemon's own options, else of the caller for what it decides on,
 * else of the file. Where the caller decides, the line is that of the file, if any.
 */
static enum expand_result find_raw(const struct postfix_view *view, const char *name, size_t len,
				   struct setting *setting, struct buf *value, struct buf *why)
{
	enum expand_result rc = EXPAND_OK;
	const char *own = NULL;
	size_t i;

	*setting = (struct setting){.set = false};
	if (view->override != NULL)
		own = view->override(view->options, name, len, &setting->line);
	if (own != NULL) {
		buf_adds(value, own);
		setting->set = setting->overridden = true;
		return EXPAND_OK;
	}
	if (view->decide != NULL)
		rc = view->decide(view->context, name, len, &setting->set, value, why);
	i = maincf_find(view->file, name, len);
	if (i != MAINCF_NONE)
		setting->line = maincf_first_line(view->file, i);
	if (setting->set || i == MAINCF_NONE)
		return rc;
	setting->set = true;
	return take_value(view, i, value, why);
}

/* A name that a macro refers to, as a daemon would find it in its dictionary. */
static enum expand_result find_name(void *context, const char *name, size_t len, struct buf *value,
				    struct buf *why)
{
	struct setting setting;
	enum expand_result rc = find_raw(context, name, len, &setting, value, why);

	if (setting.set || !parameters_known(name, len))
		return rc;
	if (((const struct postfix_view *)context)->assumed != NULL) {
		buf_adds(value, ((const struct postfix_view *)context)->assumed);
		return EXPAND_OK;
	}
	/* A default enters the dictionary of a daemon only as that daemon loads it. */
	buf_addf(why, "$%.*s is built into Postfix, but not set in this file", (int)len, name);
	return EXPAND_UNKNOWN;
}

enum expand_result postfix_expand(const struct postfix_view *view, const char *text, size_t len,
				  struct buf *out, struct buf *why)
{
	const struct expand_lookup lookup = {find_name, (void *)(uintptr_t)view, view->budget};

	return expand(text, len, &lookup, out, why);
}

static void add_line(struct buf *out, size_t line)
{
	if (line > 0)
		buf_addf(out, " at line %zu", line);
}

enum expand_result postfix_value(const struct postfix_view *view, const char *name,
				 const char *fallback, struct setting *setting, struct buf *value,
				 struct buf *why)
{
	struct buf raw = BUF_INIT;
	enum expand_result rc = find_raw(view, name, strlen(name), setting, &raw, why);

	/* Where the file has none, a caller who says nothing of it has none either. */
	if (setting->line == 0 && raw.len == 0)
		setting->set = false;
	if (!setting->set)
		buf_adds(&raw, fallback);
	if (rc == EXPAND_OK)
		rc = postfix_expand(view, buf_string(&raw), raw.len, value, why);
	if (rc != EXPAND_OK) {
		buf_addf(why, " (in %s", name);
		add_line(why, setting->line);
		buf_addc(why, ')');
	}
	buf_release(&raw);
	return rc;
}

/*
 * postscreen(8) and tlsproxy(8) take smtpd's parameter where they have none of that name:
 * its name, or NULL for another daemon.
 */
static const char *stand_in(char *other, size_t size, const char *name)
{
	static const char *const prefixes[] = {"postscreen_", "tlsproxy_"};
	size_t i, len;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		len = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], len) == 0) {
			(void)snprintf(other, size, "smtpd_%s", name + len);
			return other;
		}
	}
	return NULL;
}

/* A yes-or-no parameter as a daemon would read it. Where it is not set, *on stays as it is. */
static enum expand_result read_switch(const struct postfix_view *view, const char *name, bool *on,
				      size_t *line, struct buf *why)
{
	char other[64];
	struct buf value = BUF_INIT;
	struct setting setting;
	enum expand_result rc = postfix_value(view, name, "", &setting, &value, why);

	if (rc == EXPAND_OK && !setting.set && stand_in(other, sizeof(other), name) != NULL) {
		buf_release(&value);
		return read_switch(view, other, on, line, why);
	}
	*line = setting.line;
	if (rc == EXPAND_OK && setting.set && same("yes", buf_string(&value), value.len)) {
		*on = true;
	} else if (rc == EXPAND_OK && setting.set && same("no", buf_string(&value), value.len)) {
		*on = false;
	} else if (rc == EXPAND_OK && setting.set) {
		buf_adds(why, name);
		add_line(why, *line);
		buf_addf(why, " is neither yes nor no: \"%.*s\"",
			 (int)diag_cut(buf_string(&value), value.len, 30), buf_string(&value));
		rc = EXPAND_MALFORMED;
	}
	buf_release(&value);
	return rc;
}

/* The parameter that shares its prefix with a level: smtp_ + enforce_tls. */
static const char *sibling(char *name, size_t size, const char *level_name, const char *suffix)
{
	const char *tls = strstr(level_name, "tls_security_level");
	size_t prefix = tls != NULL ? (size_t)(tls - level_name) : strlen(level_name);

	(void)snprintf(name, size, "%.*s%s", (int)prefix, level_name, suffix);
	return name;
}

/*
 * A switch beside a level. A daemon reads all of them as it starts, and dies on what is
 * neither yes nor no: of one that does not decide, that is all that matters.
 */
static enum expand_result read_beside(const struct postfix_view *view, const char *level_name,
				      const char *suffix, bool decides, bool *on, size_t *line,
				      struct buf *why)
{
	char name[64];
	struct buf cause = BUF_INIT;
	enum expand_result rc = read_switch(view, sibling(name, sizeof(name), level_name, suffix),
					    on, line, &cause);

	if (rc == EXPAND_UNKNOWN && !decides)
		rc = EXPAND_OK;
	if (rc != EXPAND_OK)
		buf_adds(why, buf_string(&cause));
	buf_release(&cause);
	return rc;
}

/* The level of implied->by, if that has one; LEVEL_NONE if it is empty. */
static enum expand_result stand_in_level(const struct postfix_view *view, struct implied *implied,
					 struct buf *why)
{
	struct buf value = BUF_INIT;
	struct setting setting;
	enum expand_result rc = postfix_value(view, implied->by, "", &setting, &value, why);

	implied->line = setting.line;
	implied->stands_in = rc == EXPAND_OK && value.len > 0;
	if (implied->stands_in)
		implied->level = postfix_level(PARAM_SERVER_LEVEL, buf_string(&value), value.len);
	buf_release(&value);
	return rc;
}

enum expand_result postfix_implied_level(const struct postfix_view *view, const char *level_name,
					 struct implied *implied, struct buf *why)
{
	bool server = postfix_kind(level_name) == PARAM_SERVER_LEVEL;
	bool enforce = false, peername = true, use = false;
	enum expand_result rc;
	size_t line = 0;

	*implied = (struct implied){.level = LEVEL_NONE};
	if (stand_in(implied->by, sizeof(implied->by), level_name) != NULL) {
		rc = stand_in_level(view, implied, why);
		if (rc != EXPAND_OK || implied->stands_in)
			return rc;
	}
	sibling(implied->by, sizeof(implied->by), level_name, "enforce_tls");
	rc = read_switch(view, implied->by, &enforce, &implied->line, why);
	if (rc == EXPAND_OK && !server)
		rc = read_beside(view, level_name, "tls_enforce_peername", enforce, &peername,
				 &line, why);
	if (rc == EXPAND_OK)
		rc = read_beside(view, level_name, "use_tls", !enforce, &use, &line, why);
	if (rc != EXPAND_OK)
		return rc;
	if (enforce) {
		implied->level = server || !peername ? LEVEL_ENCRYPT : LEVEL_VERIFY;
		return EXPAND_OK;
	}
	sibling(implied->by, sizeof(implied->by), level_name, "use_tls");
	implied->line = line;
	if (use)
		implied->level = LEVEL_MAY;
	return EXPAND_OK;
}

enum expand_result postfix_wrappermode(const struct postfix_view *view, const char *level_name,
				       bool *on, size_t *line, struct buf *why)
{
	char name[64];

	*on = false;
	*line = 0;
	return read_switch(view, sibling(name, sizeof(name), level_name, "tls_wrappermode"), on,
			   line, why);
}

enum expand_result postfix_dnssec(const struct postfix_view *view, const char *level_name, bool *on,
				  struct buf *why)
{
	struct buf value = BUF_INIT;
	struct setting unused;
	enum expand_result rc;
	char name[64];

	rc = postfix_value(view, sibling(name, sizeof(name), level_name, "dns_support_level"), "",
			   &unused, &value, why);
	*on = rc == EXPAND_OK && same("dnssec", buf_string(&value), value.len);
	buf_release(&value);
	return rc;
}

bool postfix_wrappermode_defers(const struct postfix_view *view, const char *level_name,
				enum tls_level level)
{
	struct buf why = BUF_INIT;
	bool dnssec = true;

	if (level == LEVEL_DANE && postfix_dnssec(view, level_name, &dnssec, &why) != EXPAND_OK)
		dnssec = true;
	buf_release(&why);
	return level == LEVEL_NONE || level == LEVEL_MAY || !dnssec;
}

enum expand_result postfix_effective_level(const struct postfix_view *view, const char *level_name,
					   enum tls_level *level, struct setting *setting,
					   struct buf *value, struct buf *why)
{
	struct implied implied;
	enum expand_result rc = postfix_value(view, level_name, "", setting, value, why);

	if (rc == EXPAND_OK && value->len > 0) {
		*level = postfix_level(postfix_kind(level_name), buf_string(value), value->len);
	} else if (rc == EXPAND_OK) {
		rc = postfix_implied_level(view, level_name, &implied, why);
		*level = implied.level;
		if (rc == EXPAND_OK && implied.stands_in)
			rc = postfix_value(view, implied.by, "", setting, value, why);
		else
			buf_adds(value, postfix_level_name(implied.level));
	}
	return rc;
}
