/*
 * trial - one text on trial: what all laws need to try it.
 * Errors: what is broken is put into words; the text is acquitted where there are none.
 * Owner:  trial_end() releases all but the text.
 */
#ifndef TLSHARDEN_TEST_TRIAL_H
#define TLSHARDEN_TEST_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "maincf.h"
#include "meaning.h"
#include "verdict.h"
#include "reading.h"

struct trial {
	enum laws_policy policy; /* that is applied */
	size_t managed;          /* so many of the first parameters it manages */
	const char *text;
	size_t len;
	struct reading old;
	struct maincf *file;
	struct verdicts verdicts;
	struct buf new_text;
	struct reading new;
	bool changed;
	struct buf why; /* what is broken; empty while all holds */
};

/* Reads the text, by our own reader and by the program's. */
void trial_init(struct trial *, enum laws_policy, const char *text, size_t len);
/* Returns what is broken, which the caller frees, or NULL. */
char *trial_end(struct trial *, bool good);

/* Says which law is broken, and how. False. */
bool broken(struct trial *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool same_bytes(const char *a, size_t alen, const char *b, size_t blen);
bool same_buf(const struct buf *a, const struct buf *b);

/* The policy of the trial, made once, and its twin that went through text and back. */
struct policy *trial_policy(const struct trial *);
struct policy *trial_twin(const struct trial *);
/* Two lists of verdicts say the same. */
bool same_verdicts(const struct verdicts *, const struct verdicts *);
/* Sets what the verdicts say, as the program does it. */
void trial_act(struct maincf *, const struct verdicts *);

#endif
