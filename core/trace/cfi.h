/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cfi.h - call frame information: the rules that derive the caller's registers from a function's.
 *
 * Reads .eh_frame_hdr and .eh_frame in memory (Linux Standard Base, "Exception Frames"; DWARF
 * 5, 6.4). The tables may be damaged: every read is probed, every loop has a bound. Signal-safe:
 * yes. Threads: one at a time per reader.
 */
#pragma once

#include "core/trace/cursor.h"
#include "core/trace/registers.h"

/* One function: its FDE, and what the FDE's CIE says. */
struct cfi_function {
	uint64_t start, end;	     /* the code that the FDE describes */
	uint64_t common, common_end; /* the CIE's instructions */
	uint64_t own, own_end;	     /* the FDE's */
	uint64_t code_factor;
	int64_t data_factor;
	uint64_t return_register;
	uint8_t encoding;  /* of the addresses in the FDE */
	bool signal_frame; /* the "caller" was interrupted: its pc is no return address */
};

enum cfi_rule_kind {
	RULE_SAME, /* no rule: the caller's value is the function's */
	RULE_UNDEFINED,
	RULE_OFFSET,	      /* saved at CFA + value */
	RULE_VALUE_OFFSET,    /* is CFA + value */
	RULE_REGISTER,	      /* is in register `value` */
	RULE_EXPRESSION,      /* saved where the expression at `value` says */
	RULE_VALUE_EXPRESSION /* is what the expression at `value` says */
};

struct cfi_rule {
	enum cfi_rule_kind kind;
	uint64_t value; /* for an expression: the address of its length */
};

/* The rules at one pc. */
struct cfi_row {
	struct cfi_rule cfa; /* RULE_REGISTER with cfa_offset, or RULE_VALUE_EXPRESSION */
	int64_t cfa_offset;
	struct cfi_rule registers[REGISTER_COUNT];
};

enum cfi_result {
	CFI_STEPPED,
	CFI_OUTERMOST,	/* the return address is undefined: nobody called this */
	CFI_UNKNOWN,	/* the rules need a register that is not known */
	CFI_UNREADABLE, /* the rules lead to memory that is not there */
	CFI_DAMAGED	/* the rules make no sense */
};

/* Find the function at PC in the table at HEADER (.eh_frame_hdr in memory). Returns false, and
 * *RET_FUNCTION undefined, when the table does not have it or is damaged. */
bool cfi_find(struct memory_reader *reader, uint64_t header, uint64_t pc,
	struct cfi_function *ret_function);

/* Parse the FDE at ADDRESS. Returns false, and *RET_FUNCTION undefined, when there is no valid FDE.
 */
bool cfi_parse(struct memory_reader *reader, uint64_t address, struct cfi_function *ret_function);

/* Compute the rules of FUNCTION at PC. Returns false, and *RET_ROW undefined, when FUNCTION's
 * program is damaged. */
bool cfi_rules(struct memory_reader *reader, const struct cfi_function *function, uint64_t pc,
	struct cfi_row *ret_row);

/* Evaluate the expression at ADDRESS, which begins with its length, on REGISTERS; *INITIAL, unless
 * INITIAL is NULL, is pushed first. STACK reads the memory that the expression dereferences.
 * Returns CFI_STEPPED and *RET_VALUE; else the reason, and *RET_VALUE as it was. */
enum cfi_result cfi_expression(struct memory_reader *code, struct memory_reader *stack,
	uint64_t address, const struct trace_registers *registers, const uint64_t *initial,
	uint64_t *ret_value);

/*
 * Step from FUNCTION at PC to its caller: replace REGISTERS by the caller's, including the pc, and
 * set *RET_CFA. Returns CFI_STEPPED; else the reason, and REGISTERS and *RET_CFA as they were. CODE
 * reads the rules, STACK the saved registers.
 */
enum cfi_result cfi_step(struct memory_reader *code, struct memory_reader *stack,
	const struct cfi_function *function, uint64_t pc, struct trace_registers *registers,
	uint64_t *ret_cfa);
