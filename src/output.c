/* SPDX-License-Identifier: ISC */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"

/*
 * Whether all arrived. A file server may say so only when a descriptor is closed:
 * that must not be heard for the first time when a file is replaced already.
 */
bool output_print(const struct buf *text)
{
	int fd;

	if (text->len == 0)
		return true;
	if (fwrite(buf_string(text), 1, text->len, stdout) != text->len || fflush(stdout) != 0)
		return false;
	fd = dup(STDOUT_FILENO);
	return fd >= 0 && close(fd) == 0;
}

bool output_show(const struct buf *text)
{
	struct buf shown = BUF_INIT;
	bool printed;

	diag_show(&shown, buf_string(text), text->len);
	printed = output_print(&shown);
	buf_release(&shown);
	return printed;
}

enum exit_status output_trouble(void)
{
	diag(DIAG_ERROR, NULL, 0, "standard output: %s", strerror(errno));
	return EXIT_TROUBLE;
}
