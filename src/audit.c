/* SPDX-License-Identifier: ISC */
#include "audit.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void audit_add(const struct audit *a, enum finding_code code, size_t line, const char *parameter,
	       const char *text, ...)
{
	struct buf out = BUF_INIT;
	va_list ap;

	va_start(ap, text);
	buf_addv(&out, text, ap);
	va_end(ap);
	findings_add(a->findings, code, a->path, line, parameter, &out);
}

struct audit_place audit_main(const struct audit *a)
{
	return (struct audit_place){.audit = a, .view = *a->view};
}

struct audit_place audit_service(const struct audit *a, const struct mastercf_service *s)
{
	struct audit_place place = {.audit = a, .service = s, .view = *a->view};

	place.view.override = mastercf_option;
	place.view.options = (void *)(size_t)s;
	return place;
}

void audit_tell(const struct audit_place *p, enum finding_code code, const struct setting *setting,
		const char *parameter, const char *text, ...)
{
	const struct mastercf_service *service = p->service;
	struct buf out = BUF_INIT;
	size_t line = setting->line;
	va_list ap;

	if (service != NULL) {
		line = setting->overridden ? setting->line : service->line;
		buf_addf(&out, "%s/%s (%s): ", service->name, service->type, service->command);
	}
	va_start(ap, text);
	buf_addv(&out, text, ap);
	va_end(ap);
	findings_add(p->audit->findings, code,
		     service != NULL ? p->audit->master_path : p->audit->path, line, parameter,
		     &out);
}

bool audit_is_own(const struct audit_place *p, const struct setting *setting)
{
	return p->service == NULL || setting->overridden;
}

bool audit_is_managed(const struct audit *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->verdicts->n; i++)
		if (strcmp(a->verdicts->v[i].rule->name, name) == 0)
			return true;
	return false;
}

bool audit_value(const struct audit_place *p, const char *name, const char *fallback, bool report,
		 struct setting *setting, struct buf *value)
{
	struct buf why = BUF_INIT;
	enum expand_result rc = postfix_value(&p->view, name, fallback, setting, value, &why);

	/* What is malformed is found among all the macros, what is managed by its rule. */
	if (rc == EXPAND_UNKNOWN && report && audit_is_own(p, setting) &&
	    (p->service != NULL || !audit_is_managed(p->audit, name)))
		audit_tell(p, FINDING_UNEVALUATED, setting, name, "%s: %s", name, buf_string(&why));
	buf_release(&why);
	return rc == EXPAND_OK;
}

bool audit_level(const struct audit_place *p, const char *name, enum tls_level *level,
		 struct setting *setting)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	bool known =
		postfix_effective_level(&p->view, name, level, setting, &value, &why) == EXPAND_OK;

	buf_release(&value);
	buf_release(&why);
	return known;
}

bool audit_is_on(const struct postfix_view *view, const char *name, bool fallback,
		 struct setting *setting)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	bool on = fallback;

	if (postfix_value(view, name, "", setting, &value, &why) == EXPAND_OK && setting->set &&
	    value.len > 0)
		on = strcasecmp(buf_string(&value), "yes") == 0;
	buf_release(&value);
	buf_release(&why);
	return on;
}

/* ---- the file as a whole ---- */

static void find_mark(const struct audit *a)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (a->len >= 3 && memcmp(a->text, mark, 3) == 0)
		audit_add(a, FINDING_BYTE_ORDER_MARK, 1, NULL,
			  "byte order mark: to Postfix it is a part of the first name; remove it");
}

bool audit_has_word(const char *list, const char *word)
{
	static const char separators[] = ", \t\r\n\v\f";
	size_t len;

	for (; *list != '\0'; list += len) {
		list += strspn(list, separators);
		len = strcspn(list, separators);
		if (len == strlen(word) && strncasecmp(list, word, len) == 0)
			return true;
	}
	return false;
}

