/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/work.h"

#include "core/base/sys.h"

#include <sys/mman.h>

#define PIECES 16

static struct work pieces[PIECES];

void *work_map(size_t size)
{
	long address = sys_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return address < 0 && address > -4096 ? NULL : (void *)address;
}

void work_unmap(void *memory, size_t size)
{
	sys_call(SYS_munmap, (long)memory, (long)size, 0, 0, 0, 0);
}

static void begin_notes(struct work *work)
{
	work->notes.count = 0;
	work->notes.used = 0;
	work->notes.storage = work->noted;
	work->notes.size = sizeof work->noted;
}

static struct work *map_piece(void)
{
	struct work *work = work_map(sizeof *work);

	if (work == NULL)
		return NULL;
	work->mapped = true;
	begin_notes(work);
	return work;
}

/* Each thread starts with the piece that it had last, so that threads rarely compete for one. */
struct work *work_take(void)
{
	static _Thread_local unsigned char last __attribute__((tls_model("initial-exec")));

	for (unsigned i = 0; i < PIECES; i++) {
		struct work *work = &pieces[(last + i) % PIECES];

		if (atomic_load_explicit(&work->taken, memory_order_relaxed) ||
			atomic_exchange_explicit(&work->taken, true, memory_order_acquire))
			continue;
		last = (unsigned char)((last + i) % PIECES);
		begin_notes(work);
		return work;
	}
	return map_piece();
}

void work_give(struct work *work)
{
	if (work->mapped)
		work_unmap(work, sizeof *work);
	else
		atomic_store_explicit(&work->taken, false, memory_order_release);
}
