/* SPDX-License-Identifier: Apache-2.0 */
/* Why a process cannot be looked at, and what to do: where Yama says so, which few kernels have
 * that run tests. Its file is one of ours here. */
#include "core/live/live_refusal.h"
#include "core/base/proc.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static const char *scope;

ssize_t __real_file_read(const char *path, char *buffer, size_t size);
ssize_t __wrap_file_read(const char *path, char *buffer, size_t size);

ssize_t __wrap_file_read(const char *path, char *buffer, size_t size)
{
	if (strcmp(path, "/proc/sys/kernel/yama/ptrace_scope") != 0)
		return __real_file_read(path, buffer, size);
	memcpy(buffer, scope, strlen(scope) + 1);
	return (ssize_t)strlen(scope);
}

/* Writes to FD what a user that is not root sees of a process of its own. */
static void write_refusal(int fd)
{
	char buffer[512];
	struct text text;

	if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	text_init(&text, buffer, sizeof buffer);
	live_refusal_add(&text, getpid(), -EPERM);
	_exit(write(fd, text.data, text.length + 1) < 0);
}

static void assert_refusal(const char *in_scope, const char *words)
{
	char shown[512];
	int pipes[2], status;
	pid_t child;

	scope = in_scope;
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0)
		write_refusal(pipes[1]);
	assert_true(read(pipes[0], shown, sizeof shown) > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(shown, words);
	close(pipes[0]);
	close(pipes[1]);
}

static void yama_is_named_with_what_to_do(void **state)
{
	(void)state;
	assert_refusal("1\n", "may be looked at by its ancestors alone, as "
			      "kernel.yama.ptrace_scope is 1; look at "
			      "it as root, or set that to 0: sysctl kernel.yama.ptrace_scope=0");
	assert_refusal("2\n", "may be looked at by root alone, as kernel.yama.ptrace_scope is 2");
	assert_refusal("3\n",
		"may not be looked at by anybody, as kernel.yama.ptrace_scope is 3, until the next "
		"boot");
}

UNIT_TESTS(cmocka_unit_test(yama_is_named_with_what_to_do))
