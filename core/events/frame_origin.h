/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame_origin.h - whose code a frame is in: the program's, a library's, or that of what every
 * program stands on. It is read off the name of the module, which alone is known of most frames.
 *
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include "core/base/frame.h"

enum frame_origin {
	ORIGIN_PROGRAM,	      /* the main program, or code in no module */
	ORIGIN_LIBRARY,	      /* a library that is none of the following */
	ORIGIN_COMMUNICATION, /* MPI and the like, and what they send by */
	ORIGIN_LANGUAGE,      /* the runtime of a language or of a sanitizer */
	ORIGIN_LIBC,	      /* libc with its threads and its loader, and the kernel's vdso */
	ORIGIN_VIGIL,	      /* the preload */
};

/* The origin of FRAME, a native one. */
enum frame_origin frame_origin(const struct frame *frame);

/* ORIGIN is none of the program's own: a mistake of the program shows there, but is seldom made
 * there. */
static inline bool origin_is_runtime(enum frame_origin origin)
{
	return origin >= ORIGIN_COMMUNICATION;
}
