/*
 * api/time_param.c - points in time as Docker clients write them.
 */
#include "api/time_param.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"

/* Of this machine, as an engine takes its own. */
static int64_t local_offset_ns(void)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	return tm.tm_gmtoff * NS_PER_S;
}

/* RFC 3339 of which the end may be missing: "2020-01-01", then hours, minutes, seconds, a zone. */
static bool parse_date(const char *s, int64_t *ret_ns)
{
	static const char whole[] = "0000-00-00T00:00:00";
	size_t len = strnlen(s, 10);
	int64_t ns;

	if (s[len] == 'T')
		len += 1 + strspn(s + len + 1, "0123456789:.");
	if (len != 10 && len != 13 && len != 16 && len < sizeof(whole) - 1)
		return false;
	auto_free char *text = xasprintf("%.*s%s%s", (int)len, s,
		len < sizeof(whole) - 1 ? whole + len : "", s[len] ? s + len : "Z");

	if (!time_parse_rfc3339(text, &ns) ||
		(!s[len] && __builtin_sub_overflow(ns, local_offset_ns(), &ns)))
		return false;
	*ret_ns = ns;
	return true;
}

bool time_param_parse(const char *key, const char *s, int64_t *ret_ns, struct error *err)
{
	const char *dot = strchr(s, '.');
	auto_free char *seconds = dot ? xstrndup(s, (size_t)(dot - s)) : xstrdup(s);
	int64_t n, fraction = 0, scale = NS_PER_S / 10;

	if (parse_i64(seconds, &n) && n < INT64_MAX / NS_PER_S && n > INT64_MIN / NS_PER_S) {
		for (const char *p = dot ? dot + 1 : ""; *p >= '0' && *p <= '9'; p++, scale /= 10)
			fraction += (*p - '0') * scale;
		*ret_ns = n * NS_PER_S + fraction;
		return true;
	}
	if (parse_date(s, ret_ns))
		return true;
	if (parse_duration(s, &n, NULL) && !__builtin_sub_overflow(clock_wall_ns(), n, &n)) {
		*ret_ns = n;
		return true;
	}
	return error_set(err, ERROR_INVALID,
		"invalid value \"%s\" for %s: use Unix seconds, a date (RFC 3339) or a duration", s,
		key);
}
