/*
 * base/exposition.h - figures as text, for those who scrape them.
 *
 * Two dialects of one form: Prometheus' text format 0.0.4, and OpenMetrics 1.0, where the family of
 * a counter is named without `_total` and the text has an end of its own.
 */
#pragma once

#include <stdbool.h>

#include "base/strbuf.h"

struct exposition {
	struct strbuf *sb; /* borrowed; appended to */
	bool openmetrics;
};

/* "text/plain; version=0.0.4; charset=utf-8" or the like; static. */
const char *exposition_content_type(const struct exposition *to);
/* Before the samples of a family, once.  type: "counter" (then the name ends in _total), "gauge",
 * "histogram". */
void exposition_family(struct exposition *to, const char *name, const char *type, const char *help);
/* labels: as exposition_label has gathered them, or "". */
void exposition_sample(struct exposition *to, const char *name, const char *labels, double value);
/* Appends name="value"; the value may hold any bytes. */
void exposition_label(struct strbuf *labels, const char *name, const char *value);
void exposition_end(struct exposition *to);
