/*
 * oracle - many questions to postconf, asked all at once.
 * Shape:  open, ask what there is to ask, run, and read the answers by kind and
 *         number. Each question is a main.cf in a folder of its own, of which the
 *         value of one parameter is asked; or a master.cf, of which all is asked.
 * Errors: without postconf oracle_open() says so and is false (see have_program());
 *         anything else that goes wrong ends the test program.
 */
#ifndef TLSHARDEN_TEST_ORACLE_H
#define TLSHARDEN_TEST_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

bool oracle_open(void);
void oracle_ask(const char *kind, int number, const char *file, size_t len);
/* The value of a parameter, expanded or not. Postconf sleeps for a second before it dies. */
void oracle_run(const char *name, bool expanded);
/* The same for a master.cf, and what "postconf -M" and "postconf -P" say of each. */
void oracle_ask_master(const char *kind, int number, const char *file, size_t len);
void oracle_run_master(void);
/* Whether there are answers. */
bool oracle_answered(void);
/*
 * Appends one of "out", "err" and "status" (a number and a newline) of a question; of a
 * master.cf these are those of -M, and "parameters" is what -P prints.
 */
void oracle_answer(const char *kind, int number, const char *what, struct buf *text);
void oracle_close(void);
/* As postconf prints: runs of its white space are one blank, none at the ends. */
void oracle_collapse(const char *text, struct buf *out);

#endif
