/* SPDX-License-Identifier: Apache-2.0 */
/* Crash handlers of the host's: what they print and do is as ever, and the end is reported after
 * them.
 */
#include <string.h>

#include "tests/support/cases.h"
#include "tests/support/cmocka.h"

#define REPORTERS(...)                           \
	{                                        \
		VICTIM("reporters"), __VA_ARGS__ \
	}
#define HOST(name, ...)                            \
	{                                          \
		VICTIM("hosts/" name), __VA_ARGS__ \
	}
#define CRASHED LIVED("FAILED SIGSEGV *")
#define ABORTED LIVED("FAILED SIGABRT abort")
#define EXITED LIVED("FAILED SIGSEGV SEGV_MAPERR then _exit 42")

/* What a library's handler prints: addresses, pids, times, on which core it ran. */
#define MASKS                                                                        \
	.masks = {"0x[0-9a-f]+", "([PT]ID |thread |at |@|time=|tkill\\(\\) )[0-9]+", \
		"F[0-9]+ [0-9:.]+ +[0-9]+", "cpu [0-9]+"}
#define NEEDS(name) .needs = VICTIM("hosts/" name), MASKS

static void dumped(const struct run *watched)
{
	assert_string_equal(watched->err.data, "*** dump ***\n");
}

#define SAYS(name, words)                                          \
	static void says_##name(const struct run *watched)         \
	{                                                          \
		assert_non_null(watched->err.data);                \
		assert_non_null(strstr(watched->err.data, words)); \
	}
SAYS(glog, "*** SIGSEGV (@")
SAYS(fatal, "cannot go on")
SAYS(absl, "*** SIGSEGV received ")
SAYS(backward, "Segmentation fault")
SAYS(ucx, "Caught signal 11")

static const struct run_case own_cases[] = {
	{"glog's way: SIG_DFL, and kill", REPORTERS("glog"), CRASHED, .also = dumped},
	{"glog's way in a thread", REPORTERS("glog", "thread"), CRASHED, .also = dumped},
	{"glog's way with abort()", REPORTERS("glog", "abort"), ABORTED, .also = dumped},
	{"folly's way: what was there before, and raise", REPORTERS("folly"), CRASHED,
		.also = dumped},
	{"folly's way in a thread", REPORTERS("folly", "thread"), CRASHED, .also = dumped},
	{"folly's way with abort()", REPORTERS("folly", "abort"), ABORTED, .also = dumped},
	{"backward's way: SA_RESETHAND, and raise", REPORTERS("backward"), CRASHED, .also = dumped},
	{"backward's way in a thread", REPORTERS("backward", "thread"), CRASHED, .also = dumped},
	{"backward's way with abort()", REPORTERS("backward", "abort"), ABORTED, .also = dumped},
	{"a small alternate stack of its own", REPORTERS("own_stack"), CRASHED, .also = dumped},
	{"a small alternate stack, and a thread", REPORTERS("own_stack", "thread"), CRASHED,
		.also = dumped},
	{"_exit(42) in the handler", REPORTERS("exits"), EXITED, .also = dumped},
	{"_exit(42) in the handler, in a thread", REPORTERS("exits", "thread"), EXITED,
		.also = dumped},
	{"_exit(42) in the handler of SIGABRT", REPORTERS("exits", "abort"),
		LIVED("FAILED _exit 42"), .also = dumped},
};

/* Newer ones do so only when they are asked. */
#define UCX_HANDLES .needs = VICTIM("hosts/ucx"), .how.environment = {"UCX_HANDLE_ERRORS=bt"}

/* Open MPI's launcher wants to be reported that root may. */
#define MPIRUN(act)                                                    \
	{                                                              \
		"mpirun.openmpi", "-np", "1", VICTIM("hosts/mpi"), act \
	}
