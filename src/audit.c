/* SPDX-License-Identifier: ISC */
#include "audit.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "parameters.h"
#include "tlslist.h"

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

/* A managed parameter whose value cannot be known was reported as such already. */
static bool is_managed(const struct audit *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->verdicts->n; i++)
		if (strcmp(a->verdicts->v[i].rule->name, name) == 0)
			return true;
	return false;
}

bool audit_value(const struct audit *a, const char *name, const char *fallback, bool report,
		 struct setting *setting, struct buf *value)
{
	struct buf why = BUF_INIT;
	enum expand_result rc = postfix_value(a->view, name, fallback, setting, value, &why);

	/* What is malformed is found among all the macros of the file. */
	if (rc == EXPAND_UNKNOWN && report && !is_managed(a, name))
		audit_add(a, FINDING_UNEVALUATED, setting->line, name, "%s: %s", name,
			  buf_string(&why));
	buf_release(&why);
	return rc == EXPAND_OK;
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
static enum expand_result try_macro(const struct audit *a, const char *name, const char *assumed,
				    struct buf *why)
{
	struct postfix_view view = *a->view;
	struct buf value = BUF_INIT;
	struct setting setting;
	enum expand_result rc;

	view.assumed = assumed;
	buf_clear(why);
	rc = postfix_value(&view, name, "", &setting, &value, why);
	buf_release(&value);
	return rc;
}

/*
 * Whether a daemon dies on it whatever the built-in parameters are that it refers to: empty
 * or not, which is all that a macro asks.
 */
static bool is_malformed(const struct audit *a, const char *name, struct buf *why)
{
	enum expand_result rc = try_macro(a, name, NULL, why);

	if (rc == EXPAND_UNKNOWN)
		rc = try_macro(a, name, "", why) == EXPAND_MALFORMED ? try_macro(a, name, "x", why)
								     : EXPAND_OK;
	return rc == EXPAND_MALFORMED;
}

static void check_macro(const struct audit *a, size_t occurrence, const char *name)
{
	struct buf why = BUF_INIT;

	if (is_malformed(a, name, &why))
		audit_add(a, FINDING_FATAL_MACRO, maincf_first_line(a->file, occurrence), name,
			  "%s: a daemon that reads it stops with a fatal error: %s", name,
			  buf_string(&why));
	buf_release(&why);
}

/* Of a name that Postfix does not know no daemon reads the value. */
static void find_fatal_macros(const struct audit *a)
{
	size_t i, len, n = maincf_count(a->file);
	const char *start;
	char *name;

	if (a->len == 0 || memchr(a->text, '$', a->len) == NULL)
		return;
	for (i = 0; i < n; i++) {
		if (!maincf_contains(a->file, i, '$'))
			continue;
		start = maincf_name(a->file, i, &len);
		if (!parameters_known(start, len) || maincf_find(a->file, start, len) != i)
			continue;
		name = xmemdupz(start, len);
		if (!is_raw(name) && !is_managed(a, name))
			check_macro(a, i, name);
		free(name);
	}
}

/* ---- what single parameters say ---- */

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

/* Of TLS, and of AUTH: all that a daemon reads as it starts. */
static void find_bad_switches(const struct audit *a)
{
	static const char *const names[] = {"smtpd_use_tls",
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
					    "postscreen_enforce_tls"};
	struct buf value = BUF_INIT;
	struct setting setting;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_clear(&value);
		if (is_managed(a, names[i]) ||
		    !audit_value(a, names[i], "", false, &setting, &value) || !setting.set ||
		    strcasecmp(buf_string(&value), "yes") == 0 ||
		    strcasecmp(buf_string(&value), "no") == 0)
			continue;
		audit_add(a, FINDING_FATAL_VALUE, setting.line, names[i],
			  "%s = %s: neither yes nor no: %s stops with a fatal error on this value",
			  names[i], buf_string(&value), postfix_daemon(names[i]));
	}
	buf_release(&value);
}

static void find_discarded(const struct audit *a)
{
	static const struct {
		const char *name, *effect;
	} lists[] = {
		{"smtpd_discard_ehlo_keywords", "no client is offered TLS"},
		{"smtp_discard_ehlo_keywords", "no server's offer of TLS is seen"},
		{"lmtp_discard_ehlo_keywords", "no server's offer of TLS is seen"},
	};
	struct buf value = BUF_INIT;
	struct setting setting;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		buf_clear(&value);
		if (audit_value(a, lists[i].name, "", true, &setting, &value) &&
		    audit_has_word(buf_string(&value), "starttls"))
			audit_add(a, FINDING_STARTTLS_DISCARDED, setting.line, lists[i].name,
				  "%s has STARTTLS in it: %s; take it out", lists[i].name,
				  lists[i].effect);
	}
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

static enum finding_code code_of_list(enum tlslist_kind kind, enum tlslist_result is)
{
	if (is == TLSLIST_FATAL)
		return FINDING_FATAL_VALUE;
	if (is == TLSLIST_BAD)
		return FINDING_UNUSABLE_LIST;
	return kind == TLSLIST_PROTOCOLS ? FINDING_WEAK_PROTOCOLS : FINDING_WEAK_CIPHERS;
}

