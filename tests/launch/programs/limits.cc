/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.cc - a rank without a library that runs into a limit; the others wait to be ended.
 *
 * usage: limits RANK HOW      (STAGE/full is a file system of one megabyte)
 */
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <unistd.h>

static void limit(int resource, rlim_t most, rlim_t hard = 0)
{
	struct rlimit limits = {most, hard ? hard : most};

	setrlimit(static_cast<__rlimit_resource>(resource), &limits);
}

static std::string full(const char *name)
{
	return std::string(getenv("STAGE")) + "/full/" + name;
}

/* Uncaught: std::bad_alloc ends the program by std::terminate(). */
static void memory()
{
	limit(RLIMIT_AS, 256 << 20);
	for (;;)
		memset(new char[16 << 20], 1, 16 << 20);
}

static void cpu()
{
	limit(RLIMIT_CPU, 1, 5);
	for (;;)
		;
}

static void file_size()
{
	int file = open("big", O_CREAT | O_WRONLY, 0600);

	limit(RLIMIT_FSIZE, 1 << 20);
	for (char block[1 << 16] = {}; write(file, block, sizeof block) > 0;)
		;
}

static void disk()
{
	std::ofstream file(full("checkpoint"));
	std::string block(1 << 16, 'x');

	file.exceptions(std::ofstream::badbit | std::ofstream::failbit);
	for (;;)
		file << block << std::flush;
}

static void mapping()
{
	int file = open(full("mapped").c_str(), O_CREAT | O_RDWR, 0600);
	size_t size = 4 << 20;

	if (ftruncate(file, size) == 0)
		memset(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), 1, size);
}

static int deeper(int depth)
{
	volatile char room[4096];

	room[depth % sizeof room] = 1;
	return depth < 0 ? 0 : deeper(depth + 1) + room[0];
}

static void stack()
{
	deeper(0);
}

/* Root is exempt from it. */
static void threads()
{
	if (setuid(65534) == 0)
		limit(RLIMIT_NPROC, 1);
	std::thread one([] { sleep(60); });
	std::thread other([] { sleep(60); });
	one.join();
	other.join();
}

static const struct {
	const char *name;
	void (*fail)();
} ways[] = {{"memory", memory}, {"cpu", cpu}, {"file_size", file_size}, {"disk", disk},
	{"mapping", mapping}, {"stack", stack}, {"threads", threads}};

int main(int, char **argv)
{
	usleep(300000); /* the others are there */
	for (const auto &way : ways)
		if (strcmp(getenv("OMPI_COMM_WORLD_RANK"), argv[1]) == 0 &&
			strcmp(way.name, argv[2]) == 0)
			way.fail();
	sleep(60);
	return 0;
}
