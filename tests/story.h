/*
 * story - lines of a log, and what struct deliveries tells of them, as text.
 * Shape:  a line for each delivery and each failure, as OUT(), IN() and the states have it.
 * Units:  seconds since 2026-07-01 00:00:00 UTC.
 * Owner:  story_end() frees all that story_begin() made.
 */
#ifndef TLSHARDEN_TEST_STORY_H
#define TLSHARDEN_TEST_STORY_H

#include <stddef.h>

#include "buf.h"
#include "delivery.h"

/* Parts of lines: of a cipher, with the newline; relays. */
#define GCM ": TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
#define A "a.example[192.0.2.1]:25"
#define B "b.example[192.0.2.2]:25"
#define C "c.example[192.0.2.9]"
#define PLAIN " ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"
#define STARTTLS " ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7"

/* What is told. */
#define IN(id) "in " id " s.example c.example "
#define OUT(id, rcpt, relay) "out " id " " rcpt " " relay " "
#define ENC "encrypted TLSv1.3\n"
/* Known to be encrypted, not how. */
#define BARE "encrypted\n"
#define CLEAR "plaintext\n"
#define UNKNOWN "unknown\n"
#define HANDSHAKE "handshake failed\n"

/* Whoever remembers a line by its bytes sees those of the next one in the same place. */
struct story {
	struct buf text;
	struct story_untold *untold; /* words that wait for their witness */
	size_t n, cap;
	struct deliveries *d;
	struct maillog_reader reader;
	struct stamp_clock clock;
	struct buf line;
};

/* With a sink of the caller's the text stays empty; NULL: with the one that writes it. */
void story_begin(struct story *, const struct delivery_sink *);
/* A line without its newline; it must not be malformed. */
void story_line(struct story *, const char *bytes, size_t len);
/* A line of host out1 and syslog_name postfix, with a stamp of that second. */
void story_at(struct story *, unsigned second, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The log is over: what was not known until now is in the text. */
const char *story_text(struct story *);
/* Frees all; the log may be left in the middle. */
void story_end(struct story *);

#endif
