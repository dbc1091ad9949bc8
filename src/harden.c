/* SPDX-License-Identifier: ISC */
#include "harden.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "diag.h"
#include "finding.h"
#include "guard.h"
#include "input.h"
#include "maincf.h"
#include "mastercf.h"
#include "output.h"

/* One file on its way. */
struct job {
	const struct harden_options *options;
	struct policy *policy;
	struct outcome *outcome;
	struct maincf *file; /* model of the text; NULL before it was read */
	struct buf master_text;
	struct mastercf *master; /* NULL where there is none */
	bool unmet;              /* a value in force cannot be known */
};

static void forget(struct job *j)
{
	mastercf_free(j->master);
	buf_release(&j->master_text);
	maincf_free(j->file);
	j->master = NULL;
	j->file = NULL;
	j->unmet = false;
}

/* All that Postfix would refuse is said at once. */
static enum exit_status refuse_malformed(const struct job *j)
{
	const struct maincf_error *e;
	size_t i, n = maincf_errors(j->file, &e);
	struct buf text = BUF_INIT;

	for (i = 0; i < n; i++) {
		buf_clear(&text);
		buf_addf(&text, "%s: \"", e[i].cause);
		diag_escape(&text, e[i].text, e[i].len);
		buf_addf(&text, "%s\"", e[i].more ? "..." : "");
		diag(DIAG_ERROR, j->outcome->path, e[i].line, "%s", buf_string(&text));
		outcome_error(j->outcome, e[i].line, buf_string(&text));
	}
	buf_release(&text);
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

static const char *verb_of(const struct harden_options *o)
{
	if (o->check)
		return "should be";
	return o->rewrite.dry_run ? "would become" : "becomes";
}

static void add_finding(struct job *j, const struct verdict *v, size_t line)
{
	enum finding_code code = finding_code(v);
	bool mended = v->value != NULL && v->code != VERDICT_UNKNOWN;
	struct buf text = BUF_INIT;

	/* What is mended anyhow is put into words only for who wants to read it. */
	if (mended && !j->options->check && !j->outcome->keep && !diag_says(DIAG_DETAIL))
		return;
	verdict_explain(v, verb_of(j->options), &text);
	findings_add(&j->outcome->findings, code, j->outcome->path, line, v->rule->name, &text)
		->mended = mended;
}

static void add_change(struct job *j, const struct verdict *v, size_t line)
{
	struct buf why = BUF_INIT;

	if (!j->outcome->keep)
		return;
	verdict_explain(v, verb_of(j->options), &why);
	outcome_change(j->outcome, v->rule->name, line, v->old, v->value, &why);
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
	if ((v->code == VERDICT_UNKNOWN || v->code == VERDICT_HELD) && v->in_force)
		j->unmet = true;
	if (v->value != NULL)
		add_change(j, v, line);
	add_finding(j, v, line);
}

/* ---- what is wrong beside the rules of the policy ---- */

/*
 * The master.cf of the folder as it was named, if there is one. What it says counts: one that
 * is there and cannot be read is trouble.
 */
static enum exit_status read_master(struct job *j)
{
	enum exit_status rc = EXIT_IN_ORDER;
	struct outcome *o = j->outcome;
	const char *slash = strrchr(o->path, '/');
	struct buf path = BUF_INIT, why = BUF_INIT;
	struct stat st;
	int fd;

