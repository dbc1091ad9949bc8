/* SPDX-License-Identifier: ISC */
/*
 * fuzz_expand - a macro is expanded, or not, whatever it is; it neither crashes nor runs away.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *law = laws_expand_broken((const char *)data, size);

	if (law != NULL) {
		(void)fprintf(stderr, "%s\n", law);
		abort();
	}
	return 0;
}
