/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/event.h"

#include "core/base/signal_table.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

static void assert_name(int number, const char *expected)
{
	char buffer[16];

	assert_string_equal(signal_name(number, buffer), expected);
}

static void standard_signals_have_the_names_of_signal_h(void **state)
{
	static const struct {
		int number;
		const char *name;
	} signals[] = {
		{SIGHUP, "SIGHUP"},
		{SIGINT, "SIGINT"},
		{SIGQUIT, "SIGQUIT"},
		{SIGILL, "SIGILL"},
		{SIGTRAP, "SIGTRAP"},
		{SIGABRT, "SIGABRT"},
		{SIGBUS, "SIGBUS"},
		{SIGFPE, "SIGFPE"},
		{SIGKILL, "SIGKILL"},
		{SIGUSR1, "SIGUSR1"},
		{SIGSEGV, "SIGSEGV"},
		{SIGUSR2, "SIGUSR2"},
		{SIGPIPE, "SIGPIPE"},
		{SIGALRM, "SIGALRM"},
		{SIGTERM, "SIGTERM"},
		{SIGSTKFLT, "SIGSTKFLT"},
		{SIGCHLD, "SIGCHLD"},
		{SIGCONT, "SIGCONT"},
		{SIGSTOP, "SIGSTOP"},
		{SIGTSTP, "SIGTSTP"},
		{SIGTTIN, "SIGTTIN"},
		{SIGTTOU, "SIGTTOU"},
		{SIGURG, "SIGURG"},
		{SIGXCPU, "SIGXCPU"},
		{SIGXFSZ, "SIGXFSZ"},
		{SIGVTALRM, "SIGVTALRM"},
		{SIGPROF, "SIGPROF"},
		{SIGWINCH, "SIGWINCH"},
		{SIGIO, "SIGIO"},
		{SIGPWR, "SIGPWR"},
		{SIGSYS, "SIGSYS"},
	};

	(void)state;
	assert_int_equal(sizeof signals / sizeof *signals, 31);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		assert_name(signals[i].number, signals[i].name);
}

static void realtime_signals_count_from_glibcs_first(void **state)
{
	(void)state;
	assert_int_equal(SIGRTMIN, 34);
	assert_int_equal(SIGRTMAX, 64);
	assert_name(SIGRTMIN, "SIGRTMIN");
	assert_name(SIGRTMIN + 3, "SIGRTMIN+3");
	assert_name(SIGRTMAX, "SIGRTMIN+30");
}

static void other_numbers_stay_numbers(void **state)
{
	(void)state;
	assert_name(0, "signal 0");
	assert_name(-1, "signal -1");
	assert_name(32, "signal 32");
	assert_name(33, "signal 33");
	assert_name(SIGRTMAX + 1, "signal 65");
	assert_name(INT_MAX, "signal 21474836");
	assert_name(INT_MIN, "signal -2147483");
}

static void names_lead_back_to_numbers(void **state)
{
	char buffer[16];

	(void)state;
	for (int number = 1; number <= SIGNAL_MAX; number++) {
		const char *name = signal_name(number, buffer);
		bool is_glibcs = number == 32 || number == 33;

		assert_int_equal(signal_number(name), is_glibcs ? -EINVAL : number);
		assert_int_equal(signal_number(name + 3), is_glibcs ? -EINVAL : number);
	}
	assert_int_equal(signal_number("RTMAX"), 64);
	assert_int_equal(signal_number("RTMAX-30"), 34);
	assert_int_equal(signal_number("RTMIN+0"), 34);
	assert_int_equal(signal_number("POLL"), SIGIO);
	assert_int_equal(signal_number("SIGIOT"), SIGABRT);
}

static void what_is_no_name_has_no_number(void **state)
{
	static const char *const names[] = {"", "SIG", "term", "SIGSIGTERM", "15", "RTMIN+",
		"RTMIN-1", "RTMIN+31", "RTMAX-31", "RTMIN+4294967296", "RTMIN+1x", "RTMINX",
		"TERM ", "ERM"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(signal_number(names[i]), -EINVAL);
}

static void signals_that_kill_are_those_of_signal_7(void **state)
{
	static const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP,
		SIGTTIN, SIGTTOU, SIGKILL, 0, -1, 32, 33, 65};
	int count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		assert_false(signal_kills(harmless[i]));
	for (int number = 1; number <= SIGNAL_MAX; number++)
		count += signal_kills(number);
	assert_int_equal(count, 64 - 11);
}

static void assert_code(int number, int code, const char *name, const char *text)
{
	const char *is_name = event_signal_code_name(number, code);
	const char *is_text = event_signal_code_text(number, code);

	if (name == NULL)
		assert_null(is_name);
	else
		assert_string_equal(is_name, name);
	if (text == NULL)
		assert_null(is_text);
	else
		assert_string_equal(is_text, text);
}

static void a_faults_code_says_what_was_wrong(void **state)
{
	(void)state;
	assert_code(SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR", "address not mapped");
	assert_code(SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR", "access not permitted");
	assert_code(SIGBUS, BUS_ADRALN, "BUS_ADRALN", "misaligned address");
	assert_code(SIGBUS, BUS_ADRERR, "BUS_ADRERR", "no such physical address");
	assert_code(SIGFPE, FPE_INTDIV, "FPE_INTDIV", "integer division by zero");
	assert_code(SIGILL, ILL_ILLOPN, "ILL_ILLOPN", "illegal operand");
	assert_code(SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT", "breakpoint");
	assert_code(SIGSYS, 1, "SYS_SECCOMP", "system call forbidden by seccomp");
}

static void a_codes_meaning_depends_on_its_signal(void **state)
{
	(void)state;
	assert_code(SIGSEGV, SI_KERNEL, "SI_KERNEL", "general protection");
	assert_code(SIGTRAP, SI_KERNEL, "SI_KERNEL", "breakpoint");
	assert_code(SIGTERM, SI_KERNEL, "SI_KERNEL", NULL);
	assert_code(SIGTERM, SEGV_MAPERR, NULL, NULL);
}

static void senders_codes_are_named_for_every_signal(void **state)
{
	static const int signals[] = {SIGTERM, SIGSEGV, SIGKILL, 64};

	(void)state;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		assert_code(signals[i], SI_USER, "SI_USER", NULL);
		assert_code(signals[i], SI_TKILL, "SI_TKILL", NULL);
		assert_code(signals[i], SI_QUEUE, "SI_QUEUE", NULL);
		assert_code(signals[i], SI_TIMER, "SI_TIMER", "timer");
		assert_code(signals[i], 4711, NULL, NULL);
		assert_code(signals[i], INT_MIN, NULL, NULL);
	}
}

UNIT_TESTS(cmocka_unit_test(standard_signals_have_the_names_of_signal_h),
	cmocka_unit_test(realtime_signals_count_from_glibcs_first),
	cmocka_unit_test(other_numbers_stay_numbers), cmocka_unit_test(names_lead_back_to_numbers),
	cmocka_unit_test(what_is_no_name_has_no_number),
	cmocka_unit_test(signals_that_kill_are_those_of_signal_7),
	cmocka_unit_test(a_faults_code_says_what_was_wrong),
	cmocka_unit_test(a_codes_meaning_depends_on_its_signal),
	cmocka_unit_test(senders_codes_are_named_for_every_signal))
