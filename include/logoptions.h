/*
 * logoptions - what the command line of `tlsharden log` says.
 * Errors: wrong usage: a message, and EXIT_TROUBLE.
 * Owner:  strings are those of argv.
 */
#ifndef TLSHARDEN_LOGOPTIONS_H
#define TLSHARDEN_LOGOPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "report.h"
#include "status.h"
#include "tally.h"

struct logoptions {
	enum tally_by by;
	int64_t since, until; /* both included */
	size_t top;           /* 0: as the report has it */
	const char *what_if;  /* a level */
	const char *format;   /* its name; NULL: none was given */
	report_form *form;
	bool check;
	double least; /* percent that shall be encrypted; below 0: none was given */
	enum options_when colour;
	bool deliveries;
	bool help, version;
};

/* Of argv[0] "log"; now is the time that "7d" counts from. optind is then the first LOG. */
enum exit_status logoptions_parse(struct logoptions *, int argc, char **argv, int64_t now)
	__attribute__((warn_unused_result));
/* What --help prints. */
const char *logoptions_help(void);

#endif
