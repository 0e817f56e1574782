/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A preload that writes the stack at SIGSEGV with libc's own functions, and lets it kill: what
 * vigil's trace is compared with. They allocate, load a library and lock: no way to do it in
 * earnest.
 */
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define FRAMES_MAX 256

static void write_stack(int number)
{
	void *frames[FRAMES_MAX];
	int fd = open(getenv("BACKTRACE_FILE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	if (fd >= 0) {
		backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), fd);
		close(fd);
	}
	signal(number, SIG_DFL);
	raise(number);
}

static __attribute__((constructor)) void begin(void)
{
	signal(SIGSEGV, write_stack);
}
