/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what a program can see of itself: everything here must be as without us. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

extern char **environ;

static void mine(int number)
{
	(void)number;
}

static void mine_with_info(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
}

static const char *who(const struct sigaction *action)
{
	if (action->sa_handler == SIG_DFL)
		return "default";
	if (action->sa_handler == SIG_IGN)
		return "ignored";
	if (action->sa_handler == mine || action->sa_sigaction == mine_with_info)
		return "mine";
	return "somebody's";
}

/* Where libc sets none, as on aarch64, the kernel is given what was on the stack. */
static bool has_restorer(const struct sigaction *action)
{
#if defined(__aarch64__)
	if (!(action->sa_flags & 0x04000000))
		return false;
#endif
	return action->sa_restorer != NULL;
}

static void print_action(const char *when, int number)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	if (sigaction(number, NULL, &action)) {
		printf("%s %d: %s\n", when, number, strerror(errno));
		return;
	}
	printf("%s %d: %s, flags %#x, mask", when, number, who(&action), (unsigned)action.sa_flags);
	for (int i = 1; i < 65; i++)
		if (sigismember(&action.sa_mask, i))
			printf(" %d", i);
	printf(", restorer %s\n", has_restorer(&action) ? "yes" : "no");
}

static const char *old_name(void (*old)(int))
{
	return old == SIG_ERR	 ? "error"
	       : old == SIG_DFL	 ? "default"
	       : old == SIG_IGN	 ? "ignored"
	       : old == SIG_HOLD ? "held"
	       : old == mine	 ? "mine"
				 : "somebody's";
}

static int actions(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	for (int number = 0; number < 67; number++)
		print_action("at start", number);
	return 0;
}

typedef void (*handler)(int);

/*
 * The four functions of the form handler f(signal, handler), on every signal: set, set default,
 * ignore, set default.
 */
static void walk(const char *name, handler (*set)(int, handler))
{
	static const handler steps[] = {mine, SIG_DFL, SIG_IGN, SIG_DFL, mine, mine, SIG_DFL};

	for (int number = 1; number < 65; number++) {
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
			errno = 0;
			printf("%s(%d, %s) was %s, errno %d\n", name, number, old_name(steps[i]),
				old_name(set(number, steps[i])), errno);
			print_action("  then", number);
		}
	}
}

static int signal_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	walk("signal", signal);
	return 0;
}

static int ssignal_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	walk("ssignal", ssignal);
	return 0;
}

static int sysv_signal_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	walk("sysv_signal", sysv_signal);
	return 0;
}

/* Not in glibc's headers with _GNU_SOURCE, but in its symbols; found at link time. */
extern handler bsd_signal(int, handler);

static int bsd_signal_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	walk("bsd_signal", bsd_signal);
	return 0;
}

static int sigset_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	walk("sigset", sigset);
	for (int number = 1; number < 65; number++) {
		printf("sigset(%d, hold) was %s\n", number, old_name(sigset(number, SIG_HOLD)));
		printf("sigset(%d, mine) was %s\n", number, old_name(sigset(number, mine)));
		print_action("  then", number);
		sigset(number, SIG_DFL);
		printf("sigignore(%d): %d\n", number, sigignore(number));
		print_action("  then", number);
		printf("sigset(%d, default) was %s\n", number, old_name(sigset(number, SIG_DFL)));
	}
	return 0;
}

static int siginterrupt_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	for (int number = 1; number < 65; number++) {
		printf("siginterrupt(%d, 1): %d\n", number, siginterrupt(number, 1));
		signal(number, mine);
		print_action("  then", number);
		printf("siginterrupt(%d, 0): %d\n", number, siginterrupt(number, 0));
		print_action("  then", number);
	}
	return 0;
}

static void set_action(int number, handler what, int flags, int masked)
{
	struct sigaction action = {.sa_handler = what, .sa_flags = flags}, old;

	memset(&old, 0, sizeof old);
	sigemptyset(&action.sa_mask);
	if (masked)
		sigaddset(&action.sa_mask, masked);
	errno = 0;
	printf("sigaction(%d, %s, %#x): %d, errno %d", number, old_name(what), (unsigned)flags,
		sigaction(number, &action, &old), errno);
	printf(", was %s, flags %#x\n", who(&old), (unsigned)old.sa_flags);
	print_action("  then", number);
}

/* SIG_DFL keeps flags and mask as well: a query must show them. */
static int sigactions(int count, char **arguments)
{
	static const int flags[] = {0, SA_RESTART, (int)SA_RESETHAND, SA_NODEFER, SA_ONSTACK,
		SA_NOCLDSTOP, SA_NOCLDWAIT, SA_SIGINFO | SA_RESTART};

	(void)count;
	(void)arguments;
	for (int number = 1; number < 65; number++) {
		for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
			set_action(number, mine, flags[i], SIGUSR2);
			set_action(number, SIG_DFL, flags[i], SIGTERM);
			set_action(number, SIG_IGN, flags[i], 0);
			set_action(number, SIG_DFL, 0, 0);
		}
	}
	return 0;
}

