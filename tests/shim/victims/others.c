/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that stand in known functions while another one crashes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static volatile int zero;
static int nothing_comes[2]; /* a pipe */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

/* Behind each call something is left to do, so that none of them is the caller's tail. */
__attribute__((noinline)) static void in_read(void)
{
	char byte;

	if (read(nothing_comes[0], &byte, 1) != 1)
		zero++;
}

__attribute__((noinline)) static void in_wait(void)
{
	pthread_mutex_lock(&lock);
	pthread_cond_wait(&never, &lock);
	pthread_mutex_unlock(&lock);
}

__attribute__((noinline)) static void in_nap(void)
{
	struct timespec long_time = {.tv_sec = 1000};

	while (nanosleep(&long_time, &long_time))
		zero++;
}

__attribute__((noinline)) static void in_spin(void)
{
	while (!zero)
		;
}

/* Its child waits for the end of the pipe: until the program is gone. */
__attribute__((noinline)) static void in_vfork(void)
{
	char byte;

	if (!vfork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (read(nothing_comes[0], &byte, 1) != 0)
			;
		_exit(0);
	}
	zero++;
}

__attribute__((noinline)) static void in_epoll(void)
{
	struct epoll_event event;

	if (epoll_wait(epoll_create1(0), &event, 1, -1) < 0)
		zero++;
	pause();
}

__attribute__((noinline)) static void in_depth(int depth)
{
	if (depth > 0)
		in_depth(depth - 1);
	else
		in_read();
	zero++;
}

static void stopped(int number)
{
	(void)number;
	in_read();
}

__attribute__((noinline)) static void in_handler(void)
{
	signal(SIGUSR1, stopped);
	raise(SIGUSR1);
	zero++;
}

__attribute__((noinline)) static void in_6(void)
{
	in_depth(6);
	zero++;
}

__attribute__((noinline)) static void in_300(void)
{
	in_depth(300);
	zero++;
}

static const struct {
	const char *name;
	void (*stand)(void);
} places[] = {
	{"read", in_read},
	{"wait", in_wait},
	{"nap", in_nap},
	{"spin", in_spin},
	{"epoll", in_epoll},
	{"depth", in_300},
	{"deep", in_6},
	{"handler", in_handler},
	{"vfork", in_vfork},
};
#define PLACES (sizeof places / sizeof *places)

/* How many shall stand somewhere, and how many are on their way there. */
static int started;
static atomic_int come;

static void *stands(void *which)
{
	size_t place = (size_t)which;

	pthread_setname_np(pthread_self(), places[place].name);
	atomic_fetch_add(&come, 1);
	places[place].stand();
	return NULL;
}

static size_t place_named(const char *name, size_t length)
{
	for (size_t i = 0; i < PLACES; i++)
		if (strlen(places[i].name) == length && !memcmp(places[i].name, name, length))
			return i;
	fprintf(stderr, "no such place: %s\n", name);
	exit(99);
}

static void start(void *(*what)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	started += what == stands;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)256 * 1024);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attributes, what, argument);
	if (error) {
		printf("pthread_create: %s\n", strerror(error));
		exit(1);
	}
}

/* Time for all of them to come to where they stand, from when the last of them runs. */
static void settle(void)
{
	while (atomic_load(&come) < started)
		usleep(1000);
	usleep(200000);
}

__attribute__((noinline)) static void fault(void)
{
	*(volatile int *)(intptr_t)zero = 1;
}

/* PLACE[,PLACE...] [COUNT]: so many threads at each of these places, or one. */
static void start_all(int count, char **arguments)
{
	const char *at = count > 0 ? arguments[0] : "";
	int each = count > 1 ? number_at(count, arguments, 1) : 1;

	if (pipe(nothing_comes))
		exit(1);
	while (*at) {
		size_t length = strcspn(at, ",");

		for (int n = each; n > 0; n--)
			start(stands, (void *)place_named(at, length));
		at += length + (at[length] == ',');
	}
	settle();
}

static int stand(int count, char **arguments)
{
	start_all(count, arguments);
	fault();
	return zero;
}

