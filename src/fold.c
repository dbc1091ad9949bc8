/* SPDX-License-Identifier: ISC */
#include "fold.h"

#include <string.h>

#define WIDTH 78

void fold(struct buf *out, const char *mark, const char *text)
{
	size_t indent = strlen(mark), column = indent, len;

	buf_adds(out, mark);
	for (; *text != '\0'; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column > indent && column + 1 + len > WIDTH) {
			buf_addf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, text, len);
		column += len;
	}
	buf_addc(out, '\n');
}
