/* SPDX-License-Identifier: ISC */
/*
 * services - each service of master.cf by what its daemon really sees: its own
 * options first, then main.cf as it will be.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audit.h"
#include "daemons.h"
#include "endpoint.h"
#include "keys.h"

/* One service, and what was found about it so far. */
struct trial {
	struct audit_place place; /* with the options of the service */
	const struct tls_daemon *daemon;
	bool known; /* its level is */
	enum tls_level level;
	struct setting setting; /* where the level comes from */
	struct buf value;
};

/* What is read or said once for all services. */
struct course {
	bool auth, public;   /* said of main.cf */
	bool loopback_only;  /* where main.cf lets services listen that name no host */
	bool read;           /* the filters are known */
	struct keys filters; /* transports that take mail to a content filter */
};

/* ---- what stays within the host ---- */

/* A word of inet_interfaces: a name or an address, which may have brackets around it. */
static bool is_loopback(const char *word, size_t len)
{
	bool bracketed = len > 2 && word[0] == '[' && word[len - 1] == ']';
	const struct endpoint e = {.host = word + bracketed, .len = bracketed ? len - 2 : len};

	return endpoint_is_loopback(&e);
}

static bool are_loopbacks(const char *list)
{
	static const char separators[] = ", \t\r\n";
	bool all = true, any = false;
	size_t len;

	for (list += strspn(list, separators); *list != '\0' && all;
	     list += strspn(list, separators)) {
		len = strcspn(list, separators);
		all = is_loopback(list, len);
		any = true;
		list += len;
	}
	return any && all;
}

static bool is_loopback_only(const struct audit *a)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting setting;
	bool only = false;

	if (postfix_value(a->view, "inet_interfaces", "all", &setting, &value, &why) == EXPAND_OK)
		only = strcasecmp(buf_string(&value), "loopback-only") == 0 ||
		       are_loopbacks(buf_string(&value));
	buf_release(&value);
	buf_release(&why);
	return only;
}

/* Of "transport:nexthop" the transport. */
static void note_filter(struct keys *filters, const struct postfix_view *view)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting setting;

	if (postfix_value(view, "content_filter", "", &setting, &value, &why) == EXPAND_OK)
		(void)keys_add(filters, buf_string(&value), strcspn(buf_string(&value), ":"));
	buf_release(&value);
	buf_release(&why);
}

/* Main.cf may name a filter, and so may each service. */
static void read_filters(const struct audit *a, struct course *c)
{
	const struct mastercf_service *all;
	size_t i, n = mastercf_services(a->master, &all);
	struct audit_place place;

	c->read = true;
	note_filter(&c->filters, a->view);
	for (i = 0; i < n; i++) {
		if (mastercf_override(&all[i], "content_filter", strlen("content_filter")) == NULL)
			continue;
		place = audit_service(a, &all[i]);
		note_filter(&c->filters, &place.view);
	}
}

/* Whether a parameter's value, or its default, is a transport of that name. */
static bool is_transport(const struct audit *a, const char *parameter, const char *fallback,
			 const char *service)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting setting;
	size_t len = strlen(service);
	bool is =
		postfix_value(a->view, parameter, fallback, &setting, &value, &why) == EXPAND_OK &&
		strcspn(buf_string(&value), ":") == len &&
		memcmp(buf_string(&value), service, len) == 0;

	buf_release(&value);
	buf_release(&why);
	return is;
}

/* What takes mail to a filter and nowhere else, as far as main.cf says. */
static bool is_filter(const struct audit *a, struct course *c, const char *service)
{
	if (!c->read)
		read_filters(a, c);
	return keys_has(&c->filters, service, strlen(service)) &&
	       !is_transport(a, "default_transport", "smtp", service) &&
	       !is_transport(a, "relay_transport", "relay", service);
}

static bool stays_within(const struct audit *a, const struct mastercf_service *s,
			 const struct tls_daemon *d, struct course *c)
{
	if (!d->server)
		return is_filter(a, c, s->name);
	/* Whom it serves comes from anywhere, through postscreen(8). */
	if (strcmp(d->command, "tlsproxy") == 0)
		return false;
	return mastercf_is_local(s) ||
	       (strcmp(s->type, "inet") == 0 && strchr(s->name, ':') == NULL && c->loopback_only);
}

/* ---- the level ---- */

/* Whether TLS comes with the first byte; then the server's level does not matter. */
static bool has_wrappermode(const struct trial *t, struct setting *setting)
{
	return t->daemon->wrappermode != NULL &&
	       audit_is_on(&t->place.view, t->daemon->wrappermode, false, setting);
}

static void find_level(struct trial *t)
{
	struct buf why = BUF_INIT;
	enum expand_result rc;
	struct setting unused;

	rc = postfix_effective_level(&t->place.view, t->daemon->level, &t->level, &t->setting,
				     &t->value, &why);
	t->known = rc == EXPAND_OK;
	if (!t->known && t->setting.overridden)
		audit_tell(&t->place,
			   rc == EXPAND_UNKNOWN ? FINDING_UNEVALUATED : FINDING_SERVICE_FATAL,
			   &t->setting, t->daemon->level, "%s: %s", t->daemon->level,
			   buf_string(&why));
	if (t->known && t->daemon->server && has_wrappermode(t, &unused) && t->level != LEVEL_FATAL)
		t->level = LEVEL_ENCRYPT;
	buf_release(&why);
}

