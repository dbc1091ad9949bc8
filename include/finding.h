/*
 * finding - what is wrong with a file, in the form in which compilers say it.
 * Shape:  "PATH:LINE: error|warning|note: text [CODE]", sorted by file and line;
 *         codes are stable, for scripts to match.
 * Units:  line numbers physical, from 1.
 * Errors: none.
 * Owner:  findings_release(); paths belong to the caller and outlive the findings.
 * Misses: how anything is found; the long texts (explain.h).
 */
#ifndef TLSHARDEN_FINDING_H
#define TLSHARDEN_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum finding_severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/* In the order in which the manual page has them: by severity, then by name. */
enum finding_code {
	FINDING_DANE_ONLY_WITHOUT_DNSSEC,
	FINDING_FATAL_MACRO,
	FINDING_FATAL_VALUE,
	FINDING_KEY_READABLE,
	FINDING_MASTER_SYNTAX,
	FINDING_POLICY_UNMET,
	FINDING_SERVICE_FATAL,
	FINDING_SERVICE_LEVEL,
	FINDING_STARTTLS_DISCARDED,
	FINDING_UNKNOWN_VALUE,
	FINDING_UNUSABLE_LIST,
	FINDING_WRAPPERMODE_LEVEL,
	FINDING_ANONYMOUS_ONLY,
	FINDING_BYTE_ORDER_MARK,
	FINDING_CONFLICTING_DUPLICATES,
	FINDING_DANE_WITHOUT_DNSSEC,
	FINDING_DEAD_DUPLICATE,
	FINDING_ENCRYPT_ON_PUBLIC_MX,
	FINDING_ENCRYPT_WITHIN_HOST,
	FINDING_IMPLIED_LEVEL,
	FINDING_MISSPELLED,
	FINDING_NO_CERTIFICATE,
	FINDING_OBSOLETE,
	FINDING_PLAINTEXT_AUTH,
	FINDING_SERVICE_LOGLEVEL,
	FINDING_UNEVALUATED,
	FINDING_WEAK_CIPHERS,
	FINDING_WEAK_PROTOCOLS,
	FINDING_WRAPPERMODE_DANE,
	FINDING_NO_CA,
	FINDING_SERVICE_OVERRIDE,
	FINDING_CODES /* how many there are */
};

struct finding {
	enum finding_code code;
	const char *path; /* borrowed */
	size_t line;
	size_t file;     /* order of files: that of the first finding in each */
	size_t seq;      /* order of adding, for findings of one line */
	bool mended;     /* by the edits that go with it */
	char *parameter; /* that it is about, or NULL */
	char *text;      /* raw: escaped when printed */
};

struct findings {
	struct finding *v;
	size_t n;
	size_t cap;
	size_t counts[3]; /* by severity */
};

/* The stable code, as it stands between brackets. */
const char *finding_name(enum finding_code);
/* The code of that name, or FINDING_CODES. */
enum finding_code finding_by_name(const char *name);
enum finding_severity finding_severity(enum finding_code);
const char *severity_name(enum finding_severity);

/* Takes text over; parameter may be NULL. The finding is valid until the next one is added. */
struct finding *findings_add(struct findings *, enum finding_code, const char *path, size_t line,
			     const char *parameter, struct buf *text);
void findings_sort(struct findings *);
/* Appends one finding as a line, without "PATH:LINE: " and newline. */
void finding_text(const struct finding *, struct buf *out);
/* Appends all of them as lines of their own. */
void findings_print(const struct findings *, bool colour, struct buf *out);
void findings_release(struct findings *);

#endif
