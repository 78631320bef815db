/*
 * docker/port.c - published ports.
 */
#include "docker/port.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "base/util.h"

/* "::1" and "0:0:0:0:0:0:0:1" are one address. */
static bool same_address(const char *a, const char *b)
{
	struct in6_addr x, y;

	if (strcmp(a, b) == 0)
		return true;
	return inet_pton(AF_INET6, a, &x) == 1 && inet_pton(AF_INET6, b, &y) == 1 &&
	       memcmp(&x, &y, sizeof(x)) == 0;
}

bool port_use_conflicts(const struct port_use *a, const struct port_use *b)
{
	if (a->first == 0 || b->first == 0 || a->protocol != b->protocol)
		return false;
	if (a->last < b->first || b->last < a->first)
		return false;
	return a->any_address || b->any_address || same_address(a->address, b->address);
}

static bool parse_number(const char *s, size_t len, uint16_t *ret)
{
	char digits[8];
	uint64_t n;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, s, len);
	digits[len] = '\0';
	if (!parse_u64(digits, &n) || n > UINT16_MAX)
		return false;
	*ret = (uint16_t)n;
	return true;
}

static bool parse_range(const char *s, size_t len, uint16_t *ret_first, uint16_t *ret_last)
{
	const char *dash = memchr(s, '-', len);
	size_t head = dash ? (size_t)(dash - s) : len;
	uint16_t first, last;

	if (!parse_number(s, head, &first))
		return false;
	last = first;
	if (dash && !parse_number(dash + 1, len - head - 1, &last))
		return false;
	if (last < first || (first == 0 && last != 0))
		return false;
	*ret_first = first;
	*ret_last = last;
	return true;
}

static bool parse_protocol(const char *s, enum port_protocol *ret)
{
	static const char *const names[] = {
		[PORT_TCP] = "tcp",
		[PORT_UDP] = "udp",
		[PORT_SCTP] = "sctp",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(s, names[i]) == 0) {
			*ret = (enum port_protocol)i;
			return true;
		}
	}
	return false;
}

bool port_parse(
	const char *s, uint16_t *ret_first, uint16_t *ret_last, enum port_protocol *ret_protocol)
{
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	enum port_protocol protocol = PORT_TCP;
	uint16_t first, last;

	if (!parse_range(s, len, &first, &last) || first == 0)
		return false;
	if (slash && !parse_protocol(slash + 1, &protocol))
		return false;
	*ret_first = first;
	*ret_last = last;
	*ret_protocol = protocol;
	return true;
}

bool port_range_parse(const char *s, uint16_t *ret_first, uint16_t *ret_last)
{
	if (*s)
		return parse_range(s, strlen(s), ret_first, ret_last);
	*ret_first = *ret_last = 0;
	return true;
}
