/* SPDX-License-Identifier: ISC */
/*
 * names - what the names of a main.cf tell: duplicates that differ, names that
 * Postfix does not know, names that it will not know for long.
 */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "keys.h"
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

/*
 * Why a name that Postfix does not know may be right. To look for each name of a long
 * file in all of it would take the square of its length: all is read once, and not
 * before the first such name is met.
 */
struct excuses {
	const struct audit *audit;
	bool read;
	struct keys used;     /* as $name, in main.cf or master.cf */
	struct keys classes;  /* lists of restrictions that the administrator gave a name */
	struct keys tables;   /* NAME of ldap:NAME, which main.cf itself describes */
	struct keys services; /* of master.cf */
};

static size_t name_len(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* Of names that are asked about. The others are the most by far. */
static void note_name(struct keys *set, const char *name, size_t len)
{
	if (parameters_looks_tls(name, len))
		(void)keys_add(set, name, len);
}

/* $name, ${name...}, $(name...), but not $$name, which is a dollar and a word. */
static void note_uses(struct keys *used, const char *value)
{
	const char *p = value;
	size_t len;

	while ((p = strchr(p, '$')) != NULL) {
		p++;
		if (*p == '$') {
			p++;
			continue;
		}
		if (*p == '{' || *p == '(')
			p += 1 + strspn(p + 1, " \t\r\n");
		len = name_len(p);
		note_name(used, p, len);
		p += len;
	}
}

/* As of old, NAME_start_tls and the like describe the table ldap:NAME here in main.cf. */
static void note_tables(struct keys *tables, const char *value)
{
	static const char *const types[] = {"ldap:", "mysql:", "pgsql:", "memcache:", "mongodb:"};
	const char *p;
	size_t i, len;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (p = value; (p = strstr(p, types[i])) != NULL; p += len) {
			p += strlen(types[i]);
			len = strcspn(p, ", \t\r\n{}");
			(void)keys_add(tables, p, len);
		}
	}
}

static void read_main(struct excuses *e)
{
	const struct maincf *file = e->audit->file;
	size_t i, n = maincf_count(file);
	struct buf value = BUF_INIT;

	for (i = 0; i < n; i++) {
		if (!maincf_contains(file, i, '$') && !maincf_contains(file, i, ':'))
			continue;
		buf_clear(&value);
		maincf_value(file, i, &value);
		note_uses(&e->used, buf_string(&value));
		note_tables(&e->tables, buf_string(&value));
	}
	buf_release(&value);
	audit_note_classes(e->audit, &e->classes);
}

static void read_service(struct excuses *e, const struct mastercf_service *s)
{
	size_t i;

	(void)keys_add(&e->services, s->name, strlen(s->name));
	for (i = 0; i < s->noverrides; i++) {
		note_uses(&e->used, s->overrides[i].value);
		if (strcmp(s->overrides[i].name, AUDIT_CLASSES) == 0)
			audit_note_words(&e->classes, s->overrides[i].value);
	}
}

static void read_all(struct excuses *e)
{
	const struct mastercf_service *services;
	size_t i, n;

	e->read = true;
	read_main(e);
	if (e->audit->master == NULL)
		return;
	n = mastercf_services(e->audit->master, &services);
	for (i = 0; i < n; i++)
		read_service(e, &services[i]);
}

static void release_excuses(struct excuses *e)
{
	keys_release(&e->used);
	keys_release(&e->classes);
	keys_release(&e->tables);
	keys_release(&e->services);
}

/* Without a master.cf nobody knows which services there are. */
static bool is_service(void *excuses, const char *name, size_t len)
{
	struct excuses *e = excuses;

	return e->audit->master == NULL || keys_has(&e->services, name, len);
}

static bool is_of_table(struct excuses *e, const char *name, size_t len)
{
	size_t i;

	for (i = 1; i < len; i++)
		if (name[i] == '_' && keys_has(&e->tables, name, i))
			return true;
	return false;
}

static bool is_excused(struct excuses *e, const char *name, size_t len)
{
	if (!e->read)
		read_all(e);
	return keys_has(&e->used, name, len) || keys_has(&e->classes, name, len) ||
	       is_of_table(e, name, len) || parameters_of_service(name, len, is_service, e);
}

