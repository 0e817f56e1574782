#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The class of a cause: of real failures, and of those that need a GPU by the texts that its libraries raise."""

import json
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# Shell commands whose program really fails so. PYTHON is the interpreter, CC the compiler; each line runs in a folder of its own.
FAILURES = {
    "address space": ("host_oom", "ulimit -v 400000; exec $PYTHON -c 'x = bytearray(1 << 40)'"),
    "C++ allocation": ("host_oom", "g++ -o p p.cc && exec ./p alloc"),
    "open files": ("file_limit", "ulimit -n 30; exec $PYTHON -c 'x = [open(\"/dev/null\") for _ in range(99)]'"),
    "file size": ("file_limit", "ulimit -f 8; exec cp big small"),
    "file size in Python": ("file_limit", "ulimit -f 8; exec $PYTHON -c 'open(\"x\", \"wb\").write(bytes(1 << 20))'"),
    "full device": ("disk_full", "exec $PYTHON -c 'open(\"/dev/full\", \"w\").write(\"x\" * 99999)'"),
    "no module": ("import_error", "exec $PYTHON -c 'import there_is_no_such_module'"),
    "no name in a module": ("import_error", "exec $PYTHON -c 'from os import nothing_like_this'"),
    "no library": ("missing_library", "exec $PYTHON -c 'import ctypes; ctypes.CDLL(\"libnone.so.7\")'"),
    "no library at start": ("missing_library", "cc -shared -fPIC -o l.so good.c && cc -o m m.c ./l.so && rm l.so && exec ./m"),
    "no symbol": ("undefined_symbol", "cc -shared -fPIC -o l.so l.c && exec $PYTHON -c 'import ctypes, os; ctypes.CDLL(\"./l.so\", os.RTLD_NOW)'"),
    "no symbol at start": ("undefined_symbol", "cc -shared -fPIC -o l.so good.c && cc -Wl,-z,lazy -o m m.c ./l.so && "
                           "cc -shared -fPIC -o l.so l.c -DOTHER && exec ./m"),
    "not a number": ("nan", "exec $PYTHON -c 'int(float(\"nan\"))'"),
    "loss": ("nan", "exec $PYTHON -c 'raise RuntimeError(\"Loss is nan, stopping training\")'"),
    "trap of floats": ("nan", "cc -o p p.c -lm && exec ./p nan"),
    "recursion in C": ("stack_overflow", "cc -O0 -o p p.c -lm && exec ./p deep"),
    "recursion in Python": ("stack_overflow", "exec $PYTHON -c 'f = lambda: f(); f()'"),
    "null pointer": ("memory_fault", "cc -o p p.c -lm && exec ./p null"),
    "double free": ("memory_fault", "cc -o p p.c -lm && exec ./p twice"),
    "mapping of a file that was cut": ("memory_fault", "cc -o p p.c -lm && exec ./p cut"),
    "assert in C": ("assertion", "cc -o p p.c -lm && exec ./p assert"),
    "assert in Python": ("assertion", "exec $PYTHON -c 'assert 1 == 2'"),
    "ValueError": ("exception", "exec $PYTHON -c 'raise ValueError(\"bad batch\")'"),
    "C++ exception": ("exception", "g++ -o p p.cc && exec ./p logic"),
    "division": ("exception", "cc -o p p.c -lm && exec ./p divide"),
    "abort": ("assertion", "cc -o p p.c -lm && exec ./p abort"),
    "handler of a fault that exits": ("memory_fault", "cc -o p p.c -lm && exec ./p handled"),
    "kill -9": ("killed", "exec $PYTHON -c 'import os; os.kill(os.getpid(), 9)'"),
    "exit": ("exit", "cc -o p p.c -lm && exec ./p exit"),
    "sys.exit": ("exit", "exec $PYTHON -c 'import sys; sys.exit(3)'"),
    "processor time": ("time_limit", "cc -o p p.c -lm && ulimit -St 1; exec ./p spin"),
}

