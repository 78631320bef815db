/*
 * base/clock.h - time, in one place so that tests can move it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Milliseconds that never go backwards; for deadlines and durations. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* Processor time that this thread has used: what others use of the machine does not count. */
int64_t clock_cpu_us(void);
/* Nanoseconds since the Unix epoch; for what is shown or compared with engines. */
int64_t clock_wall_ns(void);
/* Tests: add to both clocks. */
void clock_advance_ms(int64_t ms);

#define NS_PER_S INT64_C(1000000000)

/* RFC 3339 with optional fraction and zone, as Docker writes it; year 1 ("0001-01-01T00:00:00Z")
 * gives 0. */
bool time_parse_rfc3339(const char *s, int64_t *ret_ns);
/* "2006-01-02T15:04:05Z" (no fraction), in UTC. */
void time_format_utc(struct strbuf *sb, int64_t wall_ns);
/* With nanoseconds, trailing zeros dropped, as Go's RFC3339Nano. */
void time_format_utc_nano(struct strbuf *sb, int64_t wall_ns);
