/*
 * child - a program that is run for what it prints.
 * Shape:  found, started, read from out, ended.
 * Errors: -1 with the cause in why, one phrase.
 * Owner:  child_end() and child_stop() close and wait; nothing is left behind.
 * Misses: what is printed; who the program runs as (as we do when it is started).
 */
#ifndef TLSHARDEN_CHILD_H
#define TLSHARDEN_CHILD_H

#include <sys/types.h>

#include "buf.h"

/* What the exit status of a child that could not start tells. */
#define CHILD_CANNOT_START 127

struct child {
	pid_t pid;    /* 0: none */
	int out;      /* what it prints is read here */
	int messages; /* and what it says on standard error; kept until the end */
};

/* A program in PATH, else in more folders ("/usr/bin:/bin"). The caller frees; NULL: none. */
char *child_find(const char *name, const char *more) __attribute__((warn_unused_result));
/* argv[0] is a path; input becomes its standard input, or nothing where that is -1. */
int child_start(struct child *, char *const argv[], int input, struct buf *why)
	__attribute__((warn_unused_result));
/* All was read: whether the program succeeded; the cause is what it said. */
int child_end(struct child *, struct buf *why) __attribute__((warn_unused_result));
/* No more is wanted: ends it. */
void child_stop(struct child *);
/* Waits for a process: its wait status, or -1 with errno. */
int child_wait(pid_t);
/* In the child: signals that we ignore are as programs expect them. */
void child_signals(void);

#endif
