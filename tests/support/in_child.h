/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_child.h - hardships for run_how.in_child: what a program has to live with from its exec on.
 */
#pragma once

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