/* What is handed out as old must work when it is handed back. */
static int save_and_restore(int count, char **arguments)
{
	struct sigaction old[65], action = {.sa_handler = mine};

	(void)count;
	(void)arguments;
	for (int number = 1; number < 65; number++)
		sigaction(number, &action, &old[number]);
	for (int number = 1; number < 65; number++)
		sigaction(number, &old[number], NULL);
	for (int number = 1; number < 65; number++)
		print_action("restored", number);
	raise(SIGTERM);
	return 0;
}

static void print_stack(const char *when)
{
	stack_t stack;

	memset(&stack, 0, sizeof stack);
	printf("%s: %d", when, sigaltstack(NULL, &stack));
	printf(", pointer %s, size %zu, %s\n", stack.ss_sp ? "set" : "null", stack.ss_size,
		stack.ss_flags & SS_DISABLE ? "disabled" : "enabled");
}

static void *thread_that_looks(void *unused)
{
	print_stack("thread");
	return unused;
}

/* What the host sets is what it gets. */
static int own_stack(int count, char **arguments)
{
	static char memory[64 * 1024];
	stack_t mine_now = {.ss_sp = memory, .ss_size = sizeof memory}, old;
	const stack_t none = {.ss_flags = 0};

	(void)count;
	(void)arguments;
	print_stack("first");
	printf("none: %d", sigaltstack(&none, NULL));
	printf(", %d\n", sigaltstack(&none, &old));
	print_stack("still none");
	printf("set: %d\n", sigaltstack(&mine_now, NULL));
	print_stack("own");
	mine_now.ss_flags = SS_DISABLE;
	printf("disable: %d\n", sigaltstack(&mine_now, NULL));
	print_stack("none");
	return 0;
}

static int stack_in_thread(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, thread_that_looks, NULL);
	pthread_join(thread, NULL);
	return 0;
}

static int mask(int count, char **arguments)
{
	sigset_t blocked, pending;

	(void)count;
	(void)arguments;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	sigpending(&pending);
	for (int i = 1; i < 65; i++)
		if (sigismember(&blocked, i) || sigismember(&pending, i))
			printf("%d\n", i);
	return 0;
}

static int compare(const void *one, const void *other)
{
	return *(const int *)one - *(const int *)other;
}

/*
 * The names in DIR below LIMIT, as numbers; the directory's own descriptor too, which is the next
 * free one.
 */
static void print_numbers(const char *dir, int limit)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	int numbers[256];
	size_t count = 0;

	while (stream && (entry = readdir(stream)) && count < 256)
		if (*entry->d_name != '.' && atoi(entry->d_name) < limit)
			numbers[count++] = atoi(entry->d_name);
	closedir(stream);
	qsort(numbers, count, sizeof *numbers, compare);
	for (size_t i = 0; i < count; i++)
		printf("%d\n", numbers[i]);
}

static int descriptors(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	print_numbers("/proc/self/fd", 700);
	return 0;
}

static size_t entries(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	size_t count = 0;

	while (stream && (entry = readdir(stream)))
		count += *entry->d_name != '.';
	if (stream)
		closedir(stream);
	return count;
}

static int tasks(int count, char **arguments)
{
	char path[64], line[256] = "";
	FILE *file;

	(void)count;
	(void)arguments;
	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	file = fopen(path, "re");
	if (file && !fgets(line, sizeof line, file))
		strcpy(line, "none");
	printf("threads: %zu, children: %s\n", entries("/proc/self/task"), line);
	return 0;
}

/* All but what makes a watched run. */
static int environment(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, "LD_PRELOAD=", 11) && strncmp(*entry, "VIGIL_", 6))
			puts(*entry);
	return 0;
}

static int limits(int count, char **arguments)
{
	struct rlimit limit;

	(void)count;
	(void)arguments;
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (!getrlimit((__rlimit_resource_t)i, &limit))
			printf("%d: %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	return 0;
}

static int users(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	printf("uid %d, euid %d\n", (int)getuid(), (int)geteuid());
	return 5;
}

static const struct act acts[] = {
	{"actions", actions},
	{"signal", signal_},
	{"ssignal", ssignal_},
	{"sysv_signal", sysv_signal_},
	{"bsd_signal", bsd_signal_},
	{"sigset", sigset_},
	{"siginterrupt", siginterrupt_},
	{"sigactions", sigactions},
	{"save_and_restore", save_and_restore},
	{"own_stack", own_stack},
	{"stack_in_thread", stack_in_thread},
	{"mask", mask},
	{"descriptors", descriptors},
	{"tasks", tasks},
	{"environment", environment},
	{"limits", limits},
	{"users", users},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
