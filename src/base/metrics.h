/*
 * base/metrics.h - counters and gauges of the process; the whole set stands in metrics.def.
 *
 * One thread, so plain integers.
 */
#pragma once

#include <stdint.h>

#include "base/histogram.h"

#define METRIC_TIMES(name, help)
#define METRIC(name, type, help)      METRIC_##name,
#define METRIC_TIME(name, type, help) METRIC_##name,
enum metric {
#include "base/metrics.def"
	METRIC_COUNT
};
#undef METRIC_TIME
#undef METRIC
#undef METRIC_TIMES

#define METRIC_TIMES(name, help) METRIC_TIMES_##name,
#define METRIC(name, type, help)
#define METRIC_TIME(name, type, help)
enum metric_times {
#include "base/metrics.def"
	METRIC_TIMES_COUNT
};
#undef METRIC_TIME
#undef METRIC
#undef METRIC_TIMES

extern int64_t metrics[METRIC_COUNT];

static inline void metric_add(enum metric m, int64_t n)
{
	metrics[m] += n;
}
static inline void metric_inc(enum metric m)
{
	metrics[m]++;
}
static inline void metric_set(enum metric m, int64_t n)
{
	metrics[m] = n;
}
static inline void metric_raise(enum metric m, int64_t n)
{
	if (n > metrics[m])
		metrics[m] = n;
}
void metric_observe(enum metric_times m, int64_t took_us);
void metrics_write(struct exposition *to);
/* What the kernel knows of the process, by the names that all exporters use.  started_ns: when it
 * began, on the wall clock. */
void metrics_write_process(struct exposition *to, int64_t started_ns);