static void check_list(const struct audit *a, const char *name, enum tlslist_kind kind)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	enum tlslist_result is = TLSLIST_FINE;
	struct setting setting;

	if (audit_value(a, name, "", true, &setting, &value) && setting.set)
		is = tlslist_judge(kind, buf_string(&value), value.len, &why);
	if (is != TLSLIST_FINE)
		audit_add(a, code_of_list(kind, is), setting.line, name,
			  "%s = %s: %s%s; delete the line", name, buf_string(&value),
			  buf_string(&why), effect_of_list(name, is));
	buf_release(&value);
	buf_release(&why);
}

static void find_weak_lists(const struct audit *a)
{
	enum tlslist_kind kind;
	const char *name;
	size_t i;

	for (i = 0; (name = tlslist_name(i, &kind)) != NULL; i++)
		if (maincf_find(a->file, name, strlen(name)) != MAINCF_NONE)
			check_list(a, name, kind);
}

/* ---- what goes together ---- */

/* The level of a client or server once the policy's edits are made; false if unknown. */
static bool find_level(const struct audit *a, const char *name, enum tls_level *level,
		       struct setting *setting)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	bool known =
		postfix_effective_level(a->view, name, level, setting, &value, &why) == EXPAND_OK;

	buf_release(&value);
	buf_release(&why);
	return known;
}

static void find_lone_dane(const struct audit *a)
{
	enum tls_level level;
	struct setting setting;
	struct buf why = BUF_INIT;
	bool dnssec = true;

	if (find_level(a, "smtp_tls_security_level", &level, &setting) &&
	    (level == LEVEL_DANE || level == LEVEL_DANE_ONLY) &&
	    postfix_dnssec(a->view, "smtp_tls_security_level", &dnssec, &why) != EXPAND_OK)
		dnssec = true;
	buf_release(&why);
	if (dnssec)
		return;
	audit_add(a, FINDING_DANE_WITHOUT_DNSSEC, setting.line, "smtp_tls_security_level",
		  "smtp_tls_security_level = %s without smtp_dns_support_level = dnssec: %s",
		  postfix_level_name(level),
		  level == LEVEL_DANE ? "it is only may" : "all mail is deferred");
}

static void find_want_of_ca(const struct audit *a)
{
	static const char *const names[] = {"smtp_tls_CAfile", "smtp_tls_CApath"};
	struct buf value = BUF_INIT;
	struct setting setting;
	enum tls_level level;
	bool want = find_level(a, "smtp_tls_security_level", &level, &setting) &&
		    level >= LEVEL_MAY && level != LEVEL_FINGERPRINT && level != LEVEL_DANE_ONLY;
	struct setting unused;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]) && want; i++) {
		buf_clear(&value);
		want = audit_value(a, names[i], "", true, &unused, &value) && value.len == 0;
	}
	if (want && !audit_is_on(a->view, "tls_append_default_CA", false, &unused))
		audit_add(a, FINDING_NO_CA, setting.line, "smtp_tls_CAfile",
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

void audit_add_encrypt_on_mx(const struct audit *a, const struct setting *level)
{
	audit_add(
		a, FINDING_ENCRYPT_ON_PUBLIC_MX, level->line, "smtpd_tls_security_level",
		"servers that cannot do TLS cannot deliver here; a public mail exchanger must not "
		"require it");
}

/* Without a master.cf there is, as far as anybody knows, one service: on port 25. */
static void judge_only_service(const struct audit *a)
{
	struct setting setting, auth;
	enum tls_level level;

	if (!find_level(a, "smtpd_tls_security_level", &level, &setting))
		return;
	if (audit_is_on(a->view, "smtpd_tls_wrappermode", false, &auth))
		level = LEVEL_ENCRYPT;
	if (postfix_level_reaches(level, LEVEL_ENCRYPT))
		audit_add_encrypt_on_mx(a, &setting);
	if (audit_allows_plaintext_auth(a->view, level, &auth))
		audit_add_plaintext_auth(a, &auth);
}

static void find_plaintext_auth_client(const struct audit *a)
{
	struct setting auth, unused, level_setting;
	struct buf value = BUF_INIT;
	enum tls_level level;

	if (audit_is_on(a->view, "smtp_sasl_auth_enable", false, &auth) &&
	    find_level(a, "smtp_tls_security_level", &level, &level_setting) &&
	    !postfix_level_reaches(level, LEVEL_ENCRYPT) &&
	    audit_value(a, "smtp_sasl_security_options", "noplaintext, noanonymous", true, &unused,
			&value) &&
	    !audit_has_word(buf_string(&value), "noplaintext"))
		audit_add(a, FINDING_PLAINTEXT_AUTH, auth.line, "smtp_sasl_auth_enable",
			  "smtp_sasl_auth_enable = yes at level %s, and "
			  "smtp_sasl_security_options allows plaintext: passwords may leave "
			  "without TLS",
			  postfix_level_name(level));
	buf_release(&value);
}

void audit(const struct audit *a)
{
	find_mark(a);
	find_fatal_macros(a);
	find_bad_switches(a);
	find_discarded(a);
	find_weak_lists(a);
	find_lone_dane(a);
	find_want_of_ca(a);
	find_plaintext_auth_client(a);
	audit_names(a);
	audit_certificates(a);
	if (a->master != NULL)
		audit_services(a);
	else
		judge_only_service(a);
}
