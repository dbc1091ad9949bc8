/* SPDX-License-Identifier: ISC */
#include "utf8.h"

/* The well-formed sequences of RFC 3629, section 4, but for ASCII: the range of each byte. */
static const unsigned char sequences[][4][2] = {
	{{0xc2, 0xdf}, {0x80, 0xbf}},
	{{0xe0, 0xe0}, {0xa0, 0xbf}, {0x80, 0xbf}},
	{{0xe1, 0xec}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xed, 0xed}, {0x80, 0x9f}, {0x80, 0xbf}},
	{{0xee, 0xef}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xf0, 0xf0}, {0x90, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xf1, 0xf3}, {0x80, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xf4, 0xf4}, {0x80, 0x8f}, {0x80, 0xbf}, {0x80, 0xbf}},
};
#define NSEQUENCES (sizeof(sequences) / sizeof(sequences[0]))

/* How many bytes at s are as a row says, or 0. */
static size_t fits(const unsigned char row[4][2], const unsigned char *s, size_t len)
{
	size_t i;

	for (i = 0; i < 4 && (i == 0 || row[i][0] != 0); i++)
		if (i >= len || s[i] < row[i][0] || s[i] > row[i][1])
			return 0;
	return i;
}

static size_t character(const unsigned char *s, size_t len)
{
	size_t i, n = s[0] < 0x80;

	for (i = 0; i < NSEQUENCES && n == 0; i++)
		n = fits(sequences[i], s, len);
	return n;
}

/* C0, DEL, C1, U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069, by their bytes. */
static bool controls(const unsigned char *s, size_t n)
{
	if (n == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (n == 2)
		return (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xd8 && s[1] == 0x9c);
	if (n == 3 && s[0] == 0xe2 && s[1] == 0x80)
		return s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae);
	return n == 3 && s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9;
}

bool utf8_good(const char *text, size_t len)
{
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = character((const unsigned char *)text + at, len - at);
		if (n == 0)
			return false;
	}
	return true;
}

bool utf8_shows(const char *text, size_t len)
{
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = character((const unsigned char *)text + at, len - at);
		if (n == 0 || controls((const unsigned char *)text + at, n))
			return false;
	}
	return true;
}
