/* SPDX-License-Identifier: ISC */
#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "diag.h"

/* Far more than a sane pattern needs for a value of one line, and far less than a second. */
#define MATCH_LIMIT 1000000
#define HEAP_LIMIT_KIB 20000

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static void add_cause(struct buf *why, int error)
{
	PCRE2_UCHAR text[256];

	if (pcre2_get_error_message(error, text, sizeof(text)) < 0)
		buf_addf(why, "PCRE2 error %d", error);
	else
		buf_adds(why, (char *)text);
}

struct pattern *pattern_compile(const char *text, struct buf *why)
{
	struct pattern *p = xcalloc(1, sizeof(*p));
	PCRE2_SIZE offset;
	int error;

	p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
				PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_CASELESS, &error,
				&offset, NULL);
	if (p->code == NULL) {
		add_cause(why, error);
		buf_addf(why, " at offset %zu of \"%s\"", (size_t)offset, text);
		free(p);
		return NULL;
	}
	p->data = pcre2_match_data_create_from_pattern(p->code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (p->data == NULL || p->limits == NULL)
		die("out of memory");
	(void)pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	(void)pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KIB);
	return p;
}

int pattern_match(struct pattern *p, const char *value, size_t len, struct buf *why)
{
	int rc = pcre2_match(p->code, (PCRE2_SPTR)value, len, 0, 0, p->data, p->limits);

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
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->code);
	free(p);
}
