/* SPDX-License-Identifier: ISC */
#include "generate.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PICK(g, table) (table)[below(g, (unsigned)COUNT(table))]
#define MANAGED 4

enum line_ending { ENDING_LF, ENDING_CRLF, ENDING_MIXED };

struct generator {
	uint64_t state;
	unsigned flags;
	bool good;   /* what is managed is as the default policy wants it */
	bool strong; /* and as the others want it, too */
	enum line_ending ending;
	unsigned depth[MANAGED]; /* one may refer to those of lesser depth: no recursion */
	bool tame;               /* no blanks now that are none inside a macro */
	struct buf *out;
};

static const char *const managed[MANAGED] = {"smtpd_tls_security_level", "smtp_tls_security_level",
					     "smtp_tls_loglevel", "smtpd_tls_loglevel"};

/* What the policy dane manages beside them. */
static const char dns_support[] = "smtp_dns_support_level";

/* splitmix64, public domain, by Sebastiano Vigna. */
static uint64_t draw(struct generator *g)
{
	uint64_t z = (g->state += 0x9e3779b97f4a7c15U);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static unsigned below(struct generator *g, unsigned n)
{
	return (unsigned)(draw(g) >> 33) % n;
}

static bool chance(struct generator *g, unsigned percent)
{
	return below(g, 100) < percent;
}

static void put(struct generator *g, const char *text)
{
	buf_adds(g->out, text);
}

static void put_ending(struct generator *g)
{
	bool crlf = g->ending == ENDING_CRLF || (g->ending == ENDING_MIXED && chance(g, 50));

	put(g, crlf ? "\r\n" : "\n");
}

/* At least one byte of white space, good to start a continuation line with. */
static void put_indent(struct generator *g)
{
	static const char *const tame[] = {" ", "    ", "\t", "\t\t", "  \t"};
	static const char *const wild[] = {"\v", "\f ", " \v\f", "\t\r ", "\r\t"};

	put(g, !g->tame && chance(g, 12) ? PICK(g, wild) : PICK(g, tame));
}

/* White space around '=': mostly one blank, or none. */
static void put_spacing(struct generator *g)
{
	static const char *const odd[] = {"\t", "  ", "\t\t", "     ", " \t",
					  "\v", "\f", "\r",   " \r "};

	if (chance(g, 60))
		put(g, " ");
	else if (chance(g, 45))
		put(g, PICK(g, odd));
}

static void put_in_any_case(struct generator *g, const char *word)
{
	unsigned style = below(g, 10);

	for (; *word != '\0'; word++) {
		bool upper = style == 0 || (style == 1 && chance(g, 50));

		if (upper && *word >= 'a' && *word <= 'z')
			buf_addc(g->out, *word - 'a' + 'A');
		else
			buf_addc(g->out, *word);
	}
}

/* ---- comments ---- */

static void put_example(struct generator *g)
{
	static const char *const hashes[] = {"#", "# ", "#", "#\t", "#   ", "##", "# #"};
	static const char *const values[] = {"none", "may",  "encrypt", "0",
					     "1",    "dane", "",        "may # see TLS_README"};

	put(g, PICK(g, hashes));
	put(g, chance(g, 10) ? dns_support : PICK(g, managed));
	put_spacing(g);
	if (chance(g, 92))
		put(g, "=");
	put_spacing(g);
	put(g, PICK(g, values));
}

/* A comment without its line ending. */
static void put_comment(struct generator *g)
{
	static const char *const prose[] = {
		"#",
		"# TLS parameters",
		"# appending .domain is the MUA's job.",
		"#delay_warning_time = 4h",
		"# f\xfcr alle Rechner im Hause",            /* Latin-1 */
		"# pour les h\xc3\xb4tes ext\xc3\xa9rieurs", /* UTF-8 */
		"# \xff\xfe\x80 no text at all",
		"# smtp_tls_security_level is what matters",
		"#smtp_tls_note_starttls_offer = yes",
		"# a = b # c = d \\",
		"#\ttab\vvertical\fform",
	};

	if (chance(g, 30))
		put_example(g);
	else
		put(g, PICK(g, prose));
}

/* A line that Postfix skips, wherever it stands. */
static void put_filler(struct generator *g)
{
	if (chance(g, 30))
		put_indent(g);
	if (chance(g, 70))
		put_comment(g);
	put_ending(g);
}

/* Ends the line inside a value, and starts one that goes on with it. */
static void put_break(struct generator *g)
{
	put_ending(g);
	while (chance(g, 35))
		put_filler(g);
	put_indent(g);
}

/* ---- settings ---- */

/* The value's blanks are where its lines may break. */
static void put_value(struct generator *g, const char *value)
{
	unsigned often = chance(g, 25) ? 50 : 0;

	if (chance(g, 7))
		put_break(g);
	for (; *value != '\0'; value++) {
		/* A '#' that starts a line would hide the rest of a macro. */
		if (*value == ' ' && !(g->tame && value[1] == '#') && chance(g, often))
			put_break(g);
		else
			buf_addc(g->out, *value);
	}
	if (chance(g, 8))
		put_indent(g);
}

static void put_setting(struct generator *g, const char *name, const char *value)
{
	g->tame = strchr(value, '$') != NULL;
	put(g, name);
	if (chance(g, 4))
		put_break(g);
	else
		put_spacing(g);
	put(g, "=");
	put_spacing(g);
	put_value(g, value);
	put_ending(g);
	g->tame = false;
}

static void put_bad_macro(struct generator *g, struct buf *value)
{
	static const char *const bad[] = {
		"$",
		"a$",
		"${}",
		"${my_level",
		"$(my_level",
		"${a-b}",
		"${ }",
		"${a?{b}c}",
		"${a?{b}:{c}d}",
		"${{a} ~ {b}}",
		"${{a}==b",
		"${a?{b}:c",
		"${{a} == {b}",
		"$-",
		"$()",
		"may $",
		"${{99999999999999999999} == {1}?{may}}",
	};

	if (chance(g, 40))
		buf_addf(value, "$%s", PICK(g, managed));
	else
		buf_adds(value, PICK(g, bad));
}

/* A name to refer to, from a parameter of the given depth. */
static const char *name_to_refer_to(struct generator *g, unsigned depth)
{
	static const char *const own[] = {"my_level",  "my_level", "my_log",
					  "my_switch", "my_text",  "nowhere"};
	static const char *const built_in[] = {"smtp_tls_CApath", "mail_name",
					       "smtp_tls_note_starttls_offer", "lmtp_tls_loglevel"};
	static const char *const obsolete[] = {"smtp_use_tls", "smtp_enforce_tls", "smtpd_use_tls",
					       "smtpd_enforce_tls"};
	unsigned i, kind = below(g, 100);

	for (i = 0; kind < 40 && i < MANAGED; i++)
		if (g->depth[i] < depth && chance(g, 50))
			return managed[i];
	if (kind < 85)
		return PICK(g, own);
	return kind < 92 && depth > 0 ? PICK(g, obsolete) : PICK(g, built_in);
}

/* A reference in one of its many forms; a and b are values that would do. */
static void refer(struct generator *g, unsigned depth, const char *a, const char *b,
		  struct buf *value)
{
	const char *name = name_to_refer_to(g, depth);

	switch (below(g, 16)) {
	case 0:
	case 1:
	case 2:
		buf_addf(value, "$%s", name);
		break;
	case 3:
	case 4:
		buf_addf(value, "${%s}", name);
		break;
	case 5:
		buf_addf(value, "$(%s)", name);
		break;
	case 6:
		buf_addf(value, "${%s?{%s}:{%s}}", name, a, b);
		break;
	case 7:
		buf_addf(value, "${ %s ? { %s } : {%s} }", name, a, b);
		break;
	case 8:
		buf_addf(value, "${%s?%s}${%s:%s}", name, a, name, b);
		break;
	case 9:
		buf_addf(value, "$(%s?{%s}:%s)", name, a, b);
		break;
	case 10:
		buf_addf(value, "${{$%s} == {yes} ? {%s} : {%s}}", name, a, b);
		break;
	case 11:
		buf_addf(value, "${{$%s}!={%s}?{%s}:{%s}}", name, a, a, b);
		break;
	case 12:
		buf_addf(value, "${{${%s:%s}} >= {%s} ? {%s}}", name, a, b, a);
		break;
	case 13:
		buf_addf(value, "$%s$nowhere", name);
		break;
	case 14:
		buf_addf(value, "${nowhere:%s}", a);
		break;
	default:
		buf_addf(value, "$$%s", name);
		break;
	}
}

static const char *const levels[] = {"none",      "may",         "encrypt", "dane",
				     "dane-only", "fingerprint", "verify",  "secure"};

static void make_level(struct generator *g, unsigned depth, struct buf *value)
{
	static const char *const good[] = {"may", "encrypt", "Verify", "${nowhere:may}"};
	static const char *const strong[] = {"encrypt", "ENCRYPT", "verify",
					     "$nowhere$(nowhere:secure)"};
	static const char *const fatal[] = {
		"may # opportunistic",
		"\"may\"",
		"bogus",
		"may encrypt",
		"encrypt # internal",
		"\"verify\"",
		"'secure'",
		"yes",
		"1",
		"may;",
		"dane # to all",
		"encrypt, may",
		"none # not yet",
		"mandatory",
		"m\xe4y",
		"dane-only dnssec",
		"verify#",
		"\" fingerprint \"",
		"may\\",
		"DANE",
	};
	unsigned kind = below(g, 100);
	struct generator word = *g;

	if (g->good)
		buf_adds(value, g->strong ? PICK(g, strong) : PICK(g, good));
	else if ((g->flags & GENERATE_BAD_MACROS) != 0 && kind < 8) {
		put_bad_macro(g, value);
	} else if (kind < 50) {
		word.out = value;
		put_in_any_case(&word, PICK(&word, levels));
		g->state = word.state;
	} else if (kind < 64) {
		buf_adds(value, PICK(g, fatal));
	} else if (kind < 92) {
		refer(g, depth, PICK(g, levels), PICK(g, levels), value);
	}
}

static void make_loglevel(struct generator *g, unsigned depth, struct buf *value)
{
	static const char *const good[] = {"1", "2", "routine", "summary, untrusted",
					   "$(nowhere:1)"};
	static const char *const plain[] = {
		"0",
		"1",
		"2",
		"3",
		"4",
		"9",
		"10",
		"-1",
		"01",
		"none",
		"routine",
		"summary",
		"Debug",
		"untrusted",
		"summary, untrusted",
		"summary,peercert,verbose",
		"ssl-expert",
		"SSL-Developer",
		"summary bogus",
		"1 # one line each",
		"\"1\"",
		"summary ssl-session-packet-dump",
		"routine\tcache",
		"1,2",
		"1 3",
		"none, 1",
		",",
		"summary untrusted certmatch",
		"yes",
		"Routine",
		"ssl-handshake-packet-dump",
	};
	unsigned kind = below(g, 100);

	if (g->good)
		buf_adds(value, PICK(g, good));
	else if ((g->flags & GENERATE_BAD_MACROS) != 0 && kind < 8)
		put_bad_macro(g, value);
	else if (kind < 72)
		buf_adds(value, PICK(g, plain));
	else if (kind < 94)
		refer(g, depth, PICK(g, plain), PICK(g, plain), value);
}

static void make_switch(struct generator *g, struct buf *value)
{
	static const char *const good[] = {"yes", "no", "yes", "no", "YES", "No"};
	static const char *const bad[] = {"true", "1", "", "yes # for now", "on", "\"yes\""};
	unsigned kind = below(g, 100);

	if ((g->flags & GENERATE_BAD_MACROS) != 0 && kind < 4)
		put_bad_macro(g, value);
	else if (kind < 82)
		buf_adds(value, PICK(g, good));
	else if (kind < 90)
		buf_adds(value, PICK(g, bad));
	else
		refer(g, 0, "yes", "no", value);
}

static void put_managed(struct generator *g, unsigned i)
{
	struct buf value = BUF_INIT;

	if (strstr(managed[i], "loglevel") != NULL)
		make_loglevel(g, g->depth[i], &value);
	else
		make_level(g, g->depth[i], &value);
	put_setting(g, managed[i], buf_string(&value));
	buf_release(&value);
}

static void put_obsolete(struct generator *g)
{
	static const char *const names[] = {
		"smtp_use_tls",        "smtp_enforce_tls",      "smtp_tls_enforce_peername",
		"smtpd_use_tls",       "smtpd_enforce_tls",     "smtp_tls_wrappermode",
		"lmtp_use_tls",        "smtpd_tls_wrappermode", "lmtp_enforce_tls",
		"disable_dns_lookups",
	};
	struct buf value = BUF_INIT;

	make_switch(g, &value);
	put_setting(g, PICK(g, names), buf_string(&value));
	buf_release(&value);
}

/* Without DNSSEC dane is worth no more than may. */
static void put_dns(struct generator *g)
{
	static const char *const plain[] = {
		"dnssec",   "dnssec",     "dnssec",     "DNSSEC", "enabled",
		"disabled", "dnssec # x", "\"dnssec\"", "bogus",  "",
	};
	struct buf value = BUF_INIT;
	unsigned kind = below(g, 100);

	if (g->good)
		buf_adds(&value, kind < 50 ? "dnssec" : "DNSSEC");
	else if ((g->flags & GENERATE_BAD_MACROS) != 0 && kind < 4)
		put_bad_macro(g, &value);
	else if (kind < 80)
		buf_adds(&value, PICK(g, plain));
	else
		refer(g, 0, "dnssec", "enabled", &value);
	put_setting(g, dns_support, buf_string(&value));
	buf_release(&value);
}

/* What the references refer to. */
static void put_own(struct generator *g)
{
	static const char *const logs[] = {"0", "1", "2", "3", "summary", "", "bogus"};
	static const char *const texts[] = {"", "yes", "may", "x y", "$$may", "\"", "2"};

	switch (below(g, 4)) {
	case 0:
		put_setting(g, "my_level", chance(g, 8) ? "" : PICK(g, levels));
		break;
	case 1:
		put_setting(g, "my_log", PICK(g, logs));
		break;
	case 2:
		put_setting(g, "my_switch", chance(g, 50) ? "yes" : "no");
		break;
	default:
		put_setting(g, "my_text", PICK(g, texts));
		break;
	}
}

/* Some of the names are built in, some are near misses of what is managed. */
static void put_other(struct generator *g)
{
	static const char *const names[] = {
		"mydestination",
		"mynetworks",
		"relayhost",
		"smtpd_banner",
		"smtpd_tls_cert_file",
		"smtpd_tls_key_file",
		"smtp_tls_CAfile",
		"smtp_tls_session_cache_database",
		"smtp_tls_policy_maps",
		"smtpd_tls_mandatory_protocols",
		"smtpd_recipient_restrictions",
		"lmtp_tls_security_level",
		"lmtp_tls_loglevel",
		"alias_maps",
		"mail_spool_directory",
		"virtual_alias_maps",
		"home_mailbox",
		"smtpd_tsl_loglevel",
		"SMTP_TLS_LOGLEVEL",
		"smtp_tls_loglevel_",
		"xsmtp_tls_security_level",
		"smtp_tls_security_levels",
		"smtpd_tls_",
		"smtp_tls_",
		"policyd-spf_time_limit",
		"amavis_destination_concurrency_limit",
		"f\xfcr_alle",
		"\xe2\x80\x8bmyorigin",
	};
	static const char *const values[] = {
		"",
		"hash:/etc/aliases",
		"$myhostname ESMTP $mail_name (Debian/GNU)",
		"127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128",
		"permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
		"btree:${data_directory}/smtp_scache",
		"all",
		"[mail.example.org]:587 # the provider",
		"!SSLv2, !SSLv3",
		"check_client_access { inline:{ {a = b}, {c = d} } }, permit",
		"localhost.$mydomain, localhost , example.org",
		"h\xf6st \xff\xfe",
		"a=b =c = d",
		"\"quoted\" 'too' \\",
		"smtp_tls_loglevel = 0",
		"# nothing but a hash",
		"$smtp_tls_security_level",
		"${my_switch?{on}:{off}} $my_text",
		"may",
		"x\ty\t\tz",
	};

	put_setting(g, PICK(g, names), PICK(g, values));
}

static void put_bad_line(struct generator *g)
{
	static const char *const lines[] = {
		"smtp_tls_security_level",
		"smtp_tls_security_level may",
		"two words = x",
		"= may",
		"=",
		"\xef\xbb\xbf# comment behind a byte order mark",
		"root@mail:~# postconf -n",
		"<html><body>",
		"smtp_tls_loglevel: 1",
		"mail.example.org",
		"// comment",
		"smtpd_tls_loglevel\n# comment\nrelayhost = x",
		"relayhost\n x = y",
		"\\",
	};

	put(g, PICK(g, lines));
	put_ending(g);
}

/* ---- the file ---- */

static void put_item(struct generator *g)
{
	unsigned kind = below(g, 100);

	if ((g->flags & GENERATE_BAD_LINES) != 0 && kind < 3)
		put_bad_line(g);
	else if (kind < 26)
		put_managed(g, below(g, MANAGED));
	else if (kind < 36)
		put_obsolete(g);
	else if (kind < 40)
		put_dns(g);
	else if (kind < 50)
		put_own(g);
	else if (kind < 74)
		put_other(g);
	else
		put_filler(g);
}

/* What may stand before the first logical line. */
static void put_start(struct generator *g)
{
	unsigned kind = below(g, 100);

	if (kind < 4) {
		/* It becomes part of the name. */
		put(g, "\xef\xbb\xbf");
		put_managed(g, below(g, MANAGED));
	} else if (kind < 12) {
		while (chance(g, 40))
			put_filler(g);
		do {
			put_indent(g);
			put(g, chance(g, 50) ? "smtp_tls_loglevel = 3" : "goes on with nothing");
			put_ending(g);
		} while (chance(g, 30));
	}
}

static void put_end(struct generator *g)
{
	unsigned kind = below(g, 100);
	struct buf *out = g->out;

	if (kind < 6) {
		put_example(g);
		return;
	}
	if (kind < 9)
		put_indent(g);
	if (kind >= 22)
		return;
	if (out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
	if (out->len > 0 && out->data[out->len - 1] == '\r' && chance(g, 70))
		out->data[--out->len] = '\0';
}

static void put_nul(struct generator *g)
{
	if (g->out->len > 0)
		g->out->data[below(g, (unsigned)g->out->len)] = '\0';
}

void generate(uint64_t seed, unsigned flags, struct buf *out)
{
	static const unsigned sizes[] = {0, 1, 2, 4, 8, 16, 24, 40};
	struct generator g = {.state = seed, .flags = flags, .out = out};
	unsigned i, j, n, ending;

	ending = below(&g, 100);
	g.ending = ending < 70 ? ENDING_LF : ending < 85 ? ENDING_CRLF : ENDING_MIXED;
	for (i = 0; i < MANAGED; i++) {
		/* A random order of the four: each is put in at a random place. */
		g.depth[i] = i;
		j = below(&g, i + 1);
		g.depth[i] = g.depth[j];
		g.depth[j] = i;
	}
	put_start(&g);
	g.good = chance(&g, 15);
	g.strong = chance(&g, 50);
	for (n = below(&g, PICK(&g, sizes) + 1); n > 0; n--)
		put_item(&g);
	for (i = 0; i < MANAGED && g.good; i++)
		put_managed(&g, i);
	if (g.good && g.strong)
		put_dns(&g);
	put_end(&g);
	if ((flags & GENERATE_NULS) != 0 && chance(&g, 50))
		put_nul(&g);
}

/* ---- master.cf ---- */

/* White space between two words: what is no blank to master(8) becomes part of a word. */
static void put_gap(struct generator *g)
{
	if (chance(g, 80))
		put(g, " ");
	else if (chance(g, 70))
		put_indent(g);
	else
		put_break(g);
}

static void put_word(struct generator *g, const char *word)
{
	put_gap(g);
	put(g, word);
}

/* Unique, for postconf -P takes services of one name and type for one. */
static const char *put_name(struct generator *g, unsigned number)
{
	static const char *const types[] = {"unix", "unix", "unix-dgram", "fifo", "pass"};
	static const char *const names[] = {"svc%u", "smtp-amavis%u", "d\xf6vecot_%u", "a/b%u",
					    "-%u"};
	static const char *const inet[] = {
		"127.0.0.1:1%u", "[::1]:1%u", "localhost:1%u",      "1%u",
		"mail%u",        ":1%u",      "[192.0.2.1]:smtp%u", "[ipv6:::1]:2%u"};
	bool is_inet = chance(g, 40);
	const char *form = is_inet ? PICK(g, inet) : PICK(g, names);
	const char *sign = strchr(form, '%');

	buf_addf(g->out, "%.*s%u", (int)(sign - form), form, number);
	return is_inet ? "inet" : PICK(g, types);
}

static const char *const overridden[] = {
	"smtpd_tls_security_level",
	"smtp_tls_security_level",
	"smtpd_tls_wrappermode",
	"smtp_tls_loglevel",
	"syslog_name",
	"smtpd_recipient_restrictions",
	"content_filter",
	"smtpd_sasl_auth_enable",
	"x\xfcx",
};

static void put_override(struct generator *g)
{
	static const char *const plain[] = {
		"may",
		"encrypt",
		"none",
		"",
		"yes",
		"postfix/$service_name",
		"a=b",
		"=",
		"}",
		"permit_mynetworks,reject",
		"${x?{a b}:{c}}",
		"${{$a} == {b} ? {c} : {d}}",
		"h\xff",
		"lmtp:unix:private/x",
		"\"q\"",
		"#",
		"-o",
		"\\",
	};
	static const char *const long_ones[] = {
		"permit_mynetworks, reject",
		"a  b",
		"",
		"may",
		"{ a }",
		"a = b",
		"x # y",
		"-o a=b",
		"${x?{a b}:{c}}",
		"{ {a = b}, {c} }",
		"x {y} z",
	};
	static const char *const opens[] = {"{", "{ ", "{\t"};
	static const char *const signs[] = {"=", " = ", "= ", " =", "\t= "};
	const char *name = PICK(g, overridden);

	if (chance(g, 35)) {
		put_word(g, "-o");
		put_gap(g);
		put(g, PICK(g, opens));
		if (chance(g, 10))
			put_gap(g);
		put(g, name);
		put(g, PICK(g, signs));
		put_value(g, PICK(g, long_ones));
		put(g, chance(g, 50) ? "}" : " }");
		return;
	}
	put_gap(g);
	put(g, chance(g, 10) ? "-vo" : "-o");
	/* Attached to it, postconf cuts a name at its next 'o'. */
	if ((g->flags & GENERATE_ODD) == 0 || chance(g, 70))
		put_gap(g);
	put(g, name);
	put(g, "=");
	put(g, PICK(g, plain));
}

/* Daemons die on some of these; postconf does not know, or takes a word for another. */
static void put_odd_argument(struct generator *g)
{
	static const char *const odd[] = {
		"-o a = b",     "-o a= b",
		"-o a",         "-o",
		"-x",           "--",
		"-s 2",         "-s0",
		"-s",           "-i 5",
		"-o{a=b}",      "-o { a }",
		"-o {}",        "{}",
		"-o a={b",      "-r -1",
		"-vm100",       "{ -o } { a = b }",
		"{-o a = b }",  "{-v} -o a=b",
		"--foo",        "-",
		"# x -o a=b",   "-o =b",
		"-n -o -o a=b", "-t -- -oa=b",
		"-Dooo=b",      "-o\va=b",
		"-v\f",         "-o -o=b",
		"{ {a} }",      "}",
		"-\xff",        "-c-o a=b",
		"-o ''=b",      "-o {\va = b\f}",
	};

	put_word(g, PICK(g, odd));
}

static void put_operands(struct generator *g)
{
	static const char *const words[] = {"flags=DRhu",
					    "user=vmail:mail",
					    "argv=/usr/bin/x",
					    "-f",
					    "${sender}",
					    "{a b}",
					    "-o",
					    "a=b",
					    "$(x y)",
					    "{-o a=b}"};
	unsigned n = below(g, 5);

	put_word(g, "flags=X");
	while (n-- > 0)
		put_word(g, PICK(g, words));
}

static void put_arguments(struct generator *g, const char *command)
{
	static const char *const plain[] = {"-v", "-D", "-vv", "-c", "-vD", "-S"};
	unsigned n = chance(g, 35) ? 0 : below(g, 8);

	while (n-- > 0) {
		if ((g->flags & GENERATE_ODD) != 0 && chance(g, 15))
			put_odd_argument(g);
		else if (chance(g, 12))
			put_word(g, PICK(g, plain));
		else
			put_override(g);
	}
	if (strcmp(command, "pipe") == 0)
		put_operands(g);
}

static void put_service(struct generator *g, unsigned number)
{
	static const char *const commands[] = {"smtpd",   "smtpd",     "smtpd", "smtp",
					       "smtp",    "lmtp",      "pipe",  "postscreen",
					       "cleanup", "sub/smtpd", "other"};
	static const char *const booleans[] = {"-", "y", "n"};
	static const char *const wakeups[] = {"-", "0", "300", "1000?", "60"};
	static const char *const limits[] = {"-", "0", "1", "100", "007"};
	const char *type, *command = PICK(g, commands);

	g->tame = (g->flags & GENERATE_ODD) == 0 || chance(g, 70);
	type = put_name(g, number);
	put_word(g, type);
	put_word(g, strcmp(type, "inet") == 0 ? "n" : PICK(g, booleans));
	put_word(g, PICK(g, booleans));
	put_word(g, PICK(g, booleans));
	put_word(g, PICK(g, wakeups));
	put_word(g, PICK(g, limits));
	put_word(g, command);
	put_arguments(g, command);
	if (chance(g, 10))
		put(g, " ");
	put_ending(g);
	g->tame = false;
}

static void put_bad_service(struct generator *g)
{
	static const char *const lines[] = {
		"smtp",
		"smtp inet",
		"smtp inet n - - -",
		"smtp inet n - - - -",
		"smtp inet n - - - - -",
		"smtp inet - - - - - smtpd",
		"smtp inet y - - - - smtpd",
		"smtp INET n - - - - smtpd",
		"smtp tcp n - - - - smtpd",
		"x - n - - - - smtpd",
		"x unix no - - - - smtpd",
		"x unix - x - - - smtpd",
		"x unix - - x - - smtpd",
		"x unix - - - x - smtpd",
		"x unix - - - -1 - smtpd",
		"x unix - - - - x smtpd",
		"x unix - - - - 2147483648 smtpd",
		"x unix - - - - - smtpd -o { a = b",
		"x unix - - - - - smtpd -x -o {a=b}c",
		"x unix - - - - - smtpd {a} {b}{c}",
		"[::1 inet n - - - - smtpd",
		"[::1] inet n - - - - smtpd",
		"[::1]25 inet n - - - - smtpd",
		"25x inet n - - - - smtpd",
		"127.0.0.1: inet n - - - - smtpd",
		"a..b:25 inet n - - - - smtpd",
		"# x\n-o smtpd_tls_security_level=may",
		"\xef\xbb\xbf# comment",
		"<html>",
		"x unix - - - - - \n# smtpd",
		"smtp_tls_security_level = may",
	};

	put(g, PICK(g, lines));
	put_ending(g);
}

void generate_master(uint64_t seed, unsigned flags, struct buf *out)
{
	static const unsigned sizes[] = {1, 2, 4, 8, 16, 24};
	struct generator g = {.state = seed, .flags = flags, .out = out};
	unsigned i, n = below(&g, PICK(&g, sizes) + 1);

	g.ending = chance(&g, 80) ? ENDING_LF : ENDING_CRLF;
	if (chance(&g, 10))
		put(&g, "  goes on with nothing\n");
	for (i = 0; i < n; i++) {
		while (chance(&g, 30))
			put_filler(&g);
		if ((flags & GENERATE_BAD_LINES) != 0 && chance(&g, 5))
			put_bad_service(&g);
		else
			put_service(&g, (flags & GENERATE_ODD) != 0 ? below(&g, 9) : i);
	}
	put_end(&g);
	if ((flags & GENERATE_NULS) != 0 && chance(&g, 50))
		put_nul(&g);
}
