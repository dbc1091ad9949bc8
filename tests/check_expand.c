/* SPDX-License-Identifier: ISC */
/*
 * check_expand - macros, one table for expand() and for the real postconf.
 */
#include "expand.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "oracle.h"
#include "support.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* What every row may refer to. None of these names is built into Postfix. */
static const struct {
	const char *name;
	const char *value;
} names[] = {
	{"x_one", "1"},
	{"x_two", "two"},
	{"x_empty", ""},
	{"x_nine", "9"},
	{"x_ten", "10"},
	{"x_zero9", "009"},
	{"x_huge", "99999999999999999999"},
	{"x_ref", "<$x_one-${x_two}>"},
	{"x_ref2", "[$x_ref]"},
	{"x_ref0", "$x_empty"},
	{"x_dollar", "$$x_one"},
	{"x_bare", "$"},
	{"x_open", "${x_one"},
	{"x_self", "$x_self"},
	{"x_ping", "$x_pong"},
	{"x_pong", "$x_ping"},
	{"X_ONE", "upper"},
	{"1x", "digit"},
	{"x_chain1", "z"},
	{"x_void1", ""},
};

/* Of each text what it comes to; NULL where a daemon would die. */
static const struct {
	const char *text;
	const char *want;
} cases[] = {
	/* plain */
	{"", ""},
	{"text", "text"},
	{"a b", "a b"},
	{"{}()?:", "{}()?:"},
	{"\xe4\xff", "\xe4\xff"},
	{"$x_one", "1"},
	{"${x_one}", "1"},
	{"$(x_one)", "1"},
	{"a${x_one}b", "a1b"},
	{"$x_one.$x_two", "1.two"},
	{"$x_one$x_two", "1two"},
	{"$x_one-b", "1-b"},
	{"$X_ONE", "upper"},
	{"$1x", "digit"},
	{"$x_nothing", ""},
	{"[$x_nothing]", "[]"},
	{"[$x_empty]", "[]"},
	{"$x_oneb", ""},
	{"${ x_one }", "1"},
	{"${\tx_one\t}", "1"},
	{"${ }", ""},
	/* dollars */
	{"$$", "$"},
	{"$$$$", "$$"},
	{"$$x_one", "$x_one"},
	{"$$$x_one", "$1"},
	{"$$${x_one}$$", "$1$"},
	{"$x_dollar", "$x_one"},
	{"$$$", NULL},
	{"$", NULL},
	{"a $ b", NULL},
	{"$.", NULL},
	{"$-x", NULL},
	{"$x_bare", NULL},
	/* recursion */
	{"$x_ref", "<1-two>"},
	{"$x_ref2", "[<1-two>]"},
	{"${x_ref2}$(x_ref)", "[<1-two>]<1-two>"},
	{"[$x_ref0]", "[]"},
	{"$x_self", NULL},
	{"$x_ping", NULL},
	/* brackets */
	{"${}", NULL},
	{"$()", NULL},
	{"${x_one", NULL},
	{"$(x_one", NULL},
	{"${x_one)", NULL},
	{"$(x_one}", NULL},
	{"$x_open", NULL},
	{"${x-one}", NULL},
	{"${x_one x_two}", NULL},
	{"${x.one}", NULL},
	{"${$x_one}", NULL},
	{"${x_one}}", "1}"},
	{"$(x_one))", "1)"},
	{"{$x_one}", "{1}"},
	/* ? and : */
	{"${x_one?yes}", "yes"},
	{"${x_empty?yes}", ""},
	{"${x_nothing?yes}", ""},
	{"${x_one:no}", ""},
	{"${x_empty:no}", "no"},
	{"${x_nothing:no}", "no"},
	{"$(x_one?yes)", "yes"},
	{"$(x_empty:no)", "no"},
	{"${x_one?}", ""},
	{"[${x_empty:}]", "[]"},
	{"${x_one?yes:no}", "yes:no"},
	{"${x_empty?yes:no}", ""},
	{"${x_empty:yes?no}", "yes?no"},
	{"${x_one??yes}", "?yes"},
	{"${x_one?a{b}c}", "a{b}c"},
	{"${?yes}", ""},
	{"${:no}", "no"},
	{"${x_one?$x_two}", "two"},
	{"${x_one?<$x_ref>}", "<<1-two>>"},
	{"${x_empty:${x_nothing:deep}}", "deep"},
	{"[${x_one? a b }]", "[ a b ]"},
	{"[${x_one ? a}]", "[ a]"},
	{"${x_ref0?yes}", "yes"},
	{"${x_ref0:no}", ""},
	{"${x_one+yes}", NULL},
	/* ? and : with braces */
	{"${x_one?{yes}}", "yes"},
	{"${x_empty?{yes}}", ""},
	{"${x_empty:{no}}", "no"},
	{"${x_one?{yes}:{no}}", "yes"},
	{"${x_empty?{yes}:{no}}", "no"},
	{"$(x_one?{yes}:{no})", "yes"},
	{"$(x_empty?{yes}:{no})", "no"},
	{"${ x_one ? {yes} : {no} }", "yes"},
	{"${ x_empty ? {yes} : {no} }", "no"},
	{"[${x_one?{ yes }:{no}}]", "[ yes ]"},
	{"${x_one?{yes}:no}", "yes"},
	{"${x_empty?{yes}:no}", "no"},
	{"${x_one?{}:{no}}", ""},
	{"${x_empty?{yes}:{}}", ""},
	{"${x_one?{a{b}c}:{no}}", "a{b}c"},
	{"${x_one?{$x_ref}:{$x_two}}", "<1-two>"},
	{"${x_one?{${x_empty?{a}:{b}}}:{c}}", "b"},
	{"${x_empty?{a}:{${x_one?{b}:{c}}}}", "b"},
	{"$(x_one?{a)b}:{c})", NULL},
	{"$(x_one?{(a)}:{c})", "(a)"},
	{"${x_one?{yes}no}", NULL},
	{"${x_empty?{yes}no}", NULL},
	{"${x_one?{yes}:{no}x}", NULL},
	{"${x_one:{no}x}", NULL},
	{"${x_one:{no}:{x}}", NULL},
	/* the branch that is not taken is not looked at */
	{"${x_one?{yes}:{$}}", "yes"},
	{"${x_empty?{$}:{no}}", "no"},
	{"${x_one?{yes}:{$x_self}}", "yes"},
	{"${x_empty?{$x_bare}:{no}}", "no"},
	{"${x_empty?$x_self}", ""},
	{"${x_one:$x_self}", ""},
	{"${x_one?{$}:{no}}", NULL},
	{"${x_one?$x_self}", NULL},
	/* comparisons */
	{"${{a}=={a}}", "true"},
	{"[${{a}=={b}}]", "[]"},
	{"${{a}=={a}?{yes}:{no}}", "yes"},
	{"${{a}=={b}?{yes}:{no}}", "no"},
	{"${{a}!={b}?{yes}:{no}}", "yes"},
	{"${{a}<{b}?{yes}:{no}}", "yes"},
	{"${{b}<={a}?{yes}:{no}}", "no"},
	{"${{a}<={a}?{yes}:{no}}", "yes"},
	{"${{a}>={b}?{yes}:{no}}", "no"},
	{"${{b}>{a}?{yes}:{no}}", "yes"},
	{"${{b}>{b}?{yes}:{no}}", "no"},
	{"${{b}<{b}?{yes}:{no}}", "no"},
	{"${ {a} == {a} ? {yes} : {no} }", "yes"},
	{"$({a}=={a}?{yes}:{no})", "yes"},
	{"${{a}=={a}?yes}", "yes"},
	{"${{a}=={b}:no}", "no"},
	{"${{a}=={b}?yes:no}", ""},
	{"${{a}=={ a}?{yes}:{no}}", "no"},
	{"${{}=={}?{yes}:{no}}", "yes"},
	{"${{}=={$x_empty}?{yes}:{no}}", "yes"},
	{"${{$x_ref}=={<1-two>}?{yes}:{no}}", "yes"},
	{"${{${x_one?{a}:{b}}}=={a}?{yes}:{no}}", "yes"},
	{"${{a}=={A}?{yes}:{no}}", "no"},
	{"${{\xe4}>{a}?{yes}:{no}}", "yes"},
	{"${{a}=={a}?{yes}:{$}}", "yes"},
	{"${{a}=={b}?{$}:{no}}", "no"},
	/* by number if both are all digits */
	{"${{9}<{10}?{yes}:{no}}", "yes"},
	{"${{$x_nine}<{$x_ten}?{yes}:{no}}", "yes"},
	{"${{9}=={009}?{yes}:{no}}", "yes"},
	{"${{$x_zero9}>={9}?{yes}:{no}}", "yes"},
	{"${{10}>{9}?{yes}:{no}}", "yes"},
	{"${{9}<{10a}?{yes}:{no}}", "no"},
	{"${{-9}<{-10}?{yes}:{no}}", "no"},
	{"${{9 }<{10}?{yes}:{no}}", "no"},
	{"${{}<{10}?{yes}:{no}}", "yes"},
	{"${{9223372036854775807}>{9223372036854775806}?{yes}:{no}}", "yes"},
	{"${{9223372036854775808}>{1}?{yes}:{no}}", NULL},
	{"${{1}<{99999999999999999999}?{yes}:{no}}", NULL},
	{"${{$x_huge}=={$x_huge}?{yes}:{no}}", NULL},
	{"${{99999999999999999999}=={a}?{yes}:{no}}", "no"},
	/* by level */
	{"${{2}<=level{3.6}?{yes}:{no}}", "yes"},
	{"${{3.10}>level{3.9}?{yes}:{no}}", "yes"},
	{"${{3.10}>{3.9}?{yes}:{no}}", "no"},
	{"${{3}==level{3.0.0}?{yes}:{no}}", "yes"},
	{"${{3.6.1}!=level{3.6}?{yes}:{no}}", "yes"},
	{"${{3.6.1}<level{3.6.2}?{yes}:{no}}", "yes"},
	{"${{4}>=level{3.1023.1023}?{yes}:{no}}", "yes"},
	{"${{2} <=level {3.6} ? {yes} : {no}}", "yes"},
	{"${{$x_nine}>=level{$x_one}}", "true"},
	{"${{2}<=level{}?{yes}:{no}}", NULL},
	{"${{}<=level{2}?{yes}:{no}}", NULL},
	{"${{a}<=level{2}?{yes}:{no}}", NULL},
	{"${{2.}<=level{2}?{yes}:{no}}", NULL},
	{"${{2.1024}<=level{2}?{yes}:{no}}", NULL},
	{"${{2.1.1024}<=level{2}?{yes}:{no}}", NULL},
	{"${{2.1.1.1}<=level{2}?{yes}:{no}}", NULL},
	{"${{-1}<=level{2}?{yes}:{no}}", NULL},
	{"${{2-1}<=level{2}?{yes}:{no}}", NULL},
	{"${{99999999999999999999}<=level{2}?{yes}:{no}}", NULL},
	{"${{2}<=levels{3}?{yes}:{no}}", NULL},
	{"${{2}<=LEVEL{3}?{yes}:{no}}", NULL},
	{"${{2}<= level{3}?{yes}:{no}}", NULL},
	/* malformed comparisons */
	{"${{a}}", NULL},
	{"${{a}?{yes}:{no}}", NULL},
	{"${{a}={a}?{yes}:{no}}", NULL},
	{"${{a}==={a}?{yes}:{no}}", NULL},
	{"${{a}<>{a}?{yes}:{no}}", NULL},
	{"${{a}=~{a}?{yes}:{no}}", NULL},
	{"${{a}==a}", NULL},
	{"${{a}==}", NULL},
	{"${{a}=={a}yes}", NULL},
	{"${{a}=={a}{yes}}", NULL},
	{"${a=={a}?{yes}:{no}}", NULL},
	{"${{$}=={a}?{yes}:{no}}", NULL},
	{"${{a}=={$x_self}?{yes}:{no}}", NULL},
	{"${{a}=={a}?{yes}:{no}", NULL},
	{"$({a)=={a}?{yes}:{no})", NULL},
	{"$({(a=={a}?{yes}:{no})", NULL},
};

