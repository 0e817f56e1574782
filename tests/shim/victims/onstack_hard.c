/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers with SA_ONSTACK that jump away, cannot run, come all the time, or stand under a
 * filter. */
#include "tests/shim/victims/onstack.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static sigjmp_buf back;

static void jumps(int number)
{
	use(room);
	siglongjmp(back, number);
}

static void *jumps_out(void *unused)
{
	for (volatile int i = 0; i < 100; i++) {
		int number = sigsetjmp(back, 1);

		if (number == 0)
			raise(SIGUSR1);
		calls += number == SIGUSR1;
	}
	printf("%d jumps\n", calls);
	return unused;
}

static int jump(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = jumps, .sa_flags = SA_ONSTACK};
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	sigaction(SIGUSR1, &action, NULL);
	jumps_out(NULL);
	go_on(early, jumps_out);
	return 0;
}

__attribute__((noinline)) static int bottomless(int number)
{
	volatile char bytes[1024];

	bytes[0] = (char)number;
	return zero ? 0 : bottomless(number + 1) + bytes[0];
}

static void *overflows(void *unused)
{
	bottomless(zero);
	return unused;
}

static void says_so(int number)
{
	static const char words[] = "the host's own handler\n";

	(void)number;
	_exit(write(1, words, sizeof words - 1) > 0 ? 5 : 6);
}

/* overflow WHERE FLAGS: in the first thread, also with another handler; in a thread from before the
 * handler, or a later one. */
static int overflow(int count, char **arguments)
{
	struct sigaction action = {
		.sa_handler = says_so, .sa_flags = SA_ONSTACK | number_at(count, arguments, 1)};
	const char *where = count ? arguments[0] : "first";
	pthread_t early = 0;

	if (!strcmp(where, "early"))
		early = start();
	sigaction(SIGSEGV, &action, NULL);
	if (!strcmp(where, "other"))
		sigaction(SIGUSR1, &action, NULL);
	if (!strcmp(where, "early"))
		go_on(early, overflows);
	else if (!strcmp(where, "late"))
		go_on(start(), overflows);
	return bottomless(zero);
}

__attribute__((noinline)) static void *faults_here(void *unused)
{
	*(volatile int *)16 = zero;
	return unused;
}

/* As crash handlers do: report, and end by the same signal, or by an exit. */
static void reports(int number, siginfo_t *info, void *context)
{
	static const char words[] = "*** dump ***\n";

	(void)context;
	use(room);
	if (info->si_addr != (void *)16 || write(1, words, sizeof words - 1) < 0)
		_exit(6);
	if (calls)
		_exit(42);
	signal(number, SIG_DFL);
	kill(getpid(), number);
}

/* report WHERE KIB EXITS */
static int report(int count, char **arguments)
{
	struct sigaction action = {.sa_sigaction = reports, .sa_flags = SA_ONSTACK | SA_SIGINFO};

	room = number_at(count, arguments, 1);
	calls = number_at(count, arguments, 2);
	sigaction(SIGSEGV, &action, NULL);
	if (count && !strcmp(arguments[0], "thread"))
		go_on(start(), faults_here);
	faults_here(NULL);
	return 0;
}

/* Between an unwatched filter and the end there is nobody but the handlers. */
static int confined(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
	pthread_t early = start();

	room = number_at(count, arguments, 0);
	find_own_stack();
	install(SIGUSR1, 0);
	install(SIGUSR2, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	raise(SIGUSR1);
	raise(SIGUSR2);
	go_on(early, raises_usr1);
	return 0;
}

/* A thread computes while another one sends it signals: what it computes is right. */
static volatile int done;

static void counts(int number)
{
	volatile double value = number;

	for (int i = 0; i < 10; i++)
		value = value * 1.5 + 1;
	use(room);
	calls++;
}

static void *computes(void *unused)
{
	int wrong = 0;

	while (!done) {
		double sum = 0;

		for (int i = 1; i < 2000; i++)
			sum += 1.0 / i * i;
		wrong += sum != 1999.0;
	}
	printf("%d wrong, called %d\n", wrong, calls > 0);
	return unused;
}

static void *sends(void *unused)
{
	pthread_t thread = *(pthread_t *)unused;

	for (int i = 0; i < 20000; i++)
		pthread_kill(thread, i % 2 ? SIGUSR1 : SIGRTMIN);
	done = 1;
	return unused;
}

static int storm(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = counts, .sa_flags = SA_ONSTACK};
	pthread_t early = start(), sender;

	room = number_at(count, arguments, 0);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	pthread_create(&sender, NULL, sends, &early);
	go_on(early, computes);
	pthread_join(sender, NULL);
	return 0;
}

static const struct act acts[] = {
	{"jump", jump},
	{"overflow", overflow},
	{"report", report},
	{"confined", confined},
	{"storm", storm},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
