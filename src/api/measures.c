/* api/measures.c - counting by route and status, and everything that is counted as one text. */
#include "api/measures.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"

/* Those that we and engines give; engines may say anything. */
static const int statuses[] = { 101, 200, 201, 204, 301, 304, 400, 401, 403, 404, 405, 406, 409,
	413, 429, 500, 501, 502, 503, 504, 505 };
enum {
	STATUS_NONE = ARRAY_SIZE(statuses), /* the client left before its answer, or got none */
	STATUS_OTHER,
	STATUS_COUNT,
};

static const struct histogram_scale request_scale = { { 500, 1000, 2500, 5000, 10 * 1000, 25 * 1000,
	100 * 1000, 250 * 1000, 1000 * 1000, 2500 * 1000, 10 * 1000 * 1000, 60 * 1000 * 1000 } };

struct measures {
	const struct route *rows; /* borrowed */
	size_t rows_count;
	/* By row of the route table, the last for what has none, and status; owned, NULL: never
	 * seen. */
	struct histogram **requests;
};

static size_t series_count(const struct measures *m)
{
	return (m->rows_count + 1) * STATUS_COUNT;
}

struct measures *measures_create(const struct route *rows, size_t count)
{
	struct measures *m = xnew(struct measures);

	m->rows = rows;
	m->rows_count = count;
	m->requests = xcalloc(series_count(m), sizeof(struct histogram *));
	return m;
}

void measures_destroy(struct measures *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < series_count(m); i++)
		free(m->requests[i]);
	free(m->requests);
	free(m);
}

static size_t status_index(int status)
{
	if (status == 0)
		return STATUS_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (statuses[i] == status)
			return i;
	}
	return STATUS_OTHER;
}

void measures_note(struct measures *m, const struct route *row, int status, int64_t took_us)
{
	size_t at = row ? (size_t)(row - m->rows) : m->rows_count;
	struct histogram **h;

	assert(at <= m->rows_count);
	h = &m->requests[at * STATUS_COUNT + status_index(status)];
	if (!*h)
		*h = xnew(struct histogram);
	histogram_add(*h, &request_scale, took_us);
}

/* --- as text --- */

static void add_request_labels(
	const struct measures *m, struct strbuf *labels, size_t row, size_t status)
{
	bool known = row < m->rows_count;

	exposition_label(labels, "method", known ? m->rows[row].method : "other");
	exposition_label(labels, "route", known ? m->rows[row].path : "other");
	if (status < ARRAY_SIZE(statuses)) {
		auto_free char *text = xasprintf("%d", statuses[status]);

		exposition_label(labels, "status", text);
	} else {
		exposition_label(labels, "status", status == STATUS_NONE ? "none" : "other");
	}
}

static void write_requests(const struct measures *m, struct exposition *to)
{
	static const char name[] = "swarm_http_request_duration_seconds";

	exposition_family(to, name, "histogram",
		"time from the head of a request to the end of its answer, streams included");
	for (size_t i = 0; i < series_count(m); i++) {
		auto_strbuf struct strbuf labels = STRBUF_INIT;

		if (!m->requests[i])
			continue;
		add_request_labels(m, &labels, i / STATUS_COUNT, i % STATUS_COUNT);
		histogram_write(m->requests[i], &request_scale, to, name, labels.buf);
	}
}

/* Two engines may bear one name, but not one address. */
static void add_engine_labels(struct strbuf *labels, const struct engine *e)
{
	exposition_label(labels, "node", e->name);
	exposition_label(labels, "address", e->addr);
}

static double figure_up(const struct engine *e)
{
	return engine_is_healthy(e);
}

static double figure_silent(const struct engine *e)
{
	return e->heard_ms ? (double)(clock_mono_ms() - e->heard_ms) / 1e3 : 0;
}

static double figure_failures(const struct engine *e)
{
	return (double)endpoint_failures(e->remote.endpoint);
}

static double figure_running(const struct engine *e)
{
	return (double)e->running;
}

