/*
 * audit - what is wrong with a server's TLS beside the rules of a policy.
 * Shape:  the configuration is judged as it will be once the policy's edits are
 *         made; what those mend is not found here.
 * Errors: what cannot be evaluated is a finding of its own.
 * Source: each finding's (explain.h).
 * Misses: lookup tables; what other hosts do.
 */
#ifndef TLSHARDEN_AUDIT_H
#define TLSHARDEN_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "finding.h"
#include "keys.h"
#include "maincf.h"
#include "mastercf.h"
#include "verdict.h"
#include "postfix.h"

struct audit {
	const char *path; /* of the main.cf, for findings */
	const char *text; /* its bytes */
	size_t len;
	struct maincf *file;
	const struct verdicts *verdicts;
	const struct postfix_view *view; /* of what will be */
	const char *master_path;
	const struct mastercf *master; /* NULL if there is none */
	bool live;                     /* the files that it names are those of this host */
	struct findings *findings;
};

void audit(const struct audit *);

/*
 * Who asks what a parameter is: main.cf, or a service with options of its own in front
 * of that. What main.cf says by itself is not said again of a service.
 */
struct audit_place {
	const struct audit *audit;
	const struct mastercf_service *service; /* NULL: main.cf */
	struct postfix_view view;
	bool local; /* what it does stays within this host: it may be weak */
};

struct audit_place audit_main(const struct audit *);
struct audit_place audit_service(const struct audit *, const struct mastercf_service *);

/* The parts of an audit, a room each. */
void audit_names(const struct audit *);              /* duplicates, misspellings, obsolete names */
void audit_services(const struct audit *);           /* master.cf */
void audit_values(const struct audit_place *);       /* what single parameters say */
void audit_certificates(const struct audit_place *); /* certificates and keys */

/* ---- for the parts ---- */

/* A finding in the main.cf. text is printf's. */
void audit_add(const struct audit *, enum finding_code, size_t line, const char *parameter,
	       const char *text, ...) __attribute__((format(printf, 5, 6)));
/*
 * A finding where a setting stands; of a service it names that, and stands at its first
 * line where no option of its own says it.
 */
void audit_tell(const struct audit_place *, enum finding_code, const struct setting *,
		const char *parameter, const char *text, ...) __attribute__((format(printf, 5, 6)));
/* Whether a finding about this setting is one of this place, and not one of main.cf alone. */
bool audit_is_own(const struct audit_place *, const struct setting *);
/*
 * The effective value of a parameter, or its default, in value. False if it cannot be
 * known; if report is set, that is a finding then.
 */
bool audit_value(const struct audit_place *, const char *name, const char *fallback, bool report,
		 struct setting *, struct buf *value);
/* The effective level. False if it cannot be known. */
bool audit_level(const struct audit_place *, const char *name, enum tls_level *, struct setting *);
/* Whether a yes-or-no parameter is yes; its default where it cannot be known. */
bool audit_is_on(const struct postfix_view *, const char *name, bool fallback, struct setting *);
/* Whether the policy decides on a parameter, so that main.cf need not be judged by it. */
bool audit_is_managed(const struct audit *, const char *name);
/* Whether a list of words, parted by commas or blanks, has one of them. Caseless. */
bool audit_has_word(const char *list, const char *word);
/* The words of a list, as Postfix tells them apart. */
void audit_note_words(struct keys *, const char *list);
/* Lists of restrictions that the administrator gave a name, by main.cf. */
#define AUDIT_CLASSES "smtpd_restriction_classes"
void audit_note_classes(const struct audit *, struct keys *);
/* Whether a server at that level takes passwords without TLS; auth is where it says so. */
bool audit_allows_plaintext_auth(const struct postfix_view *, enum tls_level, struct setting *auth);
/* What may be found without a master.cf or with it: main.cf says it to all services. */
void audit_add_plaintext_auth(const struct audit *, const struct setting *auth);
/* The same of a level, which may be one service's own, too. */
void audit_tell_encrypt_on_mx(const struct audit_place *, const struct setting *level,
			      const char *name);
/* What goes together in a client, which the place may have: dane and DNSSEC, AUTH and its level. */
void audit_clients(const struct audit_place *);

#endif
