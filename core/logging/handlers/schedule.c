/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/handlers/schedule.h"

#include "core/base/number.h"
#include "core/logging/format/asctime.h"

#include <errno.h>
#include <string.h>

#define DAY 86400

static const struct unit {
	char when[12]; /* in place: nothing for the loader to relocate */
	int64_t seconds;
	int kind;
	char suffix[20];
} units[] = {
	{"S", 1, SCHEDULE_PLAIN, "%Y-%m-%d_%H-%M-%S"},
	{"M", 60, SCHEDULE_PLAIN, "%Y-%m-%d_%H-%M"},
	{"H", 3600, SCHEDULE_PLAIN, "%Y-%m-%d_%H"},
	{"D", DAY, SCHEDULE_PLAIN, "%Y-%m-%d"},
	{"MIDNIGHT", DAY, SCHEDULE_DAILY, "%Y-%m-%d"},
	{"W", 7 * DAY, SCHEDULE_WEEKLY, "%Y-%m-%d"},
};

#define UNIT_COUNT (sizeof units / sizeof *units)

static int refuse(struct text *error, const char *why, const char *when)
{
	text_printf(error, "%s: %s", why, when);
	return -EINVAL;
}

static int read_when(struct schedule *schedule, const char *given, struct text *error)
{
	const struct unit *unit = units;
	char when[16];

	text_format(when, sizeof when, "%s", given);
	for (char *at = when; *at != '\0'; at++)
		*at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
	while (unit < units + UNIT_COUNT && strcmp(unit->when, when) != 0 &&
		(unit->kind != SCHEDULE_WEEKLY || when[0] != 'W'))
		unit++;
	if (unit == units + UNIT_COUNT)
		return refuse(error, "Invalid rollover interval specified", when);
	if (unit->kind == SCHEDULE_WEEKLY && strlen(when) != 2)
		return refuse(error,
			"You must specify a day for weekly rollover from 0 to 6 (0 is Monday)",
			when);
	if (unit->kind == SCHEDULE_WEEKLY && (when[1] < '0' || when[1] > '6'))
		return refuse(error, "Invalid day specified for weekly rollover", when);
	schedule->kind = unit->kind;
	schedule->day = unit->kind == SCHEDULE_WEEKLY ? when[1] - '0' : 0;
	schedule->interval = unit->seconds;
	schedule->suffix = unit->suffix;
	return 0;
}

int schedule_init(
	struct schedule *ret_schedule, const struct schedule_options *options, struct text *error)
{
	int result = read_when(ret_schedule, options->when, error);

	if (result < 0)
		return result;
	ret_schedule->interval *= options->interval;
	ret_schedule->at_time = options->at_time;
	ret_schedule->utc = options->utc;
	if (options->utc)
		memset(&ret_schedule->zone, 0, sizeof ret_schedule->zone);
	else
		timezone_load(&options->zone, &ret_schedule->zone);
	return 0;
}

static bool is_summer(const struct schedule *schedule, int64_t seconds)
{
	return timezone_at(&schedule->zone, seconds)->summer;
}

/*
 * Python computes as if every day had 24 hours and corrects the result by one hour if summer time
 * begins or ends in between; but not if one hour before the result summer time has not begun: the
 * configured hour then is the one that the clock skips.
 */
static int64_t correct_summer(const struct schedule *schedule, int64_t now, int64_t result)
{
	bool summer = is_summer(schedule, now);

	if (summer == is_summer(schedule, result))
		return result;
	if (summer)
		return result + 3600;
	return is_summer(schedule, result - 3600) ? result - 3600 : result;
}

int64_t schedule_next(const struct schedule *schedule, int64_t now)
{
	int64_t local = now + timezone_at(&schedule->zone, now)->offset;
	int64_t midnight = local - ((local % DAY) + DAY) % DAY;
	/* 1970-01-01 was a Thursday. */
	int64_t day = ((midnight / DAY + 3) % 7 + 7) % 7;
	int64_t wait = (schedule->at_time == 0 ? DAY : schedule->at_time) - (local - midnight);

	if (schedule->kind == SCHEDULE_PLAIN)
		return now + schedule->interval;
	if (wait <= 0) {
		wait += DAY;
		day = (day + 1) % 7;
	}
	if (schedule->kind == SCHEDULE_DAILY)
		wait += schedule->interval - DAY;
	else
		wait += (schedule->day - day + 7) % 7 * DAY + schedule->interval - 7 * DAY;
	return correct_summer(schedule, now, now + wait);
}

/* As Python's doRollover(), uses the time at which the file began, by the
 * offset from UTC at NOW. */
void schedule_suffix(const struct schedule *schedule, int64_t end, int64_t now, struct text *text)
{
	int64_t begin = end - schedule->interval;
	bool summer_now = is_summer(schedule, now);

	if (is_summer(schedule, begin) != summer_now)
		begin += summer_now ? 3600 : -3600;
	asctime_by_format(text, &schedule->zone, begin, schedule->suffix);
}

bool schedule_made(const struct schedule *schedule, const char *suffix)
{
	for (const char *format = schedule->suffix; *format != '\0'; format++) {
		int digits = *format != '%' ? 0 : format[1] == 'Y' ? 4 : 2;

		if (digits == 0) {
			if (*suffix++ != *format)
				return false;
			continue;
		}
		for (; digits > 0; digits--, suffix++)
			if (!is_digit(*suffix))
				return false;
		format++;
	}
	return *suffix == '\0';
}
