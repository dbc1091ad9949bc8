/* SPDX-License-Identifier: ISC */
/*
 * names - what the names of a main.cf tell: duplicates that differ, names that
 * Postfix does not know, names that it will not know for long.
 */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "parameters.h"

/* Who writes thousands of wrong names gets the first of them explained. */
#define MOST_MISSPELLINGS 200

/* ---- duplicates ---- */

/* What the policy makes of an occurrence. */
struct change {
	size_t occurrence;
	const char *value;
};

struct changes {
	const struct audit *audit;
	struct change *v; /* by occurrence */
	size_t n;
};

static int by_occurrence(const void *one, const void *two)
{
	const struct change *a = one, *b = two;

	return a->occurrence < b->occurrence ? -1 : a->occurrence > b->occurrence;
}

static void collect_changes(struct changes *c, const struct verdicts *all)
{
	size_t i;

	c->v = xcalloc(all->n, sizeof(*c->v));
	for (i = 0; i < all->n; i++)
		if (all->v[i].value != NULL && all->v[i].occurrence != MAINCF_NONE)
			c->v[c->n++] = (struct change){all->v[i].occurrence, all->v[i].value};
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), by_occurrence);
}

static void add_new_value(const struct changes *c, size_t occurrence, struct buf *out)
{
	const struct change wanted = {.occurrence = occurrence}, *found;

	found = c->n > 0 ? bsearch(&wanted, c->v, c->n, sizeof(*c->v), by_occurrence) : NULL;
	if (found != NULL)
		buf_adds(out, found->value);
	else
		maincf_value(c->audit->file, occurrence, out);
}

/* As Postfix, which warns where a line overrides an earlier one that says something else. */
static void compare_pair(void *context, size_t earlier, size_t later)
{
	const struct changes *c = context;
	const struct maincf *file = c->audit->file;
	struct buf one = BUF_INIT, two = BUF_INIT;
	const char *start;
	char *name;
	size_t len;

	add_new_value(c, earlier, &one);
	add_new_value(c, later, &two);
	if (strcmp(buf_string(&one), buf_string(&two)) != 0) {
		start = maincf_name(file, later, &len);
		name = xmemdupz(start, len);
		audit_add(c->audit, FINDING_CONFLICTING_DUPLICATES, maincf_first_line(file, later),
			  name, "%s overrides another value at line %zu; keep one of them", name,
			  maincf_first_line(file, earlier));
		free(name);
	}
	buf_release(&one);
	buf_release(&two);
}

static void find_duplicates(const struct audit *a)
{
	struct changes c = {.audit = a};

	collect_changes(&c, a->verdicts);
	maincf_duplicates(a->file, compare_pair, &c);
	free(c.v);
}

/* ---- names that Postfix does not know ---- */

static bool is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

/* Whether a text refers to a name: $name, ${name...}, $(name...). */
static bool refers(const char *text, size_t len, const char *name, size_t name_len)
{
	const char *end = text + len, *p;
	size_t left;

	for (p = text; (p = memchr(p, '$', (size_t)(end - p))) != NULL;) {
		p++;
		if (p < end && (*p == '{' || *p == '('))
			p++;
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		left = (size_t)(end - p);
		if (left >= name_len && memcmp(p, name, name_len) == 0 &&
		    (left == name_len || !is_name_byte(p[name_len])))
			return true;
	}
	return false;
}

/* Names that an administrator made for use in other values, here or in master.cf. */
static bool is_used(const struct audit *a, const char *name, size_t len)
{
	const struct mastercf_service *services;
	size_t i, j, n = a->master != NULL ? mastercf_services(a->master, &services) : 0;

	if (refers(a->text, a->len, name, len))
		return true;
	for (i = 0; i < n; i++)
		for (j = 0; j < services[i].noverrides; j++)
			if (refers(services[i].overrides[j].value,
				   strlen(services[i].overrides[j].value), name, len))
				return true;
	return false;
}

/* SERVICE_destination_concurrency_limit and the like belong to services of master.cf. */
static bool is_of_service(const struct audit *a, const char *name, size_t len)
{
	const struct mastercf_service *services;
	size_t service_len, i, n;

	if (!parameters_of_service(name, len, &service_len))
		return false;
	n = a->master != NULL ? mastercf_services(a->master, &services) : 0;
	for (i = 0; i < n; i++)
		if (strlen(services[i].name) == service_len &&
		    memcmp(services[i].name, name, service_len) == 0)
			return true;
	/* Without a master.cf nobody knows. */
	return a->master == NULL;
}

