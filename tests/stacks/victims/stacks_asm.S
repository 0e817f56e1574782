/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function for each step of a prologue and an epilogue, which faults there; one without call frame information that keeps
 * a frame pointer; and one that keeps nothing.
 */
	.text

	/* Fault, if this is the step that was asked for. */
	.macro	step number, asked
	.if	\number == \asked
	ud2
	.endif
	.endm

	.macro	function asked
	.type	step_\asked, @function
step_\asked:
	.cfi_startproc
	step	0, \asked
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	step	1, \asked
	mov	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	step	2, \asked
	push	%rbx
	.cfi_offset %rbx, -24
	step	3, \asked
	push	%r12
	.cfi_offset %r12, -32
	step	4, \asked
	sub	$48, %rsp
	step	5, \asked
	xor	%ebx, %ebx
	xor	%r12d, %r12d
	step	6, \asked
	add	$48, %rsp
	step	7, \asked
	pop	%r12
	.cfi_restore %r12
	step	8, \asked
	pop	%rbx
	.cfi_restore %rbx
	step	9, \asked
	pop	%rbp
	.cfi_restore %rbp
	.cfi_def_cfa %rsp, 8
	step	10, \asked
	ret
	.cfi_endproc
	.size	step_\asked, . - step_\asked
	.endm

	/* Without a frame pointer. */
	.macro	slim asked
	.type	slim_\asked, @function
slim_\asked:
	.cfi_startproc
	step	0, \asked
	push	%r15
	.cfi_def_cfa_offset 16
	.cfi_offset %r15, -16
	step	1, \asked
	push	%rbp
	.cfi_def_cfa_offset 24
	.cfi_offset %rbp, -24
	step	2, \asked
	sub	$4096, %rsp
	.cfi_def_cfa_offset 4120
	step	3, \asked
	mov	$0x41, %ebp
	mov	%rbp, %r15
	step	4, \asked
	add	$4096, %rsp
	.cfi_def_cfa_offset 24
	step	5, \asked
	pop	%rbp
	.cfi_def_cfa_offset 16
	step	6, \asked
	pop	%r15
	.cfi_def_cfa_offset 8
	step	7, \asked
	ret
	.cfi_endproc
	.size	slim_\asked, . - slim_\asked
	.endm

	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
	function \number
	.endr
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7
	slim	\number
	.endr

	/* Nothing describes these two. */
	.type	undescribed, @function
undescribed:
	push	%rbp
	mov	%rsp, %rbp
	sub	$32, %rsp
	xor	%ebx, %ebx
	ud2
	.size	undescribed, . - undescribed

	.type	undescribed_caller, @function
undescribed_caller:
	push	%rbp
	mov	%rsp, %rbp
	sub	$32, %rsp
	call	step_5
	leave
	ret
	.size	undescribed_caller, . - undescribed_caller

	.type	undescribed_leaf, @function
undescribed_leaf:
	ud2
	.size	undescribed_leaf, . - undescribed_leaf

	.type	undescribed_first, @function
undescribed_first:
	push	%rbp
	ud2
	.size	undescribed_first, . - undescribed_first

	.type	breakpoint, @function
breakpoint:
	.cfi_startproc
	int3
	.cfi_endproc
	.size	breakpoint, . - breakpoint

	.section .data.rel.ro, "aw"
	.balign	8
	.globl	steps
steps:
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
	.quad	step_\number
	.endr
	.irp	number, 0, 1, 2, 3, 4, 5, 6, 7
	.quad	slim_\number
	.endr
	.quad	undescribed, undescribed_caller, undescribed_leaf, undescribed_first, breakpoint
	.section .note.GNU-stack, "", @progbits
