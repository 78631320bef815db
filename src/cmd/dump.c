/* cmd/dump.c - engines, members and connections, a line each. */
#include "cmd/dump.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "base/strv.h"

static char *silent_for(const struct engine *e)
{
	struct strbuf text = STRBUF_INIT;

	if (!e->heard_ms)
		return xstrdup("always");
	format_duration(&text, (clock_mono_ms() - e->heard_ms) * 1000000);
	return strbuf_steal(&text);
}

static void dump_engine(const struct engine *e)
{
	auto_free char *containers = xasprintf("%zu", e->containers_count);
	auto_free char *failures = xasprintf("%u", e->failures);
	auto_free char *silent = silent_for(e);

	log_fields(LOG_INFO, "State of engine", "addr", e->addr, "containers", containers, "error",
		e->last_error, "failures", failures, "name", e->name, "silent", silent, "state",
		engine_state_text(e), NULL);
}

static bool is_sample(const char *line)
{
	return *line && *line != '#';
}

static void dump_metrics(void)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_strv struct strv lines = STRV_INIT;

	metrics_write(&(struct exposition){ .sb = &text });
	strv_split(&lines, text.buf, '\n');
	for (size_t i = 0; i < lines.count; i++) {
		if (is_sample(lines.items[i]))
			log_info("State: %s", lines.items[i]);
	}
}

void dump_state(struct cluster *cluster)
{
	size_t count;
	auto_free struct engine **engines = cluster_sorted_engines(cluster, &count);

	log_info("State: %zu engines, %zu of them healthy", count, cluster->healthy);
	for (size_t i = 0; i < count; i++)
		dump_engine(engines[i]);
	dump_metrics();
}
