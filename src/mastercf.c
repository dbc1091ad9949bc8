/* SPDX-License-Identifier: ISC */
#include "mastercf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "diag.h"
#include "endpoint.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* How much of an offending text a message shows. */
#define SHOWN 60
/* What separates words: fewer bytes than what counts as white space elsewhere. */
#define BLANKS " \t\r\n"
/*
 * Options of Postfix daemons that take an argument, and those that take none. Some know
 * no -r, some no -S; none of them has to do with mail that comes or goes by SMTP.
 */
#define WITH_ARGUMENT "imnorst"
#define WITHOUT_ARGUMENT "cdDlSuvVz"

struct mastercf {
	const char *text;
	size_t len;

	/*
	 * The logical lines, joined, each ended by a NUL, and then cut into words where
	 * they stand. Joining drops a newline for every NUL that is added.
	 */
	char *joined;
	size_t used; /* bytes of it */

	struct mastercf_service *v;
	size_t n, cap;
	/* Those of all services, one service after another. */
	struct mastercf_override *overrides;
	size_t noverrides, overrides_cap;
	struct mastercf_error *errors;
	size_t nerrors, errors_cap;
	bool unsorted; /* the errors */
};

/* Where a physical line stands in the text, and where it went in the joined line. */
struct place {
	size_t from, to; /* its line ending included */
	size_t line;
	char *joined;
};

/* The service that is being read, and the place that was reached. */
struct reader {
	struct mastercf *m;
	struct mastercf_service s;
	char *at; /* what was not yet read of the joined line */
	struct place place;
};

/* Postfix's ISSPACE: ASCII only, whatever the locale says. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char *skip_space(char *s)
{
	while (is_space(*s))
		s++;
	return s;
}

/* Cuts white space off the end of a string, which starts at s. */
static void trim_space(char *s)
{
	size_t len = strlen(s);

	while (len > 0 && is_space(s[len - 1]))
		len--;
	s[len] = '\0';
}

/* ---- physical lines, as in main.cf ---- */

static size_t line_end(const struct mastercf *m, size_t at)
{
	const char *nl = memchr(m->text + at, '\n', m->len - at);

	return nl != NULL ? (size_t)(nl - m->text) + 1 : m->len;
}

enum line_kind {
	LINE_NOTHING, /* comment, blank or empty: skipped anywhere */
	LINE_MORE,    /* starts with white space: goes on with what came before */
	LINE_NEW      /* starts a logical line */
};

static enum line_kind line_kind(const struct mastercf *m, const struct place *p)
{
	size_t at = p->from;

	while (at < p->to && is_space(m->text[at]))
		at++;
	if (at == p->to || m->text[at] == '#')
		return LINE_NOTHING;
	return at > p->from ? LINE_MORE : LINE_NEW;
}

/* The length of a line without its newline. */
static size_t body_len(const struct mastercf *m, const struct place *p)
{
	return p->to - p->from - (m->text[p->to - 1] == '\n' ? 1 : 0);
}

/* Goes to the line behind; false at the end of the text. */
static bool next_place(const struct mastercf *m, struct place *p)
{
	if (p->to == m->len)
		return false;
	p->from = p->to;
	p->to = line_end(m, p->from);
	p->line++;
	return true;
}

/* ---- saying what is wrong, and where ---- */

/* Goes to the next line that is joined, of which there is one. */
static void next_joined(const struct mastercf *m, struct place *p)
{
	p->joined += body_len(m, p);
	do {
		if (!next_place(m, p))
			bug("behind the end of a logical line at line %zu", p->line);
	} while (line_kind(m, p) == LINE_NOTHING);
}

/* Goes to the line that a byte of the joined line comes from. Never back: all is one pass. */
static void go_to(struct reader *r, const char *byte)
{
	while ((size_t)(byte - r->place.joined) >= body_len(r->m, &r->place))
		next_joined(r->m, &r->place);
}