void audit_note_words(struct keys *words, const char *list)
{
	static const char separators[] = ", \t\r\n";
	size_t len;

	for (list += strspn(list, separators); *list != '\0'; list += strspn(list, separators)) {
		len = strcspn(list, separators);
		(void)keys_add(words, list, len);
		list += len;
	}
}

void audit_note_classes(const struct audit *a, struct keys *classes)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting unused;

	if (postfix_value(a->view, AUDIT_CLASSES, "", &unused, &value, &why) == EXPAND_OK)
		audit_note_words(classes, buf_string(&value));
	buf_release(&value);
	buf_release(&why);
}

/* ---- what goes together ---- */

/* The parameters of one client. That LMTP goes to other hosts is the exception. */
static const struct client {
	const char *command, *level, *dnssec, *wrappermode;
	const char *auth, *options; /* or NULL */
} clients[] = {
	{"smtp", "smtp_tls_security_level", "smtp_dns_support_level", "smtp_tls_wrappermode",
	 "smtp_sasl_auth_enable", "smtp_sasl_security_options"},
	{"lmtp", "lmtp_tls_security_level", "lmtp_dns_support_level", "lmtp_tls_wrappermode", NULL,
	 NULL},
};

static void find_lone_dane(const struct audit_place *p, const struct client *c)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting setting, support;
	enum tls_level level;
	bool lone = audit_level(p, c->level, &level, &setting) &&
		    (level == LEVEL_DANE || level == LEVEL_DANE_ONLY) &&
		    postfix_value(&p->view, c->dnssec, "", &support, &value, &why) == EXPAND_OK &&
		    strcasecmp(buf_string(&value), "dnssec") != 0;

	buf_release(&value);
	buf_release(&why);
	if (lone && (audit_is_own(p, &setting) || audit_is_own(p, &support)))
		audit_tell(p,
			   level == LEVEL_DANE ? FINDING_DANE_WITHOUT_DNSSEC
					       : FINDING_DANE_ONLY_WITHOUT_DNSSEC,
			   setting.overridden || p->service == NULL ? &setting : &support, c->level,
			   "%s = %s without %s = dnssec: %s", c->level, postfix_level_name(level),
			   c->dnssec,
			   level == LEVEL_DANE ? "it is only may" : "all mail is deferred");
}

/* Without DNSSEC all mail is deferred: that is an error, and found as such. */
static void find_dane_in_wrappermode(const struct audit_place *p, const struct client *c)
{
	struct setting setting, wrapper;
	struct buf why = BUF_INIT;
	enum tls_level level;
	bool dnssec;

	if (audit_level(p, c->level, &level, &setting) && level == LEVEL_DANE &&
	    audit_is_on(&p->view, c->wrappermode, false, &wrapper) &&
	    postfix_dnssec(&p->view, c->level, &dnssec, &why) == EXPAND_OK && dnssec &&
	    (audit_is_own(p, &setting) || audit_is_own(p, &wrapper)))
		audit_tell(p, FINDING_WRAPPERMODE_DANE, wrapper.overridden ? &wrapper : &setting,
			   c->level,
			   "%s = dane with %s = yes: mail to servers without TLSA records is "
			   "deferred",
			   c->level, c->wrappermode);
	buf_release(&why);
}

static void find_plaintext_auth(const struct audit_place *p, const struct client *c)
{
	struct setting auth, options, level_setting;
	struct buf value = BUF_INIT;
	enum tls_level level;

	if (audit_is_on(&p->view, c->auth, false, &auth) &&
	    audit_level(p, c->level, &level, &level_setting) &&
	    !postfix_level_reaches(level, LEVEL_ENCRYPT) &&
	    audit_value(p, c->options, "noplaintext, noanonymous", true, &options, &value) &&
	    !audit_has_word(buf_string(&value), "noplaintext") &&
	    (audit_is_own(p, &auth) || audit_is_own(p, &options) ||
	     audit_is_own(p, &level_setting)))
		audit_tell(p, FINDING_PLAINTEXT_AUTH, &auth, c->auth,
			   "%s = yes at level %s, and %s allows plaintext: passwords may leave "
			   "without TLS",
			   c->auth, postfix_level_name(level), c->options);
	buf_release(&value);
}

