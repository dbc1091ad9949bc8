/* status - how the program ends, for one file and for all. In order of gravity. */
#ifndef TLSHARDEN_STATUS_H
#define TLSHARDEN_STATUS_H

enum exit_status {
	EXIT_IN_ORDER = 0, /* in order, or put in order */
	EXIT_UNMET = 1,    /* an error found, or a rule that stays unmet */
	EXIT_TROUBLE = 2   /* the file is as it was */
};

/* The graver of two. */
static inline enum exit_status status_worse(enum exit_status a, enum exit_status b)
{
	return a > b ? a : b;
}

#endif
