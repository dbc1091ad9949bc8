/* SPDX-License-Identifier: ISC */
#include "expand.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

/* Postfix calls a macro deeper than this "unreasonable" and dies. */
#define MAX_LEVEL 100
/*
 * Operands of a comparison start counting levels anew. Postfix has no limit
 * there but its stack. Ours is to be enough where it is small, 256 KiB.
 */
#define MAX_DEPTH 250
/* Bytes that one expansion may look at: names that double each other grow without end. */
#define BUDGET ((size_t)16 << 20)

static const char too_much[] = "more to expand than is reasonable";

struct slice {
	const char *p;
	size_t len;
};

struct expander {
	const struct expand_lookup *lookup;
	struct buf *why;
	size_t *budget; /* bytes that may still be looked at */
	unsigned depth; /* macros that we are inside of, operands included */
};

static enum expand_result expand_text(struct expander *, struct slice, unsigned level,
				      struct buf *out);

/* The blanks of a macro are fewer than those of main.cf: no vertical tab, no form feed. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool spend(struct expander *x, size_t bytes)
{
	bool enough = *x->budget >= bytes;

	*x->budget -= enough ? bytes : *x->budget;
	return enough;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct slice rest(struct slice s, size_t n)
{
	return (struct slice){s.p + n, s.len - n};
}

static struct slice skip_blanks(struct slice s)
{
	while (s.len > 0 && is_blank(*s.p))
		s = rest(s, 1);
	return s;
}

static enum expand_result malformed(struct expander *x, const char *cause, struct slice at)
{
	size_t shown = diag_cut(at.p, at.len, 30);

	buf_addf(x->why, "%s: \"%.*s%s\"", cause, (int)shown, at.p, shown < at.len ? "..." : "");
	return EXPAND_MALFORMED;
}

/*
 * The length of what stands between an open bracket, which was passed, and its
 * match, or SIZE_MAX if there is none. Brackets of the other kind do not count.
 */
static size_t balance(struct slice s, char open, char close)
{
	size_t i, level = 1;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == open)
			level++;
		else if (s.p[i] == close && --level == 0)
			return i;
	}
	return SIZE_MAX;
}

/* Takes "{payload}" and the blanks behind it off the front of s. */
static enum expand_result take_braced(struct expander *x, struct slice *s, struct slice *payload)
{
	struct slice inner = rest(*s, 1);
	size_t len = balance(inner, '{', '}');

	if (len == SIZE_MAX)
		return malformed(x, "unbalanced {} in macro", *s);
	*payload = (struct slice){inner.p, len};
	*s = skip_blanks(rest(inner, len + 1));
	return EXPAND_OK;
}

static bool starts_braced(struct slice *s)
{
	struct slice at = skip_blanks(*s);

	if (at.len == 0 || *at.p != '{')
		return false;
	*s = at;
	return true;
}

/* An operand of ? or :, in braces, or else all that is left. */
static enum expand_result take_operand(struct expander *x, struct slice *s, struct slice *operand)
{
	if (starts_braced(s))
		return take_braced(x, s, operand);
	*operand = *s;
	*s = rest(*s, s->len);
	return EXPAND_OK;
}

enum comparison { CMP_NONE, CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GE, CMP_GT };

static enum comparison take_comparison(struct slice *s)
{
	static const struct {
		char text[3];
		enum comparison is;
	} table[] = {{"==", CMP_EQ}, {"!=", CMP_NE}, {"<", CMP_LT},
		     {"<=", CMP_LE}, {">=", CMP_GE}, {">", CMP_GT}};
	size_t i, n = 0;

	while (n < s->len && s->p[n] != '\0' && strchr("<>!=?+-*/~&|%", s->p[n]) != NULL)
		n++;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].text) == n && memcmp(table[i].text, s->p, n) == 0) {
			*s = rest(*s, n);
			return table[i].is;
		}
	}
	return CMP_NONE;
}

static bool holds(enum comparison is, long delta)
{
	switch (is) {
	case CMP_EQ:
		return delta == 0;
	case CMP_NE:
		return delta != 0;
	case CMP_LT:
		return delta < 0;
	case CMP_LE:
		return delta <= 0;
	case CMP_GE:
		return delta >= 0;
	default:
		return delta > 0;
	}
}

static bool all_digits(const char *s)
{
	if (*s == '\0')
		return false;
	while (is_digit(*s))
		s++;
	return *s == '\0';
}

static bool to_long(const char *s, char **end, long *number)
{
	errno = 0;
	*number = strtol(s, end, 10);
	return *end != s && errno == 0;
}

