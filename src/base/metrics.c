#include "base/metrics.h"

#include <inttypes.h>

int64_t metrics[METRIC_COUNT];

static const struct {
	const char *name, *type, *help;
} rows[] = {
#define METRIC(name, type, help) [METRIC_##name] = { "swarm_" #name, #type, help },
#include "base/metrics.def"
#undef METRIC
};

void metrics_write(struct strbuf *sb)
{
	for (size_t i = 0; i < METRIC_COUNT; i++)
		strbuf_addf(sb, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", rows[i].name,
			rows[i].help, rows[i].name, rows[i].type, rows[i].name, metrics[i]);
}
