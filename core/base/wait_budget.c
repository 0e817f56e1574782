/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/wait_budget.h"

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/run_mark.h"
#include "core/base/sys.h"
#include "core/base/text.h"

#include <stdatomic.h>
#include <string.h>

#define NAME_SIZE 40

static struct {
	atomic_bool limited;
	atomic_bool last;
	/* When the budget is full again, in microseconds of CLOCK_MONOTONIC. */
	_Atomic int64_t full_at;
	pid_t process; /* the process that opened it; a forked child has a copy */
	uint64_t host;
	const char *_Atomic directory; /* NULL: no marks */
} budget;

void wait_budget_open(const char *directory, const char *hostname)
{
	budget.host = hash_bytes(HASH_BEGIN, hostname, strlen(hostname));
	atomic_store(&budget.directory, directory);
	budget.process = sys_getpid();
	atomic_store(&budget.last, false);
	atomic_store(&budget.full_at, 0);
	atomic_store(&budget.limited, true);
}

void wait_budget_without_marks(void)
{
	atomic_store(&budget.directory, NULL);
}

void wait_budget_for_last(bool crashed)
{
	if (crashed || sys_getpid() == budget.process)
		atomic_store(&budget.last, true);
}

uint64_t wait_budget_subject(const char *kind, const void *bytes, size_t count)
{
	uint64_t hash = hash_bytes(hash_bytes(HASH_BEGIN, kind, strlen(kind) + 1), bytes, count);

	return hash == 0 ? 1 : hash;
}

/* How many microseconds of the remaining budget one wait may take. */
static int64_t allowance(int64_t now)
{
	int64_t spent = (atomic_load(&budget.full_at) - now) / WAIT_BUDGET_REGAINED;
	bool last = atomic_load(&budget.last);
	int64_t left = WAIT_BUDGET_MS * 1000 - (spent > 0 ? spent : 0);
	int64_t most = WAIT_BUDGET_MS * 1000;

	if (!last) {
		left -= WAIT_BUDGET_LAST_MS * 1000;
		most = WAIT_BUDGET_ONCE_MS * 1000;
	}
	left = left < most ? left : most;
	/* A shorter wait proves nothing, and the next record would begin another. */
	return left < WAIT_BUDGET_LEAST_MS * 1000 ? 0 : left;
}

static void spend(int64_t us, int64_t now)
{
	int64_t full_at = atomic_load(&budget.full_at), from;

	do
		from = full_at > now ? full_at : now;
	while (!atomic_compare_exchange_weak(
		&budget.full_at, &full_at, from + us * WAIT_BUDGET_REGAINED));
}

/* Writes the name of SUBJECT's mark to NAME. Each host and each user has a mark of its own, as one
 * may reach a subject that another does not. */
static void mark_name(uint64_t subject, char name[NAME_SIZE])
{
	uint32_t user = (uint32_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	uint64_t hash = hash_bytes(budget.host, &user, sizeof user);

	hash = hash_bytes(hash, &subject, sizeof subject);
	text_format(name, NAME_SIZE, "silent-%08x%08x", (unsigned)(hash >> 32), (unsigned)hash);
}

/* Whether another process has marked WAIT's subject as not answering, and it is not our turn to try
 * again. If the directory cannot be used, each process finds out by itself. */
static bool is_silent(struct budgeted_wait *wait)
{
	const char *directory = atomic_load(&budget.directory);
	char name[NAME_SIZE];
	int renewed;

	if (wait->subject == 0 || directory == NULL)
		return false;
	mark_name(wait->subject, name);
	renewed = run_mark_renew(
		directory, name, WAIT_BUDGET_RETRY_LEAST_MS, WAIT_BUDGET_RETRY_MOST_MS);
	wait->marked = renewed == 1;
	wait->silent = renewed == 0;
	return wait->silent;
}

/* Begins WAIT. Returns for how many microseconds it may last. */
static int64_t begin(struct budgeted_wait *wait, int64_t now)
{
	int64_t most = (int64_t)wait->most_ms * 1000, allowed;

	if (!atomic_load(&budget.limited))
		return most;
	allowed = allowance(now);
	if (most == 0 || allowed == 0 || is_silent(wait))
		return 0;
	return most < allowed ? most : allowed;
}

int64_t wait_budget_left(struct budgeted_wait *wait)
{
	int64_t now = instant_mono_us();

	if (!wait->begun) {
		wait->begun = true;
		wait->began_us = now;
		wait->until_us = now + begin(wait, now);
	}
	return wait->until_us > now ? wait->until_us - now : 0;
}

static void mark(const struct budgeted_wait *wait, bool answered)
{
	const char *directory = atomic_load(&budget.directory);
	char name[NAME_SIZE];

	if (wait->subject == 0 || directory == NULL)
		return;
	mark_name(wait->subject, name);
	if (answered && wait->marked)
		run_mark_remove(directory, name);
	else if (!answered && !wait->marked)
		run_mark_make(directory, name);
}

bool wait_budget_end(struct budgeted_wait *wait, bool answered)
{
	int64_t now, waited;
	bool given_up;

	if (!wait->begun || wait->until_us == wait->began_us)
		return wait->silent;
	now = instant_mono_us();
	waited = now - wait->began_us;
	given_up = !answered && now >= wait->until_us;
	if (!atomic_load(&budget.limited))
		return given_up;
	spend(waited, now);
	if (answered || given_up)
		mark(wait, answered);
	return given_up;
}
