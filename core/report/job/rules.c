/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/job/rules.h"

#include "core/base/path.h"
#include "core/events/wrapper.h"
#include "core/report/job/kills.h"
#include "core/report/job/mpi_error.h"
#include "core/report/job/peer_words.h"
#include "core/report/job/thresholds.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The messages by which libraries report that a peer is gone, or did not come. They may stand
 * anywhere in a text, in any case. */
static const struct {
	const char *text;
	enum failure_class failure_class;
} peer_texts[] = {
	/* a socket's other end: gloo, torch's store, MPI over TCP, plain sockets */
	{"connection closed by peer", FAILURE_PEER_LOST},
	{"connection reset by peer", FAILURE_PEER_LOST},
	{"connection refused", FAILURE_PEER_LOST},
	{"connection aborted", FAILURE_PEER_LOST},
	{"broken pipe", FAILURE_PEER_LOST},
	{"brokenpipeerror", FAILURE_PEER_LOST},
	{"connectionreseterror", FAILURE_PEER_LOST},
	{"socket closed", FAILURE_PEER_LOST},
	{"no route to host", FAILURE_PEER_LOST},
	{"transport endpoint is not connected", FAILURE_PEER_LOST},
	{"failed to recv, got 0 bytes", FAILURE_PEER_LOST},
	{"the client socket has failed", FAILURE_PEER_LOST},
	{"rendezvousconnectionerror", FAILURE_PEER_LOST},
	{"rendezvousclosederror", FAILURE_PEER_LOST},
	{"application timeout caused pair closure", FAILURE_PEER_LOST},
	/* NCCL */
	{"ncclremoteerror", FAILURE_PEER_LOST},
	{"nccl error: remote", FAILURE_PEER_LOST},
	{"remote process exited or there was a network error", FAILURE_PEER_LOST},
	{"nccl communicator was aborted", FAILURE_PEER_LOST},
	{"ncclsystemerror", FAILURE_PEER_LOST},
	/* UCX */
	{"endpoint is not connected", FAILURE_PEER_LOST},
	{"endpoint timeout", FAILURE_PEER_LOST},
	{"transport retry count exceeded", FAILURE_PEER_LOST},
	{"remote endpoint", FAILURE_PEER_LOST},
	/* MPI's error handler, by its texts; what its functions in the stack say: mpi_error.h */
	{"mpi_err_proc_failed", FAILURE_PEER_LOST},
	{"mpix_err_proc_failed", FAILURE_PEER_LOST},
	{"process failure", FAILURE_PEER_LOST},
	{"communication error with rank", FAILURE_PEER_LOST},
	/* a collective that waited in vain */
	{"watchdog caught collective operation timeout", FAILURE_PEER_TIMEOUT},
	{"collective operation timeout", FAILURE_PEER_TIMEOUT},
	{"timed out waiting", FAILURE_PEER_TIMEOUT},
	{"wait timeout", FAILURE_PEER_TIMEOUT},
	{"socket timeout", FAILURE_PEER_TIMEOUT},
	{"monitoredbarrier", FAILURE_PEER_TIMEOUT},
	{"store timeout", FAILURE_PEER_TIMEOUT},
	{"operation timed out", FAILURE_PEER_TIMEOUT},
	{"connection timed out", FAILURE_PEER_TIMEOUT},
};

#define TIME_IS_OVER 124
#define NOT_RUNNABLE 126
#define NOT_FOUND 127

#define NAMES_MOST 32

/* Patterns of fnmatch(3). */
static const char *const names[][NAMES_MOST] = {
	[NAME_LAUNCHER] = {"torchrun", "pt_elastic", "mpirun", "mpirun.*", "mpiexec", "mpiexec.*",
		"orterun", "orted", "prte", "prterun", "prted", "prte-submit", "prun",
		"hydra_pmi_proxy", "hydra_bstrap_*", "srun", "slurmstepd", "flux", "flux-shell",
		"flux-broker", "palsd", "aprun", "jsrun", "jskd", "deepspeed", "horovodrun",
		"accelerate", "ray", "raylet", "timeout"},
	[NAME_REMOTE_STARTER] = {"mpirun", "mpiexec", "mpiexec.*", "mpirun.*", "orterun", "prterun",
		"prte", "prun", "srun", "flux", "aprun", "jsrun", "horovodrun", "deepspeed", "ssh",
		"pdsh", "clush"},
	[NAME_TIMER] = {"timeout"},
	[NAME_BARE_NUMBER] = {"setsid"},
	[NAME_DRIVER] = {"make", "gmake", "ninja", "cmake", "ctest", "xargs", "parallel", "gcc",
		"g++", "cc", "c++", "clang", "clang++", "clang-*", "collect2", "cargo", "bazel",
		"meson", "tox", "pytest", "prove"},
	[NAME_QUESTION] = {"grep", "egrep", "fgrep", "zgrep", "rg", "test", "[", "diff", "cmp",
		"expr", "which", "pgrep", "pidof", "false", "getent", "id", "kill", "killall",
		"pkill", "cat", "ls", "rm", "stat", "uname", "tput", "dpkg", "git"},
	[NAME_INTERRUPTION] = {"KeyboardInterrupt", "SignalException"},
	[NAME_ABSENCE] = {"ImportError", "ModuleNotFoundError", "AttributeError", "SyntaxError"},
	[NAME_VAIN_WAIT] = {"*Timeout*", "EOFError", "Empty"},
	[NAME_QUOTATION] = {"ProcessRaisedException"},
};
_Static_assert(sizeof names / sizeof *names == NAME_KIND_COUNT_, "a kind has no names");

