/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/format/asctime.h"

#include <string.h>

/* A time of day and a date, as struct tm, but with the whole year. */
struct moment {
	int64_t seconds; /* since 1970, UTC */
	const struct timezone_type *zone;
	int64_t year;
	int month, day; /* from 1 */
	int hour, minute, second;
	int week_day; /* from Sunday, 0 */
	int year_day; /* from 1 */
};

/* In place, not by pointers: nothing for the loader to relocate. */
static const char months[][10] = {"January", "February", "March", "April", "May", "June", "July",
	"August", "September", "October", "November", "December"};
static const char days[][10] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static int64_t floor_divide(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

/* Sets the date from the days since 1970-01-01. In this computation years begin in March, so that
 * the leap day is the last day. */
static void set_date(struct moment *moment, int64_t since_1970)
{
	int64_t since_march_0 = since_1970 + 719468;
	int64_t era = floor_divide(since_march_0, 146097);
	int64_t day = since_march_0 - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	moment->day = (int)(day - (153 * month + 2) / 5) + 1;
	moment->month = (int)(month < 10 ? month + 3 : month - 9);
	moment->year = year + era * 400 + (moment->month <= 2);
	/* 59 days of a calendar year precede March, 60 with a leap day. */
	moment->year_day =
		moment->month > 2 ? (int)day + 60 + timezone_leap(moment->year) : (int)day - 305;
	moment->week_day = (int)(since_1970 + 4 - floor_divide(since_1970 + 4, 7) * 7);
}

static struct moment moment_of(const struct timezone_table *table, int64_t seconds)
{
	const struct timezone_type *zone = timezone_at(table, seconds);
	int64_t local = seconds + zone->offset;
	int64_t since_1970 = floor_divide(local, 86400);
	int of_day = (int)(local - since_1970 * 86400);
	struct moment moment = {
		.seconds = seconds,
		.zone = zone,
		.hour = of_day / 3600,
		.minute = of_day / 60 % 60,
		.second = of_day % 60,
	};

	set_date(&moment, since_1970);
	return moment;
}

/* Appends NUMBER in at least WIDTH characters, padded with FILL on the left. Written by hand: most
 * of the cost of formatting a time is here. */
static void add_filled(struct text *text, int64_t number, int width, char fill)
{
	char digits[4];
	int at = width;

	static const int least_beyond[] = {1, 10, 100, 1000, 10000};

	if (number < 0 || number >= least_beyond[width]) {
		text_i64(text, number);
		return;
	}
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (at > 0)
		digits[--at] = fill;
	text_add_n(text, digits, (size_t)width);
}

static void add_offset(struct text *text, int32_t offset)
{
	text_char(text, offset < 0 ? '-' : '+');
	offset = offset < 0 ? -offset : offset;
	add_filled(text, offset / 3600, 2, '0');
	add_filled(text, offset / 60 % 60, 2, '0');
}

static int hour_of_12(const struct moment *moment)
{
	return (moment->hour + 11) % 12 + 1;
}

/* The conversions that KIND stands for in strftime(3) in the C locale; NULL if KIND is no such
 * abbreviation. */
static const char *expansion(char kind)
{
	switch (kind) {
	case 'c': return "%a %b %e %H:%M:%S %Y";
	case 'D':
	case 'x': return "%m/%d/%y";
	case 'F': return "%Y-%m-%d";
	case 'R': return "%H:%M";
	case 'r': return "%I:%M:%S %p";
	case 'T':
	case 'X': return "%H:%M:%S";
	default: return NULL;
	}
}

/* The number that KIND prints, and its width; false if KIND prints no number. */
static bool number_of(const struct moment *moment, char kind, int *ret, int *ret_width)
{
	*ret_width = 2;
	switch (kind) {
	case 'd':
	case 'e': return *ret = moment->day, true;
	case 'H':
	case 'k': return *ret = moment->hour, true;
	case 'I':
	case 'l': return *ret = hour_of_12(moment), true;
	case 'j': return *ret_width = 3, *ret = moment->year_day, true;
	case 'M': return *ret = moment->minute, true;
	case 'm': return *ret = moment->month, true;
	case 'S': return *ret = moment->second, true;
	case 'u': return *ret_width = 1, *ret = moment->week_day == 0 ? 7 : moment->week_day, true;
	case 'w': return *ret_width = 1, *ret = moment->week_day, true;
	case 'y': return *ret = (int)(moment->year % 100), true;
	case 'C': return *ret = (int)(moment->year / 100), true;
	default: return false;
	}
}

static bool add_number(struct text *text, const struct moment *moment, char kind)
{
	bool blanks = kind == 'e' || kind == 'k' || kind == 'l';
	int number, width;

	if (!number_of(moment, kind, &number, &width))
		return false;
	add_filled(text, number, width, blanks ? ' ' : '0');
	return true;
}

static bool add_word(struct text *text, const struct moment *moment, char kind)
{
	switch (kind) {
	case 'A': return text_add(text, days[moment->week_day]), true;
	case 'a': return text_add_n(text, days[moment->week_day], 3), true;
	case 'B': return text_add(text, months[moment->month - 1]), true;
	case 'b':
	case 'h': return text_add_n(text, months[moment->month - 1], 3), true;
	case 'n': return text_char(text, '\n'), true;
	case 'P': return text_add(text, moment->hour < 12 ? "am" : "pm"), true;
	case 'p': return text_add(text, moment->hour < 12 ? "AM" : "PM"), true;
	case 's': return text_i64(text, moment->seconds), true;
	case 't': return text_char(text, '\t'), true;
	case 'Y': return text_i64(text, moment->year), true;
	case 'Z': return text_add(text, moment->zone->name), true;
	case 'z': return add_offset(text, moment->zone->offset), true;
	case '%': return text_char(text, '%'), true;
	default: return false;
	}
}

static void add_by_format(struct text *text, const struct moment *moment, const char *format)
{
	while (*format != '\0') {
		size_t plain = strcspn(format, "%");
		char kind;

		text_add_n(text, format, plain);
		format += plain;
		if (*format == '\0')
			return;
		kind = format[1];
		if (expansion(kind) != NULL) {
			add_by_format(text, moment, expansion(kind));
		} else if (!add_number(text, moment, kind) && !add_word(text, moment, kind)) {
			text_char(text, '%');
			format++;
			continue;
		}
		format += 2;
	}
}

/* Python's default up to the milliseconds, and its length for a four-digit year: only those are
 * cached. */
#define DEFAULT_FORMAT "%Y-%m-%d %H:%M:%S,"
#define CACHED 20

/* Appends the cached form of SECONDS; false, and appends nothing, when the cache has another second
 * or another thread was changing it. */
static bool add_cached(struct text *text, struct asctime_cache *cache, int64_t seconds)
{
	unsigned version = atomic_load(&cache->version);
	uint64_t words[ASCTIME_WORDS];

	if (version == 0 || version % 2 != 0 || atomic_load(&cache->seconds) != seconds)
		return false;
	for (size_t i = 0; i < ASCTIME_WORDS; i++)
		words[i] = atomic_load(&cache->words[i]);
	if (atomic_load(&cache->version) != version)
		return false;
	text_add_n(text, (const char *)words, CACHED);
	return true;
}

/* Puts BYTES, CACHED of them, into the cache, unless another thread is changing it. A reader that
 * has read a word stored here finds another version afterwards. */
static void keep(struct asctime_cache *cache, int64_t seconds, const char *bytes)
{
	unsigned version = atomic_load(&cache->version);
	uint64_t words[ASCTIME_WORDS] = {0};

	if (version % 2 != 0 ||
		!atomic_compare_exchange_strong(&cache->version, &version, version + 1))
		return;
	memcpy(words, bytes, CACHED);
	atomic_store_explicit(&cache->seconds, seconds, memory_order_release);
	for (size_t i = 0; i < ASCTIME_WORDS; i++)
		atomic_store_explicit(&cache->words[i], words[i], memory_order_release);
	atomic_store_explicit(&cache->version, version + 2, memory_order_release);
}

void asctime_by_format(
	struct text *text, const struct timezone_table *zone, int64_t seconds, const char *datefmt)
{
	struct moment moment = moment_of(zone, seconds);

	add_by_format(text, &moment, datefmt);
}

void asctime_add(struct text *text, struct log_clock *clock, int64_t real_us, int64_t msecs,
	const char *datefmt)
{
	int64_t seconds = floor_divide(real_us, 1000000);
	size_t start = text->length;

	if (datefmt != NULL) {
		asctime_by_format(text, clock->zone, seconds, datefmt);
		return;
	}
	if (!add_cached(text, &clock->cache, seconds)) {
		asctime_by_format(text, clock->zone, seconds, DEFAULT_FORMAT);
		if (text->length - start == CACHED && !text->truncated)
			keep(&clock->cache, seconds, text->data + start);
	}
	add_filled(text, msecs, 3, '0');
}

const char *asctime_unsupported(const char *datefmt)
{
	/* Weeks of the year, forms by era and locale, and glibc's flags and widths. */
	static const char refused[][3] = {"%E", "%G", "%g", "%O", "%U", "%V", "%W", "%+", "%-",
		"%_", "%^", "%#", "%0", "%1", "%2", "%3", "%4", "%5", "%6", "%7", "%8", "%9"};

	for (; *datefmt != '\0'; datefmt++) {
		if (*datefmt != '%')
			continue;
		for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
			if (datefmt[1] == refused[i][1])
				return refused[i];
		if (datefmt[1] == '%')
			datefmt++;
	}
	return NULL;
}
