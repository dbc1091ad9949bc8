/* SPDX-License-Identifier: ISC */
/*
 * values - what single parameters say, in main.cf and in the options of a service:
 * macros and values on which daemons die, weak lists, STARTTLS taken away.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audit.h"
#include "daemons.h"
#include "parameters.h"
#include "tlslist.h"

/* What kills a daemon is said of the service that it is, where only that is concerned. */
static enum finding_code fatal(const struct audit_place *p, enum finding_code code)
{
	return p->service != NULL ? FINDING_SERVICE_FATAL : code;
}

static bool is_set(const struct audit *a, const char *name)
{
	return maincf_find(a->file, name, strlen(name)) != MAINCF_NONE;
}

/* ---- macros ---- */

/* Parameters that are expanded by a language of their own, when they are used. */
static bool is_raw(const char *name)
{
	static const char *const raw[] = {"command_execution_directory",
					  "default_rbl_reply",
					  "forward_path",
					  "luser_relay",
					  "mailbox_command",
					  "postscreen_expansion_filter",
					  "postscreen_reject_footer",
					  "smtpd_expansion_filter",
					  "smtpd_reject_footer"};
	size_t i;

	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (strcmp(raw[i], name) == 0)
			return true;
	return false;
}

/* What comes of it where built-in parameters that are not set count as that; why alone is kept. */
static enum expand_result try_macro(const struct audit_place *p, const char *name,
				    const char *assumed, struct setting *setting, struct buf *why)
{
	struct postfix_view view = p->view;
	struct buf value = BUF_INIT;
	enum expand_result rc;

	view.assumed = assumed;
	buf_clear(why);
	rc = postfix_value(&view, name, "", setting, &value, why);
	buf_release(&value);
	return rc;
}

/*
 * A daemon dies on it whatever the built-in parameters are that it refers to: empty or
 * not, which is all that a macro asks.
 */
static void check_macro(const struct audit_place *p, const char *name)
{
	struct buf why = BUF_INIT;
	struct setting setting;
	enum expand_result rc = try_macro(p, name, NULL, &setting, &why);

	if (rc == EXPAND_UNKNOWN)
		rc = try_macro(p, name, "", &setting, &why) == EXPAND_MALFORMED
			     ? try_macro(p, name, "x", &setting, &why)
			     : EXPAND_OK;
	if (rc == EXPAND_MALFORMED)
		audit_tell(p, fatal(p, FINDING_FATAL_MACRO), &setting, name,
			   "%s: a daemon that reads it stops with a fatal error: %s", name,
			   buf_string(&why));
	buf_release(&why);
}

/* Names that Postfix knows by what is in main.cf and master.cf. */
struct readers {
	const struct audit *audit;
	bool read;
	struct keys services; /* that may have parameters of their own */
	struct keys classes;  /* lists of restrictions that have names of their own */
};

static void read_services(struct readers *r)
{
	const struct mastercf_service *all;
	size_t i, n;

	if (r->audit->master == NULL)
		return;
	n = mastercf_services(r->audit->master, &all);
	for (i = 0; i < n; i++)
		(void)keys_add(&r->services, all[i].name, strlen(all[i].name));
}

static bool is_service(void *context, const char *name, size_t len)
{
	const struct readers *r = context;

	return keys_has(&r->services, name, len);
}

/* Of another name no daemon reads the value. */
static bool is_read(struct readers *r, const char *name, size_t len)
{
	if (parameters_known(name, len))
		return true;
	if (!r->read) {
		read_services(r);
		audit_note_classes(r->audit, &r->classes);
		r->read = true;
	}
	return parameters_of_service(name, len, is_service, r) || keys_has(&r->classes, name, len);
}

static void find_fatal_macros(const struct audit_place *p)
{
	struct readers readers = {.audit = p->audit};
	const struct audit *a = p->audit;
	size_t i, len, n = maincf_count(a->file);
	const char *start;
	char *name;

	if (a->len == 0 || memchr(a->text, '$', a->len) == NULL)
		return;
	for (i = 0; i < n; i++) {
		if (!maincf_contains(a->file, i, '$'))
			continue;
		start = maincf_name(a->file, i, &len);
		if (maincf_find(a->file, start, len) != i)
			continue;
		name = xmemdupz(start, len);
		if (is_read(&readers, name, len) && !is_raw(name) && !audit_is_managed(a, name))
			check_macro(p, name);
		free(name);
	}
	keys_release(&readers.services);
	keys_release(&readers.classes);
}

/* ---- levels ---- */

static void check_wrappermode(const struct audit_place *p, const char *name, struct setting setting)
{
	struct buf why = BUF_INIT;
	bool wrapper = false;
	size_t line;

	if (postfix_wrappermode(&p->view, name, &wrapper, &line, &why) == EXPAND_OK && wrapper) {
		if (!setting.set)
			setting.line = line;
		audit_tell(p, FINDING_WRAPPERMODE_LEVEL, &setting, name,
			   "with TLS wrappermode all mail is deferred below encrypt; set %s = "
			   "encrypt",
			   name);
	}
	buf_release(&why);
}

