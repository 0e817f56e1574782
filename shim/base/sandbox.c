/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/sandbox.h"

#include "core/base/sys.h"

#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

/* An invalid descriptor, and an invalid address. */
#define NOWHERE (-1)

const struct sandbox_call sandbox_calls[] = {
	{SYS_rt_sigprocmask, NEED_ALWAYS, {SIG_SETMASK}},
	{SYS_rt_sigaction, NEED_ALWAYS, {SIGALRM}},
	{SYS_setitimer, NEED_BY_ITSELF, {ITIMER_REAL}},
	{SYS_wait4, NEED_ALWAYS, {-1, 0, WNOHANG | __WALL}},
	{SYS_getpid, NEED_ALWAYS, {0}},
	{SYS_gettid, NEED_ALWAYS, {0}},
	{SYS_getuid, NEED_ALWAYS, {0}},
	{SYS_geteuid, NEED_ALWAYS, {0}},
	{SYS_openat, NEED_ALWAYS, {AT_FDCWD}},
	{SYS_close, NEED_ALWAYS, {NOWHERE}},
	{SYS_read, NEED_ALWAYS, {3}},
	{SYS_pread64, NEED_ALWAYS, {3}},
	{SYS_write, NEED_ALWAYS, {700}},
	{SYS_pwritev2, NEED_ALWAYS, {700}},
	{SYS_fstat, NEED_ALWAYS, {700}},
	{SYS_newfstatat, NEED_ALWAYS, {AT_FDCWD}},
	{SYS_ioctl, NEED_ALWAYS, {2, TCGETS}},
	{SYS_fcntl, NEED_ALWAYS, {3, F_GETFD}},
	{SYS_dup3, NEED_ALWAYS, {3, 3}},
	{SYS_mmap, NEED_ALWAYS, {0}},
	{SYS_munmap, NEED_ALWAYS, {0}},
	{SYS_mprotect, NEED_ALWAYS, {0}},
	{SYS_prlimit64, NEED_ALWAYS, {0, RLIMIT_FSIZE}},
	{SYS_rt_sigpending, NEED_ALWAYS, {0}},
	{SYS_rt_sigtimedwait, NEED_ALWAYS, {0}},
	{SYS_sigaltstack, NEED_ALWAYS, {0}},
	{SYS_rt_tgsigqueueinfo, NEED_ALWAYS, {0}},
	{SYS_tgkill, NEED_ALWAYS, {0}},
	{SYS_kill, NEED_ALWAYS, {0}},
	{SYS_clone, NEED_ALWAYS | UNPROBED, {0x01800100}},
	{SYS_futex, NEED_ALWAYS, {0}},
	{SYS_nanosleep, NEED_ALWAYS, {0}},
	{SYS_clock_gettime, NEED_ALWAYS, {0}},
	{SYS_ppoll, NEED_ALWAYS, {0, 0, NOWHERE}},
	{SYS_prctl, NEED_ALWAYS, {PR_SET_NAME}},
	{SYS_exit_group, NEED_ALWAYS | UNPROBED, {0}},

	{SYS_uname, NEED_BY_ITSELF, {0}},
	{SYS_getrusage, NEED_BY_ITSELF, {RUSAGE_SELF}},
	{SYS_readlinkat, NEED_BY_ITSELF, {AT_FDCWD}},
	{SYS_sendto, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_socket, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_connect, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_getsockopt, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_recvfrom, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_sendmsg, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_lseek, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_getppid, NEED_BY_ITSELF, {0}},
	{SYS_mkdirat, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_faccessat, NEED_BY_ITSELF, {NOWHERE}},
	{SYS_renameat, NEED_BY_ITSELF, {NOWHERE, 0, NOWHERE}},
	{SYS_process_vm_readv, NEED_BY_ITSELF, {0}},

	{SYS_fcntl, NEED_FOR_MORE, {NOWHERE, F_GETFL}},
	{SYS_memfd_create, NEED_FOR_MORE, {0}},
	{SYS_getcwd, NEED_FOR_MORE | NEED_BY_ITSELF, {0}},
	{SYS_madvise, NEED_FOR_MORE | NEED_BY_ITSELF, {0}},
	{SYS_ftruncate, NEED_FOR_MORE, {NOWHERE}},
	{SYS_linkat, NEED_FOR_MORE, {AT_FDCWD, 0, AT_FDCWD}},
	{SYS_unlinkat, NEED_FOR_MORE, {AT_FDCWD}},
	{SYS_renameat2, NEED_FOR_MORE, {AT_FDCWD, 0, AT_FDCWD}},
	{SYS_prctl, NEED_FOR_MORE, {PR_SET_NO_NEW_PRIVS}},
	{SYS_prctl, NEED_FOR_MORE, {PR_SET_SECCOMP}},
	{SYS_brk, NEED_FOR_MORE, {0}},
	{SYS_mremap, NEED_FOR_MORE, {0}},
	{SYS_sched_yield, NEED_FOR_MORE | NEED_FOR_PTRACE, {0}},
	{SYS_getpgid, NEED_FOR_MORE | NEED_BY_ITSELF, {0}},
	{SYS_getsid, NEED_BY_ITSELF, {0}},
	{SYS_mknodat, NEED_FOR_MORE, {700}},
	{SYS_utimensat, NEED_FOR_MORE, {700, 0, NOWHERE}},
	{SYS_flock, NEED_FOR_MORE, {700}},

	{SYS_ptrace, NEED_FOR_PTRACE, {PTRACE_SEIZE, NOWHERE}},
	{SYS_ptrace, NEED_FOR_PTRACE, {PTRACE_INTERRUPT, NOWHERE}},
	{SYS_ptrace, NEED_FOR_PTRACE, {PTRACE_GETREGSET, NOWHERE}},
	{SYS_ptrace, NEED_FOR_PTRACE, {PTRACE_DETACH, NOWHERE}},
	{SYS_getdents64, NEED_FOR_PTRACE, {NOWHERE}},
	{SYS_prctl, NEED_FOR_PTRACE, {PR_SET_PDEATHSIG}},
	{SYS_prctl, NEED_FOR_PTRACE, {PR_SET_PTRACER}},

	{SYS_rt_sigreturn, NEED_ALWAYS, {0}},
	{SYS_exit, NEED_ALWAYS, {0}}, /* how a probe ends */
	{-1, 0, {0}},
};

