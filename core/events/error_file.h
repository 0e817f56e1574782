/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error_file.h - the file in which torchrun looks for why a worker failed, in the format that
 * torch.distributed.elastic.multiprocessing.errors reads.
 *
 * Signal-safe: yes. Threads: any, each with a scratch of its own.
 */
#pragma once

#include "core/events/event.h"

/* If EVENT is the failure of a rank's leader, and TORCHELASTIC_ERROR_FILE in ENVIRONMENT names a
 * file that does not exist, write that file, with the mode 0666 & ~umask. It appears whole or not
 * at all, because half a file makes torchrun itself fail. SCRATCH has EVENT_SCRATCH_SIZE bytes and
 * is the caller's. Returns 0; -EEXIST, also when there is nothing to be written; or another
 * -errno. */
int error_file_write(const struct event *event, char *const *environment, char *scratch);
