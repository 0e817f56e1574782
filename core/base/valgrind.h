/* SPDX-License-Identifier: Apache-2.0 */
/*
 * valgrind.h - whether this process runs under Valgrind, which does not simulate everything that
 * vigil does.
 *
 * Uses the client request that Valgrind's manual documents (section 3.1): a sequence of rotations
 * that changes nothing on a real machine. On machines other than x86-64 the result is always false.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether this process runs under Valgrind; takes a few nanoseconds. */
static inline bool on_valgrind(void)
{
	uint64_t answer = 0;
#if defined(__x86_64__)
	/* The request RUNNING_ON_VALGRIND, without arguments. */
	uint64_t request[6] = {0x1001};

	/* clang-format off */
	__asm__ volatile("rolq $3, %%rdi\n\t"
			 "rolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi\n\t"
			 "rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(request)
			 : "cc", "memory");
	/* clang-format on */
#endif
	return answer != 0;
}
