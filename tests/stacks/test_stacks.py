#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The native stacks of events are those that gdb finds in the core of the same crash: every frame, to the first function.

Each frame has the same pc, the same object and the same function. What gdb shows beside the frames of the stack (inlined
calls, and calls that a jump has replaced: debug information tells of them) is compared with `vigil report`, which has them
from there too. gdb gets no separate debug files: the names are those of the symbol tables. Where gdb is wrong, the case
says why, and what is right.
"""

import atexit
import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import stacks
import tap
import watched

ACTS = ("null_write", "in_qsort", "in_bsearch", "in_atexit", "in_thread", "in_key_destructor", "in_handler",
        "in_nested_handler", "in_handler_on_alternate_stack", "in_handler_of_fault", "after_longjmp", "in_variadic",
        "in_realigned", "in_cold_part", "after_tail_call", "after_last_call", "in_shrink_wrapped", "red_zone",
        "jump_to_null", "jump_to_junk", "jump_to_data")
EVERY_ACT = (*ACTS, "in_coroutine", "jump_to_own_data")
SIZES = ("1", "3", "8", "20", "40", "100", "200", "500", "3000", "100000", "1000000")
BY_SIZE = ("memcpy", "memcpy_from", "memmove", "memset", "memcmp")
BY_END = ("strlen", "strcmp", "strcpy", "strchr", "wcslen")
STRINGS = [[name, size] for name in BY_SIZE for size in SIZES] + [[name] for name in BY_END]
CXX_ACTS = ("inlines", "templates", "lambdas", "thunks", "while_unwinding", "in_catch", "uncaught")

# The functions of stacks_asm.S, in their order.
DESCRIBED_STEPS = 19
UNDESCRIBED_STEPS = range(19, 23)
BREAKPOINT = 23


def built(how, name):
    return str(stacks.PROGRAMS / how / name)


class Stacks(watched.Case):
    equal = total = 0

    def setUp(self):
        super().setUp()
        why = stacks.why_not()
        if why:
            self.skipTest(why)

    def crashes(self, commands, **options):
        return [stacks.crash(self.directory, list(command), **options) for command in commands]

    def compared(self, commands, **options):
        """Crashes by COMMANDS whose stacks are gdb's."""
        crashes = self.crashes(commands, **options)
        stacks.ask_gdb(self.directory, crashes)
        wrong, equal, total = [], 0, 0
        for one in crashes:
            self.assertIsNotNone(one.end, one.command)
            same, of, difference = stacks.compare(one.ours_in_place, one.gdbs_of_host)
            equal, total = equal + same, total + of
            if difference:
                wrong.append(f"{' '.join(one.command[1:])}: {same} of {of}: {difference}")
        print(f"# {equal} of {total} frames are equal: {self.id().rpartition('.')[2]}")
        Stacks.equal += equal
        Stacks.total += total
        self.assertEqual([], wrong)
        return crashes

    def acts(self, how, acts=ACTS):
        if not os.path.exists(built(how, "stacks")):
            self.skipTest("the compiler is not here")
        commands = [[built(how, "stacks"), act] for act in acts]
        return self.compared([*commands, [built(how, "stacks"), "recursion", "200"]])

    def named(self, command, names, **options):
        """A crash by COMMAND whose first frames have NAMES."""
        one = self.crashes([command], **options)[0]
        self.assertEqual(list(names), one.names[:len(names)])
        return one


class Compilers(Stacks):
    def test_gcc_O0(self):
        crashes = self.acts("O0")
        deep = crashes[-1]
        self.assertEqual(stacks.FRAMES_MAX, len(deep.ours))
        self.assertGreater(len(deep.gdbs), 200)

    def test_gcc_O1_with_debug_information(self):
        self.acts("O1")

    def test_gcc_O2_without_frame_pointers(self):
        self.acts("O2")

    def test_gcc_O2_with_debug_information(self):
        self.acts("debug")

    def test_gcc_Os(self):
        self.acts("Os")

    def test_gcc_O3_with_link_time_optimisation(self):
        self.acts("lto")

    def test_gcc_with_wide_vectors(self):
        with open("/proc/cpuinfo", encoding="ascii") as file:
            if " avx2 " not in file.read():
                self.skipTest("the machine has no AVX2")
        self.acts("O3")

    def test_gcc_without_a_red_zone(self):
        self.acts("nocet")

    def test_gcc_with_control_flow_protection(self):
        self.acts("cet")

    def test_a_program_at_a_fixed_place_in_one_segment_and_without_a_build_id(self):
        self.acts("static_code")

    def test_a_stripped_program(self):
        self.acts("stripped")

    def test_clang_O2(self):
        self.acts("clang")

    def test_clang_O0_with_debug_information(self):
        self.acts("clang0")


