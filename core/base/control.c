/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/control.h"

#include "core/base/order.h"

#include <stddef.h>

/* Sorted. tests/conformance/test_control compares this table with Python's unicodedata. */
static const struct {
	uint32_t first, last;
} ranges[] = {
	{0x0000, 0x001F},   /* C0 */
	{0x007F, 0x009F},   /* DEL, C1 */
	{0x00AD, 0x00AD},   /* soft hyphen */
	{0x0600, 0x0605},   /* Arabic number signs */
	{0x061C, 0x061C},   /* Arabic letter mark */
	{0x06DD, 0x06DD},   /* Arabic end of ayah */
	{0x070F, 0x070F},   /* Syriac abbreviation mark */
	{0x0890, 0x0891},   /* Arabic pound and piastre marks */
	{0x08E2, 0x08E2},   /* Arabic disputed end of ayah */
	{0x180E, 0x180E},   /* Mongolian vowel separator */
	{0x200B, 0x200F},   /* zero-width characters, left-to-right and right-to-left marks */
	{0x2028, 0x202E},   /* line and paragraph separators, embeddings and overrides */
	{0x2060, 0x206F},   /* word joiner, invisible operators, isolates, deprecated ones */
	{0xFEFF, 0xFEFF},   /* byte order mark */
	{0xFFF9, 0xFFFB},   /* interlinear annotation */
	{0x110BD, 0x110BD}, /* Kaithi number signs */
	{0x110CD, 0x110CD}, {0x13430, 0x1343F}, /* Egyptian hieroglyph format controls */
	{0x1BCA0, 0x1BCA3},			/* shorthand format controls */
	{0x1D173, 0x1D17A},			/* musical beams and slurs */
	{0xE0000, 0xE007F},			/* tags */
};

bool control_is(uint32_t point)
{
	size_t count = sizeof ranges / sizeof *ranges;
	size_t at = LOWER_BOUND(i, count, ranges[i].last < point);

	return at < count && point >= ranges[at].first;
}