/* What main.cf says to all services is said of main.cf. */
static bool is_said_of_main(const struct trial *t, enum tls_level level, bool wrapper)
{
	const struct audit_place main_cf = audit_main(t->place.audit);
	enum tls_level same;
	struct setting unused;

	return audit_level(&main_cf, t->daemon->level, &same, &unused) && same == level &&
	       (!wrapper || audit_is_on(&main_cf.view, t->daemon->wrappermode, false, &unused));
}

static bool has_postscreen(const struct audit *a)
{
	const struct mastercf_service *all;
	size_t i, n = mastercf_services(a->master, &all);

	for (i = 0; i < n; i++)
		if (!all[i].replaced && strcmp(all[i].command, "postscreen") == 0)
			return true;
	return false;
}

/* To a socket of this host is where LMTP goes, if nobody says otherwise. */
static bool is_idle(const struct trial *t)
{
	return strcmp(t->daemon->command, "lmtp") == 0 ||
	       (strcmp(t->daemon->command, "tlsproxy") == 0 && !has_postscreen(t->place.audit));
}

static const char *why_off_is_fine(const struct trial *t)
{
	return t->daemon->server ? "and none is needed within this host"
				 : "it takes mail to the content filter";
}

/* Those two take no mail themselves. */
static const char *what_off_means(const struct trial *t)
{
	return strcmp(t->daemon->command, "postscreen") == 0 ||
			       strcmp(t->daemon->command, "tlsproxy") == 0
		       ? "its clients get no TLS"
		       : "its mail passes in plaintext";
}

static void judge_off(struct trial *t)
{
	const char *name = t->daemon->level;

	if (t->place.local)
		audit_tell(&t->place, FINDING_SERVICE_OVERRIDE, &t->setting, name,
			   "%s = %s: no TLS, %s", name, buf_string(&t->value), why_off_is_fine(t));
	else if (strcmp(t->daemon->command, "lmtp") == 0 && t->setting.overridden)
		audit_tell(&t->place, FINDING_SERVICE_OVERRIDE, &t->setting, name,
			   "%s = %s: no TLS, and none is needed to a socket of this host", name,
			   buf_string(&t->value));
	else if (!is_idle(t))
		audit_tell(&t->place, FINDING_SERVICE_LEVEL, &t->setting, name, "%s = %s: %s; %s",
			   name, buf_string(&t->value), what_off_means(t),
			   t->setting.overridden ? "remove the option or set \"may\""
						 : "set it to \"may\" in main.cf");
}

/* Not a socket in the file system, and not TLS from the first byte: that is meant so. */
static bool is_for_filter(const struct trial *t)
{
	struct setting unused;

	return !has_wrappermode(t, &unused) &&
	       (!t->daemon->server || (strcmp(t->daemon->command, "smtpd") == 0 &&
				       strcmp(t->place.service->type, "inet") == 0 &&
				       mastercf_is_local(t->place.service)));
}

static void judge_level(struct trial *t)
{
	const char *name = t->daemon->level;
	struct setting wrapper;

	if (t->level == LEVEL_FATAL) {
		if (!is_said_of_main(t, LEVEL_FATAL, false))
			audit_tell(&t->place, FINDING_SERVICE_FATAL, &t->setting, name,
				   "%s = %s: the daemon stops with a fatal error on this value",
				   name, buf_string(&t->value));
		return;
	}
	if (!t->daemon->server && has_wrappermode(t, &wrapper) &&
	    postfix_wrappermode_defers(&t->place.view, t->daemon->level, t->level)) {
		if (!is_said_of_main(t, t->level, true))
			audit_tell(&t->place, FINDING_WRAPPERMODE_LEVEL,
				   wrapper.overridden ? &wrapper : &t->setting, t->daemon->level,
				   "with TLS wrappermode all mail is deferred below encrypt; set "
				   "the level to \"encrypt\"");
		return;
	}
	if (t->level == LEVEL_NONE)
		judge_off(t);
	else if (t->place.local && !t->setting.overridden && is_for_filter(t) &&
		 postfix_level_reaches(t->level, LEVEL_ENCRYPT))
		audit_tell(&t->place, FINDING_ENCRYPT_WITHIN_HOST, &t->setting, name,
			   "%s = %s from main.cf: a content filter that speaks no TLS is refused; "
			   "give this service -o %s=may",
			   name, buf_string(&t->value), name);
	else if (t->setting.overridden)
		audit_tell(&t->place, FINDING_SERVICE_OVERRIDE, &t->setting, name,
			   "%s = %s, of its own", name, buf_string(&t->value));
}

/* ---- the rest ---- */

