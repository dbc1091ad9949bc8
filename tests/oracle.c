/* SPDX-License-Identifier: ISC */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

static char *answers; /* a folder for each question; NULL without postconf */

bool oracle_open(void)
{
	if (have_program("postconf"))
		answers = make_folder();
	return answers != NULL;
}

static char *folder_of(const char *kind, int number)
{
	struct buf path = BUF_INIT;

	buf_addf(&path, "%s/%s%d", answers, kind, number);
	return buf_detach(&path);
}

/* Both files, of which one is empty. */
static void ask(const char *kind, int number, const char *main_cf, size_t main_len,
		const char *master_cf, size_t master_len)
{
	char *folder = folder_of(kind, number);

	ck_assert_int_eq(mkdir(folder, 0700), 0);
	write_file(in_folder(folder, "master.cf"), master_cf, master_len);
	write_file(in_folder(folder, "main.cf"), main_cf, main_len);
	make_old(in_folder(folder, "main.cf"));
	free(folder);
}

void oracle_ask(const char *kind, int number, const char *file, size_t len)
{
	ask(kind, number, file, len, "", 0);
}

void oracle_ask_master(const char *kind, int number, const char *file, size_t len)
{
	ask(kind, number, "", 0, file, len);
}

/* Runs a script with its $0 and two arguments. */
static void run_script(const char *script, const char *one, const char *two)
{
	const char *const argv[] = {"sh", "-c", script, answers, one, two, NULL};
	struct ran r;

	run(&r, NULL, argv, NULL, 0);
	ck_assert_int_eq(r.status, 0);
	ran_release(&r);
}

void oracle_run(const char *name, bool expanded)
{
	run_script("name=$1 flag=$2; for d in \"$0\"/*; do (cd \"$d\" && "
		   "{ postconf -c . $flag -h \"$name\" >out 2>err; "
		   "echo $? >status; }) & done; wait",
		   name, expanded ? "-x" : "");
}

void oracle_run_master(void)
{
	run_script("for d in \"$0\"/*; do (cd \"$d\" && "
		   "{ postconf -c . -M >out 2>err; echo $? >status; "
		   "postconf -c . -P >parameters 2>/dev/null; }) & done; wait",
		   NULL, NULL);
}

bool oracle_answered(void)
{
	return answers != NULL;
}

void oracle_answer(const char *kind, int number, const char *what, struct buf *text)
{
	char *folder = folder_of(kind, number);

	read_file(in_folder(folder, what), text);
	free(folder);
}

void oracle_close(void)
{
	if (answers != NULL)
		remove_tree(answers);
	free(answers);
	answers = NULL;
}

void oracle_collapse(const char *text, struct buf *out)
{
	const char *word = text + strspn(text, " \t\r\n");
	size_t len;

	for (; *word != '\0'; word += len + strspn(word + len, " \t\r\n")) {
		len = strcspn(word, " \t\r\n");
		if (out->len > 0)
			buf_addc(out, ' ');
		buf_add(out, word, len);
	}
}
