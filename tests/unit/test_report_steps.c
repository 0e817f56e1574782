/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks as their readers need them: what counts, whose functions they are, and their short names.
 */
#include "core/report/verdict/short_name.h"
#include "core/report/verdict/stack_steps.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PID 4711

static struct frame_module program = {.path = "/home/u/ring"}, libc = {.path = "/lib64/libc.so.6"},
			   musl = {.path = "/lib/ld-musl-x86_64.so.1"},
			   ompi = {.path = "/usr/lib/libmpi.so.40"},
			   component = {.path = "/usr/lib/openmpi/mca_pml_ob1.so"},
			   mlx = {.path = "/usr/lib/libibverbs/libmlx5-rdmav34.so"},
			   mpich = {.path = "/lib/x86_64-linux-gnu/libmpich.so.12"},
			   fortran = {.path = "/usr/lib/libmpi_mpifh.so.40"},
			   gomp = {.path = "/usr/lib/libgomp.so.1"},
			   cxx = {.path = "/usr/lib/libstdc++.so.6"},
			   blas = {.path = "/usr/lib/libopenblas.so.0"},
			   hdf5 = {.path = "/usr/lib/libhdf5.so.103"},
			   python = {.path = "/usr/bin/python3.11"},
			   socket = {.path = "/usr/lib/python3.11/lib-dynload/_socket.so"},
			   mpi4py = {.path = "/usr/lib/python3/dist-packages/mpi4py/MPI.so"},
			   torch = {.path = "/usr/lib/libtorch_cpu.so"},
			   ucs = {.path = "/usr/lib/libucs.so.0"},
			   users = {.path = "/home/u/lib/libsolve.so"},
			   vigil = {.path = "/usr/lib/vigil/libvigil.so"};

#define F(object, name)                                                    \
	{                                                                  \
		.kind = FRAME_CFI, .module = &(object), .function = (name) \
	}
#define PY(name, path, number)                                                             \
	{                                                                                  \
		.kind = FRAME_PYTHON, .function = (name), .file = (path), .line = (number) \
	}
#define START F(libc, "__libc_start_call_main"), F(libc, "__libc_start_main"), F(program, "_start")
#define INTERPRETER                                                       \
	F(python, "_PyEval_EvalFrameDefault"), F(python, "Py_BytesMain"), \
		F(libc, "__libc_start_main"), F(python, "_start")

/* "main exchange [PMPI_Recv] (poll)": the entry in brackets, what is inside in parentheses, a
 * library's function with a slash. */
static const char *steps_of(const struct termination *end)
{
	static char line[1024];
	static const char before[] = " /[(", after[] = "  ])";
	struct report report = {.root = NULL};
	struct event_record record = {.end = end};
	struct process process = {.pid = PID, .termination = &record};
	struct stack_steps steps = {.count = 0};
	size_t length = 0;

	line[0] = '\0';
	assert_int_equal(stack_steps_set(&report, &process, &steps), 0);
	for (size_t i = 0; i < steps.count; i++) {
		enum step_part part = steps.list[i].part;

		length += (size_t)snprintf(line + length, sizeof line - length, "%s%.*s%s%.*s",
			i == 0 ? "" : " ", part != STEP_PROGRAM, &before[part],
			steps.list[i].function, part > STEP_LIBRARY, &after[part]);
	}
	stack_steps_release(&steps);
	reading_release(&report.reading);
	return line;
}

#define FRAMES_MOST 16

