/* SPDX-License-Identifier: ISC */
#include "laws.h"

#include <string.h>

#include "expand.h"
#include "trial.h"

/* The text's lines: all but the last define names. */
struct definitions {
	const char *text;
	size_t len;
};

static enum expand_result define(void *context, const char *name, size_t len, struct buf *value,
				 struct buf *why)
{
	const struct definitions *d = context;
	const char *line = d->text, *end = d->text + d->len, *next;

	if (len >= 7 && memcmp(name, "unknown", 7) == 0) {
		buf_adds(why, "not known");
		return EXPAND_UNKNOWN;
	}
	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL)
			next = end;
		if ((size_t)(next - line) <= len || line[len] != '=' ||
		    memcmp(line, name, len) != 0)
			continue;
		buf_add(value, line + len + 1, (size_t)(next - line) - len - 1);
		break;
	}
	return EXPAND_OK;
}

/* With every '$' doubled a text comes back as it was. */
static bool check_escaped(struct trial *t, const struct expand_lookup *lookup)
{
	struct buf escaped = BUF_INIT, out = BUF_INIT, why = BUF_INIT;
	size_t i;
	bool good;

	for (i = 0; i < t->len; i++) {
		if (t->text[i] == '$')
			buf_addc(&escaped, '$');
		buf_addc(&escaped, t->text[i]);
	}
	good = expand(buf_string(&escaped), escaped.len, lookup, &out, &why) == EXPAND_OK &&
	       same_bytes(out.data, out.len, t->text, t->len);
	buf_release(&escaped);
	buf_release(&out);
	buf_release(&why);
	return good || broken(t, "expansion: $$ is not $");
}

/* It appends, it says why where it does not, and it does not run away. */
static bool check_expansion(struct trial *t, const struct expand_lookup *lookup)
{
	struct buf out = BUF_INIT, why = BUF_INIT;
	enum expand_result rc;
	bool good;

	buf_adds(&out, "before ");
	rc = expand(t->text, t->len, lookup, &out, &why);
	good = out.len >= 7 && memcmp(out.data, "before ", 7) == 0 && out.len <= (size_t)80 << 20 &&
	       (rc == EXPAND_OK) == (why.len == 0);
	if (good && memchr(t->text, '$', t->len) == NULL)
		good = rc == EXPAND_OK && same_bytes(out.data + 7, out.len - 7, t->text, t->len);
	if (!good)
		(void)broken(t, "expansion: result %d, %zu bytes, \"%s\"", (int)rc, out.len,
			     buf_string(&why));
	buf_release(&out);
	buf_release(&why);
	return good;
}

char *laws_expand_broken(const char *text, size_t len)
{
	struct trial t = {.text = text, .len = len};
	struct definitions definitions = {.text = text, .len = len};
	const struct expand_lookup lookup = {define, &definitions, NULL};
	const char *nl;

	while (t.len > 0 && (nl = memchr(t.text, '\n', t.len)) != NULL) {
		t.len -= (size_t)(nl - t.text) + 1;
		t.text = nl + 1;
	}
	definitions.len = (size_t)(t.text - text);
	return trial_end(&t, t.len == 0 ||
				     (check_escaped(&t, &lookup) && check_expansion(&t, &lookup)));
}
