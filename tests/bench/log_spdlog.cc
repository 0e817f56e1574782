// SPDX-License-Identifier: Apache-2.0
// The same as log_vigil.c by spdlog, with a flush a record: usage: log_spdlog FILE DISABLED ENABLED
#include <spdlog/log_files/basic_file_log_file.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

static double now()
{
	using namespace std::chrono;

	return (double)duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

int main(int argc, char **argv)
{
	long disabled = argc > 3 ? atol(argv[2]) : 0, enabled = argc > 3 ? atol(argv[3]) : 0;

	if (disabled < 1 || enabled < 1)
		return fprintf(stderr, "usage: log_spdlog FILE DISABLED ENABLED\n"), 2;

	auto logger = spdlog::basic_logger_mt("bench.a", argv[1], true);
	logger->set_pattern("%Y-%m-%d %H:%M:%S,%e %l %n %v");
	logger->set_level(spdlog::level::info);
	logger->flush_on(spdlog::level::trace);
	double begin = now();
	for (long i = 0; i < disabled; i++)
		logger->debug("message number {} of some length", i);
	double between = now();
	for (long i = 0; i < enabled; i++)
		logger->info("message number {} of some length", i);
	double end = now();
	printf("%f %f\n", (between - begin) / (double)disabled, (end - between) / (double)enabled);
	return 0;
}
