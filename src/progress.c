/* SPDX-License-Identifier: ISC */
#include "progress.h"

#define SECOND INT64_C(1000000000)
/* As wide as the longest line, so that spaces take any away. */
#define WIDTH 40

void progress_step(struct progress *p, int64_t now, uint64_t done, uint64_t total, struct buf *out)
{
	uint64_t percent;

	if (p->next == 0)
		p->next = now + SECOND;
	if (now < p->next)
		return;
	p->next = now + SECOND / 5;
	p->shown = true;
	if (total == 0) {
		buf_addf(out, "\rreading: %llu MB", (unsigned long long)(done / 1000000));
		return;
	}
	/* A log may grow while it is read. */
	percent = done < total ? (uint64_t)((double)done / (double)total * 100.0) : 100;
	buf_addf(out, "\rreading: %3llu %% of %llu MB", (unsigned long long)percent,
		 (unsigned long long)(total / 1000000));
}

void progress_end(struct progress *p, struct buf *out)
{
	if (p->shown)
		buf_addf(out, "\r%*s\r", WIDTH, "");
	p->shown = false;
}