static double figure_paused(const struct engine *e)
{
	return (double)e->paused;
}

static double figure_stopped(const struct engine *e)
{
	return (double)e->stopped;
}

static double figure_cpus(const struct engine *e)
{
	return (double)engine_total_nano_cpus(e) / 1e9;
}

static double figure_reserved_cpus(const struct engine *e)
{
	return (double)e->used_nano_cpus / 1e9;
}

static double figure_memory(const struct engine *e)
{
	return (double)engine_total_memory(e);
}

static double figure_reserved_memory(const struct engine *e)
{
	return (double)e->used_memory;
}

/* Rows of one name stand together. */
static const struct figure {
	const char *name, *type, *help;
	const char *state; /* a label; NULL: none */
	double (*of)(const struct engine *e);
} figures[] = {
	{ "swarm_engine_up", "gauge", "1 when the engine is healthy", NULL, figure_up },
	{ "swarm_engine_silent_seconds", "gauge",
		"time since the engine's last sign of life, 0 before the first", NULL,
		figure_silent },
	{ "swarm_engine_call_failures_total", "counter",
		"requests to the engine that got no complete answer", NULL, figure_failures },
	{ "swarm_engine_containers", "gauge", "containers of the engine", "running",
		figure_running },
	{ "swarm_engine_containers", "gauge", "", "paused", figure_paused },
	{ "swarm_engine_containers", "gauge", "", "stopped", figure_stopped },
	{ "swarm_engine_cpus", "gauge", "CPUs that may be promised, overcommit included", NULL,
		figure_cpus },
	{ "swarm_engine_reserved_cpus", "gauge", "CPUs promised to containers", NULL,
		figure_reserved_cpus },
	{ "swarm_engine_memory_bytes", "gauge", "memory that may be promised, overcommit included",
		NULL, figure_memory },
	{ "swarm_engine_reserved_memory_bytes", "gauge", "memory promised to containers", NULL,
		figure_reserved_memory },
};

static void write_figure(struct cluster *cluster, const struct figure *f, struct exposition *to)
{
	struct engine *e;

	cluster_each (e, cluster, CLUSTER_ALL) {
		auto_strbuf struct strbuf labels = STRBUF_INIT;

		add_engine_labels(&labels, e);
		if (f->state)
			exposition_label(&labels, "state", f->state);
		exposition_sample(to, f->name, labels.buf, f->of(e));
	}
}

static void write_calls(struct cluster *cluster, struct exposition *to)
{
	static const char name[] = "swarm_engine_call_duration_seconds";
	struct engine *e;

	exposition_family(to, name, "histogram",
		"time until the engine's answer began, the wait for a place included");
	cluster_each (e, cluster, CLUSTER_ALL) {
		auto_strbuf struct strbuf labels = STRBUF_INIT;

		add_engine_labels(&labels, e);
		histogram_write(
			endpoint_times(e->remote.endpoint), &endpoint_scale, to, name, labels.buf);
	}
}

static void write_engines(struct cluster *cluster, struct exposition *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		const struct figure *f = &figures[i];

		if (i == 0 || strcmp(f->name, figures[i - 1].name) != 0)
			exposition_family(to, f->name, f->type, f->help);
		write_figure(cluster, f, to);
	}
	write_calls(cluster, to);
}

static void write_build_info(const struct api_config *config, struct exposition *to)
{
	auto_strbuf struct strbuf labels = STRBUF_INIT;

	exposition_family(to, "swarm_build_info", "gauge", "which program this is");
	exposition_label(&labels, "version", config->version);
	exposition_label(&labels, "commit", config->git_commit);
	exposition_sample(to, "swarm_build_info", labels.buf, 1);
}

void measures_write(const struct api *api, struct exposition *to)
{
	write_build_info(&api->config, to);
	metrics_write(to);
	metrics_write_process(to, api->started_ns);
	write_engines(api->cluster, to);
	write_requests(api->measures, to);
	exposition_end(to);
}