/* The text ends with its line, if not before. */
static void add_error(struct mastercf *m, const struct place *p, const char *cause, size_t from,
		      size_t len)
{
	struct mastercf_error *e;

	if (len > p->to - from)
		len = p->to - from;
	while (len > 0 && is_space(m->text[from + len - 1]))
		len--;
	m->errors = xgrow(m->errors, m->nerrors, &m->errors_cap, sizeof(*m->errors));
	e = &m->errors[m->nerrors++];
	/* What is found in a line may be known before what is wrong with the lines above. */
	m->unsorted = m->unsorted || (e > m->errors && e[-1].line > p->line);
	*e = (struct mastercf_error){.line = p->line, .cause = cause, .text = m->text + from};
	e->len = len > SHOWN ? SHOWN : len;
	e->more = len > SHOWN;
}

/* A service is refused for one of its words, or, where that is NULL, for what it lacks. */
static bool refuse(struct reader *r, const char *cause, const char *word)
{
	const struct place *p = &r->place;

	if (word == NULL) {
		add_error(r->m, p, cause, p->from, p->to - p->from);
	} else {
		go_to(r, word);
		add_error(r->m, p, cause, p->from + (size_t)(word - p->joined), strlen(word));
	}
	return false;
}

/* The daemon dies on a word, and says so in three parts, of which the middle one may be long. */
static void die_on(struct reader *r, const char *word, const char *before, const char *what,
		   const char *after)
{
	struct buf why = BUF_INIT;
	size_t len = strlen(what);

	go_to(r, word);
	buf_adds(&why, before);
	buf_add(&why, what, len > SHOWN ? SHOWN : len);
	buf_adds(&why, len > SHOWN ? "..." : "");
	buf_adds(&why, after);
	r->s.fatal = buf_detach(&why);
	r->s.fatal_line = r->place.line;
}

/* ---- words, as master(8) cuts them ---- */

/* The next word of a service's fields, or NULL. */
static char *next_field(struct reader *r)
{
	char *start = r->at + strspn(r->at, BLANKS);
	char *end = start + strcspn(start, BLANKS);

	if (start == end)
		return NULL;
	r->at = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return start;
}

/* The next argument, or NULL: blanks between braces do not end it. */
static char *next_argument(struct reader *r)
{
	char *start = r->at + strspn(r->at, BLANKS), *end;
	size_t level = 0;

	if (*start == '\0')
		return NULL;
	for (end = start; *end != '\0'; end++) {
		if (*end == '{')
			level++;
		else if (*end == '}' && level > 0)
			level--;
		else if (level == 0 && strchr(BLANKS, *end) != NULL)
			break;
	}
	r->at = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return start;
}

/* The brace that closes the one at which a word starts, or NULL. */
static char *closing_brace(char *word)
{
	size_t level = 0;

	for (; *word != '\0'; word++) {
		if (*word == '{')
			level++;
		else if (*word == '}' && --level == 0)
			return word;
	}
	return NULL;
}

/* Takes braces around an argument off, and white space within them. */
static bool strip_braces(struct reader *r, char **word)
{
	char *end;

	if (**word != '{')
		return true;
	end = closing_brace(*word);
	if (end == NULL)
		return refuse(r, "missing '}'", *word);
	if (end[1] != '\0')
		return refuse(r, "text after '}'", *word);
	*end = '\0';
	*word = skip_space(*word + 1);
	trim_space(*word);
	return true;
}

/* ---- the eight fields ---- */

enum field { TYPE, PRIVATE, UNPRIVILEGED, CHROOT, WAKEUP, LIMIT, COMMAND };

static const struct {
	const char *missing, *bad;
} complaints[] = {
	[TYPE] = {"missing service type", "bad service type"},
	[PRIVATE] = {"missing field \"private\"", "bad value of field \"private\""},
	[UNPRIVILEGED] = {"missing field \"unprivileged\"", "bad value of field \"unprivileged\""},
	[CHROOT] = {"missing field \"chroot\"", "bad value of field \"chroot\""},
	[WAKEUP] = {"missing field \"wakeup time\"", "bad value of field \"wakeup time\""},
	[LIMIT] = {"missing field \"process limit\"", "bad value of field \"process limit\""},
	[COMMAND] = {"missing command", "missing command"},
};

