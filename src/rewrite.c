/* SPDX-License-Identifier: ISC */
#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic.h"
#include "diag.h"
#include "input.h"
#include "interrupt.h"
#include "output.h"
#include "reload.h"
#include "udiff.h"

/* How long another program may edit the file before we give up. */
#define LOCK_SECONDS 5

enum exit_status rewrite_trouble(const struct rewrite *r, const struct buf *why)
{
	diag(DIAG_ERROR, r->path, 0, "%s", buf_string(why));
	outcome_error(r->outcome, 0, buf_string(why));
	return EXIT_TROUBLE;
}

char *rewrite_path(const char *name)
{
	struct buf path = BUF_INIT;
	size_t len = strlen(name);
	struct stat st;

	buf_adds(&path, name);
	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		buf_adds(&path, name[len - 1] == '/' ? "main.cf" : "/main.cf");
	return buf_detach(&path);
}

/*
 * The name under which patch finds the file: where all links lead to, below the
 * current folder if it was named from there and is there, else from the root.
 */
static char *label(const char *path)
{
	char *real = realpath(path, NULL), *here, *result;
	size_t len;

	if (real == NULL)
		return xstrdup(path);
	here = path[0] != '/' ? getcwd(NULL, 0) : NULL;
	len = here != NULL ? strlen(here) : 0;
	if (len > 1 && strncmp(real, here, len) == 0 && real[len] == '/')
		result = xstrdup(real + len + 1);
	else
		result = xstrdup(real);
	free(here);
	free(real);
	return result;
}

static bool print(const struct rewrite *r, const struct buf *diff)
{
	const struct rewrite_options *o = r->options;
	struct buf dressed = BUF_INIT;
	const struct buf *out = diff;
	bool printed;

	if (o->colour || o->terminal) {
		udiff_dress(&dressed, buf_string(diff), diff->len,
			    (o->colour ? UDIFF_COLOR : 0U) | UDIFF_ESCAPE);
		out = &dressed;
	}
	printed = output_print(out);
	buf_release(&dressed);
	return printed;
}

enum exit_status rewrite_print_diff(const struct rewrite *r)
{
	const struct rewrite_herald *herald = r->options->herald;
	char *name = strcmp(r->path, "-") == 0 ? xstrdup("-") : label(r->path);
	struct buf diff = BUF_INIT;
	bool printed;

	udiff(&diff, name, buf_string(&r->text), r->text.len, r->edits);
	if (r->outcome->keep) {
		buf_clear(&r->outcome->diff);
		buf_add(&r->outcome->diff, diff.data, diff.len);
	}
	printed = herald != NULL ? herald->tell(herald->context, r->outcome) : print(r, &diff);
	free(name);
	buf_release(&diff);
	return printed ? EXIT_IN_ORDER : output_trouble();
}

int rewrite_write(void *context, int fd)
{
	const struct rewrite *r = context;

	return edits_write(r->edits, buf_string(&r->text), r->text.len, fd);
}

static void warn_of_access(const struct rewrite *r, const struct stat *st)
{
	if (st->st_nlink > 1)
		diag(DIAG_INFO, r->path, 0,
		     "warning: the file has other names (hard links); those keep the old text");
	if ((st->st_mode & S_IROTH) == 0)
		diag(DIAG_INFO, r->path, 0,
		     "warning: not readable by all, as Postfix's sendmail and postdrop need it; "
		     "the mode was kept");
}

/* ---- telling Postfix, and taking back what it does not take ---- */

/* What was put in place of the old file. */
struct written {
	struct stat st; /* of the new file, as soon as it was there */
	char *backup;   /* path, or NULL */
};

static int write_old(void *context, int fd)
{
	const struct rewrite *r = context;
	const struct edits none = {0};

	return edits_write(&none, buf_string(&r->text), r->text.len, fd);
}

/* The old bytes come back, unless somebody has touched the file since. */
static int put_back(struct rewrite *r, const struct written *w, struct buf *why)
{
	const struct atomic_backup none = {false, NULL};
	struct buf now = BUF_INIT;
	struct atomic *a = NULL;
	bool same;
	int rc = -1;

	if (atomic_begin(&a, r->path, LOCK_SECONDS, &now, &same, why) == 0) {
		if (!input_unchanged(atomic_stat(a), &w->st))
			buf_adds(why, "another program changed it meanwhile");
		else if (atomic_stage(a, write_old, r, why) == 0)
			rc = atomic_commit(a, &none, why);
	}
	atomic_end(a);
	buf_release(&now);
	return rc;
}

static void roll_back(struct rewrite *r, const struct written *w, const struct reload *reload)
{
	struct buf why = BUF_INIT, all = BUF_INIT;
	int rc;

	interrupt_defer(true);
	rc = put_back(r, w, &why);
	interrupt_defer(false);
	if (rc < 0) {
		buf_adds(&all, "the new file stays, for the old one cannot be put back: ");
		buf_add(&all, why.data, why.len);
		(void)rewrite_trouble(r, &all);
		buf_release(&all);
		buf_release(&why);
		return;
	}
	r->outcome->written = false;
	if (rc > 0)
		(void)rewrite_trouble(r, &why);
	if (w->backup != NULL)
		(void)unlink(w->backup);
	buf_clear(&why);
	if (reload_again(reload, &why) < 0)
		diag(DIAG_ERROR, r->path, 0, "the old file is back in place, but %s",
		     buf_string(&why));
	else
		diag(DIAG_ERROR, r->path, 0, "the old file is back in place");
	buf_release(&why);
}

