/* SPDX-License-Identifier: Apache-2.0 */
/*
 * real.h - the functions behind the interposed ones: the next definition after ours, as RTLD_NEXT
 * would give it.
 *
 * They are looked up in the loader's own list of objects, because dlsym() allocates from the host
 * when it fails, takes the loader's lock, and lives in another library on older systems.
 *
 * A glibc of 2.17 is enough: what came later (X_SINCE in interposed.def) is missing without harm. A
 * host that asks an older libc for such a function by dlsym() finds ours, and gets the system call.
 * Before 2.34, libpthread is `initfirst` as we are, and the one that is loaded last comes first: in
 * a program with it, the constructors of its libraries may run before ours. libpthread calls exit()
 * by its name there, so that the termination of the last thread is reported as `exit`, not as
 * `pthread_exit`.
 *
 * A program of musl's runs with this library in it, which does nothing there. musl's loader refuses
 * every strong reference to a name that musl lacks, so this library has none. It gives constructors
 * no arguments, so the constructor looks at its arguments only if libc is glibc. The program calls
 * __libc_start_main() before the first constructor, and calls the functions that we export: they
 * find musl's in the loader's own list, whose address musl exports. Signal-safe: using the table,
 * yes. Threads: any.
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
 * The table, filled. A function with X_SINCE in interposed.def is NULL if this libc lacks it: its
 * wrapper checks. Any other is never NULL: in place of a missing function stands another one that
 * does the same, or one that exits as ld.so does for a missing symbol (status 127).
 */
const struct real *real(void);

/* The name, in static storage, of the first function of interposed.def that this libc lacks
 * although every glibc from 2.17 on has it; NULL: libc has all. */
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
 * The address of NAME in the object that is loaded at BIAS and has its dynamic section at DYNAMIC;
 * NULL when the object does not define NAME. Before main, or in a tracer: nothing keeps the object
 * from being unloaded.
 */
void *real_lookup_in(uintptr_t bias, const void *dynamic, const char *name);
