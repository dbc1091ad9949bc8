/* SPDX-License-Identifier: ISC */
#include "logoptions.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "moment.h"

static const char help_text[] =
	"Usage: tlsharden log [OPTION]... [LOG]...\n"
	"Report what Postfix's logs say of encryption: which mail left and arrived over\n"
	"TLS, and which in plaintext.\n"
	"\n"
	"LOG is a mail log, plain or compressed (gzip, bzip2, xz, zstd), or \"-\": standard\n"
	"input. Logs are read by age, in whatever order they are named. Without LOG it is\n"
	"/var/log/mail.log or /var/log/maillog, else the journal.\n"
	"\n"
	"      --by KEY          a row for each day, peer, domain, protocol or cipher\n"
	"      --since TIME      count what was delivered at that time or later:\n"
	"                        2026-07-14, \"2026-07-14 10:00\", 2026-07-14T10:00:00Z,\n"
	"                        30s, 5m, 24h, 7d, 2w (ago), now, today, yesterday\n"
	"      --until TIME      and not after it; a day alone means its end\n"
	"      --top N           N rows of each table; of days and changes the last ones\n"
	"      --what-if LEVEL   what that smtp_tls_security_level (encrypt) would have\n"
	"                        held back\n"
	"      --deliveries      one line for each delivery, with tabs between its fields\n"
	"      --check           exit 1 if less than it should be is encrypted, out or in\n"
	"      --min-encrypted PERCENT\n"
	"                        how much it should be (100)\n"
	"      --format FORMAT   text, json or prometheus\n"
	"      --color WHEN      auto (on a terminal), always or never\n"
	"  -q, --quiet           say errors only\n"
	"  -v, --verbose         accepted; the report has all there is\n"
	"  -h, --help            print this text\n"
	"  -V, --version         print the version\n"
	"\n"
	"As root it opens the logs, becomes nobody, and only then reads them.\n"
	"\n"
	"Exit status: 0 in order; 1 --check: less is encrypted than it should be, or\n"
	"nothing shows how much is; 2 trouble: a log could not be read, or not to its end.\n";

enum {
	OPT_BY = 256,
	OPT_CHECK,
	OPT_COLOR,
	OPT_DELIVERIES,
	OPT_FORMAT,
	OPT_MIN_ENCRYPTED,
	OPT_SINCE,
	OPT_TOP,
	OPT_UNTIL,
	OPT_WHAT_IF
};

static const struct option long_options[] = {
	{"by", required_argument, NULL, OPT_BY},
	{"check", no_argument, NULL, OPT_CHECK},
	{"color", required_argument, NULL, OPT_COLOR},
	{"deliveries", no_argument, NULL, OPT_DELIVERIES},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"min-encrypted", required_argument, NULL, OPT_MIN_ENCRYPTED},
	{"since", required_argument, NULL, OPT_SINCE},
	{"top", required_argument, NULL, OPT_TOP},
	{"until", required_argument, NULL, OPT_UNTIL},
	{"what-if", required_argument, NULL, OPT_WHAT_IF},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

const char *logoptions_help(void)
{
	return help_text;
}

static enum exit_status take_by(struct logoptions *o, const char *word)
{
	static const char *const words[] = {
		[TALLY_DAY] = "day",           [TALLY_PEER] = "peer",     [TALLY_DOMAIN] = "domain",
		[TALLY_PROTOCOL] = "protocol", [TALLY_CIPHER] = "cipher",
	};
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0) {
			o->by = (enum tally_by)i;
			return EXIT_IN_ORDER;
		}
	return options_error("--by wants day, peer, domain, protocol or cipher", word);
}

static enum exit_status take_format(struct logoptions *o, const char *word)
{
	o->form = report_by_name(word);
	o->format = word;
	if (o->form == NULL)
		return options_error("--format wants text, json or prometheus", word);
	return EXIT_IN_ORDER;
}

