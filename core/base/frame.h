/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - the elements of a stack trace: core/trace fills them, core/events writes them,
 * core/report reads them back.
 *
 * Plain data. Every pointer points into storage of the module that filled it (struct trace, the
 * reader's memory) and is valid as long as that storage.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How a frame was found; the names on the wire are in core/events/event_names.c. */
enum frame_kind {
	FRAME_CFI,    /* by call frame information */
	FRAME_FP,     /* by the frame pointer chain */
	FRAME_FIXUP,  /* the caller of a jump into nowhere, taken from the stack's top or the link
			 register */
	FRAME_PYTHON, /* a frame of the Python interpreter: function, file and line, no pc */
	FRAME_KIND_COUNT_
};

/* gdb's name for the kernel's frame between a signal handler and the interrupted code. */
#define FRAME_SIGNAL_NAME "<signal handler called>"

#define BUILD_ID_MAX 20

/* One loaded ELF object. */
struct frame_module {
	const char *path; /* the loader's name; for the main program, its resolved path */
	uint8_t build_id[BUILD_ID_MAX];
	size_t build_id_size; /* 0: it has none */
	uint64_t bias;	      /* added to an address in the file to get one in memory */
	uint64_t start, end;  /* the memory that the object occupies */
};

struct frame {
	enum frame_kind kind;
	uint64_t pc; /* as the register or the stack had it */
	bool exact;  /* pc is the instruction that a signal interrupted; otherwise pc is a return
			address: look up pc - 1 */
	const struct frame_module *module; /* NULL: pc lies in no known object */
	uint64_t offset;		   /* pc - module->bias; 0 without a module */
	const char *function;	  /* as in the symbol table, not demangled; NULL: unknown */
	uint64_t function_offset; /* pc - the function's start */
	const char *file;	  /* NULL: unknown */
	int line;		  /* 0: unknown */
	unsigned left_out; /* how many frames between the one before and this were left out */
};

/* Whether FRAME is where the kernel called a signal handler. */
static inline bool frame_is_signal(const struct frame *frame)
{
	return frame->function != NULL && strcmp(frame->function, FRAME_SIGNAL_NAME) == 0;
}

/* One register of a thread, by the name that its architecture's manual has for it. */
struct frame_register {
	const char *name; /* in static storage, or the reader's memory */
	uint64_t value;
};
