// SPDX-License-Identifier: Apache-2.0
// C++: inlined calls, templates, lambdas, virtual thunks, stacks that exceptions have left and are leaving.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#define NOINLINE __attribute__((noinline))

namespace
{
volatile std::uintptr_t nowhere = 8;
volatile int zero;

NOINLINE int leaf(int value)
{
	*reinterpret_cast<volatile int *>(nowhere) = value;
	return zero;
}

inline __attribute__((always_inline)) int inlined_once(int value)
{
	return leaf(value + zero) + 1;
}

inline __attribute__((always_inline)) int inlined_twice(int value)
{
	return inlined_once(value + 1) + 1;
}

NOINLINE int inlines()
{
	return inlined_twice(zero) + zero;
}

template <typename T, unsigned N> struct Box {
	NOINLINE int each(const T &value) const
	{
		return leaf(static_cast<int>(value.size()) + static_cast<int>(N)) + zero;
	}
};

NOINLINE int templates()
{
	return Box<std::vector<std::string>, 3>().each({"a", "b"}) + zero;
}

NOINLINE int lambdas()
{
	std::vector<int> numbers{3, 1, 2};
	std::function<int(int)> call = [&](int value) { return leaf(value) + numbers[0]; };

	std::sort(numbers.begin(), numbers.end(), [&](int a, int b) { return call(a) < b; });
	return numbers[0];
}

struct First {
	long first = 1;
	virtual ~First() = default;
	virtual int one(int value) { return value; }
};
struct Second {
	long second = 2;
	virtual ~Second() = default;
	virtual int two(int value) { return value; }
};
struct Both : First, virtual Second {
	NOINLINE int two(int value) override { return leaf(value) + static_cast<int>(second); }
};

NOINLINE int through(Second *object)
{
	return object->two(zero) + zero;
}

int thunks()
{
	Both *volatile object = new Both;

	return through(object) + zero;
}

struct CrashesAtEnd {
	~CrashesAtEnd() { leaf(1); }
};

NOINLINE int throws(int depth)
{
	if (depth == 0)
		throw std::runtime_error("it");
	return throws(depth - 1) + zero;
}

NOINLINE int leaves()
{
	CrashesAtEnd guard;

	return throws(2) + zero;
}

int while_unwinding()
{
	try {
		return leaves();
	} catch (const std::exception &) {
		return 5;
	}
}

int in_catch()
{
	try {
		return throws(3);
	} catch (const std::exception &error) {
		return leaf(error.what()[0]) + zero;
	}
}

int uncaught()
{
	return throws(3) + zero;
}

NOINLINE int promises() noexcept
{
	return throws(2) + zero;
}

struct {
	const char *name;
	int (*play)();
} const acts[] = {
	{"inlines", inlines},
	{"templates", templates},
	{"lambdas", lambdas},
	{"thunks", thunks},
	{"while_unwinding", while_unwinding},
	{"in_catch", in_catch},
	{"uncaught", uncaught},
	{"promises", promises},
};
} // namespace

int main(int argc, char **argv)
{
	for (const auto &act : acts)
		if (argc > 1 && !std::strcmp(act.name, argv[1]))
			return act.play();
	return 99;
}
