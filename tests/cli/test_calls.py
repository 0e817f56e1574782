#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that are counted (the setting `calls`): exactly, and the program sees nothing of it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

# Stands for a library of MPI's: every function returns a number made of all of its arguments.
LIBRARY = r"""
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>
typedef struct { long a, b, c, d; } wide;
int PMPI_Init(int *count, char ***arguments) { return count != 0 && arguments != 0; }
int PMPI_Allreduce(const void *from, void *to, int count, int type, int op, int on)
{
	return (int)((long)from + 2 * (long)to + 3 * count + 5 * type + 7 * op + 11 * (on & 255));
}
int PMPI_Barrier(int on) { return on & 255; }
int PMPI_Alltoallv(long a, long b, long c, long d, long e, long f, long g, long h, int on)
{
	return (int)(a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * (on & 255));
}
int MPI_Bcast(void *buffer, int count, int type, int root, int on) { return root + 10 * (on & 255); }
int MPI_Gather(const void *a, int b, int c, void *d, int e, int f, int root, int on) { return root + 10 * (on & 255); }
void mpi_reduce_(void *a, void *b, int *c, int *d, int *e, int *root, int *on, int *error) { *error = *root + 10 * (*on & 255); }
int MPI_Init(int *count, char ***arguments) __attribute__((weak, alias("PMPI_Init")));
int MPI_Allreduce(const void *, void *, int, int, int, int) __attribute__((weak, alias("PMPI_Allreduce")));
int MPI_Barrier(int) __attribute__((weak, alias("PMPI_Barrier")));
int MPI_Alltoallv(long, long, long, long, long, long, long, long, int) __attribute__((weak, alias("PMPI_Alltoallv")));
void mpi_barrier_(int *on, int *error) { *error = PMPI_Barrier(*on); }
void pmpi_init_(int *error) { *error = 0; }
double mixed(double a, int b, float c, double d, double e, double f, double g, double h, double i, double j, long k)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * (double)k;
}
double many(int count, ...)
{
	va_list list;
	double sum = 0;
	va_start(list, count);
	while (count-- > 0)
		sum += va_arg(list, double) * (count + 1);
	va_end(list);
	return sum;
}
wide structure(long a, long b) { return (wide){a, b, a + b, a * b}; }
long double extended(long double a, long b) { return a * b; }
__int128 large(__int128 a, __int128 b) { return a * b; }
int fails(void) { errno = ENOTTY; return -1; }
"""

PROGRAM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>
typedef struct { long a, b, c, d; } wide;
int MPI_Init(int *, char ***), MPI_Allreduce(const void *, void *, int, int, int, int), MPI_Barrier(int);
int MPI_Alltoallv(long, long, long, long, long, long, long, long, int);
void mpi_barrier_(int *, int *);
double mixed(double, int, float, double, double, double, double, double, double, double, long), many(int, ...);
wide structure(long, long);
long double extended(long double, long);
__int128 large(__int128, __int128);
int fails(void);
#define WORLD 0x44000000

static void values(void)
{
	wide w = structure(3, 4);
	int world = WORLD, error;
	printf("%d\n", MPI_Allreduce((void *)1, (void *)2, 3, 4, 5, WORLD + 6));
	printf("%d\n", MPI_Alltoallv(1, 2, 3, 4, 5, 6, 7, 8, WORLD + 9));
	mpi_barrier_(&world, &error);
	printf("%d %g %g\n", error, mixed(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), many(9, 1., 2., 3., 4., 5., 6., 7., 8., 9.));
	printf("%ld %ld %ld %ld %Lg %d\n", w.a, w.b, w.c, w.d, extended(1.5L, 7), (int)large(1000, 77));
	errno = 0;
	error = fails();
	printf("%d %d\n", error, errno);
	errno = EDOM;
	MPI_Barrier(1);
	printf("%d\n", errno);
}
int MPI_Bcast(void *, int, int, int, int), MPI_Gather(const void *, int, int, void *, int, int, int, int);
void mpi_reduce_(void *, void *, int *, int *, int *, int *, int *, int *);
static void roots(void)
{
	int three = 3, world = WORLD, error;
	printf("%d\n", MPI_Bcast(NULL, 1, 2, 7, WORLD));
	printf("%d\n", MPI_Gather(NULL, 1, 2, NULL, 3, 4, -4, WORLD + 6));
	mpi_reduce_(NULL, NULL, &world, &world, &world, &three, &world, &error);
	printf("%d\n", error);
}
/* The mappings of the program and the library, without addresses: perms, size and offset. */
static void maps(void)
{
	char line[512], perms[8], path[256];
	unsigned long from, to, offset;
	FILE *file = fopen("/proc/self/maps", "r");
	MPI_Barrier(WORLD);
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %255s", &from, &to, perms, &offset, path) == 5 && path[0] == '/' &&
			!strstr(path, "libvigil"))
			printf("%s %lx %lx %s\n", perms, to - from, offset, strrchr(path, '/'));
}
static void pointers(void)
{
#ifdef POINTERS
	int (*volatile direct)(int) = MPI_Barrier, (*asked)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "MPI_Barrier");
	Dl_info info = {0};
	printf("%d", MPI_Barrier(5) + direct(5) + asked(5));
	printf(" %d", direct == asked);
	dladdr((void *)asked, &info);
	printf(" %s %s\n", info.dli_sname, strrchr(info.dli_fname, '/'));
