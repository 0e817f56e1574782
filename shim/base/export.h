/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.h - marks the functions that the preload takes over, all of which have a line in
 * interposed.def.
 *
 * Functions that glibc's headers do not declare, or declare for older standards only, are declared
 * here.
 */
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>

#define VIGIL_EXPORT __attribute__((visibility("default")))

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __sigaction(int number, const struct sigaction *action, struct sigaction *old);
sighandler_t bsd_signal(int number, sighandler_t handler);
sighandler_t __sysv_signal(int number, sighandler_t handler);
int tgkill(pid_t pid, pid_t thread, int number);
int pidfd_send_signal(int pidfd, int number, siginfo_t *info, unsigned int flags);
int execveat(int directory, const char *path, char *const argv[], char *const envp[], int flags);
int epoll_pwait2(int epoll, struct epoll_event *events, int count, const struct timespec *most,
	const sigset_t *mask);
int __poll_chk(struct pollfd *list, nfds_t count, int milliseconds, size_t size);
int __ppoll_chk(struct pollfd *list, nfds_t count, const struct timespec *most,
	const sigset_t *mask, size_t size);
ssize_t __read_chk(int fd, void *bytes, size_t count, size_t size);
