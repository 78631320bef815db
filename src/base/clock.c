/* base/clock.c - the kernel's clocks, and the offset that tests give them. */
#include "base/clock.h"

#include <ctype.h>
#include <time.h>

static int64_t advanced_ms;

static int64_t read_clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec + advanced_ms * 1000000;
}

int64_t clock_mono_ms(void)
{
	return read_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_mono_us(void)
{
	return read_clock_ns(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

int64_t clock_wall_ns(void)
{
	return read_clock_ns(CLOCK_REALTIME);
}

void clock_advance_ms(int64_t ms)
{
	advanced_ms += ms;
}

/*
 * Dates.  Not by timegm and gmtime: an engine whose clock is wrong can tell a date that a time_t
 * of 32 bits does not hold.
 */

#define DAYS_FROM_YEAR_1_TO_1970 719162
#define SECONDS_PER_DAY          (24 * 60 * 60)

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* From 1970-01-01 to the first of January; years from 1. */
static int64_t days_before_year(int year)
{
	int64_t whole = year - 1;

	return whole * 365 + whole / 4 - whole / 100 + whole / 400 - DAYS_FROM_YEAR_1_TO_1970;
}

static int64_t date_to_seconds(const struct tm *tm)
{
	int year = tm->tm_year + 1900;
	int64_t days = days_before_year(year) + tm->tm_mday - 1;

	for (int month = 1; month <= tm->tm_mon; month++)
		days += days_in_month(year, month);
	return days * SECONDS_PER_DAY + tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
}

/* Years that nanoseconds in 64 bits can name: 1677 to 2262. */
static void date_from_seconds(struct tm *ret, int64_t seconds)
{
	int64_t in_day = seconds % SECONDS_PER_DAY;
	int64_t days = seconds / SECONDS_PER_DAY;
	int month = 1;

	if (in_day < 0) {
		in_day += SECONDS_PER_DAY;
		days--;
	}
	int year = 1970 + (int)(days / 365); /* or a neighbour of it */
	while (days_before_year(year) > days)
		year--;
	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	for (; days >= days_in_month(year, month); month++)
		days -= days_in_month(year, month);
	*ret = (struct tm){
		.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = (int)days + 1,
		.tm_hour = (int)(in_day / 3600),
		.tm_min = (int)(in_day / 60 % 60),
		.tm_sec = (int)(in_day % 60),
	};
}

/* --- texts --- */

/* Exactly n digits. */
static bool take_digits(const char **s, int n, int *ret)
{
	int value = 0;

	for (int i = 0; i < n; i++, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		value = value * 10 + (**s - '0');
	}
	*ret = value;
	return true;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool take_date(const char **s, struct tm *tm)
{
	int year, month;

	if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) ||
		!take_char(s, '-') || !take_digits(s, 2, &tm->tm_mday))
		return false;
	if (month < 1 || month > 12 || tm->tm_mday < 1 || tm->tm_mday > days_in_month(year, month))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	return true;
}

static bool take_time(const char **s, struct tm *tm)
{
	return take_digits(s, 2, &tm->tm_hour) && take_char(s, ':') &&
	       take_digits(s, 2, &tm->tm_min) && take_char(s, ':') &&
	       take_digits(s, 2, &tm->tm_sec) && tm->tm_hour < 24 && tm->tm_min < 60 &&
	       tm->tm_sec < 60;
}

/* ".123"; digits beyond the ninth are dropped. */
static bool take_fraction(const char **s, int64_t *ret_ns)
{
	int64_t unit = NS_PER_S;

	*ret_ns = 0;
	if (!take_char(s, '.'))
		return true;
	if (!isdigit((unsigned char)**s))
		return false;
	for (; isdigit((unsigned char)**s); (*s)++) {
		unit /= 10;
		*ret_ns += (**s - '0') * unit;
	}
	return true;
}

static bool take_zone(const char **s, int *ret_offset_s)
{
	int hours, minutes;
	int sign = **s == '-' ? -1 : 1;

	*ret_offset_s = 0;
	if (take_char(s, 'Z'))
		return true;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_digits(s, 2, &hours) || !take_char(s, ':') || !take_digits(s, 2, &minutes) ||
		hours > 23 || minutes > 59)
		return false;
	*ret_offset_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool time_parse_rfc3339(const char *s, int64_t *ret_ns)
{
	struct tm tm = { 0 };
	int64_t fraction, ns;
	int offset;

	if (!take_date(&s, &tm) || !take_char(&s, 'T') || !take_time(&s, &tm) ||
		!take_fraction(&s, &fraction) || !take_zone(&s, &offset) || *s)
		return false;
	if (tm.tm_year == 1 - 1900) { /* "never" of Go */
		*ret_ns = 0;
		return true;
	}
	if (__builtin_mul_overflow(date_to_seconds(&tm) - offset, NS_PER_S, &ns) ||
		__builtin_add_overflow(ns, fraction, &ns))
		return false;
	*ret_ns = ns;
	return true;
}

/* Appends date and time without a zone; returns the nanoseconds that are left. */
static int format_seconds(struct strbuf *sb, int64_t wall_ns)
{
	int64_t rest = wall_ns % NS_PER_S;
	int64_t seconds = wall_ns / NS_PER_S;
	struct tm tm;

	if (rest < 0) {
		rest += NS_PER_S;
		seconds--;
	}
	date_from_seconds(&tm, seconds);
	strbuf_addf(sb, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return (int)rest;
}

void time_format_utc(struct strbuf *sb, int64_t wall_ns)
{
	format_seconds(sb, wall_ns);
	strbuf_add_char(sb, 'Z');
}

void time_format_utc_nano(struct strbuf *sb, int64_t wall_ns)
{
	int ns = format_seconds(sb, wall_ns);
	int digits = 9;

	if (ns) {
		for (; ns % 10 == 0; digits--)
			ns /= 10;
		strbuf_addf(sb, ".%0*d", digits, ns);
	}
	strbuf_add_char(sb, 'Z');
}