static bool is_listed(enum name_kind kind, const char *name)
{
	for (size_t i = 0; i < NAMES_MOST && names[kind][i] != NULL; i++)
		if (fnmatch(names[kind][i], name, 0) == 0)
			return true;
	return false;
}

/* The last word of NAME without its version: "g++" of "x86_64-linux-gnu-g++-12", as the compilers
 * for one machine are called. */
static const char *plain_name(const char *name, char *plain, size_t size)
{
	size_t end = strlen(name), digits = end, from;

	while (digits > 0 && strchr("0123456789.", name[digits - 1]) != NULL)
		digits--;
	if (digits > 0 && name[digits - 1] == '-')
		end = digits - 1;
	for (from = end; from > 0 && name[from - 1] != '-';)
		from--;
	snprintf(plain, size, "%.*s", (int)(end - from), name + from);
	return plain;
}

bool rules_name_is(enum name_kind kind, const char *name)
{
	char plain[64];

	return is_listed(kind, name) ||
	       (kind == NAME_DRIVER && is_listed(kind, plain_name(name, plain, sizeof plain)));
}

bool rules_is_wrapper(const char *program)
{
	return program_is_shell(program) || program_is_starter(program);
}

bool rules_quotes_child(const struct event_exception *exception)
{
	return exception->type != NULL && exception->message != NULL &&
	       rules_name_is(NAME_QUOTATION, exception->type);
}

bool rules_is_hard(const struct event *event)
{
	switch (event->cause) {
	case CAUSE_FAULT:
	case CAUSE_ABORT:
	case CAUSE_EXCEPTION:
	case CAUSE_OOM:
	case CAUSE_KILLED:
	case CAUSE_EXEC_FAILED: return true;
	default: return event->how == HOW_MPI_ABORT;
	}
}

static enum failure_class peer_lines(const struct text_lines *text)
{
	for (size_t i = 0; text->count > 0 && i < sizeof peer_texts / sizeof *peer_texts; i++)
		if (text_lines_have(text, peer_texts[i].text))
			return peer_texts[i].failure_class;
	return FAILURE_OWN;
}

enum failure_class rules_peer_text(const char *text)
{
	return peer_lines(&(struct text_lines){&text, text != NULL});
}

/* The message of the exception counts before its trace, which may quote other messages. */
static enum failure_class known_peer_class(const struct termination *end)
{
	const char *const texts[] = {
		end->event.exception.type, end->event.exception.message, end->event.abort_message};
	enum failure_class failure_class = FAILURE_OWN;

	for (size_t i = 0; i < sizeof texts / sizeof *texts && failure_class == FAILURE_OWN; i++)
		failure_class = rules_peer_text(texts[i]);
	return failure_class == FAILURE_OWN ? peer_lines(&end->error_trace) : failure_class;
}

/* By the kinds of words alone, where no message is known. */
static enum failure_class worded_peer_class(const struct termination *end)
{
	const struct event_exception *exception = &end->event.exception;
	enum peer_words words = peer_words(exception->type, exception->message);

	if (words == PEER_WORDS_NONE)
		words = peer_words(NULL, end->event.abort_message);
	return words == PEER_WORDS_GONE	  ? FAILURE_PEER_LOST
	       : words == PEER_WORDS_LATE ? FAILURE_PEER_TIMEOUT
					  : FAILURE_OWN;
}

static enum failure_class peer_failure_class(const struct termination *end)
{
	enum failure_class failure_class;
	struct mpi_error error;

