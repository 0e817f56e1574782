/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions of C++ that nobody catches end as ever: terminate() prints, abort() kills. */
#include "tests/support/cases.h"

#define THROWS(act) {VICTIM("throws"), act}
#define UNCAUGHT LIVED("FAILED @(SIGABRT abort|exception *)")

static const struct run_case cases[] = {
	{"c++: an exception that is caught", THROWS("caught"), LIVED("SUCCEEDED return 0")},
	{"c++: a type of its own", THROWS("own"), UNCAUGHT},
	{"c++: a number", THROWS("number"), UNCAUGHT},
	{"c++: out of noexcept", THROWS("noexcept"), UNCAUGHT},
	{"c++: in a thread", THROWS("thread"), UNCAUGHT},
	{"c++: thrown again", THROWS("again"), UNCAUGHT},
	{"c++: terminate() without an exception", THROWS("terminate"), UNCAUGHT},
	{"c++: no memory", THROWS("memory"), UNCAUGHT},
};

int main(void)
{
	return run_cases("c++", cases);
}
