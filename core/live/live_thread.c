/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live/live_thread.h"

#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/base/text.h"
#include "core/live/live_stop.h"
#include "core/live/live_task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
	[LIVE_RUNNING] = "running",
	[LIVE_WAITING] = "waiting",
	[LIVE_DISK] = "uninterruptible",
	[LIVE_STOPPED] = "stopped",
	[LIVE_TRACED] = "traced",
	[LIVE_ENDED] = "ended",
};
_Static_assert(sizeof names / sizeof *names == LIVE_STATE_COUNT_, "a state has no name");

const char *live_state_name(enum live_state state)
{
	return names[state];
}

/* By the letter of proc_pid_stat(5). */
static enum live_state state_of(char letter)
{
	switch (letter) {
	case 'R': return LIVE_RUNNING;
	case 'D': return LIVE_DISK;
	case 'T': return LIVE_STOPPED;
	case 't': return LIVE_TRACED;
	case 'Z':
	case 'X':
	case 'x': return LIVE_ENDED;
	default: return LIVE_WAITING;
	}
}

/* The hexadecimal number behind the last "0x" but BACK of LINE; false: there are not so many. */
static bool take_address(const char *line, unsigned back, uint64_t *ret_address)
{
	const char *at = line + strlen(line);

	for (;;) {
		while (at > line && !(at[0] == '0' && at[1] == 'x'))
			at--;
		if (at == line)
			return false;
		if (back-- == 0)
			break;
		at--;
	}
	at += 2;
	*ret_address = number_take_hex(&at);
	return true;
}

int live_thread_look(pid_t pid, pid_t tid, struct live_look *ret_look)
{
	struct process_stat stat;
	char place[256], time[128];
	ssize_t length;
	int error = process_stat(tid, &stat);

	*ret_look = (struct live_look){.state = LIVE_ENDED};
	if (error < 0)
		return error == -ENOENT ? -ESRCH : error;
	text_format(ret_look->name, sizeof ret_look->name, "%s", stat.comm);
	ret_look->state = state_of(stat.state);
	if (ret_look->state == LIVE_ENDED)
		return -ESRCH;
	length = live_task_read(pid, tid, "syscall", place, sizeof place);
	if (length < 0)
		return length == -ENOENT ? -ESRCH : (int)length;
	/* Without it a thread that has been elsewhere and is back would be taken for one that has
	 * stayed. */
	if (live_task_read(pid, tid, "schedstat", time, sizeof time) < 0)
		time[0] = '\0';
	ret_look->has_place = take_address(place, 0, &ret_look->pc) &&
			      take_address(place, 1, &ret_look->sp) && ret_look->pc != 0;
	if (!ret_look->has_place)
		ret_look->state = LIVE_RUNNING;
	else if (ret_look->state == LIVE_RUNNING)
		ret_look->state = LIVE_WAITING;
	snprintf(ret_look->seen, sizeof ret_look->seen, "%.250s%.120s", place, time);
	return 0;
}

static const char *reason_of(int error)
{
	return error == -ESRCH ? "has ended" : strerror(-error);
}

static void set_registers(const struct live_look *look, struct trace_registers *registers)
{
	*registers = (struct trace_registers){.known = 0};
	register_set(registers, REGISTER_SP, look->sp);
	register_set(registers, REGISTER_PC, look->pc);
}

const char *live_thread_take(pid_t pid, pid_t tid, struct live_look *look,
	struct trace_registers *registers, struct live_copy *copy,
	const struct live_meanwhile *meanwhile)
{
	struct live_running running = {pid, tid, -1};
	int64_t waits_before;
	const char *reason;
	int error = 0;

	for (unsigned looks = 0; looks < LIVE_LOOKS; looks++) {
		error = live_thread_look(pid, tid, look);
		if (error < 0)
			return reason_of(error);
		if (look->has_place) {
			set_registers(look, registers);
			return NULL;
		}
		waits_before = running.waits;
		running.waits = live_task_waits(pid, tid);
		if (running.waits >= 0 && running.waits == waits_before) {
			reason = live_stop_take(&running, registers, copy, meanwhile);
			if (reason == NULL || strcmp(reason, LIVE_STOP_WAITS) != 0)
				return reason;
		}
		usleep(LIVE_LOOK_US);
	}
	return "runs and waits in turn, too fast to be looked at";
}