/* How many filters forbid a call of NEED_FOR_MORE, and of NEED_FOR_PTRACE. */
static atomic_int more_forbidden, ptrace_forbidden;

bool sandbox_allows_more(void)
{
	return atomic_load(&more_forbidden) == 0;
}

bool sandbox_allows_ptrace(void)
{
	return atomic_load(&ptrace_forbidden) == 0;
}

void sandbox_set_add(struct sandbox_set *set, unsigned i)
{
	set->calls[i / 64] |= (uint64_t)1 << (i % 64);
	set->needs |= sandbox_calls[i].need;
}

static void count_filter(unsigned needs, int difference)
{
	if (needs & NEED_FOR_MORE)
		atomic_fetch_add(&more_forbidden, difference);
	if (needs & NEED_FOR_PTRACE)
		atomic_fetch_add(&ptrace_forbidden, difference);
}

void sandbox_forbid(struct sandbox_set *set)
{
	for (unsigned i = 0; sandbox_calls[i].number >= 0; i++) {
		uint64_t bit = (uint64_t)1 << (i % 64);

		if ((set->calls[i / 64] & bit) && !sys_forbid(sandbox_calls[i].number))
			set->calls[i / 64] &= ~bit;
	}
	count_filter(set->needs, 1);
}

void sandbox_permit(const struct sandbox_set *set)
{
	for (unsigned i = 0; sandbox_calls[i].number >= 0; i++)
		if (set->calls[i / 64] >> (i % 64) & 1)
			sys_permit(sandbox_calls[i].number);
	count_filter(set->needs, -1);
}

bool sandbox_is_forbidden(const struct sandbox_call *call)
{
	bool more = (call->need & NEED_FOR_MORE) == 0 || !sandbox_allows_more();
	bool ptrace = (call->need & NEED_FOR_PTRACE) == 0 || !sandbox_allows_ptrace();
	bool by_itself = (call->need & NEED_BY_ITSELF) == 0 || sys_is_forbidden(call->number);

	return !sandbox_call_is_essential(call) && more && ptrace && by_itself;
}
