/* SPDX-License-Identifier: ISC */
/*
 * certificates - whether the server has one, and who can read its keys. Files are
 * looked at only where they are those of this host.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "input.h"

static const char separators[] = ", \t\r\n";

enum presence { PRESENT, ABSENT, CANNOT_SEE };

static enum presence look(const char *path, struct stat *st)
{
	if (stat(path, st) == 0)
		return PRESENT;
	return errno == ENOENT || errno == ENOTDIR ? ABSENT : CANNOT_SEE;
}

/* ---- is there a certificate? ---- */

/* Any one that is not empty is enough. Beside the first the rest is ignored. */
static const struct pair {
	const char *certificate, *key; /* a list of files has both */
} pairs[] = {
	{"smtpd_tls_chain_files", NULL},
	{"smtpd_tls_cert_file", "smtpd_tls_key_file"},
	{"smtpd_tls_eccert_file", "smtpd_tls_eckey_file"},
	{"smtpd_tls_dcert_file", "smtpd_tls_dkey_file"},
};
#define NPAIRS (sizeof(pairs) / sizeof(pairs[0]))

struct found {
	bool any;               /* one is named */
	bool unknown;           /* one cannot be evaluated */
	bool none;              /* smtpd_tls_cert_file = none, by intent */
	bool file;              /* and one is that is a file */
	struct setting own;     /* this place names one here, or says that there is none */
	struct setting setting; /* the last one that is named; the missing one, if there is one */
	char *missing;          /* on a live host: the path of one that is not there */
	const char *what;       /* that is */
};

/* One that is not there takes the others with it: TLS fails. */
static void look_at_all(struct found *f, const char *paths, const char *what,
			const struct setting *setting)
{
	struct stat st;
	size_t len;
	char *path;

	for (; *paths != '\0' && f->missing == NULL; paths += len) {
		paths += strspn(paths, separators);
		len = strcspn(paths, separators);
		path = xmemdupz(paths, len);
		/* Postfix looks for a relative path in a place that depends on the daemon. */
		if (*path == '/' && look(path, &st) == ABSENT) {
			f->missing = path;
			f->what = what;
			f->setting = *setting;
		} else {
			free(path);
		}
	}
}

/* Where there is no name of a key, it is in the file of the certificate. */
static void find_key(const struct audit_place *p, const char *name, struct found *f)
{
	struct buf value = BUF_INIT;
	struct setting setting;

	if (audit_value(p, name, "", true, &setting, &value))
		look_at_all(f, buf_string(&value), "private key", &setting);
	if (setting.overridden)
		f->own = setting;
	buf_release(&value);
}

static void find_certificate(const struct audit_place *p, const struct pair *pair, struct found *f)
{
	struct buf value = BUF_INIT;
	struct setting setting;

	if (!audit_value(p, pair->certificate, "", true, &setting, &value)) {
		f->unknown = true;
	} else if (value.len > 0) {
		f->any = true;
		if (f->missing == NULL)
			f->setting = setting;
		if (strcmp(pair->certificate, "smtpd_tls_cert_file") == 0 &&
		    strcasecmp(buf_string(&value), "none") == 0)
			f->none = true;
		else
			f->file = true;
		/* "none" is no absolute path: it is passed over. */
		if (p->audit->live)
			look_at_all(f, buf_string(&value), "certificate", &setting);
		if (p->audit->live && pair->key != NULL)
			find_key(p, pair->key, f);
	}
	if (setting.overridden)
		f->own = setting;
	buf_release(&value);
}

static void say_what_is_wanting(const struct audit_place *p, const struct found *f,
				const struct setting *at, enum tls_level level)
{
	const char *effect = postfix_level_reaches(level, LEVEL_ENCRYPT)
				     ? "no mail is accepted"
				     : "mail arrives in plaintext";

	if (!f->any)
		audit_tell(p, FINDING_NO_CERTIFICATE, at, "smtpd_tls_security_level",
			   "the server has no certificate: STARTTLS will answer 454, and %s; "
			   "\"postfix tls enable-server\" makes one",
			   effect);
	else if (f->missing != NULL)
		audit_tell(p, FINDING_NO_CERTIFICATE, &f->setting, "smtpd_tls_security_level",
			   "the server's %s %s does not exist: STARTTLS will fail, and %s; "
			   "\"postfix tls enable-server\" makes one",
			   f->what, f->missing, effect);
	else if (f->none && !f->file)
		audit_tell(p, FINDING_ANONYMOUS_ONLY, &f->setting, "smtpd_tls_cert_file",
			   "smtpd_tls_cert_file = none: only anonymous ciphers, which few clients "
			   "speak and TLS 1.3 does not have");
}

static bool has_its_own(const struct mastercf_service *s)
{
	size_t i;

	for (i = 0; i < NPAIRS; i++)
		if (mastercf_override(s, pairs[i].certificate, strlen(pairs[i].certificate)) !=
		    NULL)
			return true;
	return false;
}

/*
 * Whether no service that others can reach takes its certificate from main.cf, as where
 * each address has one. What their options say is judged with them.
 */
static bool is_for_nobody(const struct audit *a)
{
	const struct mastercf_service *s;
	size_t i, n = a->master != NULL ? mastercf_services(a->master, &s) : 0;
	bool own = false;

	for (i = 0; i < n; i++) {
		if (s[i].replaced || mastercf_is_local(&s[i]))
			continue;
		if (strcmp(s[i].command, "postscreen") == 0 ||
		    (strcmp(s[i].command, "smtpd") == 0 && !has_its_own(&s[i])))
			return false;
		own = own || strcmp(s[i].command, "smtpd") == 0;
	}
	return own;
}