static int stand_and_abort(int count, char **arguments)
{
	start_all(count, arguments);
	abort();
}

/* Until somebody ends it. */
static int stand_and_wait(int count, char **arguments)
{
	start_all(count, arguments);
	printf("ready\n");
	fflush(stdout);
	for (;;)
		pause();
	return zero;
}

static void *faults(void *unused)
{
	pthread_setname_np(pthread_self(), "crasher");
	settle();
	fault();
	return unused;
}

/* The first thread is gone, and stays as a zombie. */
static int first_is_gone(int count, char **arguments)
{
	start_all(count, arguments);
	start(faults, NULL);
	pthread_exit(NULL);
}

static int in_thread(int count, char **arguments)
{
	start_all(count, arguments);
	start(faults, NULL);
	in_nap();
	return zero;
}

static void *ends(void *unused)
{
	return unused;
}

static void *breeds(void *unused)
{
	pthread_t thread;

	for (;;)
		if (!pthread_create(&thread, NULL, ends, NULL))
			pthread_detach(thread);
	return unused;
}

/* Threads come and go while it crashes. */
static int churn(int count, char **arguments)
{
	for (int n = number_at(count, arguments, 0); n > 0; n--)
		start(breeds, NULL);
	settle();
	fault();
	return zero;
}

static void counts(int number)
{
	(void)number;
}

/* Always on its way into a handler. */
static void *signals_itself(void *unused)
{
	pthread_setname_np(pthread_self(), "signals");
	for (;;)
		pthread_kill(pthread_self(), SIGUSR1);
	return unused;
}

static int signals(int count, char **arguments)
{
	signal(SIGUSR1, counts);
	for (int n = number_at(count, arguments, 0); n > 0; n--)
		start(signals_itself, NULL);
	settle();
	fault();
	return zero;
}

static void *faults_with_others(void *barrier)
{
	pthread_setname_np(pthread_self(), "others");
	pthread_barrier_wait(barrier);
	fault();
	return NULL;
}

static int crash_together(int count, char **arguments)
{
	static pthread_barrier_t barrier;
	int threads = number_at(count, arguments, 0);

	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	prctl(PR_SET_NAME, "first");
	for (int n = threads; n > 0; n--)
		start(faults_with_others, &barrier);
	for (;;)
		pause();
	return zero;
}

/* ptrace() is EPERM, or it kills. */
static int confined(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K,
			count > 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	(void)arguments;
	start(stands, (void *)place_named("spin", 4));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 2;
	fault();
	return zero;
}

/* Who is not root may not look into a process that says so. */
static int not_dumpable(int count, char **arguments)
{
	start_all(count, arguments);
	prctl(PR_SET_DUMPABLE, 0);
	fault();
	return zero;
}

/* A child of its own traces all of its threads, as a debugger would, and then lets it crash. */
static int traced(int count, char **arguments)
{
	pid_t parent = getpid();
	int go[2], status;
	char byte;

	start_all(count, arguments);
	if (pipe(go))
		return 2;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (!fork()) {
		char path[64];
		FILE *tasks;
		int tid;

		snprintf(path, sizeof path, "ls /proc/%d/task", parent);
		tasks = popen(path, "r");
		while (tasks && fscanf(tasks, "%d", &tid) == 1)
			if (tid != parent)
				ptrace(PTRACE_SEIZE, tid, NULL, NULL);
		if (write(go[1], "", 1) != 1)
			_exit(2);
		while (waitpid(-1, &status, __WALL) > 0)
			;
		_exit(0);
	}
	if (read(go[0], &byte, 1) != 1)
		return 2;
	fault();
	return zero;
}

static const struct act acts[] = {
	{"stand", stand},
	{"abort", stand_and_abort},
	{"ready", stand_and_wait},
	{"first_is_gone", first_is_gone},
	{"in_thread", in_thread},
	{"churn", churn},
	{"signals", signals},
	{"together", crash_together},
	{"confined", confined},
	{"not_dumpable", not_dumpable},
	{"traced", traced},
	{NULL, NULL},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
