#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of MPI's are counted from the first one on, which sets up the counting: a start does not."""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import test_calls
import watched

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What comes first, by a word; MPI_Init() is called in each.
FIRST = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
int MPI_Init(int *, char ***), MPI_Barrier(int), MPI_Allreduce(const void *, void *, int, int, int, int);
int library_works(void) __attribute__((weak));
#define WORLD 0x44000000
static int count;
static char **arguments;
static void work(int barriers)
{
	MPI_Init(&count, &arguments);
	while (barriers-- > 0)
		MPI_Barrier(WORLD);
}
static void *in_thread(void *nothing) { work(2); return nothing; }
static void *idle(void *nothing) { return nothing; }
static void handler(int number) { work(number == SIGALRM ? 2 : 0); }
static void child(int barriers)
{
	if (fork() == 0) {
		work(barriers);
		exit(0);
	}
	wait(NULL);
}
static void thread(void *(*run)(void *))
{
	pthread_t id;
	pthread_create(&id, NULL, run, NULL);
	pthread_join(id, NULL);
}
/* The stack of a call may be small, and end right behind it. */
static void on_small_stack(void)
{
	pthread_attr_t attributes;
	pthread_t id;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	pthread_create(&id, &attributes, in_thread, NULL);
	pthread_join(id, NULL);
}
/* Sets a filter that kills for the first COUNT of the system calls that counting takes; all threads need those behind NEEDED. */
#define NEEDED 3
static void filter(int count)
{
	static const int killed[] = {SYS_gettid, SYS_tgkill, SYS_getpid, SYS_futex, SYS_mprotect, SYS_madvise, SYS_rt_sigprocmask, SYS_prctl, SYS_mmap};
	struct sock_filter code[32] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)};
	struct sock_fprog program = {1, code};
	for (int i = 0; i < count && i < (int)(sizeof killed / sizeof *killed); i++) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, killed[i], 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		exit(9);
}
static void *filtered_thread(void *nothing)
{
	work(2);
	_exit(5);
}
/* Calls at all distances from the end of a page of the stack. */
static void deep(int levels)
{
	volatile char some[24];
	some[0] = 0;
	MPI_Barrier(WORLD);
	if (levels > 0)
		deep(levels - 1);
	some[1] = 0;
}
/* As tools do: replaces the address of MPI_Barrier() in the program's table by its own, and calls what it found there. */
extern ElfW(Dyn) _DYNAMIC[];
static int (*found)(int);
static int hooked;
static int hook(int on) { hooked++; return found(on); }
static void replace_address(void)
{
	ElfW(Addr) calls = 0, symbols = 0, strings = 0, size = 0;
	for (ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_JMPREL) calls = entry->d_un.d_ptr;
		if (entry->d_tag == DT_PLTRELSZ) size = entry->d_un.d_val;
		if (entry->d_tag == DT_SYMTAB) symbols = entry->d_un.d_ptr;
		if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
	}
	for (ElfW(Rela) *call = (ElfW(Rela) *)calls; (ElfW(Addr))call < calls + size; call++) {
		void **slot = (void **)(_r_debug.r_map->l_addr + call->r_offset);
		if (!strcmp((char *)strings + ((ElfW(Sym) *)symbols)[ELF64_R_SYM(call->r_info)].st_name, "MPI_Barrier")) {
			found = (int (*)(int))*slot;
			*slot = (void *)hook;
		}
	}
}
int main(int argc, char **argv)
{
	const char *act = argv[1];
	count = argc;
	arguments = argv;
	if (!strcmp(act, "nothing") && argc < 100) return 0;
	if (!strcmp(act, "child")) { child(3); child(1); work(2); }
	if (!strcmp(act, "only child")) child(3);
	if (!strcmp(act, "thread")) thread(in_thread);
	if (!strcmp(act, "behind thread")) { thread(idle); work(2); }
	if (!strcmp(act, "small")) on_small_stack();
	if (!strcmp(act, "library") && library_works) { printf("%d\n", library_works()); work(2); }
	if (!strcmp(act, "handler")) { signal(SIGALRM, handler); raise(SIGALRM); }
	if (!strcmp(act, "loads")) { dlopen(argv[2], RTLD_NOW | RTLD_GLOBAL); work(2); }
	if (!strcmp(act, "hook")) { replace_address(); work(2); printf("%d\n", hooked); }
	if (!strcmp(act, "filter")) { filter(100); work(2); _exit(4); }
	if (!strcmp(act, "filtered probe")) { filter(100); deep(400); _exit(6); }
	if (!strcmp(act, "filtered thread")) { MPI_Barrier(WORLD); filter(NEEDED); thread(filtered_thread); }
	if (!strcmp(act, "other first")) printf("%d\n", MPI_Allreduce((void *)1, (void *)2, 3, 4, 5, WORLD + 6)), work(2);
	if (!strcmp(act, "errno")) {
		errno = EDOM;
		MPI_Init(&count, &arguments);
		printf("%d\n", errno);
	}
	return 0;
}
"""

# A library of the program's which calls before the program does, and one whose constructor does.
WORKS = "int MPI_Barrier(int); int library_works(void) { return MPI_Barrier(0x44000000); }\n"
CONSTRUCTS = WORKS + "__attribute__((constructor)) static void first(void) { MPI_Barrier(0x44000007); MPI_Barrier(0x44000007); }\n"

TWO = {("MPI_Init", "world"): 1, ("MPI_Barrier", "world"): 2}


class Case(test_calls.Case):
    """Where nothing but MPI's functions is to be counted."""

    def setUp(self):
        super().setUp()
        self.config("[mpi]")

    def first(self, *options, name="first"):
        return self.compile(name, FIRST, *options, f"-L{self.directory}", f"-Wl,-rpath,{self.directory}", "-lmpistub", "-ldl", "-pthread")

    def in_each_way(self, *command, expected):
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                self.assertEqual(self.both(self.first(*options), *command), expected)


