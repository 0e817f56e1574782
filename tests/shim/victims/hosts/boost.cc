// SPDX-License-Identifier: Apache-2.0
// As Boost.Stacktrace's documentation has it: dump the stack to a file, then the signal again.
#include <boost/stacktrace.hpp>

#include <csignal>
#include <cstdint>
#include <iostream>
#include <thread>

static volatile std::uintptr_t nowhere;

static void fault_here()
{
	*reinterpret_cast<volatile int *>(nowhere) = 1;
}

static void in_thread(void (*act)())
{
	std::thread thread(act);

	thread.join();
}

static void handler(int number)
{
	std::signal(number, SIG_DFL);
	boost::stacktrace::safe_dump_to("./dump");
	std::raise(SIGABRT);
}

int main(int argc, char **)
{
	std::signal(SIGSEGV, handler);
	std::signal(SIGABRT, handler);
	std::cout << "begin" << std::endl;
	if (argc > 1)
		in_thread(fault_here);
	fault_here();
	return 3;
}
