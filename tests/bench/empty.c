/* SPDX-License-Identifier: Apache-2.0 */
/* A preload that does nothing: what the loader alone costs. */
extern int nothing;
int nothing;
