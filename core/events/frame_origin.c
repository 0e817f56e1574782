/* SPDX-License-Identifier: Apache-2.0 */
#include "core/events/frame_origin.h"

#include "core/base/path.h"

/* By how the file's name begins. */
static const struct {
	char prefix[16];
	enum frame_origin origin;
} runtimes[] = {
	{"libvigil.so", ORIGIN_VIGIL},
	/* glibc and musl */
	{"libc.so", ORIGIN_LIBC},
	{"libc-", ORIGIN_LIBC},
	{"libc.musl", ORIGIN_LIBC},
	{"libpthread", ORIGIN_LIBC},
	{"librt.so", ORIGIN_LIBC},
	{"librt-", ORIGIN_LIBC},
	{"ld-linux", ORIGIN_LIBC},
	{"ld-musl", ORIGIN_LIBC},
	{"ld64.so", ORIGIN_LIBC},
	{"ld-2.", ORIGIN_LIBC},
	{"linux-vdso", ORIGIN_LIBC},
	/* C++, Fortran, OpenMP */
	{"libstdc++.so", ORIGIN_LANGUAGE},
	{"libc++.so", ORIGIN_LANGUAGE},
	{"libc++abi.so", ORIGIN_LANGUAGE},
	{"libgcc_s.so", ORIGIN_LANGUAGE},
	{"libgfortran.so", ORIGIN_LANGUAGE},
	{"libgomp", ORIGIN_LANGUAGE},
	{"libomp.so", ORIGIN_LANGUAGE},
	{"libiomp5.so", ORIGIN_LANGUAGE},
	{"libasan.so", ORIGIN_LANGUAGE},
	{"libtsan.so", ORIGIN_LANGUAGE},
	/* Open MPI, MPICH and their like; PMI; what they send by */
	{"libmpi", ORIGIN_COMMUNICATION},
	{"libopen-", ORIGIN_COMMUNICATION},
	{"libprrte", ORIGIN_COMMUNICATION},
	{"mca_", ORIGIN_COMMUNICATION},
	{"libpmix", ORIGIN_COMMUNICATION},
	{"libpmi2", ORIGIN_COMMUNICATION},
	{"libpmi.so", ORIGIN_COMMUNICATION},
	{"libucp.so", ORIGIN_COMMUNICATION},
	{"libucs.so", ORIGIN_COMMUNICATION},
	{"libuct.so", ORIGIN_COMMUNICATION},
	{"libfabric.so", ORIGIN_COMMUNICATION},
	{"libnccl", ORIGIN_COMMUNICATION},
	{"librccl", ORIGIN_COMMUNICATION},
	{"liboshmem", ORIGIN_COMMUNICATION},
};

enum frame_origin frame_origin(const struct frame *frame)
{
	const char *name = frame->module == NULL ? NULL : path_base(frame->module->path);

	if (name == NULL)
		return ORIGIN_PROGRAM;
	for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
		if (strncmp(name, runtimes[i].prefix, strlen(runtimes[i].prefix)) == 0)
			return runtimes[i].origin;
	return strstr(name, ".so") == NULL ? ORIGIN_PROGRAM : ORIGIN_LIBRARY;
}