# What libraries raise, in their words; MESSAGE is given to the type.
RAISED = [
    ("cuda_oom", "OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB"),
    ("cuda_oom", "RuntimeError", "CUDA error: out of memory"),
    ("cuda_oom", "XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes."),
    ("cuda_oom", "RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: an illegal memory access was encountered"),
    ("cuda_illegal_access", "AcceleratorError", "CUDA error: an illegal memory access was encountered\nSearch for `cudaErrorIllegalAddress'"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: unspecified launch failure"),
    ("cuda_assert", "RuntimeError", "CUDA error: device-side assert triggered"),
    ("gpu_hardware", "RuntimeError", "CUDA error: uncorrectable ECC error encountered"),
    ("gpu_hardware", "RuntimeError", "CUDA error: uncorrectable NVLink error detected during the execution"),
    ("nccl_timeout", "DistBackendError", "[Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=4, OpType=ALLREDUCE) ran for 600021 ms"),
    ("nccl_system", "DistBackendError", "NCCL error in: ProcessGroupNCCL.cpp:2028, unhandled system error (run with NCCL_DEBUG=INFO for details)"),
    ("peer_lost", "DistBackendError", "NCCL error: remote process exited or there was a network error, NCCL version 2.21.5\nncclRemoteError"),
    ("peer_lost", "RuntimeError", "[../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.0.0.2]:5310"),
    ("shm_full", "RuntimeError", "DataLoader worker (pid 4711) is killed by signal: Bus error. It is possible that dataloader's workers are "
     "out of shared memory. insufficient shared memory (shm)"),
    ("shm_full", "OSError", "[Errno 28] No space left on device: '/dev/shm/psm_7f3a'"),
    ("shm_full", "RuntimeError", "unable to write to file </torch_2214_1>: No space left on device (28)"),
    ("disk_full", "OSError", "[Errno 28] No space left on device: 'ckpt/step100.pt'"),
    ("quota", "OSError", "[Errno 122] Disk quota exceeded: '/home/u/out'"),
    ("process_limit", "RuntimeError", "can't start new thread"),
    ("process_limit", "BlockingIOError", "[Errno 11] Resource temporarily unavailable"),
    ("host_oom", "RuntimeError", "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    ("host_oom", "OSError", "[Errno 12] Cannot allocate memory"),
    ("undefined_symbol", "ImportError", "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by ./x.so)"),
    ("undefined_symbol", "OSError", "./x.so: undefined symbol: cublasLtCreate"),
    ("missing_library", "ImportError", "libcudart.so.12: cannot open shared object file: No such file or directory"),
    ("nan", "ValueError", "Input X contains NaN."),
    ("nan", "FloatingPointError", "invalid value encountered in divide"),
    # close to a class by a word, and not of it
    ("exception", "ValueError", "cannot handle nanoseconds of the finance column"),
    ("exception", "KeyError", "'memory'"),
    ("exception", "ValueError", "quota must be positive"),
    ("exception", "RuntimeError", "threadpool is closed"),
    ("exception", "FileNotFoundError", "[Errno 2] No such file or directory: 'shm/x'"),
]

PROGRAMS = {
    "p.c": r"""
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <fenv.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
volatile double zero;
volatile int none;
static void leave(int number) { (void)number; _exit(3); }
static int deep(volatile char *up) { char here[4096]; here[0] = up == NULL ? 0 : up[0]; return deep(here) + here[0]; }
int main(int count, char **arguments)
{
	const char *how = arguments[1];
	void *volatile memory = malloc(40);
	if (!strcmp(how, "handled")) { signal(SIGSEGV, leave); *(volatile int *)8 = 1; }
	if (!strcmp(how, "nan")) { feenableexcept(FE_INVALID); zero = zero / zero; }
	if (!strcmp(how, "deep")) return deep(NULL);
	if (!strcmp(how, "null")) *(volatile int *)8 = 1;
	if (!strcmp(how, "twice")) { free(memory); free(memory); }
	if (!strcmp(how, "assert")) assert(count == 9);
	if (!strcmp(how, "divide")) none = 100 / none;
	if (!strcmp(how, "abort")) abort();
	if (!strcmp(how, "cut")) {
		int file = open("cut", O_RDWR | O_CREAT, 0600);
		volatile char *mapped;
		if (ftruncate(file, 8192) != 0) return 1;
		mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
		if (ftruncate(file, 0) != 0) return 1;
		mapped[5000] = 1;
	}
	while (!strcmp(how, "spin")) none++;
	return 3;
}
""",
    "p.cc": r"""
#include <cstring>
#include <stdexcept>
#include <vector>
int main(int, char **arguments)
{
	if (!strcmp(arguments[1], "alloc"))
		throw std::bad_alloc();
	throw std::logic_error("no such state");
}
""",
    "l.c": "int nowhere(void); int there(void) { return 1; }\n#ifndef OTHER\nint here(void) { return nowhere(); }\n#endif\n",
    "good.c": "int here(void) { return 7; }\n",
    "m.c": "int here(void); int main(void) { return here(); }\n",
}


class Causes(watched.Case):
    def setUp(self):
        super().setUp()
        for name, text in PROGRAMS.items():
            self.write(name, text)
        pathlib.Path(self.path("big")).write_bytes(bytes(1 << 20))

    def root(self, *command, name="run"):
        environment = dict(watched.environment(), PYTHON=sys.executable)
        self.vigil("run", "-q", "-d", name, "--", *command, env=environment)
        report = json.loads(self.vigil("report", "--json", name).stdout)
        return report["attempts"][-1]["root_cause"], name

    @unittest.skipUnless(shutil.which("g++"), "not installed: g++")
    def test_real_failures_have_their_class(self):
        for number, (title, (name, command)) in enumerate(FAILURES.items()):
            with self.subTest(title):
                root, _ = self.root("sh", "-c", command, name=f"run{number}")
                self.assertEqual(root["cause_class"], name, root)

    def test_what_libraries_raise_has_its_class(self):
        for number, (name, kind, message) in enumerate(RAISED):
            with self.subTest(message):
                self.write("raise.py", f"import builtins\nraise getattr(builtins, {kind!r}, type({kind!r}, (RuntimeError,), {{}}))({message!r})\n")
                root, _ = self.root(sys.executable, "raise.py", name=f"run{number}")
                self.assertEqual(root["cause_class"], name, root)
                self.assertIn(root["cause_confidence"], ("proven", "likely", "unsure"))

    def test_the_text_says_what_to_do(self):
        self.write("raise.py", "raise RuntimeError('CUDA error: device-side assert triggered')\n")
        _, name = self.root(sys.executable, "raise.py")
        said = " ".join(self.vigil("report", name).stdout.split())
        self.assertIn("cause: cuda_assert (likely): an assertion failed on the GPU", said)
        self.assertIn("CUDA_LAUNCH_BLOCKING=1", said)
        plain, other = self.root("sh", "-c", "exit 3", name="other")
        self.assertNotIn("advice", plain)
        self.assertNotIn("cause:", self.vigil("report", other).stdout)


if __name__ == "__main__":
    tap.main()
