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

/* Parameters of which any one that is not empty is enough. Beside the first the rest is ignored. */
static const char *const certificates[] = {"smtpd_tls_chain_files", "smtpd_tls_cert_file",
					   "smtpd_tls_eccert_file", "smtpd_tls_dcert_file"};

struct found {
	bool any;      /* one is named */
	bool unknown;  /* one cannot be evaluated */
	bool none;     /* smtpd_tls_cert_file = none, by intent */
	bool file;     /* and one is that is a file */
	size_t line;   /* of the last one that is named; of the missing one, if there is one */
	char *missing; /* on a live host: the path of one that is not there */
};

/* One that is not there takes the others with it: TLS fails. */
static void look_at_all(struct found *f, const char *paths, size_t line)
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
			f->line = line;
		} else {
			free(path);
		}
	}
}

static void find_certificate(const struct audit *a, const char *name, struct found *f)
{
	struct buf value = BUF_INIT;
	struct setting setting;

	if (!audit_value(a, name, "", true, &setting, &value)) {
		f->unknown = true;
	} else if (value.len > 0) {
		f->any = true;
		if (f->missing == NULL)
			f->line = setting.line;
		if (strcmp(name, "smtpd_tls_cert_file") == 0 &&
		    strcasecmp(buf_string(&value), "none") == 0)
			f->none = true;
		else
			f->file = true;
		/* "none" is no absolute path: it is passed over. */
		if (a->live)
			look_at_all(f, buf_string(&value), setting.line);
	}
	buf_release(&value);
}

static void say_what_is_wanting(const struct audit *a, const struct found *f, size_t line,
				enum tls_level level)
{
	const char *effect = postfix_level_reaches(level, LEVEL_ENCRYPT)
				     ? "no mail is accepted"
				     : "mail arrives in plaintext";

	if (!f->any)
		audit_add(a, FINDING_NO_CERTIFICATE, line, "smtpd_tls_security_level",
			  "the server has no certificate: STARTTLS will answer 454, and %s; "
			  "\"postfix tls enable-server\" makes one",
			  effect);
	else if (f->missing != NULL)
		audit_add(a, FINDING_NO_CERTIFICATE, f->line, "smtpd_tls_security_level",
			  "the server's certificate %s does not exist: STARTTLS will fail, and %s; "
			  "\"postfix tls enable-server\" makes one",
			  f->missing, effect);
	else if (f->none && !f->file)
		audit_add(a, FINDING_ANONYMOUS_ONLY, f->line, "smtpd_tls_cert_file",
			  "smtpd_tls_cert_file = none: only anonymous ciphers, which few clients "
			  "speak and TLS 1.3 does not have");
}

static void check_certificate(const struct audit *a)
{
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct found f = {.any = false};
	struct setting setting;
	enum tls_level level;
	bool chain;
	size_t i;

	if (postfix_effective_level(a->view, "smtpd_tls_security_level", &level, &setting, &value,
				    &why) == EXPAND_OK &&
	    postfix_level_reaches(level, LEVEL_MAY)) {
		find_certificate(a, certificates[0], &f);
		chain = f.any;
		for (i = 1; i < sizeof(certificates) / sizeof(certificates[0]) && !chain; i++)
			find_certificate(a, certificates[i], &f);
		if (!f.unknown)
			say_what_is_wanting(a, &f, setting.line, level);
	}
	free(f.missing);
	buf_release(&value);
	buf_release(&why);
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

static void check_key(const struct audit *a, const char *name, size_t line, const char *path)
{
	struct stat st;

	if (*path != '/' || look(path, &st) != PRESENT || !S_ISREG(st.st_mode) ||
	    (st.st_mode & S_IROTH) == 0 || !others_reach(path) || !holds_key(path))
		return;
	audit_add(a, FINDING_KEY_READABLE, line, name,
		  "%s: everybody on this host can read the private key %s; chmod 600 it", name,
		  path);
}

/* False if nothing is set. */
static bool check_keys(const struct audit *a, const char *name)
{
	struct buf value = BUF_INIT;
	struct setting setting;
	bool known = audit_value(a, name, "", true, &setting, &value);
	const char *p = known ? buf_string(&value) : "";
	bool set = setting.set && (!known || *p != '\0');
	size_t len;
	char *path;

	for (; *p != '\0'; p += len) {
		p += strspn(p, separators);
		len = strcspn(p, separators);
		path = xmemdupz(p, len);
		check_key(a, name, setting.line, path);
		free(path);
	}
	buf_release(&value);
	return set;
}

void audit_certificates(const struct audit *a)
{
	size_t i;

	check_certificate(a);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]) && a->live; i++)
		if (!check_keys(a, keys[i].name) && keys[i].otherwise != NULL)
			(void)check_keys(a, keys[i].otherwise);
}
