/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/proc.h"

#include "core/base/clock.h"
#include "core/base/error_text.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_file_is_read_to_its_end_or_the_buffers(void **state)
{
	char buffer[7] = "as was";

	(void)state;
	assert_int_equal(file_read("/proc/self/nothing", buffer, sizeof buffer), -ENOENT);
	assert_string_equal(buffer, "as was");
	assert_int_equal(file_read("/proc/self/status", buffer, sizeof buffer), 6);
	assert_string_equal(buffer, "Name:\t");
}

static void a_fifo_is_not_waited_for(void **state)
{
	char name[] = "/tmp/vigil-test-proc-XXXXXX", path[64], buffer[8] = "as was";

	(void)state;
	assert_non_null(mkdtemp(name));
	snprintf(path, sizeof path, "%s/fifo", name);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(30);
	assert_int_equal(file_read(path, buffer, sizeof buffer), 0);
	alarm(0);
	assert_string_equal(buffer, "");
	unlink(path);
	rmdir(name);
}

static void a_comm_with_parentheses_and_blanks_is_whole(void **state)
{
	struct process_stat stat;

	(void)state;
	assert_int_equal(prctl(PR_SET_NAME, "a) R 1 (b"), 0);
	assert_int_equal(process_stat(0, &stat), 0);
	assert_string_equal(stat.comm, "a) R 1 (b");
	assert_int_equal(stat.ppid, getppid());
	assert_int_equal(stat.state, 'R');
	assert_true(stat.start_ticks > 0);
}

static void a_process_that_is_gone_is_not_found(void **state)
{
	struct process_stat stat;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	assert_int_equal(process_stat(pid, &stat), -ESRCH);
}

/* Whether PID, whose memory takes a while to be freed, was seen to end once it was killed. */
static bool is_seen_ending(pid_t pid)
{
	struct process_stat stat;
	bool seen = false;

	kill(pid, SIGKILL);
	while (!seen && process_stat(pid, &stat) == 0 && stat.state != 'Z')
		seen = stat.is_ending;
	waitpid(pid, NULL, 0);
	return seen;
}

static pid_t large_child(void)
{
	size_t size = (size_t)256 << 20;
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		(void)!write(ends[1], memory == MAP_FAILED ? "n" : "y", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void a_process_that_is_being_killed_is_ending(void **state)
{
	struct process_stat stat;
	bool seen = false;

	(void)state;
	for (int i = 0; i < 20 && !seen; i++) { /* it may be over before we look */
		pid_t pid = large_child();

		assert_int_equal(process_stat(pid, &stat), 0);
		assert_false(stat.is_ending);
		seen = is_seen_ending(pid);
	}
	assert_true(seen);
}

static void a_zombie_is_not_ending(void **state)
{
	struct process_stat stat;
	siginfo_t info;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_stat(pid, &stat), 0);
	assert_int_equal(stat.state, 'Z');
	assert_false(stat.is_ending);
	waitpid(pid, NULL, 0);
}

static void the_boot_id_has_36_characters(void **state)
{
	char id[BOOT_ID_SIZE];

	(void)state;
	boot_id_read(id);
	assert_int_equal(strlen(id), 36);
}

static void a_start_lies_in_the_past_but_never_in_the_future(void **state)
{
	struct instant now = instant_now(), start;
	struct process_stat stat;

	(void)state;
	assert_int_equal(process_stat(0, &stat), 0);
	start = instant_of_start(stat.start_ticks, now);
	assert_true(start.real_us <= now.real_us && now.real_us - start.real_us < 60000000);
	start = instant_of_start(UINT64_MAX / 100000, now);
	assert_int_equal(start.real_us, now.real_us);
	assert_int_equal(instant_of_start(0, now).mono_us, now.mono_us);
}

static void errors_are_reported_in_glibcs_words(void **state)
{
	static const int errors[] = {EPERM, ENOENT, EINTR, EIO, ENXIO, EBADF, EAGAIN, ENOMEM,
		EACCES, ENODEV, ENOTDIR, EISDIR, EINVAL, ENFILE, EMFILE, ETXTBSY, EFBIG, ENOSPC,
		EROFS, EPIPE, ENAMETOOLONG, ELOOP, EDQUOT, ESTALE};
	char buffer[ERROR_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		assert_string_equal(error_text(-errors[i], buffer), strerror(errors[i]));
	assert_string_equal(error_text(4711, buffer), "errno 4711");
}

UNIT_TESTS(cmocka_unit_test(a_file_is_read_to_its_end_or_the_buffers),
	cmocka_unit_test(a_fifo_is_not_waited_for),
	cmocka_unit_test(a_comm_with_parentheses_and_blanks_is_whole),
	cmocka_unit_test(a_process_that_is_gone_is_not_found),
	cmocka_unit_test(a_process_that_is_being_killed_is_ending),
	cmocka_unit_test(a_zombie_is_not_ending), cmocka_unit_test(the_boot_id_has_36_characters),
	cmocka_unit_test(a_start_lies_in_the_past_but_never_in_the_future),
	cmocka_unit_test(errors_are_reported_in_glibcs_words))
