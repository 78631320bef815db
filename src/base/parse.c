/* base/parse.c - numbers, sizes, durations, and the order of names. */
#include "base/parse.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static bool parse_digits(const char *s, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)digit_value(*s);

		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret = value;
	return true;
}

static bool apply_sign(uint64_t magnitude, bool negative, int64_t *ret)
{
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)-magnitude : (int64_t)magnitude;
	return true;
}

static const char *skip_sign(const char *s, bool *ret_negative)
{
	*ret_negative = *s == '-';
	return *s == '-' || *s == '+' ? s + 1 : s;
}

bool parse_u64(const char *s, uint64_t *ret)
{
	return parse_digits(s, 10, ret);
}

bool parse_i64(const char *s, int64_t *ret)
{
	uint64_t magnitude;
	bool negative;

	s = skip_sign(s, &negative);
	return parse_digits(s, 10, &magnitude) && apply_sign(magnitude, negative, ret);
}

bool parse_i64_any_base(const char *s, int64_t *ret)
{
	uint64_t magnitude;
	unsigned base = 10;
	bool negative;

	s = skip_sign(s, &negative);
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1]) {
		base = 8;
		s++;
	}
	return parse_digits(s, base, &magnitude) && apply_sign(magnitude, negative, ret);
}

bool parse_double(const char *s, double *ret)
{
	char *end;

	/* strtod also takes blanks, hexadecimal, "inf" and "nan" */
	if (!*s || s[strspn(s, "0123456789+-.eE")])
		return false;
	double value = strtod(s, &end);
	if (end == s || *end || !isfinite(value))
		return false;
	*ret = value;
	return true;
}

static bool is_one_of(const char *s, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(s, *words) == 0)
			return true;
	}
	return false;
}

bool parse_flag_bool(const char *s, bool *ret)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true", "True", NULL };
	static const char *const no[] = { "0", "f", "F", "FALSE", "false", "False", NULL };
	bool value = is_one_of(s, yes);

	if (!value && !is_one_of(s, no))
		return false;
	*ret = value;
	return true;
}

bool parse_query_bool(const char *s)
{
	static const char *const no[] = { "", "0", "no", "false", "none" };

	if (!s)
		return false;
	while (isspace((unsigned char)*s))
		s++;
	size_t len = strlen(s);
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		if (strlen(no[i]) == len && strncasecmp(s, no[i], len) == 0)
			return false;
	}
	return true;
}

#define NS_PER_US   INT64_C(1000)
#define NS_PER_MS   INT64_C(1000000)
#define NS_PER_SEC  INT64_C(1000000000)
#define NS_PER_MIN  (60 * NS_PER_SEC)
#define NS_PER_HOUR (60 * NS_PER_MIN)

/* The largest magnitude while parsing: that of INT64_MIN. */
#define DURATION_MAX (UINT64_C(1) << 63)

static bool find_unit(const char *s, size_t len, int64_t *ret_ns)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", NS_PER_US },
		{ "\u00b5s", NS_PER_US }, /* micro sign */
		{ "\u03bcs", NS_PER_US }, /* Greek mu */
		{ "ms", NS_PER_MS },
		{ "s", NS_PER_SEC },
		{ "m", NS_PER_MIN },
		{ "h", NS_PER_HOUR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, s, len) == 0) {
			*ret_ns = units[i].ns;
			return true;
		}
	}
	return false;
}

/* One "12.5h" of a duration, as far as the digits go. */
struct quantity {
	uint64_t whole;
	uint64_t fraction; /* of scale; digits that no longer fit are dropped */
	double scale;
};

static bool take_quantity(const char **s, struct quantity *ret)
{
	size_t digits = 0;

	*ret = (struct quantity){ .scale = 1 };
	for (; isdigit((unsigned char)**s); (*s)++, digits++) {
		unsigned digit = (unsigned)(**s - '0');

		if (__builtin_mul_overflow(ret->whole, 10, &ret->whole) ||
			__builtin_add_overflow(ret->whole, digit, &ret->whole) ||
			ret->whole > DURATION_MAX)
			return false;
	}
	if (**s == '.') {
		for ((*s)++; isdigit((unsigned char)**s); (*s)++, digits++) {
			if (ret->fraction > (DURATION_MAX - 10) / 10)
				continue;
			ret->fraction = ret->fraction * 10 + (unsigned)(**s - '0');
			ret->scale *= 10;
		}
	}
	return digits > 0;
}

/* Adds one quantity of the unit; false when the sum leaves the range. */
static bool add_quantity(uint64_t *sum, const struct quantity *q, int64_t unit_ns)
{
	uint64_t ns;

	if (__builtin_mul_overflow(q->whole, (uint64_t)unit_ns, &ns))
		return false;
	uint64_t part = (uint64_t)((double)q->fraction * ((double)unit_ns / q->scale));
	return !__builtin_add_overflow(ns, part, &ns) && !__builtin_add_overflow(*sum, ns, sum) &&
	       *sum <= DURATION_MAX;
}

