/* base/backoff.c - doubling, with a random half. */
#include "base/backoff.h"

#include "base/id.h"
#include "base/util.h"

enum {
	FIRST_MS = 400,
	LAST_MS = 10 * 1000,
};

int64_t backoff_next_ms(struct backoff *b)
{
	int64_t first_ms = b->first_ms ? b->first_ms : (int64_t)FIRST_MS;
	int64_t last_ms = b->last_ms ? b->last_ms : (int64_t)LAST_MS;

	b->base_ms = b->base_ms ? min_of(b->base_ms * 2, last_ms) : first_ms;
	return b->base_ms / 2 + (int64_t)random_below((uint64_t)b->base_ms / 2 + 1);
}

void backoff_reset(struct backoff *b)
{
	b->base_ms = 0;
}