/* ---- texts of many levels ---- */

#define LONGEST_CHAIN 200
/* Names of up to this length lead to two longer ones, those of this length to nothing. */
#define DOUBLING 70

static void add_repeated(struct buf *out, const char *text, int times)
{
	while (times-- > 0)
		buf_adds(out, text);
}

/* Names that lead to each other and at last to x_chain1 or x_void1. */
static void chain(struct buf *out, int levels, const char *end)
{
	buf_addf(out, "$x_%s%d", end, levels);
}

static void braces(struct buf *out, int levels, const char *end)
{
	add_repeated(out, "${x_one?{", levels);
	buf_adds(out, end);
	add_repeated(out, "}}", levels);
}

static void no_braces(struct buf *out, int levels, const char *end)
{
	add_repeated(out, "$(x_empty:", levels);
	buf_adds(out, end);
	add_repeated(out, ")", levels);
}

static void operands(struct buf *out, int levels, const char *end)
{
	add_repeated(out, "${{", levels);
	buf_adds(out, end);
	add_repeated(out, "}=={true}}", levels);
}

/* Text counts as a level of its own below the macro that it comes from. */
static const struct {
	const char *what;
	void (*build)(struct buf *, int levels, const char *end);
	int levels;
	const char *end;
	bool good;
	const char *want;
} nested[] = {
	{"names", chain, 2, "chain", true, "z"},
	{"100 names", chain, 100, "chain", true, "z"},
	{"101 names", chain, 101, "chain", false, NULL},
	{"200 names", chain, 200, "chain", false, NULL},
	{"101 names, empty", chain, 101, "void", true, ""},
	{"102 names, empty", chain, 102, "void", false, NULL},
	{"100 braces", braces, 100, "z", true, "z"},
	{"101 braces", braces, 101, "z", false, NULL},
	{"99 braces and a name", braces, 99, "$x_two", true, "two"},
	{"100 braces and a name", braces, 100, "$x_two", false, NULL},
	{"100 braces and an empty name", braces, 100, "$x_empty", true, ""},
	{"101 braces and an empty name", braces, 101, "$x_empty", false, NULL},
	{"101 braces, nothing inside", braces, 101, "", true, ""},
	{"102 braces, nothing inside", braces, 102, "", false, NULL},
	{"100 without braces", no_braces, 100, "z", true, "z"},
	{"101 without braces", no_braces, 101, "z", false, NULL},
	{"1000 without braces", no_braces, 1000, "z", false, NULL},
	/* Operands count anew. */
	{"150 operands", operands, 150, "true", true, "true"},
	{"150 operands, at last malformed", operands, 150, "$", false, NULL},
};

