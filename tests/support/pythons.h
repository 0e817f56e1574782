/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pythons.h - the Python interpreters of this machine: Debian's, and others where there are any.
 *
 * Looked for are python3.8 to python3.15 in pyenv's versions ($PYENV_ROOT, or ~/.pyenv) and in
 * PATH. Wrapper scripts are no interpreters.
 */
#pragma once

#include <stddef.h>

#define PYTHONS_MAX 9
#define PYTHON_DEBIAN "/usr/bin/python3"

struct python {
	char path[512];
	int minor;     /* 11 of 3.11 */
	char name[24]; /* "python 3.11"; Debian's is "python" */
};

/* Debian's comes first, the others by version. Returns how many there are. */
size_t pythons_find(struct python pythons[PYTHONS_MAX]);