	if (strcmp(o->path, "-") == 0)
		return rc;
	if (slash != NULL)
		buf_add(&path, o->path, (size_t)(slash - o->path) + 1);
	buf_adds(&path, "master.cf");
	free(o->master_path);
	o->master_path = buf_detach(&path);
	fd = input_open(AT_FDCWD, o->master_path, &st, &why);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		goto out;
	if (fd >= 0 && input_read(fd, (size_t)st.st_size, &j->master_text, &why) == 0) {
		j->master = mastercf_parse(buf_string(&j->master_text), j->master_text.len);
	} else {
		diag(DIAG_ERROR, o->master_path, 0, "%s", buf_string(&why));
		buf_adds(&why, ": ");
		buf_adds(&why, o->master_path);
		outcome_error(o, 0, buf_string(&why));
		rc = EXIT_TROUBLE;
	}
	if (fd >= 0)
		(void)close(fd);
out:
	buf_release(&why);
	return rc;
}

static bool is_below_etc(const char *path)
{
	char *real = realpath(path, NULL);
	bool below = real != NULL && strncmp(real, "/etc", 4) == 0 &&
		     (real[4] == '/' || real[4] == '\0');

	free(real);
	return below;
}

/* A link in such a folder is one of this host, wherever it leads to. */
static bool has_folder_below_etc(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
	char *folder = len > 0 ? xmemdupz(path, len) : xstrdup(".");
	bool below = is_below_etc(folder);

	free(folder);
	return below;
}

/* Files that a main.cf names are there to be looked at on the host that it belongs to. */
static bool is_live(const struct job *j)
{
	const char *path = j->outcome->path;

	if (j->options->live || strcmp(path, "-") == 0)
		return j->options->live;
	return has_folder_below_etc(path) || is_below_etc(path);
}

static void look_around(struct job *j, const struct rewrite *r, const struct verdicts *verdicts)
{
	size_t budget = ((size_t)16 << 20) + r->text.len * 4;
	const struct postfix_view view = {.file = j->file,
					  .decide = verdicts_decide,
					  .context = (void *)(size_t)verdicts,
					  .budget = &budget};
	struct audit a = {.path = j->outcome->path,
			  .text = buf_string(&r->text),
			  .len = r->text.len,
			  .file = j->file,
			  .verdicts = verdicts,
			  .view = &view,
			  .live = is_live(j),
			  .findings = &j->outcome->findings};

	a.master = j->master;
	a.master_path = j->outcome->master_path;
	audit(&a);
}

static enum diag_level loudness(const struct finding *f)
{
	static const enum diag_level by_severity[] = {[SEVERITY_ERROR] = DIAG_ERROR,
						      [SEVERITY_WARNING] = DIAG_INFO,
						      [SEVERITY_NOTE] = DIAG_DETAIL};

	return f->mended ? DIAG_DETAIL : by_severity[finding_severity(f->code)];
}

/* What the edits do not mend is said by its weight; what they do to who asks for more. */
static void say_findings(const struct job *j)
{
	struct buf text = BUF_INIT;
	const struct finding *f;
	size_t i;

	for (i = 0; i < j->outcome->findings.n; i++) {
		f = &j->outcome->findings.v[i];
		if (!diag_says(loudness(f)))
			continue;
		buf_clear(&text);
		if (f->mended)
			buf_addf(&text, "%s [%s]", f->text, finding_name(f->code));
		else
			finding_text(f, &text);
		diag(loudness(f), f->path, f->line, "%s", buf_string(&text));
	}
	buf_release(&text);
}

static size_t count_serious(const struct job *j)
{
	size_t i, n = 0;

	for (i = 0; i < j->outcome->findings.n; i++)
		n += !j->outcome->findings.v[i].mended &&
		     finding_severity(j->outcome->findings.v[i].code) != SEVERITY_NOTE;
	return n;
}

/* With --strict nothing is written where something would be left that is no mere note. */
static enum exit_status refuse(struct job *j)
{
	size_t n = count_serious(j);
	struct buf why = BUF_INIT;

	if (!j->options->strict || n == 0)
		return EXIT_IN_ORDER;
	buf_adds(&why, "refused by --strict: ");
	buf_add_count(&why, n, "finding would be left", "findings would be left");
	diag(DIAG_ERROR, j->outcome->path, 0, "%s", buf_string(&why));
	outcome_error(j->outcome, 0, buf_string(&why));
	buf_release(&why);
	return EXIT_TROUBLE;
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
	rc = read_master(j);
	if (rc != EXIT_IN_ORDER)
		return rc;
	policy_judge(j->policy, j->file, &verdicts);
	guard_services(j->file, j->master, j->outcome->master_path, &verdicts);
	for (i = 0; i < verdicts.n; i++)
		act_on(j, &verdicts.v[i]);
	look_around(j, r, &verdicts);
	verdicts_release(&verdicts);
	findings_sort(&j->outcome->findings);
	r->edits = maincf_edits(j->file);
	if (j->options->check || r->options->dry_run || refuse(j) == EXIT_IN_ORDER)
		return EXIT_IN_ORDER;
	say_findings(j);
	return EXIT_TROUBLE;
}

static enum exit_status conclude(const struct rewrite *r, void *context)
{
	struct job *j = context;

