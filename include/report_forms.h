/*
 * report_forms - the forms of a report, and what they share.
 * Errors: none.
 * Misses: how a form is chosen (report.h).
 */
#ifndef TLSHARDEN_REPORT_FORMS_H
#define TLSHARDEN_REPORT_FORMS_H

#include "diag.h"
#include "report.h"

report_form report_text, report_json, report_prometheus;

/* "out" or "in"; "encrypted", "plaintext" or "unknown". */
const char *report_way(enum delivery_direction);
const char *report_state(enum delivery_state);
/* How many of n rows are shown: --top, else what the form has (0: all). */
size_t report_limit(const struct report *, size_t n, size_t usual);
/* The first of the rows of --by that are shown: of days the last ones are. */
size_t report_first_row(const struct report *, size_t n, size_t shown);
/* Whether more may have been held back than the log can tell. */
bool report_is_lower_bound(const struct report *);
/* Hands over what there is, if it is much and somebody takes it. */
void report_drain(const struct report *, struct buf *out);
/* Appends the share of a part in percent; what is neither nothing nor all never looks like it. */
void report_percent(struct buf *out, uint64_t part, uint64_t whole);

#endif
