/*
 * logprefix - what loggers write before a program's message: time, host, tag, process.
 * Shape:  a line in, its prefix and the message out. Known are syslog's forms (BSD,
 *         RFC 5424, with or without the priority), journalctl's, postlogd's,
 *         Solaris's, and those that Docker, docker-compose and Kubernetes put around.
 * Errors: false where there is no prefix that is known.
 * Owner:  spans point into the line, or into text where it was wrapped in JSON.
 * Source: RFC 3164, RFC 5424, Postfix util/msg_logger.c, journalctl(1).
 */
#ifndef TLSHARDEN_LOGPREFIX_H
#define TLSHARDEN_LOGPREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "span.h"
#include "stamp.h"

/* What the caller finds out of host and tag; zeros at first. */
struct logprefix_note {
	uint64_t who;
	uint8_t by;
};

struct logprefix {
	struct stamp when;
	struct span host; /* empty where there is none */
	struct span tag;  /* empty where there is none */
	uint32_t pid;     /* 0 where there is none */
	struct span message;
	struct logprefix_note *note; /* kept with host and tag; NULL if these are not kept */
};

/* What is between the time and the process's number, "[" included, as it was read before. */
#define LOGPREFIX_HEADS 32
struct logprefix_head {
	char text[59];
	uint8_t len; /* of text; 0: none */
	uint8_t host_at, host_len, tag_at, tag_len;
	struct logprefix_note note;
};

/* What lines have in common with those before them. {0} to begin with. */
struct logprefix_cache {
	struct stamp_cache stamps;
	struct logprefix_head heads[LOGPREFIX_HEADS];
};

/* What was wrapped in JSON is put behind what is in text: never more bytes than the line has. */
bool logprefix_read(struct logprefix_cache *, struct buf *text, const char *line, size_t len,
		    struct logprefix *);

#endif