#endif
}
static long rounds;
static void *loop(void *nothing)
{
	for (long i = 0; i < rounds; i++)
		MPI_Barrier(WORLD);
	return nothing;
}
static void threads(const char *count)
{
	pthread_t all[8];
	rounds = atol(count);
	for (int i = 0; i < 8; i++)
		pthread_create(&all[i], NULL, loop, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(all[i], NULL);
}
static void *c11_loop(void *nothing) { loop(nothing); return 0; }
/* Threads that come and go, of both kinds. */
static void churn(const char *count)
{
	for (int i = 0; i < 20; i++) {
		thrd_t one;
		threads(count);
		thrd_create(&one, (thrd_start_t)c11_loop, NULL);
		thrd_join(one, NULL);
	}
	puts("ready");
	fflush(stdout);
	pause();
}
static void children(void)
{
	for (int i = 0; i < 3; i++)
		MPI_Barrier(WORLD);
	if (fork() == 0) {
		MPI_Barrier(WORLD);
		exit(0);
	}
	wait(NULL);
	if (vfork() == 0)
		_exit(0);
	wait(NULL);
	MPI_Barrier(WORLD);
}
static void handler(int number) { MPI_Barrier(WORLD + number); }
static void signals(void)
{
	signal(SIGALRM, handler);
	for (int i = 0; i < 1000; i++) {
		raise(SIGALRM);
		MPI_Barrier(WORLD);
	}
}
static void *nothing(void *argument) { return argument; }
static void late(const char *path)
{
	for (int i = 0; i < 2; i++) {
		void *plugin = dlopen(path, RTLD_NOW);
		void (*work)(int) = plugin ? (void (*)(int))dlsym(plugin, "work") : NULL;
		pthread_t thread;
		if (!work) {
			puts(dlerror());
			return;
		}
		pthread_create(&thread, NULL, nothing, NULL);
		pthread_join(thread, NULL);
		work(5);
		dlclose(plugin);
		dlclose(dlopen(path, RTLD_LAZY));
	}
}
static void communicators(void)
{
	for (int i = 0; i < 40; i++)
		MPI_Barrier(i + 1);
	for (int i = 0; i < 40; i++)
		MPI_Barrier(i + 1);
}
static void forbids_time(void)
{
#ifdef __x86_64__
	prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
#endif
	MPI_Barrier(WORLD);
}
static void waits(void) { MPI_Barrier(WORLD); puts("ready"); fflush(stdout); pause(); }
int main(int count, char **arguments)
{
	const char *act = arguments[1];
	MPI_Init(&count, &arguments);
	if (!strcmp(act, "values")) values();
	if (!strcmp(act, "maps")) maps();
	if (!strcmp(act, "roots")) roots();
	if (!strcmp(act, "pointers")) pointers();
	if (!strcmp(act, "threads")) threads(arguments[2]);
	if (!strcmp(act, "churn")) churn(arguments[2]);
	if (!strcmp(act, "children")) children();
	if (!strcmp(act, "signals")) signals();
	if (!strcmp(act, "late")) late(arguments[2]);
	if (!strcmp(act, "communicators")) communicators();
	if (!strcmp(act, "time")) forbids_time();
	if (!strcmp(act, "crashes")) { MPI_Barrier(WORLD); abort(); }
	if (!strcmp(act, "waits")) waits();
	return 0;
}
"""

PLUGIN = "int MPI_Barrier(int); void work(int n); void work(int n) { while (n-- > 0) MPI_Barrier(0x44000000); }\n"

# A library for tools, which stands before MPI's own.
TOOL = r"""
#include <stdio.h>
int PMPI_Barrier(int);
int MPI_Barrier(int on) { puts("tool"); return PMPI_Barrier(on) + 100; }
"""

# How programs are linked: lazily bound, at once, at fixed addresses, without a table for calls.
WAYS = {
    "lazy": ["-Wl,-z,lazy"],
    "now": ["-Wl,-z,now"],
    "no relro": ["-Wl,-z,norelro"],
    "fixed": ["-no-pie", "-fno-pie", "-Wl,-z,lazy"],
    "fixed, now": ["-no-pie", "-fno-pie", "-Wl,-z,now"],
    "old hashes": ["-Wl,--hash-style=both", "-Wl,-z,lazy"],
    "endbr": ["-fcf-protection=full", "-Wl,-z,lazy"],
}
if shutil.which("ld.lld"):
    WAYS["lld"] = ["-fuse-ld=lld", "-Wl,-z,now"]
if shutil.which("ld.gold"):
    WAYS["gold"] = ["-fuse-ld=gold", "-Wl,-z,now"]


class Case(watched.Case):
    def setUp(self):
        super().setUp()
        self.config("[mpi, mixed, many, structure, extended, large, fails]")
        self.compile("libmpistub.so", LIBRARY, "-shared", "-fPIC", "-Wl,-soname,libmpistub.so")

    def config(self, calls):
        self.write("config.yaml", f"version: 1\nvigil: {{calls: {calls}}}\n")

    def compile(self, name, source, *options):
        path = self.write(f"{name}.c", source)
        subprocess.run(["cc", "-O1", "-w", "-o", self.path(name), path, *options], check=True)
        return self.path(name)

    def program(self, *options):
        source = PROGRAM.replace("#include <unistd.h>", "#include <unistd.h>\n#include <sys/prctl.h>", 1)
        return self.compile("program", source, *options, f"-L{self.directory}", f"-Wl,-rpath,{self.directory}", "-lmpistub", "-ldl", "-pthread")

    def with_us(self, *command, **more):
        """The outcome of COMMAND with the preload, and its events."""
        shutil.rmtree(self.path("run"), ignore_errors=True)
        os.mkdir(self.path("run"))
        preload = " ".join(filter(None, [more.pop("before", ""), watched.PRELOAD, more.pop("behind", "")]))
        done = self.bare(*command, env=watched.environment(LD_PRELOAD=preload, VIGIL_DIR=self.path("run"), VIGIL_CONFIG=self.path("config.yaml"), **more))
        return done, self.events()

    def both(self, *command, tool="", **more):
        """{(function, communicator): count} of each process's end; the outcome is as it is without us."""
        bare = self.bare(*command, env=watched.environment(LD_PRELOAD=tool, **more))
        done, events = self.with_us(*command, behind=tool, **more)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (bare.returncode, bare.stdout, bare.stderr))
        return [self.counts(end) for end in watched.ends(events) if end["source"] == "WORKER"]

    def counts(self, end):
        return {(call["function"], call.get("communicator")): call["count"] for call in end.get("calls", [])}


