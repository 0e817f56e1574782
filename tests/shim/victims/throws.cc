// SPDX-License-Identifier: Apache-2.0
// Exceptions of C++, some of which nobody catches.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

struct Own : std::runtime_error {
	Own() : std::runtime_error("a type of its own") {}
};

struct Plain {
	int code;
};

struct Padding {
	virtual ~Padding() {}
	virtual const char *name() const { return "not what()"; }
	long bytes[4];
};

namespace mesh
{
// The std::exception in it is neither first nor at a fixed place.
struct Several : Padding, virtual std::exception {
	const char *what() const noexcept override { return "several bases"; }
};
struct Left : virtual std::exception {};
struct Right : virtual std::exception {};
struct Diamond : Left, Padding, Right {
	const char *what() const noexcept override { return "a diamond"; }
};
template <typename T> struct Of : std::logic_error {
	using std::logic_error::logic_error;
};
}

namespace
{
struct Hidden : std::exception {};
}

// What a what() may do. Where nobody prints it, nobody calls it but who wants to report it.
struct Faults : std::exception {
	const char *what() const noexcept override
	{
		raise(SIGSEGV);
		return *reinterpret_cast<const char *volatile *>(8);
	}
};
struct Hangs : std::exception {
	const char *what() const noexcept override
	{
		for (;;)
			usleep(1000);
	}
};
struct Overflows : std::exception {
	static int deeper(volatile char *above)
	{
		volatile char here[4096];

		here[0] = above == nullptr ? 0 : above[0];
		return deeper(here) + here[1];
	}
	const char *what() const noexcept override { return deeper(nullptr) ? "a" : "b"; }
};
struct Throws : std::exception {
	const char *what() const noexcept override { throw 1; }
};
struct Aborts : std::exception {
	const char *what() const noexcept override { std::abort(); }
};
struct Exits : std::exception {
	const char *what() const noexcept override { std::exit(7); }
};
struct Speaks : std::exception {
	const char *what() const noexcept override
	{
		std::fputs("what() was called\n", stderr);
		std::ofstream("data") << "what() was called";
		kill(getppid(), SIGUSR1);
		return "it spoke";
	}
};
struct Nothing : std::exception {
	const char *what() const noexcept override { return nullptr; }
};
struct Long : std::exception {
	const char *what() const noexcept override
	{
		static const std::string text(100000, 'x');
		return text.c_str();
	}
};
struct Bytes : std::exception {
	const char *what() const noexcept override { return "\x01\"\\ \xff\xc3\xa9\nsecond"; }
};

template <typename Exception> static void throw_silently()
{
	std::set_terminate([] { std::abort(); });
	throw Exception();
}

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

static void by_pointer()
{
	std::exception_ptr kept;

	try {
		throw Own();
	} catch (...) {
		kept = std::current_exception();
	}
	std::rethrow_exception(kept);
}

static void nested()
{
	try {
		throw Own();
	} catch (...) {
		std::throw_with_nested(std::logic_error("around it"));
	}
}

static void abort_in_catch()
{
	try {
		throw Own();
	} catch (const std::exception &) {
		std::abort();
	}
}

static void crash_after_catch()
{
	try {
		throw Own();
	} catch (const std::exception &) {
		raise(SIGSEGV);
	}
}

static void second_in_catch()
{
	try {
		throw Own();
	} catch (const std::exception &) {
		throw std::out_of_range("the second one");
	}
}

struct Destroyed {
	~Destroyed() noexcept(false) { throw std::logic_error("out of a destructor"); }
};

static void in_destructor()
{
	Destroyed first;

	throw Own();
}

struct Base {
	Base() { call(); }
	void call() { pure(); }
	virtual void pure() = 0;
};
struct Derived : Base {
	void pure() override {}
};

static void in_library()
{
	void *library = dlopen(THROWER, RTLD_NOW | RTLD_LOCAL);
	auto refuse = reinterpret_cast<void (*)()>(dlsym(library, "refuse"));

	refuse();
}

static void exhaust_memory()
{
	volatile std::size_t size = static_cast<std::size_t>(-1) / 2;

	std::printf("%p", ::operator new(size));
}

static void fail_to_open()
{
	std::ifstream file;

	file.exceptions(std::ios::failbit);
	file.open("/nonexistent");
}

static void handled_abort()
{
	signal(SIGABRT, [](int number) {
		std::fputs("a handler of the host's\n", stderr);
		signal(number, SIG_DFL);
		raise(number);
	});
	throw Own();
}

static void caught()
{
	try {
		throw Own();
	} catch (const std::exception &error) {
		std::puts(error.what());
	}
}

static const std::map<std::string, std::function<void()>> acts = {
	{ "own", [] { throw Own(); } },
	{ "number", [] { throw 42; } },
	{ "count", [] { throw 42ul; } },
	{ "text", [] { throw "no such mesh"; } },
	{ "string", [] { throw std::string("no message"); } },
	{ "struct", [] { throw Plain(); } },
	{ "pointer", [] { throw new Own(); } },
	{ "other", [] { throw Padding(); } },
	{ "several", [] { throw mesh::Several(); } },
	{ "diamond", [] { throw mesh::Diamond(); } },
	{ "template", [] { throw mesh::Of<Own>("of something"); } },
	{ "hidden", [] { throw Hidden(); } },
	{ "noexcept", may_not_throw },
	{ "thread", [] { std::thread([] { throw Own(); }).join(); } },
	{ "again", again },
	{ "by_pointer", by_pointer },
	{ "nested", nested },
	{ "second", second_in_catch },
	{ "destructor", in_destructor },
	{ "terminate", [] { std::terminate(); } },
	{ "joinable", [] { std::thread([] { pause(); }); } },
	{ "throw_nothing", [] { throw; } },
	{ "pure", [] { Derived(); } },
	{ "memory", exhaust_memory },
	{ "open", fail_to_open },
	{ "abort_in_catch", abort_in_catch },
	{ "abort_in_catch_in_thread", [] { std::thread(abort_in_catch).join(); } },
	{ "abort_after", [] { caught(); std::fflush(stdout); std::abort(); } },
	{ "crash_after_catch", crash_after_catch },
	{ "library", in_library },
	{ "handled", handled_abort },
	{ "what_faults", throw_silently<Faults> },
	{ "what_hangs", throw_silently<Hangs> },
	{ "what_overflows", throw_silently<Overflows> },
	{ "what_throws", throw_silently<Throws> },
	{ "what_aborts", throw_silently<Aborts> },
	{ "what_exits", throw_silently<Exits> },
	{ "what_speaks", throw_silently<Speaks> },
	{ "what_nothing", throw_silently<Nothing> },
	{ "what_long", throw_silently<Long> },
	{ "what_bytes", throw_silently<Bytes> },
	{ "quiet", throw_silently<Own> },
	{ "what_faults_in_print", [] { throw Faults(); } },
	{ "caught", caught },
};

int main(int argc, char **argv)
{
	const auto act = acts.find(argc > 1 ? argv[1] : "");

	if (act == acts.end())
		return 99;
	act->second();
	return 0;
}
