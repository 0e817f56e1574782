/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf.h - runs a seccomp filter, a classic BPF program, as the kernel would.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What PROGRAM answers for the call that DATA describes: a SECCOMP_RET_... value. PROGRAM is read
 * without probing, so the caller passes a copy of the host's filter. A program that the kernel
 * would refuse (seccomp_check_filter(): it runs off its end, jumps or loads out of range) answers
 * SECCOMP_RET_KILL_PROCESS.
 */
uint32_t bpf_run(const struct sock_fprog *program, const struct seccomp_data *data);
