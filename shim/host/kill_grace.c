/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/host/kill_grace.h"

#include "core/base/deadline.h"
#include "core/base/number.h"
#include "core/base/proc.h"
#include "core/base/signal_table.h"
#include "core/base/sys.h"
#include "core/base/text.h"
#include "shim/base/process_state.h"

#include <signal.h>
#include <string.h>

/* How often the children are looked at. */
#define LOOK_US 1000

/* What the kernel makes of a mask of all signals: nobody blocks these two. */
#define ALL_BLOCKED (~(SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP)))

struct children {
	const pid_t *pids;
	unsigned count;
	uint64_t tracing[SENT_SLOTS / 64]; /* those that have been seen to trace */
	bool has_waited;
};

static bool is_child(const char *lines)
{
	const char *at = strstr(lines, "\nPPid:\t");

	return at != NULL && number_prefix(at + 7) == atomic_load(&process_words.owner);
}

static bool has_ended(const char *lines)
{
	const char *at = strstr(lines, "\nState:\t");

	return at == NULL || at[8] == 'Z' || at[8] == 'X';
}

/* Whether child AT of CHILDREN is about to report its termination, or does so: one that has begun
 * will end by itself. */
static bool reports(struct children *children, unsigned at)
{
	uint64_t bit = (uint64_t)1 << (at % 64), blocked, pending;
	char path[32], lines[2048];

	text_format(path, sizeof path, "/proc/%d/status", (int)children->pids[at]);
	if (file_read(path, lines, sizeof lines) <= 0 || !is_child(lines) || has_ended(lines))
		return false;
	blocked = proc_mask(lines, "\nSigBlk:\t");
	pending = proc_mask(lines, "\nShdPnd:\t") & proc_mask(lines, "\nSigCgt:\t") & ~blocked;
	if (blocked == ALL_BLOCKED)
		children->tracing[at / 64] |= bit;
	return pending != 0 || (children->tracing[at / 64] & bit) != 0;
}

static void wait_for(struct children *children)
{
	struct deadline deadline = deadline_in(KILL_GRACE_MS);
	bool some = true;

	while (some && !deadline_is_over(&deadline)) {
		some = false;
		for (unsigned i = 0; i < children->count && !some; i++)
			some = reports(children, i);
		if (some) {
			children->has_waited = true;
			sys_pause(LOOK_US);
		}
	}
}

bool kill_grace(const pid_t *pids, unsigned count)
{
	struct children children = {.pids = pids, .count = count < SENT_SLOTS ? count : SENT_SLOTS};

	wait_for(&children);
	return children.has_waited;
}
