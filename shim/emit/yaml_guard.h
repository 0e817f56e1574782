/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_guard.h - keeps the libyaml that is linked into the preload from reaching the host's stdio,
 * and from aborting.
 *
 * The Makefile renames the libc functions that libyaml calls: its memory comes from
 * core/config/yaml/yaml_memory.h; its file functions, which it never calls here, do nothing; a
 * failed assertion leaves the parser instead of calling abort(). Signal-safe: no. Threads: one, in
 * the constructor.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Call WORK(ARGUMENT) and return what it returns, or OTHERWISE when libyaml's own checks failed
 * inside it. */
int yaml_guarded(int (*work)(void *), void *argument, int otherwise);

/* What libyaml calls in place of fread, fwrite, ferror and sprintf: they do nothing. */
size_t vigil_yaml_fread(void);
size_t vigil_yaml_fwrite(void);
int vigil_yaml_ferror(void);
int vigil_yaml_sprintf(void);

/* What libyaml's functions put between their variables and their return address, where that is no
 * word of the thread (aarch64): of the loader's variable the preload would need the loader, too,
 * which no program of musl has. Made anew by yaml_guarded(). */
extern uintptr_t vigil_yaml_stack_guard;

/* What libyaml calls in place of __assert_fail, and the linked libffi in place of abort. Does not
 * return. */
void vigil_yaml_assert_fail(void);
