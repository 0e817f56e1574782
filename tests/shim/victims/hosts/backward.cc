// SPDX-License-Identifier: Apache-2.0
// backward-cpp: SA_RESETHAND, the stack on stderr, the signal again.
#include <backward.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
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

int main(int argc, char **argv)
{
	backward::SignalHandling handling;

	if (argc > 1 && !std::strcmp(argv[1], "fault"))
		fault_here();
	if (argc > 1 && !std::strcmp(argv[1], "fault_in_thread"))
		in_thread(fault_here);
	if (argc > 1 && !std::strcmp(argv[1], "abort"))
		std::abort();
	return handling.loaded() ? 3 : 4;
}
