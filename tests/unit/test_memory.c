/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/memory.h"

#include "tests/unit/unit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

/* Two pages, of which the second cannot be read. */
static char *half_readable(void)
{
	char *pages =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	memset(pages, 'x', 2 * PAGE);
	assert_int_equal(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
	return pages;
}

static void reading_ends_at_the_first_unreadable_page(void **state)
{
	struct memory_reader reader = {0};
	char *pages = half_readable(), to[16];

	(void)state;
	assert_int_equal(memory_read(&reader, (uintptr_t)pages + PAGE - 5, to, sizeof to), 5);
	assert_int_equal(memory_read(&reader, (uintptr_t)pages + PAGE, to, sizeof to), 0);
	assert_int_equal(memory_read(&reader, (uintptr_t)pages, to, sizeof to), 16);
	munmap(pages, 2 * PAGE);
}

static void exact_reading_is_all_or_nothing(void **state)
{
	struct memory_reader reader = {0};
	char *pages = half_readable(), to[16] = "untouched";

	(void)state;
	assert_false(memory_read_exact(&reader, (uintptr_t)pages + PAGE - 8, to, 9));
	assert_string_equal(to, "untouched");
	assert_true(memory_read_exact(&reader, (uintptr_t)pages + PAGE - 8, to, 8));
	assert_memory_equal(to, "xxxxxxxx", 8);
	munmap(pages, 2 * PAGE);
}

static void nowhere_and_the_end_of_the_address_space_are_unreadable(void **state)
{
	struct memory_reader reader = {0};
	char to[16];

	(void)state;
	assert_int_equal(memory_read(&reader, 8, to, 8), 0);
	assert_int_equal(memory_read(&reader, UINTPTR_MAX - 3, to, sizeof to), 0);
	assert_int_equal(memory_read(&reader, (uintptr_t)1 << 63, to, sizeof to), 0);
}

static void strings_end_at_their_nul_the_buffer_or_the_page(void **state)
{
	struct memory_reader reader = {0};
	char *pages = half_readable(), to[8];

	(void)state;
	strcpy(pages, "abc");
	strcpy(pages + 8, "abcdefghij");
	assert_true(memory_read_string(&reader, (uintptr_t)pages, to, sizeof to));
	assert_string_equal(to, "abc");
	assert_true(memory_read_string(&reader, (uintptr_t)pages + 8, to, sizeof to));
	assert_string_equal(to, "abcdefg");
	assert_true(memory_read_string(&reader, (uintptr_t)pages + PAGE - 3, to, sizeof to));
	assert_string_equal(to, "xxx");
	assert_false(memory_read_string(&reader, (uintptr_t)pages + PAGE, to, sizeof to));
	munmap(pages, 2 * PAGE);
}

static void a_string_is_one_if_its_nul_can_be_reached(void **state)
{
	struct memory_reader reader = {0};
	char *pages = half_readable();

	(void)state;
	assert_false(memory_holds_string(&reader, (uintptr_t)pages));
	pages[PAGE - 1] = '\0';
	assert_true(memory_holds_string(&reader, (uintptr_t)pages));
	assert_false(memory_holds_string(&reader, (uintptr_t)pages + PAGE));
	assert_false(memory_holds_string(&reader, 0));
	munmap(pages, 2 * PAGE);
}

/* What a child exits with where there are no filters of system calls: under an emulator. */
#define NO_FILTERS 77

/* A filter that refuses the question of what can be read: in a child, as no filter goes away. */
static void a_refused_question_is_asked_another_way(void **state)
{
	struct sock_filter rules[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigprocmask, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
	struct memory_reader reader = {0};
	char *pages = half_readable(), to[16];
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(NO_FILTERS);
		_exit(memory_read(&reader, (uintptr_t)pages + PAGE - 5, to, sizeof to) != 5);
	}
	waitpid(child, &status, 0);
	munmap(pages, 2 * PAGE);
	if (status == NO_FILTERS << 8) {
		print_message("# the kernel here takes no filter of system calls\n");
		skip();
	}
	assert_int_equal(status, 0);
}

UNIT_TESTS(cmocka_unit_test(a_string_is_one_if_its_nul_can_be_reached),
	cmocka_unit_test(a_refused_question_is_asked_another_way),
	cmocka_unit_test(reading_ends_at_the_first_unreadable_page),
	cmocka_unit_test(exact_reading_is_all_or_nothing),
	cmocka_unit_test(nowhere_and_the_end_of_the_address_space_are_unreadable),
	cmocka_unit_test(strings_end_at_their_nul_the_buffer_or_the_page))
