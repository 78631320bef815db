/* cluster/id_bucket.c - which bucket an id is in. */
#include "cluster/id_bucket.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool id_bucket_range(const char *prefix, unsigned digits, struct bucket_range *ret)
{
	size_t value = 0;
	unsigned known = 0;

	for (; known < digits && prefix[known]; known++) {
		int d = hex_digit(prefix[known]);

		if (d < 0)
			return false;
		value = value << 4 | (size_t)d;
	}
	unsigned open_bits = 4 * (digits - known);

	ret->first = value << open_bits;
	ret->last = ret->first + ((size_t)1 << open_bits) - 1;
	return true;
}

size_t id_bucket_of(const char *id, unsigned digits)
{
	struct bucket_range range;

	return id_bucket_range(id, digits, &range) && range.first == range.last
		       ? range.first
		       : id_bucket_other(digits);
}
