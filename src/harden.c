/* SPDX-License-Identifier: ISC */
#include "harden.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomic.h"
#include "diag.h"
#include "edit.h"
#include "finding.h"
#include "input.h"
#include "interrupt.h"
#include "maincf.h"
#include "udiff.h"

/* How long another program may edit the file before we give up. */
#define LOCK_SECONDS 5

/* One file on its way. */
struct job {
	const struct harden_options *options;
	struct policy *policy;
	const char *path; /* for people, and to open */
	struct buf text;
	struct maincf *file; /* model of text; NULL before it was read */
	const struct edits *edits;
	struct findings findings;
	bool unmet; /* a value in force cannot be known */
};

static enum exit_status trouble(const struct job *j, const struct buf *why)
{
	diag(DIAG_ERROR, j->path, 0, "%s", buf_string(why));
	return EXIT_TROUBLE;
}

static enum exit_status output_trouble(void)
{
	diag(DIAG_ERROR, NULL, 0, "standard output: %s", strerror(errno));
	return EXIT_TROUBLE;
}

static void forget(struct job *j)
{
	findings_release(&j->findings);
	maincf_free(j->file);
	j->file = NULL;
	j->unmet = false;
}

/* All that Postfix would refuse is said at once. */
static enum exit_status refuse_malformed(const struct job *j)
{
	const struct maincf_error *e;
	size_t i, n = maincf_errors(j->file, &e);
	struct buf shown = BUF_INIT;

	for (i = 0; i < n; i++) {
		buf_clear(&shown);
		diag_escape(&shown, e[i].text, e[i].len);
		diag(DIAG_ERROR, j->path, e[i].line, "%s: \"%s%s\"", e[i].cause, buf_string(&shown),
		     e[i].more ? "..." : "");
	}
	buf_release(&shown);
	return n > 0 ? EXIT_TROUBLE : EXIT_IN_ORDER;
}

static enum finding_code finding_code(const struct verdict *v)
{
	if (!v->in_force)
		return FINDING_DEAD_DUPLICATE;
	switch (v->code) {
	case VERDICT_FATAL:
		return FINDING_FATAL_VALUE;
	case VERDICT_WRAPPERMODE:
		return FINDING_WRAPPERMODE_LEVEL;
	case VERDICT_IMPLIED:
	case VERDICT_REFERENCE:
		return FINDING_IMPLIED_LEVEL;
	case VERDICT_UNKNOWN:
		return FINDING_UNKNOWN_VALUE;
	default:
		return FINDING_POLICY_UNMET;
	}
}

static void add_finding(struct job *j, const struct verdict *v, size_t line)
{
	static const char *const verbs[] = {
		[HARDEN_APPLY] = "becomes",
		[HARDEN_DRY_RUN] = "would become",
		[HARDEN_CHECK] = "should be",
	};
	struct buf text = BUF_INIT;

	/* What is mended anyhow is put into words only for who wants to read it. */
	if (finding_code(v) != FINDING_UNKNOWN_VALUE && j->options->mode != HARDEN_CHECK &&
	    !diag_says(DIAG_DETAIL))
		return;
	verdict_explain(v, verbs[j->options->mode], &text);
	findings_add(&j->findings, finding_code(v), line > 0 ? line : 1, &text);
}

/* Turns a verdict into an edit and a finding. */
static void act_on(struct job *j, const struct verdict *v)
{
	size_t line = v->line;

	if (v->code == VERDICT_MET)
		return;
	if (v->value != NULL && v->occurrence != MAINCF_NONE)
		maincf_set(j->file, v->occurrence, v->value);
	else if (v->value != NULL)
		line = maincf_add(j->file, v->rule->name, v->value);
	if (v->code == VERDICT_UNKNOWN && v->in_force)
		j->unmet = true;
	add_finding(j, v, line);
}

/* Text to model to verdicts to edits and findings. */
static enum exit_status decide(struct job *j)
{
	struct verdicts verdicts = {0};
	enum exit_status rc;
	size_t i;

	forget(j);
	j->file = maincf_parse(buf_string(&j->text), j->text.len);
	rc = refuse_malformed(j);
	if (rc != EXIT_IN_ORDER)
		return rc;
	policy_judge(j->policy, j->file, &verdicts);
	for (i = 0; i < verdicts.n; i++)
		act_on(j, &verdicts.v[i]);
	verdicts_release(&verdicts);
	findings_sort(&j->findings);
	j->edits = maincf_edits(j->file);
	return EXIT_IN_ORDER;
}

/* What the edits do not mend is said always; what they do to who asks for more. */
static enum exit_status report_rest(const struct job *j)
{
	struct buf text = BUF_INIT;
	const struct finding *f;
	size_t i;

	for (i = 0; i < j->findings.n; i++) {
		f = &j->findings.v[i];
		if (f->code != FINDING_UNKNOWN_VALUE) {
			diag(DIAG_DETAIL, j->path, f->line, "%s [%s]", f->text,
			     finding_name(f->code));
			continue;
		}
		buf_clear(&text);
		finding_text(f, &text);
		diag(DIAG_ERROR, j->path, f->line, "%s", buf_string(&text));
	}
	buf_release(&text);
	return j->unmet ? EXIT_UNMET : EXIT_IN_ORDER;
}

static enum exit_status print_findings(const struct job *j)
{
	struct buf out = BUF_INIT;
	bool printed;