/* By number where both sides are all digits, else by byte. */
static enum expand_result compare_plain(struct expander *x, const char *left, enum comparison is,
					const char *right, bool *result)
{
	long a, b;
	char *end;

	if (!all_digits(left) || !all_digits(right)) {
		*result = holds(is, strcmp(left, right));
		return EXPAND_OK;
	}
	if (!to_long(left, &end, &a))
		return malformed(x, "number out of range", (struct slice){left, strlen(left)});
	if (!to_long(right, &end, &b))
		return malformed(x, "number out of range", (struct slice){right, strlen(right)});
	*result = holds(is, a < b ? -1 : a > b);
	return EXPAND_OK;
}

/* A compatibility level: up to three numbers with dots between, the later two below 1024. */
static bool to_level(const char *s, long level[3])
{
	char *end;
	int i;

	level[0] = level[1] = level[2] = 0;
	for (i = 0; i < 3; i++) {
		if (!to_long(s, &end, &level[i]) || level[i] < 0 ||
		    level[i] > (i == 0 ? LONG_MAX >> 20 : 1023))
			return false;
		if (*end == '\0')
			return true;
		if (*end != '.')
			return false;
		s = end + 1;
	}
	return false;
}

static enum expand_result compare_levels(struct expander *x, const char *left, enum comparison is,
					 const char *right, bool *result)
{
	static const char cause[] = "not a compatibility level";
	long a[3], b[3];
	int i = 0;

	if (!to_level(left, a))
		return malformed(x, cause, (struct slice){left, strlen(left)});
	if (!to_level(right, b))
		return malformed(x, cause, (struct slice){right, strlen(right)});
	while (i < 2 && a[i] == b[i])
		i++;
	*result = holds(is, a[i] < b[i] ? -1 : a[i] > b[i]);
	return EXPAND_OK;
}

/* An operator may carry a suffix that says how to compare; there is one such suffix. */
static enum expand_result take_suffix(struct expander *x, struct slice *s, bool *by_level)
{
	size_t n = 0;

	while (n < s->len && is_alnum(s->p[n]))
		n++;
	*by_level = n == 5 && memcmp(s->p, "level", n) == 0;
	if (n > 0 && !*by_level)
		return malformed(x, "unknown comparison", *s);
	*s = rest(*s, n);
	return EXPAND_OK;
}

static enum expand_result compare(struct expander *x, struct slice left, enum comparison is,
				  bool by_level, struct slice right, bool *result)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	enum expand_result rc;

	rc = expand_text(x, left, 0, &a);
	if (rc == EXPAND_OK)
		rc = expand_text(x, right, 0, &b);
	if (rc == EXPAND_OK)
		rc = (by_level ? compare_levels : compare_plain)(x, buf_string(&a), is,
								 buf_string(&b), result);
	buf_release(&a);
	buf_release(&b);
	return rc;
}

/* Takes "{x} == {y}" off the front of s. */
static enum expand_result take_condition(struct expander *x, struct slice *s, bool *result)
{
	struct slice left, right;
	enum expand_result rc;
	enum comparison is;
	bool by_level;

	rc = take_braced(x, s, &left);
	if (rc != EXPAND_OK)
		return rc;
	is = take_comparison(s);
	if (is == CMP_NONE)
		return malformed(x, "comparison expected", *s);
	rc = take_suffix(x, s, &by_level);
	if (rc != EXPAND_OK)
		return rc;
	if (!starts_braced(s))
		return malformed(x, "{text} expected", *s);
	rc = take_braced(x, s, &right);
	if (rc != EXPAND_OK)
		return rc;
	return compare(x, left, is, by_level, right, result);
}

/* Takes the name off the front of s, and the blanks behind it. */
static enum expand_result take_name(struct expander *x, struct slice *s, struct slice *name)
{
	struct slice at = skip_blanks(*s);
	size_t n = 0;

	while (n < at.len && (is_alnum(at.p[n]) || at.p[n] == '_'))
		n++;
	*name = (struct slice){at.p, n};
	*s = skip_blanks(rest(at, n));
	if (s->len > 0 && *s->p != '?' && *s->p != ':')
		return malformed(x, "bad parameter name", at);
	return EXPAND_OK;
}

/* What follows ? and :, once it is known whether the condition holds. */
static enum expand_result choose(struct expander *x, struct slice s, bool condition, unsigned level,
				 struct buf *out)
{
	struct slice operand;
	enum expand_result rc;

