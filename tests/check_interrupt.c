/* SPDX-License-Identifier: ISC */
/* check_interrupt - signals are noted, held back, and obeyed in the end. */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "support.h"

/* Each test runs in a process of its own, which starts without any signal caught. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

START_TEST(nothing_came)
{
	sigset_t before;

	ck_assert_int_eq(interrupt_pending(), 0);
	interrupt_catch();
	ck_assert_int_eq(interrupt_pending(), 0);
	interrupt_hold(&before);
	interrupt_release(&before);
	ck_assert_int_eq(interrupt_pending(), 0);
	/* It returns. */
	interrupt_obey();
}
END_TEST

START_TEST(is_noted)
{
	interrupt_catch();
	ck_assert_int_eq(raise(signals[_i]), 0);
	ck_assert_int_eq(interrupt_pending(), signals[_i]);
	ck_assert_int_eq(interrupt_pending(), signals[_i]);
}
END_TEST

/* A call that waits is given up: nothing else would end it here. */
START_TEST(interrupts_a_call)
{
	int fds[2];
	pid_t parent = getpid(), pid;
	char byte;

	interrupt_catch();
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* One is enough, but it may come before the parent waits. */
		while (getppid() == parent && kill(parent, signals[_i]) == 0)
			(void)usleep(1000);
		_exit(0);
	}
	ck_assert_int_eq(read(fds[0], &byte, 1), -1);
	ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(interrupt_pending(), signals[_i]);
}
END_TEST

START_TEST(ignored_stays_ignored)
{
	struct sigaction now;

	ck_assert(signal(signals[_i], SIG_IGN) != SIG_ERR);
	interrupt_catch();
	ck_assert_int_eq(raise(signals[_i]), 0);
	ck_assert_int_eq(interrupt_pending(), 0);
	ck_assert_int_eq(sigaction(signals[_i], NULL, &now), 0);
	ck_assert(now.sa_handler == SIG_IGN);
	ck_assert_int_eq(raise(signals[(_i + 1) % 3]), 0);
	ck_assert_int_eq(interrupt_pending(), signals[(_i + 1) % 3]);
}
END_TEST

START_TEST(is_held_back)
{
	sigset_t before, now;

	interrupt_catch();
	interrupt_hold(&before);
	ck_assert_int_eq(raise(signals[_i]), 0);
	ck_assert_int_eq(interrupt_pending(), 0);
	interrupt_release(&before);
	ck_assert_int_eq(interrupt_pending(), signals[_i]);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	ck_assert_int_eq(sigismember(&now, signals[_i]), 0);
}
END_TEST

/* What was held back by somebody else before stays so. */
START_TEST(release_restores)
{
	sigset_t mine, before, now;

	(void)sigemptyset(&mine);
	(void)sigaddset(&mine, SIGTERM);
	(void)sigaddset(&mine, SIGUSR1);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &mine, NULL), 0);
	interrupt_hold(&before);
	interrupt_release(&before);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	ck_assert_int_eq(sigismember(&now, SIGTERM), 1);
	ck_assert_int_eq(sigismember(&now, SIGUSR1), 1);
	ck_assert_int_eq(sigismember(&now, SIGINT), 0);
}
END_TEST

START_TEST(ends_the_process)
{
	interrupt_catch();
	(void)raise(signals[_i]);
	interrupt_obey();
	/* Not reached. */
	_exit(0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("interrupt");
	TCase *tc = tcase_create("interrupt");
	int i;

	tcase_add_test(tc, nothing_came);
	tcase_add_loop_test(tc, is_noted, 0, 3);
	tcase_add_loop_test(tc, interrupts_a_call, 0, 3);
	tcase_add_loop_test(tc, ignored_stays_ignored, 0, 3);
	tcase_add_loop_test(tc, is_held_back, 0, 3);
	tcase_add_test(tc, release_restores);
	for (i = 0; i < 3; i++)
		tcase_add_loop_test_raise_signal(tc, ends_the_process, signals[i], i, i + 1);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
