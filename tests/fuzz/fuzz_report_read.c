/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run directory of arbitrary bytes: whatever is in it, there is a report or there is none, in
 * all forms, without a fault, a leak or a circle.
 *
 *	clang -g -O1 -std=gnu11 -D_GNU_SOURCE -I. -fsanitize=fuzzer,address,undefined
 *tests/fuzz/fuzz_report_read.c core/report/[a-z]*.c core/events/[a-z]*.c core/logging/[a-z]*.c
 *core/logging/handlers/[a-z]*.c core/base/[a-z]*.c -lcjson -ldw -lsupc++
 *-o fuzz_report_read
 *	./fuzz_report_read -max_len=65536 tests/fuzz/corpus/report_read tests/unit/fixtures
 */
#include "core/report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a file, which reading starts from. */
static const char *placed(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	/* Without a name in a folder, nothing is left behind. */
	if (fd < 0) {
		fd = memfd_create("vigil-fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = placed(data, size);
	/* Without lines_ms no file is opened but this one, and no process is started. */
	struct report_request request = {
		.paths = &path, .path_count = 1, .skew_us = REPORT_SKEW_US_DEFAULT, .lines_ms = 0};
	static FILE *null;
	struct report *report;
	char complaint[256];

	if (null == NULL)
		null = fopen("/dev/null", "w");
	if (null == NULL)
		abort();
	if (report_make(&request, &report, complaint, sizeof complaint) < 0)
		return 0;
	report_print(report, REPORT_JSON, null);
	report_print(report, REPORT_TEXT, null);
	report_print(report, REPORT_DOT, null);
	report_print(report, REPORT_PERFETTO, null);
	report_print(report, REPORT_HTML, null);
	report_free(report);
	return 0;
}