class FirstCall(Case):
    def test_every_argument_and_result_is_passed_on(self):
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.program(*options), "values")
                self.assertEqual(counts, {("MPI_Init", "world"): 1, ("MPI_Allreduce", "0x44000006"): 1, ("MPI_Alltoallv", "0x44000009"): 1,
                                          ("MPI_Barrier", "world"): 1, ("MPI_Barrier", "0x1"): 1})

    def test_pages_are_as_protected_as_before(self):
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.program(*options), "maps")
                self.assertEqual(counts["MPI_Barrier", "world"], 1)

    def test_pointers_are_the_functions_own(self):
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                self.both(self.program("-DPOINTERS", *options), "pointers")

    def test_eight_threads_are_counted_exactly(self):
        (counts,) = self.both(self.program(), "threads", "200000")
        self.assertEqual(counts["MPI_Barrier", "world"], 1600000)

    def test_any_counted_function_may_come_first(self):
        self.in_each_way("other first", expected=[{**TWO, ("MPI_Allreduce", "0x44000006"): 1}])

    def test_a_forked_child_makes_the_first_call(self):
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                ends = self.both(self.first(*options), "child")
                self.assertEqual(sorted(end["MPI_Barrier", "world"] for end in ends), [1, 2, 3])
                self.assertEqual([end["MPI_Init", "world"] for end in ends], [1, 1, 1])
                ends = self.both(self.first(*options), "only child")
                self.assertEqual(sorted(end.get(("MPI_Barrier", "world"), 0) for end in ends), [0, 3])

    def test_a_thread_makes_the_first_call(self):
        self.in_each_way("thread", expected=[TWO])
        self.in_each_way("behind thread", expected=[TWO])

    def test_the_first_call_on_a_small_stack(self):
        self.in_each_way("small", expected=[TWO])

    def test_a_handler_of_a_signal_makes_the_first_call(self):
        self.in_each_way("handler", expected=[TWO])

    def test_a_filter_that_kills_for_what_counting_takes(self):
        """Set before the first call of all, or before the first one of another thread: it is not counted."""
        for act in ("filter", "filtered thread"):
            for way, options in test_calls.WAYS.items():
                with self.subTest(act=act, way=way):
                    program = self.first(*options)
                    bare = self.bare(program, act, env=watched.environment())
                    done, _ = self.with_us(program, act)
                    self.assertEqual((done.returncode, done.stdout, done.stderr), (bare.returncode, bare.stdout, bare.stderr))
                    self.assertEqual(done.returncode, 4 if act == "filter" else 5)
        self.config("{MPI_Barrier: {failed: '== 77'}}")
        done, _ = self.with_us(self.first(), "filtered probe")
        self.assertEqual(done.returncode, 6)

    def test_errno_is_kept(self):
        self.in_each_way("errno", expected=[{("MPI_Init", "world"): 1}])

    def test_a_program_that_calls_nothing(self):
        self.in_each_way("nothing", expected=[{}])

    def test_stacks_of_a_living_process_have_the_calls(self):
        process = self.start(self.program(), "waits", stdout=subprocess.PIPE, env=watched.environment(LD_PRELOAD=watched.PRELOAD))
        self.assertEqual(process.stdout.readline().strip(), "ready")
        (shown,) = json.loads(self.vigil("stacks", "--json", f"--pid={process.pid}").stdout)["processes"]
        process.kill()
        self.assertEqual(self.counts(shown), {("MPI_Init", "world"): 1, ("MPI_Barrier", "world"): 1})


