// SPDX-License-Identifier: Apache-2.0
// As Boost.Stacktrace's documentation has it: dump the stack to a file, then the signal again.
#include <boost/stacktrace.hpp>

#include <csignal>
#include <cstdint>
#include <iostream>

static volatile std::uintptr_t nowhere;

static void handler(int number)
{
	std::signal(number, SIG_DFL);
	boost::stacktrace::safe_dump_to("./dump");
	std::raise(SIGABRT);
}

int main()
{
	std::signal(SIGSEGV, handler);
	std::signal(SIGABRT, handler);
	std::cout << "begin" << std::endl;
	*reinterpret_cast<volatile int *>(nowhere) = 1;
	return 3;
}
