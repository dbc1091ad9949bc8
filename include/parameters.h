/*
 * parameters - the names of the parameters that are built into Postfix.
 * Source: postconf -d of Postfix 3.4.29, 3.6.20, 3.7.11, 3.9.14, 3.11.6 and a
 *         snapshot of 3.12: a name counts that any of them knows.
 * Misses: names made by services of master.cf (NAME_destination_concurrency_limit).
 */
#ifndef TLSHARDEN_PARAMETERS_H
#define TLSHARDEN_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a name of len bytes is built in. Case-sensitive, as in Postfix. */
bool parameters_known(const char *name, size_t len);

#endif
