/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/sandbox.h"

#include "core/base/sys.h"

#include <stdatomic.h>

/* How many filters forbid a call of NEED_FOR_MORE, and of NEED_FOR_PTRACE. */
static atomic_int more_forbidden, ptrace_forbidden;

bool sandbox_allows_more(void)
{
	return atomic_load(&more_forbidden) == 0;
}

bool sandbox_allows_ptrace(void)
{
	return atomic_load(&ptrace_forbidden) == 0;
}

void sandbox_set_add(struct sandbox_set *set, unsigned i)
{
	set->calls[i / 64] |= (uint64_t)1 << (i % 64);
	set->needs |= sandbox_calls[i].need;
}

static void count_filter(unsigned needs, int difference)
{
	if (needs & NEED_FOR_MORE)
		atomic_fetch_add(&more_forbidden, difference);
	if (needs & NEED_FOR_PTRACE)
		atomic_fetch_add(&ptrace_forbidden, difference);
}

void sandbox_forbid(struct sandbox_set *set)
{
	for (unsigned i = 0; sandbox_calls[i].number >= 0; i++) {
		uint64_t bit = (uint64_t)1 << (i % 64);

		if ((set->calls[i / 64] & bit) && !sys_forbid(sandbox_calls[i].number))
			set->calls[i / 64] &= ~bit;
	}
	count_filter(set->needs, 1);
}

void sandbox_permit(const struct sandbox_set *set)
{
	for (unsigned i = 0; sandbox_calls[i].number >= 0; i++)
		if (set->calls[i / 64] >> (i % 64) & 1)
			sys_permit(sandbox_calls[i].number);
	count_filter(set->needs, -1);
}

bool sandbox_is_forbidden(const struct sandbox_call *call)
{
	bool more = (call->need & NEED_FOR_MORE) == 0 || !sandbox_allows_more();
	bool ptrace = (call->need & NEED_FOR_PTRACE) == 0 || !sandbox_allows_ptrace();
	bool by_itself = (call->need & NEED_BY_ITSELF) == 0 || sys_is_forbidden(call->number);

	return !sandbox_call_is_essential(call) && more && ptrace && by_itself;
}
