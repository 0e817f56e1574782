/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/own.h"

#include "core/base/clock.h"
#include "core/base/sys.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

/* The largest page size of the machine: MADV_WIPEONFORK works on whole pages. */
#if defined(__x86_64__)
#define PAGE_MOST 4096
#else
#define PAGE_MOST 65536
#endif

static alignas(PAGE_MOST) union {
	_Atomic pid_t process; /* 0: unknown, getpid() is called */
	char bytes[PAGE_MOST];
} page;

static bool remembers;

static _Thread_local struct {
	pid_t process, thread;
} known __attribute__((tls_model("initial-exec")));

void own_begin(void)
{
	clock_use(clock_gettime);
	remembers = madvise(&page, sizeof page, MADV_WIPEONFORK) == 0;
}

pid_t own_process(void)
{
	pid_t process = atomic_load_explicit(&page.process, memory_order_relaxed);

	if (process != 0)
		return process;
	process = sys_getpid();
	if (remembers)
		atomic_store_explicit(&page.process, process, memory_order_relaxed);
	return process;
}

pid_t own_thread(void)
{
	pid_t process = own_process();

	if (known.process != process) {
		known.thread = sys_gettid();
		known.process = process;
	}
	return known.thread;
}
