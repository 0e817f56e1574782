/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts whose handler ends the process itself, in all the ways there are; and those whose handler
 * mends the fault. The fault is in a thread called "faulter", at address 0x10, in fault_here().
 */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#define NOWHERE ((volatile int *)(uintptr_t)0x10)

static void (*way)(int number);
static sem_t handed_over, never;
static sigjmp_buf back;
static volatile sig_atomic_t faults;
static pthread_t first;
static int fault_number = SIGSEGV;

static void say(const char *word)
{
	if (write(2, word, strlen(word)) < 0)
		_exit(97);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

/* The ways to end the process. */

static void by_kill(int number)
{
	signal(number, SIG_DFL);
	kill(getpid(), number);
}

static void by_kill_and_wait(int number)
{
	by_kill(number);
	wait_for_ever();
}

/* It runs for 20 ms before it returns. */
static void by_kill_and_work(int number)
{
	struct timespec begin, now;

	by_kill(number);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < 20000000);
}

static void by_pthread_kill(int number)
{
	signal(number, SIG_DFL);
	pthread_kill(first, number);
}

static void by_tgkill(int number)
{
	signal(number, SIG_DFL);
	syscall(SYS_tgkill, getpid(), getpid(), number);
}

static void by_sigqueue(int number)
{
	signal(number, SIG_DFL);
	sigqueue(getpid(), number, (union sigval){0});
}

static void by_raise(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

static void by_abort(int number)
{
	(void)number;
	abort();
}

static void by__exit(int number)
{
	(void)number;
	_exit(3);
}

static void by_exit(int number)
{
	(void)number;
	exit(3);
}

/* For a signal that somebody else sends. */
static void by_waiting(int number)
{
	(void)number;
	puts("ready");
	fflush(stdout);
	wait_for_ever();
}

static void by_terminating(int number)
{
	(void)number;
	kill(getpid(), SIGTERM);
	wait_for_ever();
}

/* A child writes the report, and ends as it does when it cannot. */
static void by_fork(int number)
{
	pid_t child = fork();

	if (child == 0)
		_exit(7);
	waitpid(child, NULL, 0);
	by_kill(number);
}

static void by_aborting_fork(int number)
{
	pid_t child = fork();

	if (child == 0)
		abort();
	waitpid(child, NULL, 0);
	by_kill(number);
}

/* By another thread, which waits for that. */
static void by_server(int number)
{
	(void)number;
	sem_post(&handed_over);
	sem_wait(&never);
}

static void by_jump(int number)
{
	(void)number;
	siglongjmp(back, 1);
}

static const struct {
	const char *name;
	void (*way)(int number);
} ways[] = {
	{"kill", by_kill},
	{"kill_and_wait", by_kill_and_wait},
	{"kill_and_work", by_kill_and_work},
	{"pthread_kill", by_pthread_kill},
	{"tgkill", by_tgkill},
	{"sigqueue", by_sigqueue},
	{"raise", by_raise},
	{"abort", by_abort},
	{"_exit", by__exit},
	{"exit", by_exit},
	{"terminating", by_terminating},
	{"waiting", by_waiting},
	{"fork", by_fork},
	{"aborting_fork", by_aborting_fork},
};

static void (*way_called(const char *name))(int)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (!strcmp(ways[i].name, name))
			return ways[i].way;
	exit(98);
}

static void handler(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	say("*** dump ***\n");
	way(number);
}

static void old_handler(int number)
{
	say("*** dump ***\n");
	way(number);
}

static void install(int number, int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

/* A page of a file behind its end. */
static volatile int *behind_end(void)
{
	int fd = memfd_create("empty", 0);

	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* What fault_here() computes for SIGFPE: 'i' an integer, else floating-point numbers. */
static char arithmetic = 'i';

/* Let divisions by zero, invalid operations and overflows trap, in SSE and the x87. */
static void enable_traps(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ldmxcsr %0" : : "m"((unsigned){0x1f80 & ~(0x0du << 7)}));
	__asm__ volatile("fldcw %0" : : "m"((unsigned short){0x372}));
#endif
}

static inline __attribute__((always_inline)) void compute(void)
{
	volatile int one = 1, none = 0;
	volatile double big = 1e308, zero = 0;
	volatile long double x87 = 0;

	if (arithmetic != 'i')
		enable_traps();
	switch (arithmetic) {
	case 'd': big /= zero; break;
	case 'n': zero /= zero; break;
	case 'o': big *= big; break;
	case 'x': x87 = 1 / x87 + 1; break;
	default: one = one / none;
	}
}

static __attribute__((noinline)) void fault_here(void)
{
	switch (fault_number) {
	case SIGILL: __builtin_trap();
	case SIGFPE: compute(); break;
	case SIGBUS: *behind_end() = 1; break;
	case SIGABRT: abort();
	default: *NOWHERE = 1;
	}
}

static void *faulter(void *nothing)
{
	pthread_setname_np(pthread_self(), "faulter");
	fault_here();
	return nothing;
}

static void fault_in_thread(void)
{
	pthread_t thread;

	first = pthread_self();
	pthread_create(&thread, NULL, faulter, NULL);
	pthread_join(thread, NULL);
}

/* in WAY [FLAGS [NUMBER]]: the handler ends it in its own thread. */
static int in(int count, char **arguments)
{
	if (count > 2)
		fault_number = number_at(count, arguments, 2);
	way = way_called(arguments[0]);
	install(fault_number, number_at(count, arguments, 1));
	fault_in_thread();
	return 0;
}

/* The same in the first thread. */
static int here(int count, char **arguments)
{
	way = way_called(arguments[0]);
	install(SIGSEGV, number_at(count, arguments, 1));
	fault_here();
	return 0;
}

/* old WAY [NUMBER [FLAGS]]: a handler without a siginfo. */
static int old(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = old_handler};

	if (count > 1)
		fault_number = number_at(count, arguments, 1);
	way = way_called(arguments[0]);
	action.sa_flags = number_at(count, arguments, 2);
	sigaction(fault_number, &action, NULL);
	fault_in_thread();
	return 0;
}

/* sums KIND WAY [FLAGS]: as `old`, of SIGFPE, in arithmetic of the kind whose first letter KIND
 * has. */
static int sums(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = old_handler};

	arithmetic = arguments[0][0];
	fault_number = SIGFPE;
	way = way_called(arguments[1]);
	action.sa_flags = number_at(count, arguments, 2);
	sigaction(SIGFPE, &action, NULL);
	fault_in_thread();
	return 0;
}