	if (mpi_error_of(end, &error))
		return error.own ? FAILURE_OWN : FAILURE_PEER_LOST;
	failure_class = known_peer_class(end);
	return failure_class == FAILURE_OWN ? worded_peer_class(end) : failure_class;
}

bool rules_is_worded(const struct process *process)
{
	const struct termination *end = process_termination(process);
	struct mpi_error error;

	return end != NULL && !mpi_error_of(end, &error) && known_peer_class(end) == FAILURE_OWN &&
	       worded_peer_class(end) != FAILURE_OWN;
}

/* PID, whose name is COMM, is the launcher of PROCESS, another launcher of ranks, or an ancestor.
 */
static bool is_its_launcher(
	const struct job *job, const struct process *process, pid_t pid, const char *comm)
{
	const struct process *sender;

	if (comm != NULL && rules_name_is(NAME_LAUNCHER, comm))
		return true;
	if (pid <= 0)
		return false;
	sender = job_find(job, process->hostname, pid,
		process->termination == NULL ? process->last_us : process->ended_us);
	return sender != NULL &&
	       (rules_name_is(NAME_LAUNCHER, sender->program) || process_descends(process, sender));
}

bool rules_requested_by_launcher(const struct job *job, const struct process *process)
{
	const struct event_reporter *sender;

	if (process->kill_request == NULL || kill_is_own(process))
		return false;
	sender = &process->kill_request->kill->reporter;
	return sender->pid > 0 && is_its_launcher(job, process, sender->pid, sender->comm);
}

/* The terminal ended the process of EVENT. The kernel sends the terminal's signals; a Python that
 * was interrupted sends itself the signal again when it exits. */
static bool from_terminal(const struct event *event)
{
	const struct event_signal *signal = &event->signal;

	if (event->exception.type != NULL &&
		rules_name_is(NAME_INTERRUPTION, event->exception.type))
		return true;
	if (signal->number != SIGINT && signal->number != SIGQUIT && signal->number != SIGHUP)
		return false;
	return signal->has_code &&
	       (signal->code == SI_KERNEL ||
		       (signal->number == SIGINT && signal->sender_is == SENDER_SELF));
}

static enum failure_class signal_failure_class(const struct job *job, const struct process *process)
{
	const struct event_signal *signal = &termination_event(process)->signal;

	if (signal->sender_is == SENDER_ANCESTOR ||
		is_its_launcher(job, process, signal->sender_pid, signal->sender))
		return FAILURE_TERMINATED;
	if (signal->number == SIGKILL)
		return FAILURE_KILLED;
	return signal->sender_is == SENDER_SELF ? FAILURE_OWN : FAILURE_SIGNALLED;
}

bool rules_was_handling(const struct event *event)
{
	return event->fault.tid != 0 && signal_requests_end(event->signal.number);
}

bool rules_is_over(const struct process *process)
{
	const struct event *event = termination_event(process);

	if (!rules_name_is(NAME_TIMER, process->program))
		return false;
	return (event->cause == CAUSE_EXIT && event->exit_code == TIME_IS_OVER) ||
	       (kill_is_own(process) && event->signal.number == SIGKILL); /* timeout -s KILL */
}

enum failure_class rules_failure_class(const struct job *job, const struct process *process)
{
	const struct termination *end;
	const struct event *event;

	if (process->termination == NULL)
		return FAILURE_NONE;
	end = process->termination->end;
	event = &end->event;
	if (event->cause == CAUSE_OOM)
		return FAILURE_OWN;
	if (event_was_exiting(event))
		return peer_failure_class(end);
	if (rules_was_handling(event))
		return FAILURE_OWN;
	if (from_terminal(event))
		return FAILURE_INTERRUPTED;
	if (kill_is_own(process) && event->signal.number == SIGKILL)
		return rules_is_over(process) ? FAILURE_TERMINATED : FAILURE_OWN;
	if (kill_explains(process) && !kill_is_own(process) && !rules_called_abort(end))
		return rules_requested_by_launcher(job, process) ? FAILURE_TERMINATED
								 : FAILURE_SIGNALLED;
	if (event->state == NODE_SUCCEEDED)
		return FAILURE_OK;
	/* a signal may have ended it after the exception, during its cleanup */
	if (event->cause == CAUSE_EXCEPTION)
		return peer_failure_class(end);
	if (signal_requests_end(event->signal.number))
		return rules_called_abort(end) ? FAILURE_OWN : signal_failure_class(job, process);
	if (rules_library_class(process) != FAILURE_OWN)
		return rules_library_class(process);
	if (event->signal.number == SIGPIPE && event->cause != CAUSE_EXEC_FAILED)
		return FAILURE_PEER_LOST;
	if (event->cause == CAUSE_KILLED || event->cause == CAUSE_VANISHED)
		return FAILURE_KILLED;
	if (rules_is_over(process))
		return FAILURE_TERMINATED;
	return event_obeyed(event) ? FAILURE_OBEYED : peer_failure_class(end);
}

