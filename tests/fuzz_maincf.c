/* SPDX-License-Identifier: ISC */
/*
 * fuzz_maincf - main.cf is read, asked for everything and edited, whatever it is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *law = laws_maincf_broken((const char *)data, size);

	if (law != NULL) {
		(void)fprintf(stderr, "%s\n", law);
		abort();
	}
	return 0;
}