static void say_done(const struct rewrite *r, const struct written *w, const char *when)
{
	struct buf text = BUF_INIT;

	if (!diag_says(DIAG_INFO))
		return;
	r->decider->add_done(&text, r->decider->context);
	buf_addf(&text, ", %s", when);
	if (w->backup != NULL)
		buf_addf(&text, "; the old file is %s", w->backup);
	diag(DIAG_INFO, r->path, 0, "%s", buf_string(&text));
	buf_release(&text);
}

/* Postfix checks what it is told to take; what it does not like is taken back. */
static enum exit_status tell_postfix(struct rewrite *r, const struct written *w)
{
	enum exit_status rc = EXIT_IN_ORDER;
	struct buf why = BUF_INIT;
	struct reload reload;

	reload_init(&reload, r->path);
	switch (reload_run(&reload, &why)) {
	case RELOAD_DONE:
		say_done(r, w, "and Postfix has reloaded it");
		break;
	case RELOAD_NOT_NEEDED:
		say_done(r, w, buf_string(&why));
		break;
	case RELOAD_FAILED:
		rc = rewrite_trouble(r, &why);
		roll_back(r, w, &reload);
		break;
	}
	reload_release(&reload);
	buf_release(&why);
	return rc;
}

/* ---- replacing the file ---- */

/* The diff is out before the file is replaced: what changes is never unseen. */
static int replace(struct rewrite *r, struct atomic *a, struct buf *why)
{
	const struct atomic_backup backup = {r->options->backup, r->options->backup_dir};

	if (atomic_stage(a, rewrite_write, r, why) < 0) {
		(void)rewrite_trouble(r, why);
		return -1;
	}
	if (rewrite_print_diff(r) != EXIT_IN_ORDER)
		return -1;
	if (atomic_commit(a, &backup, why) >= 0)
		return 0;
	(void)rewrite_trouble(r, why);
	return -1;
}

static enum exit_status after(struct rewrite *r, const struct written *w,
			      const struct buf *unsynced)
{
	enum exit_status rc = EXIT_IN_ORDER;

	if (unsynced->len > 0)
		rc = rewrite_trouble(r, unsynced);
	else
		warn_of_access(r, &r->st);
	if (r->options->reload)
		rc = status_worse(rc, tell_postfix(r, w));
	else if (rc == EXIT_IN_ORDER)
		say_done(r, w, "in force after \"postfix reload\"");
	/* After trouble there is one thing to say. */
	return rc == EXIT_IN_ORDER ? r->decider->conclude(r, r->decider->context) : rc;
}

enum exit_status rewrite_decide(struct rewrite *r)
{
	enum exit_status rc;

	outcome_clear(r->outcome);
	r->edits = NULL;
	rc = r->decider->decide(r, r->decider->context);
	r->outcome->changed = r->edits != NULL && r->edits->n > 0;
	return rc;
}

/* Locks, decides on what is there then, replaces, and says what came of it. */
static enum exit_status apply(struct rewrite *r)
{
	struct buf why = BUF_INIT;
	struct written w = {.backup = NULL};
	struct atomic *a = NULL;
	enum exit_status rc = EXIT_IN_ORDER;
	bool same, replaced = false;

	interrupt_catch();
	if (atomic_begin(&a, r->path, LOCK_SECONDS, &r->text, &same, &why) < 0) {
		rc = rewrite_trouble(r, &why);
	} else {
		r->st = *atomic_stat(a);
		if (!same)
			rc = rewrite_decide(r);
		if (rc == EXIT_IN_ORDER && r->edits->n > 0) {
			replaced = replace(r, a, &why) == 0;
			rc = replaced ? rc : EXIT_TROUBLE;
		}
	}
	if (replaced) {
		r->outcome->written = true;
		w.st = *atomic_written(a);
		w.backup = atomic_backup_path(a) != NULL ? xstrdup(atomic_backup_path(a)) : NULL;
	}
	atomic_end(a);
	if (replaced)
		rc = after(r, &w, &why);
	else if (rc == EXIT_IN_ORDER)
		rc = r->decider->conclude(r, r->decider->context);
	/* What was rolled back needs none. */
	if (r->outcome->written)
		r->outcome->backup = w.backup;
	else
		free(w.backup);
	buf_release(&why);
	return rc;
}

enum exit_status rewrite_carry_out(struct rewrite *r)
{
	enum exit_status rc;

	if (r->options->dry_run) {
		rc = rewrite_print_diff(r);
		return status_worse(rc, r->decider->conclude(r, r->decider->context));
	}
	if (r->edits->n > 0)
		return apply(r);
	diag(DIAG_DETAIL, r->path, 0, "nothing to change");
	atomic_tidy(r->path);
	return r->decider->conclude(r, r->decider->context);
}

enum exit_status rewrite_read(struct rewrite *r)
{
	struct buf why = BUF_INIT;
	enum exit_status rc = EXIT_IN_ORDER;
	int fd = input_open(AT_FDCWD, r->path, &r->st, &why);

	if (fd < 0 || input_read(fd, (size_t)r->st.st_size, &r->text, &why) < 0)
		rc = rewrite_trouble(r, &why);
	if (fd >= 0)
		(void)close(fd);
	buf_release(&why);
	return rc == EXIT_IN_ORDER ? rewrite_decide(r) : rc;
}

void rewrite_release(struct rewrite *r)
{
	buf_release(&r->text);
}