static bool is_type(const char *word)
{
	static const char *const types[] = {"inet", "unix", "unix-dgram", "fifo", "pass"};
	size_t i;

	for (i = 0; i < COUNT(types); i++)
		if (strcmp(word, types[i]) == 0)
			return true;
	return false;
}

/* As atoi() has it. */
static int to_int(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

static bool is_good_field(enum field field, const char *word)
{
	switch (field) {
	case TYPE:
		return is_type(word);
	case WAKEUP:
	case LIMIT:
		/* What follows the digits does not count. */
		return strcmp(word, "-") == 0 || (is_digit(*word) && to_int(word) >= 0);
	case COMMAND:
		return strcmp(word, "-") != 0;
	default:
		return strcmp(word, "y") == 0 || strcmp(word, "n") == 0 || strcmp(word, "-") == 0;
	}
}

/* The next field, or NULL where it is refused. */
static char *take_field(struct reader *r, enum field field)
{
	char *word = next_field(r);

	if (word != NULL && is_good_field(field, word))
		return word;
	(void)refuse(r, word == NULL ? complaints[field].missing : complaints[field].bad, word);
	return NULL;
}

static bool check_endpoint(struct reader *r)
{
	struct endpoint e;
	const char *cause = endpoint_cut(r->s.name, &e);

	return cause == NULL || refuse(r, cause, r->s.name);
}

/* In the order in which master(8) looks at them: what it says first is what counts. */
static bool read_fields(struct reader *r)
{
	const char *word;
	bool is_inet;

	r->s.type = take_field(r, TYPE);
	if (r->s.type == NULL)
		return false;
	is_inet = strcmp(r->s.type, "inet") == 0;
	if (is_inet && !check_endpoint(r))
		return false;
	word = take_field(r, PRIVATE);
	if (word == NULL)
		return false;
	r->s.is_private = *word != 'n';
	if (is_inet && r->s.is_private)
		return refuse(r, "an inet service cannot be private", word);
	if (take_field(r, UNPRIVILEGED) == NULL || take_field(r, CHROOT) == NULL ||
	    take_field(r, WAKEUP) == NULL || take_field(r, LIMIT) == NULL)
		return false;
	r->s.command = take_field(r, COMMAND);
	return r->s.command != NULL;
}

/* ---- arguments, as the daemon reads them ---- */

struct options {
	char wants;       /* the option whose argument comes next, or NUL */
	const char *word; /* where that option stands */
	bool ended;
};

/* Splits name=value where it stands; returns what is wrong with it, or NULL. */
static const char *split(char *text, char **name, char **value)
{
	char *end, *sign;

	*name = skip_space(text);
	if (**name == '\0' || **name == '=')
		return "missing attribute name";
	for (end = *name; *end != '\0' && !is_space(*end) && *end != '=';)
		end++;
	sign = skip_space(end);
	if (*sign != '=')
		return "missing '=' after attribute name";
	*end = '\0';
	*value = skip_space(sign + 1);
	trim_space(*value);
	return NULL;
}

static void add_override(struct reader *r, char *text)
{
	struct mastercf *m = r->m;
	struct mastercf_override o = {0};
	const char *cause = split(text, &o.name, &o.value);
	struct buf after = BUF_INIT;

	if (cause != NULL) {
		buf_addf(&after, "\" option value: %s", cause);
		die_on(r, text, "invalid \"-o ", text, buf_string(&after));
		buf_release(&after);
		return;
	}
	go_to(r, o.name);
	o.line = r->place.line;
	m->overrides = xgrow(m->overrides, m->noverrides, &m->overrides_cap, sizeof(*m->overrides));
	m->overrides[m->noverrides++] = o;
	r->s.noverrides++;
}

/* The arguments of the other options decide on nothing that matters here. */
static void take_argument(struct reader *r, char option, char *text)
{
	if (option == 'o')
		add_override(r, text);
	else if (option == 's' && to_int(text) <= 0)
		die_on(r, text, "invalid socket_count: ", text, "");
	else if (option == 'r' && to_int(text) <= 0)
		die_on(r, text, "invalid retirement time: ", text, "");
}

static void die_on_option(struct reader *r, const char *word, char option)
{
	const char what[] = {option, '\0'};

	die_on(r, word, "invalid option: ", what, "");
}

/* A word of options: "-v", "-vo name=value", "-vvoname=value". */
static void take_options(struct reader *r, struct options *o, char *word)
{
	char *p;

	for (p = word + 1; *p != '\0'; p++) {
		if (strchr(WITHOUT_ARGUMENT, *p) != NULL)
			continue;
		if (strchr(WITH_ARGUMENT, *p) == NULL) {
			die_on_option(r, word, *p);
		} else if (p[1] != '\0') {
			take_argument(r, *p, p + 1);
		} else {
			o->wants = *p;
			o->word = word;
		}
		return;
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/*
 * What follows the options. Most daemons take nothing, pipe(8) and spawn(8) take what
 * they like, postscreen(8) looks at none of it; so may programs that are not Postfix's.
 */
static void take_operand(struct reader *r, const char *word)
{
	static const char *const strict[] = {
		"anvil",    "bounce",   "cleanup",         "discard", "dnsblog", "error",
		"flush",    "local",    "nqmgr",           "oqmgr",   "pickup",  "postlogd",
		"proxymap", "qmgr",     "qmqpd",           "scache",  "showq",   "smtpd",
		"tlsmgr",   "tlsproxy", "trivial-rewrite", "verify",  "virtual"};
	const char *name = base_name(r->s.command);
	size_t i;

	if (strcmp(name, "smtp") == 0 || strcmp(name, "lmtp") == 0) {
		if (strncasecmp(word, "flags=", 6) != 0)
			die_on(r, word, "unknown attribute name: ", word, "");
		return;
	}
	for (i = 0; i < COUNT(strict); i++)
		if (strcmp(name, strict[i]) == 0)
			die_on(r, word, "unexpected command-line argument: ", word, "");
}

/* One argument, as getopt(3) and then the daemon see it. */
static void take_word(struct reader *r, struct options *o, char *word)
{
	if (o->wants != '\0') {
		take_argument(r, o->wants, word);
		o->wants = '\0';
	} else if (o->ended || word[0] != '-' || word[1] == '\0') {
		o->ended = true;
		take_operand(r, word);
	} else if (strcmp(word, "--") == 0) {
		o->ended = true;
	} else {
		take_options(r, o, word);
	}
}

/* Once the daemon is dead, master still has a word to say on the rest. */
static bool read_arguments(struct reader *r)
{
	struct options o = {0};
	char *word;

	while ((word = next_argument(r)) != NULL) {
		if (!strip_braces(r, &word))
			return false;
		if (r->s.fatal == NULL)
			take_word(r, &o, word);
	}
	if (r->s.fatal == NULL && o.wants != '\0')
		die_on_option(r, o.word, o.wants);
	return true;
}

/* ---- services ---- */

/* Reads a logical line, which was joined, and starts at that place. */
static void read_service(struct mastercf *m, const struct place *start)
{
	size_t noverrides = m->noverrides;
	struct reader r = {.m = m, .at = start->joined, .place = *start};

	m->joined[m->used++] = '\0';
	r.s.line = start->line;
	r.s.name = next_field(&r);
	/* Nothing but what stood behind a NUL byte. */
	if (r.s.name == NULL)
		return;
	if (!read_fields(&r) || !read_arguments(&r)) {
		free(r.s.fatal);
		m->noverrides = noverrides;
		return;
	}
	m->v = xgrow(m->v, m->n, &m->cap, sizeof(*m->v));
	m->v[m->n++] = r.s;
}

static void join(struct mastercf *m, const struct place *p)
{
	size_t len = body_len(m, p);

	memcpy(m->joined + m->used, m->text + p->from, len);
	m->used += len;
}

static void read_lines(struct mastercf *m)
{
	struct place p = {0}, start = {0};
	enum line_kind kind;

	while (next_place(m, &p)) {
		if (memchr(m->text + p.from, '\0', p.to - p.from) != NULL)
			add_error(m, &p, "NUL byte", p.from, p.to - p.from);
		kind = line_kind(m, &p);
		if (kind == LINE_NEW) {
			if (start.line > 0)
				read_service(m, &start);
			start = p;
			start.joined = m->joined + m->used;
		}
		/* White space at the start of the file goes on with nothing. */
		if (kind != LINE_NOTHING && start.line > 0)
			join(m, &p);
	}
	if (start.line > 0)
		read_service(m, &start);
}

/* Their array has moved while it grew. */
static void hand_out_overrides(struct mastercf *m)
{
	size_t i, at = 0;

	for (i = 0; i < m->n; i++) {
		m->v[i].overrides = m->v[i].noverrides > 0 ? m->overrides + at : NULL;
		at += m->v[i].noverrides;
	}
}

static int by_line(const void *one, const void *two)
{
	const struct mastercf_error *a = one, *b = two;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->text > b->text) - (a->text < b->text);
}

/* ---- the same service twice ---- */

static int compare_names(const struct mastercf_service *a, const struct mastercf_service *b)
{
	int order = strcmp(a->type, b->type);

	if (order == 0 && strcmp(a->type, "inet") == 0)
		return endpoint_compare(a->name, b->name);
	if (order == 0)
		order = (int)a->is_private - (int)b->is_private;
	return order != 0 ? order : strcmp(a->name, b->name);
}

struct sorted {
	struct mastercf_service *service;
};

static int by_name(const void *one, const void *two)
{
	const struct mastercf_service *a = ((const struct sorted *)one)->service;
	const struct mastercf_service *b = ((const struct sorted *)two)->service;
	int order = compare_names(a, b);

	return order != 0 ? order : (a > b) - (a < b);
}

static void find_replaced(struct mastercf *m)
{
	struct sorted *v = xreallocarray(NULL, m->n, sizeof(*v));
	size_t i;

	for (i = 0; i < m->n; i++)
		v[i].service = &m->v[i];
	if (m->n > 1)
		qsort(v, m->n, sizeof(*v), by_name);
	for (i = 1; i < m->n; i++)
		v[i - 1].service->replaced = compare_names(v[i - 1].service, v[i].service) == 0;
	free(v);
}

/* ---- what others see ---- */

struct mastercf *mastercf_parse(const char *text, size_t len)
{
	struct mastercf *m = xcalloc(1, sizeof(*m));

	m->text = text != NULL ? text : "";
	m->len = len;
	m->joined = xmalloc(len + 1);
	read_lines(m);
	hand_out_overrides(m);
	find_replaced(m);
	if (m->unsorted)
		qsort(m->errors, m->nerrors, sizeof(*m->errors), by_line);
	return m;
}

void mastercf_free(struct mastercf *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->n; i++)
		free(m->v[i].fatal);
	free(m->v);
	free(m->overrides);
	free(m->errors);
	free(m->joined);
	free(m);
}

size_t mastercf_services(const struct mastercf *m, const struct mastercf_service **services)
{
	*services = m->v;
	return m->n;
}

size_t mastercf_errors(const struct mastercf *m, const struct mastercf_error **errors)
{
	*errors = m->errors;
	return m->nerrors;
}

const struct mastercf_override *mastercf_override(const struct mastercf_service *s,
						  const char *name, size_t len)
{
	size_t i;

	for (i = s->noverrides; i-- > 0;)
		if (strlen(s->overrides[i].name) == len &&
		    memcmp(s->overrides[i].name, name, len) == 0)
			return &s->overrides[i];
	return NULL;
}

const char *mastercf_option(void *service, const char *name, size_t len, size_t *line)
{
	const struct mastercf_override *o = mastercf_override(service, name, len);

	if (o == NULL)
		return NULL;
	*line = o->line;
	return o->value;
}

bool mastercf_is_local(const struct mastercf_service *s)
{
	struct endpoint e;

	if (strcmp(s->type, "inet") != 0)
		return strcmp(s->type, "pass") != 0;
	return endpoint_cut(s->name, &e) == NULL && endpoint_is_loopback(&e);
}

const char *mastercf_port(const struct mastercf_service *s)
{
	struct endpoint e;

	if (strcmp(s->type, "inet") != 0 || endpoint_cut(s->name, &e) != NULL)
		return "";
	return e.port;
}
