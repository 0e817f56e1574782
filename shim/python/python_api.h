/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_api.h - the few functions of CPython's stable C API that we call, 3.8 and later.
 *
 * Declared here so that the build needs no Python; the types are CPython's own (Include/object.h,
 * Include/cpython/). They are looked up where there is a Python: as weak references, the loader
 * would look for each of them in every program. Signal-safe: reading the table, yes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct _object PyObject;
typedef struct _ts PyThreadState;
typedef struct _is PyInterpreterState;
typedef int (*Py_AuditHookFunction)(const char *event, PyObject *arguments, void *data);

/* Include/cpython/pymem.h */
typedef enum { PYMEM_DOMAIN_RAW } PyMemAllocatorDomain;
typedef struct {
	void *context;
	void *(*malloc)(void *context, size_t size);
	void *(*calloc)(void *context, size_t count, size_t size);
	void *(*realloc)(void *context, void *what, size_t size);
	void (*free)(void *context, void *what);
} PyMemAllocatorEx;

/* All NULL where there is no Python, and each that this one has not. */
struct python_api {
#define FUNCTION(result, name, parameters) result(*name) parameters;
#define DATA(type, name) type *name;
#include "shim/python/python_api.def"
#undef FUNCTION
#undef DATA
};

extern struct python_api python;

/* Constructor only: fill the table. Returns whether there is a Python. */
bool python_api_find(void);
