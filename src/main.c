/* SPDX-License-Identifier: ISC */
/*
 * main - options, the files one after the other, the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "explain.h"
#include "finding.h"
#include "harden.h"
#include "input.h"
#include "interrupt.h"
#include "json.h"
#include "log.h"
#include "options.h"
#include "outcome.h"
#include "output.h"
#include "policy.h"
#include "policyfile.h"
#include "restore.h"
#include "version.h"

static const char usage_text[] =
	"Usage: tlsharden [-n | --check | --restore] [OPTION]... FILE...\n"
	"   or: tlsharden log [OPTION]... [LOG]...\n"
	"Make Postfix encrypt mail between mail servers: raise the TLS security levels\n"
	"and log levels of main.cf where they fall short, and never lower one.\n"
	"\n"
	"FILE is a main.cf, or a folder that holds one, or \"-\": standard input, with\n"
	"the hardened file on standard output.\n"
	"\n"
	"tlsharden log reports what mail logs say of encryption: tlsharden log --help.\n"
	"\n"
	"  -n, --dry-run         print the diff that would be applied; write nothing\n"
	"  -c, --check           print findings, one a line; write nothing\n"
	"      --restore         put back the newest backup; the file is backed up first\n"
	"  -p, --policy POLICY   a built-in policy (opportunistic), or a policy file\n"
	"      --list-policies   print the built-in policies; =NAME for one of them\n"
	"      --strict          a warning counts as an error; where one would be left,\n"
	"                        nothing is written\n"
	"      --backup-dir DIR  backups are there, not beside the file\n"
	"      --no-backup       make no backup\n"
	"      --reload          if the file changed: postfix check, then postfix reload;\n"
	"                        if one fails, the old file is put back\n"
	"      --live            look at certificate and key files (assumed below /etc)\n"
	"      --format FORMAT   text, or json: one document on standard output\n"
	"      --color WHEN      auto (on a terminal), always or never\n"
	"      --explain CODE    say what a finding means, or all of them\n"
	"  -q, --quiet           say errors only\n"
	"  -v, --verbose         say why each line is changed\n"
	"  -h, --help            print this text\n"
	"  -V, --version         print the version\n"
	"\n"
	"Exit status: 0 in order, or put in order; 1 --check found an error, or a value\n"
	"cannot be known and was left alone; 2 trouble, and the file is as it was.\n";

/*
 * A descriptor that is closed would be given to the next file that is opened,
 * and what is meant for a message would go into it. Opened the wrong way round,
 * it stays an error to use it.
 */
static void open_standard_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			exit(EXIT_TROUBLE);
}

enum {
	OPT_BACKUP_DIR = 256,
	OPT_NO_BACKUP,
	OPT_COLOR,
	OPT_EXPLAIN,
	OPT_FORMAT,
	OPT_LIST_POLICIES,
	OPT_LIVE,
	OPT_RELOAD,
	OPT_RESTORE,
	OPT_STRICT
};

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, 'n'},
	{"check", no_argument, NULL, 'c'},
	{"policy", required_argument, NULL, 'p'},
	{"list-policies", optional_argument, NULL, OPT_LIST_POLICIES},
	{"strict", no_argument, NULL, OPT_STRICT},
	{"backup-dir", required_argument, NULL, OPT_BACKUP_DIR},
	{"no-backup", no_argument, NULL, OPT_NO_BACKUP},
	{"live", no_argument, NULL, OPT_LIVE},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"color", required_argument, NULL, OPT_COLOR},
	{"explain", required_argument, NULL, OPT_EXPLAIN},
	{"quiet", no_argument, NULL, 'q'},
	{"reload", no_argument, NULL, OPT_RELOAD},
	{"restore", no_argument, NULL, OPT_RESTORE},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* The document that is printed while the files are worked on. */
struct printing {
	struct json_document document;
	bool terminal; /* what it would obey is made visible */
	int failed;    /* errno, from then on nothing more is printed; or 0 */
};

/* What the command line says. */
struct command {
	struct harden_options options;
	const char *policy; /* name or path */
	enum options_when colour;
	bool restore;
	bool json;
	bool help, version, list;
	const char *listed;    /* policy to list; NULL for all */
	const char *explained; /* code of a finding, or NULL */
	struct printing printing;
	struct rewrite_herald herald; /* of that */
};

