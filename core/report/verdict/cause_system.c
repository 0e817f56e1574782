/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/verdict/cause_system.h"

#include "core/events/kernel_line.h"
#include "core/report/job/kills.h"
#include "core/report/job/system_messages.h"
#include "core/report/job/thresholds.h"
#include "core/report/verdict/evidence.h"

#include <string.h>

/* What the number of an Xid says, by NVIDIA's "XID Errors". Others are of the driver, or only
 * follow: 43 and 45 say that a program's work on the GPU was stopped. */
static const struct {
	int number;
	struct cause cause;
} xids[] = {
	{13, {CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_LIKELY}}, /* or an assertion, or a bad opcode */
	{31, {CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_PROVEN}}, /* a page that is not mapped */
	{48, {CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN}},	      /* ECC: two bits */
	{62, {CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY}},	      /* a micro-controller halted */
	{63, {CLASS_GPU_HARDWARE, CONFIDENCE_UNSURE}},	      /* a page or row was replaced */
	{64, {CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN}},	      /* that failed */
	{74, {CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN}},	      /* NVLink */
	{79, {CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN}},	      /* fallen off the bus */
	{92, {CLASS_GPU_HARDWARE, CONFIDENCE_UNSURE}},	      /* many corrected errors */
	{94, {CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN}},	      /* ECC, in one program */
	{95, {CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN}},	      /* ECC, in any */
	{119, {CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY}},	      /* its GSP does not answer */
	{120, {CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY}},	      /* its GSP failed */
	{140, {CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN}},	      /* ECC, not recovered */
	{143, {CLASS_GPU_HARDWARE, CONFIDENCE_LIKELY}},	      /* it did not start */
};

static struct cause cause_of_xid(int number)
{
	for (size_t i = 0; i < sizeof xids / sizeof *xids; i++)
		if (xids[i].number == number)
			return xids[i].cause;
	return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
}

static struct cause cause_of_line(const struct kernel_line *line)
{
	switch (line->kind) {
	case KERNEL_LINE_OOM_HOST: return (struct cause){CLASS_HOST_OOM, CONFIDENCE_PROVEN};
	case KERNEL_LINE_OOM_CGROUP: return (struct cause){CLASS_CGROUP_OOM, CONFIDENCE_PROVEN};
	case KERNEL_LINE_XID: return cause_of_xid(line->number);
	case KERNEL_LINE_GPU_FAULT:
		return (struct cause){CLASS_CUDA_ILLEGAL_ACCESS, CONFIDENCE_PROVEN};
	case KERNEL_LINE_GPU_HARDWARE: return (struct cause){CLASS_GPU_HARDWARE, CONFIDENCE_PROVEN};
	default: return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
	}
}

static bool speaks_of_gpu(const char *text)
{
	static const char *const words[] = {"CUDA", "NCCL", "GPU", "HIP error", "RCCL", "NVML"};

	for (size_t i = 0; text != NULL && i < sizeof words / sizeof *words; i++)
		if (strcasestr(text, words[i]) != NULL)
			return true;
	return false;
}

/* The termination of EVENT has to do with a GPU, by its words or the libraries in its stack. */
static bool used_gpu(const struct event *event)
{
	static const char *const libraries[] = {
		"libcuda", "libnccl", "libamdhip", "librccl", "libhsa-runtime", "libtorch_cuda"};

	if (speaks_of_gpu(event->exception.type) || speaks_of_gpu(event->exception.message) ||
		speaks_of_gpu(event->abort_message))
		return true;
	for (size_t i = 0; i < event->frame_count; i++)
		for (size_t name = 0; name < sizeof libraries / sizeof *libraries; name++)
			if (event->frames[i].module != NULL &&
				strstr(event->frames[i].module->path, libraries[name]) != NULL)
				return true;
	return false;
}

/* MESSAGE is of the host of PROCESS, names no process, and came shortly before PROCESS ended. */
static bool is_of_host(const struct event_record *message, const struct process *process)
{
	int64_t age_us = system_message_age_us(message, process);

	return strcmp(message->hostname, process->hostname) == 0 && age_us <= HOST_ERROR_US &&
	       age_us >= -SECONDS && used_gpu(termination_event(process));
}

/* NVML was asked at the end: what it says of a GPU may be older than the job, unless that is lost.
 */
static struct system_cause cause_of_device(
	const struct event_record *message, const struct process *process)
{
	bool is_lost = strstr(message->system_message, " is lost") != NULL;

	if (strcmp(message->hostname, process->hostname) != 0 ||
		!used_gpu(termination_event(process)))
		return (struct system_cause){.message = NULL};
	return (struct system_cause){
		{CLASS_GPU_HARDWARE, is_lost ? CONFIDENCE_LIKELY : CONFIDENCE_UNSURE}, message,
		true};
}

