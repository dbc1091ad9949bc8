/*
 * log - the command `tlsharden log`: options, the logs, the report.
 * Errors: EXIT_TROUBLE after a message.
 */
#ifndef TLSHARDEN_LOG_H
#define TLSHARDEN_LOG_H

#include "status.h"

/* argv[0] is "log". */
enum exit_status log_command(int argc, char **argv);

#endif
