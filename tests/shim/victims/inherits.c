/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that run others under a filter of system calls: the filter is inherited over exec. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)
#define LOAD BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)
#define RULES_MAX 400

static struct sock_filter rules[RULES_MAX];
static unsigned short rule_count;

static void add(struct sock_filter rule)
{
	rules[rule_count++] = rule;
}

static void add_call(long number, unsigned answer)
{
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1));
	add((struct sock_filter)ANSWER(answer));
}

static void stand(unsigned otherwise)
{
	struct sock_fprog program = {0, rules};

	add((struct sock_filter)ANSWER(otherwise));
	program.len = rule_count;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(92);
}

/* In a child that was forked under the filter, or in its place. */
static int run(char **command, int fork_first)
{
	int status = 0;
	pid_t child = fork_first ? fork() : 0;

	if (child == 0) {
		execvp(command[0], command);
		_exit(93);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A list of calls that it kills for, by number: "63,28", then the command. */
static int kills(int count, char **arguments)
{
	(void)count;
	add((struct sock_filter)LOAD);
	for (char *at = arguments[1]; *at; at += *at == ',')
		add_call(strtol(at, &at, 10), SECCOMP_RET_KILL_PROCESS);
	stand(SECCOMP_RET_ALLOW);
	return run(arguments + 2, !strcmp(arguments[0], "before_fork"));
}

/* As a container's: all that is not known is refused; here, what is new or for administrators. */
static int refuses(int count, char **arguments)
{
	static const long refused[] = {SYS_add_key, SYS_bpf, SYS_mount, SYS_umount2, SYS_keyctl,
		SYS_perf_event_open, SYS_pivot_root, SYS_ptrace, SYS_reboot, SYS_setns, SYS_swapon,
		SYS_unshare, SYS_userfaultfd, SYS_process_vm_readv, SYS_kexec_load};

	(void)count;
	add((struct sock_filter)LOAD);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		add_call(refused[i], SECCOMP_RET_ERRNO | EPERM);
	stand(SECCOMP_RET_ALLOW);
	return run(arguments + 1, !strcmp(arguments[0], "before_fork"));
}

static const struct act acts[] = {
	{"kills", kills},
	{"refuses", refuses},
	{0},
};

int main(int argc, char **argv)
{
	return play(acts, argc, argv);
}