static enum exit_status take_top(struct logoptions *o, const char *word)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end != '\0' || errno != 0 || n == 0)
		return options_error("--top wants a number from 1 on", word);
	o->top = n;
	return EXIT_IN_ORDER;
}

/* Plain decimals: strtod() alone would also take "nan" and "0x1p3". */
static enum exit_status take_least(struct logoptions *o, const char *word)
{
	char *end;

	o->least = strtod(word, &end);
	if (*word < '0' || *word > '9' || word[strspn(word, "0123456789.")] != '\0' ||
	    *end != '\0' || o->least > 100.0)
		return options_error("--min-encrypted wants a number from 0 to 100", word);
	return EXIT_IN_ORDER;
}

static enum exit_status take_moment(int64_t *when, const char *word, int64_t now, bool end)
{
	if (moment_parse(word, now, end, when))
		return EXIT_IN_ORDER;
	return options_error(end ? "--until wants a time" : "--since wants a time", word);
}

static enum exit_status take_option(struct logoptions *o, int option, char **argv, int64_t now)
{
	switch (option) {
	case OPT_BY:
		return take_by(o, optarg);
	case OPT_CHECK:
		o->check = true;
		break;
	case OPT_COLOR:
		return options_colour(&o->colour, optarg);
	case OPT_DELIVERIES:
		o->deliveries = true;
		break;
	case OPT_FORMAT:
		return take_format(o, optarg);
	case OPT_MIN_ENCRYPTED:
		return take_least(o, optarg);
	case OPT_SINCE:
		return take_moment(&o->since, optarg, now, false);
	case OPT_TOP:
		return take_top(o, optarg);
	case OPT_UNTIL:
		return take_moment(&o->until, optarg, now, true);
	case OPT_WHAT_IF:
		o->what_if = tally_level(optarg);
		if (o->what_if == NULL)
			return options_error("--what-if wants a level that smtp_tls_security_level "
					     "can have",
					     optarg);
		break;
	case 'q':
		diag_verbosity(DIAG_ERROR);
		break;
	case 'v':
		diag_verbosity(DIAG_DETAIL);
		break;
	case 'h':
		o->help = true;
		break;
	case 'V':
		o->version = true;
		break;
	case ':':
		return options_error("option without its argument", argv[optind - 1]);
	default:
		return options_unknown(argv[optind - 1], long_options);
	}
	return EXIT_IN_ORDER;
}

/* What goes together, and what does not. */
static enum exit_status check_options(const struct logoptions *o)
{
	if (o->least >= 0 && !o->check)
		return options_error("--min-encrypted goes with --check", NULL);
	if (o->deliveries && o->check)
		return options_error("--deliveries and --check exclude each other", NULL);
	if (o->deliveries &&
	    (o->format != NULL || o->by != TALLY_ALL || o->top > 0 || o->what_if != NULL))
		return options_error("--deliveries has a form of its own: no --format, --by, "
				     "--top, --what-if",
				     NULL);
	if (o->since > o->until)
		return options_error("--since is after --until", NULL);
	return EXIT_IN_ORDER;
}

enum exit_status logoptions_parse(struct logoptions *o, int argc, char **argv, int64_t now)
{
	enum exit_status rc;
	int option;

	*o = (struct logoptions){.by = TALLY_ALL,
				 .since = INT64_MIN,
				 .until = INT64_MAX,
				 .form = report_by_name("text"),
				 .least = -1};
	opterr = 0;
	/* Help and version are given at once, whatever stands behind them. */
	while (!o->help && !o->version &&
	       (option = getopt_long(argc, argv, ":qvhV", long_options, NULL)) != -1) {
		rc = take_option(o, option, argv, now);
		if (rc != EXIT_IN_ORDER)
			return rc;
	}
	rc = o->help || o->version ? EXIT_IN_ORDER : check_options(o);
	if (o->what_if == NULL)
		o->what_if = "encrypt";
	return rc;
}
