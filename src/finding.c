/* SPDX-License-Identifier: ISC */
#include "finding.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"

static const struct {
	const char *name;
	enum finding_severity severity;
} codes[] = {
	[FINDING_DANE_ONLY_WITHOUT_DNSSEC] = {"dane-only-without-dnssec", SEVERITY_ERROR},
	[FINDING_FATAL_MACRO] = {"fatal-macro", SEVERITY_ERROR},
	[FINDING_FATAL_VALUE] = {"fatal-value", SEVERITY_ERROR},
	[FINDING_KEY_READABLE] = {"key-readable", SEVERITY_ERROR},
	[FINDING_MASTER_SYNTAX] = {"master-syntax", SEVERITY_ERROR},
	[FINDING_POLICY_UNMET] = {"policy-unmet", SEVERITY_ERROR},
	[FINDING_SERVICE_FATAL] = {"service-fatal", SEVERITY_ERROR},
	[FINDING_SERVICE_LEVEL] = {"service-level", SEVERITY_ERROR},
	[FINDING_STARTTLS_DISCARDED] = {"starttls-discarded", SEVERITY_ERROR},
	[FINDING_UNKNOWN_VALUE] = {"unknown-value", SEVERITY_ERROR},
	[FINDING_UNUSABLE_LIST] = {"unusable-list", SEVERITY_ERROR},
	[FINDING_WRAPPERMODE_LEVEL] = {"wrappermode-level", SEVERITY_ERROR},
	[FINDING_ANONYMOUS_ONLY] = {"anonymous-only", SEVERITY_WARNING},
	[FINDING_BYTE_ORDER_MARK] = {"byte-order-mark", SEVERITY_WARNING},
	[FINDING_CONFLICTING_DUPLICATES] = {"conflicting-duplicates", SEVERITY_WARNING},
	[FINDING_DANE_WITHOUT_DNSSEC] = {"dane-without-dnssec", SEVERITY_WARNING},
	[FINDING_DEAD_DUPLICATE] = {"dead-duplicate", SEVERITY_WARNING},
	[FINDING_ENCRYPT_ON_PUBLIC_MX] = {"encrypt-on-public-mx", SEVERITY_WARNING},
	[FINDING_ENCRYPT_WITHIN_HOST] = {"encrypt-within-host", SEVERITY_WARNING},
	[FINDING_IMPLIED_LEVEL] = {"implied-level", SEVERITY_WARNING},
	[FINDING_MISSPELLED] = {"misspelled-parameter", SEVERITY_WARNING},
	[FINDING_NO_CERTIFICATE] = {"no-certificate", SEVERITY_WARNING},
	[FINDING_OBSOLETE] = {"obsolete-parameter", SEVERITY_WARNING},
	[FINDING_PLAINTEXT_AUTH] = {"plaintext-auth", SEVERITY_WARNING},
	[FINDING_SERVICE_LOGLEVEL] = {"service-loglevel", SEVERITY_WARNING},
	[FINDING_UNEVALUATED] = {"unevaluated-value", SEVERITY_WARNING},
	[FINDING_WEAK_CIPHERS] = {"weak-ciphers", SEVERITY_WARNING},
	[FINDING_WEAK_PROTOCOLS] = {"weak-protocols", SEVERITY_WARNING},
	[FINDING_WRAPPERMODE_DANE] = {"wrappermode-dane", SEVERITY_WARNING},
	[FINDING_NO_CA] = {"no-ca", SEVERITY_NOTE},
	[FINDING_SERVICE_OVERRIDE] = {"service-override", SEVERITY_NOTE},
};

static const struct {
	const char *name;
	const char *colour;
} severities[] = {
	[SEVERITY_ERROR] = {"error", "\033[1;31m"},
	[SEVERITY_WARNING] = {"warning", "\033[1;33m"},
	[SEVERITY_NOTE] = {"note", "\033[1;36m"},
};

const char *finding_name(enum finding_code code)
{
	return codes[code].name;
}

enum finding_code finding_by_name(const char *name)
{
	int i;

	for (i = 0; i < FINDING_CODES; i++)
		if (strcmp(codes[i].name, name) == 0)
			break;
	return (enum finding_code)i;
}

enum finding_severity finding_severity(enum finding_code code)
{
	return codes[code].severity;
}

const char *severity_name(enum finding_severity severity)
{
	return severities[severity].name;
}

/* Findings of one file were mostly added one after the other. */
static size_t file_number(const struct findings *all, const char *path)
{
	size_t i, next = 0;

	for (i = all->n; i-- > 0;) {
		if (strcmp(all->v[i].path, path) == 0)
			return all->v[i].file;
		if (all->v[i].file >= next)
			next = all->v[i].file + 1;
	}
	return next;
}

struct finding *findings_add(struct findings *all, enum finding_code code, const char *path,
			     size_t line, const char *parameter, struct buf *text)
{
	size_t file = file_number(all, path);
	struct finding *f;

	all->v = xgrow(all->v, all->n, &all->cap, sizeof(*all->v));
	f = &all->v[all->n];
	*f = (struct finding){.code = code, .path = path, .line = line > 0 ? line : 1};
	f->file = file;
	f->seq = all->n;
	f->parameter = parameter != NULL ? xstrdup(parameter) : NULL;
	f->text = buf_detach(text);
	all->n++;
	all->counts[finding_severity(code)]++;
	return f;
}

static int by_place(const void *one, const void *two)
{
	const struct finding *a = one, *b = two;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

void findings_sort(struct findings *all)
{
	if (all->n > 1)
		qsort(all->v, all->n, sizeof(*all->v), by_place);
}

void finding_text(const struct finding *f, struct buf *out)
{
	buf_addf(out, "%s: %s [%s]", severity_name(finding_severity(f->code)), f->text,
		 finding_name(f->code));
}

static void print_one(const struct finding *f, bool colour, struct buf *out)
{
	enum finding_severity severity = finding_severity(f->code);
	struct buf line = BUF_INIT;

	buf_addf(&line, "%s:%zu: ", f->path, f->line);
	diag_escape(out, line.data, line.len);
	buf_clear(&line);
	buf_addf(out, "%s%s:%s ", colour ? severities[severity].colour : "",
		 severities[severity].name, colour ? "\033[m" : "");
	buf_addf(&line, "%s [%s]", f->text, finding_name(f->code));
	diag_escape(out, line.data, line.len);
	buf_addc(out, '\n');
	buf_release(&line);
}

void findings_print(const struct findings *all, bool colour, struct buf *out)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		print_one(&all->v[i], colour, out);
}

void findings_release(struct findings *all)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		free(all->v[i].parameter);
		free(all->v[i].text);
	}
	free(all->v);
	*all = (struct findings){0};
}
