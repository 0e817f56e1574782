// SPDX-License-Identifier: Apache-2.0
// A library that throws, and catches what it has thrown.
#include <stdexcept>
#include <string>

namespace
{
volatile int zero;

struct Counts {
	int &count;
	~Counts() { count++; }
};

__attribute__((noinline)) int throws(int depth, int &count)
{
	Counts counts{count};

	if (depth == zero)
		throw std::runtime_error("it");
	return throws(depth - 1, count) + zero;
}
} // namespace

extern "C" int throw_and_catch(int depth)
{
	int count = 0;

	try {
		return throws(depth, count);
	} catch (const std::exception &error) {
		return count + static_cast<int>(std::string(error.what()).size());
	}
}
