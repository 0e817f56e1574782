/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/fault.h"

#if defined(__x86_64__)

#include "core/base/memory.h"

#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

/* Intel's manual, volume 3, table 6-1 (0, division, is also what stands there before any fault);
 * and the error code of a page fault, bit 0: the page was there. */
enum { TRAP_OPCODE = 6, TRAP_PROTECTION = 13, TRAP_PAGE = 14, TRAP_ALIGNMENT = 17 };
#define PAGE_WAS_THERE 1

static const struct {
	int trap, signal, code;
	bool has_address;
} traps[] = {
	{TRAP_OPCODE, SIGILL, ILL_ILLOPN, false},
	{TRAP_PROTECTION, SIGSEGV, SI_KERNEL, false},
	{TRAP_PAGE, SIGSEGV, SEGV_MAPERR, true},
	{TRAP_PAGE, SIGBUS, BUS_ADRERR, true},
	{TRAP_ALIGNMENT, SIGBUS, BUS_ADRALN, false},
};

/* Whether the instruction before PC is `syscall`: the program asked for the signal. */
static bool is_after_system_call(uintptr_t pc)
{
	struct memory_reader reader = {0};
	uint8_t before[2];

	return memory_read_exact(&reader, pc - 2, before, sizeof before) && before[0] == 0x0f &&
	       before[1] == 0x05;
}

bool fault_of_context(int number, const void *context, struct fault *ret_fault)
{
	const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;

	if (is_after_system_call((uintptr_t)registers[REG_RIP]))
		return false;
	for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
		if (traps[i].trap != registers[REG_TRAPNO] || traps[i].signal != number)
			continue;
		*ret_fault = (struct fault){
			.code = traps[i].code,
			.has_address = traps[i].has_address,
			.address = (uint64_t)registers[REG_CR2],
		};
		if (number == SIGSEGV && traps[i].has_address &&
			(registers[REG_ERR] & PAGE_WAS_THERE))
			ret_fault->code = SEGV_ACCERR;
		return true;
	}
	return false;
}

#else

bool fault_of_context(int number, const void *context, struct fault *ret_fault)
{
	(void)number;
	(void)context;
	(void)ret_fault;
	return false;
}

#endif
