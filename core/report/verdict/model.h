/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - the report as data: the verdict sets it (verdict.h), the renderers read it.
 *
 * Every pointer points into the report's reading or job, and lives as long as the report.
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/eventfile/read.h"
#include "core/report/job/chain.h"
#include "core/report/job/process.h"
#include "core/report/dumps/dump_set.h"
#include "core/report/job/rules.h"
#include "core/report/request.h"

#include <stdarg.h>

enum outcome {
	OUTCOME_SUCCEEDED,
	OUTCOME_FAILED,
	OUTCOME_RUNNING,
	OUTCOME_UNKNOWN,
	OUTCOME_COUNT_
};

/* What a rank was in a failure. Names on the wire: role_name(). */
enum role {
	ROLE_CULPRIT,	 /* it failed first */
	ROLE_CONCURRENT, /* it failed by itself, so soon after the first that it may be a second
			    cause */
	ROLE_PEER_LOSS,	 /* it failed after the first, whether it reported a lost peer or not */
	ROLE_TERMINATED, /* its launcher ended it, or somebody from outside */
	ROLE_KILLED,	 /* SIGKILL, and the sender is unknown */
	ROLE_SURVIVOR,	 /* it outlived the failure */
	ROLE_OK,	 /* it succeeded before anything failed */
	ROLE_SILENT,	 /* it has no termination, or was never seen, while others ended */
	ROLE_COUNT_
};

enum confidence { CONFIDENCE_UNSURE, CONFIDENCE_LIKELY, CONFIDENCE_PROVEN, CONFIDENCE_COUNT_ };

/* One rank of one attempt. */
struct rank_result {
	int64_t rank;
	const struct process *process; /* the rank's own process; NULL: never seen */
	const struct process *ended;   /* the process whose termination counts: PROCESS, or the one
					  below it that PROCESS failed for (chain.h); NULL: there is
					  no termination */
	bool sure;		       /* that PROCESS failed for ENDED */
	int64_t at_us;		       /* when ENDED terminated, on the job's clock */
	enum failure_class failure_class;
	enum role role;
	const char *reason; /* never NULL */
	const char *place;  /* where the program failed, "step (solver.c:88)"; NULL: not known, or
			       others ended it */
};

#define EVIDENCE_MOST 10

/* Between the reason of a finding and the last line that its process printed, where that is a part
 * of the reason. */
#define FINDING_SAID "; it said last: "

/* A process that may have failed first. */
struct finding {
	const struct process *process; /* the process that failed; NULL: the rank was never seen */
	int64_t rank;		       /* RANK_UNKNOWN: the process is no rank */
	int64_t at_us;
	int64_t after_us; /* of a concurrent failure: how long after the candidate; else 0 */
	const char *reason;
	enum confidence confidence; /* how sure it is that the process failed first; of a concurrent
				       failure, that it does not follow from the candidate's */
	const char *error_trace;    /* as reported; "" when there is none */
	struct chain chain;	    /* who failed because of it: its parent, and so on */
	/* Sentences about those of them that are no shells, make and the like; and for each step of
	 * CHAIN its reason. */
	const char *consequences[CHAIN_MOST], *step_reasons[CHAIN_MOST];
	size_t consequence_count;
	const char *evidence[EVIDENCE_MOST]; /* sentences */
	size_t evidence_count;
};

/* What a function in a stack is to the program. Names on the wire: step_part_name(). */
enum step_part {
	STEP_PROGRAM, /* the program's own */
	STEP_LIBRARY, /* of a library that is part of the program, or does its work */
	STEP_ENTRY,   /* a function of libc, of MPI or the like, which the program called */
	STEP_INSIDE,  /* what such a function called in turn */
	STEP_PART_COUNT_
};

/* A node of the merged stacks: a function of COUNT ranks, called from the node above. */
struct stack_node {
	const char *function;
	const struct frame *frame; /* that of the first rank; NULL at the root */
	enum step_part part;
	bool has_line;		   /* FRAME's line is one of FUNCTION's */
	bool is_call;		   /* all ranks of the node are at that line, or address */
	int first_line, last_line; /* that ranks of the node are at; 0: not known */
	bool is_hidden;		   /* it and all nodes below are STEP_INSIDE: which way the ranks
				      took there is chance */
	int64_t *ranks;		   /* sorted */
	size_t count, room;
	struct stack_node *children, *next; /* the first child; the next child of the same parent */
};