/* "x_chain7" leads to "$x_chain6". */
static void leads_on(const char *name, const char *stem, struct buf *value)
{
	size_t len = strlen(stem);

	if (strncmp(name, stem, len) == 0 && atoi(name + len) > 1)
		buf_addf(value, "$%s%d", stem, atoi(name + len) - 1);
}

static enum expand_result find_name(void *context, const char *name, size_t len, struct buf *value,
				    struct buf *why)
{
	char *key = xmemdupz(name, len);
	enum expand_result rc = EXPAND_OK;
	size_t i;

	(void)context;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, key) == 0)
			buf_adds(value, names[i].value);
	leads_on(key, "x_chain", value);
	leads_on(key, "x_void", value);
	if (strncmp(key, "x_double", strlen("x_double")) == 0 && len < DOUBLING)
		buf_addf(value, "$%sd$%sd", key, key);
	if (strcmp(key, "x_long") == 0)
		add_repeated(value, "0123456789abcdef", 1 << 16);
	if (strcmp(key, "x_unknown") == 0) {
		buf_adds(why, "nobody knows");
		rc = EXPAND_UNKNOWN;
	}
	free(key);
	return rc;
}

static enum expand_result ask(const char *text, struct buf *out, struct buf *why)
{
	const struct expand_lookup lookup = {find_name, NULL, NULL};

