/*
 * output - what the program prints, and whether it arrived.
 * Shape:  bytes to standard output, all at once.
 * Errors: false with errno; output_trouble() says so and is the status to end with.
 */
#ifndef TLSHARDEN_OUTPUT_H
#define TLSHARDEN_OUTPUT_H

#include <stdbool.h>

#include "buf.h"
#include "status.h"

bool output_print(const struct buf *);
/* The same to a terminal: what that would obey is made visible. */
bool output_show(const struct buf *);
/* Standard output cannot be written, for the cause that errno has. */
enum exit_status output_trouble(void);

#endif
