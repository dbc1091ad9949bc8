/*
 * label - a name out of a log as reports have it.
 * Shape:  well-formed UTF-8 without NUL, U+FFFD for bytes that are none; cut where it is longer
 *         than any host name, domain or cipher (RFC 1035).
 * Owner:  the span is the name itself, or in the room until that is used again.
 */
#ifndef TLSHARDEN_LABEL_H
#define TLSHARDEN_LABEL_H

#include "buf.h"
#include "span.h"

struct span label_clean(struct buf *room, struct span name);

#endif
