/*
 * options - what both commands say and do about their options.
 * Errors: wrong usage: a message that names the word, and EXIT_TROUBLE.
 * Misses: which options there are.
 */
#ifndef TLSHARDEN_OPTIONS_H
#define TLSHARDEN_OPTIONS_H

#include <stdbool.h>

#include "status.h"

struct option;

enum options_when { OPTIONS_AUTO, OPTIONS_ALWAYS, OPTIONS_NEVER };

/* The command whose help is named after a usage error: "tlsharden", until it is another. */
void options_command(const char *name);
/* Says what is wrong; word may be NULL. */
enum exit_status options_error(const char *what, const char *word);
/*
 * What getopt_long() (with opterr = 0 and ':' first) did not know, in the word it was in; or what
 * is short for more than one of the long options.
 */
enum exit_status options_unknown(const char *word, const struct option *all);
/* The value of --color. */
enum exit_status options_colour(enum options_when *, const char *word);
/* Whether standard output shall have colours. */
bool options_want_colour(enum options_when);

#endif