static void a_stack_is_what_the_program_called(void **state)
{
	static const struct {
		const char *steps;
		struct frame frames[FRAMES_MOST];
	} known[] = {
		/* glibc, from 2.41 on and before, and musl */
		{"main load [poll]",
			{F(libc, "__syscall_cancel_arch"), F(libc, "__internal_syscall_cancel"),
				F(libc, "__syscall_cancel"), F(libc, "__poll"), F(program, "load"),
				F(program, "main"), START}},
		{"main [pthread_cond_wait]",
			{F(libc, "__futex_abstimed_wait_common64"),
				F(libc, "__futex_abstimed_wait_cancelable64"),
				F(libc, "___pthread_cond_wait"), F(program, "main"), START}},
		{"main [recv]", {F(libc, "__GI___libc_recv"), F(program, "main"), START}},
		{"main [sleep]", {F(musl, "__syscall_cp_c"), F(musl, "__clock_nanosleep"),
					 F(musl, "nanosleep"), F(musl, "sleep"), F(program, "main"),
					 F(musl, "__libc_start_main")}},
		{"main [_exit]", {F(vigil, "tell"), F(libc, "_exit"), F(vigil, "_exit"),
					 F(program, "main"), START}},
		/* MPI, with the libraries that it sends by */
		{"main exchange [PMPI_Recv] (mca_pml_ob1_recv) (sched_yield)",
			{F(libc, "sched_yield"), F(component, "mca_pml_ob1_recv"),
				F(ompi, "PMPI_Recv"), F(program, "exchange"), F(program, "main"),
				START}},
		{"main [PMPI_Recv] (mca_pml_ob1_recv) (mlx5_poll_cq)",
			{F(mlx, "mlx5_poll_cq"), F(component, "mca_pml_ob1_recv"),
				F(ompi, "PMPI_Recv"), F(program, "main"), START}},
		{"main [PMPI_Barrier] (libmpich.so.12+0x8e680)",
			{{.kind = FRAME_CFI, .module = &mpich, .offset = 0x8e680},
				F(mpich, "PMPI_Barrier"), F(program, "main"), START}},
		{"main MAIN__ [mpi_recv_] (PMPI_Recv)",
			{F(ompi, "PMPI_Recv"), F(fortran, "mpi_recv_"), F(program, "MAIN__"),
				F(program, "main"), START}},
		{"main MAIN__ [PMPI_Recv] (mca_pml_ob1_recv)",
			{F(component, "mca_pml_ob1_recv"), F(ompi, "PMPI_Recv"),
				F(fortran, "ompi_recv_f"), F(program, "MAIN__"), F(program, "main"),
				START}},
		/* linked statically, where only the name says it */
		{"main [MPI_Send] (MPIDI_Progress)",
			{F(program, "MPIDI_Progress"), F(program, "MPI_Send"), F(program, "main"),
				START}},
		{"main MPI_Exchange [PMPI_Send]", {F(ompi, "PMPI_Send"), F(program, "MPI_Exchange"),
							  F(program, "main"), START}},
		/* the program is called back */
		{"main [PMPI_Reduce] (ompi_op_reduce) add [sleep]",
			{F(libc, "sleep"), F(program, "add"), F(ompi, "ompi_op_reduce"),
				F(ompi, "PMPI_Reduce"), F(program, "main"), START}},
		{"main [qsort] compare", {F(program, "compare"), F(libc, "msort_with_tmp"),
						 F(libc, "qsort"), F(program, "main"), START}},
		{"main [GOMP_parallel] main._omp_fn.0 [GOMP_barrier] (futex_wait)",
			{F(gomp, "futex_wait"), F(gomp, "GOMP_barrier"),
				F(program, "main._omp_fn.0"), F(gomp, "GOMP_parallel"),
				F(program, "main"), START}},
		{"work [std::condition_variable::wait] (pthread_cond_wait)",
			{F(libc, "futex_wait"), F(libc, "__pthread_cond_wait"),
				F(cxx, "std::condition_variable::wait"), F(program, "work"),
				F(cxx, "execute_native_thread_routine"), F(libc, "start_thread"),
				F(libc, "__clone3")}},
		{"ring+0x1233 [PMPI_Recv]",
			{F(ompi, "PMPI_Recv"),
				{.kind = FRAME_CFI,
					.module = &program,
					.offset = 0x1233,
					.function = NULL},
				F(libc, "__libc_start_main"), F(program, NULL)}},
		/* libraries that do the program's work */
		{"main solve [pthread_barrier_wait]", {F(libc, "pthread_barrier_wait"),
							      {.kind = FRAME_CFI,
								      .module = &users,
								      .function = "solve",
								      .file = "/home/u/solve.c",
								      .line = 8},
							      F(program, "main"), START}},
		{"main /cblas_dgemm /exec_blas [sched_yield]",
			{F(libc, "__sched_yield"), F(blas, "exec_blas"), F(blas, "cblas_dgemm"),
				F(program, "main"), START}},
		{"main /H5Dwrite /H5FD__mpio_write [PMPI_File_write_at_all] (pwrite)",
			{F(libc, "__libc_pwrite"), F(ompi, "PMPI_File_write_at_all"),
				F(hdf5, "H5FD__mpio_write"), F(hdf5, "H5Dwrite"),
				F(program, "main"), START}},
		/* Python */
		{"<module> (x.py) load (x.py)",
			{PY("load", "/home/u/x.py", 3), PY("<module>", "/home/u/x.py", 9),
				F(libc, "clock_nanosleep"), F(python, "time_sleep"), INTERPRETER}},
		{"<module> (x.py) /recv (socket.py)",
			{PY("recv", "/usr/lib/python3.11/socket.py", 3),
				PY("<module>", "/home/u/x.py", 9), F(libc, "__libc_recv"),
				F(socket, "sock_recv"), INTERPRETER}},
		{"<module> (x.py) /__pyx_recv [PMPI_Recv] (poll)",
			{PY("<module>", "/home/u/x.py", 9), F(libc, "poll"), F(ompi, "PMPI_Recv"),
				F(mpi4py, "__pyx_recv"), F(python, "_PyObject_Call"), INTERPRETER}},
		{"main (cli.py)", {PY("main", "/usr/lib/python3/dist-packages/cli.py", 3),
					  PY("_run_code", "<frozen runpy>", 88)}},
		{"<module> (x.py) /all_reduce (d.py) /c10d::wait [pthread_cond_wait]",
			{PY("all_reduce", "/usr/lib/python3/dist-packages/d.py", 3),
				PY("<module>", "/home/u/x.py", 9), F(libc, "__pthread_cond_wait"),
				F(torch, "c10d::wait"), INTERPRETER}},
		/* nothing else is known */
		{"?", {{.kind = FRAME_CFI, .pc = 1}}},
		{"main <signal handler called> handler [pause]",
			{F(libc, "__libc_pause"), F(program, "handler"), F(libc, FRAME_SIGNAL_NAME),
				F(program, "main"), START}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct termination end = {.event = {.state = NODE_FAILED,
						  .cause = CAUSE_TERMINATED,
						  .frames = known[i].frames}};

		for (size_t j = 0; j < FRAMES_MOST; j++)
			if (known[i].frames[j].module != NULL ||
				known[i].frames[j].kind == FRAME_PYTHON || j == 0)
				end.event.frame_count = j + 1;
		assert_string_equal(steps_of(&end), known[i].steps);
	}
}

static const struct frame helper[] = {F(libc, "epoll_wait"), F(ucs, "ucs_event_set_wait"),
	F(libc, "start_thread"), F(libc, "__clone3")};
static const struct frame main_frames[] = {F(ompi, "PMPI_Recv"), F(program, "main"), START};

/* The thread that a library runs for itself never stands for the rank. */
static void the_main_thread_stands_for_a_rank(void **state)
{
	struct event_thread thread = {.tid = PID,
		.frames = main_frames,
		.frame_count = sizeof main_frames / sizeof *main_frames};
	struct termination end = {.event = {.state = NODE_FAILED,
					  .cause = CAUSE_TERMINATED,
					  .frames = helper,
					  .frame_count = sizeof helper / sizeof *helper}};

	(void)state;
	assert_string_equal(steps_of(&end), ""); /* the main thread's stack is not known */
	end.event.threads = &thread;
	end.event.thread_count = 1;
	assert_string_equal(steps_of(&end), "main [PMPI_Recv]");
	end.event.cause = CAUSE_EXIT; /* as by MPI_Abort in that thread */
	assert_string_equal(steps_of(&end), "main [PMPI_Recv]");
	end.event.cause = CAUSE_FAULT; /* that happened where it happened */
	assert_string_equal(steps_of(&end), "[ucs_event_set_wait] (epoll_wait)");
	end.event.cause = CAUSE_TERMINATED;
	thread.tid = PID + 1;
	assert_string_equal(steps_of(&end), "");
	end.event.truncated = true; /* a function of the program may be further out */
	assert_string_equal(steps_of(&end), "[ucs_event_set_wait] (epoll_wait)");
}

/* Not where that ended the process. */
static void an_exception_stands_where_it_was_raised(void **state)
{
	static const char *const lines[] = {"Traceback (most recent call last):\n",
		"  File \"/home/u/old.py\", line 1, in old\n", "ValueError: x\n", "\n",
		"During handling of the above exception, another exception occurred:\n", "\n",
		"Traceback (most recent call last):\n",
		"  File \"/home/u/x.py\", line 9, in <module>\n", "    load()\n",
		"  File \"/home/u/data.py\", line 33, in load\n", "KeyboardInterrupt\n"};
	struct termination end = {.event = {.state = NODE_FAILED,
					  .cause = CAUSE_EXCEPTION,
					  .frames = main_frames,
					  .frame_count = 2},
		.error_trace = {lines, sizeof lines / sizeof *lines}};

	(void)state;
	assert_string_equal(steps_of(&end), "<module> (x.py) load (data.py)");
	end.error_trace.count = 1;
	assert_string_equal(steps_of(&end), "main [PMPI_Recv]");
}

/* The functions that the compiler inlined are calls as any other. */
static void inlined_functions_are_steps(void **state)
{
	static const char *const inlined[] = {"exchange", "step"};
	struct frame frames[] = {F(ompi, "PMPI_Recv"), F(program, "main")};
	static const struct frame_note notes[] = {{NULL, NULL, 0}, {NULL, inlined, 2}};
	struct termination end = {.event = {.state = NODE_FAILED,
					  .cause = CAUSE_TERMINATED,
					  .frames = frames,
					  .frame_count = 2},
		.notes = notes};

	(void)state;
	assert_string_equal(steps_of(&end), "main step exchange [PMPI_Recv]");
	frames[1].function = "step.part.0"; /* a part of what is inlined there again */
	assert_string_equal(steps_of(&end), "step exchange [PMPI_Recv]");
}

static void names_are_as_one_says_them(void **state)
{
	static const struct {
		const char *name, *shown;
	} known[] = {
		{"void at::foo<float, 2>::of(int) const [clone .cold]", "at::foo<…>::of"},
		{"core::iter::next::h0123456789abcdef", "core::iter::next"},
		{"solver::run::{{closure}}", "solver::run::{{closure}}"},
		{"<alloc::Vec<T> as core::Extend<T>>::extend",
			"<alloc::Vec<…> as core::Extend<…>>::extend"},
		{"__grid_MOD_step", "grid::step"},
		{"main.(*Solver).step", "main.(*Solver).step"},
		{"main", "main"},
		{"step.constprop.0", "step"},
		{"work._omp_fn.0", "work._omp_fn.0"},
		{"std::operator<< <std::char_traits<char> >(std::ostream&, char const*)",
			"std::operator<< <…>"},
		{"Foo::operator()(int) const", "Foo::operator()"},
		{"Foo::operator bool() const", "Foo::operator bool"},
		{"main::{lambda(int)#1}::operator()(int) const",
			"main::{lambda(int)#1}::operator()"},
		{"(anonymous namespace)::f(int)", "(anonymous namespace)::f"},
		{"std::enable_if<(2>1), int>::type ns::f<int>(std::vector<int>)", "ns::f<…>"},
		{"f(void (*)(int))", "f"},
		{"poll@@GLIBC_2.2.5", "poll"},
		{"", ""},
		{"(", "("},
		{"a<b", "a<…>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char buffer[256];
		struct text text;

		text_init(&text, buffer, sizeof buffer);
		short_name_add(&text, known[i].name);
		assert_string_equal(buffer, known[i].shown);
	}
}

static void a_name_that_is_too_long_keeps_its_function(void **state)
{
	static const struct {
		const char *name, *shown;
		int columns;
	} known[] = {
		{"LAMMPS_NS::PairEAM::compute", "LAMMPS_NS::PairEAM::compute", 27},
		{"LAMMPS_NS::PairEAM::compute", "…::PairEAM::compute", 26},
		{"LAMMPS_NS::PairEAM::compute", "…::compute", 16},
		{"LAMMPS_NS::PairEAM::compute", "LAMMPS…", 7},
		{"a_function_of_c_with_a_name", "a_function_of_…", 15},
		{"größer_und_größer_werdend", "größer_und_grö…", 15},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char buffer[256];
		struct text text;

		text_init(&text, buffer, sizeof buffer);
		short_name_fit(&text, known[i].name, known[i].columns);
		assert_string_equal(buffer, known[i].shown);
	}
}

UNIT_TESTS(cmocka_unit_test(a_stack_is_what_the_program_called),
	cmocka_unit_test(the_main_thread_stands_for_a_rank),
	cmocka_unit_test(an_exception_stands_where_it_was_raised),
	cmocka_unit_test(inlined_functions_are_steps), cmocka_unit_test(names_are_as_one_says_them),
	cmocka_unit_test(a_name_that_is_too_long_keeps_its_function), )
