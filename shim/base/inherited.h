/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inherited.h - a filter of system calls that was set before the program began, and what it does to
 * our calls.
 *
 * The filter's program cannot be read (PTRACE_SECCOMP_GET_FILTER wants CAP_SYS_ADMIN and another
 * process). If /proc/self/status says that there is a filter, which costs 4 us at every start, a
 * probe makes our calls, each with arguments that do nothing. The probe is a child without a
 * termination signal, which the constructor waits for, so it is gone before the first instruction
 * of the program. The call that the probe dies of is left out from then on (sys_try()), together
 * with what needs it; the next probe goes on behind that call. If every event needs the call, the
 * process is not watched. A filter that only refuses calls costs no more than one probe (some 100
 * us). Each call that a filter kills for leaves a line in the kernel's log.
 *
 * The probe itself takes clone and wait4, which cannot be probed. To do no harm comes first, so a
 * probe is made only if the filter is known to allow a fork. It is, if the parent has as many
 * filters as we (`Seccomp_filters`; before Linux 5.9, if it has one): filters only grow from parent
 * to child, so the parent forked under these. It is taken to be allowed if the parent is outside of
 * our pid namespace and CAP_SYS_ADMIN is not in the bounding set: then we are the first process of
 * a container, and no runtime starts a process that may not fork. In the remaining case the program
 * that set the filter became this one by exec (a service of systemd's with `SystemCallFilter`, the
 * command of bubblewrap or firejail): the process reports nothing, its parent or `vigil run`
 * reports its termination, and the processes that it forks are watched again. Constructor only.
 * Threads: one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether this process can be watched. When it returns, the optional calls that the filter kills
 * for are left out (sandbox.h). The caller makes no system call before, except those that the
 * loader makes, too.
 */
bool inherited_filter_allows_us(void);

/* Set *RET_IGNORED and *RET_CAUGHT to the signals that are so as the program begins, SIGNAL_BIT()
 * each; those that an emulator catches for itself are among the latter, whatever the program has.
 * Returns false, and no signal, where /proc/self/status could not be read. Behind
 * inherited_filter_allows_us(). */
bool inherited_dispositions(uint64_t *ret_ignored, uint64_t *ret_caught);
