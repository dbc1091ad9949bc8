/* SPDX-License-Identifier: ISC */
#include "policy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "pattern.h"

/* ---- the policies that are built in ---- */

#define WHY_CLIENT_LOG "the log does not show which mail left encrypted"
#define WHY_SERVER_LOG "the log does not show which mail arrived encrypted"
#define WHY_SERVER_MAY "other servers cannot encrypt the mail that they send here"

static const struct rule opportunistic[] = {
	{"smtpd_tls_security_level", "may", NULL, WHY_SERVER_MAY},
	{"smtp_tls_security_level", "may", NULL,
	 "mail leaves in plaintext even where the other server offers TLS"},
	{"smtp_tls_loglevel", "1", NULL, WHY_CLIENT_LOG},
	{"smtpd_tls_loglevel", "1", NULL, WHY_SERVER_LOG},
};

static const struct rule dane[] = {
	{"smtpd_tls_security_level", "may", NULL, WHY_SERVER_MAY},
	{"smtp_tls_security_level", "dane", NULL,
	 "nobody checks who a server is, even where it publishes TLSA records"},
	{"smtp_tls_loglevel", "1", NULL, WHY_CLIENT_LOG},
	{"smtpd_tls_loglevel", "1", NULL, WHY_SERVER_LOG},
	/* Postfix reads it caseless. Where it is set, disable_dns_lookups is not heard. */
	{"smtp_dns_support_level", "dnssec", "dnssec",
	 "without DNSSEC Postfix takes dane for no more than may"},
};

static const struct rule mandatory[] = {
	{"smtpd_tls_security_level", "encrypt", NULL,
	 "mail arrives in plaintext from servers that do not ask for TLS"},
	{"smtp_tls_security_level", "encrypt", NULL,
	 "mail leaves in plaintext where the other server offers no TLS"},
	{"smtp_tls_loglevel", "1", NULL, WHY_CLIENT_LOG},
	{"smtpd_tls_loglevel", "1", NULL, WHY_SERVER_LOG},
};

#define RULES(table) (table), sizeof(table) / sizeof((table)[0])

static const struct {
	const char *name, *about;
	const struct rule *rules;
	size_t n;
} builtins[] = {
	{"opportunistic", "TLS with every server that offers it, and the log shows it",
	 RULES(opportunistic)},
	{"dane",
	 "the same, and servers that publish TLSA records are authenticated; the resolver must "
	 "validate DNSSEC",
	 RULES(dane)},
	{"mandatory",
	 "no mail in plaintext, in or out: for private relays, never for a public mail server",
	 RULES(mandatory)},
};
#define NBUILTINS (sizeof(builtins) / sizeof(builtins[0]))

/* ---- a policy in memory ---- */

struct policy {
	char *name, *about;
	struct rule *rules; /* their texts are the policy's own */
	size_t n, cap;
	struct pattern **patterns; /* of the rules, compiled on first use; NULL before that */
	size_t patterns_cap;
};

const char *policy_builtin_name(size_t i)
{
	return i < NBUILTINS ? builtins[i].name : NULL;
}

struct policy *policy_builtin(const char *name)
{
	struct policy *p;
	size_t i, j;

	for (i = 0; i < NBUILTINS; i++) {
		if (strcmp(builtins[i].name, name) != 0)
			continue;
		p = policy_new(name, builtins[i].about);
		for (j = 0; j < builtins[i].n; j++)
			policy_add(p, &builtins[i].rules[j]);
		return p;
	}
	return NULL;
}

struct policy *policy_new(const char *name, const char *about)
{
	struct policy *p = xcalloc(1, sizeof(*p));

	p->name = xstrdup(name);
	p->about = xstrdup(about);
	return p;
}

void policy_add(struct policy *p, const struct rule *r)
{
	p->rules = xgrow(p->rules, p->n, &p->cap, sizeof(*p->rules));
	p->patterns = xgrow(p->patterns, p->n, &p->patterns_cap, sizeof(struct pattern *));
	p->rules[p->n] = (struct rule){
		.name = xstrdup(r->name),
		.set = xstrdup(r->set),
		.accept = r->accept != NULL ? xstrdup(r->accept) : NULL,
		.why = r->why != NULL ? xstrdup(r->why) : NULL,
	};
	p->patterns[p->n++] = NULL;
}

int policy_compile(struct policy *p, size_t rule, struct buf *why)
{
	if (p->patterns[rule] == NULL && p->rules[rule].accept != NULL) {
		p->patterns[rule] = pattern_compile(p->rules[rule].accept, why);
		if (p->patterns[rule] == NULL)
			return -1;
	}
	return 0;
}

static void free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

void policy_free(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++) {
		pattern_free(p->patterns[i]);
		free_text(p->rules[i].name);
		free_text(p->rules[i].set);
		free_text(p->rules[i].accept);
		free_text(p->rules[i].why);
	}
	free(p->patterns);
	free(p->rules);
	free(p->name);
	free(p->about);
	free(p);
}

const char *policy_name(const struct policy *p)
{
	return p->name;
}

const char *policy_about(const struct policy *p)
{
	return p->about;
}

size_t policy_rules(const struct policy *p)
{
	return p->n;
}

const struct rule *policy_rule(const struct policy *p, size_t i)
{
	return i < p->n ? &p->rules[i] : NULL;
}

int policy_accepts(struct policy *p, const struct rule *r, const char *value, size_t len,
		   struct buf *why)
{
	size_t i = (size_t)(r - p->rules);
	struct buf cause = BUF_INIT;
	int rc = 0;

	if (r->accept != NULL)
		rc = policy_compile(p, i, &cause);
	if (rc == 0 && r->accept != NULL)
		rc = pattern_match(p->patterns[i], value, len, &cause);
	if (rc < 0) {
		buf_adds(why, "the pattern \"");
		diag_add_start(why, r->accept, 60);
		buf_addf(why, "\" gives up on it: %s", buf_string(&cause));
	}
	buf_release(&cause);
	return rc;
}
