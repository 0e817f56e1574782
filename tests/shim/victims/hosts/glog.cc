// SPDX-License-Identifier: Apache-2.0
// glog's failure handler: it prints, puts SIG_DFL back and sends itself the signal.
#include <glog/logging.h>

#include <cstdint>
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

static void give_up()
{
	LOG(FATAL) << "cannot go on";
}

int main(int argc, char **argv)
{
	google::InitGoogleLogging("victim");
	FLAGS_logtostderr = true;
	google::InstallFailureSignalHandler();
	if (argc > 1 && !std::strcmp(argv[1], "fault"))
		fault_here();
	if (argc > 1 && !std::strcmp(argv[1], "fault_in_thread"))
		in_thread(fault_here);
	if (argc > 1 && !std::strcmp(argv[1], "fatal_in_thread"))
		in_thread(give_up);
	if (argc > 1 && !std::strcmp(argv[1], "fatal"))
		LOG(FATAL) << "cannot go on";
	return 3;
}
