/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program may do with the functions that the preload takes over, built against another libc
 * than glibc by tests/cli/test_musl.py. What it prints is the same in every run.
 */
#define _GNU_SOURCE
#include "tests/shim/victims/victim.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int returns(int count, char **arguments)
{
	return number_at(count, arguments, 0);
}

static void say_bye(void)
{
	printf("bye\n");
	fflush(stdout);
}

static int exits(int count, char **arguments)
{
	atexit(say_bye);
	exit(number_at(count, arguments, 0));
}

static int exits_at_once(int count, char **arguments)
{
	atexit(say_bye);
	_exit(number_at(count, arguments, 0));
}

static int exits_in_c99(int count, char **arguments)
{
	_Exit(number_at(count, arguments, 0));
}

static int exits_quickly(int count, char **arguments)
{
	at_quick_exit(say_bye);
	quick_exit(number_at(count, arguments, 0));
}

static int aborts(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	abort();
}

static int faults(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	*(volatile int *)16 = 1;
	return 0;
}

static void on_signal(int number)
{
	printf("signal %d\n", number);
}

/* Every way to set a handler, and every way to be sent a signal. */
static int handles(int count, char **arguments)
{
	sighandler_t (*const ways[])(int, sighandler_t) = {signal, bsd_signal, sigset};
	const union sigval value = {.sival_int = 7};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};

	(void)count;
	(void)arguments;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		printf("before: %d\n", ways[i](SIGUSR1, on_signal) == SIG_DFL);
		kill(getpid(), SIGUSR1);
		printf("after: %d\n", ways[i](SIGUSR1, SIG_DFL) == on_signal);
	}
	printf("set: %d\n", sigaction(SIGTERM, &action, NULL));
	sigqueue(getpid(), SIGTERM, value);
	printf("ignored: %d\n", sigignore(SIGUSR2));
	raise(SIGUSR2);
	setpgid(0, 0);
	killpg(0, SIGTERM);
	return 0;
}

/* What a program sees of its own signals. */
static int views(int count, char **arguments)
{
	stack_t stack = {.ss_flags = 0};

	(void)count;
	(void)arguments;
	for (int number = 1; number < 32; number++) {
		struct sigaction action = {.sa_flags = 0};
		int result = sigaction(number, NULL, &action);

		printf("%d: %d %d %x\n", number, result, action.sa_handler == SIG_DFL,
			(unsigned)action.sa_flags);
	}
	printf("stack: %d", sigaltstack(NULL, &stack));
	printf(" %d\n", stack.ss_flags);
	return 0;
}

static int is_killed(int count, char **arguments)
{
	kill(getpid(), number_at(count, arguments, 0));
	return 0;
}

static void *count_up(void *counter)
{
	__atomic_fetch_add((int *)counter, 1, __ATOMIC_SEQ_CST);
	return counter;
}

static int threads(int count, char **arguments)
{
	pthread_t ids[8];
	int counter = 0;

	(void)count;
	(void)arguments;
	for (int i = 0; i < 8; i++)
		if (pthread_create(&ids[i], NULL, count_up, &counter) != 0)
			return 1;
	for (int i = 0; i < 8; i++)
		pthread_join(ids[i], NULL);
	printf("%d threads\n", counter);
	return 0;
}

static void *end_all(void *status)
{
	exit((int)(long)status);
}

static int exits_in_thread(int count, char **arguments)
{
	pthread_t id;

	pthread_create(&id, NULL, end_all, (void *)(long)number_at(count, arguments, 0));
	pthread_join(id, NULL);
	return 0;
}

static pid_t start_child(int status)
{
	pid_t child = fork();

	if (child == 0)
		_exit(status);
	return child;
}

static int waits(int count, char **arguments)
{
	struct rusage usage;
	siginfo_t info;
	int status;

	(void)count;
	(void)arguments;
	start_child(1);
	printf("%d", wait(&status) > 0);
	printf(" %d\n", WEXITSTATUS(status));
	printf("%d", waitpid(start_child(2), &status, 0) > 0);
	printf(" %d\n", WEXITSTATUS(status));
	start_child(3);
	printf("%d", wait3(&status, 0, &usage) > 0);
	printf(" %d %d\n", WEXITSTATUS(status), usage.ru_maxrss > 0);
	printf("%d", wait4(start_child(4), &status, 0, NULL) > 0);
	printf(" %d\n", WEXITSTATUS(status));
	printf("%d", waitid(P_PID, (id_t)start_child(5), &info, WEXITED));
	printf(" %d\n", info.si_status);
	printf("%d %d\n", waitpid(-1, NULL, 0), errno == ECHILD);
	return 0;
}

/* A command of any libc, by fork and exec, or in our place. */
static int runs(int count, char **arguments)
{
	int status = 0;
	pid_t child;

	(void)count;
	child = fork();
	if (child == 0) {
		execvp(arguments[0], arguments);
		_exit(126);
	}
	waitpid(child, &status, 0);
	printf("status %x\n", (unsigned)status);
	return 0;
}

static int becomes(int count, char **arguments)
{
	(void)count;
	execvp(arguments[0], arguments);
	return 126;
}