static enum exit_status take_format(struct command *c, const char *word)
{
	if (strcmp(word, "text") != 0 && strcmp(word, "json") != 0)
		return options_error("--format wants text or json", word);
	c->json = strcmp(word, "json") == 0;
	return EXIT_IN_ORDER;
}

static enum exit_status take_option(struct command *c, int option, char **argv)
{
	switch (option) {
	case 'n':
		c->options.rewrite.dry_run = true;
		break;
	case 'c':
		c->options.check = true;
		break;
	case 'p':
		c->policy = optarg;
		break;
	case 'q':
		diag_verbosity(DIAG_ERROR);
		break;
	case 'v':
		diag_verbosity(DIAG_DETAIL);
		break;
	case 'h':
		c->help = true;
		break;
	case 'V':
		c->version = true;
		break;
	case OPT_BACKUP_DIR:
		c->options.rewrite.backup_dir = optarg;
		break;
	case OPT_NO_BACKUP:
		c->options.rewrite.backup = false;
		break;
	case OPT_COLOR:
		return options_colour(&c->colour, optarg);
	case OPT_EXPLAIN:
		c->explained = optarg;
		break;
	case OPT_FORMAT:
		return take_format(c, optarg);
	case OPT_LIST_POLICIES:
		c->list = true;
		c->listed = optarg;
		break;
	case OPT_LIVE:
		c->options.live = true;
		break;
	case OPT_RELOAD:
		c->options.rewrite.reload = true;
		break;
	case OPT_RESTORE:
		c->restore = true;
		break;
	case OPT_STRICT:
		c->options.strict = true;
		break;
	case ':':
		return options_error("option without its argument", argv[optind - 1]);
	default:
		return options_unknown(argv[optind - 1], long_options);
	}
	return EXIT_IN_ORDER;
}

/* With "-" there is no file that could be kept, put back or reloaded. */
static enum exit_status check_stream(const struct command *c, int n)
{
	const struct rewrite_options *o = &c->options.rewrite;

	if (n > 1)
		return options_error("\"-\" (standard input) cannot be combined with other files",
				     NULL);
	if (c->restore || o->reload || !o->backup || o->backup_dir != NULL)
		return options_error("with \"-\" there is nothing to back up, restore or reload",
				     NULL);
	return EXIT_IN_ORDER;
}

/* Postfix finds its configuration by the name of the folder alone. */
static enum exit_status check_reload(const char *file)
{
	char *path = rewrite_path(file);
	const char *slash = strrchr(path, '/');
	enum exit_status rc = EXIT_IN_ORDER;

	if (strcmp(slash != NULL ? slash + 1 : path, "main.cf") != 0)
		rc = options_error("--reload needs a file that is called main.cf", file);
	free(path);
	return rc;
}

/* What goes together, and what does not. */
static enum exit_status check_command(const struct command *c, char **files, int n)
{
	const struct rewrite_options *o = &c->options.rewrite;
	enum exit_status rc = EXIT_IN_ORDER;
	int i;

	if (n == 0)
		return options_error("no FILE given", NULL);
	if (c->options.check && o->dry_run)
		return options_error("--dry-run and --check exclude each other", NULL);
	if (c->restore && c->options.strict)
		return options_error("--strict does not go with --restore", NULL);
	if (c->options.check && c->restore)
		return options_error("--check and --restore exclude each other", NULL);
	if (!o->backup && o->backup_dir != NULL && !c->restore)
		return options_error("--backup-dir and --no-backup exclude each other", NULL);
	for (i = 0; i < n && rc == EXIT_IN_ORDER; i++) {
		if (strcmp(files[i], "-") == 0)
			rc = check_stream(c, n);
		else if (o->reload)
			rc = check_reload(files[i]);
	}
	return rc;
}

/* ---- policies ---- */

static struct policy *parse_policy(const char *path, const struct buf *text)
{
	struct policyfile_errors errors = {0};
	struct policy *policy = policyfile_parse(buf_string(text), text->len, &errors);
	size_t i;