/* Where ranks stood: in the same functions of the program, and at the same lines of these. */
struct position {
	const char *where; /* "PMPI_Recv, called by exchange (ring.c:20)" */
	bool is_repeated;  /* another position would read the same without further callers */
	bool is_running;   /* in a function of the program's, and not in one that it called */
	int first_line, last_line; /* of that function */
	const char *library;	   /* the function of a library that it called, and */
	const char *inner;	   /* the innermost one of that; NULL: none, or the ranks differ */
	enum event_doing doing;	   /* of ranks that went on; else DOING_UNKNOWN */
	int64_t *ranks;		   /* sorted */
	size_t count;
};

/* `vigil run` saw that the ranks stood still. */
struct stall {
	size_t count;	  /* of ranks that stood still; 0: it saw no such thing */
	int64_t at_us;	  /* when it was said */
	int64_t for_us;	  /* for how long no rank had moved then */
	bool is_over;	  /* ranks have moved again */
	const char *text; /* "no rank has moved for 10 min: ranks 0,2 wait in …"; never NULL */
	struct position *positions; /* of most ranks first */
	size_t position_count;
};

/* All ranks of an attempt failed alike, and nearly at once: then the cause is likely in what they
 * share. */
struct common_cause {
	size_t count;	   /* of ranks; 0: they did not */
	int64_t within_us; /* from the first to the last */
	const char *where; /* "read_input (solver.c:88)"; NULL: unknown */
};

/* A collective that not all ranks of a group came to, or not all called alike, by dumps. */
struct collective_state {
	bool is_counted;	/* by NCCL's RAS; else by PyTorch's Flight Recorder */
	const char *group;	/* "default_pg", "group 3", "communicator 0x1f" */
	const char *collective; /* that ranks wait in, "all_reduce"; NULL: not known */
	int64_t sequence;	/* its number in the group; -1: not known */
	bool differs;		/* ranks called different collectives, or with different sizes */
	int64_t *waiting, *behind, *unknown; /* sorted; BEHIND have not called it, or another one;
						of UNKNOWN no dump says it */
	size_t waiting_count, behind_count, unknown_count;
	const struct dump_call **last; /* of each of BEHIND, its last call in the group; NULL: none
					  is known; NULL: nobody's is */
	const char *sentence;
};

/* How far the ranks of an attempt got in their collectives, by dumps. */
struct collectives {
	size_t dumps;	  /* of ranks, that are of this attempt; and communicators of RAS */
	int64_t *without; /* the ranks that have no dump, where others have; sorted */
	size_t without_count;
	struct collective_state *states;
	size_t count;
	int64_t *behind; /* sorted: others wait for these, and they wait for nobody */
	size_t behind_count;
	bool is_sure;	   /* one rank is behind, and no dump is missing or contradicts that */
	const char *hedge; /* why the dumps may mislead; NULL: nothing is known against them */
};

struct attempt {
	int64_t number;
	size_t launch; /* 0: the first */
	enum outcome outcome;
	struct rank_result *results; /* by rank; none in a job without ranks */
	size_t count;
	bool has_root;		    /* candidates[0] is the root cause */
	struct finding *candidates; /* equally likely; one where the first failure is clear */
	size_t candidate_count;
	struct finding *concurrent; /* by rank: failures so soon after a candidate that each may be
				       a second cause */
	size_t concurrent_count;
	struct common_cause
		common;		 /* then every rank is a candidate, as many as there is room for */
	const char *lost_host;	 /* the candidates were lost with this host; or NULL */
	const char *explanation; /* why there is no root cause, what the verdict lacks, or that
				    the cause is common; or NULL */
	const struct process *ended; /* where nobody failed first and it was ended from outside:
					the first process that was; or NULL */
	struct stack_node *stacks;   /* its children are the outermost functions */
	struct position *positions;  /* of most ranks first; none where somebody failed first */
	size_t position_count;
	struct collectives collectives;
	struct stall stall;
	bool has_outliers; /* more than half of all ranks wait at the first position, so that those
			      elsewhere are outliers */
	const char *calls; /* which ranks made other calls than the rest, or fewer; NULL: nothing is
			      known of that */
	int64_t *call_ranks; /* those ranks */
	size_t call_rank_count;
};

