/*
 * utf8 - whether bytes are text that a terminal can be trusted with, seen by the tests.
 * Source: RFC 3629; Unicode 15, general categories Cc, Zl, Zp and Bidi_Control.
 */
#ifndef TLSHARDEN_TEST_UTF8_H
#define TLSHARDEN_TEST_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether all bytes are well-formed UTF-8. */
bool utf8_good(const char *text, size_t len);
/* Whether they are that, and there is no control character among them. */
bool utf8_shows(const char *text, size_t len);

#endif
