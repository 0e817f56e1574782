/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/sys.h"

#include "core/base/signal_table.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#define WORD_BITS 64
#define NUMBERS 512

static _Atomic uint64_t forbidden[NUMBERS / WORD_BITS];

static uint64_t bit_of(long number)
{
	return (uint64_t)1 << ((unsigned long)number % WORD_BITS);
}

static bool has_place(long number)
{
	return number >= 0 && number < NUMBERS;
}

bool sys_is_forbidden(long number)
{
	return has_place(number) &&
	       (atomic_load_explicit(&forbidden[number / WORD_BITS], memory_order_relaxed) &
		       bit_of(number)) != 0;
}

bool sys_forbid(long number)
{
	uint64_t bit = bit_of(number);

	return has_place(number) && !(atomic_fetch_or(&forbidden[number / WORD_BITS], bit) & bit);
}

void sys_permit(long number)
{
	if (has_place(number))
		atomic_fetch_and(&forbidden[number / WORD_BITS], ~bit_of(number));
}

long sys_try(long number, long a, long b, long c, long d, long e, long f)
{
	return sys_is_forbidden(number) ? -EPERM : sys_call(number, a, b, c, d, e, f);
}

int sys_hold_signals(uint64_t *ret_before)
{
	uint64_t held = ~SIGNALS_SYNCHRONOUS;

	return sys_sigprocmask(SIG_BLOCK, &held, ret_before);
}