class Objects(Case):
    def library(self, source, *options):
        return self.compile("libworks.so", source, "-shared", "-fPIC", "-Wl,-soname,libworks.so", *options, f"-L{self.directory}", "-lmpistub",
                            f"-Wl,-rpath,{self.directory}")

    def test_a_library_of_the_program_makes_the_first_call(self):
        for way in ("lazy", "now"):
            library = self.library(WORKS, *test_calls.WAYS[way])
            for other, options in test_calls.WAYS.items():
                with self.subTest(library=way, program=other):
                    self.assertEqual(self.both(self.first(*options, "-Wl,--no-as-needed", library), "library"),
                                     [{("MPI_Init", "world"): 1, ("MPI_Barrier", "world"): 3}])

    def test_a_constructor_of_a_library_makes_the_first_call(self):
        """The preload's own runs before those of all libraries."""
        for way in ("lazy", "now"):
            library = self.library(CONSTRUCTS, *test_calls.WAYS[way])
            with self.subTest(way=way):
                (counts,) = self.both(self.first("-Wl,--no-as-needed", library), "library")
                self.assertEqual(counts, {("MPI_Init", "world"): 1, ("MPI_Barrier", "world"): 3, ("MPI_Barrier", "0x44000007"): 2})

    def test_a_tool_that_replaces_addresses_too(self):
        """What it replaced is its own; what it found there goes on to the function."""
        for way in ("lazy", "no relro", "fixed"):
            with self.subTest(way=way):
                (counts,) = self.both(self.first(*test_calls.WAYS[way]), "hook")
                self.assertEqual(counts["MPI_Init", "world"], 1)

    def test_a_call_that_is_left_alone_goes_on_to_the_loader(self):
        """Under this variable it is not certain what the loader would find for an address that is not bound yet."""
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.first(*options), "other first", LD_DYNAMIC_WEAK="1")
                bound = "-Wl,-z,now" in options
                self.assertEqual(counts, {**TWO, ("MPI_Allreduce", "0x44000006"): 1} if bound else {})

    def test_another_library_of_the_name_that_is_loaded_meanwhile(self):
        """The loader binds a call of the program to what was there at the start."""
        other = self.compile("other.so", "#include <stdio.h>\nint MPI_Barrier(int on); int MPI_Barrier(int on) { puts(\"other\"); return on; }\n",
                             "-shared", "-fPIC")
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                self.assertEqual(self.both(self.first(*options), "loads", other), [TWO])

    def test_a_library_for_tools_comes_before_mpi(self):
        tool = self.compile("tool.so", test_calls.TOOL, "-shared", "-fPIC", f"-L{self.directory}", "-lmpistub", f"-Wl,-rpath,{self.directory}")
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.first(*options), "behind thread", tool=tool)
                self.assertEqual(counts["MPI_Barrier", "world"], 2)

    def test_an_audited_program_is_as_it_was(self):
        audit = self.compile("audit.so", "unsigned la_version(unsigned v); unsigned la_version(unsigned v) { return v; }\n", "-shared", "-fPIC")
        for way in ("lazy", "now"):
            with self.subTest(way=way):
                self.both(self.first(*test_calls.WAYS[way]), "behind thread", LD_AUDIT=audit)

    def test_a_program_that_calls_more_functions_than_have_room(self):
        """Each of C and each of Fortran, all once: more than 128."""
        names = re.findall(r"^\w+\((MPI_\w+)", (ROOT / "shim/base/call_names.def").read_text(), re.MULTILINE)
        functions = [*names, *(f"{name.lower()}_" for name in names if name != "MPI_Init")]
        self.assertGreater(len(functions), 128 + 64)
        parameters, world, where = (", ".join([part] * 9) for part in ("long", "0x44000000L", "(long)&world"))
        self.compile("libmpiall.so", "".join(f"int {name}({parameters}) {{ return 7; }}\n" for name in ("PMPI_Init", *functions)), "-shared", "-fPIC",
                     "-Wl,-soname,libmpiall.so")
        source = ("#include <stdio.h>\n#include <unistd.h>\nstatic int world = 0x44000000;\n" + "".join(f"int {name}({parameters});\n" for name in functions) +
                  "int main(void) {\n" + "".join(f"if ({name}({world if name[0] == 'M' else where}) != 7) return 1;\n" for name in functions) +
                  "puts(\"ready\"); fflush(stdout); pause(); return 0; }\n")
        for way, options in test_calls.WAYS.items():
            with self.subTest(way=way):
                program = self.compile("all", source, *options, self.path("libmpiall.so"), f"-Wl,-rpath,{self.directory}")
                process = self.start(program, stdout=subprocess.PIPE, env=watched.environment(LD_PRELOAD=watched.PRELOAD))
                self.assertEqual(process.stdout.readline().strip(), "ready")
                (shown,) = json.loads(self.vigil("stacks", "--json", f"--pid={process.pid}").stdout)["processes"]
                process.kill()
                self.assertEqual({name: count for (name, _), count in self.counts(shown).items()}, {name: 1 if name == "MPI_Init" else 2 for name in names})


