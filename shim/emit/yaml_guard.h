/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_guard.h - keeps the libyaml that is linked into the preload from reaching the host's stdio,
 * and from aborting.
 *
 * The Makefile renames what libyaml takes from libc: its memory comes from
 * core/config/yaml/yaml_memory.h, its file functions, which are never called here, do nothing, and
 * a failed assertion leads out of the parser instead of to abort(). Signal-safe: no. Threads: one,
 * in the constructor.
 */
#pragma once

#include <stddef.h>

/* Call WORK(ARGUMENT) and return what it returns, or OTHERWISE when libyaml's own checks failed
 * inside it. */
int yaml_guarded(int (*work)(void *), void *argument, int otherwise);

/* What libyaml calls in place of fread, fwrite, ferror and sprintf: they do nothing. */
size_t vigil_yaml_fread(void);
size_t vigil_yaml_fwrite(void);
int vigil_yaml_ferror(void);
int vigil_yaml_sprintf(void);

/* What libyaml calls in place of __assert_fail, and the linked libffi in place of abort. Does not
 * return. */
void vigil_yaml_assert_fail(void);
