/* SPDX-License-Identifier: ISC */
#include "harden.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "diag.h"
#include "finding.h"
#include "input.h"
#include "maincf.h"

/* One file on its way. */
struct job {
	const struct harden_options *options;
	struct policy *policy;
	const char *path;
	struct maincf *file; /* model of the text; NULL before it was read */
	struct findings findings;
	bool unmet; /* a value in force cannot be known */
};

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
	const struct harden_options *o = j->options;
	const char *verb = o->check ? "should be" : o->rewrite.dry_run ? "would become" : "becomes";
	struct buf text = BUF_INIT;

	/* What is mended anyhow is put into words only for who wants to read it. */
	if (finding_code(v) != FINDING_UNKNOWN_VALUE && !o->check && !diag_says(DIAG_DETAIL))
		return;
	verdict_explain(v, verb, &text);
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
static enum exit_status decide(struct rewrite *r, void *context)
{
	struct verdicts verdicts = {0};
	struct job *j = context;
	enum exit_status rc;
	size_t i;

	forget(j);
	j->file = maincf_parse(buf_string(&r->text), r->text.len);
	rc = refuse_malformed(j);
	if (rc != EXIT_IN_ORDER)
		return rc;
	policy_judge(j->policy, j->file, &verdicts);
	for (i = 0; i < verdicts.n; i++)
		act_on(j, &verdicts.v[i]);
	verdicts_release(&verdicts);
	findings_sort(&j->findings);
	r->edits = maincf_edits(j->file);
	return EXIT_IN_ORDER;
}

/* What the edits do not mend is said always; what they do to who asks for more. */
static enum exit_status report_rest(const struct rewrite *r, void *context)
{
	const struct job *j = context;
	struct buf text = BUF_INIT;
	const struct finding *f;
	size_t i;

	(void)r;
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

static void add_hardened(struct buf *out, void *context)
{
	(void)context;
	buf_adds(out, "hardened");
}

static enum exit_status print_findings(const struct job *j)
{
	struct buf out = BUF_INIT;
	bool printed;

	findings_print(&j->findings, j->path, j->options->rewrite.colour, &out);
	printed = rewrite_print(&out);
	buf_release(&out);
	if (!printed)
		return rewrite_output_trouble();
	return findings_fail(&j->findings) ? EXIT_UNMET : EXIT_IN_ORDER;
}

enum exit_status harden_file(const struct harden_options *options, struct policy *policy,
			     const char *name)
{
	char *path = rewrite_path(name);
	struct job j = {.options = options, .policy = policy, .path = path};
	const struct rewrite_decider decider = {decide, report_rest, add_hardened, &j};
	struct rewrite r = {.options = &options->rewrite, .decider = &decider, .path = path};
	enum exit_status rc = rewrite_read(&r);

	if (rc == EXIT_IN_ORDER)
		rc = options->check ? print_findings(&j) : rewrite_carry_out(&r);
	forget(&j);
	rewrite_release(&r);
	free(path);
	return rc;
}

static enum exit_status print_hardened(struct rewrite *r, struct job *j)
{
	enum exit_status rc = report_rest(r, j);

	return rewrite_write(r, STDOUT_FILENO) < 0 ? rewrite_output_trouble() : rc;
}

enum exit_status harden_stream(const struct harden_options *options, struct policy *policy)
{
	struct job j = {.options = options, .policy = policy, .path = "-"};
	const struct rewrite_decider decider = {decide, report_rest, add_hardened, &j};
	struct rewrite r = {.options = &options->rewrite, .decider = &decider, .path = "-"};
	struct buf why = BUF_INIT;
	enum exit_status rc;

	if (input_read(STDIN_FILENO, 0, &r.text, &why) < 0)
		rc = rewrite_trouble(&r, &why);
	else
		rc = decide(&r, &j);
	if (rc == EXIT_IN_ORDER && options->check)
		rc = print_findings(&j);
	else if (rc == EXIT_IN_ORDER && options->rewrite.dry_run)
		rc = rewrite_carry_out(&r);
	else if (rc == EXIT_IN_ORDER)
		rc = print_hardened(&r, &j);
	forget(&j);
	rewrite_release(&r);
	buf_release(&why);
	return rc;
}