	if (*s.p == '?') {
		s = rest(s, 1);
		rc = take_operand(x, &s, &operand);
		if (rc == EXPAND_OK && condition)
			rc = expand_text(x, operand, level + 1, out);
		if (rc != EXPAND_OK || s.len == 0)
			return rc;
		if (*s.p != ':')
			return malformed(x, "\":\" expected", s);
	}
	s = rest(s, 1);
	rc = take_operand(x, &s, &operand);
	if (rc == EXPAND_OK && !condition)
		rc = expand_text(x, operand, level + 1, out);
	if (rc == EXPAND_OK && s.len > 0)
		return malformed(x, "unexpected text in macro", s);
	return rc;
}

/* What stands between the brackets of ${...}, or the name of $name. */
static enum expand_result expand_macro(struct expander *x, struct slice s, unsigned level,
				       struct buf *out)
{
	struct buf value = BUF_INIT;
	struct slice name;
	enum expand_result rc;
	bool condition;

	if (level > MAX_LEVEL || ++x->depth > MAX_DEPTH)
		return malformed(x, "unreasonable nesting", s);
	if (starts_braced(&s)) {
		rc = take_condition(x, &s, &condition);
		if (rc == EXPAND_OK && condition)
			buf_adds(&value, "true");
		if (rc == EXPAND_OK && s.len > 0 && *s.p != '?' && *s.p != ':')
			rc = malformed(x, "\"?\" or \":\" expected", s);
	} else {
		rc = take_name(x, &s, &name);
		if (rc == EXPAND_OK)
			rc = x->lookup->find(x->lookup->context, name.p, name.len, &value, x->why);
	}
	if (rc == EXPAND_OK && !spend(x, value.len))
		rc = malformed(x, too_much, s);
	/* ? and : ask whether the value is empty before it is expanded. */
	if (rc == EXPAND_OK && s.len > 0)
		rc = choose(x, s, value.len > 0, level, out);
	else if (rc == EXPAND_OK)
		rc = expand_text(x, (struct slice){buf_string(&value), value.len}, level + 1, out);
	x->depth--;
	buf_release(&value);
	return rc;
}

/* Takes a macro off the front of s, which starts behind its '$'. */
static enum expand_result take_macro(struct expander *x, struct slice *s, struct slice *macro)
{
	struct slice at = *s;
	size_t n = 0;

	if (at.len > 0 && (*at.p == '{' || *at.p == '(')) {
		n = balance(rest(at, 1), *at.p, *at.p == '{' ? '}' : ')');
		if (n == SIZE_MAX)
			return malformed(x, "macro without closing bracket", at);
		*macro = (struct slice){at.p + 1, n};
		*s = rest(at, n + 2);
	} else {
		while (n < at.len && (is_alnum(at.p[n]) || at.p[n] == '_'))
			n++;
		*macro = (struct slice){at.p, n};
		*s = rest(at, n);
	}
	if (n == 0)
		return malformed(x, "'$' without a parameter name", at);
	return EXPAND_OK;
}

static enum expand_result expand_text(struct expander *x, struct slice s, unsigned level,
				      struct buf *out)
{
	enum expand_result rc;
	struct slice macro;
	const char *sign;
	size_t n;

	if (!spend(x, s.len + 1))
		return malformed(x, too_much, s);
	if (s.len > 0 && level > MAX_LEVEL)
		return malformed(x, "unreasonable nesting", s);
	while (s.len > 0) {
		sign = memchr(s.p, '$', s.len);
		n = sign != NULL ? (size_t)(sign - s.p) : s.len;
		buf_add(out, s.p, n);
		s = rest(s, n);
		if (s.len >= 2 && s.p[1] == '$') {
			buf_addc(out, '$');
			s = rest(s, 2);
			continue;
		}
		if (s.len == 0)
			break;
		s = rest(s, 1);
		rc = take_macro(x, &s, &macro);
		if (rc == EXPAND_OK)
			rc = expand_macro(x, macro, level, out);
		if (rc != EXPAND_OK)
			return rc;
	}
	return EXPAND_OK;
}

enum expand_result expand(const char *text, size_t len, const struct expand_lookup *lookup,
			  struct buf *out, struct buf *why)
{
	size_t own = BUDGET;
	struct expander x = {.lookup = lookup, .why = why};

	if (len == 0 || memchr(text, '$', len) == NULL) {
		buf_add(out, text, len);
		return EXPAND_OK;
	}
	x.budget = lookup->budget != NULL ? lookup->budget : &own;
	return expand_text(&x, (struct slice){text, len}, 0, out);
}
