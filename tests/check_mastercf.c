/* SPDX-License-Identifier: ISC */
/*
 * check_mastercf - services and their overrides, held against postconf and smtpd(8) too.
 *
 * $CORPUS names a folder with more master.cf files, called *.master.cf. $SEED, a number,
 * makes other files than the usual ones.
 */
#include "mastercf.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generate.h"
#include "masterlaws.h"
#include "oracle.h"
#include "support.h"

#define BYTES(text) (text), sizeof(text) - 1
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- a model put into words ---- */

enum shown { SHOW_LINES = 1, SHOW_ERRORS = 2 };

static void show_line(unsigned shown, size_t line, struct buf *out)
{
	if ((shown & SHOW_LINES) != 0)
		buf_addf(out, "%zu ", line);
}

static void show_service(const struct mastercf_service *s, unsigned shown, struct buf *out)
{
	size_t i;

	show_line(shown, s->line, out);
	buf_addf(out, "%s %s %s%s\n", s->name, s->type, s->command, s->replaced ? " -" : "");
	for (i = 0; i < s->noverrides; i++) {
		buf_adds(out, "  ");
		show_line(shown, s->overrides[i].line, out);
		buf_addf(out, "%s=%s\n", s->overrides[i].name, s->overrides[i].value);
	}
	if (s->fatal == NULL)
		return;
	buf_adds(out, "  ");
	show_line(shown, s->fatal_line, out);
	buf_addf(out, "! %s\n", s->fatal);
}

/* A line for each service, below it one for each override; then the errors. */
static void show(const char *text, size_t len, unsigned shown, struct buf *out)
{
	struct mastercf *m = mastercf_parse(text, len);
	const struct mastercf_service *services;
	const struct mastercf_error *errors;
	size_t i, n = mastercf_services(m, &services);

	for (i = 0; i < n; i++)
		show_service(&services[i], shown, out);
	n = (shown & SHOW_ERRORS) != 0 ? mastercf_errors(m, &errors) : 0;
	for (i = 0; i < n; i++)
		buf_addf(out, "%zu: %s: \"%.*s\"%s\n", errors[i].line, errors[i].cause,
			 (int)errors[i].len, errors[i].text, errors[i].more ? "..." : "");
	mastercf_free(m);
}

/* ---- one table for the parser and for postconf ---- */

#define LABEL_58 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LABEL_63 LABEL_58 "aaaaa"
#define S "x unix - - - - - smtpd"

/* What postconf knows of a row. */
enum oracle {
	ALL,      /* it refuses what master(8) refuses, and -M and -P tell the truth */
	LINES,    /* -P does not */
	REFUSALS, /* -M does not either */
	NOTHING   /* it takes what master(8) refuses, or the reverse */
};