	say_findings(j);
	/* A dry run shows what would be refused. */
	if (r->options->dry_run && refuse(j) != EXIT_IN_ORDER)
		return EXIT_TROUBLE;
	return j->unmet ? EXIT_UNMET : EXIT_IN_ORDER;
}

static void add_hardened(struct buf *out, void *context)
{
	(void)context;
	buf_adds(out, "hardened");
}

static enum exit_status print_findings(const struct rewrite *r, const struct job *j)
{
	const struct findings *all = &j->outcome->findings;
	enum exit_status rc = EXIT_IN_ORDER;
	struct buf out = BUF_INIT;
	bool fail;

	if (r->options->herald != NULL) {
		rc = rewrite_print_diff(r);
	} else {
		findings_print(all, j->options->rewrite.colour, &out);
		if (!output_print(&out))
			rc = output_trouble();
	}
	buf_release(&out);
	if (rc != EXIT_IN_ORDER)
		return rc;
	fail = all->counts[SEVERITY_ERROR] > 0 ||
	       (j->options->strict && all->counts[SEVERITY_WARNING] > 0);
	return fail ? EXIT_UNMET : EXIT_IN_ORDER;
}

enum exit_status harden_file(const struct harden_options *options, struct policy *policy,
			     const char *name, struct outcome *outcome)
{
	struct job j = {.options = options, .policy = policy, .outcome = outcome};
	const struct rewrite_decider decider = {decide, conclude, add_hardened, &j};
	struct rewrite r = {.options = &options->rewrite, .decider = &decider, .outcome = outcome};
	enum exit_status rc;

	outcome->path = rewrite_path(name);
	r.path = outcome->path;
	rc = rewrite_read(&r);
	if (rc == EXIT_IN_ORDER)
		rc = options->check ? print_findings(&r, &j) : rewrite_carry_out(&r);
	forget(&j);
	rewrite_release(&r);
	return rc;
}

/* To a terminal, with what it would obey made visible. */
static bool show_hardened(const struct rewrite *r)
{
	struct buf text = BUF_INIT;
	bool printed;

	edits_apply(r->edits, buf_string(&r->text), r->text.len, &text);
	printed = output_show(&text);
	buf_release(&text);
	return printed;
}

static enum exit_status print_hardened(struct rewrite *r, struct job *j)
{
	enum exit_status rc = conclude(r, j);

	if (r->options->herald != NULL)
		return status_worse(rc, rewrite_print_diff(r));
	if (r->options->terminal)
		return show_hardened(r) ? rc : output_trouble();
	return rewrite_write(r, STDOUT_FILENO) < 0 ? output_trouble() : rc;
}

enum exit_status harden_stream(const struct harden_options *options, struct policy *policy,
			       struct outcome *outcome)
{
	struct job j = {.options = options, .policy = policy, .outcome = outcome};
	const struct rewrite_decider decider = {decide, conclude, add_hardened, &j};
	struct rewrite r = {.options = &options->rewrite, .decider = &decider, .outcome = outcome};
	struct buf why = BUF_INIT;
	enum exit_status rc;

	outcome->path = xstrdup("-");
	r.path = outcome->path;
	if (input_read(STDIN_FILENO, 0, &r.text, &why) < 0)
		rc = rewrite_trouble(&r, &why);
	else
		rc = rewrite_decide(&r);
	if (rc == EXIT_IN_ORDER && options->check)
		rc = print_findings(&r, &j);
	else if (rc == EXIT_IN_ORDER && options->rewrite.dry_run)
		rc = rewrite_carry_out(&r);
	else if (rc == EXIT_IN_ORDER)
		rc = print_hardened(&r, &j);
	forget(&j);
	rewrite_release(&r);
	buf_release(&why);
	return rc;
}
