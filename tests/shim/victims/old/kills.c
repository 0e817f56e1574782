/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs its arguments under a filter that kills for system calls which a small program of musl's
 * does without.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KILL_FOR(number)                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

int main(int argc, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		KILL_FOR(SYS_mknodat),
		KILL_FOR(SYS_utimensat),
		KILL_FOR(SYS_newfstatat),
		KILL_FOR(SYS_readlinkat),
		KILL_FOR(SYS_madvise),
		KILL_FOR(SYS_getcwd),
		KILL_FOR(SYS_uname),
		KILL_FOR(SYS_getpid),
		KILL_FOR(SYS_gettid),
		KILL_FOR(SYS_rt_sigaction),
		KILL_FOR(SYS_sigaltstack),
		KILL_FOR(SYS_clock_gettime),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	(void)argc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return 98;
	execv(argv[1], argv + 1);
	return 99;
}