class Program(Case):
    def test_every_argument_and_result_is_passed_on(self):
        for way, options in WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.program(*options), "values")
                self.assertEqual(counts, {
                    ("MPI_Init", "world"): 1, ("MPI_Allreduce", "0x44000006"): 1, ("MPI_Alltoallv", "0x44000009"): 1,
                    ("MPI_Barrier", "world"): 1, ("MPI_Barrier", "0x1"): 1,
                    **{(name, None): 1 for name in ("mixed", "many", "structure", "extended", "large", "fails")}})

    def test_the_root_of_the_last_call_is_kept(self):
        """Also where it is no argument in a register, and where it is passed by its address."""
        program = self.program()
        self.both(program, "roots")
        (end,) = watched.ends(self.events())
        self.assertEqual({call["function"]: call.get("root") for call in end["calls"]},
                         {"MPI_Init": None, "MPI_Bcast": 7, "MPI_Gather": -4, "MPI_Reduce": 3})

    def test_pages_are_as_protected_as_before(self):
        for way, options in WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.program(*options), "maps")
                self.assertEqual(counts["MPI_Barrier", "world"], 1)

    def test_pointers_are_the_functions_own(self):
        for way, options in WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.program("-DPOINTERS", *options), "pointers")
                # A program that takes a function's address calls it by that, too; a fixed one takes its own entry for calls.
                self.assertIn(counts.get(("MPI_Barrier", "0x5"), 0), (0, 1, 3))

    def test_a_program_without_a_table_for_calls_is_left_alone(self):
        (counts,) = self.both(self.program("-fno-plt"), "values")
        self.assertEqual(counts, {})

    def test_eight_threads_are_counted_exactly(self):
        (counts,) = self.both(self.program(), "threads", "1000000")
        self.assertEqual(counts["MPI_Barrier", "world"], 8000000)

    def test_threads_that_come_and_go_have_counters_of_their_own(self):
        """Counters that many threads write are slow: those of threads that have ended are used again."""
        program = self.program()
        process = self.start(program, "churn", "1000", stdout=subprocess.PIPE, env=watched.environment(
            LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=self.path("config.yaml")))
        self.assertEqual(process.stdout.readline().strip(), "ready")
        (shown,) = json.loads(self.vigil("stacks", "--json", f"--pid={process.pid}").stdout)["processes"]
        self.assertEqual(self.counts(shown)["MPI_Barrier", "world"], 20 * 9 * 1000)
        self.assertLessEqual(self.shards_of(process.pid), 1 + 8)
        process.kill()

    def shards_of(self, pid):
        """shard_count of core/base/call_table.h, behind version, row_count, rows and cells."""
        symbols = subprocess.run(["nm", watched.PRELOAD], stdout=subprocess.PIPE, text=True, check=True).stdout
        (table,) = [int(line.split()[0], 16) for line in symbols.splitlines() if line.endswith(" call_table")]
        (base,) = [int(line.split("-")[0], 16) for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
                   if line.endswith("libvigil.so") and line.split()[2] == "00000000"]
        with open(f"/proc/{pid}/mem", "rb") as memory:
            memory.seek(base + table + 24)
            return int.from_bytes(memory.read(8), sys.byteorder)

    def test_a_forked_child_begins_at_nothing(self):
        ends = self.both(self.program(), "children")
        self.assertEqual(sorted(end.get(("MPI_Barrier", "world"), 0) for end in ends), [1, 4])

    def test_handlers_of_signals_are_counted(self):
        (counts,) = self.both(self.program(), "signals")
        self.assertEqual((counts["MPI_Barrier", "world"], counts["MPI_Barrier", "0x4400000e"]), (1000, 1000))

    def test_communicators_without_room_are_counted_together(self):
        (counts,) = self.both(self.program(), "communicators")
        barriers = {on: count for (name, on), count in counts.items() if name == "MPI_Barrier"}
        self.assertEqual(sum(barriers.values()), 80)
        self.assertEqual(barriers["others"], 66)

    def test_a_program_may_forbid_the_counter_of_time(self):
        done, events = self.with_us(self.program(), "time")
        self.assertEqual(done.returncode, 0, done.stderr)
        (end,) = watched.ends(events)
        self.assertEqual(self.counts(end)["MPI_Barrier", "world"], 1)

    def test_a_death_has_the_calls(self):
        done, events = self.with_us(self.program(), "crashes")
        self.assertEqual(done.returncode, -6)
        (end,) = watched.ends(events)
        self.assertEqual(self.counts(end), {("MPI_Init", "world"): 1, ("MPI_Barrier", "world"): 1})
        (barrier,) = [call for call in end["calls"] if call["function"] == "MPI_Barrier"]
        self.assertEqual(barrier["arguments"][0], "0x44000000")
        self.assertTrue(end["mono_us"] - 5000000 < barrier["entered_us"] <= end["mono_us"] + 1000, barrier)

    def test_stacks_of_a_living_process_have_the_calls(self):
        program = self.program()
        process = self.start(program, "waits", stdout=subprocess.PIPE, env=watched.environment(
            LD_PRELOAD=watched.PRELOAD, VIGIL_CONFIG=self.path("config.yaml")))
        self.assertEqual(process.stdout.readline().strip(), "ready")
        shown = json.loads(self.vigil("stacks", "--json", f"--pid={process.pid}").stdout)["processes"][0]
        text = self.vigil("stacks", f"--pid={process.pid}").stdout
        process.kill()
        self.assertEqual(self.counts(shown), {("MPI_Init", "world"): 1, ("MPI_Barrier", "world"): 1})
        self.assertIn(f"calls made by process {process.pid} (program):\n    MPI_Barrier on MPI_COMM_WORLD: 1 call\n", text)

    def test_a_preset_costs_nothing_where_its_library_is_not(self):
        _, events = self.with_us("/bin/true")
        self.assertNotIn("calls", watched.ends(events)[0])

    def test_nothing_is_counted_if_that_is_switched_off(self):
        self.config("false")
        (counts,) = self.both(self.program(), "values")
        self.assertEqual(counts, {})


