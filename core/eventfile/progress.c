/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/progress.h"

#include "core/base/clock.h"

#include <stdio.h>
#include <unistd.h>

#define PATIENCE_MS 2000
#define SHOW_MS 200
#define ERASE "\r\033[K"

static void show(struct progress *progress)
{
	fprintf(stderr, ERASE "vigil: reading events: %llu MB, file %zu of %zu",
		(unsigned long long)atomic_load(&progress->bytes) / 1000000,
		atomic_load(&progress->files), atomic_load(&progress->file_count));
	fflush(stderr);
	atomic_store(&progress->shown, true);
}

/* Of several threads, the one that sets the next time shows the line. */
static void show_when_due(struct progress *progress)
{
	int64_t now = instant_mono_ms(), next = atomic_load(&progress->next_ms);

	if (now >= next && atomic_compare_exchange_strong(&progress->next_ms, &next, now + SHOW_MS))
		show(progress);
}

struct progress *progress_begin(struct progress *progress)
{
	*progress = (struct progress){.next_ms = instant_mono_ms() + PATIENCE_MS};
	return isatty(STDERR_FILENO) == 1 ? progress : NULL;
}

void progress_add_files(struct progress *progress, size_t count)
{
	if (progress != NULL)
		atomic_fetch_add(&progress->file_count, count);
}

void progress_next_file(struct progress *progress)
{
	if (progress == NULL)
		return;
	atomic_fetch_add(&progress->files, 1);
	show_when_due(progress);
}

void progress_add_bytes(struct progress *progress, size_t count)
{
	if (progress == NULL)
		return;
	atomic_fetch_add(&progress->bytes, count);
	show_when_due(progress);
}

void progress_end(struct progress *progress)
{
	if (progress == NULL || !atomic_load(&progress->shown))
		return;
	fputs(ERASE, stderr);
	fflush(stderr);
}
