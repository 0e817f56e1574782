/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts that have signal handlers of their own. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile uintptr_t nowhere;
static sigjmp_buf before;
static struct sigaction old_action;

static void say(const char *word)
{
	if (write(1, word, strlen(word)) < 0)
		_exit(97);
}

static void fault(void)
{
	*(volatile int *)nowhere = 1;
}

static void jump_back(int number)
{
	siglongjmp(before, number);
}

/* As a VM does for its null checks. */
static int recover(int count, char **arguments)
{
	volatile int left = number_at(count, arguments, 0);

	signal(SIGSEGV, jump_back);
	while (left > 0) {
		if (sigsetjmp(before, 1)) {
			left--;
			continue;
		}
		fault();
	}
	say("recovered\n");
	return 0;
}

static void reraise(int number)
{
	say("host's handler\n");
	signal(number, SIG_DFL);
	raise(number);
}

static int reraise_(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);

	signal(number, reraise);
	if (number == SIGSEGV)
		fault();
	raise(number);
	return 0;
}

static void reset_and_return(int number)
{
	say("host's handler\n");
	signal(number, SIG_DFL);
}

/* The faulting instruction runs again, with the default action. */
static int fault_again(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	signal(SIGSEGV, reset_and_return);
	fault();
	return 0;
}

static void chain(int number, siginfo_t *info, void *context)
{
	say("host's handler\n");
	sigaction(number, &old_action, NULL);
	if (old_action.sa_flags & SA_SIGINFO)
		old_action.sa_sigaction(number, info, context);
	else if (old_action.sa_handler != SIG_DFL && old_action.sa_handler != SIG_IGN)
		old_action.sa_handler(number);
}

/* As crash reporters do: put back what was there, and return into the fault. */
static int chain_to_old(int count, char **arguments)
{
	struct sigaction action = {.sa_sigaction = chain, .sa_flags = SA_SIGINFO};

	(void)count;
	(void)arguments;
	sigaction(SIGSEGV, &action, &old_action);
	printf("old is %s\n", old_action.sa_handler == SIG_DFL ? "default" : "somebody's");
	fflush(stdout);
	fault();
	return 0;
}

static int reset_hand(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = jump_back, .sa_flags = (int)SA_RESETHAND};

	(void)count;
	(void)arguments;
	sigaction(SIGSEGV, &action, NULL);
	if (!sigsetjmp(before, 1))
		fault();
	say("recovered once\n");
	fault();
	return 0;
}

static void nothing(int number)
{
	(void)number;
}

static void fault_inside(int number)
{
	(void)number;
	say("host's handler\n");
	fault();
}

/* A handler for one time that faults itself, its own signal blocked or (with FLAGS) not. */
static int nested_reset_hand(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = fault_inside,
		.sa_flags = (int)SA_RESETHAND | number_at(count, arguments, 0)};

	sigaction(SIGSEGV, &action, NULL);
	fault();
	return 0;
}

/* Comes back the first time, and is not asked the second. */
static int twice_reset_hand(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = nothing, .sa_flags = (int)SA_RESETHAND}, now;
	int number = number_at(count, arguments, 0);

	sigaction(number, &action, NULL);
	raise(number);
	sigaction(number, NULL, &now);
	printf("now %s\n", now.sa_handler == SIG_DFL ? "default" : "somebody's");
	fflush(stdout);
	raise(number);
	return 0;
}

static void exit_42(int number)
{
	(void)number;
	_exit(42);
}

static int exit_in_handler(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	signal(SIGSEGV, exit_42);
	fault();
	return 0;
}

static int ignore(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);

	signal(number, nothing);
	raise(number);
	say("goes on\n");
	return 0;
}

/* abort() ends the process even if its signal is handled. */
static int abort_with_handler(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	signal(SIGABRT, nothing);
	abort();
}

/* The kernel ends it at once: nobody in the process learns of it. */
static int fault_while_blocked(int count, char **arguments)
{
	sigset_t set;

	(void)count;
	(void)arguments;
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fault();
	return 0;
}

static int fault_while_ignored(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	signal(SIGSEGV, SIG_IGN);
	fault();
	return 0;
}

static int unblock_pending(int count, char **arguments)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number_at(count, arguments, 0));
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(number_at(count, arguments, 0));
	say("pending\n");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 0;
}

static int wait_for_pending(int count, char **arguments)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, number_at(count, arguments, 0));
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(number_at(count, arguments, 0));
	sigwait(&set, &got);
	printf("got %d\n", got);
	return 0;
}

/* "ready", then whatever comes from outside. */
static int pause_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	say("ready\n");
	for (;;)
		pause();
	return 0;
}

/* The handler returns: the host goes on to its own end. */
static int pause_and_handle(int count, char **arguments)
{
	sigset_t term, none;

	(void)count;
	(void)arguments;
	sigemptyset(&none);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	signal(SIGTERM, nothing);
	say("ready\n");
	printf("sigsuspend: %d\n", sigsuspend(&none));
	return 5;
}

static const struct act acts[] = {
	{"recover", recover},
	{"reraise", reraise_},
	{"fault_again", fault_again},
	{"chain_to_old", chain_to_old},
	{"reset_hand", reset_hand},
	{"nested_reset_hand", nested_reset_hand},
	{"twice_reset_hand", twice_reset_hand},
	{"exit_in_handler", exit_in_handler},
	{"ignore", ignore},
	{"abort_with_handler", abort_with_handler},
	{"fault_while_blocked", fault_while_blocked},
	{"fault_while_ignored", fault_while_ignored},
	{"unblock_pending", unblock_pending},
	{"wait_for_pending", wait_for_pending},
	{"pause", pause_},
	{"pause_and_handle", pause_and_handle},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
