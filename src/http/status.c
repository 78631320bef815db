/* http/status.c - error codes to statuses. */
#include "http/status.h"

static const struct {
	enum error_code code;
	int status;
	const char *retry_after; /* seconds; NULL: there is no saying */
} statuses[] = {
	{ ERROR_INVALID, 400, NULL },
	{ ERROR_FORBIDDEN, 403, NULL },
	{ ERROR_NOT_FOUND, 404, NULL },
	{ ERROR_CONFLICT, 409, NULL },
	{ ERROR_TOO_LARGE, 413, NULL },
	{ ERROR_UNSUPPORTED, 501, NULL },
	{ ERROR_FULL, 507, NULL },
	{ ERROR_NO_LEADER, 503, "1" },
	/* Placement failures and unreachable engines have always been 500 here, and clients print
	   the text. */
	{ ERROR_UNAVAILABLE, 500, NULL },
	{ ERROR_CONNECT, 500, NULL },
	{ ERROR_TIMEOUT, 504, NULL },
	{ ERROR_TLS, 500, NULL },
	{ ERROR_CLOSED, 502, NULL },
	{ ERROR_PROTOCOL, 502, NULL },
};

int status_of_error(const struct error *err, struct headers *to)
{
	if (err->code == ERROR_ENGINE && err->status >= 400 && err->status < 600)
		return err->status;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (statuses[i].code != err->code)
			continue;
		if (to && statuses[i].retry_after)
			headers_set(to, "Retry-After", statuses[i].retry_after);
		return statuses[i].status;
	}
	return 500;
}
