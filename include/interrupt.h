/*
 * interrupt - signals that ask the program to end, noted and acted on when it is safe.
 * Shape:  after interrupt_catch() SIGINT, SIGTERM, SIGHUP and SIGQUIT make a
 *         call fail with EINTR; who does work that must be undone asks
 *         interrupt_pending() and undoes it. Signals that were ignored stay so.
 * Errors: none.
 */
#ifndef TLSHARDEN_INTERRUPT_H
#define TLSHARDEN_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

void interrupt_catch(void);
/* The signal that came, or 0. */
int interrupt_pending(void);
/* While on, what came does not stop the work: it is done for the sake of undoing. */
void interrupt_defer(bool on);
/* Holds the signals back until interrupt_release(), with what interrupt_hold() stored. */
void interrupt_hold(sigset_t *before);
void interrupt_release(const sigset_t *before);
/* If one came, ends the process by it, so that the parent sees what happened. */
void interrupt_obey(void);

#endif
