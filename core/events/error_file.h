/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error_file.h - the file by which a worker reports torchrun why it failed: what
 * torch.distributed.elastic.multiprocessing.errors reads.
 *
 * Signal-safe: yes. Threads: any, each with a scratch of its own.
 */
#pragma once

#include "core/events/event.h"

/*
 * Where EVENT is the failure of a rank's leader, and TORCHELASTIC_ERROR_FILE in ENVIRONMENT names a
 * file that is not there: make it, as 0666 & ~umask. It comes to be whole or not at all, since
 * torchrun ends by an exception of its own over half a one. SCRATCH has EVENT_SCRATCH_SIZE bytes
 * and is the caller's. Returns 0; -EEXIST, also when there is nothing to be made; or another
 * -errno.
 */
int error_file_write(const struct event *event, char *const *environment, char *scratch);