class Libraries(Case):
    def test_a_library_for_tools_comes_before_mpi(self):
        tool = self.compile("tool.so", TOOL, "-shared", "-fPIC", f"-L{self.directory}", "-lmpistub", f"-Wl,-rpath,{self.directory}")
        for way, options in WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.program("-DPOINTERS", *options), "pointers", tool=tool)
                self.assertIn(counts.get(("MPI_Barrier", "0x5"), 0), (0, 1, 3))
                (counts,) = self.both(self.program(*options), "threads", "2", tool=tool)
                self.assertEqual(counts["MPI_Barrier", "world"], 16)

    def test_a_library_that_is_loaded_later_and_taken_away_again(self):
        plugin = self.compile("plugin.so", PLUGIN, "-shared", "-fPIC", "-Wl,-z,now", "-Wl,-z,relro")
        (counts,) = self.both(self.program(), "late", plugin)
        self.assertEqual(counts["MPI_Barrier", "world"], 10)

    def test_a_library_that_python_loads(self):
        plugin = self.compile("plugin.so", PLUGIN, "-shared", "-fPIC", "-Wl,-z,lazy", f"-L{self.directory}", "-lmpistub", f"-Wl,-rpath,{self.directory}")
        (counts,) = self.both(sys.executable, self.write("loads.py", "import ctypes, sys\nctypes.CDLL(sys.argv[1]).work(5)\n"), plugin)
        self.assertEqual(counts, {("MPI_Barrier", "world"): 5})

    def test_an_audited_program_is_as_it_was(self):
        audit = self.compile("audit.so", "unsigned la_version(unsigned v); unsigned la_version(unsigned v) { return v; }\n", "-shared", "-fPIC")
        for way in ("lazy", "now"):
            with self.subTest(way=way):
                self.both(self.program(*WAYS[way]), "values", LD_AUDIT=audit)

    def test_versions_of_functions(self):
        script = self.write("map", "V1 { global: versioned; local: *; };\nV2 { global: versioned; } V1;\n")
        library = self.compile("libversions.so", "int one(void) { return 1; }\nint two(void) { return 2; }\n"
                               '__asm__(".symver one, versioned@V1\\n.symver two, versioned@@V2");\n',
                               "-shared", "-fPIC", f"-Wl,--version-script={script}", "-Wl,-soname,libversions.so")
        self.config("[versioned]")
        for version, expected in (("", 2), ("V1", 1), ("V2", 2)):
            for way, options in WAYS.items():
                with self.subTest(version=version, way=way):
                    ask = f'__asm__(".symver versioned, versioned@{version}");\n' if version else ""
                    program = self.compile("asks", f'#include <stdio.h>\nint versioned(void);\n{ask}int main(void) {{ printf("%d\\n", versioned()); return 0; }}\n',
                                           *options, library, f"-Wl,-rpath,{self.directory}")
                    (counts,) = self.both(program)
                    self.assertEqual(counts, {("versioned", None): 1})
                    self.assertEqual(self.bare(program).stdout, f"{expected}\n")

    def test_functions_that_are_chosen_at_the_start(self):
        """IFUNC: the address is a resolver's, so a call that is not bound yet is left alone."""
        library = self.compile("libchosen.so", "static int three(void) { return 3; }\nstatic void *choose(void) { return three; }\n"
                               'int chosen(void) __attribute__((ifunc("choose")));\n', "-shared", "-fPIC", "-Wl,-soname,libchosen.so")
        self.config("[chosen]")
        for way, options in WAYS.items():
            with self.subTest(way=way):
                program = self.compile("asks", '#include <stdio.h>\nint chosen(void);\nint main(void) { printf("%d\\n", chosen()); return 0; }\n',
                                       *options, library, f"-Wl,-rpath,{self.directory}")
                (counts,) = self.both(program)
                self.assertIn(counts, ({}, {("chosen", None): 1}))

    def test_functions_of_libc_and_those_that_vigil_interposes(self):
        self.config("[fsync, kill, getppid]")
        program = self.compile("asks", "#include <signal.h>\n#include <unistd.h>\nint main(void) { fsync(0); fsync(0); kill(getpid(), 0); return getppid() == 0; }\n")
        (counts,) = self.both(program)
        self.assertEqual(counts, {("fsync", None): 2, ("kill", None): 1, ("getppid", None): 1})

    def test_nccl(self):
        stub = ("int ncclAllReduce(const void *a, void *b, unsigned long n, int type, int op, void *on, void *stream) { return 0; }\n"
                "int ncclGroupStart(void) { return 0; }\n")
        library = self.compile("libnccl.so.2", stub, "-shared", "-fPIC", "-Wl,-soname,libnccl.so.2")
        self.config("[nccl]")
        program = self.compile("asks", "int ncclAllReduce(const void *, void *, unsigned long, int, int, void *, void *), ncclGroupStart(void);\n"
                               "int main(void) { for (int i = 0; i < 4; i++) { ncclGroupStart(); ncclAllReduce(0, 0, 0, 0, 0, (void *)0x1230, 0); } return 0; }\n",
                               library, f"-Wl,-rpath,{self.directory}")
        (counts,) = self.both(program)
        self.assertEqual(counts, {("ncclAllReduce", "0x1230"): 4, ("ncclGroupStart", None): 4})


