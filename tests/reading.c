/* SPDX-License-Identifier: ISC */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

const char *const laws_managed[LAWS_MANAGED] = {"smtpd_tls_security_level",
						"smtp_tls_security_level", "smtp_tls_loglevel",
						"smtpd_tls_loglevel", "smtp_dns_support_level"};

bool reading_is_space(char c)
{
	return c != '\0' && strchr(" \t\n\v\f\r", c) != NULL;
}

size_t reading_count_space(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && reading_is_space(s[n]))
		n++;
	return n;
}

static void cut_lines(struct reading *r, size_t len)
{
	struct reading_line line = {.setting = READING_NONE};
	size_t at;

	for (at = 0; at < len; at++) {
		if (r->text[at] != '\n' && at + 1 < len)
			continue;
		line.to = at + 1;
		r->lines = xgrow(r->lines, r->nlines, &r->lines_cap, sizeof(*r->lines));
		r->lines[r->nlines++] = line;
		line.from = line.to;
	}
}

static bool is_skipped(const struct reading *r, size_t line)
{
	const char *s = r->text + r->lines[line].from;
	size_t len = r->lines[line].to - r->lines[line].from, n = reading_count_space(s, len);

	return n == len || s[n] == '#';
}

static size_t find_managed(const char *name)
{
	size_t i;

	for (i = 0; i < LAWS_MANAGED; i++)
		if (strcmp(laws_managed[i], name) == 0)
			break;
	return i;
}

/* Splits a logical line as split_nameval() does. */
static bool split(struct reading *r, const struct buf *logical, struct reading_setting *s)
{
	const char *p = buf_string(logical);
	size_t start, end, sign, len = logical->len;

	start = reading_count_space(p, len);
	for (end = start; end < len && !reading_is_space(p[end]) && p[end] != '='; end++)
		;
	sign = end + reading_count_space(p + end, len - end);
	if (end == start || sign == len || p[sign] != '=') {
		r->refused = true;
		return false;
	}
	s->name = xmemdupz(p + start, end - start);
	s->managed = find_managed(s->name);
	start = sign + 1 + reading_count_space(p + sign + 1, len - sign - 1);
	while (len > start && reading_is_space(p[len - 1]))
		len--;
	buf_add(&s->value, p + start, len - start);
	return true;
}

/* Joins what goes on with a line; returns the line after the last that does. */
static size_t join(const struct reading *r, size_t first, struct buf *logical, size_t *last)
{
	size_t i, len;

	for (i = first; i < r->nlines; i++) {
		if (is_skipped(r, i))
			continue;
		if (i > first && !reading_is_space(r->text[r->lines[i].from]))
			break;
		len = r->lines[i].to - r->lines[i].from;
		if (r->text[r->lines[i].to - 1] == '\n')
			len--;
		buf_add(logical, r->text + r->lines[i].from, len);
		*last = i;
	}
	return i;
}

static void add_setting(struct reading *r, const struct reading_setting *s)
{
	size_t i;

	for (i = s->first; i <= s->last; i++)
		if (!is_skipped(r, i))
			r->lines[i].setting = r->nsettings;
	r->settings = xgrow(r->settings, r->nsettings, &r->settings_cap, sizeof(*r->settings));
	r->settings[r->nsettings++] = *s;
}

void reading_make(struct reading *r, const char *text, size_t len)
{
	struct reading_setting s;
	struct buf logical = BUF_INIT;
	size_t i, next;

	*r = (struct reading){.text = text};
	cut_lines(r, len);
	if (len > 0 && memchr(text, '\0', len) != NULL)
		r->refused = true;
	for (i = 0; i < r->nlines; i = next) {
		next = i + 1;
		if (is_skipped(r, i))
			continue;
		s = (struct reading_setting){.first = i};
		buf_clear(&logical);
		next = join(r, i, &logical, &s.last);
		/* Before the first logical line there is nothing to go on with. */
		if (reading_is_space(text[r->lines[i].from]))
			continue;
		s.sign_on_first = memchr(text + r->lines[i].from, '=',
					 r->lines[i].to - r->lines[i].from) != NULL;
		if (split(r, &logical, &s))
			add_setting(r, &s);
	}
	buf_release(&logical);
}

void reading_release(struct reading *r)
{
	size_t i;

	for (i = 0; i < r->nsettings; i++) {
		free(r->settings[i].name);
		buf_release(&r->settings[i].value);
	}
	free(r->settings);
	free(r->lines);
	*r = (struct reading){0};
}

size_t reading_find(const struct reading *r, const char *name, size_t len)
{
	size_t i;

	for (i = r->nsettings; i-- > 0;)
		if (strlen(r->settings[i].name) == len &&
		    memcmp(r->settings[i].name, name, len) == 0)
			return i;
	return READING_NONE;
}