class WithoutTables(Stacks):
    """Code of no call frame information. gdb guesses a prologue and goes astray: what is right is what the same code shows
    when it has the tables."""

    def twins(self, how, described):
        for act in (*EVERY_ACT, "recursion"):
            one, other = self.crashes([[built(how, "stacks"), act, "90"], [built(described, "stacks"), act, "90"]])
            yield act, *([(f.get("function"), f.get("function_offset")) for f in x.end["frames"]] for x in (one, other))

    def test_frame_pointers_alone_give_the_whole_stack(self):
        for act, ours, truth in self.twins("fp", "fp_described"):
            self.assertEqual(truth, ours, act)

    def test_without_frame_pointers_the_stack_is_short_and_never_wrong(self):
        found = total = 0
        for act, ours, truth in self.twins("bare", "O2"):
            self.assertEqual(truth[:len(ours)], ours, act)
            self.assertGreaterEqual(len(ours), 2, act)
            found, total = found + len(ours), total + len(truth)
        print(f"# {found} of {total} frames are found")

    def test_assembly_without_tables_has_its_caller(self):
        self.compared([[built("O2", "stacks_steps"), str(step)] for step in UNDESCRIBED_STEPS])

    def test_code_made_at_run_time_is_passed_by_its_frame_pointer(self):
        # gdb has neither a symbol nor a prologue there, and takes a saved register for the return address.
        one = self.named([built("lazy", "stacks_libc"), "made_at_run_time"],
                         ["called_back", None, "made_at_run_time", "main"])
        self.assertIsNone(one.ours[1][2])


class Places(Stacks):
    def test_every_step_of_a_prologue_and_an_epilogue(self):
        self.compared([[built("O2", "stacks_steps"), str(step)] for step in range(DESCRIBED_STEPS)])

    def test_a_breakpoint_is_named_after_its_own_function(self):
        # The machine is behind it already: gdb shows the function that begins there.
        one = self.named([built("O2", "stacks_steps"), str(BREAKPOINT)], ["breakpoint", "caller", "main"])
        stacks.ask_gdb(self.directory, [one])
        self.assertEqual([f["pc"] for f in one.gdbs], [pc for pc, _, _ in one.ours])

    def test_data_that_is_jumped_to_is_no_function(self):
        # gdb shows the name of the variable there.
        one = self.named([built("O2", "stacks"), "jump_to_own_data"], [None, "jump_to_own_data"])
        stacks.ask_gdb(self.directory, [one])
        self.assertEqual((len(one.gdbs), None), (stacks.compare(one.ours[1:], one.gdbs[1:])[0] + 1, one.names[0]))

    def test_a_coroutine_ends_where_it_was_made(self):
        # gdb goes on: the first function of a context has a mark that says it was not called, which gdb passes over.
        one = self.named([built("O2", "stacks"), "in_coroutine"], ["leaf", "middle"])
        stacks.ask_gdb(self.directory, [one])
        self.assertEqual(3, stacks.compare(one.ours, one.gdbs[:3])[0])
        self.assertEqual(3, len(one.ours))
        self.assertEqual([None], [frame["function"] for frame in one.gdbs[3:4]])

    def test_libc_functions_on_bad_pointers(self):
        for how in ("O0", "O2"):
            self.compared([[built(how, "stacks_libc"), *act] for act in [*STRINGS, ["printf"], ["free"]]])

    def test_libc_functions_for_other_machines_on_bad_pointers(self):
        for without in ("-AVX512F,-AVX512VL,-AVX512BW", "-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM",
                        "-AVX2_Usable,-AVX512VL,-ERMS"):
            self.compared([[built("O2", "stacks_libc"), *act] for act in STRINGS],
                          GLIBC_TUNABLES=f"glibc.cpu.hwcaps={without}")

    def test_the_vdso(self):
        one = self.compared([[built("O2", "stacks_libc"), "vdso"]])[0]
        self.assertEqual("linux-vdso.so.1", one.end["frames"][0]["module"])

    def test_the_linkage_of_functions(self):
        for how in ("O0", "O2", "lazy", "lazycet"):
            self.compared([[built(how, "stacks_libc"), act, "0"] for act in ("stub", "resolver")])