static bool duration_error(struct error *err, const char *text)
{
	auto_strbuf struct strbuf quoted = STRBUF_INIT;

	strbuf_add_quoted(&quoted, text);
	return error_set(err, ERROR_INVALID, "time: invalid duration %s", quoted.buf);
}

static bool unit_error(struct error *err, const char *unit, size_t len, const char *text)
{
	auto_strbuf struct strbuf message = STRBUF_INIT;
	auto_free char *name = xstrndup(unit, len);

	if (len == 0) {
		strbuf_add_str(&message, "time: missing unit in duration ");
	} else {
		strbuf_add_str(&message, "time: unknown unit ");
		strbuf_add_quoted(&message, name);
		strbuf_add_str(&message, " in duration ");
	}
	strbuf_add_quoted(&message, text);
	return error_set(err, ERROR_INVALID, "%s", message.buf);
}

/* The pairs of number and unit after the sign. */
static bool parse_quantities(const char *s, const char *text, uint64_t *ret_ns, struct error *err)
{
	uint64_t sum = 0;

	if (!*s)
		return duration_error(err, text);
	while (*s) {
		struct quantity q;
		int64_t unit_ns;

		if (!take_quantity(&s, &q))
			return duration_error(err, text);
		size_t len = strcspn(s, ".0123456789");
		if (!find_unit(s, len, &unit_ns))
			return unit_error(err, s, len, text);
		if (!add_quantity(&sum, &q, unit_ns))
			return duration_error(err, text);
		s += len;
	}
	*ret_ns = sum;
	return true;
}

bool parse_duration(const char *s, int64_t *ret_ns, struct error *err)
{
	const char *text = s;
	uint64_t magnitude = 0;
	bool negative;

	s = skip_sign(s, &negative);
	if (strcmp(s, "0") != 0 && !parse_quantities(s, text, &magnitude, err))
		return false;
	if (!apply_sign(magnitude, negative, ret_ns))
		return duration_error(err, text);
	return true;
}

/* value/unit with as many decimals as it has, no trailing zeros. */
static void add_decimal(struct strbuf *sb, uint64_t value, uint64_t unit)
{
	uint64_t rest = value % unit;

	strbuf_addf(sb, "%" PRIu64, value / unit);
	if (rest)
		strbuf_add_char(sb, '.');
	while (rest && unit >= 10) {
		unit /= 10;
		/* cppcheck-suppress zerodivcond; unit was 10 or more */
		strbuf_add_char(sb, (char)('0' + rest / unit));
		rest %= unit;
	}
}

static void add_short_duration(struct strbuf *sb, uint64_t ns)
{
	if (ns < NS_PER_US) {
		strbuf_addf(sb, "%" PRIu64 "ns", ns);
	} else if (ns < NS_PER_MS) {
		add_decimal(sb, ns, NS_PER_US);
		strbuf_add_str(sb, "\u00b5s");
	} else {
		add_decimal(sb, ns, NS_PER_MS);
		strbuf_add_str(sb, "ms");
	}
}

void format_duration(struct strbuf *sb, int64_t ns)
{
	uint64_t magnitude = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint64_t hours = magnitude / NS_PER_HOUR;
	uint64_t minutes = magnitude / NS_PER_MIN % 60;

	if (ns < 0)
		strbuf_add_char(sb, '-');
	if (magnitude == 0) {
		strbuf_add_str(sb, "0s");
		return;
	}
	if (magnitude < NS_PER_SEC) {
		add_short_duration(sb, magnitude);
		return;
	}
	if (hours)
		strbuf_addf(sb, "%" PRIu64 "h", hours);
	if (hours || minutes)
		strbuf_addf(sb, "%" PRIu64 "m", minutes);
	add_decimal(sb, magnitude % NS_PER_MIN, NS_PER_SEC);
	strbuf_add_char(sb, 's');
}

/* From an hour on, engines count hours rounded to the nearest one, and larger units from those. */
static int64_t rounded_hours_s(int64_t seconds)
{
	if (seconds < 3600 || seconds > INT64_MAX - 3600)
		return seconds;
	return seconds - seconds % 3600 + (seconds % 3600 >= 1800 ? 3600 : 0);
}

