/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/crash/cxx.h"

#include "core/base/memory.h"
#include "core/base/sys.h"
#include "core/base/type_name.h"
#include "shim/base/late_memory.h"
#include "shim/base/real.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>

/* Slots of the Itanium C++ ABI's virtual tables, behind the two destructors. libc++abi has two
 * empty slots, so that std::type_info's __do_catch has the same index as in libstdc++. */
enum { SLOT_WHAT = 2, SLOT_DO_CATCH = 4 };

/* std::type_info. */
struct type_info {
	void *const *table;
	const char *name;
};

/* Stands for std::exception_ptr. It is larger, so that it is returned in memory, as a class with a
 * destructor is. */
struct exception_pointer {
	void *object;
	void *unused[2];
};

/* What the tracer found; read when the tracer is gone. */
static struct {
	const struct module *runtime;
	char mangled[1024];
	char type[1024];
	char message[4096];
	bool known;
} thrown LARGE_STATIC;

/* Whether FUNCTION is part of the way to std::terminate(). Its callers count, too: a runtime that
 * exports no more than it must has no name for __terminate() itself. */
static bool ends_uncaught(const char *function)
{
	static const char *const functions[] = {
		"_ZSt9terminatev",
		"_ZN10__cxxabiv111__terminateEPFvvE",
		"_ZSt11__terminatePFvvE",
		"_ZN9__gnu_cxx27__verbose_terminate_handlerEv",
		"__gxx_personality_v0",
		"__cxa_throw",
		"__cxa_rethrow",
	};

	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (strcmp(function, functions[i]) == 0)
			return true;
	return false;
}

static const struct module *module_of(const struct trace *trace, const struct frame *frame)
{
	for (unsigned i = 0; i < trace->modules.count; i++)
		if (&trace->modules.list[i].public == frame->module)
			return &trace->modules.list[i];
	return NULL;
}

bool cxx_is_terminating(const struct trace *trace)
{
	thrown.known = false;
	thrown.message[0] = '\0';
	for (unsigned i = 0; i < trace->count; i++) {
		const struct frame *frame = &trace->frames[i];

		if (frame->function == NULL || !ends_uncaught(frame->function))
			continue;
		thrown.runtime = module_of(trace, frame);
		return thrown.runtime != NULL && thrown.runtime->dynamic != 0;
	}
	return false;
}

static void *lookup(const char *name)
{
	return real_lookup_in((uintptr_t)thrown.runtime->public.bias,
		(const void *)(uintptr_t)thrown.runtime->dynamic, name);
}

/*
 * The object that was thrown first, not the one that std::rethrow_exception() makes. NULL when
 * there is none, or another language threw it.
 */
static void *current_object(void)
{
	void *(*primary)(void) = lookup("__cxa_current_primary_exception"); /* libc++abi */
	struct exception_pointer (*current)(void);

	if (primary != NULL)
		return primary();
	current = lookup("_ZSt17current_exceptionv");
	return current == NULL ? NULL : current().object;
}

static const struct type_info *current_type(void)
{
	const struct type_info *(*type)(void) = lookup("__cxa_current_exception_type");

	return type == NULL ? NULL : type();
}

/* libstdc++ puts a '*' before the names of types that are local to one object file. */
static bool read_type(const struct type_info *type)
{
	struct memory_reader reader = {0};
	struct type_info copy;
	struct text text;

	if (!memory_read_exact(&reader, (uintptr_t)type, &copy, sizeof copy) ||
		!memory_read_string(
			&reader, (uintptr_t)copy.name, thrown.mangled, sizeof thrown.mangled))
		return false;
	text_init(&text, thrown.type, sizeof thrown.type);
	type_name_add(thrown.mangled + (thrown.mangled[0] == '*'), &text);
	return true;
}

static void copy_message(const char *message)
{
	struct memory_reader reader = {0};

	if (!memory_read_string(&reader, (uintptr_t)message, thrown.message, sizeof thrown.message))
		thrown.message[0] = '\0';
}

