/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_pidfd.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL 1000000

/* A child that waits for a signal, and its start. */
static pid_t child(uint64_t *ret_start_ticks)
{
	struct process_stat stat;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NAME, "a) child");
		for (;;)
			pause();
	}
	do
		assert_int_equal(process_stat(pid, &stat), 0);
	while (strcmp(stat.comm, "a) child") != 0);
	*ret_start_ticks = stat.start_ticks;
	return pid;
}

static void await_zombie(int pidfd)
{
	struct pollfd ready = {pidfd, POLLIN, 0};

	assert_int_equal(poll(&ready, 1, 10000), 1);
}

static bool kernel_keeps_status(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major > 6 || (major == 6 && minor >= 15);
}

static void a_process_of_another_time_is_not_the_one(void **state)
{
	uint64_t start;
	pid_t pid = child(&start);
	int pidfd = pidfd_of(pid, start, ALL);

	(void)state;
	assert_true(pidfd >= 0);
	close(pidfd);
	assert_true(process_is_there(pid, start));
	assert_false(process_is_there(pid, start + 1));
	assert_int_equal(pidfd_of(pid, start + 1, ALL), -ESRCH);
	assert_int_equal(zombie_status(pid, start), STATUS_UNKNOWN); /* it lives */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(pidfd_of(pid, start, ALL), -ESRCH);
}

static void descriptors_above_the_limit_are_left_alone(void **state)
{
	uint64_t start;
	pid_t pid = child(&start);

	(void)state;
	assert_int_equal(pidfd_of(pid, start, 3), -EMFILE);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The status is there before it is reaped, and where the kernel keeps it also after. */
static void check_end(int signal)
{
	uint64_t start;
	pid_t pid = child(&start);
	int pidfd = pidfd_of(pid, start, ALL), status;

	assert_int_equal(pidfd_status(pidfd), STATUS_UNKNOWN);
	kill(pid, signal);
	await_zombie(pidfd);
	assert_int_equal(zombie_status(pid, start + 1), STATUS_UNKNOWN);
	assert_int_equal(zombie_status(pid, start), signal);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status & 0x7f, signal);
	assert_int_equal(zombie_status(pid, start), STATUS_UNKNOWN);
	assert_int_equal(pidfd_status(pidfd), kernel_keeps_status() ? status : STATUS_UNKNOWN);
	close(pidfd);
}

static void the_kernel_says_how_it_ended(void **state)
{
	(void)state;
	check_end(SIGKILL);
	check_end(SIGTERM);
}

static void without_a_descriptor_nothing_is_known(void **state)
{
	(void)state;
	assert_int_equal(pidfd_status(-1), STATUS_UNKNOWN);
	assert_int_equal(pidfd_status(STDIN_FILENO), STATUS_UNKNOWN);
}

UNIT_TESTS(cmocka_unit_test(a_process_of_another_time_is_not_the_one),
	cmocka_unit_test(descriptors_above_the_limit_are_left_alone),
	cmocka_unit_test(the_kernel_says_how_it_ended),
	cmocka_unit_test(without_a_descriptor_nothing_is_known))
