/* kv/backoff.c - doubling, with a random half. */
#include "kv/backoff.h"

#include "base/id.h"
#include "base/util.h"

enum {
	FIRST_MS = 400, /* of which half is certain */
	LAST_MS = 10 * 1000,
};

int64_t backoff_next_ms(struct backoff *b)
{
	b->base_ms = b->base_ms ? min_of(b->base_ms * 2, (int64_t)LAST_MS) : (int64_t)FIRST_MS;
	return b->base_ms / 2 + (int64_t)random_below((uint64_t)b->base_ms / 2 + 1);
}

void backoff_reset(struct backoff *b)
{
	b->base_ms = 0;
}
