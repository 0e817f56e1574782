/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's runtime handles every signal, and ends by the system call itself: what it prints and how it
 * ends is as ever, and a signal that kills it is reported. Other ends are its waiter's to report
 * (tests/cli/test_wrappers.py).
 */
#include "tests/support/cases.h"

#define GO(act)                       \
	{                             \
		VICTIM("go/cgo"), act \
	}
#define ENDS_ALONE "INIT, RUNNING", .unended = 1

/* The goroutines stand where the scheduler left them. */
#define NEEDS                      \
	.needs = VICTIM("go/cgo"), \
	.masks = {"(goroutine|runtime stack)(.|\n)*", "0x[0-9a-f]+", "m=[0-9]+"}
#define CRASHING .how.environment = {"GOTRACEBACK=crash"}

static const struct run_case cases[] = {
	{"go: 1000 nil dereferences, recovered, and a call of C", GO("caught"), ENDS_ALONE, NEEDS},
	{"go: a signal that it is notified of, and one that kills it", GO("notify"),
		LIVED("FAILED SIGTERM terminated"), NEEDS},
	{"go: preemption by SIGURG", GO("storm"), ENDS_ALONE, NEEDS},
	{"go: a panic", GO("panic"), ENDS_ALONE, NEEDS},
	{"go: a nil dereference", GO("nil"), ENDS_ALONE, NEEDS},
	{"go: a null write in C", GO("fault"), ENDS_ALONE, NEEDS},
	{"go: abort() in C", GO("abort"), ENDS_ALONE, NEEDS},
	{"go: exit(3)", GO("exit"), ENDS_ALONE, NEEDS},
	{"go: GOTRACEBACK=crash, a panic", GO("panic"), LIVED("FAILED SIGABRT *"), NEEDS, CRASHING},
	/* Newer Go aborts in the handler of the fault itself, older Go in another thread. */
	{"go: GOTRACEBACK=crash, a null write in C", GO("fault"),
		LIVED("FAILED @(SIGSEGV SEGV_MAPERR then SIGABRT|SIGABRT *)"), NEEDS, CRASHING},
	{"go: GOTRACEBACK=crash, abort() in C", GO("abort"), LIVED("FAILED SIGABRT *"), NEEDS,
		CRASHING},
	{"go: a static program is left alone", {VICTIM("go/pure")}, .needs = VICTIM("go/pure")},
};

int main(void)
{
	return run_cases("go", cases);
}
