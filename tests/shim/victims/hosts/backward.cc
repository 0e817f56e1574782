// SPDX-License-Identifier: Apache-2.0
// backward-cpp: SA_RESETHAND, the stack on stderr, the signal again.
#include <backward.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>

static volatile std::uintptr_t nowhere;

int main(int argc, char **argv)
{
	backward::SignalHandling handling;

	if (argc > 1 && !std::strcmp(argv[1], "fault"))
		*reinterpret_cast<volatile int *>(nowhere) = 1;
	if (argc > 1 && !std::strcmp(argv[1], "abort"))
		std::abort();
	return handling.loaded() ? 3 : 4;
}
