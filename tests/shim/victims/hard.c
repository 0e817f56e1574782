/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in situations that wrappers tend to break. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile uintptr_t nowhere;

static void fault(void)
{
	*(volatile int *)nowhere = 1;
}

static int end(const char *how)
{
	if (!strcmp(how, "crash"))
		fault();
	if (!strcmp(how, "_exit"))
		_exit(7);
	if (!strcmp(how, "term"))
		raise(SIGTERM);
	return 3;
}

static void filter(struct sock_filter *rules, unsigned short count)
{
	struct sock_fprog program = {count, rules};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(92);
}

#define RULES(list) (list), (unsigned short)(sizeof(list) / sizeof *(list))
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define IF(call, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, yes, no)

/* A sandbox of a parser: no file is opened from now on. */
static int forbid_open(int count, char **arguments)
{
	struct sock_filter rules[] = {LOAD, IF(openat, 1, 0), IF(open, 0, 1), KILL, ALLOW};

	(void)count;
	filter(RULES(rules));
	return end(arguments[0]);
}

/* Neither links nor memory files: what only we would ask for. */
static int forbid_links(int count, char **arguments)
{
	struct sock_filter rules[] = {
		LOAD, IF(linkat, 3, 0), IF(unlinkat, 2, 0), IF(memfd_create, 1, 0), ALLOW, KILL};

	(void)count;
	filter(RULES(rules));
	return end(arguments[0]);
}

/* What the program itself needs to end, and nothing else. */
static int forbid_most(int count, char **arguments)
{
	struct sock_filter rules[] = {LOAD, IF(exit_group, 4, 0), IF(write, 3, 0),
		IF(rt_sigreturn, 2, 0), IF(newfstatat, 1, 0), KILL, ALLOW};

	(void)count;
	filter(RULES(rules));
	return end(arguments[0]);
}

static void *crash_in_thread(void *unused)
{
	fault();
	return unused;
}

static int small_thread(int count, char **arguments)
{
	pthread_attr_t attributes;
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	pthread_create(&thread, &attributes, crash_in_thread, NULL);
	pthread_join(thread, NULL);
	return 0;
}

/* The loader's lock is held. */
static int crash_in_dlopen(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	setenv("BAD_BEGIN", "crash", 1);
	return dlopen("libbad_begin.so", RTLD_NOW) != NULL;
}

static void *load_forever(void *unused)
{
	for (;;) {
		void *library = dlopen("libbad_end.so", RTLD_NOW);

		if (library)
			dlclose(library);
	}
	return unused;
}

static int crash_beside_dlopen(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_create(&thread, NULL, load_forever, NULL);
	usleep(5000);
	fault();
	return 0;
}

static void *allocate_forever(void *unused)
{
	for (;;)
		free(malloc(64));
	return unused;
}

static int crash_beside_malloc(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	(void)arguments;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, allocate_forever, NULL);
	usleep(5000);
	fault();
	return 0;
}

/* The stack pointer points nowhere: no handler can run but on an alternate stack. */
static int lose_stack(int count, char **arguments)
{
	(void)count;
	(void)arguments;
#if defined(__x86_64__)
	__asm__ volatile("mov $0x1000, %rsp\n\tpush %rax");
#else
	fault();
#endif
	return 0;
}

/* The frames above are overwritten: a walk up must not fall. */
__attribute__((noinline, no_stack_protector)) static void smash(size_t size)
{
	char *volatile frame = __builtin_frame_address(0);

	memset(frame, 'A', size);
	fault();
}

static int smashed_stack(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	smash(256);
	return 0;
}

static int jump_to_nonsense(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	((void (*)(void))(nowhere + 0x1234))();
	return 0;
}

static int queue(int count, char **arguments)
{
	union sigval value = {.sival_int = 1};

	sigqueue(getpid(), number_at(count, arguments, 0), value);
	return 0;
}

static int alarm_(int count, char **arguments)
{
	struct itimerval soon = {.it_value.tv_usec = 5000};

	(void)count;
	(void)arguments;
	setitimer(ITIMER_REAL, &soon, NULL);
	for (;;)
		pause();
	return 0;
}

static int broken_pipe(int count, char **arguments)
{
	int ends[2];

	(void)count;
	(void)arguments;
	if (pipe(ends))
		return 91;
	close(ends[0]);
	return (int)write(ends[1], "x", 1);
}

static pthread_barrier_t barrier;

static void *way_out(void *how)
{
	pthread_barrier_wait(&barrier);
	end(how);
	exit(3);
}

/* Any of three ends wins; only that there is one end is certain. */
static int three_ends(int count, char **arguments)
{
	static char ways[][8] = {"crash", "_exit", "return"};
	pthread_t thread;

	(void)count;
	(void)arguments;
	pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, way_out, ways[i]);
	pthread_join(thread, NULL);
	return 3;
}

static void *fork_some(void *number)
{
	for (int i = 0; i < *(int *)number; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

static int fork_in_threads(int count, char **arguments)
{
	int number = number_at(count, arguments, 0);
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, fork_some, &number);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static void *exec_self(void *arguments)
{
	execv(((char **)arguments)[0], arguments);
	return NULL;
}

static int exec_in_thread(int count, char **arguments)
{
	pthread_t thread;

	(void)count;
	pthread_create(&thread, NULL, exec_self, arguments);
	pthread_join(thread, NULL);
	return 90;
}

/* The parent is gone before its child: the child still reports its end. */
static int daemon_(int count, char **arguments)
{
	(void)count;
	if (daemon(1, 0))
		return 89;
	usleep(20 * 1000);
	return end(arguments[0]);
}

static int children_signalled;

static void count_child(int number)
{
	(void)number;
	children_signalled++;
}

/* Nobody's children but its own. */
static int no_child_to_wait_for(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	signal(SIGCHLD, count_child);
	printf("%d", (int)wait(NULL));
	printf(" %d, signals %d\n", errno, children_signalled);
	return 0;
}

static void fault_in_handler(int number)
{
	(void)number;
	fault();
}

static int crash_in_handler(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	signal(SIGTERM, fault_in_handler);
	raise(SIGTERM);
	return 0;
}

static void exit_in_handler(int number)
{
	exit(number);
}

static int exit_in_handler_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	signal(SIGTERM, exit_in_handler);
	raise(SIGTERM);
	return 0;
}

static int new_user_namespace(int count, char **arguments)
{
	(void)count;
	printf("unshare: %d\n", unshare(CLONE_NEWUSER) ? errno : 0);
	fflush(stdout);
	return end(arguments[0]);
}

static const struct act acts[] = {
	{"forbid_open", forbid_open},
	{"forbid_links", forbid_links},
	{"forbid_most", forbid_most},
	{"small_thread", small_thread},
	{"crash_in_dlopen", crash_in_dlopen},
	{"crash_beside_dlopen", crash_beside_dlopen},
	{"crash_beside_malloc", crash_beside_malloc},
	{"lose_stack", lose_stack},
	{"smashed_stack", smashed_stack},
	{"jump_to_nonsense", jump_to_nonsense},
	{"queue", queue},
	{"alarm", alarm_},
	{"broken_pipe", broken_pipe},
	{"three_ends", three_ends},
	{"fork_in_threads", fork_in_threads},
	{"exec_in_thread", exec_in_thread},
	{"daemon", daemon_},
	{"no_child_to_wait_for", no_child_to_wait_for},
	{"crash_in_handler", crash_in_handler},
	{"exit_in_handler", exit_in_handler_},
	{"new_user_namespace", new_user_namespace},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
