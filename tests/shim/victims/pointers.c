/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that hand out pointers to where nothing can be read, or written. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#define PAGE 4096

/* Nowhere, where nothing is mapped, where nothing may be read, where nothing may be written, and
 * across the end of what is mapped. */
static void *bad[7];
static const int bad_count = sizeof bad / sizeof *bad;

static char *pages(int protection)
{
	return mmap(NULL, 2 * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_bad(void)
{
	char *gone = pages(PROT_READ | PROT_WRITE), *half = pages(PROT_READ | PROT_WRITE);

	munmap(gone, 2 * PAGE);
	munmap(half + PAGE, PAGE);
	memset(half, 1, PAGE);
	bad[1] = (void *)1;
	bad[2] = gone;
	bad[3] = pages(PROT_NONE);
	bad[4] = pages(PROT_READ | PROT_WRITE);
	memset(bad[4], 1, 2 * PAGE);
	mprotect(bad[4], 2 * PAGE, PROT_READ);
	bad[5] = half + PAGE - 2;
	bad[6] = (void *)-PAGE;
}

static void say(const char *what, int i, long result)
{
	printf("%s %d: %ld %d\n", what, i, result < 0 ? -1L : result > 0, result < 0 ? errno : 0);
	fflush(stdout);
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

/* All that the kernel answers with EFAULT. */
static int refused(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	make_bad();
	for (int i = 0; i < bad_count; i++) {
		static char room[65536];
		stack_t stack = {.ss_sp = room, .ss_size = sizeof room};

		say("sigaltstack", i, sigaltstack(bad[i], NULL));
		say("sigaltstack old", i, sigaltstack(NULL, bad[i]));
		say("sigaltstack both", i, sigaltstack(&stack, bad[i]));
		say("waitpid", i, waitpid(child(), bad[i], 0));
		say("wait4", i, wait4(child(), NULL, 0, bad[i]));
		child();
		say("wait", i, wait(bad[i]));
		child();
		say("wait3", i, wait3(bad[i], 0, NULL));
		say("waitid", i, waitid(P_PID, (id_t)child(), bad[i], WEXITED));
		say("wait again", i, waitpid(-1, NULL, WNOHANG));
		say("sigqueueinfo", i, syscall(SYS_rt_sigqueueinfo, getppid(), 0, bad[i]));
		say("tgsigqueueinfo", i,
			syscall(SYS_rt_tgsigqueueinfo, getppid(), getppid(), 0, bad[i]));
		say("set name", i, prctl(PR_SET_NAME, bad[i], 0, 0, 0));
		say("get name", i, prctl(PR_GET_NAME, bad[i], 0, 0, 0));
		say("write", i, write(1, bad[i], i < 4 ? 8 : 0));
	}
	return 3;
}

static void *nothing(void *unused)
{
	return unused;
}

/* What libc itself reads or writes: the program dies, of the same signal. */
static int fatal(int count, char **arguments)
{
	const char *what = arguments[0];
	void *pointer;
	pthread_t thread;

	make_bad();
	pointer = bad[number_at(count, arguments, 1)];
	if (!strcmp(what, "sigaction"))
		say(what, 0, sigaction(SIGTERM, pointer, NULL));
	else if (!strcmp(what, "sigaction_old"))
		say(what, 0, sigaction(SIGTERM, NULL, pointer));
	else if (!strcmp(what, "sigaction_kill"))
		say(what, 0, sigaction(SIGKILL, pointer, NULL));
	else if (!strcmp(what, "sigaction_none"))
		say(what, 0, sigaction(99, pointer, NULL));
	else if (!strcmp(what, "attributes"))
		say(what, 0, pthread_create(&thread, pointer, nothing, NULL));
	else
		say(what, 0, pthread_create(pointer, NULL, nothing, NULL));
	return 3;
}

/* The environment is nowhere when the program ends. */
static int environment(int count, char **arguments)
{
	char **half;

	make_bad();
	environ = bad[number_at(count, arguments, 0)];
	half = (char **)pages(PROT_READ | PROT_WRITE);
	if (!strcmp(arguments[1], "string")) {
		half[0] = (char *)environ;
		environ = half;
	}
	if (count > 2)
		*(volatile int *)bad[1] = 1;
	return 3;
}

/* A filter refuses exec before the kernel has looked at the path. */
static int exec_refused(int count, char **arguments)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
	char *none[] = {NULL};

	(void)count;
	(void)arguments;
	make_bad();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		say("execve", (int)i, execve(bad[i], none, none));
	return 3;
}

static const struct act acts[] = {
	{"refused", refused},
	{"fatal", fatal},
	{"environment", environment},
	{"exec_refused", exec_refused},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
