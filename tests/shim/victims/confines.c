/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that confine themselves, or ask whether they could: filters of system calls, forbidden
 * clocks, and system calls that are dispatched to the program. */
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#define RULES(list) (unsigned short)(sizeof(list) / sizeof *(list)), (list)
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)
#define LOAD BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)
#define IF(number, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, yes, no)

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

/* Forbids what we cannot do without, and allows libc's own ways to end. */
static struct sock_filter strict[] = {LOAD, IF(SYS_rt_sigprocmask, 4, 0),
	IF(SYS_rt_sigaction, 3, 0), IF(SYS_gettid, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS),
	ANSWER(SECCOMP_RET_ALLOW), ANSWER(SECCOMP_RET_KILL_PROCESS)};
static struct sock_fprog strict_program = {RULES(strict)};

static int end(const char *how)
{
	fflush(stdout);
	if (!strcmp(how, "crash"))
		*(volatile int *)(uintptr_t)number_at(0, NULL, 0) = 1;
	if (!strcmp(how, "term"))
		kill(getpid(), SIGTERM);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "_exit"))
		_exit(7);
	return 3;
}

static void say(const char *what, long result)
{
	printf("%s: %ld %d\n", what, result < 0 ? -1L : 0L, result < 0 ? errno : 0);
	fflush(stdout);
}

static char *page(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* By every way there is. */
static void try_filter(const char *what, const void *program)
{
	printf("%s: ", what);
	say("prctl", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program));
	say("syscall prctl",
		syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0));
	say("seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program));
	say("seccomp tsync", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1, program));
}

/* A filter, or its instructions, where nothing can be read. */
static int unreadable(int count, char **arguments)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sock_fprog program = strict_program;
	char *straddling = two + 4096 - 8;

	(void)count;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	munmap(two + 4096, 4096);
	memcpy(straddling, strict, 8);
	try_filter("NULL", NULL);
	try_filter("1", (void *)1);
	try_filter("the kernel's", (void *)-4096L);
	try_filter("not readable", page(PROT_NONE));
	try_filter("half behind a page", straddling);
	program.filter = NULL;
	try_filter("NULL instructions", &program);
	program.filter = (void *)page(PROT_NONE);
	try_filter("instructions that are not readable", &program);
	program.filter = (void *)straddling;
	try_filter("instructions half behind a page", &program);
	return end(arguments[0]);
}

/* What the kernel refuses for another reason. */
static int refused(int count, char **arguments)
{
	static struct sock_filter without_end[] = {LOAD, LOAD};
	static struct sock_filter far_load[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4096), ANSWER(SECCOMP_RET_KILL_PROCESS)};
	struct sock_fprog none = {0, strict}, long_one = {UINT16_MAX, strict};
	struct sock_fprog unended = {RULES(without_end)}, far = {RULES(far_load)};

	(void)count;
	if (strcmp(arguments[0], "privileged"))
		try_filter("without privilege", &strict_program); /* EACCES, but for root */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	try_filter("empty", &none);
	try_filter("too long", &long_one);
	try_filter("without an end", &unended);
	try_filter("a load out of range", &far);
	say("a flag that is none",
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, &strict_program));
	say("no such mode", prctl(PR_SET_SECCOMP, 99, &strict_program));
	say("no such operation", syscall(SYS_seccomp, 99, 0, &strict_program));
	say("strict with flags", syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
	return end(arguments[1]);
}

/* As libseccomp asks what the kernel knows. */
static int probe(int count, char **arguments)
{
	static const unsigned flags[] = {1, 2, 4, 8, 1 << 4 | 1, 1 << 5 | 8};
	unsigned action = SECCOMP_RET_LOG;

	(void)count;
	say("seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		say("flag", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], NULL));
	say("action", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
	say("mode", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0));
	return end(arguments[0]);
}

/* The library itself, where it is installed. */
static int libseccomp(int count, char **arguments)
{
	void *library = dlopen("libseccomp.so.2", RTLD_NOW);
	unsigned (*api)(void) = library ? dlsym(library, "seccomp_api_get") : NULL;

	(void)count;
	printf("level %u\n", api ? api() : 0);
	return end(arguments[0]);
}

/* A signal comes while it asks, most likely in the middle of a question. */
static int interrupted(int count, char **arguments)
{
	struct sock_filter rules[] = {LOAD, IF(SYS_gettid, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS),
		ANSWER(SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {RULES(rules)};
	struct itimerval soon = {.it_value.tv_usec = 1000 + number_at(count, arguments, 0)};

	setitimer(ITIMER_REAL, &soon, NULL);
	for (;;)
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, &program);
	return 0;
}

static pthread_barrier_t barrier;

static void *differ(void *unused)
{
	static struct sock_filter allow[] = {ANSWER(SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {RULES(allow)};

	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return unused;
}

/* Another thread has a filter of its own: its id comes back, and nothing stands. */
static int tsync(int count, char **arguments)
{
	pthread_t thread;
	long result;

	(void)count;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, differ, NULL);
	pthread_barrier_wait(&barrier);
	result = syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &strict_program);
	printf("the other thread: %d\n", result > 0 && result != getpid());
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	return end(arguments[0]);
}

/* It stands, and a descriptor comes back. */
static int listener(int count, char **arguments)
{
	(void)count;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	printf("%d\n", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 8, &strict_program) > 0);
	return end(arguments[0]);
}

/* It stands, by each way. */
static int stands(int count, char **arguments)
{
	(void)count;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!strcmp(arguments[0], "prctl"))
		say("set", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &strict_program));
	else if (!strcmp(arguments[0], "syscall"))
		say("set", syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &strict_program,
				   0, 0));
	else
		say("set", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &strict_program));
	return end(arguments[1]);
}