class Cost(Case):
    """Over the same program whose library has another name."""

    def setUp(self):
        super().setUp()
        self.compile("libxpistub.so", test_calls.LIBRARY, "-shared", "-fPIC", "-Wl,-soname,libxpistub.so")
        os.mkdir(self.path("run"))
        self.environment = watched.environment(LD_PRELOAD=watched.PRELOAD, VIGIL_DIR=self.path("run"))

    def pair(self, *options):
        """The program with MPI, and the one without."""
        with_mpi = self.first(*options)
        without = self.compile("without", FIRST, *options, f"-L{self.directory}", f"-Wl,-rpath,{self.directory}", "-lxpistub", "-ldl", "-pthread")
        self.system_calls(with_mpi, "nothing")  # the run's first process makes its file
        return with_mpi, without

    def system_calls(self, program, act):
        """But rt_sigprocmask(2), by which memory is asked for: more often where the environment crosses a page."""
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=!rt_sigprocmask", "-o", self.path("trace"), "-E", f"LD_PRELOAD={watched.PRELOAD}",
                        "-E", f"VIGIL_DIR={self.path('run')}", program, act], check=True, env=watched.environment(), stdout=subprocess.DEVNULL)
        return len(pathlib.Path(self.path("trace")).read_text().splitlines())

    def page_faults(self, program, act):
        output = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]

        def once():
            pid = os.posix_spawn(program, [program, act], self.environment, file_actions=output)
            _, status, usage = os.wait4(pid, 0)
            self.assertEqual(status, 0)
            return usage.ru_minflt
        return statistics.median(once() for _ in range(101))

    @unittest.skipUnless(shutil.which("strace"), "not installed: strace")
    def test_a_start_makes_no_system_call_for_it(self):
        with_mpi, without = self.pair("-Wl,-z,lazy")
        self.assertEqual(self.system_calls(with_mpi, "nothing"), self.system_calls(without, "nothing"))
        self.assertGreater(self.system_calls(with_mpi, "errno"), self.system_calls(without, "errno"))

    @unittest.skipUnless(shutil.which("strace"), "not installed: strace")
    def test_a_start_touches_no_more_than_a_page_for_it(self):
        for way in ("lazy", "now"):
            with self.subTest(way=way):
                with_mpi, without = self.pair(*test_calls.WAYS[way])
                self.assertLessEqual(self.page_faults(with_mpi, "nothing"), self.page_faults(without, "nothing") + 1)
                self.assertGreater(self.page_faults(with_mpi, "errno"), self.page_faults(without, "errno") + 2)


if __name__ == "__main__":
    tap.main()
