/* SPDX-License-Identifier: Apache-2.0 */
/*
 * real.h - the functions behind the interposed ones: the next definition after ours, as RTLD_NEXT
 * would give it.
 *
 * Looked up by walking the loader's own list of objects, because dlsym() allocates from the host
 * when it fails, takes the loader's lock, and lives in another library on older systems.
 * Signal-safe: real(), yes: what it finds is in libc, or in another library that was there at the
 * start and stays. Threads: any.
 */
#pragma once

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
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

/*
 * The real NAME, looked up the first time that somebody wants it: programs call few of them. What
 * libc has not is NULL if it has an X_SINCE in interposed.def, which its wrapper has to look at;
 * any other is never NULL: another function of the same kind, or one that ends the program as ld.so
 * ends it for a symbol that is nowhere (status 127).
 */
#define real(name)                                            \
	((__typeof__(((struct real *)0)->name))real_function( \
		offsetof(struct real, name) / sizeof(void *)))

/* For real(): the function at INDEX of struct real. It may come before the constructor runs. */
void *real_function(size_t index);

/* The first function of interposed.def that every glibc from 2.17 on has and this libc has not, in
 * static storage; NULL: all are there. Constructor only. */
const char *real_missing(void);

/* Whether libc is glibc, whose loader alone gives constructors the arguments of main. */
bool real_is_glibc(void);

/* The address of NAME in the first object that defines it behind this one; NULL when none does.
 * Before main, or at least before the first thread. */
void *real_lookup(const char *name);

/* The same, but in the first of all objects, the program included, except for libc and this one. */
void *real_lookup_of_program(const char *name);

/* The address of NAME in libc, whoever else defines it; NULL when that is not glibc. The first time
 * before main; then signal-safe, as libc stays. */
void *real_lookup_libc(const char *name);

/*
 * The address of NAME in the object that lies at BIAS and whose dynamic section is at DYNAMIC; NULL
 * when it does not define it. Before main, or in a tracer: nothing keeps the object from being
 * unloaded.
 */
void *real_lookup_in(uintptr_t bias, const void *dynamic, const char *name);
