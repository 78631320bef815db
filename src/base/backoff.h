/*
 * base/backoff.h - the pause before the next try: it doubles, and half of it is random, so that a
 * thousand agents do not come back to a store at the same moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeroed memory pauses for 0.4 s at most at first, and for 10 s at most later. */
struct backoff {
	int64_t first_ms,
		last_ms; /* the longest first pause, and the longest of all; 0: as above */

	int64_t base_ms; /* private: of the last pause; 0: none yet */
};

int64_t backoff_next_ms(struct backoff *b);
/* There was success: the next pause is a first one. */
void backoff_reset(struct backoff *b);
/* No try has failed since. */
static inline bool backoff_is_fresh(const struct backoff *b)
{
	return b->base_ms == 0;
}
