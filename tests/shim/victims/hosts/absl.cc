// SPDX-License-Identifier: Apache-2.0
// Abseil's failure handler, which calls the one before it, or raises the signal again.
#include <absl/debugging/failure_signal_handler.h>
#include <absl/debugging/symbolize.h>

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
	const char *act = argc > 1 ? argv[1] : "";
	absl::FailureSignalHandlerOptions options;

	absl::InitializeSymbolizer(argv[0]);
	options.call_previous_handler = argc > 2;
	absl::InstallFailureSignalHandler(options);
	if (!std::strcmp(act, "fault"))
		fault_here();
	if (!std::strcmp(act, "fault_in_thread"))
		in_thread(fault_here);
	if (!std::strcmp(act, "abort_in_thread"))
		in_thread(std::abort);
	if (!std::strcmp(act, "abort"))
		std::abort();
	return 3;
}
