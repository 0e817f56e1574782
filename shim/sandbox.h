/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - what a seccomp filter says of the system calls that we make.
 *
 * A program that confines itself may forbid calls that only we need, and would then die of ours. So
 * its filter (a classic BPF program, seccomp(2)) is asked before it stands: if it lets all of ours
 * pass we go on, else we take our leave, and who waits for the program tells its end. A filter that
 * stood before the program began let the loader and our constructor work. Signal-safe: yes.
 * Threads: any.
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What PROGRAM answers for the call that DATA describes: a SECCOMP_RET_… value. A program that the
 * kernel would refuse (seccomp_check_filter(): it runs off its end, jumps or loads out of range)
 * answers SECCOMP_RET_KILL_PROCESS.
 */
uint32_t sandbox_ask(const struct sock_fprog *program, const struct seccomp_data *data);

/* Whether PROGRAM lets every call pass that we cannot do without from now on. */
bool sandbox_lets_us_pass(const struct sock_fprog *program);

/*
 * Whether no filter that came to stand in this program forbids a call of what an event is better
 * with and can do without: Python's stacks, what a C++ exception says, torchrun's error file, a
 * Java VM's report.
 */
bool sandbox_lets_more_pass(void);

/* Likewise for what looking at other threads takes: many filters forbid that one. */
bool sandbox_lets_ptrace_pass(void);
