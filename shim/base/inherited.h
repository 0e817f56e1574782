/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inherited.h - a filter of system calls that was set before the program began, and what it does to
 * our calls.
 *
 * Its program cannot be read (PTRACE_SECCOMP_GET_FILTER wants CAP_SYS_ADMIN and another process).
 * Where /proc/self/status says that there is one, which costs 6 us at every start, a probe makes
 * our calls, each with arguments that do nothing: a child that the constructor waits for, without a
 * signal of its termination, and gone before the first instruction of the program's. The call that
 * it dies of is left out (sys_try()), together with what needs it; the next probe goes on behind
 * that call. If every event takes the call, the process is not watched. A filter that refuses costs
 * nothing but the probe (some 100 us). Each call that a filter kills for leaves a line in the
 * kernel's log.
 *
 * The probe takes clone and wait4, which cannot be probed, and the order of promises decides: a
 * probe is made only where a fork cannot be what the filter kills for. That is so if the parent has
 * as many filters as we (`Seccomp_filters`; before Linux 5.9, if it has one): filters only grow
 * from parent to child, so the parent forked under these. It is taken to be so where the parent is
 * outside of our pid namespace and CAP_SYS_ADMIN is not in the bounding set: the first process of a
 * container, and no runtime starts what may not fork. In the remaining case the program that set
 * the filter became this one by exec (a service of systemd's with `SystemCallFilter`, the command
 * of bubblewrap or firejail): the process reports nothing, its parent or `vigil run` reports its
 * termination, and the processes that it forks are watched again. Constructor only. Threads: one.
 */
#pragma once

#include <stdbool.h>

/*
 * Before any system call but those that the loader has made: whether this process can be watched.
 * The calls that it can be watched without are forbidden by then, if the filter kills for them
 * (sandbox.h).
 */
bool inherited_filter_allows_us(void);
