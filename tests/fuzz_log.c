/* SPDX-License-Identifier: ISC */
/*
 * fuzz_log - a mail log is read, whatever it is, counted and shown, and all the laws hold.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *law = laws_log_broken((const char *)data, size);

	if (law != NULL) {
		(void)fprintf(stderr, "%s\n", law);
		abort();
	}
	return 0;
}
