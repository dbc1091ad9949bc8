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

struct logprefix {
	struct stamp when;
	struct span host; /* empty where there is none */
	struct span tag;  /* empty where there is none */
	uint32_t pid;     /* 0 where there is none */
	struct span message;
};

/* What was wrapped in JSON is put behind what is in text: never more bytes than the line has. */
bool logprefix_read(struct stamp_cache *, struct buf *text, const char *line, size_t len,
		    struct logprefix *);

#endif
