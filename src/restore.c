/* SPDX-License-Identifier: ISC */
#include "restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "compare.h"
#include "diag.h"
#include "input.h"

struct job {
	struct backup_found found;
	struct buf text; /* of the backup */
	struct edits edits;
};

static void forget(struct job *j)
{
	backup_found_release(&j->found);
	buf_release(&j->text);
	edits_release(&j->edits);
}

static int find_and_read(struct job *j, const struct rewrite *r, struct buf *why)
{
	char *path = realpath(r->path, NULL);
	int rc = -1;

	if (path == NULL)
		buf_adds(why, strerror(errno));
	else if (backup_find(&j->found, path, &r->st, r->options->backup_dir, why) == 0)
		rc = input_read(j->found.fd, (size_t)j->found.st.st_size, &j->text, why);
	free(path);
	return rc;
}

static enum exit_status decide(struct rewrite *r, void *context)
{
	struct job *j = context;
	struct buf why = BUF_INIT;
	enum exit_status rc = EXIT_IN_ORDER;

	forget(j);
	if (find_and_read(j, r, &why) < 0) {
		rc = rewrite_trouble(r, &why);
	} else {
		compare(&j->edits, buf_string(&r->text), r->text.len, buf_string(&j->text),
			j->text.len);
		r->edits = &j->edits;
	}
	buf_release(&why);
	return rc;
}

static enum exit_status conclude(const struct rewrite *r, void *context)
{
	const struct job *j = context;

	if (j->found.passed_over != NULL)
		diag(DIAG_INFO, r->path, 0,
		     "warning: %s was passed over: it is not a regular file of root's or of the "
		     "file's owner",
		     j->found.passed_over);
	return EXIT_IN_ORDER;
}

static void add_restored(struct buf *out, void *context)
{
	const struct job *j = context;

	buf_addf(out, "restored from %s", j->found.path);
}

enum exit_status restore_file(const struct rewrite_options *options, const char *name,
			      struct outcome *outcome)
{
	struct job j = {.found = {.fd = -1}};
	const struct rewrite_decider decider = {decide, conclude, add_restored, &j};
	struct rewrite r = {.options = options, .decider = &decider, .outcome = outcome};
	enum exit_status rc;

	outcome->path = rewrite_path(name);
	r.path = outcome->path;
	rc = rewrite_read(&r);

	if (rc == EXIT_IN_ORDER)
		rc = rewrite_carry_out(&r);
	forget(&j);
	rewrite_release(&r);
	return rc;
}