	return expand(text, strlen(text), &lookup, out, why);
}

START_TEST(comes_to)
{
	struct buf out = BUF_INIT, why = BUF_INIT;
	enum expand_result rc = ask(cases[_i].text, &out, &why);

	if (cases[_i].want == NULL) {
		ck_assert_msg(rc == EXPAND_MALFORMED, "%s: taken as \"%s\"", cases[_i].text,
			      buf_string(&out));
		ck_assert_msg(why.len > 0, "%s: no cause", cases[_i].text);
	} else {
		ck_assert_msg(rc == EXPAND_OK, "%s: %s", cases[_i].text, buf_string(&why));
		ck_assert_msg(strcmp(buf_string(&out), cases[_i].want) == 0,
			      "%s: want \"%s\", got \"%s\"", cases[_i].text, cases[_i].want,
			      buf_string(&out));
		ck_assert_str_eq(buf_string(&why), "");
	}
	buf_release(&out);
	buf_release(&why);
}
END_TEST

/* ---- the same by postconf ---- */

/* A main.cf that gives the names, and relayhost. */
static void question(const char *kind, int number, const char *text)
{
	struct buf file = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		buf_addf(&file, "%s = %s\n", names[i].name, names[i].value);
	for (i = 2; i <= LONGEST_CHAIN; i++)
		buf_addf(&file, "x_chain%zu = $x_chain%zu\nx_void%zu = $x_void%zu\n", i, i - 1, i,
			 i - 1);
	buf_addf(&file, "relayhost = %s\n", text);
	oracle_ask(kind, number, file.data, file.len);
	buf_release(&file);
}