/* What Slurm says of the job, by the fields of `scontrol show job` or by slurmstepd. */
static struct cause cause_of_slurm(const char *message)
{
	static const struct {
		const char *words;
		enum cause_class class;
	} rows[] = {
		{"JobState=TIMEOUT", CLASS_TIME_LIMIT},
		{"Reason=TimeLimit", CLASS_TIME_LIMIT},
		{"JobState=OUT_OF_MEMORY", CLASS_CGROUP_OOM},
		{"Reason=OutOfMemory", CLASS_CGROUP_OOM},
		{"JobState=PREEMPTED", CLASS_PREEMPTED},
		{"PreemptTime=", CLASS_PREEMPTED},
		{"DUE TO TIME LIMIT", CLASS_TIME_LIMIT},
		{"DUE TO PREEMPTION", CLASS_PREEMPTED},
		{"kill event", CLASS_CGROUP_OOM},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strstr(message, rows[i].words) != NULL)
			return (struct cause){rows[i].class, CONFIDENCE_PROVEN};
	return (struct cause){CLASS_UNKNOWN, CONFIDENCE_UNSURE};
}

/* Slurm ends a job for its time, or to make room, by signals; what it says of memory is of a
 * process that the kernel killed, perhaps of another one. */
static struct system_cause cause_of_limit(
	const struct event_record *message, const struct process *process)
{
	const struct event *event = termination_event(process);
	struct system_cause said = {cause_of_slurm(message->system_message), message, false};
	bool is_memory = said.cause.class == CLASS_CGROUP_OOM;

	if (is_memory)
		said.cause.confidence = CONFIDENCE_LIKELY;
	if (message->time_us < process->first->time_us) /* of a step before */
		return (struct system_cause){.message = NULL};
	if (event->cause == CAUSE_KILLED ? !kill_explains(process)
					 : event->cause == CAUSE_TERMINATED && !is_memory)
		return said;
	return (struct system_cause){.message = NULL};
}

static struct system_cause cause_of_kernel(
	const struct event_record *message, const struct process *process)
{
	const struct kernel_line line = kernel_line_parse(message->system_message);
	struct system_cause said = {cause_of_line(&line), message, false};

	if (said.cause.class == CLASS_GPU_HARDWARE && line.pid == 0 &&
		is_of_host(message, process)) {
		said.of_host = true;
		if (said.cause.confidence > CONFIDENCE_LIKELY)
			said.cause.confidence = CONFIDENCE_LIKELY;
		return said;
	}
	if (kernel_line_is_oom(&line) ? message == process->oom_message
				      : system_message_names(message, process))
		return said;
	return (struct system_cause){.message = NULL};
}

static struct system_cause cause_of_message(
	const struct event_record *message, const struct process *process)
{
	if (strcmp(message->what, EVENT_WHAT_NVML) == 0)
		return cause_of_device(message, process);
	if (strcmp(message->what, EVENT_WHAT_SLURM) == 0)
		return cause_of_limit(message, process);
	return cause_of_kernel(message, process);
}

/* ONE says more than OTHER. */
static bool is_better(const struct system_cause *one, const struct system_cause *other)
{
	if (other->message == NULL)
		return one->message != NULL;
	if ((one->cause.class == CLASS_UNKNOWN) != (other->cause.class == CLASS_UNKNOWN))
		return other->cause.class == CLASS_UNKNOWN;
	return one->cause.confidence > other->cause.confidence;
}

struct system_cause system_cause_of(const struct job *job, const struct process *process)
{
	struct system_cause best = {.message = NULL};

	for (size_t i = 0; i < job->message_count && process->termination != NULL; i++) {
		struct system_cause said = cause_of_message(job->messages[i], process);

		if (said.message != NULL && is_better(&said, &best))
			best = said;
	}
	return best;
}

void evidence_of_system(struct report *report, struct finding *finding)
{
	const struct process *process = finding->process;
	struct system_cause said;
	const char *host;

	if (process == NULL)
		return;
	said = system_cause_of(&report->job, process);
	if (said.message == NULL)
		return;
	host = said.of_host ? report_say(report, " of host %s", process->hostname) : "";
	if (strcmp(said.message->what, EVENT_WHAT_SLURM) == 0)
		evidence_say(
			report, finding, "Slurm said at the end: %s", said.message->system_message);
	else if (strcmp(said.message->what, EVENT_WHAT_NVML) == 0)
		evidence_say(report, finding, "NVML said%s at the end: %s", host,
			said.message->system_message);
	else if (system_message_age_us(said.message, process) > 0)
		evidence_say(report, finding, "the kernel said%s, %.1f s before: %s", host,
			(double)system_message_age_us(said.message, process) / SECONDS,
			said.message->system_message);
	else
		evidence_say(report, finding, "the kernel said%s: %s", host,
			said.message->system_message);
}

struct system_cause system_cause_of_attempt(const struct job *job, const struct attempt *attempt)
{
	for (size_t i = 0; i < job->message_count; i++) {
		const struct event_record *message = job->messages[i];

		if (strcmp(message->what, EVENT_WHAT_SLURM) == 0 &&
			(attempt->ended == NULL ||
				message->time_us >= attempt->ended->first->time_us))
			return (struct system_cause){
				cause_of_slurm(message->system_message), message, false};
	}
	return (struct system_cause){.message = NULL};
}

void system_explain(struct report *report, struct attempt *attempt)
{
	const struct event_record *message = system_cause_of_attempt(&report->job, attempt).message;

	if (!attempt->has_root && attempt->explanation != NULL && message != NULL)
		attempt->explanation = report_say(report, "%s; Slurm said at the end: %s",
			attempt->explanation, message->system_message);
}