bool rules_class_is_ended(enum failure_class failure_class)
{
	return failure_class == FAILURE_OBEYED || failure_class == FAILURE_TERMINATED ||
	       failure_class == FAILURE_INTERRUPTED || failure_class == FAILURE_SIGNALLED;
}

int64_t rules_lateness_us(const struct process *process)
{
	const struct event *event;

	if (process->termination == NULL || process->termination->source == SOURCE_AGENT)
		return LATENESS_WAITER_US;
	event = termination_event(process);
	if ((event->cause == CAUSE_EXCEPTION && event->signal.number != 0 &&
		    process->raised == NULL) ||
		event_was_exiting(event) || rules_was_handling(event))
		return LATENESS_CLEANUP_US;
	return rules_is_hard(event) ? 0 : LATENESS_EXIT_US;
}

/* The exit code of PROCESS stands for signal NUMBER: a shell adds 128, a Python that exits with a
 * child's returncode has 256 - NUMBER, and setsid gives the bare number. */
static bool stands_for(const struct process *process, int number)
{
	int code = termination_event(process)->exit_code;

	return signal_of_status(code) == number || code == 256 - number ||
	       (code == number && rules_name_is(NAME_BARE_NUMBER, process->program));
}

bool rules_died_of_signal(const struct event *event)
{
	return event->signal.number != 0 || signal_of_status(event->exit_code) != 0;
}

bool rules_ran_out_of_time(const struct process *parent, const struct process *child)
{
	return rules_is_over(parent) && child->kill_request != NULL &&
	       child->kill_request->kill->reporter.pid == parent->pid;
}

bool rules_hands_on(const struct process *parent, const struct process *child)
{
	const struct event *one = termination_event(parent), *other = termination_event(child);

	if (one->signal.number != 0)
		return one->signal.number == other->signal.number;
	if (one->how == HOW_NONE)
		return false;
	if (rules_ran_out_of_time(parent, child))
		return true;
	if (other->signal.number != 0)
		return stands_for(parent, other->signal.number);
	if (other->how == HOW_NONE)
		return one->exit_code == NOT_FOUND || one->exit_code == NOT_RUNNABLE ||
		       one->exit_code == 1;
	return one->exit_code == other->exit_code;
}

bool rules_is_unstarted(const struct process *process)
{
	int code = termination_event(process)->exit_code;

	return !rules_lacked_symbol(process) && (code == NOT_FOUND || code == NOT_RUNNABLE) &&
	       rules_meaning(process) != NULL;
}

/* The loader also looks a function up when it is first called, and ends the program where there is
 * none. What a shell or the like has become by exec() need not have run. */
bool rules_lacked_symbol(const struct process *process)
{
	const struct event *event = termination_event(process);

	return process->own_termination == NULL && process->running != NULL &&
	       event->cause == CAUSE_EXIT && event->exit_code == NOT_FOUND &&
	       !rules_is_wrapper(process->program);
}

/* The loader ended the program before libvigil ran. */
bool rules_lacked_library(const struct process *process)
{
	const struct event *event = termination_event(process);

	return process->own_termination == NULL && event->cause == CAUSE_EXIT &&
	       event->exit_code == NOT_FOUND && !rules_lacked_symbol(process);
}

bool rules_had_no_room(const struct process *process)
{
	return process->own_termination == NULL && process->running != NULL &&
	       termination_event(process)->signal.number == SIGSEGV;
}

const char *rules_meaning(const struct process *process)
{
	const struct event *event = termination_event(process);

	if (event->exec.path != NULL)
		return NULL; /* the reason has it already */
	if (event->cause == CAUSE_EXEC_FAILED && event->how != HOW_NONE)
		return "it could not be started";
	if (rules_is_over(process))
		return "its time was over";
	if (rules_had_no_room(process))
		return "perhaps a stack overflow";
	if (event->cause != CAUSE_EXIT)
		return NULL;
	if (rules_lacked_symbol(process))
		return "likely an undefined symbol";
	if (rules_lacked_library(process))
		return "likely a library or a program is missing";
	if (process->own_termination == NULL)
		return NULL;
	if (!rules_is_wrapper(process->program))
		return NULL;
	return event->exit_code == NOT_FOUND	  ? "no such program"
	       : event->exit_code == NOT_RUNNABLE ? "a program that cannot be run"
						  : NULL;
}
