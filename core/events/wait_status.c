/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/wait_status.h"

#include "core/base/signal_table.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum event_cause event_cause_of_signal(int number)
{
	static const uint64_t faults = SIGNALS_SYNCHRONOUS | SIGNAL_BIT(SIGXCPU) |
				       SIGNAL_BIT(SIGXFSZ) | SIGNAL_BIT(SIGPIPE) |
				       SIGNAL_BIT(SIGSTKFLT);

	if (number == SIGKILL)
		return CAUSE_KILLED;
	if (number == SIGABRT)
		return CAUSE_ABORT;
	return signal_is_in(faults, number) ? CAUSE_FAULT : CAUSE_TERMINATED;
}

void event_wait_status(struct event *event, int status)
{
	if (WIFSIGNALED(status)) {
		event->signal = (struct event_signal){.number = WTERMSIG(status),
			.sender_uid = -1,
			.core_dumped = WCOREDUMP(status)};
		event->cause = event_cause_of_signal(event->signal.number);
	} else {
		event->how = HOW_WAIT;
		event->exit_code = WEXITSTATUS(status);
		event->cause = event->exit_code == 0 ? CAUSE_NONE : CAUSE_EXIT;
	}
	event->state = event->cause == CAUSE_NONE ? NODE_SUCCEEDED : NODE_FAILED;
}

static int64_t microseconds(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

void event_wait_usage(struct event *event, const struct rusage *usage)
{
	event->usage = (struct event_usage){
		.known = true,
		.user_us = microseconds(&usage->ru_utime),
		.system_us = microseconds(&usage->ru_stime),
		.max_rss_kb = usage->ru_maxrss,
	};
}