static void judge_loglevel(const struct trial *t)
{
	const char *name = t->daemon->loglevel;
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting setting;
	unsigned features;

	if (name != NULL &&
	    postfix_value(&t->place.view, name, "0", &setting, &value, &why) == EXPAND_OK &&
	    setting.overridden && !t->place.local) {
		features = postfix_loglevel(buf_string(&value), value.len);
		if ((features & LOG_DUMP) != 0)
			audit_tell(&t->place, FINDING_SERVICE_LOGLEVEL, &setting, name,
				   "%s = %s: %s", name, buf_string(&value),
				   postfix_dumped(features));
		else if ((features & LOG_SUMMARY) == 0)
			audit_tell(&t->place, FINDING_SERVICE_LOGLEVEL, &setting, name,
				   "%s = %s: the log does not show its TLS sessions", name,
				   buf_string(&value));
	}
	buf_release(&value);
	buf_release(&why);
}

static bool is_port_25(const struct mastercf_service *s)
{
	const char *port = mastercf_port(s);

	return strcmp(port, "smtp") == 0 || strcmp(port, "25") == 0;
}

/* A service behind postscreen has no port of its own. */
static void judge_public(const struct trial *t, struct course *c)
{
	const struct mastercf_service *s = t->place.service;
	bool public = is_port_25(s) || strcmp(s->type, "pass") == 0;
	const struct audit_place main_cf = audit_main(t->place.audit);
	struct setting wrapper, at = t->setting;

	if (t->place.local || !public || !postfix_level_reaches(t->level, LEVEL_ENCRYPT))
		return;
	if (has_wrappermode(t, &wrapper))
		at = wrapper;
	if (at.overridden) {
		audit_tell_encrypt_on_mx(&t->place, &at, t->daemon->level);
	} else if (!c->public) {
		audit_tell_encrypt_on_mx(&main_cf, &at, "smtpd_tls_security_level");
		c->public = true;
	}
}

/* Whether main.cf says so by itself, whatever the options of services are. */
static bool allows_plaintext_auth(const struct audit *a)
{
	const struct audit_place main_cf = audit_main(a);
	enum tls_level level;
	struct setting unused;

	return audit_level(&main_cf, "smtpd_tls_security_level", &level, &unused) &&
	       audit_allows_plaintext_auth(&main_cf.view, level, &unused);
}

static void judge_auth(const struct trial *t, struct course *c)
{
	struct setting auth, only;

	if (t->place.local || !audit_allows_plaintext_auth(&t->place.view, t->level, &auth))
		return;
	if (auth.overridden || !allows_plaintext_auth(t->place.audit)) {
		(void)audit_is_on(&t->place.view, "smtpd_tls_auth_only", false, &only);
		audit_tell(&t->place, FINDING_PLAINTEXT_AUTH, only.overridden ? &only : &auth,
			   "smtpd_sasl_auth_enable",
			   "AUTH without smtpd_tls_auth_only = yes: passwords may arrive in "
			   "plaintext");
	} else if (!c->auth) {
		audit_add_plaintext_auth(t->place.audit, &auth);
		c->auth = true;
	}
}

static void judge(struct trial *t, struct course *c)
{
	find_level(t);
	judge_loglevel(t);
	audit_clients(&t->place);
	audit_certificates(&t->place);
	if (!t->known)
		return;
	judge_level(t);
	if (t->level == LEVEL_FATAL)
		return;
	if (strcmp(t->daemon->command, "smtpd") == 0) {
		judge_public(t, c);
		judge_auth(t, c);
	} else if (strcmp(t->daemon->command, "postscreen") == 0) {
		judge_public(t, c);
	}
}

static void judge_service(const struct audit *a, const struct mastercf_service *s, struct course *c)
{
	struct trial t = {.place = audit_service(a, s), .value = BUF_INIT};
	struct setting fatal = {.overridden = true, .line = s->fatal_line};

	if (s->replaced)
		return;
	t.daemon = daemons_find(s->command);
	t.place.local = t.daemon != NULL && stays_within(a, s, t.daemon, c);
	if (s->fatal != NULL) {
		audit_tell(&t.place, FINDING_SERVICE_FATAL, &fatal, NULL,
			   "the daemon stops with a fatal error: %s", s->fatal);
		return;
	}
	audit_values(&t.place);
	if (t.daemon != NULL)
		judge(&t, c);
	buf_release(&t.value);
}

static void refuse_malformed(const struct audit *a)
{
	const struct mastercf_error *e;
	size_t i, n = mastercf_errors(a->master, &e);
	struct buf text = BUF_INIT;

	for (i = 0; i < n; i++) {
		buf_addf(&text, "%s: \"%.*s%s\"", e[i].cause, (int)e[i].len, e[i].text,
			 e[i].more ? "..." : "");
		findings_add(a->findings, FINDING_MASTER_SYNTAX, a->master_path, e[i].line, NULL,
			     &text);
	}
}

void audit_services(const struct audit *a)
{
	const struct mastercf_service *all;
	size_t i, n = mastercf_services(a->master, &all);
	struct course c = {.loopback_only = is_loopback_only(a)};

	refuse_malformed(a);
	for (i = 0; i < n; i++)
		judge_service(a, &all[i], &c);
	keys_release(&c.filters);
}
