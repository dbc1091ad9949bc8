/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"

static const char *command = PROGRAM;

void options_command(const char *name)
{
	command = name;
}

enum exit_status options_error(const char *what, const char *word)
{
	diag(DIAG_ERROR, NULL, 0, "%s%s%s", what, word != NULL ? ": " : "",
	     word != NULL ? word : "");
	diag(DIAG_ERROR, NULL, 0, "try '%s --help'", command);
	return EXIT_TROUBLE;
}

/* Which long options begin like that, in a list; how many. */
static size_t find_candidates(const char *word, const struct option *all, struct buf *list)
{
	size_t len = strcspn(word, "="), n = 0;

	for (; all->name != NULL; all++)
		if (strncmp(all->name, word, len) == 0)
			buf_addf(list, "%s--%s", n++ > 0 ? ", " : "", all->name);
	return n;
}

static enum exit_status unknown_long(const char *word, const struct option *all)
{
	struct buf list = BUF_INIT, text = BUF_INIT;
	enum exit_status rc;

	if (find_candidates(word + 2, all, &list) > 1) {
		buf_addf(&text, "%s (%s)", word, list.data);
		rc = options_error("ambiguous option", text.data);
	} else {
		rc = options_error("unknown option", word);
	}
	buf_release(&list);
	buf_release(&text);
	return rc;
}

/* getopt_long() leaves a letter in optopt, also for a long option with a value too much. */
enum exit_status options_unknown(const char *word, const struct option *all)
{
	char letter[] = {'-', (char)optopt, '\0'};

	if (strncmp(word, "--", 2) == 0)
		return optopt != 0 ? options_error("option takes no value", word)
				   : unknown_long(word, all);
	return options_error("unknown option", letter);
}

enum exit_status options_colour(enum options_when *when, const char *word)
{
	static const char *const words[] = {"auto", "always", "never"};
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0) {
			*when = (enum options_when)i;
			return EXIT_IN_ORDER;
		}
	return options_error("--color wants auto, always or never", word);
}

bool options_want_colour(enum options_when when)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != OPTIONS_AUTO)
		return when == OPTIONS_ALWAYS;
	return isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0;
}
