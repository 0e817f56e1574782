/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_api.h - the few functions of CPython's stable C API that we call, 3.8 and later, as weak
 * references.
 *
 * Declared here so that the build needs no Python; the types are CPython's own (Include/object.h,
 * Include/cpython/).
 */
#pragma once

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

#define PYTHON_API extern __attribute__((weak, visibility("default")))

PYTHON_API int Py_IsInitialized(void);
PYTHON_API int PySys_AddAuditHook(Py_AuditHookFunction hook, void *data);
PYTHON_API void PyMem_GetAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *allocator);
PYTHON_API void PyMem_SetAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *allocator);
PYTHON_API void Py_IncRef(PyObject *object);
PYTHON_API void Py_DecRef(PyObject *object);
PYTHON_API void PyErr_Fetch(PyObject **type, PyObject **value, PyObject **traceback);
PYTHON_API void PyErr_Restore(PyObject *type, PyObject *value, PyObject *traceback);
PYTHON_API void PyErr_Clear(void);
PYTHON_API PyObject *PyErr_Occurred(void);
PYTHON_API PyObject *PyTuple_GetItem(PyObject *tuple, ssize_t index);
PYTHON_API ssize_t PyTuple_Size(PyObject *tuple);
PYTHON_API PyObject *PyList_GetItem(PyObject *list, ssize_t index);
PYTHON_API PyObject *PyDict_GetItemString(PyObject *dict, const char *key);
PYTHON_API ssize_t PySequence_Size(PyObject *sequence);
PYTHON_API PyObject *PySequence_GetItem(PyObject *sequence, ssize_t index);
PYTHON_API long PyLong_AsLong(PyObject *number);
PYTHON_API PyObject *PyObject_Type(PyObject *object);
PYTHON_API int PyObject_IsInstance(PyObject *object, PyObject *type);
PYTHON_API PyObject *PyObject_Repr(PyObject *object);
PYTHON_API PyObject *PyImport_GetModuleDict(void);
PYTHON_API PyObject *PyObject_GetAttrString(PyObject *object, const char *name);
PYTHON_API PyObject *PyObject_Str(PyObject *object);
PYTHON_API int PyObject_IsTrue(PyObject *object);
PYTHON_API PyObject *PyObject_CallMethod(
	PyObject *object, const char *name, const char *format, ...);
PYTHON_API PyObject *PyImport_ImportModule(const char *name);
PYTHON_API PyObject *PyUnicode_AsEncodedString(
	PyObject *string, const char *encoding, const char *errors);
PYTHON_API int PyBytes_AsStringAndSize(PyObject *bytes, char **data, ssize_t *size);
PYTHON_API int PyTraceBack_Print(PyObject *traceback, PyObject *file);
/* Up to 3.12: prints all of an exception, as the interpreter does on stderr, to FILE. 3.13 does
 * that in Python. */
PYTHON_API void _PyErr_Display(
	PyObject *file, PyObject *type, PyObject *value, PyObject *traceback);

/* The calling thread's state, also without the interpreter's lock; NULL: it has none. */
PYTHON_API PyThreadState *PyGILState_GetThisThreadState(void);
/* Write the stack of THREAD, or of all threads of INTERPRETER (NULL: the calling thread's, or the
 * main one), to FD. Signal-safe; nonsense if the interpreter is broken. Exported up to 3.8, in 3.11
 * and 3.12. */
PYTHON_API void _Py_DumpTraceback(int fd, PyThreadState *thread);
PYTHON_API const char *_Py_DumpTracebackThreads(
	int fd, PyInterpreterState *interpreter, PyThreadState *current);

/* What python_walk.c calls: these functions load and compute, allocate nothing and take no lock. */
PYTHON_API const char *Py_GetVersion(void);
PYTHON_API ssize_t PyUnicode_GetLength(PyObject *string);
PYTHON_API uint32_t PyUnicode_ReadChar(PyObject *string, ssize_t index);
PYTHON_API int PyFrame_GetLineNumber(PyObject *frame);
PYTHON_API int PyCode_Addr2Line(PyObject *code, int byte);
PYTHON_API PyInterpreterState *PyInterpreterState_Main(void);
PYTHON_API PyThreadState *PyInterpreterState_ThreadHead(PyInterpreterState *interpreter);
PYTHON_API PyThreadState *PyThreadState_Next(PyThreadState *thread);
PYTHON_API PyObject PyUnicode_Type, PyFrame_Type, PyCode_Type;
PYTHON_API const struct pyruntimestate _PyRuntime;

/* Types are objects; the exceptions are pointers to some. */
PYTHON_API PyObject PyList_Type, PyTuple_Type;
PYTHON_API PyObject *PyExc_SyntaxError, *PyExc_BaseExceptionGroup;

/* None is an object, not a function: compared by address. */
PYTHON_API PyObject _Py_NoneStruct;
