/*
 * base/histogram.h - how long something took, as counts of what was not longer than some bounds.
 */
#pragma once

#include <stdint.h>

#include "base/exposition.h"

enum { HISTOGRAM_BOUNDS = 14 };

/* Ascending, in microseconds; 0 ends them. */
struct histogram_scale {
	int64_t bounds_us[HISTOGRAM_BOUNDS];
};

/* Zeroed memory is an empty one; always used with the same scale. */
struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* one bound each, and what is longer than all */
	int64_t sum_us;
};

void histogram_add(struct histogram *h, const struct histogram_scale *scale, int64_t took_us);
/* Samples of the family `name`, in seconds; labels as in exposition_sample. */
void histogram_write(const struct histogram *h, const struct histogram_scale *scale,
	struct exposition *to, const char *name, const char *labels);