static void ask_postconf(void)
{
	struct buf text = BUF_INIT;
	int i;

	if (!oracle_open())
		return;
	for (i = 0; i < COUNT(cases); i++)
		question("case", i, cases[i].text);
	for (i = 0; i < COUNT(nested); i++) {
		buf_clear(&text);
		nested[i].build(&text, nested[i].levels, nested[i].end);
		question("nested", i, text.data);
	}
	oracle_run("relayhost", true);
	buf_release(&text);
}

/* postconf dies where a daemon would. It may warn of a branch that is not taken. */
static void ck_answer(const char *kind, int i, const char *text, const char *want)
{
	struct buf status = BUF_INIT, out = BUF_INIT, err = BUF_INIT;
	struct buf got = BUF_INIT, wanted = BUF_INIT;

	oracle_answer(kind, i, "status", &status);
	oracle_answer(kind, i, "out", &out);
	oracle_answer(kind, i, "err", &err);
	oracle_collapse(buf_string(&out), &got);
	oracle_collapse(want != NULL ? want : "", &wanted);
	ck_assert_msg((strcmp(status.data, "0\n") == 0) == (want != NULL), "%s: %s%s", text,
		      buf_string(&out), buf_string(&err));
	ck_assert_msg((strstr(buf_string(&err), "fatal: ") == NULL) == (want != NULL), "%s: %s",
		      text, buf_string(&err));
	ck_assert_str_eq(buf_string(&got), buf_string(&wanted));
	buf_release(&status);
	buf_release(&out);
	buf_release(&err);
	buf_release(&got);
	buf_release(&wanted);
}

START_TEST(postconf_agrees)
{
	if (oracle_answered())
		ck_answer("case", _i, cases[_i].text, cases[_i].want);
}
END_TEST

START_TEST(postconf_agrees_on_nesting)
{
	if (oracle_answered())
		ck_answer("nested", _i, nested[_i].what, nested[_i].good ? nested[_i].want : NULL);
}
END_TEST

/* ---- nesting ---- */

START_TEST(nests)
{
	struct buf text = BUF_INIT, out = BUF_INIT, why = BUF_INIT;
	enum expand_result rc;

	nested[_i].build(&text, nested[_i].levels, nested[_i].end);
	rc = ask(text.data, &out, &why);
	ck_assert_msg(rc == (nested[_i].good ? EXPAND_OK : EXPAND_MALFORMED), "%s: %s",
		      nested[_i].what, buf_string(&why));
	if (nested[_i].good)
		ck_assert_str_eq(buf_string(&out), nested[_i].want);
	buf_release(&text);
	buf_release(&out);
	buf_release(&why);
}
END_TEST

/* Whatever becomes of these, they must neither end the process nor take long. */
static const struct {
	const char *part, *end;
} endless[] = {
	{"${{", ""},
	{"${{", "}=={}}"},
	{"${", "}"},
	{"$(", ")"},
	{"${x_one?{", "}}"},
	{"$(x_one?", ")"},
	{"${x_one", ""},
	{"${x_empty:", "}"},
	{"${{a}=={", "}}"},
	{"$", ""},
	{"{", "}"},
	{"${x_one?", "}"},
	{"${{a}=={a}?{", "}}"},
};

START_TEST(deep_text_ends_soon)
{
	struct buf text = BUF_INIT, out = BUF_INIT, why = BUF_INIT;

	add_repeated(&text, endless[_i].part, 20001);
	add_repeated(&text, endless[_i].end, 20001);
	if (ask(text.data, &out, &why) == EXPAND_OK)
		ck_assert_msg(*endless[_i].part == '{', "%s: taken", endless[_i].part);
	else
		ck_assert_uint_gt(why.len, 0);
	ck_assert_uint_lt(why.len, 200);
	buf_release(&text);
	buf_release(&out);
	buf_release(&why);
}
END_TEST

