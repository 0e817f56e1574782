/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/sys.h"

#include "tests/unit/unit.h"

#include <errno.h>

static void what_is_forbidden_is_not_called(void **state)
{
	(void)state;
	assert_true(sys_try(SYS_getppid, 0, 0, 0, 0, 0, 0) >= 0);
	assert_false(sys_is_forbidden(SYS_getppid));
	assert_true(sys_forbid(SYS_getppid));
	assert_true(sys_is_forbidden(SYS_getppid));
	assert_false(sys_is_forbidden(SYS_getppid + 64));
	assert_int_equal(sys_try(SYS_getppid, 0, 0, 0, 0, 0, 0), -EPERM);
	assert_false(sys_forbid(SYS_getppid));
	sys_permit(SYS_getppid);
	assert_true(sys_try(SYS_getppid, 0, 0, 0, 0, 0, 0) >= 0);
}

static void numbers_that_are_none_change_nothing(void **state)
{
	(void)state;
	assert_false(sys_forbid(-1));
	assert_false(sys_forbid(1 << 20));
	assert_false(sys_is_forbidden(-1));
	sys_permit(-1);
	assert_int_equal(sys_try(1 << 20, 0, 0, 0, 0, 0, 0), -ENOSYS);
}

static void all_signals_but_faults_are_held(void **state)
{
	sigset_t now;
	uint64_t before;

	(void)state;
	assert_int_equal(sys_hold_signals(&before), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	assert_true(sigismember(&now, SIGTERM) && sigismember(&now, SIGUSR1));
	assert_false(sigismember(&now, SIGSEGV) || sigismember(&now, SIGSYS));
	assert_int_equal(sys_sigprocmask(SIG_SETMASK, &before, NULL), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	assert_int_equal(sigismember(&now, SIGUSR1), before >> (SIGUSR1 - 1) & 1);
}

UNIT_TESTS(cmocka_unit_test(all_signals_but_faults_are_held),
	cmocka_unit_test(what_is_forbidden_is_not_called),
	cmocka_unit_test(numbers_that_are_none_change_nothing))
