/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - the report as data: the verdict sets it (verdict.h), the renderers read it.
 *
 * Every pointer points into the report's reading or job, and lives as long as the report.
 * Signal-safe: no. Threads: a report belongs to one.
 */
#pragma once

#include "core/eventfile/read.h"
#include "core/report/job/process.h"
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
	ROLE_PEER_LOSS,	 /* it failed after the first, and reported a lost peer or not */
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
	const struct process *ended;   /* whose termination is the rank's: PROCESS, or what it ran
					  where it is a shell; NULL: no termination */
	int64_t at_us;		       /* of that termination, on the job's clock */
	enum failure_class failure_class;
	enum role role;
	const char *reason; /* never NULL */
};

#define EVIDENCE_MOST 8

/* A process that may have failed first. */
struct finding {
	const struct process *process; /* whose termination it is; NULL: a rank never seen */
	int64_t rank;		       /* RANK_UNKNOWN: it is none */
	int64_t at_us;
	int64_t after_us; /* of a concurrent failure: how long after the candidate; else 0 */
	const char *reason;
	enum confidence confidence; /* that it failed first; of a concurrent failure: that it does
				       not follow from the candidate */
	const char *error_trace;    /* as reported; "" when there is none */
	const char *evidence[EVIDENCE_MOST]; /* sentences */
	size_t evidence_count;
};

/* A node of the merged stacks: a function that COUNT ranks stood in, called from the node above. */
struct stack_node {
	const char *function;
	const struct frame *frame; /* of the first of them; NULL at the root */
	bool varied;		   /* others stood at another line or address of it */
	int64_t *ranks;		   /* sorted */
	size_t count, room;
	struct stack_node *children, *next; /* the first of them; the next one of the same parent */
};

struct attempt {
	int64_t number;
	size_t launch; /* 0: the first */
	enum outcome outcome;
	struct rank_result *results; /* by rank; none in a job without ranks */
	size_t count;
	bool has_root;		    /* candidates[0] is the root cause */
	struct finding *candidates; /* equally likely; one where it is clear */
	size_t candidate_count;
	struct finding *concurrent; /* failures so soon after a candidate that each may be a second
				       cause; by rank */
	size_t concurrent_count;
	const char *explanation;   /* why there is no root cause, or NULL */
	struct stack_node *stacks; /* its children are the outermost functions */
	struct outlier *outliers;  /* by rank; none where somebody failed first */
	size_t outlier_count;
	size_t usual_count;	 /* the other ranks, which all stood */
	const char *usual_where; /* here */
};

/* A host whose wall clock is far from that of the job's first host. */
struct clock_offset {
	const char *hostname;
	int64_t us;	  /* by which it is ahead; its times were moved back by that */
	bool by_launcher; /* shown by the ranks' launcher, and not only by lost peers */
};

/* A rank that stood, when a job hung, where most did not. */
struct outlier {
	int64_t rank;
	const char *where; /* "load (data.py:33)" */
};

struct report {
	struct reading reading;
	bool borrowed; /* the reading's events are somebody else's */
	struct job job;
	struct report_request request;
	enum outcome outcome;
	const struct process *root; /* the job's first process; never NULL */
	int64_t began_us, ended_us; /* of the whole, on the job's clock */
	const char **hosts;	    /* sorted, malloc'ed */
	size_t host_count;
	enum launcher launcher; /* whose ranks count */
	int64_t world_size;	/* RANK_UNKNOWN in a job without ranks */
	struct attempt *attempts;
	size_t attempt_count; /* of all launches */
	size_t launch_count;
	size_t failed, unfinished; /* processes */
	struct clock_offset *offsets;
	size_t offset_count;
};

/* For each RESULT of ATTEMPT, by rank; for each CANDIDATE. */
#define FOR_EACH_RESULT(result, attempt)                      \
	for (struct rank_result *result = (attempt)->results; \
		(size_t)(result - (attempt)->results) < (attempt)->count; result++)
#define FOR_EACH_CANDIDATE(candidate, attempt)                                            \
	for (struct finding *candidate = (attempt)->candidates;                           \
		(size_t)(candidate - (attempt)->candidates) < (attempt)->candidate_count; \
		candidate++)

/* ATTEMPT has a root cause whose time is known: others can be said to come so long after it. */
static inline bool finding_has_time(const struct attempt *attempt)
{
	const struct process *process = attempt->has_root ? attempt->candidates[0].process : NULL;

	return process != NULL && process->termination != NULL;
}

/* RANK is of a candidate of ATTEMPT. */
bool attempt_has_candidate(const struct attempt *attempt, int64_t rank);

/* There is more to say than that the job succeeded: it did not, or a rank failed. */
bool report_is_notable(const struct report *report);

/* Names on the wire, in static storage; "UNKNOWN" or "unknown" outside the range. */
const char *outcome_name(enum outcome outcome);
const char *role_name(enum role role);
const char *confidence_name(enum confidence confidence);

/* A sentence in the report's memory, in printf's words; "" when there is no memory. At most 1 KiB.
 */
const char *report_say(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *report_vsay(struct report *report, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* SIZE zeroed bytes in the report's memory, or NULL. */
void *report_alloc(struct report *report, size_t size);

/* Why PROCESS ended, in the report's memory: "SIGSEGV (address not mapped) at 0x8 in step
 * (solver.c:88)". "" where PROCESS is NULL or has no termination. */
const char *report_reason(struct report *report, const struct process *process);

/* "SIGTERM", in static storage or the report's memory. */
const char *report_signal(struct report *report, int number);

/* The name of the sender of a signal to PROCESS: COMM, or where its PID is of another rank,
 * "rank 3's COMM" in the report's memory. */
const char *report_sender(
	struct report *report, const struct process *process, pid_t pid, const char *comm);

/* "rank 3", or where RANK is unknown "cc1 (pid 4711)", in the report's memory. */
const char *report_subject(struct report *report, int64_t rank, const struct process *process);