/* A list of restrictions that the administrator gave a name. */
static bool is_class(const struct audit *a, const char *name)
{
	struct buf value = BUF_INIT;
	struct setting setting;
	bool found = audit_value(a, "smtpd_restriction_classes", "", false, &setting, &value) &&
		     audit_has_word(buf_string(&value), name);

	buf_release(&value);
	return found;
}

/* As of old, NAME_start_tls and the like describe the table ldap:NAME here in main.cf. */
static bool is_of_table(const struct audit *a, const char *name, size_t len)
{
	static const char *const types[] = {"ldap:", "mysql:", "pgsql:", "memcache:", "mongodb:"};
	const char *end = a->text + a->len, *p;
	size_t i, n;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (p = a->text; (p = memmem(p, (size_t)(end - p), types[i], strlen(types[i])));) {
			p += strlen(types[i]);
			for (n = 0; p + n < end && is_name_byte(p[n]); n++)
				;
			if (n > 0 && n < len && name[n] == '_' && memcmp(p, name, n) == 0)
				return true;
		}
	}
	return false;
}

/* Whether a finding was made. */
static bool check_spelling(const struct audit *a, size_t occurrence)
{
	size_t len;
	const char *start = maincf_name(a->file, occurrence, &len), *meant;
	bool found = false;
	char *name;

	if (!parameters_looks_tls(start, len) || parameters_known(start, len))
		return false;
	meant = parameters_meant(start, len);
	if (is_used(a, start, len) || is_of_service(a, start, len))
		return false;
	if (is_of_table(a, start, len))
		return false;
	name = xmemdupz(start, len);
	if (is_class(a, name)) {
		free(name);
		return false;
	}
	audit_add(a, FINDING_MISSPELLED, maincf_first_line(a->file, occurrence), name,
		  "%s: Postfix knows no such parameter%s%s%s", name,
		  meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
		  meant != NULL ? "?" : "");
	found = true;
	free(name);
	return found;
}

static void find_misspellings(const struct audit *a)
{
	size_t i, n = maincf_count(a->file), found = 0;

	for (i = 0; i < n && found < MOST_MISSPELLINGS; i++)
		found += check_spelling(a, i);
}

/* ---- names of old ---- */

/* Since Postfix 3.9 postconf warns of these; since 3.11 of peer names too. */
static const struct {
	const char *name, *instead;
} obsolete[] = {
	{"smtp_use_tls", "smtp_tls_security_level"},
	{"smtp_enforce_tls", "smtp_tls_security_level"},
	{"smtp_tls_enforce_peername", "smtp_tls_security_level"},
	{"smtp_tls_per_site", "smtp_tls_policy_maps"},
	{"lmtp_use_tls", "lmtp_tls_security_level"},
	{"lmtp_enforce_tls", "lmtp_tls_security_level"},
	{"lmtp_tls_enforce_peername", "lmtp_tls_security_level"},
	{"lmtp_tls_per_site", "lmtp_tls_policy_maps"},
	{"smtpd_use_tls", "smtpd_tls_security_level"},
	{"smtpd_enforce_tls", "smtpd_tls_security_level"},
	{"tlsproxy_use_tls", "tlsproxy_tls_security_level"},
	{"tlsproxy_enforce_tls", "tlsproxy_tls_security_level"},
	{"postscreen_use_tls", "postscreen_tls_security_level"},
	{"postscreen_enforce_tls", "postscreen_tls_security_level"},
	{"tlsproxy_client_use_tls", "tlsproxy_client_security_level"},
	{"tlsproxy_client_enforce_tls", "tlsproxy_client_security_level"},
	{"tlsproxy_client_per_site", "tlsproxy_client_policy_maps"},
	{"smtpd_tls_dh1024_param_file", NULL},
	{"smtpd_tls_eecdh_grade", NULL},
	{"tlsproxy_tls_dh1024_param_file", NULL},
	{"tlsproxy_tls_eecdh_grade", NULL},
};

static void find_obsolete(const struct audit *a)
{
	size_t i, at;

	for (i = 0; i < sizeof(obsolete) / sizeof(obsolete[0]); i++) {
		at = maincf_find(a->file, obsolete[i].name, strlen(obsolete[i].name));
		if (at == MAINCF_NONE)
			continue;
		audit_add(a, FINDING_OBSOLETE, maincf_first_line(a->file, at), obsolete[i].name,
			  "%s is obsolete; %s%s", obsolete[i].name,
			  obsolete[i].instead != NULL ? "what counts is " : "delete the line",
			  obsolete[i].instead != NULL ? obsolete[i].instead : "");
	}
}

void audit_names(const struct audit *a)
{
	find_duplicates(a);
	find_misspellings(a);
	find_obsolete(a);
}
