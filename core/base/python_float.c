/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repr() of a float: the shortest digits that give it back, by exact arithmetic. "How to Print
 * Floating-Point Numbers Accurately" (Steele and White, 1990), its free-format algorithm; ties of
 * the last digit go to the even one, as in CPython.
 */
#include "core/base/python_text.h"

#include <string.h>

/* The largest number here is below 2^1081: the least double's denominator, 2^1075, and a digit. */
#define WORDS 36
#define DIGITS_MOST 17

/* An unsigned number, the low word first. */
struct big {
	uint32_t words[WORDS];
};

static void multiply(struct big *big, uint32_t factor)
{
	uint64_t carry = 0;

	for (int i = 0; i < WORDS; i++) {
		carry += (uint64_t)big->words[i] * factor;
		big->words[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static struct big shifted(uint64_t number, int bits)
{
	struct big big = {{0}};
	int word = bits / 32, rest = bits % 32;

	big.words[word] = (uint32_t)(number << rest);
	big.words[word + 1] = (uint32_t)((number << rest) >> 32);
	if (rest > 0)
		big.words[word + 2] = (uint32_t)(number >> (64 - rest));
	return big;
}

static struct big sum(const struct big *one, const struct big *other)
{
	struct big result;
	uint64_t carry = 0;

	for (int i = 0; i < WORDS; i++) {
		carry += (uint64_t)one->words[i] + other->words[i];
		result.words[i] = (uint32_t)carry;
		carry >>= 32;
	}
	return result;
}

/* FROM must not be the smaller one. */
static void subtract(struct big *from, const struct big *other)
{
	int64_t borrow = 0;

	for (int i = 0; i < WORDS; i++) {
		borrow += (int64_t)from->words[i] - other->words[i];
		from->words[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
}

static int compare(const struct big *one, const struct big *other)
{
	for (int i = WORDS - 1; i >= 0; i--)
		if (one->words[i] != other->words[i])
			return one->words[i] < other->words[i] ? -1 : 1;
	return 0;
}

/*
 * A number as value / scale, and by how much it may be wrong, below and above, and still be read
 * back as the same double. `even`: the limits themselves are read back as it, too.
 */
struct fraction {
	struct big value, scale, below, above;
	bool even;
};

static struct fraction fraction_of(uint64_t mantissa, int exponent, bool narrow_below)
{
	int up = exponent > 0 ? exponent : 0, down = exponent < 0 ? -exponent : 0;

	/* The next double below a power of two is only half as far away as the next above. */
	return (struct fraction){
		.value = shifted(mantissa, up + 1 + narrow_below),
		.scale = shifted(1, down + 1 + narrow_below),
		.below = shifted(1, up),
		.above = shifted(1, up + narrow_below),
		.even = mantissa % 2 == 0,
	};
}

/* Whether VALUE + above reaches SCALE: the next digit would be 10. */
static bool is_full(const struct fraction *of)
{
	struct big most = sum(&of->value, &of->above);

	return compare(&most, &of->scale) >= !of->even;
}

static void next_place(struct fraction *of)
{
	multiply(&of->value, 10);
	multiply(&of->below, 10);
	multiply(&of->above, 10);
}

/* Scales OF so that its first digit comes next; returns where the point stands: 1 for 1.5. */
static int find_point(struct fraction *of)
{
	int point = 0;

	for (; is_full(of); point++)
		multiply(&of->scale, 10);
	for (;; point--) {
		struct fraction tenfold = *of;

		next_place(&tenfold);
		if (is_full(&tenfold))
			return point;
		*of = tenfold;
	}
}

static int take_digit(struct fraction *of)
{
	int digit = 0;

	next_place(of);
	for (; compare(&of->value, &of->scale) >= 0; digit++)
		subtract(&of->value, &of->scale);
	return digit;
}

/* The last digit is DIGIT, or one more when the rest is nearer to that. */
static bool rounds_up(const struct fraction *of, int digit, bool low, bool high)
{
	struct big twice = sum(&of->value, &of->value);
	int half = compare(&twice, &of->scale);

	if (low != high)
		return high;
	return half > 0 || (half == 0 && digit % 2 == 1);
}

static int digits_of(struct fraction *of, char digits[DIGITS_MOST + 1])
{
	int count = 0;

	for (;;) {
		int digit = take_digit(of);
		bool low = compare(&of->value, &of->below) < of->even, high = is_full(of);

		if (low || high)
			digit += rounds_up(of, digit, low, high);
		digits[count++] = (char)('0' + digit);
		if (low || high || count == DIGITS_MOST)
			break;
	}
	digits[count] = '\0';
	return count;
}

static void add_exponent(struct text *text, const char *digits, int exponent)
{
	text_char(text, digits[0]);
	if (digits[1] != '\0')
		text_printf(text, ".%s", digits + 1);
	text_printf(text, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
}

static void add_plain(struct text *text, const char *digits, int count, int point)
{
	if (point <= 0)
		text_add(text, "0.");
	for (int i = point; i < 0; i++)
		text_char(text, '0');
	for (int i = 0; i < count || i < point; i++) {
		if (i > 0 && i == point)
			text_char(text, '.');
		text_char(text, i < count ? digits[i] : '0');
	}
	if (count <= point)
		text_add(text, ".0");
}

void python_float(struct text *text, double number)
{
	uint64_t bits, mantissa;
	char digits[DIGITS_MOST + 1];
	struct fraction fraction;
	int exponent, point, count;

	memcpy(&bits, &number, sizeof bits);
	exponent = (int)(bits >> 52) & 0x7ff;
	mantissa = bits & (((uint64_t)1 << 52) - 1);
	if (bits >> 63 == 1 && (exponent < 0x7ff || mantissa == 0))
		text_char(text, '-');
	if (exponent == 0x7ff || (exponent == 0 && mantissa == 0)) {
		text_add(text, exponent == 0 ? "0.0" : mantissa == 0 ? "inf" : "nan");
		return;
	}
	fraction = fraction_of(exponent == 0 ? mantissa : mantissa | (uint64_t)1 << 52,
		(exponent == 0 ? 1 : exponent) - 1075, mantissa == 0 && exponent > 1);
	point = find_point(&fraction);
	count = digits_of(&fraction, digits);
	if (point > 16 || point < -3)
		add_exponent(text, digits, point - 1);
	else
		add_plain(text, digits, count, point);
}
