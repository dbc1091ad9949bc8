/* SPDX-License-Identifier: ISC */
/*
 * fuzz_edit - main.cf is hardened by each policy, whatever it is, and all the laws hold.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *law = laws_broken_by_any((const char *)data, size);

	if (law != NULL) {
		(void)fprintf(stderr, "%s\n", law);
		abort();
	}
	return 0;
}
