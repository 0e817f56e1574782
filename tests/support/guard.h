/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - what a fault in the guard below a thread's stack looks like on this system.
 *
 * That depends on how libc makes the guard: as pages without rights, or as pages that the kernel
 * treats as if there were none (MADV_GUARD_INSTALL).
 */
#pragma once

/* The name of the fault's si_code, such as "SEGV_ACCERR". A child of this process tries it. */
const char *guard_fault_code(void);