class Libraries(Stacks):
    def library(self, name):
        path = self.path(os.path.basename(name))
        shutil.copy(stacks.PROGRAMS / name, path)
        return path

    def test_a_library_that_was_loaded(self):
        for name in ("libstacks_crash.so", "noid/libstacks_crash.so"):
            one = self.compared([[built("O2", "stacks_libc"), "library", self.library(name)]])[0]
            self.assertEqual(["hidden", "library_entry", "library"], one.names[:3])

    def test_a_library_whose_file_is_gone(self):
        # gdb has nothing to unwind by; the process has its memory, with the dynamic symbols alone.
        path = self.library("libstacks_crash.so")
        one = self.named([built("O2", "stacks_libc"), "library", path, "delete"], [None, "library_entry", "library"])
        self.assertEqual([path, path], [module for _, _, module in one.ours[:2]])

    def test_a_library_whose_file_is_another_now(self):
        # Its build-id tells: the names of the new file are not for the old code.
        other = shutil.copy(stacks.VICTIMS / "libbad_end.so", self.path("other.so"))
        self.named([built("O2", "stacks_libc"), "library", self.library("libstacks_crash.so"), "replace", str(other)],
                   [None, "library_entry", "library"])


class Languages(Stacks):
    def test_cxx(self):
        for how in ("O0", "O2", "debug", "clang"):
            if os.path.exists(built(how, "stacks_cxx")):
                self.compared([[built(how, "stacks_cxx"), act] for act in CXX_ACTS])

    def test_cxx_that_may_not_throw(self):
        self.compared([[built(how, "stacks_cxx"), "promises"] for how in ("O0", "O2", "debug")])

    def test_clangs_own_way_to_terminate_has_its_caller(self):
        # It has no call frame information, and gdb guesses one frame that is none.
        if not os.path.exists(built("clang", "stacks_cxx")):
            self.skipTest("no clang")
        one = self.crashes([[built("clang", "stacks_cxx"), "promises"]])[0]
        self.assertEqual(["__clang_call_terminate", "_ZN12_GLOBAL__N_18promisesEv", None, "__libc_start_main", "_start"],
                         one.names[3:])

    def test_inlined_calls_in_the_report_are_gdbs(self):
        for act in ("inlines", "templates"):
            one = self.compared([[built("debug", "stacks_cxx"), act]])[0]
            text = self.vigil("report", os.path.join(one.directory, "events")).stdout
            inlined = [frame["short"] for newer, frame in zip([{"virtual": False}, *one.gdb["frames"]], one.gdb["frames"])
                       if frame["virtual"] and not newer["virtual"]]
            self.assertEqual([name.split("::")[-1].split("<")[0] for name in inlined],
                             re.findall(r" in (\S+?)(?:<.*)? \(inlined\)", text), act)

    def test_fortran(self):
        if not os.path.exists(built("O1", "stacks_fortran")):
            self.skipTest("no gfortran")
        one = self.compared([[built("O1", "stacks_fortran")]])[0]
        self.assertEqual(["__parts_MOD_leaf", *["__parts_MOD_deeper"] * 4, "MAIN__", "main"], one.names[:7])

    def test_the_native_frames_of_python(self):
        one = self.crashes([["/usr/bin/python3", "-c", "import ctypes; [1].sort(key=lambda x: ctypes.string_at(0))"]])[0]
        stacks.ask_gdb(self.directory, [one])
        native = [(int(f["pc"], 16), f.get("function"), stacks.real(f.get("module")))
                  for f in one.end["frames"] if f["kind"] != "python"]
        equal, total, difference = stacks.compare(native, one.gdbs)
        print(f"# {equal} of {total} frames are equal")
        self.assertIsNone(difference)


class Surroundings(Stacks):
    """The frames are the same in places where less can be asked."""

    def there(self, wrapper):
        command = [built("O2", "stacks"), "in_qsort"]
        if self.bare(*wrapper, "true").returncode:
            self.skipTest(f"{wrapper[0]} may not")
        plain = self.crashes([command])[0]
        directory = self.path("events")
        os.mkdir(directory)
        # Not in the wrapper: a log that is open for writing keeps a file system from becoming read-only.
        self.bare(*wrapper, "env", f"LD_PRELOAD={watched.PRELOAD}", f"VIGIL_DIR={directory}", "VIGIL_RUN_ID=stacks", *command)
        ends = watched.ends(watched.events(directory))
        self.assertEqual([[f.get("function") for f in plain.end["frames"]]],
                         [[f.get("function") for f in end["frames"]] for end in ends])
        self.assertEqual([[f["module"] for f in plain.end["frames"]]], [[f["module"] for f in e["frames"]] for e in ends])

    def test_without_proc(self):
        self.needs_mounts()
        self.there(["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"])

    def test_on_a_read_only_root(self):
        self.needs_mounts()
        self.there(["unshare", "-m", "sh", "-c", 'mount --bind . . && mount -o remount,ro,bind / && exec "$@"', "sh"])

    def test_without_new_privileges(self):
        self.there(["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"])