/* What main.cf names is judged whoever uses it. */
static bool is_concerned(const struct audit_place *p, const struct found *f)
{
	if (p->service == NULL)
		return f->any || !is_for_nobody(p->audit);
	return f->own.set && !p->local;
}

static void check_certificate(const struct audit_place *p)
{
	struct found f = {.any = false};
	struct setting setting;
	enum tls_level level;
	size_t i, n = NPAIRS;

	if (!audit_level(p, "smtpd_tls_security_level", &level, &setting) ||
	    !postfix_level_reaches(level, LEVEL_MAY))
		return;
	for (i = 0; i < n; i++) {
		find_certificate(p, &pairs[i], &f);
		if (i == 0 && f.any)
			n = 1;
	}
	if (p->service != NULL)
		setting = f.own;
	if (!f.unknown && is_concerned(p, &f))
		say_what_is_wanting(p, &f, &setting, level);
	free(f.missing);
}

/* ---- who can read the keys? ---- */

/* Where keys are named. Where there is no name of a key, it is in the file of the certificate. */
static const struct {
	const char *name, *otherwise;
} keys[] = {
	{"smtpd_tls_chain_files", NULL},
	{"smtpd_tls_key_file", "smtpd_tls_cert_file"},
	{"smtpd_tls_eckey_file", "smtpd_tls_eccert_file"},
	{"smtpd_tls_dkey_file", "smtpd_tls_dcert_file"},
	{"smtp_tls_chain_files", NULL},
	{"smtp_tls_key_file", "smtp_tls_cert_file"},
	{"smtp_tls_eckey_file", "smtp_tls_eccert_file"},
	{"smtp_tls_dkey_file", "smtp_tls_dcert_file"},
	{"lmtp_tls_chain_files", NULL},
	{"lmtp_tls_key_file", "lmtp_tls_cert_file"},
	{"lmtp_tls_eckey_file", "lmtp_tls_eccert_file"},
	{"lmtp_tls_dkey_file", "lmtp_tls_dcert_file"},
	/* Where tlsproxy(8) has none of its own it takes that of smtpd(8) or smtp(8). */
	{"tlsproxy_tls_chain_files", NULL},
	{"tlsproxy_tls_key_file", NULL},
	{"tlsproxy_tls_eckey_file", NULL},
	{"tlsproxy_tls_dkey_file", NULL},
	{"tlsproxy_client_chain_files", NULL},
	{"tlsproxy_client_key_file", NULL},
	{"tlsproxy_client_eckey_file", NULL},
	{"tlsproxy_client_dkey_file", NULL},
};

/* A folder on the way that keeps others out keeps them from the file. */
static bool others_reach(const char *path)
{
	char *real = realpath(path, NULL), *slash;
	bool reach = real != NULL;
	struct stat st;

	while (reach && (slash = strrchr(real, '/')) != NULL && slash != real) {
		*slash = '\0';
		reach = stat(real, &st) == 0 && (st.st_mode & S_IXOTH) != 0;
	}
	free(real);
	return reach;
}

/*
 * A list of files may have keys and certificates in files of their own, and those of
 * certificates are for all to read. What cannot be read is taken for what it is named as.
 */
static bool holds_key(const char *path)
{
	static const char mark[] = "PRIVATE KEY-----";
	struct buf text = BUF_INIT, why = BUF_INIT;
	struct stat st;
	int fd = input_open(AT_FDCWD, path, &st, &why);
	bool holds = true;

	if (fd >= 0 && input_read(fd, (size_t)st.st_size, &text, &why) == 0)
		holds = memmem(buf_string(&text), text.len, mark, strlen(mark)) != NULL;
	if (fd >= 0)
		(void)close(fd);
	buf_release(&text);
	buf_release(&why);
	return holds;
}

static void check_key(const struct audit_place *p, const char *name, const struct setting *setting,
		      const char *path)
{
	struct stat st;

	if (*path != '/' || look(path, &st) != PRESENT || !S_ISREG(st.st_mode) ||
	    (st.st_mode & S_IROTH) == 0 || !others_reach(path) || !holds_key(path))
		return;
	audit_tell(p, FINDING_KEY_READABLE, setting, name,
		   "%s: everybody on this host can read the private key %s; chmod 600 it", name,
		   path);
}

/* Whether it was asked for before, so that it was said then that it cannot be evaluated. */
static bool was_asked(const char *name)
{
	size_t i;

	for (i = 0; i < NPAIRS; i++)
		if (strcmp(pairs[i].certificate, name) == 0 ||
		    (pairs[i].key != NULL && strcmp(pairs[i].key, name) == 0))
			return true;
	return false;
}

/* False if nothing is set. */
static bool check_keys(const struct audit_place *p, const char *name)
{
	struct buf value = BUF_INIT;
	struct setting setting;
	bool known = audit_value(p, name, "", !was_asked(name), &setting, &value);
	const char *at = known && audit_is_own(p, &setting) ? buf_string(&value) : "";
	bool set = setting.set && (!known || value.len > 0);
	size_t len;
	char *path;

	for (; *at != '\0'; at += len) {
		at += strspn(at, separators);
		len = strcspn(at, separators);
		path = xmemdupz(at, len);
		check_key(p, name, &setting, path);
		free(path);
	}
	buf_release(&value);
	return set;
}

void audit_certificates(const struct audit_place *p)
{
	size_t i;

	if (p->service == NULL || strcmp(p->service->command, "smtpd") == 0)
		check_certificate(p);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]) && p->audit->live; i++)
		if (!check_keys(p, keys[i].name) && keys[i].otherwise != NULL)
			(void)check_keys(p, keys[i].otherwise);
}