	for (i = 0; i < errors.n; i++)
		diag(DIAG_ERROR, path, errors.v[i].line, "%s", errors.v[i].text);
	policyfile_errors_release(&errors);
	return policy;
}

/* A built-in policy, or else a file; NULL after a message. */
static struct policy *choose_policy(const char *name)
{
	struct policy *policy = policy_builtin(name);
	struct buf text = BUF_INIT, why = BUF_INIT;
	struct stat st;
	int fd;

	if (policy != NULL)
		return policy;
	fd = input_open(AT_FDCWD, name, &st, &why);
	if (fd < 0 || input_read(fd, (size_t)st.st_size, &text, &why) < 0)
		diag(DIAG_ERROR, NULL, 0, "%s is no built-in policy, and as a policy file: %s",
		     name, buf_string(&why));
	else
		policy = parse_policy(name, &text);
	if (fd >= 0)
		(void)close(fd);
	buf_release(&text);
	buf_release(&why);
	return policy;
}

static enum exit_status list_policies(const char *only)
{
	struct buf out = BUF_INIT;
	struct policy *policy;
	const char *name;
	bool printed, found = false;
	size_t i;

	for (i = 0; (name = policy_builtin_name(i)) != NULL; i++) {
		if (only != NULL && strcmp(only, name) != 0)
			continue;
		policy = policy_builtin(name);
		if (found)
			buf_addc(&out, '\n');
		policyfile_print(policy, &out);
		policy_free(policy);
		found = true;
	}
	printed = output_print(&out);
	buf_release(&out);
	if (!found)
		return options_error("no built-in policy of that name", only);
	return printed ? EXIT_IN_ORDER : output_trouble();
}

static enum exit_status explain_findings(const char *code)
{
	bool all = strcmp(code, "all") == 0, printed;
	enum finding_code one = finding_by_name(code);
	struct buf out = BUF_INIT;
	int i;

	if (one == FINDING_CODES && !all)
		return options_error("no finding of that code", code);
	for (i = 0; i < FINDING_CODES; i++) {
		if (!all && i != (int)one)
			continue;
		if (out.len > 0)
			buf_addc(&out, '\n');
		explain((enum finding_code)i, &out);
	}
	printed = output_print(&out);
	buf_release(&out);
	return printed ? EXIT_IN_ORDER : output_trouble();
}

/* ---- the files ---- */

/* What came of all files so far. */
struct result {
	enum exit_status status;
	size_t files, with_findings, written, failed;
	size_t counts[3]; /* of findings, by severity */
};

static bool print_part(struct printing *p, struct buf *part)
{
	bool (*print)(const struct buf *) = p->terminal ? output_show : output_print;

	if (p->failed == 0 && !print(part))
		p->failed = errno != 0 ? errno : EIO;
	buf_release(part);
	errno = p->failed;
	return p->failed == 0;
}

static bool print_before(void *context, const struct outcome *outcome)
{
	struct printing *p = context;
	struct buf part = BUF_INIT;

	json_before(&p->document, &part, outcome);
	return print_part(p, &part);
}

/* Of a part that failed before, the file has the status already. */
static enum exit_status print_after(struct printing *p, const struct outcome *outcome)
{
	struct buf part = BUF_INIT;
	bool failed = p->failed != 0;

	json_after(&p->document, &part, outcome);
	return print_part(p, &part) || failed ? EXIT_IN_ORDER : output_trouble();
}

static enum exit_status print_end(struct printing *p)
{
	struct buf part = BUF_INIT;
	bool failed = p->failed != 0;

	json_end(&p->document, &part);
	return print_part(p, &part) || failed ? EXIT_IN_ORDER : output_trouble();
}

static enum exit_status work_on_file(const struct command *c, struct policy *policy,
				     const char *file, struct outcome *outcome)
{
	if (c->restore)
		return restore_file(&c->options.rewrite, file, outcome);
	if (strcmp(file, "-") == 0)
		return harden_stream(&c->options, policy, outcome);
	return harden_file(&c->options, policy, file, outcome);
}

static void add_up(struct result *r, enum exit_status status, struct outcome *outcome)
{
	size_t i;

	r->status = status_worse(r->status, status);
	r->files++;
	r->with_findings += outcome->findings.n > 0;
	r->written += outcome->written;
	r->failed += status == EXIT_TROUBLE;
	for (i = 0; i < 3; i++)
		r->counts[i] += outcome->findings.counts[i];
	outcome_release(outcome);
}

