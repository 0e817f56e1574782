/* SPDX-License-Identifier: Apache-2.0 */
/*
 * real.h - the functions behind the interposed ones: the next definition after ours, as RTLD_NEXT
 * would give it.
 *
 * Looked up by walking the loader's own list of objects, because dlsym() allocates from the host
 * when it fails, takes the loader's lock, and lives in another library on older systems.
 * Signal-safe: using the table, yes. Threads: any.
 */
#pragma once

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>

struct real {
#define X(result, name, parameters) result(*name) parameters;
#include "shim/interposed.def"
#undef X
};

/* Filled by the first call of real(), which may come before the constructor runs. */
extern struct real real_functions;

/*
 * The table, filled. What libc has not is NULL if it has an X_SINCE in interposed.def, which its
 * wrapper has to look at; any other is never NULL: another function of the same kind, or one that
 * ends the program as ld.so ends it for a symbol that is nowhere (status 127).
 */
const struct real *real(void);

/* The first function of interposed.def that every glibc from 2.17 on has and this libc has not, in
 * static storage; NULL: all are there. */
const char *real_missing(void);

/* Whether libc is glibc, whose loader alone gives constructors the arguments of main. */
bool real_is_glibc(void);

/* The address of NAME in the first object that defines it behind this one; NULL when none does.
 * Before main, or at least before the first thread. */
void *real_lookup(const char *name);

/* The address of NAME in libc, whoever else defines it; NULL when that is not glibc. Before
 * main. */
void *real_lookup_libc(const char *name);

/*
 * The address of NAME in the object that lies at BIAS and whose dynamic section is at DYNAMIC; NULL
 * when it does not define it. Before main, or in a tracer: nothing keeps the object from being
 * unloaded.
 */
void *real_lookup_in(uintptr_t bias, const void *dynamic, const char *name);
