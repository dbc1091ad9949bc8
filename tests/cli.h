/*
 * cli - what tests share that run the program as its user does.
 * Shape:  every test has a folder of its own, in which the program runs; r is
 *         what the last run did.
 * Errors: what is not as it shall be fails the test, with a message.
 * Owner:  set_up() and tear_down() are the fixture of every case.
 */
#ifndef TLSHARDEN_TEST_CLI_H
#define TLSHARDEN_TEST_CLI_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "buf.h"
#include "support.h"

#define NOBODY 65534

/* A main.cf that falls short in everything, and what it becomes. */
extern const char weak[], hard[];
/* One whose server level cannot be known, and what becomes of the rest. */
extern const char unknown[], unknown_rest[];

extern char *top;    /* the folder, all links resolved */
extern struct ran r; /* what the last run did */

/* A case of a suite, with set_up() and tear_down(); and all of a suite, with a program for
 * everybody. */
TCase *cli_case(Suite *, const char *name);
int run_cli(Suite *);

void set_up(void);
void tear_down(void);

/* The path of a name in the folder of the test. */
const char *at(const char *name);
void run_here(const char *const argv[], const char *input, size_t len);

#define HARDEN(...) run_here((const char *const[]){program(), __VA_ARGS__, NULL}, NULL, 0)
#define FILTER(input, ...)                                                                         \
	run_here((const char *const[]){program(), __VA_ARGS__, NULL}, input, strlen(input))

/* A shell script in the folder of the test: $0 is the program, $1 and $2 are one and two. */
void shell(const char *script, const char *one, const char *two);
/* The same, which must succeed. */
void prepare(const char *script);
void put(const char *name, const char *text);

void assert_content(const char *name, const char *text);
void assert_status(int status);
void assert_has(const struct buf *, const char *text);
void assert_has_not(const struct buf *, const char *text);
size_t count_lines(const struct buf *);
/* Trouble as it shall be: nothing on standard output, one line that names the file. */
void assert_trouble(const char *path);
/* Whether a text fits a pattern (POSIX, extended). */
bool matches(const char *text, const char *pattern);

/* A file and the folder of the test as they are before a run that must not touch them. */
struct look {
	struct stat file, folder;
	struct buf bytes;
	size_t entries;
};
struct look look_at(const char *name);
/* The file has its inode, bytes and mtime, and nothing else is in the folder. */
void assert_whole(struct look *before, const char *name);
/* And neither the ctime nor the folder's mtime has moved. */
void assert_untouched(struct look *before, const char *name);
bool same_time(struct timespec, struct timespec);

/* The only backup in the folder of the test; its name has the form that it shall have. */
const char *the_backup(void);
/*
 * From here on a user without rights, who owns all in the folder of the test;
 * tear_down() undoes it. False, and says so, where the program is out of his reach.
 */
bool become_nobody(void);
void become_root_again(void);

#endif