/* From here on read, write, exit and rt_sigreturn. */
static int strict_mode(int count, char **arguments)
{
	(void)count;
	if (!strcmp(arguments[0], "prctl"))
		say("strict", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	else
		say("strict", syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL));
	if (!strcmp(arguments[1], "crash"))
		end(arguments[1]);
	syscall(SYS_exit, 7);
	return 0;
}

/* One call, by its number, and what the filter answers to it. */
static int forbid(int count, char **arguments)
{
	struct sock_filter rules[] = {LOAD, IF((unsigned)number_at(count, arguments, 0), 0, 1),
		ANSWER((unsigned)strtoul(arguments[1], NULL, 0)), ANSWER(SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {RULES(rules)};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 92;
	return end(arguments[2]);
}

/* The kernel's own words, by a call that nobody stands before. */
static void show_actions(void)
{
	for (int number = 1; number < 65; number++) {
		struct sigaction now;

		if (!sigaction(number, NULL, &now) && (now.sa_flags || now.sa_handler != SIG_DFL))
			printf("%d: %x %d\n", number, now.sa_flags, now.sa_handler == SIG_IGN);
	}
}

static void once(int number)
{
	printf("handler of %d\n", number);
}

/* What the host sees of its signals is the same after a filter that did not come to stand. */
static int view(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = once, .sa_flags = SA_RESETHAND};

	(void)count;
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, SIG_DFL);
	show_actions();
	say("refused", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, &strict_program));
	show_actions();
	raise(SIGUSR1);
	show_actions();
	return end(arguments[0]);
}

/* A child between vfork() and exec confines itself: its parent goes on as before. */
static int in_vfork(int count, char **arguments)
{
	pid_t child;
	int status = 0;

	(void)count;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	child = vfork();
	if (child == 0) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &strict_program);
		syscall(SYS_kill, getpid(), SIGTERM);
		syscall(SYS_exit_group, 1);
	}
	waitpid(child, &status, 0);
	printf("the child: %x\n", status);
	return end(arguments[0]);
}

/* The time stamp counter is forbidden. */
static int no_clock(int count, char **arguments)
{
	(void)count;
#if defined(__x86_64__)
	say("set", prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0));
#endif
	return end(arguments[0]);
}

/* The text of the object that ADDRESS lies in. */
static void find_text(uintptr_t address, unsigned long *ret_first, unsigned long *ret_last)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (maps && fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx", ret_first, ret_last) == 2 && address >= *ret_first &&
			address < *ret_last)
			break;
	if (maps)
		fclose(maps);
}

static volatile char selector;

/* System calls outside of libc are given to the program, which has no handler for them. */
static int dispatch(int count, char **arguments)
{
	unsigned long first = 0, last = 0;

	(void)count;
	find_text((uintptr_t)getppid, &first, &last);
	say("no such mode", prctl(PR_SET_SYSCALL_USER_DISPATCH, 99, 0UL, 0UL, 0UL));
	say("a range that wraps", prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 4096UL, -1UL, &selector));
	if (!strcmp(arguments[0], "refused"))
		return end(arguments[1]);
	say("set", prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, first, last - first, &selector));
	selector = 1;
	return end(arguments[0]);
}

/* The arguments are overwritten up to the end of the stack, and a forked child shows it. */
static int title(int count, char **arguments)
{
	char *last = arguments[0];
	unsigned long bottom = 0, top = 0;
	pid_t child;

	(void)count;
	find_text((uintptr_t)last, &bottom, &top);
	memset(last, 'x', top - (uintptr_t)last);
	child = fork();
	if (child == 0)
		exit(4);
	waitpid(child, NULL, 0);
	return 3;
}

static const struct act acts[] = {
	{"unreadable", unreadable},
	{"refused", refused},
	{"probe", probe},
	{"libseccomp", libseccomp},
	{"interrupted", interrupted},
	{"tsync", tsync},
	{"listener", listener},
	{"stands", stands},
	{"forbid", forbid},
	{"strict_mode", strict_mode},
	{"view", view},
	{"in_vfork", in_vfork},
	{"no_clock", no_clock},
	{"dispatch", dispatch},
	{"title", title},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
