/* SPDX-License-Identifier: Apache-2.0 */
/* The native methods of Victim.java. */
#include <jni.h>
#include <stdint.h>
#include <stdlib.h>

static volatile uintptr_t nowhere;

JNIEXPORT void JNICALL Java_Victim_fault(JNIEnv *environment, jclass class)
{
	(void)environment;
	(void)class;
	*(volatile int *)nowhere = 1;
}

JNIEXPORT void JNICALL Java_Victim_end(JNIEnv *environment, jclass class)
{
	(void)environment;
	(void)class;
	abort();
}

JNIEXPORT jint JNICALL Java_Victim_twice(JNIEnv *environment, jclass class, jint n)
{
	(void)environment;
	(void)class;
	return 2 * n;
}
