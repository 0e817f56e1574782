/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code of the entries of call_entry.h, CALL_ENTRIES of 16 bytes each: an entry loads its index
 * and goes on in call_entry, which saves all registers that may hold arguments (struct saved of
 * call_entry.c), calls call_entry_count(), and jumps to the function that this returns, with the
 * registers and the stack as they came. For a probe it goes on in call_probe instead. The entries
 * of call_first.h, CALL_FIRSTS of them, do the same by call_first and call_first_reached().
 */
#include "shim/base/call_entry.h"
#include "shim/base/call_first.h"

_Static_assert(CALL_ENTRIES == 256 && CALL_FIRSTS == 128, "as many are made here");

#if defined(__x86_64__)
/* COUNT entries NAME, which go on at the label TO. */
#define ENTRIES(name, count, to)        \
	".balign 16\n"                  \
	".type " name ", @function\n"   \
	".globl " name "\n"             \
	".hidden " name "\n" name ":\n" \
	".cfi_startproc\n"              \
	".set index, 0\n"               \
	".rept " count "\n"             \
	".balign 16\n"                  \
	"endbr64\n"                     \
	"movl $index, %r11d\n"          \
	"jmp " to "\n"                  \
	".set index, index + 1\n"       \
	".endr\n"                       \
	".cfi_endproc\n"                \
	".size " name ", . - " name "\n"

/* rax is the number of vector registers of a call with "...", r10 a nested function's. */
#define SAVE_ARGUMENTS                           \
	"pushq %rax\n.cfi_adjust_cfa_offset 8\n" \
	"pushq %r10\n.cfi_adjust_cfa_offset 8\n" \
	"pushq %r9\n.cfi_adjust_cfa_offset 8\n"  \
	"pushq %r8\n.cfi_adjust_cfa_offset 8\n"  \
	"pushq %rcx\n.cfi_adjust_cfa_offset 8\n" \
	"pushq %rdx\n.cfi_adjust_cfa_offset 8\n" \
	"pushq %rsi\n.cfi_adjust_cfa_offset 8\n" \
	"pushq %rdi\n.cfi_adjust_cfa_offset 8\n" \
	"pushq %r11\n.cfi_adjust_cfa_offset 8\n"

/* To where rax leads. */
#define JUMP_WITH_ARGUMENTS                          \
	"movq %rax, %r11\n"                          \
	"addq $8, %rsp\n.cfi_adjust_cfa_offset -8\n" \
	"popq %rdi\n.cfi_adjust_cfa_offset -8\n"     \
	"popq %rsi\n.cfi_adjust_cfa_offset -8\n"     \
	"popq %rdx\n.cfi_adjust_cfa_offset -8\n"     \
	"popq %rcx\n.cfi_adjust_cfa_offset -8\n"     \
	"popq %r8\n.cfi_adjust_cfa_offset -8\n"      \
	"popq %r9\n.cfi_adjust_cfa_offset -8\n"      \
	"popq %r10\n.cfi_adjust_cfa_offset -8\n"     \
	"popq %rax\n.cfi_adjust_cfa_offset -8\n"     \
	"jmpq *%r11\n"

/* clang-format off */
__asm__(".pushsection .text.call_entries,\"ax\",@progbits\n"
	ENTRIES("call_entries", "256", "call_entry")
	".type call_entry, @function\n"
	"call_entry:\n"
	".cfi_startproc\n"
	SAVE_ARGUMENTS
	"movq %rsp, %rdi\n"
	"movl %r11d, %esi\n"
	"call call_entry_count\n"
	"testq %rdx, %rdx\n"
	"jnz call_probe\n"
	JUMP_WITH_ARGUMENTS
	".cfi_endproc\n"
	".size call_entry, . - call_entry\n"
	/* The frame of call_entry goes on: the index is at 8(%rbp), the return address at 80. */
	".type call_probe, @function\n"
	"call_probe:\n"
	".cfi_startproc\n"
	".cfi_def_cfa_offset 80\n"
	"pushq %rbp\n.cfi_def_cfa_offset 88\n.cfi_offset %rbp, -88\n"
	"movq %rsp, %rbp\n.cfi_def_cfa %rbp, 88\n"
	"subq $264, %rsp\n"
	"movq %rax, -8(%rbp)\n"
	"leaq 88(%rbp), %rsi\n"
	"movq %rsp, %rdi\n"
	"movq %rdx, %rcx\n"
	"rep movsq\n"
	"movq 16(%rbp), %rdi\n"
	"movq 24(%rbp), %rsi\n"
	"movq 32(%rbp), %rdx\n"
	"movq 40(%rbp), %rcx\n"
	"movq 48(%rbp), %r8\n"
	"movq 56(%rbp), %r9\n"
	"movq 64(%rbp), %r10\n"
	"movq 72(%rbp), %rax\n"
	"call *-8(%rbp)\n"
	"movq %rax, 72(%rbp)\n"
	"movq %rdx, 64(%rbp)\n"
	"movups %xmm0, (%rsp)\n"
	"movups %xmm1, 16(%rsp)\n"
	"leaq 8(%rbp), %rdi\n"
	"movq %rax, %rsi\n"
	"call call_entry_returned\n"
	"movups (%rsp), %xmm0\n"
	"movups 16(%rsp), %xmm1\n"
	"movq 72(%rbp), %rax\n"
	"movq 64(%rbp), %rdx\n"
	"leave\n.cfi_def_cfa %rsp, 80\n.cfi_restore %rbp\n"
	"addq $72, %rsp\n.cfi_def_cfa_offset 8\n"
	"ret\n"
	".cfi_endproc\n"
	".size call_probe, . - call_probe\n"
	ENTRIES("call_first_entries", "128", "call_first")
	".type call_first, @function\n"
	"call_first:\n"
	".cfi_startproc\n"
	SAVE_ARGUMENTS
	"movl %r11d, %edi\n"
	"call call_first_reached\n"
	JUMP_WITH_ARGUMENTS
	".cfi_endproc\n"
	".size call_first, . - call_first\n"
	".popsection\n");