# A structure by value, as NCCL's unique id, lies on the stack; a call may be left by an exception, or by longjmp().
JUMPS = r"""
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <pthread.h>
#include <unistd.h>
typedef struct { char bytes[128]; } id;
extern "C" { int ncclCommInitRank(void **, int, id, int); int throws(int); int jumps(void *); int sleeps(void); }
static jmp_buf place;
static void *wait_in(void *nothing) { sleeps(); return nothing; }
int main()
{
	id one;
	void *on;
	pthread_t thread;
	for (int i = 0; i < 128; i++) one.bytes[i] = (char)(i * 7);
	errno = 5;
	printf("%d\n", ncclCommInitRank(&on, 3, one, 2));
	printf("%d %p\n", errno, on);
	one.bytes[127] = 0;
	printf("%d\n", ncclCommInitRank(&on, 3, one, 2));
	for (int i = 0; i < 3; i++)
		try { printf("%d\n", throws(i)); } catch (int what) { printf("caught %d\n", what); }
	if (setjmp(place) == 0) jumps(place); else puts("jumped");
	pthread_create(&thread, 0, wait_in, 0);
	usleep(50000);
	pthread_cancel(thread);
	pthread_join(thread, 0);
	puts("cancelled");
	return 0;
}
"""

JUMPED = r"""
#include <setjmp.h>
#include <unistd.h>
typedef struct { char bytes[128]; } id;
extern "C" { int ncclCommInitRank(void **, int, id, int); int throws(int); int jumps(void *); int sleeps(void); }
int ncclCommInitRank(void **on, int count, id one, int rank)
{
	*on = (void *)0x1230;
	for (int i = 0; i < 128; i++)
		if (one.bytes[i] != (char)(i * 7))
			return 100 + i;
	return count == 3 && rank == 2 ? 0 : 4;
}
int throws(int n) { if (n == 1) throw 11; return n; }
int jumps(void *place) { longjmp((__jmp_buf_tag *)place, 1); }
int sleeps(void) { pause(); return 1; }
"""


