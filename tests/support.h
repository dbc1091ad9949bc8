/*
 * support - what several test programs need: folders, files, processes.
 * Errors: anything that goes wrong here ends the test program with a message.
 * Owner:  what a function returns as char * is freed by the caller.
 */
#ifndef TLSHARDEN_TEST_SUPPORT_H
#define TLSHARDEN_TEST_SUPPORT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* With AddressSanitizer, which takes time, memory and stack. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

/* A new empty folder below $TMPDIR or /tmp; remove_tree() removes it and all below. */
char *make_folder(void);
void remove_tree(const char *path);
/* "folder/name" in one of a few static buffers. */
const char *in_folder(const char *folder, const char *name);

void write_file(const char *path, const char *bytes, size_t len);
/* Sets the mtime to long ago: postconf pauses for files that are younger than two seconds. */
void make_old(const char *path);
/* Appends the whole file; ends the test if it cannot be read. */
void read_file(const char *path, struct buf *out);
bool exists(const char *path);
/* How many entries a folder has, "." and ".." not counted. */
size_t count_entries(const char *folder);
/* How many entries start with a prefix; the last of them is put in name if that is not NULL. */
size_t count_prefix(const char *folder, const char *prefix, struct buf *name);

struct ran {
	int status; /* exit status, or 128 + signal */
	struct buf out;
	struct buf err;
};
/* Runs a program (argv[0] is looked up in PATH) in a folder, or here if that is NULL. */
void run(struct ran *, const char *folder, const char *const argv[], const char *input,
	 size_t input_len);
void ran_release(struct ran *);
/*
 * The same with standard output on a terminal that changes nothing, and standard
 * error there, too, if wanted: else it is that of the test. All comes in out.
 */
void run_in_terminal(struct ran *, const char *folder, const char *const argv[], bool messages);
/* Whether there are terminals here; if not, as have_program() has it. */
bool have_terminal(void);
/* The program under test: $TLSHARDEN as an absolute path. */
const char *program(void);
/* From now on that is the program under test. */
void use_program(const char *path);
/* Whether a program is in PATH. Without it the test says so, unless $CHECK_ALL is set: then it
 * fails. */
bool have_program(const char *name);

/* Runs a suite as libcheck does it and prints its summary; returns what main shall return. */
int run_suite(Suite *);

#endif
