/* SPDX-License-Identifier: ISC */
#include "interrupt.h"

#include <stddef.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught;
static bool deferred;

static void note(int sig)
{
	caught = sig;
}

void interrupt_catch(void)
{
	struct sigaction action = {.sa_handler = note}, now;
	size_t i;

	(void)sigemptyset(&action.sa_mask);
	for (i = 0; i < NSIGNALS; i++)
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
}

int interrupt_pending(void)
{
	return deferred ? 0 : caught;
}

void interrupt_defer(bool on)
{
	deferred = on;
}

void interrupt_hold(sigset_t *before)
{
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < NSIGNALS; i++)
		(void)sigaddset(&set, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &set, before);
}

void interrupt_release(const sigset_t *before)
{
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

void interrupt_obey(void)
{
	if (caught == 0)
		return;
	(void)signal(caught, SIG_DFL);
	(void)raise(caught);
}
