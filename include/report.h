/*
 * report - what was counted, for people and for programs.
 * Shape:  one function a form, found by its name in one table.
 * Errors: out of memory ends the process.
 * Source: the JSON document: tests/log.schema.json; the text format of Prometheus.
 * Misses: counting (tally.h); where the text goes.
 */
#ifndef TLSHARDEN_REPORT_H
#define TLSHARDEN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "tally.h"

struct report {
	const struct tally *tally;      /* finished */
	const char *source;             /* what was read, in a few words: "mail.log.1, mail.log" */
	enum tally_by by;               /* rows that were asked for, or TALLY_ALL */
	const char *what_if;            /* the level */
	size_t top;                     /* rows of each table at most; 0: as the form has it */
	uint64_t lines, not_understood; /* that were read */
	uint64_t suppressed;            /* lines that the logger says it dropped */
	bool wide;                      /* a terminal that shows UTF-8: bars may be drawn */
	bool colour;
	/* Takes what is there and clears it, now and then; NULL: all stays in out. */
	void (*drain)(void *context, struct buf *out);
	void *context;
};

typedef void report_form(const struct report *, struct buf *out);

/* "text", "json", "prometheus"; NULL if there is no such form. */
report_form *report_by_name(const char *name);
/* The share of a direction that was encrypted, of what is known; in percent, or -1. */
double report_share(const struct tally_counts *);

#endif