#define MPI                                                                                    \
	.needs = VICTIM("hosts/mpi"),                                                          \
	.masks = {"0x[0-9a-f]+", "[[:alnum:]]+:[0-9]+ *(\\]|:[0-9]+:[0-9]+\\])", "PID [0-9]+", \
		"tid: +[0-9]+"},                                                               \
	.how.environment = {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"}

/* Newer launchers run another program in their place. */
#define LAUNCHED(end) LIVED("?(INIT, RUNNING, )FAILED * " end)

/* Whose handler gets a fault depends on whether Open MPI uses UCX. */
static void says_openmpi(const struct run *watched)
{
	assert_true(strstr(watched->err.data, "*** Process received signal ***") != NULL ||
		    strstr(watched->err.data, "Caught signal ") != NULL);
}

/* Not the first thread, which got the signal in the end. */
static void is_threads(const struct run *watched)
{
	const struct cJSON *end = run_end(watched);

	assert_int_not_equal(reported_number(end, "process.tid"), watched->pid);
	assert_null(strstr(reported_string(end, "error_trace"), "main+"));
}

static void is_threads_fault(const struct run *watched)
{
	is_threads(watched);
	assert_non_null(
		strstr(reported_string(run_end(watched), "error_trace"), "#0  _ZL10fault_herev"));
}

static const struct run_case library_cases[] = {
	{"glog: a fault", HOST("glog", "fault"), CRASHED, NEEDS("glog"), .also = says_glog},
	{"glog: a fault in a thread", HOST("glog", "fault_in_thread"), CRASHED, NEEDS("glog"),
		.also = is_threads_fault},
	{"glog: LOG(FATAL) in a thread", HOST("glog", "fatal_in_thread"), ABORTED, NEEDS("glog"),
		.also = is_threads},
	{"glog: LOG(FATAL)", HOST("glog", "fatal"), ABORTED, NEEDS("glog"), .also = says_fatal},
	{"Abseil: a fault", HOST("absl", "fault"), CRASHED, NEEDS("absl"), .also = says_absl},
	{"Abseil: a fault, with the handler before it", HOST("absl", "fault", "previous"), CRASHED,
		NEEDS("absl"), .also = says_absl},
	{"Abseil: a fault in a thread", HOST("absl", "fault_in_thread"), CRASHED, NEEDS("absl"),
		.also = is_threads_fault},
	{"Abseil: abort() in a thread", HOST("absl", "abort_in_thread"), ABORTED, NEEDS("absl"),
		.also = is_threads},
	{"Abseil: abort()", HOST("absl", "abort"), ABORTED, NEEDS("absl")},
	{"Boost.Stacktrace: a fault", HOST("boost"),
		LIVED("FAILED SIGSEGV SEGV_MAPERR then SIGABRT"), NEEDS("boost")},
	{"Boost.Stacktrace: a fault in a thread", HOST("boost", "thread"),
		LIVED("FAILED SIGSEGV SEGV_MAPERR then SIGABRT"), NEEDS("boost"),
		.also = is_threads_fault},
	{"backward-cpp: a fault in a thread", HOST("backward", "fault_in_thread"), CRASHED,
		NEEDS("backward"), .also = is_threads_fault},
	{"backward-cpp: a fault", HOST("backward", "fault"), CRASHED, NEEDS("backward"),
		.also = says_backward},
	{"backward-cpp: abort()", HOST("backward", "abort"), ABORTED, NEEDS("backward")},
	{"UCX: a fault", HOST("ucx", "fault"), CRASHED, UCX_HANDLES,
		.masks = {"0x[0-9a-f]+", "\\[[^ ]+:[0-9]+ *:[0-9]+:[0-9]+\\]", "tid: +[0-9]+"},
		.also = says_ucx},
	{"UCX: abort()", HOST("ucx", "abort"), ABORTED, UCX_HANDLES},
	{"Open MPI: a fault", MPIRUN("fault"), LAUNCHED("139"),
		{LIVED("FAILED SIGSEGV SEGV_MAPERR")}, MPI, .also = says_openmpi},
	{"Open MPI: abort()", MPIRUN("abort"), LAUNCHED("134"), {ABORTED}, MPI,
		.also = says_openmpi},
};

int main(void)
{
	return run_cases("handlers", own_cases) + run_cases("handlers of libraries", library_cases);
}