static bool is_misspelled(struct excuses *e, const char *name, size_t len)
{
	return parameters_looks_tls(name, len) && !parameters_known(name, len) &&
	       !is_excused(e, name, len);
}

static void say_misspelled(const struct audit_place *p, const char *name,
			   const struct setting *setting)
{
	const char *meant = parameters_meant(name, strlen(name));

	audit_tell(p, FINDING_MISSPELLED, setting, name,
		   "%s: Postfix knows no such parameter%s%s%s", name,
		   meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
		   meant != NULL ? "?" : "");
}

/* Whether a finding was made. */
static bool check_spelling(struct excuses *e, size_t occurrence)
{
	const struct maincf *file = e->audit->file;
	struct setting setting = {.set = true};
	struct audit_place main_cf;
	const char *start;
	size_t len;
	char *name;

	start = maincf_name(file, occurrence, &len);
	if (!is_misspelled(e, start, len))
		return false;
	main_cf = audit_main(e->audit);
	setting.line = maincf_first_line(file, occurrence);
	name = xmemdupz(start, len);
	say_misspelled(&main_cf, name, &setting);
	free(name);
	return true;
}

/* How many findings were made. */
static size_t check_options(struct excuses *e, const struct mastercf_service *s)
{
	const struct audit_place place = audit_service(e->audit, s);
	struct setting setting = {.set = true, .overridden = true};
	size_t i, found = 0;

	for (i = 0; i < s->noverrides && !s->replaced; i++) {
		if (!is_misspelled(e, s->overrides[i].name, strlen(s->overrides[i].name)))
			continue;
		setting.line = s->overrides[i].line;
		say_misspelled(&place, s->overrides[i].name, &setting);
		found++;
	}
	return found;
}

static void find_misspellings(const struct audit *a)
{
	struct excuses excuses = {.audit = a};
	const struct mastercf_service *services;
	size_t i, n = maincf_count(a->file), found = 0;

	for (i = 0; i < n && found < MOST_MISSPELLINGS; i++)
		found += check_spelling(&excuses, i);
	n = a->master != NULL ? mastercf_services(a->master, &services) : 0;
	for (i = 0; i < n && found < MOST_MISSPELLINGS; i++)
		found += check_options(&excuses, &services[i]);
	release_excuses(&excuses);
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

static void say_obsolete(const struct audit_place *p, size_t i, const struct setting *setting)
{
	audit_tell(p, FINDING_OBSOLETE, setting, obsolete[i].name, "%s is obsolete; %s%s",
		   obsolete[i].name,
		   obsolete[i].instead != NULL ? "what counts is " : "delete the ",
		   obsolete[i].instead != NULL ? obsolete[i].instead
		   : p->service != NULL        ? "option"
					       : "line");
}

static void find_obsolete_options(const struct audit *a, const struct mastercf_service *s, size_t i)
{
	const struct mastercf_override *o =
		mastercf_override(s, obsolete[i].name, strlen(obsolete[i].name));
	struct setting setting = {.set = true, .overridden = true};
	struct audit_place place;

	if (o == NULL || s->replaced)
		return;
	place = audit_service(a, s);
	setting.line = o->line;
	say_obsolete(&place, i, &setting);
}

static void find_obsolete(const struct audit *a)
{
	const struct audit_place main_cf = audit_main(a);
	const struct mastercf_service *services;
	size_t i, k, at, n = a->master != NULL ? mastercf_services(a->master, &services) : 0;
	struct setting setting = {.set = true};

	for (i = 0; i < sizeof(obsolete) / sizeof(obsolete[0]); i++) {
		at = maincf_find(a->file, obsolete[i].name, strlen(obsolete[i].name));
		if (at != MAINCF_NONE) {
			setting.line = maincf_first_line(a->file, at);
			say_obsolete(&main_cf, i, &setting);
		}
		for (k = 0; k < n; k++)
			find_obsolete_options(a, &services[k], i);
	}
}

void audit_names(const struct audit *a)
{
	find_duplicates(a);
	find_misspellings(a);
	find_obsolete(a);
}