#define CRASHES_MOST 16

/* A host whose wall clock is far from that of the job's first host. */
struct clock_offset {
	const char *hostname;
	int64_t us;	  /* how far it is ahead; its times were moved back by this */
	bool by_launcher; /* the launcher shows it, not only lost peers */
};

/* A host whose `vigil run`, one of several in the run, reported no end. */
struct missing_host {
	const char *hostname;
	bool is_gone; /* it was killed */
};

struct report {
	struct reading reading; /* its events belong to request.following, if that is set */
	struct job job;
	struct report_request request;
	enum outcome outcome;
	const struct process *root; /* the job's first process; never NULL */
	int64_t began_us, ended_us; /* of the whole job, on its clock */
	const char **hosts;	    /* sorted, malloc'ed */
	size_t host_count;
	/* Of a run of several `vigil run`s: how many hosts have one, and those that are not over.
	 */
	size_t monitor_hosts;
	struct missing_host *missing; /* malloc'ed */
	size_t missing_count;
	const char *missing_text; /* a sentence about them; NULL: there are none */
	enum launcher launcher;	  /* whose ranks count */
	int64_t world_size;	  /* RANK_UNKNOWN in a job without ranks */
	struct attempt *attempts;
	size_t attempt_count; /* of all launches */
	size_t launch_count;
	size_t failed, unfinished; /* processes */
	/* Crashes that are no first failure of an attempt, and happened before one or in spite of
	 * success; the first CRASHES_MOST of crash_count, by time. */
	struct finding *crashes;
	size_t crash_count;
	struct clock_offset *offsets;
	size_t offset_count;
	struct dump_set dumps;
};

/* For each RESULT of ATTEMPT, by rank; for each CANDIDATE. */
#define FOR_EACH_RESULT(result, attempt)                      \
	for (struct rank_result *result = (attempt)->results; \
		(size_t)(result - (attempt)->results) < (attempt)->count; result++)
#define FOR_EACH_CANDIDATE(candidate, attempt)                                            \
	for (struct finding *candidate = (attempt)->candidates;                           \
		(size_t)(candidate - (attempt)->candidates) < (attempt)->candidate_count; \
		candidate++)

/* ATTEMPT has a root cause whose time is known, so that other times can be given relative to it. */
static inline bool finding_has_time(const struct attempt *attempt)
{
	const struct process *process = attempt->has_root ? attempt->candidates[0].process : NULL;

	return process != NULL && process->termination != NULL;
}

/* A candidate of ATTEMPT has RANK. */
bool attempt_has_candidate(const struct attempt *attempt, int64_t rank);

/* There is more to say than that the job succeeded: it did not, or a rank failed, or a process
 * crashed. */
bool report_is_notable(const struct report *report);

/* The state in the last event of a rank, by its name on the wire; NULL where it was never seen. */
const char *result_state(const struct rank_result *result);

/* Names on the wire, in static storage; "UNKNOWN" or "unknown" outside the range. */
const char *outcome_name(enum outcome outcome);
const char *role_name(enum role role);
const char *confidence_name(enum confidence confidence);
const char *step_part_name(enum step_part part);

/* A sentence that printf's FORMAT makes in the report's memory, at most 1 KiB; "" when there is no
 * memory. */
const char *report_say(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *report_vsay(struct report *report, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* SIZE zeroed bytes in the report's memory, or NULL. */
void *report_alloc(struct report *report, size_t size);

/* Why PROCESS terminated, in the report's memory: "SIGSEGV (address not mapped) at 0x8 in step
 * (solver.c:88)". "" where PROCESS is NULL or has no termination. */
const char *report_reason(struct report *report, const struct process *process);

/* "SIGTERM", in static storage or the report's memory. */
const char *report_signal(struct report *report, int number);

/* The name of the sender of a signal to PROCESS: COMM; where PID belongs to another rank, "rank 3's
 * COMM" in the report's memory. */
const char *report_sender(
	struct report *report, const struct process *process, pid_t pid, const char *comm);

/* Appends "rank 3", or where RANK is unknown "cc1 (pid 4711)" for PROCESS. */
void subject_add(struct text *text, int64_t rank, const struct process *process);

/* As subject_add(), in the report's memory. */
const char *report_subject(struct report *report, int64_t rank, const struct process *process);
