/* SPDX-License-Identifier: Apache-2.0 */
/* Names of si_code values: sigaction(2), linux/include/uapi/asm-generic/siginfo.h. */
#include "core/events/event.h"

#include "core/base/names.h"
#include "core/base/signal_table.h"

#include <signal.h>

/* The strings in place, not by pointers, which the loader would have to relocate. */
struct code {
	short signal; /* 0: any */
	short code;
	char name[16], text[36]; /* "": there is none */
};

static const struct code codes[] = {
	{SIGILL, ILL_ILLOPC, "ILL_ILLOPC", "illegal opcode"},
	{SIGILL, ILL_ILLOPN, "ILL_ILLOPN", "illegal operand"},
	{SIGILL, ILL_ILLADR, "ILL_ILLADR", "illegal addressing mode"},
	{SIGILL, ILL_ILLTRP, "ILL_ILLTRP", "illegal trap"},
	{SIGILL, ILL_PRVOPC, "ILL_PRVOPC", "privileged opcode"},
	{SIGILL, ILL_PRVREG, "ILL_PRVREG", "privileged register"},
	{SIGILL, ILL_COPROC, "ILL_COPROC", "coprocessor error"},
	{SIGILL, ILL_BADSTK, "ILL_BADSTK", "internal stack error"},
	{SIGFPE, FPE_INTDIV, "FPE_INTDIV", "integer division by zero"},
	{SIGFPE, FPE_INTOVF, "FPE_INTOVF", "integer overflow"},
	{SIGFPE, FPE_FLTDIV, "FPE_FLTDIV", "floating-point division by zero"},
	{SIGFPE, FPE_FLTOVF, "FPE_FLTOVF", "floating-point overflow"},
	{SIGFPE, FPE_FLTUND, "FPE_FLTUND", "floating-point underflow"},
	{SIGFPE, FPE_FLTRES, "FPE_FLTRES", "inexact floating-point result"},
	{SIGFPE, FPE_FLTINV, "FPE_FLTINV", "invalid floating-point operation"},
	{SIGFPE, FPE_FLTSUB, "FPE_FLTSUB", "subscript out of range"},
	{SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR", "address not mapped"},
	{SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR", "access not permitted"},
	{SIGSEGV, SEGV_BNDERR, "SEGV_BNDERR", "bound check failed"},
	{SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR", "protection key forbids it"},
	{SIGSEGV, SI_KERNEL, "SI_KERNEL", "general protection"},
	{SIGBUS, BUS_ADRALN, "BUS_ADRALN", "misaligned address"},
	{SIGBUS, BUS_ADRERR, "BUS_ADRERR", "no such physical address"},
	{SIGBUS, BUS_OBJERR, "BUS_OBJERR", "hardware error"},
	{SIGBUS, BUS_MCEERR_AR, "BUS_MCEERR_AR", "memory error, consumed"},
	{SIGBUS, BUS_MCEERR_AO, "BUS_MCEERR_AO", "memory error, found"},
	{SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT", "breakpoint"},
	{SIGTRAP, TRAP_TRACE, "TRAP_TRACE", "trace trap"},
	{SIGTRAP, SI_KERNEL, "SI_KERNEL", "breakpoint"},
	{SIGSYS, 1, "SYS_SECCOMP", "system call forbidden by seccomp"},
	{0, SI_USER, "SI_USER", ""},
	{0, SI_KERNEL, "SI_KERNEL", ""},
	{0, SI_QUEUE, "SI_QUEUE", ""},
	{0, SI_TIMER, "SI_TIMER", "timer"},
	{0, SI_MESGQ, "SI_MESGQ", "message queue"},
	{0, SI_ASYNCIO, "SI_ASYNCIO", "asynchronous i/o"},
	{0, SI_SIGIO, "SI_SIGIO", "i/o"},
	{0, SI_TKILL, "SI_TKILL", ""},
};

static const struct code *find_code(int number, int code)
{
	for (size_t i = 0; i < NAMES_COUNT(codes); i++)
		if (codes[i].code == code && (codes[i].signal == number || codes[i].signal == 0))
			return &codes[i];
	return NULL;
}

const char *event_signal_code_name(int number, int code)
{
	const struct code *found = find_code(number, code);

	return found == NULL ? NULL : found->name;
}

const char *event_signal_code_text(int number, int code)
{
	const struct code *found = find_code(number, code);

	return found == NULL || found->text[0] == '\0' ? NULL : found->text;
}
