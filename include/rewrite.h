/*
 * rewrite - a file on its way from what it is to what it shall be.
 * Shape:  the file is read, somebody else decides on edits, the diff is printed,
 *         the file is replaced, Postfix is told. Under the lock the decision is
 *         made anew if the file is no longer what was read before.
 * Errors: said on standard error; the exit status of the file is returned.
 * Owner:  rewrite_release() frees what was read; the edits belong to who decided.
 * Source: what the manual page says of streams, exit status and safe writing.
 * Misses: why anything is changed.
 */
#ifndef TLSHARDEN_REWRITE_H
#define TLSHARDEN_REWRITE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "buf.h"
#include "edit.h"
#include "outcome.h"
#include "status.h"

/* What a file is to become is told before it is replaced; if it cannot be told, it stays. */
struct rewrite_herald {
	/* Whether it was told; errno says why not. */
	bool (*tell)(void *context, const struct outcome *);
	void *context;
};

struct rewrite_options {
	bool dry_run; /* print the diff, write nothing */
	bool backup;
	const char *backup_dir; /* NULL: beside the file */
	bool reload;            /* tell Postfix of a change */
	/* Who tells of the diff, which is in the outcome then; NULL: it is printed. */
	const struct rewrite_herald *herald;
	bool colour;
	bool terminal; /* standard output is one: control bytes are made visible */
};

struct rewrite;

/* Who decides what a file shall be. */
struct rewrite_decider {
	/* Looks at text and st, sets edits. Called again if they have changed. */
	enum exit_status (*decide)(struct rewrite *, void *context);
	/* What is left to be said when all is done, or there was nothing to do. */
	enum exit_status (*conclude)(const struct rewrite *, void *context);
	/* Appends what was done to the file, a participle for people. */
	void (*add_done)(struct buf *, void *context);
	void *context;
};

struct rewrite {
	const struct rewrite_options *options;
	const struct rewrite_decider *decider;
	const char *path;          /* for people, and to open; borrowed */
	struct buf text;           /* the old bytes */
	struct stat st;            /* what the file was when they were read */
	const struct edits *edits; /* borrowed; valid once decide() said EXIT_IN_ORDER */
	struct outcome *outcome;   /* what becomes of it; borrowed */
};

/* The file that a name stands for: a folder stands for its main.cf. The caller frees it. */
char *rewrite_path(const char *name) __attribute__((warn_unused_result));
/* Asks the decider, anew if it was asked before. */
enum exit_status rewrite_decide(struct rewrite *);
/* Reads and decides. */
enum exit_status rewrite_read(struct rewrite *);
/* After that: prints the diff or replaces the file, as the options say. */
enum exit_status rewrite_carry_out(struct rewrite *);
void rewrite_release(struct rewrite *);

/* Pieces that a stream needs too. */
enum exit_status rewrite_print_diff(const struct rewrite *);
/* The new text to a descriptor. 0, or -1 with errno. context is a struct rewrite. */
int rewrite_write(void *context, int fd) __attribute__((warn_unused_result));
/* Says that the file is in trouble, also in the outcome. */
enum exit_status rewrite_trouble(const struct rewrite *, const struct buf *why);

#endif
