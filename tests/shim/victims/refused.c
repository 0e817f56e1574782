/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refuses itself system calls, by a filter that answers with an errno, and ends.
 *
 *	refused raw|libc END RULE...
 *
 * "raw": the filter is set by the instruction, which no preload sees; "libc": by prctl(). RULE is
 * NUMBER=ERRNO, NUMBER=allow, or else=ERRNO for all calls that no rule names; the first that names
 * a call holds. ERRNO 0: the call returns 0 without having been made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/refused.h"
#include "tests/shim/victims/victim.h"

/* Of each three instructions, in what one byte can jump over. */
#define RULES_MAX 80

static volatile uintptr_t nowhere;
static struct refused_page *page;

static struct {
	struct sock_filter list[2 * RULES_MAX + 2];
	unsigned short count;
	bool has_else;
} rules;

static void add(struct sock_filter instruction)
{
	rules.list[rules.count++] = instruction;
}

static void add_answer(const char *answer)
{
	unsigned action = strcmp(answer, "allow") ? SECCOMP_RET_ERRNO | (unsigned)atoi(answer)
						  : SECCOMP_RET_ALLOW;

	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void add_rule(const char *rule)
{
	const char *answer = strchr(rule, '=') + 1;

	if (!strncmp(rule, "else=", 5))
		rules.has_else = true;
	else
		add((struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(rule), 0, 1));
	add_answer(answer);
}

static void read_rules(int count, char **texts)
{
	add((struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	for (int i = 0; i < count && i < RULES_MAX; i++)
		add_rule(texts[i]);
	if (!rules.has_else)
		add_answer("allow");
}

/* prctl(2) by the instruction itself. */
static long raw_prctl(long option, long a, long b)
{
#if defined(__x86_64__)
	register long d __asm__("r10") = 0;
	register long e __asm__("r8") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((long)SYS_prctl), "D"(option), "S"(a), "d"(b), "r"(d), "r"(e)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long number __asm__("x8") = SYS_prctl;
	register long x0 __asm__("x0") = option;
	register long x1 __asm__("x1") = a;
	register long x2 __asm__("x2") = b;
	register long x3 __asm__("x3") = 0;
	register long x4 __asm__("x4") = 0;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(number), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
#endif
}

static void stand(bool raw)
{
	struct sock_fprog program = {rules.count, rules.list};

	if (raw && !raw_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) &&
		!raw_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program))
		return;
	if (!raw && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return;
	_exit(92);
}

static void see(long what)
{
	if (page->count < REFUSED_SEEN_MAX)
		page->seen[page->count++] = what;
}

static void see_call(long result)
{
	see(result);
	see(result < 0 ? errno : 0);
}

static int fault(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	*(volatile int *)nowhere = 1;
	return 93;
}

static int end_by_abort(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	abort();
}

/* Until somebody sends a signal. */
static int wait_for_signal(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	for (;;)
		if (nowhere)
			return 93;
}

static int end_by_exit(int count, char **arguments)
{
	exit(number_at(count, arguments, 0));
}

static int end_by__exit(int count, char **arguments)
{
	fflush(stdout);
	_exit(number_at(count, arguments, 0));
}

static int end_by_return(int count, char **arguments)
{
	return number_at(count, arguments, 0);
}

/* As a daemon does: what is written now goes to a file that is opened anew. */
static int close_and_exit(int count, char **arguments)
{
	closefrom(3);
	_exit(number_at(count, arguments, 0));
}

static int close_and_fault(int count, char **arguments)
{
	closefrom(3);
	return fault(count, arguments);
}

static void *fault_here(void *unused)
{
	*(volatile int *)nowhere = 1;
	return unused;
}

static int fault_in_thread(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	if (pthread_create(&thread, NULL, fault_here, NULL))
		return 5;
	return wait_for_signal(count, arguments); /* libc's wait for it ends where futex does */
}

static void handle(int number)
{
	see(number);
}

/* What we stand before, and what the program has open, seen from within. */
static int live(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = handle}, old = {.sa_handler = SIG_IGN};
	int status = -1, nothing[2] = {-1, -1};
	sigset_t mask;
	pid_t child;

	(void)count;
	(void)arguments;
	memset(&mask, 0, sizeof mask);
	see_call(sigaction(SIGTERM, &action, &old));
	see((long)old.sa_handler);
	see_call(raise(SIGTERM));
	see((long)signal(SIGUSR1, handle));
	see_call(sigprocmask(SIG_BLOCK, NULL, &mask));
	see(sigismember(&mask, SIGTERM));
	child = fork();
	if (child == 0)
		_exit(3);
	see(child < 0 ? errno : child > 1);
	if (child > 1 && waitpid(child, &status, 0) == child) {
		see(status);
		see_call(kill(child, SIGTERM));
	}
	see_call(kill(getpid(), 0));
	see_call(pipe(nothing));
	see(nothing[0]);
	see_call(write(1, "live\n", 5));
	for (int fd = 0; fd < 8; fd++)
		see_call(fcntl(fd, F_GETFD));
	_exit(4);
}

static const struct act acts[] = {
	{"fault", fault},
	{"abort", end_by_abort},
	{"term", wait_for_signal},
	{"exit", end_by_exit},
	{"_exit", end_by__exit},
	{"return", end_by_return},
	{"close_exit", close_and_exit},
	{"close_fault", close_and_fault},
	{"thread", fault_in_thread},
	{"live", live},
	{0},
};

int main(int argc, char **argv)
{
	int fixed = 3;
	char *status;

	if (argc < 4)
		return 99;
	page = mmap(NULL, REFUSED_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, REFUSED_FD, 0);
	if (page == MAP_FAILED)
		return 98;
	close(REFUSED_FD);
	read_rules(argc - fixed, argv + fixed);
	/* "exit3" is exit with 3. */
	status = argv[2] + strcspn(argv[2], "0123456789");
	argv[3] = strdup(status);
	*status = '\0';
	/* What a stream holds is written at the end. */
	printf("output of %s\n", argv[2]);
	stand(!strcmp(argv[1], "raw"));
	page->stands = 1;
	argv[1] = argv[2];
	argv[2] = argv[3];
	return play(acts, 3, argv);
}
