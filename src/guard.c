/* SPDX-License-Identifier: ISC */
#include "guard.h"

#include <stdlib.h>
#include <string.h>

#include "daemons.h"
#include "postfix.h"

struct trial {
	struct maincf *file;
	struct verdicts *verdicts;
	const struct mastercf_service *service; /* or NULL: main.cf alone */
	const struct tls_daemon *daemon;
};

/* As the file is, or as it will be; false where that cannot be known. */
static bool level_of(const struct trial *t, bool tomorrow, enum tls_level *level)
{
	size_t budget = (size_t)4 << 20;
	struct postfix_view view = {.file = t->file,
				    .override = t->service != NULL ? mastercf_option : NULL,
				    .options = (void *)(size_t)t->service,
				    .budget = &budget};
	struct buf value = BUF_INIT, why = BUF_INIT;
	struct setting setting;
	bool known;

	if (tomorrow) {
		view.decide = verdicts_decide;
		view.context = t->verdicts;
	}
	known = postfix_effective_level(&view, t->daemon->level, level, &setting, &value, &why) ==
		EXPAND_OK;
	buf_release(&value);
	buf_release(&why);
	return known && *level != LEVEL_FATAL;
}

static struct verdict *find_verdict(const struct trial *t, const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < t->verdicts->n; i++)
		if (t->verdicts->v[i].in_force && strcmp(t->verdicts->v[i].rule->name, name) == 0)
			return &t->verdicts->v[i];
	return NULL;
}

/* A level that is written out as it is silences what is old already, and is never lowered. */
static bool is_literal(const struct verdict *v)
{
	return v->old != NULL && *v->old != '\0' && strchr(v->old, '$') == NULL;
}

/* The verdict by which the service might get less. */
static struct verdict *find_culprit(const struct trial *t)
{
	const char *const names[] = {t->daemon->level, t->daemon->level_from};
	struct verdict *v;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		v = find_verdict(t, names[i]);
		if (v != NULL && v->value != NULL && !is_literal(v))
			return v;
	}
	return NULL;
}

static void hold(const struct trial *t, struct verdict *v, enum tls_level level,
		 const char *master_path)
{
	const struct mastercf_service *s = t->service;
	const char *by = v->old != NULL && *v->old != '\0'
				 ? "by an option that this line refers to"
				 : "by what is obsolete, which any level here would silence";
	struct buf cause = BUF_INIT;

	if (s != NULL)
		buf_addf(&cause, "%s:%zu: %s/%s (%s)", master_path, s->line, s->name, s->type,
			 s->command);
	else
		buf_adds(&cause, t->daemon->command);
	buf_addf(&cause, " is at \"%s\" today %s; give it %s%s=%s first", postfix_level_name(level),
		 by, s != NULL ? "-o " : "", t->daemon->level, postfix_level_name(level));
	free(v->value);
	free(v->cause);
	v->value = NULL;
	v->cause = buf_detach(&cause);
	v->code = VERDICT_HELD;
}

static void try_one(struct trial *t, const char *master_path)
{
	enum tls_level today, tomorrow;
	struct verdict *v = find_culprit(t);

	/* Whoever cannot lose is not looked at: a value may be long. */
	if (v == NULL || !level_of(t, false, &today) || !level_of(t, true, &tomorrow) ||
	    postfix_level_reaches(tomorrow, today))
		return;
	hold(t, v, today, master_path);
}

void guard_services(struct maincf *file, const struct mastercf *master, const char *master_path,
		    struct verdicts *verdicts)
{
	struct trial t = {.file = file, .verdicts = verdicts};
	const struct mastercf_service *all = NULL;
	size_t i, n = master != NULL ? mastercf_services(master, &all) : 0;

	for (i = 0; i < n; i++) {
		t.service = &all[i];
		t.daemon = daemons_find(all[i].command);
		if (t.daemon != NULL && !all[i].replaced && all[i].fatal == NULL)
			try_one(&t, master_path);
	}
	/* Where nobody knows whether there is a postscreen, there may be one. */
	t.service = NULL;
	for (i = 0; master == NULL && i < DAEMONS; i++) {
		t.daemon = &daemons[i];
		try_one(&t, NULL);
	}
}
