#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Programs whose stacks vigil stacks takes again and again do as without: calls that wait, calls that a thread is about to make, and what
the tests of the preload run."""

import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# Each thread computes for some milliseconds, most of them in the kernel, and then waits in a call of its own for some more, again and
# again. It says how often, how often the call did not return what it does when its time is over, and how often too soon.
TURNS = r"""
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#define WAIT_MS 4
static double seconds;
static struct timespec span = {0, WAIT_MS * 1000000};
static int epoll_fd, ends[2], semaphores, terminal;
static sem_t semaphore;
static unsigned word;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
static struct timespec deadline(void)
{
	struct timespec at;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += span.tv_nsec;
	if (at.tv_nsec >= 1000000000) { at.tv_sec++; at.tv_nsec -= 1000000000; }
	return at;
}
static int is(long result, int error) { return result == -1 && errno == error; }
static int in_epoll_wait(void) { struct epoll_event e; return epoll_wait(epoll_fd, &e, 1, WAIT_MS) == 0; }
static int in_poll(void) { return poll(NULL, 0, WAIT_MS) == 0; }
static int in_select(void) { struct timeval t = {0, WAIT_MS * 1000}; return select(0, NULL, NULL, NULL, &t) == 0; }
static int in_nanosleep(void) { struct timespec left = {9, 9}; return nanosleep(&span, &left) == 0 && left.tv_sec == 9; }
static int in_recv(void) { char byte; return is(recv(ends[0], &byte, 1, 0), EAGAIN); }
static int in_sigtimedwait(void) { sigset_t s; sigemptyset(&s); sigaddset(&s, SIGUSR1); return is(syscall(SYS_rt_sigtimedwait, &s, NULL, &span, 8), EAGAIN); }
static int in_semtimedop(void) { struct sembuf op = {0, -1, 0}; return is(semtimedop(semaphores, &op, 1, &span), EAGAIN); }
static int in_sem_timedwait(void) { struct timespec at = deadline(); return is(sem_timedwait(&semaphore, &at), ETIMEDOUT); }
static int in_futex(void) { return is(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &span, NULL, 0), ETIMEDOUT); }
static int in_cond_timedwait(void)
{
	struct timespec at = deadline();
	int result;
	pthread_mutex_lock(&mutex);
	result = pthread_cond_timedwait(&cond, &mutex, &at);
	pthread_mutex_unlock(&mutex);
	return result == ETIMEDOUT;
}
static int in_wait4(void)
{
	int status;
	pid_t child = fork();
	if (child == 0) { usleep(WAIT_MS * 1000); _exit(7); }
	return wait4(child, &status, 0, NULL) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}
static int in_terminal(void) { char byte; return read(terminal, &byte, 1) == 0; } /* VTIME: after a tenth of a second */
static volatile sig_atomic_t alarms;
static void count_alarm(int number) { (void)number; alarms++; }
static int in_sigsuspend(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2};
	struct itimerspec time = {{0, 0}, {0, WAIT_MS * 1000000}};
	sigset_t none;
	timer_t timer;
	int before = alarms, result;
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	sigemptyset(&none);
	timer_settime(timer, 0, &time, NULL);
	result = is(sigsuspend(&none), EINTR) && alarms == before + 1;
	timer_delete(timer);
	return result;
}
static const struct { const char *name; int (*call)(void); } calls[] = {
	{"epoll_wait", in_epoll_wait}, {"poll", in_poll}, {"select", in_select}, {"nanosleep", in_nanosleep}, {"recv", in_recv},
	{"sigtimedwait", in_sigtimedwait}, {"semtimedop", in_semtimedop}, {"sem_timedwait", in_sem_timedwait}, {"futex", in_futex},
	{"cond_timedwait", in_cond_timedwait}, {"wait4", in_wait4}, {"terminal", in_terminal}, {"sigsuspend", in_sigsuspend}};
#define COUNT (sizeof calls / sizeof *calls)
static long turns[COUNT], others[COUNT], early[COUNT];
static void *take_turns(void *index)
{
	size_t i = (size_t)index;
	unsigned seed = (unsigned)i;
	double over = now_ms() + seconds * 1e3;
	while (now_ms() < over) {
		double until = now_ms() + 1 + rand_r(&seed) % 4000 / 1e3, from;
		while (now_ms() < until)
			syscall(SYS_getppid);
		from = now_ms();
		errno = 0;
		others[i] += !calls[i].call();
		early[i] += now_ms() - from < WAIT_MS - 0.1;
		turns[i]++;
	}
	return NULL;
}
/* The call that forks is made in a process of its own: while a thread is traced, the kernel does not drop the SIGCHLD of its child,
 * which then ends another thread's wait. */
