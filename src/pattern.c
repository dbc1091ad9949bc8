/* SPDX-License-Identifier: ISC */
#include "pattern.h"

#include <stdbool.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "diag.h"

/*
 * Far more than a sane pattern needs for a value of one line, and far less than a
 * second. Machine code counts steps only, in units of its own, and what it
 * remembers is bounded by its stack.
 */
#define STEPS 1000000
#define DEPTH 50000
#define HEAP_KIB 20000
#define STACK_START ((size_t)32 << 10)
#define STACK_MOST ((size_t)1 << 20)
/* Longer ones are nobody's handwriting. */
#define LONGEST ((size_t)16 << 10)
/* How much of a pattern is shown. */
#define SHOWN 200
/*
 * Machine code is made when a pattern has been asked so often: to make it costs as
 * much as to ask the interpreter some thousand times, and most runs see one file.
 */
#define JIT_AFTER 5000

enum jit { JIT_NOT_YET, JIT_READY, JIT_NONE };

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	pcre2_jit_stack *stack; /* NULL without machine code */
	enum jit jit;
	unsigned asked; /* up to JIT_AFTER */
};

static void add_cause(struct buf *why, int error)
{
	PCRE2_UCHAR text[256];

	if (pcre2_get_error_message(error, text, sizeof(text)) < 0)
		buf_addf(why, "PCRE2 error %d", error);
	else
		buf_adds(why, (char *)text);
}

static void add_place(struct buf *why, const char *text, size_t offset)
{
	size_t len = strlen(text), shown = diag_cut(text, len, SHOWN);

	buf_addf(why, " at offset %zu of \"%.*s%s\"", offset, (int)shown, text,
		 shown < len ? "..." : "");
}

/* A value has but one line: what a library takes for a line end is no matter. */
static pcre2_code *compile(const char *text, struct buf *why)
{
	const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_CASELESS | PCRE2_DOTALL;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	if (context == NULL)
		die("out of memory");
	(void)pcre2_set_max_pattern_length(context, LONGEST);
	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset,
			     context);
	pcre2_compile_context_free(context);
	if (code == NULL) {
		add_cause(why, error);
		add_place(why, text, offset);
	}
	return code;
}

struct pattern *pattern_compile(const char *text, struct buf *why)
{
	pcre2_code *code = compile(text, why);
	struct pattern *p;

	if (code == NULL)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->code = code;
	p->data = pcre2_match_data_create_from_pattern(code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (p->data == NULL || p->limits == NULL)
		die("out of memory");
	(void)pcre2_set_match_limit(p->limits, STEPS);
	(void)pcre2_set_depth_limit(p->limits, DEPTH);
	(void)pcre2_set_heap_limit(p->limits, HEAP_KIB);
	return p;
}

/* Not every machine has it, and not every system lets a program make code: then there is none. */
static bool make_machine_code(struct pattern *p)
{
	if (p->jit != JIT_NOT_YET)
		return p->jit == JIT_READY;
	p->jit = JIT_NONE;
	if (pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0)
		p->stack = pcre2_jit_stack_create(STACK_START, STACK_MOST, NULL);
	if (p->stack != NULL) {
		pcre2_jit_stack_assign(p->limits, NULL, p->stack);
		p->jit = JIT_READY;
	}
	return p->jit == JIT_READY;
}

static bool gave_up(int rc)
{
	return rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ||
	       rc == PCRE2_ERROR_HEAPLIMIT || rc == PCRE2_ERROR_JIT_STACKLIMIT;
}

static int ask(struct pattern *p, bool machine_code, const char *value, size_t len)
{
	return pcre2_match(p->code, (PCRE2_SPTR)value, len, 0, machine_code ? 0 : PCRE2_NO_JIT,
			   p->data, p->limits);
}

/*
 * Where one of the two gives up, the other is asked: what is said of a value must
 * not depend on how many were asked about before it. If both give up, the cause
 * is the interpreter's.
 */
static int ask_both(struct pattern *p, const char *value, size_t len)
{
	bool often = p->asked == JIT_AFTER;
	int rc, other;

	if (!often)
		p->asked++;
	if (often && make_machine_code(p)) {
		rc = ask(p, true, value, len);
		return gave_up(rc) ? ask(p, false, value, len) : rc;
	}
	rc = ask(p, false, value, len);
	if (!gave_up(rc) || !make_machine_code(p))
		return rc;
	other = ask(p, true, value, len);
	return gave_up(other) ? rc : other;
}

int pattern_match(struct pattern *p, const char *value, size_t len, struct buf *why)
{
	int rc = ask_both(p, value, len);

	if (rc >= 0)
		return 1;
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	add_cause(why, rc);
	return -1;
}

void pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_jit_stack_free(p->stack);
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->code);
	free(p);
}
