/* SPDX-License-Identifier: Apache-2.0 */
/* A process that sends a signal and waits for the answer, which is another signal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "tests/shim/victims/victim.h"

static pid_t asker, target;

static void answer_later(int number)
{
	(void)number;
	usleep(50000);
	kill(asker, SIGUSR1);
}

static void note_answer(int number)
{
	(void)number;
}

/* A child that answers SIGTERM by SIGUSR1, 50 ms later: it has set its handler when this
 * returns. */
static void begin_answering(void)
{
	int ends[2];
	char byte;

	asker = getpid();
	if (pipe2(ends, O_CLOEXEC) != 0)
		exit(97);
	target = fork();
	if (target == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, answer_later);
		if (write(ends[1], "", 1) != 1)
			_exit(97);
		for (;;)
			pause();
	}
	if (read(ends[0], &byte, 1) != 1)
		exit(97);
}

#define WAIT_S 8

static int answered_sleep(void)
{
	return sleep(WAIT_S) > WAIT_S - 2 ? -1 : 0;
}

static int answered_nanosleep(void)
{
	struct timespec left = {0};
	int result = nanosleep(&(struct timespec){.tv_sec = WAIT_S}, &left);

	return left.tv_sec >= WAIT_S - 2 ? result : 0;
}

static int answered_clock_nanosleep(void)
{
	struct timespec left = {0};

	errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_sec = WAIT_S}, &left);
	return left.tv_sec >= WAIT_S - 2 ? -1 : 0;
}

static int answered_usleep(void)
{
	return usleep(WAIT_S * 1000000);
}

static int answered_poll(void)
{
	return poll(NULL, 0, WAIT_S * 1000);
}

static int answered_ppoll(void)
{
	return ppoll(NULL, 0, &(struct timespec){.tv_sec = WAIT_S}, NULL);
}

static int answered_select(void)
{
	return select(0, NULL, NULL, NULL, &(struct timeval){.tv_sec = WAIT_S});
}

static int answered_pselect(void)
{
	return pselect(0, NULL, NULL, NULL, &(struct timespec){.tv_sec = WAIT_S}, NULL);
}

static int answered_epoll_wait(void)
{
	struct epoll_event event;

	return epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, WAIT_S * 1000);
}

static int answered_epoll_pwait(void)
{
	struct epoll_event event;

	return epoll_pwait(epoll_create1(EPOLL_CLOEXEC), &event, 1, WAIT_S * 1000, NULL);
}

static int answered_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	alarm(WAIT_S);
	return sigsuspend(&none);
}

static int answered_pause(void)
{
	alarm(WAIT_S);
	return pause();
}

static const struct {
	const char *name;
	int (*await)(void);
} answers[] = {
	{"pause", answered_pause},
	{"sigsuspend", answered_sigsuspend},
	{"sleep", answered_sleep},
	{"usleep", answered_usleep},
	{"nanosleep", answered_nanosleep},
	{"clock_nanosleep", answered_clock_nanosleep},
	{"poll", answered_poll},
	{"ppoll", answered_ppoll},
	{"select", answered_select},
	{"pselect", answered_pselect},
	{"epoll_wait", answered_epoll_wait},
	{"epoll_pwait", answered_epoll_pwait},
};

/* A signal to a child, and a wait that its answer ends. */
int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGUSR1, note_answer);
	begin_answering();
	for (size_t i = 0; argc > 1 && i < sizeof answers / sizeof *answers; i++) {
		if (strcmp(answers[i].name, argv[1]) != 0)
			continue;
		kill(target, SIGTERM);
		errno = 0;
		printf("%d", answers[i].await());
		printf(" %s\n", strerror(errno));
		return 0;
	}
	return 98;
}
