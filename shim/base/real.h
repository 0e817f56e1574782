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
 * every strong reference that musl lacks, so there is none; it gives constructors no arguments, so
 * that none is looked at before libc is known for glibc; the program calls __libc_start_main()
 * before the first constructor. The program calls the functions that we export, and they find
 * musl's by the loader's own list, whose address musl exports.
 *
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
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>

struct real {
#define X(result, name, parameters) result(*name) parameters;
#include "shim/interposed.def"
#undef X
};

/*
 * The real NAME, looked up at its first use, as programs call few of them. A function that this
 * libc lacks is NULL if it has an X_SINCE in interposed.def: its wrapper has to look. Any other is
 * never NULL: it is another function of the same kind, or one that exits as ld.so does for a symbol
 * that it does not find (status 127).
 */
#define real(name)                                            \
	((__typeof__(((struct real *)0)->name))real_function( \
		offsetof(struct real, name) / sizeof(void *)))

/* Constructor only: from now on real(NAME) is FUNCTION, of the same type, which calls the one
 * before.
 */
#define real_replace(name, function)                                                      \
	do {                                                                              \
		__typeof__(((struct real *)0)->name) checked_ = (function);               \
		real_set(offsetof(struct real, name) / sizeof(void *), (void *)checked_); \
	} while (0)

/* For real_replace(): set the function at INDEX of struct real. */
void real_set(size_t index, void *function);

/* For real(): the function at INDEX of struct real. It may come before the constructor runs. */
void *real_function(size_t index);

/* The first function of interposed.def that every glibc from 2.17 on has and this libc lacks, in
 * static storage; NULL: all are there. Constructor only. */
const char *real_missing(void);

/* Whether libc is glibc, whose loader alone gives constructors the arguments of main. */
bool real_is_glibc(void);

/* The address of NAME in the first object that defines it behind this one; NULL when none does.
 * Before main, or at least before the first thread. */
void *real_lookup(const char *name);

/* The same, but in the first of all objects, the program included, except for libc and this one. */
void *real_lookup_of_program(const char *name);

/* Whether an object whose file's name begins with PREFIX is loaded. Before main. */
bool real_has_object(const char *prefix);

/* The address of NAME in libc, whoever else defines it; NULL when that is not glibc. The first time
 * before main; then signal-safe, as libc stays. */
void *real_lookup_libc(const char *name);

/*
 * The address of NAME in the object that is loaded at BIAS and has its dynamic section at DYNAMIC;
 * NULL when the object does not define NAME. Before main, or in a tracer: nothing keeps the object
 * from being unloaded.
 */
void *real_lookup_in(uintptr_t bias, const void *dynamic, const char *name);