static void add_counts(struct buf *text, const size_t counts[3])
{
	buf_add_count(text, counts[SEVERITY_ERROR], "error, ", "errors, ");
	buf_add_count(text, counts[SEVERITY_WARNING], "warning, ", "warnings, ");
	buf_add_count(text, counts[SEVERITY_NOTE], "note", "notes");
}

/* After many files a line on standard error that sums them up. */
static void summarize(const struct command *c, const struct result *r)
{
	struct buf counts = BUF_INIT;

	if (r->files < 2)
		return;
	add_counts(&counts, r->counts);
	if (c->options.check)
		diag(DIAG_INFO, NULL, 0, "%zu files, %zu with findings: %s; %zu failed", r->files,
		     r->with_findings, buf_string(&counts), r->failed);
	else if (!c->options.rewrite.dry_run)
		diag(DIAG_INFO, NULL, 0, "%zu files, %zu changed, %zu failed", r->files, r->written,
		     r->failed);
	buf_release(&counts);
}

static enum exit_status work(struct command *c, char **files, int n)
{
	struct policy *policy = choose_policy(c->policy);
	struct result r = {.status = EXIT_IN_ORDER};
	struct outcome outcome;
	enum exit_status status;
	int i;

	if (policy == NULL)
		return EXIT_TROUBLE;
	for (i = 0; i < n && interrupt_pending() == 0; i++) {
		outcome = (struct outcome){.keep = c->json};
		status = work_on_file(c, policy, files[i], &outcome);
		if (c->json)
			status = status_worse(status, print_after(&c->printing, &outcome));
		add_up(&r, status, &outcome);
	}
	summarize(c, &r);
	if (c->json)
		r.status = status_worse(r.status, print_end(&c->printing));
	policy_free(policy);
	return r.status;
}

static enum exit_status run(int argc, char **argv)
{
	struct command c = {.options = {.rewrite = {.backup = true}}, .policy = "opportunistic"};
	enum exit_status rc;
	int option;

	/* A file of that name is ./log. */
	if (argc > 1 && strcmp(argv[1], "log") == 0)
		return log_command(argc - 1, argv + 1);
	opterr = 0;
	/* Help and version are given at once, whatever stands behind them. */
	while (!c.help && !c.version &&
	       (option = getopt_long(argc, argv, ":ncp:qvhV", long_options, NULL)) != -1) {
		rc = take_option(&c, option, argv);
		if (rc != EXIT_IN_ORDER)
			return rc;
	}
	if (c.help || c.version) {
		(void)fputs(c.help ? usage_text : "tlsharden " TLSHARDEN_VERSION "\n", stdout);
		return EXIT_IN_ORDER;
	}
	if (c.explained != NULL)
		return explain_findings(c.explained);
	if (c.list)
		return list_policies(c.listed);
	rc = check_command(&c, argv + optind, argc - optind);
	if (rc != EXIT_IN_ORDER)
		return rc;
	c.options.rewrite.terminal = isatty(STDOUT_FILENO);
	c.options.rewrite.colour = options_want_colour(c.colour);
	c.printing = (struct printing){.document = {.policy = c.policy},
				       .terminal = c.options.rewrite.terminal};
	c.herald = (struct rewrite_herald){print_before, &c.printing};
	if (c.json)
		c.options.rewrite.herald = &c.herald;
	return work(&c, argv + optind, argc - optind);
}

/* What was printed must have arrived. */
static enum exit_status close_output(enum exit_status rc)
{
	bool failed = ferror(stdout) != 0;

	if (fclose(stdout) != 0 && !failed) {
		diag(DIAG_ERROR, NULL, 0, "standard output: %s", strerror(errno));
		failed = true;
	}
	return failed ? EXIT_TROUBLE : rc;
}

int main(int argc, char **argv)
{
	enum exit_status rc;

	open_standard_descriptors();
	/* What cannot be written shall fail where it is written. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)umask(077);
	rc = close_output(run(argc, argv));
	interrupt_obey();
	return (int)rc;
}
