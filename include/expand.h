/*
 * expand - $name expansion as Postfix does it.
 * Shape:  $name, ${name}, $(name), ${name?text}, ${name:text}, ${name?{a}:{b}},
 *         ${{x} == {y} ? {a} : {b}}, $$; recursive; only the branch that is taken
 *         is evaluated.
 * Errors: a macro on which a Postfix daemon would die is EXPAND_MALFORMED; a name
 *         whose value the caller does not know is EXPAND_UNKNOWN. In both cases
 *         *why has the cause, one phrase, and out is not to be used.
 * Source: Postfix util/mac_parse.c, util/mac_expand.c, global/compat_level.c;
 *         postconf(5), "Configuration file format".
 * Misses: where names come from: the caller looks them up.
 */
#ifndef TLSHARDEN_EXPAND_H
#define TLSHARDEN_EXPAND_H

#include <stddef.h>

#include "buf.h"

enum expand_result { EXPAND_OK, EXPAND_MALFORMED, EXPAND_UNKNOWN };

/*
 * Appends the value of a name, not yet expanded, and returns EXPAND_OK; an unset
 * name adds nothing, for to every operator unset and empty are the same. Or
 * returns another result with its cause in why.
 */
struct expand_lookup {
	enum expand_result (*find)(void *context, const char *name, size_t len, struct buf *value,
				   struct buf *why);
	void *context;
	/* Bytes that may still be looked at, counted down; NULL for what one value may need. */
	size_t *budget;
};

/* Appends the expansion of text to out. An unset name is an empty one. */
enum expand_result expand(const char *text, size_t len, const struct expand_lookup *,
			  struct buf *out, struct buf *why) __attribute__((warn_unused_result));

#endif