/* Those that a policy manages it has judged. */
static void check_level(const struct audit_place *p, const char *name)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting setting;
	enum tls_level level;

	if (audit_is_managed(p->audit, name))
		return;
	if (postfix_effective_level(&p->view, name, &level, &setting, &value, &why) != EXPAND_OK)
		level = LEVEL_ENCRYPT;
	if (level == LEVEL_FATAL && is_set(p->audit, name))
		audit_tell(p, FINDING_FATAL_VALUE, &setting, name,
			   "%s = %s: %s stops with a fatal error on this value", name,
			   buf_string(&value), postfix_daemon(name));
	else if (postfix_kind(name) == PARAM_CLIENT_LEVEL &&
		 postfix_wrappermode_defers(&p->view, name, level))
		check_wrappermode(p, name, setting);
	buf_release(&value);
	buf_release(&why);
}

static void find_bad_levels(const struct audit_place *p)
{
	static const char *const names[] = {
		"smtpd_tls_security_level",    "smtp_tls_security_level",
		"lmtp_tls_security_level",     "postscreen_tls_security_level",
		"tlsproxy_tls_security_level",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_level(p, names[i]);
}

/* ---- yes or no ---- */

/* Of TLS, and of AUTH: all that a daemon reads as it starts. */
static const char *const switches[] = {
	"smtpd_use_tls",
	"smtpd_enforce_tls",
	"smtpd_tls_wrappermode",
	"smtpd_tls_auth_only",
	"smtpd_tls_ask_ccert",
	"smtpd_tls_req_ccert",
	"smtpd_tls_received_header",
	"smtpd_sasl_auth_enable",
	"smtp_use_tls",
	"smtp_enforce_tls",
	"smtp_tls_enforce_peername",
	"smtp_tls_wrappermode",
	"smtp_tls_note_starttls_offer",
	"smtp_tls_connection_reuse",
	"smtp_sasl_auth_enable",
	"lmtp_use_tls",
	"lmtp_enforce_tls",
	"lmtp_tls_enforce_peername",
	"lmtp_tls_wrappermode",
	"postscreen_use_tls",
	"postscreen_enforce_tls",
};
#define NSWITCHES (sizeof(switches) / sizeof(switches[0]))

/* Whether passwords may go in plaintext hangs on it: it is not to be passed over in silence. */
static bool is_of_auth(const char *name)
{
	return strstr(name, "_sasl_auth_enable") != NULL || strstr(name, "_tls_auth_only") != NULL;
}

static void check_switch(const struct audit_place *p, const char *name)
{
	struct buf value = BUF_INIT;
	struct setting setting;

	if (audit_value(p, name, "", is_of_auth(name), &setting, &value) && setting.set &&
	    strcasecmp(buf_string(&value), "yes") != 0 && strcasecmp(buf_string(&value), "no") != 0)
		audit_tell(p, fatal(p, FINDING_FATAL_VALUE), &setting, name,
			   "%s = %s: neither yes nor no: %s stops with a fatal error on this value",
			   name, buf_string(&value),
			   p->service != NULL ? "the daemon" : postfix_daemon(name));
	buf_release(&value);
}

/* ---- lists ---- */

static const struct discarding {
	const char *name, *effect;
	const char *wrappermode; /* with which STARTTLS is not needed, or NULL */
	const char *level;       /* without which it is not asked for, or NULL: somebody asks */
} discards[] = {
	{"smtpd_discard_ehlo_keywords", "no client is offered TLS", "smtpd_tls_wrappermode", NULL},
	{"postscreen_discard_ehlo_keywords", "no client is offered TLS", NULL, NULL},
	{"smtp_discard_ehlo_keywords", "no server's offer of TLS is seen", "smtp_tls_wrappermode",
	 NULL},
	{"lmtp_discard_ehlo_keywords", "no server's offer of TLS is seen", "lmtp_tls_wrappermode",
	 "lmtp_tls_security_level"},
};
#define NDISCARDS (sizeof(discards) / sizeof(discards[0]))

/* Whether nothing is lost with STARTTLS. */
static bool needs_no_starttls(const struct audit_place *p, const struct discarding *d)
{
	struct setting unused;
	enum tls_level level;

	return (d->wrappermode != NULL && audit_is_on(&p->view, d->wrappermode, false, &unused)) ||
	       (d->level != NULL && audit_level(p, d->level, &level, &unused) &&
		level == LEVEL_NONE);
}

static void check_discarded(const struct audit_place *p, const struct discarding *d)
{
	struct buf value = BUF_INIT;
	struct setting setting;

	if (audit_value(p, d->name, "", true, &setting, &value) &&
	    audit_has_word(buf_string(&value), "starttls") && !needs_no_starttls(p, d))
		audit_tell(p, FINDING_STARTTLS_DISCARDED, &setting, d->name,
			   "%s has STARTTLS in it: %s; take it out", d->name, d->effect);
	buf_release(&value);
}

/* What a list leads to. Postfix has two: which one counts depends on the level. */
static const char *effect_of_list(const char *name, enum tlslist_result is)
{
	if (is == TLSLIST_WEAK)
		return "";
	if (is == TLSLIST_FATAL)
		return ": a daemon that reads it stops with a fatal error";
	return strstr(name, "_mandatory_") != NULL
		       ? ": TLS fails, and where TLS is required no mail passes"
		       : ": TLS fails, and where TLS is optional there is none";
}

static enum finding_code code_of_list(const struct audit_place *p, enum tlslist_kind kind,
				      enum tlslist_result is)
{
	if (is == TLSLIST_FATAL)
		return fatal(p, FINDING_FATAL_VALUE);
	if (is == TLSLIST_BAD)
		return FINDING_UNUSABLE_LIST;
	return kind == TLSLIST_PROTOCOLS ? FINDING_WEAK_PROTOCOLS : FINDING_WEAK_CIPHERS;
}

static void check_list(const struct audit_place *p, const char *name, enum tlslist_kind kind)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	enum tlslist_result is = TLSLIST_FINE;
	struct setting setting;

	if (audit_value(p, name, "", true, &setting, &value) && setting.set)
		is = tlslist_judge(kind, buf_string(&value), value.len, &why);
	if (is == TLSLIST_FATAL || (is != TLSLIST_FINE && !p->local))
		audit_tell(p, code_of_list(p, kind, is), &setting, name,
			   "%s = %s: %s%s; delete the %s", name, buf_string(&value),
			   buf_string(&why), effect_of_list(name, is),
			   p->service != NULL ? "option" : "line");
	buf_release(&value);
	buf_release(&why);
}

