/* SPDX-License-Identifier: ISC */
#include "label.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "diag.h"

#define LONGEST 255

/* Of eight bytes, those with the highest bit are odd: NUL, or no ASCII. */
static uint64_t odd_of(const char *s)
{
	uint64_t eight;

	(void)memcpy(&eight, s, sizeof(eight));
	return (eight - UINT64_MAX / 255) | eight;
}

/* Whether there is no NUL and nothing but ASCII: eight bytes at a time, as names are many. */
static bool is_plain(const char *s, size_t len)
{
	const uint64_t tops = UINT64_MAX / 255 << 7;
	const char *last;
	uint64_t odd = 0;

	if (len < sizeof(odd)) {
		for (; len > 0; s++, len--)
			odd |= (unsigned char)(*s - 1) | (unsigned char)*s;
	} else {
		last = s + len - sizeof(odd);
		for (; s < last; s += sizeof(odd))
			odd |= odd_of(s);
		odd |= odd_of(last);
	}
	return (odd & tops) == 0;
}

/* Almost all names are short and ASCII, and stay where they are. */
struct span label_clean(struct buf *room, struct span name)
{
	size_t i, n, len;

	if (name.len <= LONGEST && is_plain(name.at, name.len))
		return name;
	buf_clear(room);
	len = diag_cut(name.at, name.len, LONGEST);
	for (i = 0; i<len; i += n> 0 ? n : 1) {
		n = name.at[i] != '\0' ? diag_utf8(name.at + i, len - i) : 0;
		buf_add(room, n > 0 ? name.at + i : "\xef\xbf\xbd", n > 0 ? n : 3);
	}
	return (struct span){room->data, room->len};
}