static const struct {
	const char *what;
	const char *in;
	size_t len;
	enum oracle oracle;
	const char *want;
} cases[] = {
	/* logical lines */
	{"empty file", BYTES(""), ALL, ""},
	{"blank lines", BYTES("\n \t\n\v\f\r\n"), ALL, ""},
	{"comments", BYTES("# a\n  # b\n#"), ALL, ""},
	{"plain", BYTES("smtp inet n - y - - smtpd\n"), ALL, "1 smtp inet smtpd\n"},
	{"no final newline", BYTES("smtp inet n - y - - smtpd"), ALL, "1 smtp inet smtpd\n"},
	{"CR LF", BYTES("smtp inet n - y - - smtpd\r\n -o a=b\r\n"), ALL,
	 "1 smtp inet smtpd\n  2 a=b\n"},
	{"tabs", BYTES("smtp\tinet\tn\t-\ty\t-\t-\tsmtpd\t-o\ta=b\t\n"), ALL,
	 "1 smtp inet smtpd\n  1 a=b\n"},
	{"fields on lines of their own", BYTES("x\n unix\n -\n -\n -\n -\n -\n smtpd\n -o\n a=b\n"),
	 ALL, "1 x unix smtpd\n  10 a=b\n"},
	{"comments and blank lines in a service", BYTES(S "\n# c\n -o a=b\n\n  # d\n\t-o c=d\n#\n"),
	 ALL, "1 x unix smtpd\n  3 a=b\n  6 c=d\n"},
	{"options left over from a commented-out service",
	 BYTES(S " -o a=b\n#smtps inet n - y - - smtpd\n  -o c=d\n#  -o e=f\ny unix - - - - - "
		 "smtp\n"),
	 ALL, "1 x unix smtpd\n  1 a=b\n  3 c=d\n5 y unix smtp\n"},
	{"white space starts the file", BYTES("  -o a=b\n# c\n -o c=d\n" S "\n"), ALL,
	 "4 x unix smtpd\n"},
	{"white space and nothing else", BYTES(" x unix - - - - - smtpd\n -o a=b"), ALL, ""},
	{"VT starts a continuation", BYTES(S "\n\v-o a=b\n"), ALL, "1 x unix smtpd\v-o\n"},
	{"VT starts a continuation after a blank", BYTES(S " \n\v-o a=b\n"), LINES,
	 "1 x unix smtpd\n  2 ! unexpected command-line argument: \v-o\n"},
	{"VT and FF separate nothing", BYTES("x\v unix - - - - - \fsmtpd\f -o a=\fb\f\n"), ALL,
	 "1 x\v unix \fsmtpd\f\n  1 a=b\n"},
	{"a comment behind a service is none", BYTES(S " # -o a=b\n"), ALL,
	 "1 x unix smtpd\n  1 ! unexpected command-line argument: #\n"},
	{"backslash joins nothing", BYTES(S " \\\n -o a=b\n"), ALL,
	 "1 x unix smtpd\n  1 ! unexpected command-line argument: \\\n"},
	{"bytes that are not UTF-8", BYTES("\xff\xfe unix - - - - - \xe4 -o \xf6=\xfc\n"), ALL,
	 "1 \xff\xfe unix \xe4\n  1 \xf6=\xfc\n"},

	/* fields */
	{"all types",
	 BYTES("1 inet n n n 0 0 a\n2 unix y y y 1? 1 b\n3 unix-dgram - - - - - c\n"
	       "4 fifo n - - - - d\n5 pass - - - - - e\n"),
	 ALL, "1 1 inet a\n2 2 unix b\n3 3 unix-dgram c\n4 4 fifo d\n5 5 pass e\n"},
	{"a hyphen is a name", BYTES("- unix - - - - - x\n"), ALL, "1 - unix x\n"},
	{"a folder before the command", BYTES("x unix - - - - - a/smtpd x\n"), ALL,
	 "1 x unix a/smtpd\n  1 ! unexpected command-line argument: x\n"},
	{"no type", BYTES("x\n"), ALL, "1: missing service type: \"x\"\n"},
	{"no private", BYTES("x unix\n"), ALL, "1: missing field \"private\": \"x unix\"\n"},
	{"no unprivileged", BYTES("x unix -\n"), ALL,
	 "1: missing field \"unprivileged\": \"x unix -\"\n"},
	{"no chroot", BYTES("x unix - -\n"), ALL, "1: missing field \"chroot\": \"x unix - -\"\n"},
	{"no wakeup time", BYTES("x unix - - -\n"), ALL,
	 "1: missing field \"wakeup time\": \"x unix - - -\"\n"},
	{"no process limit", BYTES("x unix - - - -\n"), ALL,
	 "1: missing field \"process limit\": \"x unix - - - -\"\n"},
	{"no command", BYTES("x unix - - - - - \n"), ALL,
	 "1: missing command: \"x unix - - - - -\"\n"},
	{"command below a comment that is none", BYTES("x unix - - - - -\n#\nsmtpd\n"), ALL,
	 "1: missing command: \"x unix - - - - -\"\n3: missing service type: \"smtpd\"\n"},
	{"a hyphen is no command", BYTES("x unix - - - - - -\n"), NOTHING,
	 "1: missing command: \"-\"\n"},
	{"a hyphen is no type", BYTES("x - - - - - - y\n"), ALL, "1: bad service type: \"-\"\n"},
	{"no such type", BYTES("x tcp n - - - - y\n"), ALL, "1: bad service type: \"tcp\"\n"},
	{"types have a case", BYTES("x Unix - - - - - y\n"), ALL,
	 "1: bad service type: \"Unix\"\n"},
	{"bad private", BYTES("x unix Y - - - - y\n"), ALL,
	 "1: bad value of field \"private\": \"Y\"\n"},
	{"bad unprivileged", BYTES("x unix -\n  yes - - - y\n"), ALL,
	 "2: bad value of field \"unprivileged\": \"yes\"\n"},
	{"bad chroot", BYTES("x unix - - -- - - y\n"), ALL,
	 "1: bad value of field \"chroot\": \"--\"\n"},
	{"bad wakeup time", BYTES("x unix - - - x - y\n"), ALL,
	 "1: bad value of field \"wakeup time\": \"x\"\n"},
	{"negative wakeup time", BYTES("x unix - - - -1 - y\n"), ALL,
	 "1: bad value of field \"wakeup time\": \"-1\"\n"},
	{"wakeup time of nothing", BYTES("x unix - - - ? - y\n"), NOTHING,
	 "1: bad value of field \"wakeup time\": \"?\"\n"},
	{"default wakeup time on condition", BYTES("x unix - - - -? - y\n"), NOTHING,
	 "1: bad value of field \"wakeup time\": \"-?\"\n"},
	{"text after a wakeup time", BYTES("x unix - - - 1s - y\n"), NOTHING, "1 x unix y\n"},
	{"bad process limit", BYTES("x unix - - - - x y\n"), ALL,
	 "1: bad value of field \"process limit\": \"x\"\n"},
	{"text after a process limit", BYTES("x unix - - - - 1? y\n"), NOTHING, "1 x unix y\n"},
	{"the largest process limit", BYTES("x unix - - - - 2147483647 y\n"), ALL, "1 x unix y\n"},
	{"one more", BYTES("x unix - - - - 2147483648 y\n"), NOTHING,
	 "1: bad value of field \"process limit\": \"2147483648\"\n"},
	{"private inet service", BYTES("1 inet y - - - - y\n"), NOTHING,
	 "1: an inet service cannot be private: \"y\"\n"},
	{"inet service, private by default", BYTES("1 inet - - - - - y\n"), NOTHING,
	 "1: an inet service cannot be private: \"-\"\n"},
	{"braces group no fields", BYTES("{a unix - - - - - y\n"), NOTHING, "1 {a unix y\n"},
	{"all errors, and what is right between them",
	 BYTES("a\n" S "\nb unix - - -\n# c\n - -\nc unix n n n 1 1 d\n"), ALL,
	 "2 x unix smtpd\n6 c unix d\n1: missing service type: \"a\"\n"
	 "3: missing command: \"b unix - - -\"\n"},

	/* hosts and ports */
	{"hosts",
	 BYTES("127.0.0.1:smtp inet n - - - - a\n[::1]:25 inet n - - - - a\n"
	       "::1:26 inet n - - - - a\nlocalhost:27 inet n - - - - a\n:28 inet n - - - - a\n"
	       "[ipv6:::1]:29 inet n - - - - a\n[mx.example]:30 inet n - - - - a\n"
	       "h\xf6st:31 inet n - - - - a\na_b:32 inet n - - - - a\n"),
	 ALL,
	 "1 127.0.0.1:smtp inet a\n2 [::1]:25 inet a\n3 ::1:26 inet a\n4 localhost:27 inet a\n"
	 "5 :28 inet a\n6 [ipv6:::1]:29 inet a\n7 [mx.example]:30 inet a\n8 h\xf6st:31 inet a\n"
	 "9 a_b:32 inet a\n"},
	{"no closing bracket", BYTES("[::1:25 inet n - - - - a\n"), NOTHING,
	 "1: missing ']': \"[::1:25\"\n"},
	{"text after a bracket", BYTES("[::1]25 inet n - - - - a\n"), NOTHING,
	 "1: text after ']': \"[::1]25\"\n"},
	{"host without a port", BYTES("[::1] inet n - - - - a\n"), NOTHING,
	 "1: missing port: \"[::1]\"\n"},
	{"nothing behind the colon", BYTES("127.0.0.1: inet n - - - - a\n"), NOTHING,
	 "1: missing port: \"127.0.0.1:\"\n"},
	{"text after a port", BYTES("25x inet n - - - - a\n"), NOTHING,
	 "1: text after a port number: \"25x\"\n"},
	{"empty brackets", BYTES("[]:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"[]:25\"\n"},
	{"empty label", BYTES("a..b:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"a..b:25\"\n"},
	{"dot at the end", BYTES("localhost.:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"localhost.:25\"\n"},
	{"hyphen at the start", BYTES("-a:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"-a:25\"\n"},
	{"hyphen before a dot", BYTES("a-.b:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"a-.b:25\"\n"},
	{"two colons", BYTES("a:b:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"a:b:25\"\n"},
	{"addresses with zeros in front", BYTES("127.0.0.01:25 inet n - - - - a\n"), ALL,
	 "1 127.0.0.01:25 inet a\n"},
	{"two doubled colons", BYTES("[1::2::3]:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"[1::2::3]:25\"\n"},
	{"four as six", BYTES("[ipv6:127.0.0.1]:25 inet n - - - - a\n"), NOTHING,
	 "1: not an IPv6 address: \"[ipv6:127.0.0.1]:25\"\n"},
	{"a port with a colon", BYTES("[::1]:a:b inet n - - - - a\n"), ALL, "1 [::1]:a:b inet a\n"},
	{"a number beyond 255", BYTES("256.0.0.1:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"256.0.0.1:25\"\n"},
	{"an address with an empty number", BYTES("1..2.3:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"1..2.3:25\"\n"},
	{"a label of 63 bytes", BYTES(LABEL_63 ".a:25 inet n - - - - a\n"), ALL,
	 "1 " LABEL_63 ".a:25 inet a\n"},
	{"a label of 64 bytes", BYTES("a." LABEL_63 "b:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"a." LABEL_58 "\"...\n"},
	{"short address", BYTES("127.1:25 inet n - - - - a\n"), NOTHING,
	 "1: neither a host name nor an address: \"127.1:25\"\n"},
	{"colon alone", BYTES(": inet n - - - - a\n"), NOTHING, "1: missing port: \":\"\n"},

	/* overrides */
	{"short form", BYTES(S " -o a=b\n"), ALL, "1 x unix smtpd\n  1 a=b\n"},
	{"attached", BYTES(S " -oa=b\n"), ALL, "1 x unix smtpd\n  1 a=b\n"},
	{"attached, which postconf would cut at the next 'o'", BYTES(S " -ofoo=b\n"), REFUSALS,
	 "1 x unix smtpd\n  1 foo=b\n"},
	{"behind another option", BYTES(S " -vo a=b -vvoc=d\n"), ALL,
	 "1 x unix smtpd\n  1 a=b\n  1 c=d\n"},
	{"long form", BYTES(S " -o { a = b  c }\n"), ALL, "1 x unix smtpd\n  1 a=b  c\n"},
	{"long form without blanks", BYTES(S " -o {a=b}\n"), ALL, "1 x unix smtpd\n  1 a=b\n"},
	{"long form of many lines", BYTES(S " -o {\n#}\n  a\n\n  =\n b,\n  c\n }\n"), ALL,
	 "1 x unix smtpd\n  3 a=b,  c\n"},
	{"braces in a value", BYTES(S " -o a=${x?{y z}:{}} -o b=c\n"), ALL,
	 "1 x unix smtpd\n  1 a=${x?{y z}:{}}\n  1 b=c\n"},
	{"braces in the long form", BYTES(S " -o { a = {b} {{c} {d}} }\n"), ALL,
	 "1 x unix smtpd\n  1 a={b} {{c} {d}}\n"},
	{"a value in braces", BYTES(S " -o a={b c}\n"), ALL, "1 x unix smtpd\n  1 a={b c}\n"},
	{"no value", BYTES(S " -o a= -o { b = } -o {c=}\n"), ALL,
	 "1 x unix smtpd\n  1 a=\n  1 b=\n  1 c=\n"},
	{"signs in a value", BYTES(S " -o a==b=c\n"), ALL, "1 x unix smtpd\n  1 a==b=c\n"},
	{"quotes are bytes", BYTES(S " -o \"a=b -o 'c'=d\n"), ALL,
	 "1 x unix smtpd\n  1 \"a=b\n  1 'c'=d\n"},
	{"the last one wins", BYTES(S " -o a=b -o c=d\n -o a=e\n"), ALL,
	 "1 x unix smtpd\n  1 a=b\n  1 c=d\n  2 a=e\n"},
	{"the option above its argument", BYTES(S "\n  -o\n# c\n  a=b\n"), ALL,
	 "1 x unix smtpd\n  4 a=b\n"},
	{"not expanded", BYTES(S " -o a=$b$$\n"), ALL, "1 x unix smtpd\n  1 a=$b$$\n"},
	{"closing brace alone", BYTES(S " -o a=} -o b=c\n"), ALL,
	 "1 x unix smtpd\n  1 a=}\n  1 b=c\n"},
	{"braces around attached", BYTES(S " -o{a=b}\n"), REFUSALS, "1 x unix smtpd\n  1 {a=b}\n"},
	{"braces around both", BYTES(S " {-o a = b } {-v}\n"), REFUSALS,
	 "1 x unix smtpd\n  1 a=b\n"},
	{"open brace in a word", BYTES(S " -o a={b -o c=d\n -o e=f\n"), REFUSALS,
	 "1 x unix smtpd\n  1 a={b -o c=d -o e=f\n"},
	{"a hyphen is an argument like others", BYTES(S " -o -a=b\n"), ALL,
	 "1 x unix smtpd\n  1 -a=b\n"},

	/* braces that master(8) refuses */
	{"open brace", BYTES(S "\n -o { a = b\n -o c=d\n"), NOTHING,
	 "2: missing '}': \"{ a = b\"\n"},
	{"text after a brace", BYTES(S " -o {a=b}c\n"), NOTHING, "1: text after '}': \"{a=b}c\"\n"},
	{"braces side by side", BYTES(S " {a}{b}\n"), NOTHING, "1: text after '}': \"{a}{b}\"\n"},
	{"even where the daemon would not look", BYTES(S " -x -- {a}b\n"), NOTHING,
	 "1: text after '}': \"{a}b\"\n"},
	{"the others stay",
	 BYTES("a unix - - - - - b -o c=d\n" S " -o e=f {\ng unix - - - - - h\n"), NOTHING,
	 "1 a unix b\n  1 c=d\n3 g unix h\n2: missing '}': \"{\"\n"},

	/* other options */
	{"without arguments", BYTES(S " -v -D -vv -cdDlSuvVz -o a=b\n"), ALL,
	 "1 x unix smtpd\n  1 a=b\n"},
	{"with arguments", BYTES(S " -s 2 -i 5 -m5 -n -o -t inet -r 1x -o a=b\n"), LINES,
	 "1 x unix smtpd\n  1 a=b\n"},
	{"end of options", BYTES(S " -o a=b --\n"), ALL, "1 x unix smtpd\n  1 a=b\n"},
	{"end of options as an argument", BYTES(S " -n -- -o a=b\n"), LINES,
	 "1 x unix smtpd\n  1 a=b\n"},
	{"words of pipe(8)",
	 BYTES("x unix - n n - - pipe\n -o a=b flags=R user=v argv=/x -o c=d {e f} -z\n"), ALL,
	 "1 x unix pipe\n  2 a=b\n"},
	{"words of postscreen(8)", BYTES("x pass - - - - - postscreen a -o b=c\n"), ALL,
	 "1 x pass postscreen\n"},
	{"words of a stranger's", BYTES("x unix - - - - - policyd a -o b=c\n"), ALL,
	 "1 x unix policyd\n"},
	{"flags of lmtp(8)", BYTES("x unix - - - - - lmtp -o a=b flags=X Flags=R\n"), ALL,
	 "1 x unix lmtp\n  1 a=b\n"},

	/* on which the daemon dies */
	{"blanks around the sign", BYTES(S " -o a=b\n -o c = d\n"), ALL,
	 "1 x unix smtpd\n  1 a=b\n"
	 "  2 ! invalid \"-o c\" option value: missing '=' after attribute name\n"},
	{"a blank behind the sign", BYTES(S " -o a=b\n -o c= d\n"), ALL,
	 "1 x unix smtpd\n  1 a=b\n  2 c=\n  2 ! unexpected command-line argument: d\n"},
	{"two words in braces", BYTES(S " -o {a b}\n"), ALL,
	 "1 x unix smtpd\n"
	 "  1 ! invalid \"-o a b\" option value: missing '=' after attribute name\n"},
	{"nothing in braces", BYTES(S " -o {}\n"), REFUSALS,
	 "1 x unix smtpd\n  1 ! invalid \"-o \" option value: missing attribute name\n"},
	{"no name", BYTES(S " -o =b\n"), ALL,
	 "1 x unix smtpd\n  1 ! invalid \"-o =b\" option value: missing attribute name\n"},
	{"nothing behind -o", BYTES(S "\n -o a=b\n -v\n -o\n"), ALL,
	 "1 x unix smtpd\n  2 a=b\n  4 ! invalid option: o\n"},
	{"nothing behind -s", BYTES(S " -vs\n"), ALL, "1 x unix smtpd\n  1 ! invalid option: s\n"},
	{"no such option", BYTES(S " -o a=b -vxo c=d\n"), LINES,
	 "1 x unix smtpd\n  1 a=b\n  1 ! invalid option: x\n"},
	{"long option", BYTES(S " --verbose\n"), ALL, "1 x unix smtpd\n  1 ! invalid option: -\n"},
	{"no sockets", BYTES(S " -s 0\n"), ALL, "1 x unix smtpd\n  1 ! invalid socket_count: 0\n"},
	{"no time", BYTES(S " -r -1\n"), LINES,
	 "1 x unix smtpd\n  1 ! invalid retirement time: -1\n"},
	{"a word", BYTES(S " a b -o c=d\n"), ALL,
	 "1 x unix smtpd\n  1 ! unexpected command-line argument: a\n"},
	{"a word behind the end of options", BYTES(S " -- -o a=b\n"), ALL,
	 "1 x unix smtpd\n  1 ! unexpected command-line argument: -o\n"},
	{"a word of the client", BYTES("x unix - - - - - smtp -o a=b flags=D c\n"), ALL,
	 "1 x unix smtp\n  1 a=b\n  1 ! unknown attribute name: c\n"},
	{"only the first one counts", BYTES(S "\n -x\n -y\n -o\n"), LINES,
	 "1 x unix smtpd\n  2 ! invalid option: x\n"},
	{"the other services live",
	 BYTES("a unix - - - - - smtpd -x\nb unix - - - - - smtpd -o c=d\n"), ALL,
	 "1 a unix smtpd\n  1 ! invalid option: x\n2 b unix smtpd\n  2 c=d\n"},

	/* the same service twice */
	{"the last one wins", BYTES(S " -o a=b\n" S " -o c=d\n" S "\n"), LINES,
	 "1 x unix smtpd -\n  1 a=b\n2 x unix smtpd -\n  2 c=d\n3 x unix smtpd\n"},
	{"private by default", BYTES("a unix - - - - - b\na unix y - - - - c\n"), ALL,
	 "1 a unix b -\n2 a unix c\n"},
	{"public and private", BYTES("a unix n - - - - b\na unix y - - - - c\n"), ALL,
	 "1 a unix b\n2 a unix c\n"},
	{"of two types", BYTES("a unix - - - - - b\na pass - - - - - c\n"), ALL,
	 "1 a unix b\n2 a pass c\n"},
	{"a port by number and name", BYTES("smtp inet n - - - - b\n25 inet n - - - - c\n"), ALL,
	 "1 smtp inet b -\n2 25 inet c\n"},
	{"smtps is submissions", BYTES("smtps inet n - - - - b\nsubmissions inet n - - - - c\n"),
	 ALL, "1 smtps inet b -\n2 submissions inet c\n"},
	{"submission", BYTES("587 inet n - - - - b\n:submission inet n - - - - c\n"), ALL,
	 "1 587 inet b -\n2 :submission inet c\n"},
	{"brackets or none",
	 BYTES("127.0.0.1:1 inet n - - - - b\n[127.0.0.1]:1 inet n - - - - c\n"), ALL,
	 "1 127.0.0.1:1 inet b -\n2 [127.0.0.1]:1 inet c\n"},
	{"on two addresses",
	 BYTES("127.0.0.1:1 inet n - - - - b\n127.0.0.11:1 inet n - - - - c\n1 inet n - - - - d\n"),
	 ALL, "1 127.0.0.1:1 inet b\n2 127.0.0.11:1 inet c\n3 1 inet d\n"},

	/* NUL bytes: Postfix reads up to there */
	{"NUL in an argument", BYTES(S " -o a=b\0c -o d=e\n -o f=g\n"), NOTHING,
	 "1 x unix smtpd\n  1 a=b\n1: NUL byte: \"x unix - - - - - smtpd -o a=b\"\n"},
	{"NUL in a field", BYTES("x unix - \0- - - - smtpd\n"), NOTHING,
	 "1: NUL byte: \"x unix - \"\n1: missing field \"unprivileged\": \"x unix - \"\n"},
	{"NUL in a comment", BYTES("# \0\n" S "\n"), NOTHING,
	 "2 x unix smtpd\n1: NUL byte: \"# \"\n"},
	{"NUL below what is wrong", BYTES("x foo\n#\0\n \0\n"), NOTHING,
	 "1: bad service type: \"foo\"\n2: NUL byte: \"#\"\n3: NUL byte: \" \"\n"},
	{"NUL first", BYTES("\0x unix - - - - - smtpd\n -o a=b\n"), NOTHING, "1: NUL byte: \"\"\n"},
};

START_TEST(reads)
{
	struct buf got = BUF_INIT;

	show(cases[_i].in, cases[_i].len, SHOW_LINES | SHOW_ERRORS, &got);
	ck_assert_msg(strcmp(buf_string(&got), cases[_i].want) == 0,
		      "%s: want\n%.3000s\ngot\n%.3000s", cases[_i].what, cases[_i].want,
		      buf_string(&got));
	buf_release(&got);
}
END_TEST

START_TEST(keeps_the_laws)
{
	char *law = laws_mastercf_broken(cases[_i].in, cases[_i].len);

	ck_assert_msg(law == NULL, "%s: %s", cases[_i].what, law);
	free(law);
}
END_TEST

/* ---- the same by postconf ---- */

static void ask_postconf(void)
{
	int i;

	if (!oracle_open())
		return;
	for (i = 0; i < COUNT(cases); i++)
		oracle_ask_master("case", i, cases[i].in, cases[i].len);
	oracle_run_master();
}

static int by_name(const void *one, const void *two)
{
	const struct mastercf_override *const *a = one, *const *b = two;

	return strcmp((*a)->name, (*b)->name);
}

/* As -P prints it: sorted, and only what is in force. */
static void show_parameters(const struct mastercf_service *s, struct buf *out)
{
	const struct mastercf_override **v = xreallocarray(NULL, s->noverrides, sizeof(*v));
	struct buf line = BUF_INIT;
	size_t i, n = 0;

	for (i = 0; i < s->noverrides; i++) {
		v[n] = &s->overrides[i];
		n += mastercf_override(s, v[n]->name, strlen(v[n]->name)) == v[n];
	}
	if (n > 1)
		qsort(v, n, sizeof(*v), by_name);
	for (i = 0; i < n; i++) {
		buf_clear(&line);
		buf_addf(&line, "%s/%s/%s = %s", s->name, s->type, v[i]->name, v[i]->value);
		oracle_collapse(buf_string(&line), out);
	}
	buf_release(&line);
	free(v);
}

/* Whether two texts are the same words. */
static bool same_words(const char *one, const char *two)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	bool same;

	oracle_collapse(one, &a);
	oracle_collapse(two, &b);
	same = strcmp(buf_string(&a), buf_string(&b)) == 0;
	buf_release(&a);
	buf_release(&b);
	return same;
}

/* What -P says of a file, with the white space of its output collapsed. */
static void check_parameters(const char *kind, int number, const char *what, const char *text,
			     size_t len)
{
	struct mastercf *m = mastercf_parse(text, len);
	const struct mastercf_service *services;
	struct buf want = BUF_INIT, got = BUF_INIT;
	size_t i, n = mastercf_services(m, &services);

	oracle_answer(kind, number, "parameters", &want);
	for (i = 0; i < n; i++)
		show_parameters(&services[i], &got);
	ck_assert_msg(same_words(buf_string(&want), buf_string(&got)),
		      "%s: want\n%.3000s\ngot\n%.3000s", what, buf_string(&want), buf_string(&got));
	buf_release(&want);
	buf_release(&got);
	mastercf_free(m);
}

/* What -M prints in its form means what the file means. */
static void check_lines(const char *kind, int number, const char *what, const char *text,
			size_t len)
{
	struct buf printed = BUF_INIT, want = BUF_INIT, got = BUF_INIT;

	oracle_answer(kind, number, "out", &printed);
	show(buf_string(&printed), printed.len, 0, &want);
	show(text, len, 0, &got);
	ck_assert_msg(strcmp(buf_string(&want), buf_string(&got)) == 0,
		      "%s: want\n%.3000s\ngot\n%.3000s", what, buf_string(&want), buf_string(&got));
	buf_release(&printed);
	buf_release(&want);
	buf_release(&got);
}

static bool is_refused(const char *text, size_t len)
{
	struct mastercf *m = mastercf_parse(text, len);
	const struct mastercf_error *errors;
	bool refused = mastercf_errors(m, &errors) > 0;

	mastercf_free(m);
	return refused;
}

static void check_refusal(const char *kind, int number, const char *what, const char *text,
			  size_t len)
{
	struct buf status = BUF_INIT;

	oracle_answer(kind, number, "status", &status);
	ck_assert_msg((strcmp(buf_string(&status), "0\n") != 0) == is_refused(text, len),
		      "%s: postconf has status %s", what, buf_string(&status));
	buf_release(&status);
}

static void check_answers(const char *kind, int number, const char *what, const char *text,
			  size_t len, enum oracle oracle)
{
	if (oracle <= REFUSALS)
		check_refusal(kind, number, what, text, len);
	if (is_refused(text, len))
		return;
	if (oracle <= LINES)
		check_lines(kind, number, what, text, len);
	if (oracle <= ALL)
		check_parameters(kind, number, what, text, len);
}

START_TEST(reads_as_postconf)
{
	if (oracle_answered())
		check_answers("case", _i, cases[_i].what, cases[_i].in, cases[_i].len,
			      cases[_i].oracle);
}
END_TEST

/* ---- the same by a daemon ---- */

/* Arguments of smtpd(8). What it says first is a banner, or why it dies. */
static const struct {
	const char *words[8];
} daemons[] = {
	{{"-o", "smtpd_banner=a"}},
	{{"-osmtpd_banner=a"}},
	{{"-vo", "smtpd_banner=a"}},
	{{"-vvosmtpd_banner=a"}},
	{{"-o", "smtpd_banner = a  b"}},
	{{"-o", " smtpd_banner\t=\va\f "}},
	{{"-o smtpd_banner=a"}},
	{{"-o", "smtpd_banner=a", "-o", "smtpd_banner=b"}},
	{{"-o", "{smtpd_banner=a}"}},
	{{"-o{smtpd_banner=a}", "-osmtpd_banner=b"}},
	{{"-o", "smtpd_banner=a", "-o", "SMTPD_BANNER=b"}},
	{{"-s", "2", "-i", "5", "-m5", "-n", "-o", "-osmtpd_banner=a"}},
	{{"-tinet", "-dlz", "-osmtpd_banner=a"}},
	{{"-r1x", "-s1x", "-osmtpd_banner=a"}},
	{{"-osmtpd_banner=a", "--"}},
	{{"-n", "--", "-osmtpd_banner=a"}},
	{{"-o", "smtpd_banner==a=b"}},
	{{"-o", "smtpd_banner", "=", "a"}},
	{{"-o", "smtpd_tls_CAfile=", "a"}},
	{{"-o", "a b"}},
	{{"-o", ""}},
	{{"-o", "=a"}},
	{{"-o = a"}},
	{{"-o", "-o", "smtpd_banner=a"}},
	{{"-o"}},
	{{"-osmtpd_banner=a", "-s"}},
	{{"-r"}},
	{{"-x"}},
	{{"-vxo", "smtpd_banner=a"}},
	{{"--verbose"}},
	{{"-+"}},
	{{"-:"}},
	{{"-s", "0"}},
	{{"-s", "-1"}},
	{{"-sx"}},
	{{"-r", "0"}},
	{{"a", "-osmtpd_banner=a"}},
	{{"-osmtpd_banner=a", "a"}},
	{{"-osmtpd_banner=a", "-"}},
	{{"--", "-osmtpd_banner=a"}},
	{{"-osmtpd_banner=a", "#", "b"}},
};

static char *sandbox; /* a folder with a main.cf; NULL without smtpd */

/* Nothing in it that smtpd(8) would ask another daemon for. */
static void make_sandbox(void)
{
	struct buf main_cf = BUF_INIT;

	sandbox = make_folder();
	buf_addf(&main_cf, "queue_directory = %s\ndata_directory = %s\n", sandbox, sandbox);
	buf_adds(&main_cf, "myhostname = mx.example\nlocal_recipient_maps =\n"
			   "smtpd_relay_restrictions = reject_unauth_destination\n");
	write_file(in_folder(sandbox, "master.cf"), "", 0);
	write_file(in_folder(sandbox, "main.cf"), main_cf.data, main_cf.len);
	make_old(in_folder(sandbox, "main.cf"));
	buf_release(&main_cf);
}

/* Talks to smtpd(8) on its standard input and output, which needs no rights. */
static void ask_smtpd(const char *path, int number)
{
	const char *argv[16] = {"env", NULL, path, "-S", "-V"};
	struct buf folder = BUF_INIT, name = BUF_INIT;
	struct ran r;
	int i;

	buf_addf(&folder, "MAIL_CONFIG=%s", sandbox);
	argv[1] = folder.data;
	for (i = 0; i < 8 && daemons[number].words[i] != NULL; i++)
		argv[5 + i] = daemons[number].words[i];
	run(&r, NULL, argv, BYTES("QUIT\r\n"));
	buf_addf(&name, "%d", number);
	buf_addf(&r.out, "%sstatus %d\n", buf_string(&r.err), r.status);
	write_file(in_folder(sandbox, name.data), r.out.data, r.out.len);
	buf_release(&folder);
	buf_release(&name);
	ran_release(&r);
}

/* All at once, for it sleeps for a second before it dies. */
static void ask_all(const char *path)
{
	pid_t pids[COUNT(daemons)];
	int i, status;

	for (i = 0; i < COUNT(daemons); i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] > 0)
			continue;
		ask_smtpd(path, i);
		_exit(0);
	}
	for (i = 0; i < COUNT(daemons); i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
}

/* Where the daemons are is something that postconf knows. */
static void open_smtpd(void)
{
	static const char *const argv[] = {"postconf", "-d", "-h", "daemon_directory", NULL};
	struct buf path = BUF_INIT;
	struct ran r;

	if (!have_program("postconf"))
		return;
	run(&r, NULL, argv, NULL, 0);
	buf_addf(&path, "%.*s/smtpd", (int)strcspn(buf_string(&r.out), "\n"), buf_string(&r.out));
	if (have_program(path.data)) {
		make_sandbox();
		ask_all(path.data);
	}
	buf_release(&path);
	ran_release(&r);
}

static void close_smtpd(void)
{
	if (sandbox != NULL)
		remove_tree(sandbox);
	free(sandbox);
	sandbox = NULL;
}

static void put_words(const char *const words[8], struct buf *out)
{
	int i;

	buf_adds(out, S);
	for (i = 0; i < 8 && words[i] != NULL; i++) {
		bool plain = *words[i] != '\0' && *words[i] != '{' &&
			     words[i][strcspn(words[i], " \t\r\n")] == '\0';

		buf_addf(out, plain ? " %s" : " {%s}", words[i]);
	}
}

static void smtpd_answer(int number, struct buf *answer)
{
	struct buf name = BUF_INIT;

	buf_addf(&name, "%d", number);
	read_file(in_folder(sandbox, name.data), answer);
	buf_release(&name);
}

/* What smtpd(8) says is what the model says. */
START_TEST(reads_as_smtpd)
{
	struct buf text = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	const struct mastercf_service *s;
	const struct mastercf_override *o;
	struct mastercf *m;

	if (sandbox == NULL)
		return;
	put_words(daemons[_i].words, &text);
	m = mastercf_parse(text.data, text.len);
	ck_assert_uint_eq(mastercf_services(m, &s), 1);
	o = mastercf_override(s, BYTES("smtpd_banner"));
	if (s->fatal != NULL)
		buf_addf(&want, "fatal: %s\nstatus 1\n", s->fatal);
	else
		buf_addf(&want, "220 %s", o != NULL ? o->value : "mx.example ESMTP Postfix");
	buf_adds(&want, s->fatal != NULL ? "" : "\r\n221 2.0.0 Bye\r\n");
	smtpd_answer(_i, &got);
	ck_assert_msg(strstr(buf_string(&got), want.data) != NULL, "%s: want\n%s\ngot\n%s",
		      text.data, want.data, buf_string(&got));
	mastercf_free(m);
	buf_release(&text);
	buf_release(&want);
	buf_release(&got);
}
END_TEST

/* ---- made up ---- */

#define MEMORY_FILES 2000
#define ASKED_FILES 60

static uint64_t first_seed(void)
{
	const char *seed = getenv("SEED");

	return seed != NULL ? (uint64_t)strtoull(seed, NULL, 10) << 32 : 0;
}

START_TEST(keeps_the_laws_made_up)
{
	static const unsigned flags[] = {0, GENERATE_BAD_LINES, GENERATE_ODD,
					 GENERATE_ODD | GENERATE_BAD_LINES | GENERATE_NULS};
	struct buf text = BUF_INIT;
	uint64_t seed;
	char *law;

	for (seed = first_seed(); seed < first_seed() + MEMORY_FILES; seed++) {
		buf_clear(&text);
		generate_master(seed, flags[_i], &text);
		law = laws_mastercf_broken(buf_string(&text), text.len);
		ck_assert_msg(law == NULL, "seed %llu, flags %u: %s\n%s", (unsigned long long)seed,
			      flags[_i], law, buf_string(&text));
	}
	buf_release(&text);
}
END_TEST
#define MADE_UP 4

/* That the laws hold says little of files in which nothing happens. */
START_TEST(variety)
{
	unsigned refused = 0, services = 0, overrides = 0, fatal = 0, replaced = 0, local = 0;
	struct buf text = BUF_INIT;
	const struct mastercf_service *s;
	struct mastercf *m;
	uint64_t seed;
	size_t i, n;

	for (seed = 0; seed < 1000; seed++) {
		buf_clear(&text);
		generate_master(seed, GENERATE_ODD | GENERATE_BAD_LINES, &text);
		refused += is_refused(buf_string(&text), text.len);
		m = mastercf_parse(buf_string(&text), text.len);
		n = mastercf_services(m, &s);
		services += (unsigned)n;
		for (i = 0; i < n; i++) {
			overrides += (unsigned)s[i].noverrides;
			fatal += s[i].fatal != NULL;
			replaced += s[i].replaced;
			local += mastercf_is_local(&s[i]);
		}
		mastercf_free(m);
	}
	buf_release(&text);
	ck_assert_msg(refused > 200 && refused < 800 && services > 2000 && overrides > 3000 &&
			      fatal > 300 && replaced > 50 && local > 500,
		      "%u refused; %u services, %u overrides, %u fatal, %u replaced, %u local",
		      refused, services, overrides, fatal, replaced, local);
}
END_TEST

/* A third of the files has lines that are refused. */
static void make_up(int number, struct buf *text)
{
	generate_master(first_seed() + (uint64_t)number, number % 3 == 2 ? GENERATE_BAD_LINES : 0,
			text);
}

static void ask_made_up(void)
{
	struct buf text = BUF_INIT;
	int i;

	if (!oracle_open())
		return;
	for (i = 0; i < ASKED_FILES; i++) {
		buf_clear(&text);
		make_up(i, &text);
		oracle_ask_master("made", i, buf_string(&text), text.len);
	}
	buf_release(&text);
	oracle_run_master();
}

START_TEST(reads_made_up_as_postconf)
{
	struct buf text = BUF_INIT;

	if (!oracle_answered())
		return;
	make_up(_i, &text);
	check_answers("made", _i, "made up", buf_string(&text), text.len,
		      is_refused(buf_string(&text), text.len) ? NOTHING : ALL);
	buf_release(&text);
}
END_TEST

/* ---- real ones ---- */

/* Calls a function with each master.cf of a folder; returns how many there are. */
static int each_real(void (*work)(int number, const char *name, const struct buf *text))
{
	static const char suffix[] = ".master.cf";
	const char *folder = getenv("CORPUS");
	struct dirent **list;
	struct buf text = BUF_INIT;
	int i, n, number = 0;
	size_t len;

	n = scandir(folder, &list, NULL, alphasort);
	ck_assert_msg(n >= 0, "cannot list %s", folder);
	for (i = 0; i < n; i++) {
		len = strlen(list[i]->d_name);
		if (len >= strlen(suffix) &&
		    strcmp(list[i]->d_name + len - strlen(suffix), suffix) == 0) {
			buf_clear(&text);
			read_file(in_folder(folder, list[i]->d_name), &text);
			work(number++, list[i]->d_name, &text);
		}
		free(list[i]);
	}
	free(list);
	buf_release(&text);
	return number;
}

static void ask_real(int number, const char *name, const struct buf *text)
{
	(void)name;
	oracle_ask_master("real", number, buf_string(text), text->len);
}

static void check_real(int number, const char *name, const struct buf *text)
{
	char *law = laws_mastercf_broken(buf_string(text), text->len);

	ck_assert_msg(law == NULL, "%s: %s", name, law);
	if (oracle_answered())
		check_answers("real", number, name, buf_string(text), text->len, ALL);
}

START_TEST(real)
{
	if (oracle_open()) {
		(void)each_real(ask_real);
		oracle_run_master();
	}
	ck_assert_int_gt(each_real(check_real), 0);
	oracle_close();
}
END_TEST

/* ---- hosts and ports ---- */

static const struct {
	const char *name, *type;
	bool local;
	const char *port;
} places[] = {
	{"smtp", "inet", false, "smtp"},
	{"25", "inet", false, "25"},
	{":25", "inet", false, "25"},
	{"127.0.0.1:10025", "inet", true, "10025"},
	{"127.1.2.3:smtp", "inet", true, "smtp"},
	{"[127.0.0.1]:10025", "inet", true, "10025"},
	{"[::1]:submission", "inet", true, "submission"},
	{"::1:10025", "inet", true, "10025"},
	{"0:0::1:10025", "inet", true, "10025"},
	{"[ipv6:::1]:10025", "inet", true, "10025"},
	{"[IPv6:::1]:10025", "inet", true, "10025"},
	{"localhost:10025", "inet", true, "10025"},
	{"LocalHost:10025", "inet", true, "10025"},
	{"[localhost]:10025", "inet", true, "10025"},
	{"localhost.localdomain:10025", "inet", true, "10025"},
	{"ip6-localhost:10025", "inet", true, "10025"},
	{"ip6-loopback:10025", "inet", true, "10025"},
	{"localhost", "inet", false, "localhost"},
	{"localhost.example.org:25", "inet", false, "25"},
	{"localhosts:25", "inet", false, "25"},
	{"mx.example.org:25", "inet", false, "25"},
	{"0.0.0.0:25", "inet", false, "25"},
	{"192.0.2.1:25", "inet", false, "25"},
	{"12.7.0.0:25", "inet", false, "25"},
	{"[::]:25", "inet", false, "25"},
	{"[2001:db8::1]:25", "inet", false, "25"},
	{"[::ffff:127.0.0.1]:25", "inet", false, "25"},
	{"127.0.0.1.example.org:25", "inet", false, "25"},
	{"smtp", "unix", true, ""},
	{"127.0.0.1:25", "unix", true, ""},
	{"postlog", "unix-dgram", true, ""},
	{"qmgr", "fifo", true, ""},
	{"smtpd", "pass", false, ""},
};

START_TEST(knows_the_place)
{
	const struct mastercf_service *s;
	struct buf text = BUF_INIT;
	struct mastercf *m;

	buf_addf(&text, "%s %s n - - - - smtpd\n", places[_i].name, places[_i].type);
	m = mastercf_parse(text.data, text.len);
	ck_assert_uint_eq(mastercf_services(m, &s), 1);
	ck_assert_msg(mastercf_is_local(s) == places[_i].local, "%s is%s local", text.data,
		      places[_i].local ? " not" : "");
	ck_assert_str_eq(mastercf_port(s), places[_i].port);
	ck_assert(!s->is_private);
	mastercf_free(m);
	buf_release(&text);
}
END_TEST

/* ---- asking ---- */

START_TEST(finds_overrides)
{
	static const char in[] = S " -o a=1 -o ab=2 -o a=3 -o A=4\n";
	struct mastercf *m = mastercf_parse(in, strlen(in));
	const struct mastercf_service *s;

	ck_assert_uint_eq(mastercf_services(m, &s), 1);
	ck_assert_ptr_eq(mastercf_override(s, "a", 1), &s->overrides[2]);
	ck_assert_ptr_eq(mastercf_override(s, "abc", 2), &s->overrides[1]);
	ck_assert_ptr_eq(mastercf_override(s, "A", 1), &s->overrides[3]);
	ck_assert_ptr_null(mastercf_override(s, "b", 1));
	ck_assert_ptr_null(mastercf_override(s, "abc", 3));
	ck_assert_ptr_null(mastercf_override(s, "", 0));
	ck_assert(s->is_private);
	mastercf_free(m);
}
END_TEST

START_TEST(takes_no_text)
{
	struct mastercf *m = mastercf_parse(NULL, 0);
	const struct mastercf_service *services;
	const struct mastercf_error *errors;

	ck_assert_uint_eq(mastercf_services(m, &services), 0);
	ck_assert_uint_eq(mastercf_errors(m, &errors), 0);
	mastercf_free(m);
	mastercf_free(NULL);
}
END_TEST

START_TEST(long_texts_are_cut)
{
	struct buf in = BUF_INIT, word = BUF_INIT;
	const struct mastercf_service *s;
	const struct mastercf_error *errors;
	struct mastercf *m;
	int i;

	for (i = 0; i < 1000; i++)
		buf_adds(&word, "word");
	buf_addf(&in, S " %s\nx %s - - - - - y\n", word.data, word.data);
	m = mastercf_parse(in.data, in.len);
	ck_assert_uint_eq(mastercf_services(m, &s), 1);
	ck_assert_uint_lt(strlen(s->fatal), 200);
	ck_assert_ptr_nonnull(strstr(s->fatal, "wordword..."));
	ck_assert_uint_eq(mastercf_errors(m, &errors), 1);
	ck_assert(errors[0].more);
	ck_assert_uint_lt(errors[0].len, 200);
	mastercf_free(m);
	buf_release(&in);
	buf_release(&word);
}
END_TEST

/* ---- much of it ---- */

#define MANY 200000

/* A file that is one piece, many times, between two others; and what it comes to. */
static const struct {
	const char *what, *first, *piece, *last;
	size_t services, overrides, errors;
} sizes[] = {
	{"services", "", S " -o a=b\n", "", MANY, 1, 0},
	{"overrides", S, " -o a=b", "", 1, MANY, 0},
	{"overrides, a line each", S, "\n -oa=b", "", 1, MANY, 0},
	{"comments in a service", S, "\n# c\n", " -o a=b", 1, 1, 0},
	{"blank continuation lines", S, "\n \t\n", " -o a=b\n", 1, 1, 0},
	{"options", S, " -v", " -o a=b", 1, 1, 0},
	{"options in one word", S " -", "v", "oa=b", 1, 1, 0},
	{"a value of many lines", S " -o { a =", "\n b", " }", 1, 1, 0},
	{"open braces", S " -o ", "{", "", 0, 0, 1},
	{"open braces in words", S " -o a=b", " {a", "", 0, 0, 1},
	{"open braces in arguments", S " -o", " a={", "", 1, 1, 0},
	{"nested braces", S " -o {a=", "{{}", "", 0, 0, 1},
	{"closing braces", S " -o a=", "}", "", 1, 1, 0},
	{"braces side by side", S " -o ", "{}", "", 0, 0, 1},
	{"words behind a fatal option", S " -o a=b -x", " {y}", "", 1, 1, 0},
	{"words that nobody reads", "x unix - - - - - pipe -oa=b", " c", "", 1, 1, 0},
	{"refused lines", "", "x\n", "", 0, 0, MANY},
	{"colons", "", ":", "1 inet n - - - - x", 0, 0, 1},
	{"dots", "a", ".a", ":1 inet n - - - - x", 0, 0, 1},
	{"digits", "x unix - - - 1", "1", " - x -o a=b", 0, 0, 1},
};

START_TEST(many)
{
	struct buf in = BUF_INIT;
	const struct mastercf_service *s;
	const struct mastercf_error *errors;
	struct mastercf *m;
	size_t i, n;

	buf_adds(&in, sizes[_i].first);
	for (i = 0; i < MANY; i++)
		buf_adds(&in, sizes[_i].piece);
	buf_adds(&in, sizes[_i].last);
	m = mastercf_parse(in.data, in.len);
	n = mastercf_services(m, &s);
	ck_assert_msg(n == sizes[_i].services, "%s: %zu services", sizes[_i].what, n);
	if (n > 0)
		ck_assert_msg(s[n - 1].noverrides == sizes[_i].overrides, "%s: %zu overrides",
			      sizes[_i].what, s[n - 1].noverrides);
	n = mastercf_errors(m, &errors);
	ck_assert_msg(n == sizes[_i].errors, "%s: %zu errors", sizes[_i].what, n);
	mastercf_free(m);
	buf_release(&in);
}
END_TEST

START_TEST(many_nuls)
{
	struct buf in = BUF_INIT;
	const struct mastercf_service *s;
	const struct mastercf_error *errors;
	struct mastercf *m;
	size_t i;

	for (i = 0; i < MANY; i++)
		buf_add(&in, BYTES("\0\n"));
	m = mastercf_parse(in.data, in.len);
	ck_assert_uint_eq(mastercf_services(m, &s), 0);
	ck_assert_uint_eq(mastercf_errors(m, &errors), MANY);
	ck_assert_uint_eq(errors[MANY - 1].line, MANY);
	mastercf_free(m);
	buf_release(&in);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 0);
	suite_add_tcase(suite, tc);
	return tc;
}

static void add_oracles(Suite *suite)
{
	TCase *tc = add_case(suite, "postconf");

	tcase_add_unchecked_fixture(tc, ask_postconf, oracle_close);
	tcase_add_loop_test(tc, reads_as_postconf, 0, COUNT(cases));

	tc = add_case(suite, "postconf, made up");
	tcase_add_unchecked_fixture(tc, ask_made_up, oracle_close);
	tcase_add_loop_test(tc, reads_made_up_as_postconf, 0, ASKED_FILES);

	tc = add_case(suite, "smtpd");
	tcase_add_unchecked_fixture(tc, open_smtpd, close_smtpd);
	tcase_add_loop_test(tc, reads_as_smtpd, 0, COUNT(daemons));

	tc = add_case(suite, "real ones");
	if (getenv("CORPUS") != NULL)
		tcase_add_test(tc, real);
}

int main(void)
{
	Suite *suite = suite_create("mastercf");
	TCase *tc = add_case(suite, "reading");

	tcase_add_loop_test(tc, reads, 0, COUNT(cases));
	tcase_add_loop_test(tc, keeps_the_laws, 0, COUNT(cases));
	tcase_add_loop_test(tc, knows_the_place, 0, COUNT(places));
	tcase_add_test(tc, finds_overrides);
	tcase_add_test(tc, takes_no_text);
	tcase_add_test(tc, long_texts_are_cut);
	tcase_add_test(tc, variety);
	tcase_add_loop_test(tc, keeps_the_laws_made_up, 0, MADE_UP);
	tcase_add_loop_test(tc, many, 0, COUNT(sizes));
	tcase_add_test(tc, many_nuls);
	add_oracles(suite);

	return run_suite(suite);
}