/* The mangled names of types whose first word points to the text: char pointers, and both kinds of
 * std::string of libstdc++. */
static const char *const texts[] = {
	"PKc",
	"Pc",
	"Ss",
	"NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
};

static bool read_text(const void *object)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(thrown.mangled, texts[i]) == 0) {
			copy_message(*(const char *const *)object);
			return true;
		}
	return false;
}

static bool read_number(const void *object)
{
	struct text text;

	if (thrown.mangled[0] == '\0' || thrown.mangled[1] != '\0')
		return false;
	text_init(&text, thrown.message, sizeof thrown.message);
	switch (thrown.mangled[0]) {
	case 'i': text_i64(&text, *(const int *)object); return true;
	case 'j': text_u64(&text, *(const unsigned *)object); return true;
	case 'l':
	case 'x': text_i64(&text, *(const int64_t *)object); return true;
	case 'm':
	case 'y': text_u64(&text, *(const uint64_t *)object); return true;
	default: return false;
	}
}

/* Call what() of OBJECT, if it is a std::exception: the runtime finds that base as for a `catch
 * (const std::exception &)`. */
static void call_what(const struct type_info *type, void *object)
{
	const struct type_info *base = lookup("_ZTISt9exception");
	bool (*do_catch)(const struct type_info *base, const struct type_info *thrown,
		void **object, unsigned outer);
	const char *(*what)(const void *exception);

	if (base == NULL)
		return;
	do_catch = base->table[SLOT_DO_CATCH];
	if (!do_catch(base, type, &object, 1))
		return;
	what = (*(void *const *const *)object)[SLOT_WHAT];
	copy_message(what(object));
}

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define ALLOW(number) SKIP_UNLESS(number, 1), ANSWER(SECCOMP_RET_ALLOW)

/*
 * From now on the calling task may allocate memory, wait for a lock, signal itself and exit; any
 * other system call fails with EPERM, so of all that it shares with the process only memory can
 * change. This cannot be undone. Returns false, with nothing forbidden, if the kernel refuses the
 * filter.
 */
static bool confine(void)
{
	uint32_t self = (uint32_t)sys_getpid();
	/* core/base/memory.c probes pages by rt_sigprocmask. */
	struct sock_filter rules[] = {
		LOAD(nr),
		ALLOW(SYS_exit),
		ALLOW(SYS_exit_group),
		ALLOW(SYS_rt_sigreturn),
		ALLOW(SYS_rt_sigprocmask),
		ALLOW(SYS_brk),
		ALLOW(SYS_mmap),
		ALLOW(SYS_mremap),
		ALLOW(SYS_mprotect),
		ALLOW(SYS_munmap),
		ALLOW(SYS_madvise),
		ALLOW(SYS_futex),
		ALLOW(SYS_sched_yield),
		ALLOW(SYS_clock_gettime),
		ALLOW(SYS_getpid),
		ALLOW(SYS_gettid),
		SKIP_UNLESS(SYS_tgkill, 3),
		LOAD(args[0]),
		SKIP_UNLESS(self, 1),
		ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};

	return sys_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) == 0 &&
	       sys_call(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program, 0, 0, 0) ==
		       0;
}

void cxx_ask(void *nothing)
{
	void *object = current_object();
	const struct type_info *type = object == NULL ? NULL : current_type();

	(void)nothing;
	if (type == NULL)
		return;
	thrown.known = read_type(type);
	if (thrown.known && !read_text(object) && !read_number(object) && confine())
		call_what(type, object);
}

bool cxx_exception_is_known(void)
{
	return thrown.known;
}

void cxx_exception_fill(struct event *event)
{
	if (!thrown.known)
		return;
	event->what = "exception";
	event->cause = CAUSE_EXCEPTION;
	event->exception = (struct event_exception){
		.language = "c++",
		.type = thrown.type,
		.message = thrown.message[0] == '\0' ? NULL : thrown.message,
	};
}