void format_human_duration(struct strbuf *sb, int64_t seconds)
{
	static const struct {
		int64_t below_s, unit_s;
		const char *text;
	} rows[] = {
		{ 1, 0, "Less than a second" },
		{ 2, 0, "1 second" },
		{ 60, 1, "seconds" },
		{ 120, 0, "About a minute" },
		{ 3600, 60, "minutes" },
		{ 2 * 3600, 0, "About an hour" },
		{ 48 * 3600, 3600, "hours" },
		{ 14 * 86400, 86400, "days" },
		{ 60 * 86400, 7 * 86400, "weeks" },
		{ 730 * 86400, 30 * 86400, "months" },
		{ INT64_MAX, 365 * 86400, "years" },
	};
	int64_t rounded = rounded_hours_s(seconds);
	size_t i = 0;

	while (i < ARRAY_SIZE(rows) - 1 && rounded >= rows[i].below_s)
		i++;
	if (rows[i].unit_s)
		strbuf_addf(sb, "%" PRId64 " ", rounded / rows[i].unit_s);
	strbuf_add_str(sb, rows[i].text);
}

void format_human_size(struct strbuf *sb, int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t i = 0;

	for (; fabs(value) >= 1024 && i < ARRAY_SIZE(units) - 1; i++)
		value /= 1024;
	strbuf_addf(sb, "%.4g %s", value, units[i]);
}

static bool address_error(struct error *err, const char *s, const char *why)
{
	if (!*s)
		return error_set(err, ERROR_INVALID, "%s", why);
	return error_set(err, ERROR_INVALID, "address %s: %s", s, why);
}

/* What is wrong with the brackets of "[host]:port", or NULL. */
static const char *bracket_defect(const char *s, const char *colon)
{
	const char *bracket = strchr(s, ']');

	if (!bracket)
		return "missing ']' in address";
	if (bracket[1] != ':')
		return "missing port in address";
	if (bracket + 1 != colon)
		return "too many colons in address";
	return NULL;
}

/* What keeps s from being "host:port" or "[host]:port", or NULL. */
static const char *address_defect(const char *s)
{
	const char *colon = strrchr(s, ':');
	bool bracketed = *s == '[';

	if (!colon)
		return "missing port in address";
	const char *defect = bracketed ? bracket_defect(s, colon) : NULL;
	if (defect)
		return defect;
	if (!bracketed && strchr(s, ':') != colon)
		return "too many colons in address";
	if (strchr(s + bracketed, '['))
		return "unexpected '[' in address";
	if (strchr(bracketed ? colon : s, ']'))
		return "unexpected ']' in address";
	return NULL;
}

bool parse_host_port(const char *s, char **ret_host, char **ret_port, struct error *err)
{
	const char *defect = address_defect(s);

	if (defect)
		return address_error(err, s, defect);
	const char *colon = strrchr(s, ':');
	size_t brackets = *s == '[';
	*ret_host = xstrndup(s + brackets, (size_t)(colon - s) - 2 * brackets);
	*ret_port = xstrdup(colon + 1);
	return true;
}

char *format_host_port(const char *host, const char *port)
{
	/* '%' starts the zone of a link-local IPv6 address */
	return xasprintf(strpbrk(host, ":%") ? "[%s]:%s" : "%s:%s", host, port);
}

/* The next byte that counts: blanks do not. */
static unsigned char peek(const char **s)
{
	while (**s == ' ')
		(*s)++;
	return (unsigned char)**s;
}

static bool at_digit(const char **s)
{
	return isdigit(peek(s));
}

static size_t skip_zeros(const char **s)
{
	size_t zeros = 0;

	for (; peek(s) == '0'; (*s)++)
		zeros++;
	return zeros;
}

/* Both stand at a run of digits; passes over both runs when they are the same. */
static int compare_digit_runs(const char **a, const char **b)
{
	size_t zeros_a = skip_zeros(a);
	size_t zeros_b = skip_zeros(b);
	int first_difference = 0;

	for (; at_digit(a) && at_digit(b); (*a)++, (*b)++) {
		if (first_difference == 0)
			first_difference = **a - **b;
	}
	if (at_digit(a) || at_digit(b)) /* more digits, bigger number */
		return at_digit(a) ? 1 : -1;
	if (first_difference)
		return first_difference;
	return (zeros_a > zeros_b) - (zeros_a < zeros_b);
}

int compare_natural(const char *a, const char *b)
{
	while (peek(&a) && peek(&b)) {
		bool digit_a = at_digit(&a);
		bool digit_b = at_digit(&b);
		int order;

		if (digit_a && digit_b)
			order = compare_digit_runs(&a, &b);
		else if (digit_a ||
			 digit_b) /* a digit run sorts first, and so does a text that ends */
			order = digit_a ? -1 : 1;
		else
			order = *(const unsigned char *)a++ - *(const unsigned char *)b++;
		if (order)
			return order;
	}
	return (peek(&a) != 0) - (peek(&b) != 0);
}

bool str_starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends_with(const char *s, const char *suffix)
{
	size_t len = strlen(s);
	size_t suffix_len = strlen(suffix);

	return len >= suffix_len && memcmp(s + len - suffix_len, suffix, suffix_len) == 0;
}