class Probes(Case):
    def failures(self, events):
        return [(event["failed_call"]["function"], event["failed_call"]["returned"]) for event in events if "failed_call" in event]

    def test_a_failure_is_an_event_and_the_program_as_it_was(self):
        self.config("{mpi: , fails: {args: [], failed: '< 0'}, mixed: {args: [f64, i32]}, many: , structure: {returns: ptr, failed: == 0}, extended: {}, "
                    "large: {returns: i64, failed: '!= 77000'}, MPI_Alltoallv: {returns: i32, failed: '!= 0'}}")
        for way, options in WAYS.items():
            with self.subTest(way=way):
                (counts,) = self.both(self.program(*options), "values")
                self.assertEqual({name: counts[name, None] for name in ("fails", "mixed", "many", "structure", "extended", "large")},
                                 dict.fromkeys(("fails", "mixed", "many", "structure", "extended", "large"), 1))
                failures = dict(self.failures(self.events()))
                self.assertEqual(failures["fails"], -1)
                self.assertEqual(failures["MPI_Alltoallv"], 285)
                self.assertNotIn("large", failures)
                self.assertNotIn("structure", failures)
        (event,) = [event for event in self.events() if event.get("failed_call", {}).get("function") == "MPI_Alltoallv"]
        self.assertRegex(event["message"], r"^program \(pid \d+\) RUNNING: MPI_Alltoallv failed, and returned 285$")
        (call,) = [call for call in event["calls"] if call["function"] == "MPI_Alltoallv"]
        self.assertEqual(call["arguments"], ["0x1", "0x2", "0x3", "0x4", "0x5", "0x6"])
        self.assertEqual((event["name"].split(":")[1], event["node_state"]), ("call", "RUNNING"))

    def test_calls_may_be_left_by_exceptions_and_jumps(self):
        library = self.compile_cxx("libjumped.so", JUMPED, "-shared", "-fPIC", "-Wl,-soname,libjumped.so")
        self.config("{ncclCommInitRank: {args: [ptr, i32, ptr, i32], returns: i32, failed: '!= 0'}, throws: {}, jumps: {}, sleeps: {}}")
        for way in ("lazy", "now"):
            with self.subTest(way=way):
                program = self.compile_cxx("jumps", JUMPS, *WAYS[way], library, f"-Wl,-rpath,{self.directory}", "-pthread")
                (counts,) = self.both(program)
                self.assertEqual(counts, {("ncclCommInitRank", None): 2, ("throws", None): 3, ("jumps", None): 1, ("sleeps", None): 1})
                self.assertEqual(self.failures(self.events()), [("ncclCommInitRank", 227), ("throws", 2)])

    def compile_cxx(self, name, source, *options):
        path = self.write(f"{name}.cc", source)
        subprocess.run(["c++", "-O1", "-w", "-o", self.path(name), path, *options], check=True)
        return self.path(name)

    def test_many_failures_of_many_threads(self):
        self.config("{MPI_Barrier: {failed: '== 0'}}")
        (counts,) = self.both(self.program(), "threads", "20000")
        self.assertEqual(counts["MPI_Barrier", "world"], 160000)
        count = len(self.failures(self.events()))
        self.assertTrue(0 < count <= 1000, count)

    def test_failures_of_a_forked_child_are_its_own(self):
        self.config("{MPI_Barrier: {failed: '== 0'}}")
        self.both(self.program(), "children")
        pids = [event["pid"] for event in self.events() if "failed_call" in event]
        self.assertEqual(sorted(pids.count(pid) for pid in set(pids)), [1, 4])


