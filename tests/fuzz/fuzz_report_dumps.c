/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the dumps of ranks of a job that was ended: three files, split at lines that are
 * "%%". Whatever is in them, there is a report, without a fault or a leak, and it
 * blames nobody for what a user did.
 */
#include "core/report/report.h"
#include "core/report/verdict/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RANKS 12
#define DUMPS 3
#define JSON_EACH 16 /* that form needs much memory, and so time */
#define SEPARATOR "\n%%\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file without a name in a folder, whose path ends with a number of one or two digits. */
struct file {
	int fd;
	char path[64];
};

static void file_begin(struct file *file)
{
	file->fd = memfd_create("vigil-fuzz", MFD_CLOEXEC);
	if (file->fd < 0)
		abort();
	snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static void file_fill(const struct file *file, const void *data, size_t size)
{
	if (ftruncate(file->fd, 0) < 0 || pwrite(file->fd, data, size, 0) != (ssize_t)size)
		abort();
}

/* Ranks that a launcher ended when it was ended itself; the second of 1763790000 is in their life.
 */
static void write_events(const struct file *file)
{
	static char events[64 * 1024];
	size_t length = 0;

	for (int rank = 0; rank < RANKS; rank++)
		for (int end = 0; end < 2; end++)
			length += (size_t)snprintf(events + length, sizeof events - length,
				"{\"schema\":\"vigil.event/1\",\"name\":\"train:%s\",\"source\":"
				"\"WORKER\",\"node_state\":\"%s\",\"time_us\":%ld,\"mono_us\":%d,"
				"\"run_id\":\"7f3a\",\"hostname\":\"n1\",\"pid\":%d,\"rank\":%d,"
				"\"world_size\":%d,\"launcher\":\"torchrun\",\"rank_source\":"
				"\"RANK\",\"process\":{\"program\":\"train\",\"ppid\":4000},%s"
				"\"seq\":%d}\n",
				end ? "signal" : "init", end ? "FAILED" : "INIT",
				1763790000000000 + end * 60000000L, 1000000 + end * 60000000,
				4010 + rank, rank, RANKS,
				end ? "\"cause\":\"terminated\",\"signal\":{\"number\":15,\"name\":"
				      "\"SIGTERM\",\"code\":0,\"sender_pid\":4000,\"sender\":"
				      "\"torchrun\",\"sender_is\":\"ancestor\"},"
				    : "",
				end);
	file_fill(file, events, length);
}

/* Fills DUMPS files from the SIZE bytes of DATA. */
static void write_dumps(const struct file *dumps, const uint8_t *data, size_t size)
{
	for (int i = 0; i < DUMPS; i++) {
		const uint8_t *end =
			size == 0 ? NULL : memmem(data, size, SEPARATOR, strlen(SEPARATOR));
		size_t count = end == NULL ? size : (size_t)(end - data);

		file_fill(&dumps[i], data, count);
		data += end == NULL ? count : count + strlen(SEPARATOR);
		size -= end == NULL ? count : count + strlen(SEPARATOR);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct file files[1 + DUMPS];
	static const char *paths[1 + DUMPS];
	static FILE *null;
	struct report_request request = {.paths = paths,
		.path_count = 1,
		.dumps = paths + 1,
		.dump_count = DUMPS,
		.skew_us = REPORT_SKEW_US_DEFAULT};
	struct report *report;
	char complaint[256];

	for (int i = 0; null == NULL && i < 1 + DUMPS; i++) {
		file_begin(&files[i]);
		paths[i] = files[i].path;
	}
	if (null == NULL) {
		write_events(&files[0]);
		null = fopen("/dev/null", "w");
	}
	if (null == NULL)
		abort();
	write_dumps(files + 1, data, size);
	if (report_make(&request, &report, complaint, sizeof complaint) < 0)
		abort();
	if (report->attempts[0].has_root || report->attempts[0].count != RANKS)
		abort();
	report_print(report, REPORT_TEXT, null);
	if (size % JSON_EACH == 0)
		report_print(report, REPORT_JSON, null);
	report_free(report);
	return 0;
}
