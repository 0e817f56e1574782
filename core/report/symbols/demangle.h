/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demangle.h - names of C++ functions for people.
 *
 * libstdc++'s own __cxa_demangle(): it is in every C++ program's way of printing its names, gdb's
 * output looks the same, and its licence lets a command link it. binutils' libiberty would also
 * read Rust's "_R…", but comes as an archive without a stable interface, under the LGPL; such names
 * stay as they are. A hostile name can ask for more memory and time than there is: call this in a
 * process that may die (symbolizer.h). Signal-safe: no. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* SYMBOL is a C++ function's: "_Z…". */
bool demangle_wanted(const char *symbol);

/* What SYMBOL stands for, malloc'ed, the CALLER's to free; NULL when it is no such name. */
char *demangle(const char *symbol);