class Configuration(Case):
    def test_what_is_no_list_of_functions_is_refused(self):
        for calls, message in (("mpi", "expected a list of functions, found a string"), ("[mpi, 7]", "expected the name of a function, found"),
                               ("[a-b]", "'a-b' is no name of a function of C"), ("true", "expected a list of functions"), ("{fsync: 3}", "expected true or a mapping"),
                               ("{fsync: {failed: bad}}", 'and `failed: "!= 0"`, found i32 and "bad"'), ("{fsync: {returns: f64}}", "expected `returns: i32`"),
                               ("{fsync: {args: [nix]}}", "expected one of i8, u8"), ("{fsync: {nosuch: 1}}", "known are: args, returns, failed")):
            with self.subTest(calls=calls):
                self.config(calls)
                done = self.vigil("check", "config.yaml")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(message, done.stdout + done.stderr)

    def test_what_is_counted_is_shown(self):
        self.config("[mpi, fsync]")
        self.assertIn("calls: mpi, fsync", self.vigil("check", "config.yaml").stdout)
        self.config("{mpi: , fsync: {failed: '< 0'}}")
        self.assertIn("calls: mpi, fsync (i32 < 0)", self.vigil("check", "config.yaml").stdout)


if __name__ == "__main__":
    tap.main()
