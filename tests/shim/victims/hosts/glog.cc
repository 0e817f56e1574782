// SPDX-License-Identifier: Apache-2.0
// glog's failure handler: it prints, puts SIG_DFL back and sends itself the signal.
#include <glog/logging.h>

#include <cstdint>
#include <cstring>

static volatile std::uintptr_t nowhere;

int main(int argc, char **argv)
{
	google::InitGoogleLogging("victim");
	FLAGS_logtostderr = true;
	google::InstallFailureSignalHandler();
	if (argc > 1 && !std::strcmp(argv[1], "fault"))
		*reinterpret_cast<volatile int *>(nowhere) = 1;
	if (argc > 1 && !std::strcmp(argv[1], "fatal"))
		LOG(FATAL) << "cannot go on";
	return 3;
}