	findings_print(&j->findings, j->path, j->options->colour, &out);
	printed = fwrite(buf_string(&out), 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	buf_release(&out);
	if (!printed)
		return output_trouble();
	return findings_fail(&j->findings) ? EXIT_UNMET : EXIT_IN_ORDER;
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

static enum exit_status print_diff(const struct job *j)
{
	char *name = strcmp(j->path, "-") == 0 ? xstrdup("-") : label(j->path);
	struct buf diff = BUF_INIT, dressed = BUF_INIT;
	const struct buf *out = &diff;
	bool printed;

	udiff(&diff, name, buf_string(&j->text), j->text.len, j->edits);
	if (j->options->colour || j->options->terminal) {
		udiff_dress(&dressed, buf_string(&diff), diff.len,
			    (j->options->colour ? UDIFF_COLOR : 0U) | UDIFF_ESCAPE);
		out = &dressed;
	}
	printed = fwrite(buf_string(out), 1, out->len, stdout) == out->len && fflush(stdout) == 0;
	free(name);
	buf_release(&diff);
	buf_release(&dressed);
	return printed ? EXIT_IN_ORDER : output_trouble();
}

static int write_edited(void *context, int fd)
{
	const struct job *j = context;

	return edits_write(j->edits, buf_string(&j->text), j->text.len, fd);
}

static void warn_of_access(const struct job *j, const struct stat *st)
{
	if (st->st_nlink > 1)
		diag(DIAG_INFO, j->path, 0,
		     "warning: the file has other names (hard links); those keep the old text");
	if ((st->st_mode & S_IROTH) == 0)
		diag(DIAG_INFO, j->path, 0,
		     "warning: not readable by all, as Postfix's sendmail and postdrop need it; "
		     "the mode was kept");
}

static enum exit_status replace(struct job *j, struct atomic *a)
{
	const struct atomic_backup backup = {j->options->backup, j->options->backup_dir};
	struct buf why = BUF_INIT;
	enum exit_status rc = EXIT_TROUBLE;
	int committed;

	if (atomic_stage(a, write_edited, j, &why) < 0) {
		(void)trouble(j, &why);
		goto out;
	}
	if (print_diff(j) != EXIT_IN_ORDER)
		goto out;
	committed = atomic_commit(a, &backup, &why);
	if (committed != 0) {
		(void)trouble(j, &why);
		goto out;
	}
	warn_of_access(j, atomic_stat(a));
	if (atomic_backup_path(a) != NULL)
		diag(DIAG_INFO, j->path, 0,
		     "hardened, in force after \"postfix reload\"; the old file is %s",
		     atomic_backup_path(a));
	else
		diag(DIAG_INFO, j->path, 0, "hardened, in force after \"postfix reload\"");
	rc = report_rest(j);
out:
	buf_release(&why);
	return rc;
}

/* Under the lock the decision is made anew if the file is no longer what was read before. */
static enum exit_status apply(struct job *j)
{
	struct buf why = BUF_INIT;
	struct atomic *a = NULL;
	enum exit_status rc;
	bool same;

	if (j->edits->n == 0) {
		diag(DIAG_DETAIL, j->path, 0, "nothing to change");
		return report_rest(j);
	}
	interrupt_catch();
	if (atomic_begin(&a, j->path, LOCK_SECONDS, &j->text, &same, &why) < 0)
		rc = trouble(j, &why);
	else
		rc = same ? EXIT_IN_ORDER : decide(j);
	if (rc == EXIT_IN_ORDER)
		rc = j->edits->n > 0 ? replace(j, a) : report_rest(j);
	atomic_end(a);
	buf_release(&why);
	return rc;
}

static enum exit_status carry_out(struct job *j)
{
	enum exit_status rc = decide(j), printed;

	if (rc != EXIT_IN_ORDER)
		return rc;
	switch (j->options->mode) {
	case HARDEN_CHECK:
		return print_findings(j);
	case HARDEN_DRY_RUN:
		printed = print_diff(j);
		rc = report_rest(j);
		return printed != EXIT_IN_ORDER ? printed : rc;
	case HARDEN_APPLY:
		break;
	}
	return apply(j);
}

static enum exit_status read_file(struct job *j)
{
	struct buf why = BUF_INIT;
	enum exit_status rc = EXIT_IN_ORDER;
	struct stat st;
	int fd = input_open(AT_FDCWD, j->path, &st, &why);

	if (fd < 0 || input_read(fd, (size_t)st.st_size, &j->text, &why) < 0)
		rc = trouble(j, &why);
	if (fd >= 0)
		(void)close(fd);
	buf_release(&why);
	return rc;
}

/* The file that a name stands for: a folder stands for its main.cf. */
static char *find_file(const char *name)
{
	struct buf path = BUF_INIT;
	size_t len = strlen(name);
	struct stat st;

	buf_adds(&path, name);
	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		buf_adds(&path, name[len - 1] == '/' ? "main.cf" : "/main.cf");
	return buf_detach(&path);
}

enum exit_status harden_file(const struct harden_options *options, struct policy *policy,
			     const char *name)
{
	char *path = find_file(name);
	struct job j = {.options = options, .policy = policy, .path = path};
	enum exit_status rc = read_file(&j);

	if (rc == EXIT_IN_ORDER)
		rc = carry_out(&j);
	forget(&j);
	buf_release(&j.text);
	free(path);
	return rc;
}

enum exit_status harden_stream(const struct harden_options *options, struct policy *policy)
{
	struct job j = {.options = options, .policy = policy, .path = "-"};
	struct buf why = BUF_INIT;
	enum exit_status rc;

	if (input_read(STDIN_FILENO, 0, &j.text, &why) < 0)
		rc = trouble(&j, &why);
	else if (options->mode != HARDEN_APPLY)
		rc = carry_out(&j);
	else
		rc = decide(&j);
	if (rc == EXIT_IN_ORDER && options->mode == HARDEN_APPLY) {
		rc = report_rest(&j);
		if (write_edited(&j, STDOUT_FILENO) < 0)
			rc = output_trouble();
	}
	forget(&j);
	buf_release(&j.text);
	buf_release(&why);
	return rc;
}
