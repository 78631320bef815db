/*
 * kv/backoff.h - the pause before the next try: 0.2 s at first, doubling to 10 s, half of it random
 * so that a thousand agents do not come back to a store at the same moment.
 */
#pragma once

#include <stdint.h>

struct backoff {
	int64_t base_ms; /* of the last pause; 0: none yet */
};

int64_t backoff_next_ms(struct backoff *b);
void backoff_reset(struct backoff *b);
