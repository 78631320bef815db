/*
 * cluster/id_bucket.h - ids in buckets by their first hex digits.
 *
 * One bucket, with a handful of records, answers for a full id as well as for a prefix, which a
 * hash could not.  With D digits there are 16^D buckets, and one more for ids that do not begin
 * with that many.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct bucket_range {
	size_t first, last;
};

static inline size_t id_bucket_other(unsigned digits)
{
	return (size_t)1 << (4 * digits);
}

/* Where ids with this prefix are, the other bucket apart: a short prefix may be there too.  False:
 * only there. */
bool id_bucket_range(const char *prefix, unsigned digits, struct bucket_range *ret);
/* Where this whole id is. */
size_t id_bucket_of(const char *id, unsigned digits);