/* ---- all of them ---- */

static void judge_main(const struct audit_place *p)
{
	enum tlslist_kind kind;
	const char *name;
	size_t i;

	find_fatal_macros(p);
	find_bad_levels(p);
	for (i = 0; i < NSWITCHES; i++)
		if (is_set(p->audit, switches[i]) && !audit_is_managed(p->audit, switches[i]))
			check_switch(p, switches[i]);
	for (i = 0; i < NDISCARDS; i++)
		if (is_set(p->audit, discards[i].name))
			check_discarded(p, &discards[i]);
	for (i = 0; (name = tlslist_name(i, &kind)) != NULL; i++)
		if (is_set(p->audit, name))
			check_list(p, name, kind);
}

static bool has_prefix(const char *name, const char *prefix)
{
	return prefix != NULL && strncmp(name, prefix, strlen(prefix)) == 0;
}

/* A parameter that is of no daemon is read by all. */
static bool is_read_by(const char *command, const char *name)
{
	const struct tls_daemon *who = daemons_find(command);
	bool read = true;
	size_t i;

	for (i = 0; i < DAEMONS; i++)
		if (has_prefix(name, daemons[i].prefixes[0]))
			read = false;
	for (i = 0; who != NULL && i < sizeof(who->prefixes) / sizeof(who->prefixes[0]); i++)
		if (has_prefix(name, who->prefixes[i]))
			read = true;
	return read;
}

static bool is_level(const char *name)
{
	return postfix_kind(name) == PARAM_CLIENT_LEVEL || postfix_kind(name) == PARAM_SERVER_LEVEL;
}

static void judge_option(const struct audit_place *p, const char *name, const char *value)
{
	enum tlslist_kind kind;
	const char *list;
	size_t i;

	if (!parameters_known(name, strlen(name)) || !is_read_by(p->service->command, name))
		return;
	if (strchr(value, '$') != NULL && !is_raw(name) && !is_level(name))
		check_macro(p, name);
	for (i = 0; i < NSWITCHES; i++)
		if (strcmp(switches[i], name) == 0)
			check_switch(p, name);
	for (i = 0; i < NDISCARDS && !p->local; i++)
		if (strcmp(discards[i].name, name) == 0)
			check_discarded(p, &discards[i]);
	for (i = 0; (list = tlslist_name(i, &kind)) != NULL; i++)
		if (strcmp(list, name) == 0)
			check_list(p, name, kind);
}

void audit_values(const struct audit_place *p)
{
	const struct mastercf_service *s = p->service;
	const char *name;
	size_t i;

	if (s == NULL) {
		judge_main(p);
		return;
	}
	for (i = 0; i < s->noverrides; i++) {
		name = s->overrides[i].name;
		if (mastercf_override(s, name, strlen(name)) == &s->overrides[i])
			judge_option(p, name, s->overrides[i].value);
	}
}
