/*
 * laws - what holds for every main.cf, whatever is in it.
 * Shape:  the laws read the file by a reader of their own (reading.h) and judge by
 *         tables of their own (meaning.h), so that a mistake of the program is not
 *         made twice.
 * Errors: laws_broken() says which law is broken.
 * Owner:  as each function says.
 * Misses: the disk.
 */
#ifndef TLSHARDEN_TEST_LAWS_H
#define TLSHARDEN_TEST_LAWS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "meaning.h"
#include "patching.h"
#include "reading.h"

/* What the program would do, as one in-memory run of it says. */
struct laws_outcome {
	bool refused;      /* malformed */
	bool unknown;      /* a parameter in force is left alone */
	struct buf text;   /* what the file becomes */
	unsigned codes[7]; /* how many verdicts of each code there are */
};
void laws_outcome_release(struct laws_outcome *);

/*
 * NULL if all laws hold for a text under a policy, else the law that is broken and how;
 * the caller frees. Where outcome is not NULL it is filled in and to be released.
 */
char *laws_broken(enum laws_policy, const char *text, size_t len, struct laws_outcome *outcome);
/* The same under each of them. */
char *laws_broken_by_any(const char *text, size_t len);

/* The same for reading and editing alone, with no policy: some settings get another value. */
char *laws_maincf_broken(const char *text, size_t len);

/*
 * The same for expansion. The last line of the text is what is expanded, the lines
 * above it are "name=value"; a name that starts with "unknown" is not known.
 */
char *laws_expand_broken(const char *text, size_t len);

/*
 * The same for verdicts, and for patterns. The first line of the text is a pattern
 * that is held against the rest; the rest is a main.cf that is judged.
 */
char *laws_policy_broken(const char *text, size_t len);

/*
 * The same for policies as text: what is one comes back as it was, and it judges main.cf
 * files that are made up from it as a policy shall.
 */
char *laws_policyfile_broken(const char *text, size_t len);

/*
 * The same for mail logs: what is told is counted once and shown, in each form; lines
 * are forgotten when they were read; what is not understood changes nothing.
 */
char *laws_log_broken(const char *text, size_t len);

#endif
