/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/run/run_termination_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TERMINATION_LOG "/dev/termination-log"
#define TERMINATION_LOG_MOST 4096

void termination_log_write(const char *line)
{
	char text[TERMINATION_LOG_MOST + 1];
	int fd, length = snprintf(text, sizeof text, "%s\n", line);
	const char *kubernetes = getenv("KUBERNETES_SERVICE_HOST");
	struct stat stat;

	if (kubernetes == NULL || kubernetes[0] == '\0')
		return;
	fd = open(TERMINATION_LOG, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (length > TERMINATION_LOG_MOST)
		length = TERMINATION_LOG_MOST;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size == 0)
		while (write(fd, text, (size_t)length) < 0 && errno == EINTR)
			;
	close(fd);
}