void audit_clients(const struct audit_place *p)
{
	size_t i;

	for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		if (p->service != NULL && strcmp(p->service->command, clients[i].command) != 0)
			continue;
		find_lone_dane(p, &clients[i]);
		find_dane_in_wrappermode(p, &clients[i]);
		if (clients[i].auth != NULL && !p->local)
			find_plaintext_auth(p, &clients[i]);
	}
}

static void find_want_of_ca(const struct audit_place *p)
{
	static const char *const names[] = {"smtp_tls_CAfile", "smtp_tls_CApath"};
	struct buf value = BUF_INIT;
	struct setting setting;
	enum tls_level level;
	bool want = audit_level(p, "smtp_tls_security_level", &level, &setting) &&
		    level >= LEVEL_MAY && level != LEVEL_FINGERPRINT && level != LEVEL_DANE_ONLY;
	struct setting unused;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]) && want; i++) {
		buf_clear(&value);
		want = audit_value(p, names[i], "", true, &unused, &value) && value.len == 0;
	}
	if (want && !audit_is_on(&p->view, "tls_append_default_CA", false, &unused))
		audit_tell(p, FINDING_NO_CA, &setting, "smtp_tls_CAfile",
			   "smtp_tls_CAfile and smtp_tls_CApath are not set: the log calls every "
			   "server's certificate Untrusted");
	buf_release(&value);
}

bool audit_allows_plaintext_auth(const struct postfix_view *view, enum tls_level level,
				 struct setting *auth)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting unused;
	bool allows = audit_is_on(view, "smtpd_sasl_auth_enable", false, auth) &&
		      !audit_is_on(view, "smtpd_tls_auth_only", false, &unused) &&
		      !postfix_level_reaches(level, LEVEL_ENCRYPT) &&
		      postfix_value(view, "smtpd_sasl_security_options", "noanonymous", &unused,
				    &value, &why) == EXPAND_OK &&
		      !audit_has_word(buf_string(&value), "noplaintext");

	buf_release(&value);
	buf_release(&why);
	return allows;
}

void audit_add_plaintext_auth(const struct audit *a, const struct setting *auth)
{
	audit_add(a, FINDING_PLAINTEXT_AUTH, auth->line, "smtpd_sasl_auth_enable",
		  "smtpd_sasl_auth_enable = yes without smtpd_tls_auth_only = yes: passwords may "
		  "arrive in plaintext");
}

void audit_tell_encrypt_on_mx(const struct audit_place *p, const struct setting *level,
			      const char *name)
{
	audit_tell(p, FINDING_ENCRYPT_ON_PUBLIC_MX, level, name,
		   "servers that cannot do TLS cannot deliver here; a public mail exchanger must "
		   "not require it");
}

/* Without a master.cf there is, as far as anybody knows, one service: on port 25. */
static void judge_only_service(const struct audit_place *p)
{
	struct setting setting, wrapper, auth;
	enum tls_level level;

	if (!audit_level(p, "smtpd_tls_security_level", &level, &setting))
		return;
	if (audit_is_on(&p->view, "smtpd_tls_wrappermode", false, &wrapper)) {
		level = LEVEL_ENCRYPT;
		setting = wrapper;
	}
	if (postfix_level_reaches(level, LEVEL_ENCRYPT))
		audit_tell_encrypt_on_mx(p, &setting, "smtpd_tls_security_level");
	if (audit_allows_plaintext_auth(&p->view, level, &auth))
		audit_add_plaintext_auth(p->audit, &auth);
}

void audit(const struct audit *a)
{
	const struct audit_place main_cf = audit_main(a);

	find_mark(a);
	audit_values(&main_cf);
	audit_clients(&main_cf);
	find_want_of_ca(&main_cf);
	audit_names(a);
	audit_certificates(&main_cf);
	if (a->master != NULL)
		audit_services(a);
	else
		judge_only_service(&main_cf);
}
