/* SPDX-License-Identifier: Apache-2.0 */
/* handler_world.h - a directory and an arena for each test of a handler, and what fills them. */
#pragma once

#include "core/base/arena.h"
#include "core/base/text.h"
#include "core/logging/handler.h"
#include "core/logging/level.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

struct world {
	struct arena arena;
	char directory[64];
	char paths[8][160]; /* in() gives them out in turn */
	unsigned next;
};

static UNUSED int make_world(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	strcpy(world.directory, "/tmp/vigil-handler-XXXXXX");
	*state = &world;
	return mkdtemp(world.directory) == NULL ? -1 : 0;
}

static UNUSED int remove_world(void **state)
{
	struct world *world = *state;
	char command[128];

	arena_release(&world->arena);
	snprintf(command, sizeof command, "rm -r %s", world->directory);
	return system(command);
}

static UNUSED const char *in(struct world *world, const char *name)
{
	char *path = world->paths[world->next++ % 8];

	snprintf(path, sizeof world->paths[0], "%s/%s", world->directory, name);
	return path;
}

static UNUSED void put(struct world *world, const char *name, const char *content)
{
	FILE *file = fopen(in(world, name), "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static UNUSED void assert_holds(struct world *world, const char *name, const char *expected)
{
	char buffer[1024] = "";
	int fd = open(in(world, name), O_RDONLY);

	if (fd < 0)
		fail_msg("%s is not there", name);
	assert_true(read(fd, buffer, sizeof buffer - 1) >= 0);
	close(fd);
	assert_string_equal(buffer, expected);
}

static UNUSED void assert_no_file(struct world *world, const char *name)
{
	if (access(in(world, name), F_OK) == 0)
		fail_msg("%s is there", name);
}

static UNUSED struct log_record a_record(const char *message)
{
	return (struct log_record){
		.name = "a.b",
		.levelno = LEVEL_INFO,
		.message = message,
		.created = {.real_us = 735379380007000},
		.pathname = "/src/job.c",
		.lineno = 7,
		.func_name = "step",
		.process = getpid(),
		.thread = 43,
		.process_name = "MainProcess",
		.thread_name = "MainThread",
	};
}

static UNUSED int log_record_to(struct handler *handler, struct log_record *record)
{
	char buffer[65536];
	struct text scratch;

	text_init(&scratch, buffer, sizeof buffer);
	return handler_handle(handler, record, &scratch);
}

static UNUSED void log_to(struct handler *handler, const char *message)
{
	struct log_record record = a_record(message);

	assert_int_equal(log_record_to(handler, &record), 0);
}
