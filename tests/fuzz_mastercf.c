/* SPDX-License-Identifier: ISC */
/*
 * fuzz_mastercf - master.cf is read, whatever it is, and all its masterlaws.hold.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "masterlaws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *law = laws_mastercf_broken((const char *)data, size);

	if (law != NULL) {
		(void)fprintf(stderr, "%s\n", law);
		abort();
	}
	return 0;
}
