/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/patience.h"

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
	/* When, by the monotonic clock in microseconds, the account is full again. */
	_Atomic int64_t full_at;
	pid_t process; /* whose it was at first */
	uint64_t host;
	const char *_Atomic directory; /* NULL: no marks */
} account;

void patience_limit(const char *directory, const char *hostname)
{
	account.host = hash_bytes(HASH_BEGIN, hostname, strlen(hostname));
	atomic_store(&account.directory, directory);
	account.process = sys_getpid();
	atomic_store(&account.last, false);
	atomic_store(&account.full_at, 0);
	atomic_store(&account.limited, true);
}

void patience_without_marks(void)
{
	atomic_store(&account.directory, NULL);
}

void patience_for_last(bool crashed)
{
	if (crashed || sys_getpid() == account.process)
		atomic_store(&account.last, true);
}

uint64_t patience_subject(const char *kind, const void *bytes, size_t count)
{
	uint64_t hash = hash_bytes(hash_bytes(HASH_BEGIN, kind, strlen(kind) + 1), bytes, count);

	return hash == 0 ? 1 : hash;
}

/* Of the account, in microseconds, for one thing. */
static int64_t allowance(int64_t now)
{
	int64_t spent = (atomic_load(&account.full_at) - now) / PATIENCE_REGAINED;
	bool last = atomic_load(&account.last);
	int64_t left = PATIENCE_MS * 1000 - (spent > 0 ? spent : 0);
	int64_t most = PATIENCE_MS * 1000;

	if (!last) {
		left -= PATIENCE_LAST_MS * 1000;
		most = PATIENCE_ONCE_MS * 1000;
	}
	left = left < most ? left : most;
	/* Who waits too little learns nothing, and the next one begins anew. */
	return left < PATIENCE_LEAST_MS * 1000 ? 0 : left;
}

static void spend(int64_t us, int64_t now)
{
	int64_t full_at = atomic_load(&account.full_at), from;

	do
		from = full_at > now ? full_at : now;
	while (!atomic_compare_exchange_weak(
		&account.full_at, &full_at, from + us * PATIENCE_REGAINED));
}

/* The reachability of something is a host's and a user's. */
static void mark_name(uint64_t subject, char name[NAME_SIZE])
{
	uint32_t user = (uint32_t)sys_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	uint64_t hash = hash_bytes(account.host, &user, sizeof user);

	hash = hash_bytes(hash, &subject, sizeof subject);
	text_format(name, NAME_SIZE, "silent-%08x%08x", (unsigned)(hash >> 32), (unsigned)hash);
}

/* Whether others found that it does not answer, and it is not our turn to try again. Where the
 * directory cannot be used, each process is on its own. */
static bool is_silent(struct patience *patience)
{
	const char *directory = atomic_load(&account.directory);
	char name[NAME_SIZE];
	int renewed;

	if (patience->subject == 0 || directory == NULL)
		return false;
	mark_name(patience->subject, name);
	renewed = run_mark_renew(directory, name, PATIENCE_RETRY_LEAST_MS, PATIENCE_RETRY_MOST_MS);
	patience->marked = renewed == 1;
	patience->silent = renewed == 0;
	return patience->silent;
}

/* In microseconds, once it is known that it does not answer at once. */
static int64_t begin(struct patience *patience, int64_t now)
{
	int64_t most = (int64_t)patience->most_ms * 1000, allowed;

	if (!atomic_load(&account.limited))
		return most;
	allowed = allowance(now);
	if (most == 0 || allowed == 0 || is_silent(patience))
		return 0;
	return most < allowed ? most : allowed;
}

int64_t patience_left(struct patience *patience)
{
	int64_t now = instant_mono_us();

	if (!patience->begun) {
		patience->begun = true;
		patience->began_us = now;
		patience->until_us = now + begin(patience, now);
	}
	return patience->until_us > now ? patience->until_us - now : 0;
}

static void mark(const struct patience *patience, bool answered)
{
	const char *directory = atomic_load(&account.directory);
	char name[NAME_SIZE];

	if (patience->subject == 0 || directory == NULL)
		return;
	mark_name(patience->subject, name);
	if (answered && patience->marked)
		run_mark_remove(directory, name);
	else if (!answered && !patience->marked)
		run_mark_make(directory, name);
}

bool patience_end(struct patience *patience, bool answered)
{
	int64_t now, waited;
	bool given_up;

	if (!patience->begun || patience->until_us == patience->began_us)
		return patience->silent;
	now = instant_mono_us();
	waited = now - patience->began_us;
	given_up = !answered && now >= patience->until_us;
	if (!atomic_load(&account.limited))
		return given_up;
	spend(waited, now);
	if (answered || given_up)
		mark(patience, answered);
	return given_up;
}