/* By libc's own means, which are other functions than those that the program calls. */
static int begins_others(int count, char **arguments)
{
	char *const command[] = {"sh", "-c", "exit 6", NULL};
	extern char **environ;
	char line[16] = "";
	int status;
	pid_t child;
	FILE *from;

	(void)count;
	(void)arguments;
	printf("%x\n", (unsigned)system("exit 4"));
	from = popen("echo five; exit 5", "r");
	printf("%s", fgets(line, sizeof line, from));
	printf("%x\n", (unsigned)pclose(from));
	posix_spawnp(&child, "sh", NULL, NULL, command, environ);
	waitpid(child, &status, 0);
	printf("%x\n", (unsigned)status);
	fflush(stdout);
	child = vfork();
	if (child == 0)
		_exit(7);
	waitpid(child, &status, 0);
	printf("%x\n", (unsigned)status);
	child = vfork();
	if (child == 0) {
		kill(getpid(), SIGTERM);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("%x\n", (unsigned)status);
	return 0;
}

static void note_end(void *ended)
{
	*(int *)ended = 1;
}

static void *write_for_ever(void *arguments)
{
	int *fd_and_ended = arguments;
	static const char bytes[4096];

	pthread_cleanup_push(note_end, &fd_and_ended[1]);
	for (;;)
		write(fd_and_ended[0], bytes, sizeof bytes);
	pthread_cleanup_pop(1);
	return NULL;
}

/* A thread that waits in write() for a pipe that is full. */
static int cancels(int count, char **arguments)
{
	int ends[2], fd_and_ended[2] = {-1, 0};
	void *result = NULL;
	pthread_t id;

	(void)count;
	(void)arguments;
	if (pipe(ends) != 0)
		return 1;
	fd_and_ended[0] = ends[1];
	pthread_create(&id, NULL, write_for_ever, fd_and_ended);
	usleep(20000);
	pthread_cancel(id);
	pthread_join(id, &result);
	printf("%d %d\n", result == PTHREAD_CANCELED, fd_and_ended[1]);
	return 0;
}

static void on_overflow(int number)
{
	(void)number;
	_exit(11);
}

static int overflow(int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return overflow(depth + 1) + room[0];
}

static int overflows(int count, char **arguments)
{
	static char stack[65536];
	const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_handler = on_overflow, .sa_flags = SA_ONSTACK};

	if (number_at(count, arguments, 0) == 1) {
		sigaltstack(&own, NULL);
		sigaction(SIGSEGV, &action, NULL);
	}
	return overflow(0);
}

static void *end_later(void *nothing)
{
	usleep(20000);
	printf("last\n");
	return nothing;
}

static int outlives_main(int count, char **arguments)
{
	pthread_t id;

	(void)count;
	(void)arguments;
	pthread_create(&id, NULL, end_later, NULL);
	pthread_exit(NULL);
}

static int loads(int count, char **arguments)
{
	void *library = dlopen(count > 0 ? arguments[0] : "", RTLD_NOW);

	printf("%d\n", library != NULL);
	fflush(stdout);
	return library == NULL || dlclose(library) != 0;
}

static int calls(int count, char **arguments)
{
	char name[16] = "";

	(void)count;
	(void)arguments;
	printf("%d\n", syscall(SYS_getpid) == getpid());
	printf("%ld %d\n", syscall(SYS_close, -1), errno == EBADF);
	printf("%ld\n", syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0));
	prctl(PR_SET_NAME, "somebody", 0, 0, 0);
	prctl(PR_GET_NAME, name, 0, 0, 0);
	printf("%s\n", name);
	printf("%d %d\n", prctl(-1, 0, 0, 0, 0), errno == EINVAL);
	return write(STDOUT_FILENO, "written\n", 8) != 8;
}

/* Not in musl: who asks finds the preload's, or nothing. */
static int probes(int count, char **arguments)
{
	int (*to_thread)(pid_t, pid_t, int) = dlsym(RTLD_DEFAULT, "tgkill");
	int (*to_pidfd)(int, int, siginfo_t *, unsigned) = dlsym(RTLD_DEFAULT, "pidfd_send_signal");
	int (*action)(int, const struct sigaction *, struct sigaction *) =
		dlsym(RTLD_DEFAULT, "__sigaction");
	static const char *const older[] = {"ssignal", "sysv_signal"};
	struct sigaction now = {.sa_flags = 0};

	(void)count;
	(void)arguments;
	for (size_t i = 0; i < 2; i++) {
		sighandler_t (*set)(int, sighandler_t) = dlsym(RTLD_DEFAULT, older[i]);

		if (set != NULL && set(SIGUSR1, on_signal) != SIG_DFL)
			return 1;
		signal(SIGUSR1, SIG_DFL);
	}
	if (action != NULL && (action(SIGUSR1, NULL, &now) != 0 || now.sa_handler != SIG_DFL))
		return 2;
	if (to_pidfd != NULL && (to_pidfd(-1, SIGUSR1, NULL, 0) != -1 || errno != EBADF))
		return 3;
	signal(SIGUSR1, on_signal);
	fflush(stdout);
	if (to_thread == NULL)
		raise(SIGUSR1);
	else if (to_thread(getpid(), (pid_t)syscall(SYS_gettid), SIGUSR1) != 0)
		return 4;
	return 0;
}

static const struct act acts[] = {
	{"returns", returns},
	{"exits", exits},
	{"exits_at_once", exits_at_once},
	{"exits_in_c99", exits_in_c99},
	{"exits_quickly", exits_quickly},
	{"exits_in_thread", exits_in_thread},
	{"aborts", aborts},
	{"faults", faults},
	{"handles", handles},
	{"views", views},
	{"is_killed", is_killed},
	{"threads", threads},
	{"waits", waits},
	{"runs", runs},
	{"becomes", becomes},
	{"begins_others", begins_others},
	{"cancels", cancels},
	{"overflows", overflows},
	{"outlives_main", outlives_main},
	{"loads", loads},
	{"calls", calls},
	{"probes", probes},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
