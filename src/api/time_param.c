#include "api/time_param.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"

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
	if (time_parse_rfc3339(s, ret_ns))
		return true;
	if (parse_duration(s, &n, NULL) && !__builtin_sub_overflow(clock_wall_ns(), n, &n)) {
		*ret_ns = n;
		return true;
	}
	return error_set(err, ERROR_INVALID,
		"invalid value \"%s\" for %s: use Unix seconds, RFC 3339 or a duration", s, key);
}
