/*
 * base/metrics.h - counters and gauges of the process; the whole set stands in metrics.def.
 *
 * One thread, so plain integers.  Rendered in the Prometheus text format.
 */
#pragma once

#include <stdint.h>

#include "base/strbuf.h"

enum metric {
#define METRIC(name, type, help) METRIC_##name,
#include "base/metrics.def"
#undef METRIC
	METRIC_COUNT
};

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
void metrics_write(struct strbuf *sb);
/* What the kernel knows of the process, by the names that all exporters use.  started_ns: when it
 * began, on the wall clock. */
void metrics_write_process(struct strbuf *sb, int64_t started_ns);