/* Never too deep, but two to the sixtieth names to look up. */
START_TEST(doubling_names_end_soon)
{
	struct buf out = BUF_INIT, why = BUF_INIT;

	ck_assert_int_eq(ask("$x_double", &out, &why), EXPAND_MALFORMED);
	ck_assert_uint_gt(why.len, 0);
	ck_assert_uint_lt(out.len, 200U << 20);
	buf_release(&out);
	buf_release(&why);
}
END_TEST

/* A value counts even where it is only asked whether there is one. */
START_TEST(long_values_end_soon)
{
	static const char *const forms[] = {"$x_long",           "${x_long}",
					    "${x_long?}",        "${x_long:}",
					    "${x_long?{a}:{b}}", "${{$x_long}=={}?{a}}"};
	struct buf text = BUF_INIT, out = BUF_INIT, why = BUF_INIT;

	ck_assert_int_eq(ask(forms[_i], &out, &why), EXPAND_OK);
	add_repeated(&text, forms[_i], 17);
	ck_assert_int_eq(ask(text.data, &out, &why), EXPAND_MALFORMED);
	ck_assert_ptr_nonnull(strstr(why.data, "more to expand than is reasonable"));
	buf_release(&text);
	buf_release(&out);
	buf_release(&why);
}
END_TEST
#define LONG_FORMS 6

/* ---- what is not known ---- */

static const struct {
	const char *text;
	enum expand_result want;
} unknowns[] = {
	{"x_unknown", EXPAND_OK},
	{"$$x_unknown", EXPAND_OK},
	{"$x_unknown", EXPAND_UNKNOWN},
	{"${x_unknown}", EXPAND_UNKNOWN},
	{"a$(x_unknown)b", EXPAND_UNKNOWN},
	{"${x_unknown?yes}", EXPAND_UNKNOWN},
	{"${x_unknown?{a}:{a}}", EXPAND_UNKNOWN},
	{"${{$x_unknown}=={a}}", EXPAND_UNKNOWN},
	{"${{a}=={$x_unknown}}", EXPAND_UNKNOWN},
	{"${x_one?{yes}:{$x_unknown}}", EXPAND_OK},
	{"${x_empty?{$x_unknown}:{no}}", EXPAND_OK},
	{"${x_one?{$x_unknown}:{no}}", EXPAND_UNKNOWN},
	{"${{a}=={b}?{$x_unknown}:{no}}", EXPAND_OK},
	{"${x_empty:$x_unknown}", EXPAND_UNKNOWN},
};

START_TEST(is_known_or_not)
{
	struct buf out = BUF_INIT, why = BUF_INIT;
	enum expand_result rc = ask(unknowns[_i].text, &out, &why);

	ck_assert_msg(rc == unknowns[_i].want, "%s: got %d, %s", unknowns[_i].text, (int)rc,
		      buf_string(&why));
	ck_assert_str_eq(buf_string(&why), rc == EXPAND_UNKNOWN ? "nobody knows" : "");
	buf_release(&out);
	buf_release(&why);
}
END_TEST

START_TEST(appends)
{
	struct buf out = BUF_INIT, why = BUF_INIT;

	buf_adds(&out, "before ");
	ck_assert_int_eq(ask("${x_one}", &out, &why), EXPAND_OK);
	ck_assert_int_eq(ask(" after", &out, &why), EXPAND_OK);
	ck_assert_str_eq(buf_string(&out), "before 1 after");
	buf_release(&out);
	buf_release(&why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("expand");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(tc, comes_to, 0, COUNT(cases));
	suite_add_tcase(s, tc);

	tc = tcase_create("postconf");
	tcase_add_unchecked_fixture(tc, ask_postconf, oracle_close);
	tcase_add_loop_test(tc, postconf_agrees, 0, COUNT(cases));
	tcase_add_loop_test(tc, postconf_agrees_on_nesting, 0, COUNT(nested));
	suite_add_tcase(s, tc);

	tc = tcase_create("nesting");
	tcase_set_timeout(tc, 900);
	tcase_add_loop_test(tc, nests, 0, COUNT(nested));
	tcase_add_loop_test(tc, deep_text_ends_soon, 0, COUNT(endless));
	tcase_add_test(tc, doubling_names_end_soon);
	tcase_add_loop_test(tc, long_values_end_soon, 0, LONG_FORMS);
	suite_add_tcase(s, tc);

	tc = tcase_create("unknown");
	tcase_add_loop_test(tc, is_known_or_not, 0, COUNT(unknowns));
	tcase_add_test(tc, appends);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