/* A handler for SIGABRT as well, where the handler of the fault aborts. */
static int twice(int count, char **arguments)
{
	(void)count;
	way = way_called(arguments[0]);
	signal(SIGSEGV, by_abort);
	install(SIGABRT, 0);
	fault_in_thread();
	return 0;
}

static void *server(void *name)
{
	pthread_setname_np(pthread_self(), "server");
	sem_wait(&handed_over);
	way_called(name)(SIGSEGV);
	wait_for_ever();
	return NULL;
}

/* handed WAY: the handler hands over to a thread that ends it. */
static int handed(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	sem_init(&handed_over, 0, 0);
	sem_init(&never, 0, 0);
	pthread_create(&thread, NULL, server, arguments[0]);
	way = by_server;
	install(SIGSEGV, 0);
	fault_in_thread();
	return 0;
}

static __attribute__((noinline)) void fault_deep(int depth)
{
	volatile char room[512];

	room[0] = 0;
	if (depth > 0)
		fault_deep(depth - 1);
	else
		fault_here();
	room[1] = room[0];
}

static void recover(int depth)
{
	way = by_jump;
	install(SIGSEGV, 0);
	if (sigsetjmp(back, 1) == 0)
		fault_deep(depth);
}

/* What the recovered fault has left on the stack lies in a frame of this one. */
static __attribute__((noinline)) void end_over_it(const char *name)
{
	volatile char room[16384];

	__asm__ volatile("" : : "r"(room) : "memory");
	signal(SIGSEGV, SIG_DFL);
	way_called(name)(SIGSEGV);
	__asm__ volatile("" : : "r"(room) : "memory");
}

/* recovered WAY DEPTH: from a fault; then it ends for another reason. */
static int recovered(int count, char **arguments)
{
	recover(number_at(count, arguments, 1));
	end_over_it(arguments[0]);
	return 0;
}

static void end_late(int number)
{
	way_called(number == SIGUSR1 ? "abort" : "_exit")(number);
}

/* Both at the same place of the stack. */
static volatile bool faults_now = true;

static __attribute__((noinline)) void fault_or_spin(void)
{
	volatile long i = 0;

	if (faults_now)
		*NOWHERE = 1;
	for (; i >= 0; i++)
		;
}

/* interrupted NUMBER: after a recovered fault, while it computes, by a signal whose handler ends
 * it. The kernel's frame for that is where the fault's was, and what it does not write is left of
 * that one. */
static int interrupted(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
	struct itimerspec soon = {.it_value.tv_nsec = 20000000};
	timer_t timer;

	way = by_jump;
	install(SIGSEGV, 0);
	if (sigsetjmp(back, 1) == 0)
		fault_or_spin();
	signal(number, end_late);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &soon, NULL);
	faults_now = false;
	fault_or_spin();
	return 0;
}

static char *page;

static void mend(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	faults++;
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

/* mended TIMES WAY: as a collector of garbage does; then it ends for another reason. */
static int mended(int count, char **arguments)
{
	struct sigaction action = {.sa_sigaction = mend, .sa_flags = SA_SIGINFO};
	int times = number_at(count, arguments, 0);

	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGSEGV, &action, NULL);
	for (int i = 0; i < times; i++) {
		*(volatile char *)page = 1;
		mprotect(page, 4096, PROT_NONE);
	}
	printf("%d\n", (int)faults);
	fflush(stdout);
	if (count > 1)
		end_over_it(arguments[1]);
	return 0;
}

/* jumped TIMES: out of the handler, each time. */
static int jumped(int count, char **arguments)
{
	volatile int times = number_at(count, arguments, 0);
	struct sigaction action = {.sa_handler = by_jump, .sa_flags = SA_NODEFER};

	sigaction(SIGSEGV, &action, NULL);
	while (times-- > 0)
		if (sigsetjmp(back, 0) == 0)
			*NOWHERE = 1;
	return 0;
}

static const struct act acts[] = {
	{"in", in},
	{"here", here},
	{"old", old},
	{"sums", sums},
	{"twice", twice},
	{"handed", handed},
	{"recovered", recovered},
	{"interrupted", interrupted},
	{"mended", mended},
	{"jumped", jumped},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
