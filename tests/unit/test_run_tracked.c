/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_tracked.h"

#include "core/cli/run/run_pidfd.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* No pid is so large (PID_MAX_LIMIT of the kernel). */
#define NO_PID (1 << 23)

static struct run_directory rundir = {.absolute = "/"};
static struct agent agent; /* without memory for loggers: nothing is recorded */
static struct tracking tracking;

static void begin(bool outermost)
{
	tracking = (struct tracking){
		.rundir = &rundir,
		.agent = &agent,
		.outermost = outermost,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.pidfds_below = 1000000,
	};
}

static void end(void)
{
	tracked_fire_all(&tracking, ON_RUN_END);
	assert_null(tracked_next(&tracking, NULL));
	oom_watch_end(&tracking.oom);
	close(tracking.epoll);
}

static struct event_record init_of(pid_t pid, pid_t ppid)
{
	struct process_stat stat = {.start_ticks = 10};

	process_stat(pid, &stat);
	return (struct event_record){.program = "solver",
		.pid = pid,
		.ppid = ppid,
		.start_ticks = stat.start_ticks,
		.rank = 3};
}

static struct tracked *note(pid_t pid, pid_t ppid)
{
	struct event_record record = init_of(pid, ppid);
	struct tracked *process = tracked_note(&tracking, &record);

	assert_non_null(process);
	assert_int_equal(process->state, TRACKED_NEW);
	return process;
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* should a test fail */
		for (;;)
			pause();
	}
	assert_true(pid > 0); /* it is sent SIGKILL */
	return pid;
}

static void a_process_is_found_by_its_pid_and_start(void **state)
{
	struct event_record record = {.program = "solver", .pid = 5, .start_ticks = 10, .rank = 3};
	struct tracked *one, *other, *seen = NULL;
	size_t count = 0;

	(void)state;
	begin(true);
	one = tracked_note(&tracking, &record);
	record.start_ticks = 20; /* the pid was given again */
	other = tracked_note(&tracking, &record);
	record.pid = 5 + TRACKED_SLOTS;
	record.program = "a program with a name that is longer than the kernel's, by far, and than "
			 "ours";
	tracked_note(&tracking, &record);
	assert_ptr_not_equal(one, other);
	assert_ptr_equal(tracked_find(&tracking, 5, 10), one);
	assert_ptr_equal(tracked_find(&tracking, 5, 20), other);
	assert_ptr_equal(tracked_find(&tracking, 5, 0), other); /* the latest */
	assert_null(tracked_find(&tracking, 5, 30));
	assert_int_equal(one->init.rank, 3);
	assert_int_equal(one->status, STATUS_UNKNOWN);
	while ((seen = tracked_next(&tracking, seen)) != NULL)
		count++;
	assert_int_equal(count, 3);
	tracked_fire(&tracking, other, ON_RUN_END);
	assert_ptr_equal(tracked_find(&tracking, 5, 0), one);
	end();
}

static void a_process_that_lives_is_polled_until_it_is_reaped(void **state)
{
	pid_t pid = child();
	struct tracked *process;
	struct pollfd ready;

	(void)state;
	begin(true);
	process = note(pid, getpid());
	tracked_fire(&tracking, process, ON_FIRST_LOOK);
	assert_int_equal(process->state, TRACKED_POLLED);
	for (int event = 0; event < TRACKED_EVENT_COUNT_; event++)
		if (event != ON_ENDED && event != ON_RUN_END) {
			tracked_fire(&tracking, process, event);
			assert_int_equal(process->state, TRACKED_POLLED);
		}
	kill(pid, SIGKILL);
	ready = (struct pollfd){process->pidfd, POLLIN, 0};
	assert_int_equal(poll(&ready, 1, 60000), 1);
	tracked_fire(&tracking, process, ON_ENDED);
	assert_int_equal(process->state, TRACKED_ZOMBIE);
	assert_int_equal(process->status, SIGKILL);
	assert_int_equal(process->user, geteuid());
	waitpid(pid, NULL, 0);
	tracked_fire(&tracking, process, ON_REAPED);
	assert_int_equal(process->state, TRACKED_GONE);
	assert_int_equal(tracking.grace_ends_us, process->grace_until_us);
	end();
}

static void a_process_without_a_descriptor_is_looked_for_at_the_end(void **state)
{
	pid_t pid = child();
	struct tracked *process;

	(void)state;
	begin(true);
	tracking.pidfds_below = 0;
	process = note(pid, getpid());
	tracked_fire(&tracking, process, ON_FIRST_LOOK);
	assert_int_equal(process->state, TRACKED_UNPOLLED);
	tracked_fire(&tracking, process, ON_LAST_LOOK);
	assert_int_equal(process->state, TRACKED_UNPOLLED);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tracked_fire(&tracking, process, ON_LAST_LOOK);
	assert_int_equal(process->state, TRACKED_GONE);
	end();
}

static void a_process_that_is_gone_at_the_first_look_depends_on_its_parent(void **state)
{
	struct tracked *process;

	(void)state;
	begin(true);
	process = note(NO_PID + 1, getpid());
	tracked_fire(&tracking, process, ON_FIRST_LOOK);
	assert_int_equal(process->state, TRACKED_GONE);
	process = note(NO_PID + 2, NO_PID);
	tracked_fire(&tracking, process, ON_FIRST_LOOK);
	assert_int_equal(process->state, TRACKED_ABSENT);
	tracked_fire(&tracking, process, ON_LAST_LOOK); /* nothing started at its ticks */
	assert_int_equal(process->state, TRACKED_GONE);
	end();
	begin(false);
	process = note(NO_PID + 2, NO_PID);
	tracked_fire(&tracking, process, ON_FIRST_LOOK);
	assert_null(tracked_next(&tracking, NULL));
	end();
}

static void what_is_gone_is_reported_when_its_grace_period_is_over(void **state)
{
	struct tracked *process;

	(void)state;
	begin(true);
	process = note(NO_PID + 1, getpid());
	tracked_fire(&tracking, process, ON_FIRST_LOOK);
	tracking.grace_ends_us = 0;
	tracked_fire_all(&tracking, ON_GRACE_OVER);
	assert_ptr_equal(tracked_next(&tracking, NULL), process);
	assert_int_equal(tracking.grace_ends_us, process->grace_until_us);
	process->grace_until_us = instant_mono_us();
	tracked_fire_all(&tracking, ON_GRACE_OVER);
	assert_null(tracked_next(&tracking, NULL));
	end();
}

static void a_report_ends_the_tracking_in_every_state(void **state)
{
	struct termination termination = {.event.cause = CAUSE_EXIT};

	(void)state;
	for (int at = 0; at < TRACKED_STATE_COUNT_; at++) {
		struct event_record record = init_of(NO_PID + 1, getpid());
		struct tracked *process;

		begin(true);
		process = tracked_note(&tracking, &record);
		process->state = at;
		record.end = &termination;
		tracked_take_report(&tracking, process, &record);
		assert_null(tracked_next(&tracking, NULL));
		end();
	}
}

UNIT_TESTS(cmocka_unit_test(a_process_is_found_by_its_pid_and_start),
	cmocka_unit_test(a_process_that_lives_is_polled_until_it_is_reaped),
	cmocka_unit_test(a_process_without_a_descriptor_is_looked_for_at_the_end),
	cmocka_unit_test(a_process_that_is_gone_at_the_first_look_depends_on_its_parent),
	cmocka_unit_test(what_is_gone_is_reported_when_its_grace_period_is_over),
	cmocka_unit_test(a_report_ends_the_tracking_in_every_state))