static int is_chosen(size_t i, const char *what) { return (strcmp(calls[i].name, "wait4") == 0) == (strcmp(what, "forks") == 0); }
int main(int count, char **arguments)
{
	struct timeval time = {0, WAIT_MS * 1000};
	struct sigaction action = {.sa_handler = count_alarm};
	struct termios raw;
	pthread_t threads[COUNT];
	sigset_t set;
	(void)count;
	seconds = atof(arguments[1]);
	epoll_fd = epoll_create1(0);
	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
	semaphores = semget(IPC_PRIVATE, 1, 0600);
	sem_init(&semaphore, 0, 0);
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(master);
	unlockpt(master);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	tcgetattr(terminal, &raw);
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 1;
	tcsetattr(terminal, TCSANOW, &raw);
	sigaction(SIGUSR2, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < COUNT; i++)
		if (is_chosen(i, arguments[2]))
			pthread_create(&threads[i], NULL, take_turns, (void *)i);
	for (size_t i = 0; i < COUNT; i++)
		if (is_chosen(i, arguments[2]))
			pthread_join(threads[i], NULL);
	semctl(semaphores, 0, IPC_RMID);
	for (size_t i = 0; i < COUNT; i++)
		if (is_chosen(i, arguments[2]))
			printf("%s %ld %ld %ld\n", calls[i].name, turns[i], others[i], early[i]);
	return 0;
}
"""

# Tests of the preload, which compare a run without it and one with it, and know the events of the latter.
SHIM = ("test_waits", "test_handlers", "test_threads", "test_children", "test_pending")


def below(pid):
    """The processes that descend from PID."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="ascii").split()):
                found += [child, *below(child)]
    except OSError:
        pass
    return found


def has_preload(pid):
    try:
        return b"LD_PRELOAD=" in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


class Unseen(watched.Case):
    def look(self, pids):
        """The threads of PIDS, of which some may end meanwhile."""
        done = self.vigil("stacks", "--json", f"--pid={','.join(map(str, pids))}")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return [thread for process in json.loads(done.stdout)["processes"] for thread in process["threads"]]

    @unittest.skipUnless(os.uname().machine == "x86_64", "a call that a thread is about to make begins anew on x86-64 alone")
    def test_calls_that_a_thread_is_about_to_make(self):
        done = subprocess.run(["gcc", "-O1", "-pthread", "-D_GNU_SOURCE", "-x", "c", "-", "-o", "turns"], input=TURNS, text=True,
                              check=False, cwd=self.directory, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        processes = [self.start(self.path("turns"), "10", which, stdout=subprocess.PIPE) for which in ("forks", "others")]
        looks = running = 0
        while all(process.poll() is None for process in processes):
            threads = self.look([process.pid for process in processes])
            looks += bool(threads)
            running += sum(thread["state"] == "running" and bool(thread["frames"]) for thread in threads)
        self.assertGreater(looks, 1)
        self.assertGreater(running, 0)
        for line in (line for process in processes for line in process.stdout):
            name, turns, others, early = line.split()
            with self.subTest(call=name):
                self.assertGreater(int(turns), 10)
                self.assertEqual((int(others), int(early)), (0, 0))

    def test_what_the_tests_of_the_preload_run(self):
        for name in SHIM:
            program = watched.BUILD / "tests" / "shim" / name
            with self.subTest(program=name), open(self.path(name), "w+", encoding="utf-8") as output:
                if not program.exists():
                    self.skipTest(f"not built: {name}")
                process = self.start(str(program), cwd=watched.TREE, stdout=output, stderr=output)
                looks = 0
                while process.poll() is None:
                    pids = [pid for pid in below(process.pid) if has_preload(pid)]
                    looks += bool(pids) and bool(self.look(pids))
                    time.sleep(0.1)
                output.seek(0)
                self.assertEqual(process.returncode, 0, output.read())
                print(f"# {name}: {looks} looks", flush=True)


if __name__ == "__main__":
    tap.main()