class Scenarios(Stacks):
    """The fatal signals that a program can bring on itself."""

    def coded(self, expected, program="crashes"):
        victim = str(stacks.VICTIMS / program)
        crashes = self.compared([[victim, *act.split()] for act in expected])
        self.assertEqual(expected, {" ".join(one.command[1:]): (one.end["signal"]["name"], one.end["signal"]["code_name"])
                                    for one in crashes})
        return crashes

    def test_faults_have_their_codes_and_their_whole_stacks(self):
        self.coded({
            "null_write": ("SIGSEGV", "SEGV_MAPERR"),
            "wild_read": ("SIGSEGV", "SI_KERNEL"),
            "read_only_write": ("SIGSEGV", "SEGV_ACCERR"),
            "null_write_in_thread": ("SIGSEGV", "SEGV_MAPERR"),
            "jump_to_null": ("SIGSEGV", "SEGV_MAPERR"),
            "bus": ("SIGBUS", "BUS_ADRERR"),
            "divide": ("SIGFPE", "FPE_INTDIV"),
            "illegal": ("SIGILL", "ILL_ILLOPN"),
            "breakpoint": ("SIGTRAP", "SI_KERNEL"),
            "forbidden_call": ("SIGSYS", "SYS_SECCOMP"),
        })

    def test_the_line_of_a_breakpoint_is_its_own(self):
        source = pathlib.Path(watched.TREE / "tests/shim/victims/crashes.c").read_text(encoding="utf-8").splitlines()
        line = next(at for at, text in enumerate(source, 1) if '"int3"' in text)
        one = self.crashes([[str(stacks.VICTIMS / "crashes"), "breakpoint"]])[0]
        report = self.vigil("report", os.path.join(one.directory, "events")).stdout
        self.assertRegex(report, rf"#0 .*crashes\.c:{line}\n")

    def test_aborts_begin_at_their_caller(self):
        crashes = self.coded(dict.fromkeys(("abort", "abort_in_thread", "assert", "double_free", "free_nonsense",
                                            "smash_stack"), ("SIGABRT", "SI_TKILL")))
        self.assertEqual(["abort_", "thread_that_aborts"], [one.names[0] for one in crashes[:2]])

    def test_stack_overflows_fill_the_event(self):
        crashes = self.compared([[str(stacks.VICTIMS / "crashes"), act] for act in ("overflow", "overflow_in_thread")])
        for one in crashes:
            # A thread's guard is a page that may not be accessed, or since glibc 2.42 one that is not there.
            self.assertEqual(("SIGSEGV", one.gdb["siginfo"]["code"]), (one.end["signal"]["name"], one.end["signal"]["code"]))
            self.assertEqual({"bottomless"}, set(one.names[:96]))
            self.assertEqual(stacks.FRAMES_MAX, len(one.names))
            self.assertGreater(one.end["frames"][96]["left_out"], 1000)
            self.assertTrue({"overflow", "thread_that_overflows"} & set(one.names[96:]))

    def test_signals_that_are_sent_have_their_codes_and_their_whole_stacks(self):
        self.coded({"raise 11": ("SIGSEGV", "SI_TKILL"), "raise 6": ("SIGABRT", "SI_TKILL"), "raise 3": ("SIGQUIT", "SI_TKILL"),
                    "trap": ("SIGTRAP", "SI_TKILL")})
        self.coded({"queue 11": ("SIGSEGV", "SI_QUEUE")}, "hard")

    def test_locks_of_the_loader_and_of_malloc_that_are_held(self):
        for act in ("crash_in_dlopen", "crash_beside_dlopen", "crash_beside_malloc"):
            self.coded({act: ("SIGSEGV", "SEGV_MAPERR")}, "hard")

    def test_a_jump_to_junk_and_a_lost_stack(self):
        junk, _ = self.coded({"jump_to_nonsense": ("SIGSEGV", "SEGV_MAPERR"), "lose_stack": ("SIGSEGV", "SEGV_MAPERR")},
                             "hard")
        self.assertEqual((0x1234, "fixup"), (junk.ours[0][0], junk.end["frames"][1]["kind"]))

    def test_a_stack_full_of_nonsense_ends_the_trace(self):
        # gdb takes what lies there for frames.
        one = self.crashes([[str(stacks.VICTIMS / "hard"), "smashed_stack"]])[0]
        self.assertEqual("fault", one.names[0])
        self.assertLess(len(one.names), 4)


def tell_share():
    print(f"# {Stacks.equal} of {Stacks.total} frames are equal in all")


if __name__ == "__main__":
    atexit.register(tell_share)
    tap.main()
