/* base/histogram.c - counting is one look along the bounds; sums are made when they are shown. */
#include "base/histogram.h"

#include <string.h>

#include "base/mem.h"

static size_t bounds_count(const struct histogram_scale *scale)
{
	size_t count = 0;

	while (count < HISTOGRAM_BOUNDS && scale->bounds_us[count] > 0)
		count++;
	return count;
}

void histogram_add(struct histogram *h, const struct histogram_scale *scale, int64_t took_us)
{
	size_t count = bounds_count(scale), i = 0;

	while (i < count && took_us > scale->bounds_us[i])
		i++;
	h->counts[i]++;
	h->sum_us += took_us;
}

/* "0.005", "1.0": OpenMetrics wants to see that it is no whole number. */
static void format_bound(struct strbuf *sb, int64_t bound_us)
{
	strbuf_addf(sb, "%.6g", (double)bound_us / 1e6);
	if (!strchr(sb->buf, '.') && !strchr(sb->buf, 'e'))
		strbuf_add_str(sb, ".0");
}

static void write_bucket(struct exposition *to, const char *name, const char *labels,
	const char *bound, uint64_t count)
{
	auto_strbuf struct strbuf all = STRBUF_INIT;

	strbuf_add_str(&all, labels);
	exposition_label(&all, "le", bound);
	exposition_sample(to, name, all.buf, (double)count);
}

void histogram_write(const struct histogram *h, const struct histogram_scale *scale,
	struct exposition *to, const char *name, const char *labels)
{
	auto_free char *bucket = xasprintf("%s_bucket", name);
	auto_free char *count_name = xasprintf("%s_count", name);
	auto_free char *sum_name = xasprintf("%s_sum", name);
	auto_strbuf struct strbuf bound = STRBUF_INIT;
	size_t count = bounds_count(scale);
	uint64_t seen = 0;

	for (size_t i = 0; i < count; i++) {
		strbuf_reset(&bound);
		format_bound(&bound, scale->bounds_us[i]);
		write_bucket(to, bucket, labels, bound.buf, seen += h->counts[i]);
	}
	write_bucket(to, bucket, labels, "+Inf", seen += h->counts[count]);
	exposition_sample(to, sum_name, labels, (double)h->sum_us / 1e6);
	exposition_sample(to, count_name, labels, (double)seen);
}
