// SPDX-License-Identifier: Apache-2.0
// Exceptions of C++, some of which nobody catches.
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

struct Own : std::runtime_error {
	Own() : std::runtime_error("a type of its own") {}
};

static void may_not_throw() noexcept
{
	throw std::logic_error("out of noexcept");
}

static void again()
{
	try {
		throw Own();
	} catch (const std::exception &) {
		throw;
	}
}

static int caught()
{
	try {
		throw Own();
	} catch (const std::exception &error) {
		std::puts(error.what());
	}
	return 0;
}

int main(int argc, char **argv)
{
	const std::string act = argc > 1 ? argv[1] : "";

	if (act == "own")
		throw Own();
	if (act == "number")
		throw 42;
	if (act == "noexcept")
		may_not_throw();
	if (act == "thread")
		std::thread([] { throw Own(); }).join();
	if (act == "again")
		again();
	if (act == "terminate")
		std::terminate();
	if (act == "memory")
		return ::operator new(static_cast<std::size_t>(-1) / 2) != nullptr;
	return caught();
}
