/* SPDX-License-Identifier: Apache-2.0 */
/* Dies in ways that show what a setting changes. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static void wait_for_death(void)
{
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* The system call itself: the preload, which stands before libc's function, does not see it. */
static long set_filter(const struct sock_fprog *program)
{
#if defined(__x86_64__)
	long result;

	/* clang-format off */
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((long)SYS_seccomp), "D"((long)SECCOMP_SET_MODE_FILTER),
			 "S"((long)SECCOMP_FILTER_FLAG_NEW_LISTENER), "d"(program)
			 : "rcx", "r11", "memory");
	/* clang-format on */
	return result;
#else
	register long x8 __asm__("x8") = SYS_seccomp;
	register long x0 __asm__("x0") = SECCOMP_SET_MODE_FILTER;
	register long x1 __asm__("x1") = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	register const struct sock_fprog *x2 __asm__("x2") = program;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
#endif
}

/* From here on whoever reads a file at a place, as one does who looks for names in it, waits for an
 * answer that never comes. */
static int stop_readers(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pread64, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return set_filter(&program) < 0;
}

static int slow_fault(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	if (stop_readers())
		return 1;
	*(volatile int *)NULL = 1;
	return 2;
}

static int slow_pause(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	if (stop_readers())
		return 1;
	wait_for_death();
	return 2;
}

/* Which signals somebody handles, as the kernel has it. */
static void show_caught(void)
{
	char text[4096];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	char *line;

	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	line = strstr(text, "SigCgt:");
	printf("%.24s\n", line == NULL ? "?" : line);
}

static void nothing(int number)
{
	(void)number;
}

/* At the start, with a handler of its own for all, and when it has gone back from it. */
static int caught(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	show_caught();
	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, nothing);
	show_caught();
	for (int number = 1; number <= SIGRTMAX; number++)
		signal(number, SIG_DFL);
	show_caught();
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction once = {.sa_handler = nothing, .sa_flags = (int)SA_RESETHAND};

		sigaction(number, &once, NULL);
	}
	raise(SIGTERM);
	raise(SIGBUS);
	show_caught();
	return 0;
}

static int pause_(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	wait_for_death();
	return 2;
}

static const struct act acts[] = {
	{"slow_fault", slow_fault},
	{"slow_pause", slow_pause},
	{"caught", caught},
	{"pause", pause_},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
