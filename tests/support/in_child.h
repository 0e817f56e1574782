/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_child.h - hardships for run_how.in_child: what a program has to live with from its exec on.
 */
#pragma once

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static inline void as_user(unsigned id)
{
	if (setgid(id) || setuid(id))
		_exit(93);
}

/* A user who owns nothing of the test's. */
static inline void become_nobody(void *unused)
{
	(void)unused;
	as_user(65534);
}

/*
 * A user with no other process, whom the number of processes binds, as root it does not. Two that
 * run at a time are two users: of a user with more processes than allowed, exec is refused already.
 */
static inline void become_loner(void *unused)
{
	(void)unused;
	as_user(60000 + (unsigned)getpid() % 5000);
}

static inline void become_loner_without_processes(void *unused)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_NPROC, &none);
	become_loner(unused);
}

static inline void little_memory(void *unused)
{
	struct rlimit limit = {12 << 20, 12 << 20};

	(void)unused;
	setrlimit(RLIMIT_AS, &limit);
}

/* For run_how: the program has the configuration TEXT, a string literal. */
#define CONFIGURED(text)                                                                \
	.environment = {"VIGIL_CONFIG=job.conf.yaml"}, .in_child = write_configuration, \
	.argument = (void *)("version: 1\nroot: {level: INFO}\n" text "\n")

static inline void write_configuration(void *text)
{
	int fd = open("job.conf.yaml", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(93);
	close(fd);
}

/*
 * SIGTERM has the time of a crash for its traces: a case that asserts them would fail by chance on
 * a busy machine, where they are not done within the 50 ms of a process that is terminated.
 */
#define SIGTERM_IN_ITS_OWN_TIME CONFIGURED("vigil: {signals: {core: [SEGV, TERM]}}")