/* clang-format on */
#elif defined(__aarch64__)
/* COUNT entries NAME, which go on at the label TO; hint #34 is bti c. */
#define ENTRIES(name, count, to)        \
	".balign 16\n"                  \
	".type " name ", %function\n"   \
	".globl " name "\n"             \
	".hidden " name "\n" name ":\n" \
	".cfi_startproc\n"              \
	".set index, 0\n"               \
	".rept " count "\n"             \
	".balign 16\n"                  \
	"hint #34\n"                    \
	"mov w16, #index\n"             \
	"b " to "\n"                    \
	".set index, index + 1\n"       \
	".endr\n"                       \
	".cfi_endproc\n"                \
	".size " name ", . - " name "\n"

/* x8 is where a structure is returned. */
#define SAVE_ARGUMENTS                 \
	"stp x29, x30, [sp, #-112]!\n" \
	".cfi_adjust_cfa_offset 112\n" \
	".cfi_rel_offset x29, 0\n"     \
	".cfi_rel_offset x30, 8\n"     \
	"mov x29, sp\n"                \
	"stp x16, x0, [sp, #16]\n"     \
	"stp x1, x2, [sp, #32]\n"      \
	"stp x3, x4, [sp, #48]\n"      \
	"stp x5, x6, [sp, #64]\n"      \
	"stp x7, x8, [sp, #80]\n"

/* To where x0 leads. */
#define JUMP_WITH_ARGUMENTS             \
	"mov x17, x0\n"                 \
	"ldr x0, [sp, #24]\n"           \
	"ldp x1, x2, [sp, #32]\n"       \
	"ldp x3, x4, [sp, #48]\n"       \
	"ldp x5, x6, [sp, #64]\n"       \
	"ldp x7, x8, [sp, #80]\n"       \
	"ldp x29, x30, [sp], #112\n"    \
	".cfi_adjust_cfa_offset -112\n" \
	".cfi_restore x29\n"            \
	".cfi_restore x30\n"            \
	"br x17\n"

/* clang-format off */
__asm__(".pushsection .text.call_entries,\"ax\",@progbits\n"
	ENTRIES("call_entries", "256", "call_entry")
	".type call_entry, %function\n"
	"call_entry:\n"
	".cfi_startproc\n"
	SAVE_ARGUMENTS
	"add x0, sp, #16\n"
	"mov w1, w16\n"
	"bl call_entry_count\n"
	"cbnz x1, call_probe\n"
	JUMP_WITH_ARGUMENTS
	".cfi_endproc\n"
	".size call_entry, . - call_entry\n"
	/* The frame of call_entry goes on. */
	".type call_probe, %function\n"
	"call_probe:\n"
	".cfi_startproc\n"
	".cfi_def_cfa x29, 112\n"
	".cfi_offset x29, -112\n"
	".cfi_offset x30, -104\n"
	"sub sp, sp, #352\n"
	"str x0, [sp, #256]\n"
	"add x9, x29, #112\n"
	"mov x10, sp\n"
	"lsr x11, x1, #1\n"
	"1: ldp x12, x13, [x9], #16\n"
	"stp x12, x13, [x10], #16\n"
	"subs x11, x11, #1\n"
	"b.ne 1b\n"
	"ldr x0, [x29, #24]\n"
	"ldp x1, x2, [x29, #32]\n"
	"ldp x3, x4, [x29, #48]\n"
	"ldp x5, x6, [x29, #64]\n"
	"ldp x7, x8, [x29, #80]\n"
	"ldr x16, [sp, #256]\n"
	"blr x16\n"
	"stp x0, x1, [sp, #264]\n"
	"stp q0, q1, [sp, #288]\n"
	"stp q2, q3, [sp, #320]\n"
	"mov x1, x0\n"
	"add x0, x29, #16\n"
	"bl call_entry_returned\n"
	"ldp x0, x1, [sp, #264]\n"
	"ldp q0, q1, [sp, #288]\n"
	"ldp q2, q3, [sp, #320]\n"
	"mov sp, x29\n"
	"ldp x29, x30, [sp], #112\n"
	".cfi_def_cfa sp, 0\n"
	".cfi_restore x29\n"
	".cfi_restore x30\n"
	"ret\n"
	".cfi_endproc\n"
	".size call_probe, . - call_probe\n"
	ENTRIES("call_first_entries", "128", "call_first")
	".type call_first, %function\n"
	"call_first:\n"
	".cfi_startproc\n"
	SAVE_ARGUMENTS
	"mov w0, w16\n"
	"bl call_first_reached\n"
	"mov x16, x1\n" /* as a table for calls has it: the loader's code takes it from there */
	JUMP_WITH_ARGUMENTS
	".cfi_endproc\n"
	".size call_first, . - call_first\n"
	".popsection\n");
/* clang-format on */
#endif
