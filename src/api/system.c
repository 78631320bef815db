/* api/system.c - ping, version, info and auth. */
#include "api/system.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "api/failover.h"
#include "api/measures.h"
#include "api/replica.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/bus.h"
#include "manager/reschedule.h"

void system_ping(struct request *rq)
{
	struct headers *to = &rq->x->answer;

	headers_set(to, "Builder-Version", "2");
	headers_set(to, "Cache-Control", "no-cache, no-store, must-revalidate");
	headers_set(to, "Pragma", "no-cache");
	headers_set(to, "Swarm", "inactive"); /* the engines' own swarm mode is not offered here */
	reply_text(rq, 200, "OK");
}

/* The manager's host in the words of the API. */
static const char *go_architecture(const char *machine)
{
	static const struct {
		const char *machine, *arch;
	} names[] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armv7l", "arm" },
		{ "armv6l", "arm" },
		{ "i686", "386" },
		{ "riscv64", "riscv64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i].machine, machine) == 0)
			return names[i].arch;
	}
	return machine;
}

static void add_versions(const struct api *api, yyjson_mut_doc *doc, yyjson_mut_val *to)
{
	auto_strbuf struct strbuf max = STRBUF_INIT, min = STRBUF_INIT;

	api_version_format(&max, api->config.max_version);
	api_version_format(&min, API_VERSION_MIN);
	yyjson_mut_obj_add_strcpy(doc, to, "ApiVersion", max.buf);
	yyjson_mut_obj_add_strcpy(doc, to, "MinAPIVersion", min.buf);
}

static void add_swarm_version(
	const struct api *api, yyjson_mut_doc *doc, yyjson_mut_val *to, const char *key)
{
	auto_free char *text = xasprintf("swarm/%s", api->config.version);

	yyjson_mut_obj_add_val(doc, to, key, yyjson_mut_strcpy(doc, text));
}

static void add_component(yyjson_mut_doc *doc, yyjson_mut_val *components, const struct api *api)
{
	yyjson_mut_val *component = yyjson_mut_arr_add_obj(doc, components);
	yyjson_mut_val *details = yyjson_mut_obj(doc);

	yyjson_mut_obj_add_str(doc, component, "Name", "Swarm");
	add_swarm_version(api, doc, component, "Version");
	add_versions(api, doc, details);
	yyjson_mut_obj_add_val(doc, component, "Details", details);
}

static void reply_document(struct request *rq, yyjson_mut_doc *doc)
{
	size_t len;
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(rq, 200, text, len);
}

void system_version(struct request *rq)
{
	const struct api *api = rq->api;
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	struct utsname host = { 0 };

	uname(&host);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_val *platform = yyjson_mut_obj_add_obj(doc, root, "Platform");
	yyjson_mut_obj_add_str(doc, platform, "Name", "Swarm");
	add_component(doc, yyjson_mut_obj_add_arr(doc, root, "Components"), api);
	add_swarm_version(api, doc, root, "Version");
	add_versions(api, doc, root);
	yyjson_mut_obj_add_str(doc, root, "GitCommit", api->config.git_commit);
	yyjson_mut_obj_add_str(doc, root, "GoVersion", "");
	yyjson_mut_obj_add_str(doc, root, "Os", "linux");
	yyjson_mut_obj_add_strcpy(doc, root, "Arch", go_architecture(host.machine));
	yyjson_mut_obj_add_strcpy(doc, root, "KernelVersion", host.release);
	yyjson_mut_obj_add_str(doc, root, "BuildTime", "");
	if (api->config.experimental)
		yyjson_mut_obj_add_bool(doc, root, "Experimental", true);
	reply_document(rq, doc);
}

void system_auth(struct request *rq)
{
	/* Podman 4.3 tries a registry by HTTPS only, whatever its configuration says. */
	failover_any(rq, REMOTE_DOCKER);
}

/* Who knows OpenMetrics names it, and likes it better. */
static bool wants_openmetrics(const struct request *rq)
{
	const char *accept = headers_get(&rq->x->head.headers, "Accept");

	return accept && strstr(accept, "application/openmetrics-text");
}

void system_metrics(struct request *rq)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct exposition to = { .sb = &text, .openmetrics = wants_openmetrics(rq) };

	measures_write(rq->api, &to);
	reply_decorate(rq->api, &rq->x->answer);
	exchange_reply(rq->x, 200, exposition_content_type(&to), text.buf, text.len);
	request_finish(rq);
}

/* --- the node table --- */

struct row_writer {
	yyjson_mut_doc *doc;
	yyjson_mut_val *rows;
};

static void add_row(struct row_writer *w, const char *key, const char *value)
{
	yyjson_mut_val *row = yyjson_mut_arr_add_arr(w->doc, w->rows);

	yyjson_mut_arr_add_strcpy(w->doc, row, key);
	yyjson_mut_arr_add_strcpy(w->doc, row, value);
}

static void add_rowf(struct row_writer *w, const char *key, const char *fmt, ...) printf_like(3, 4);
static void add_rowf(struct row_writer *w, const char *key, const char *fmt, ...)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	add_row(w, key, text.buf ? text.buf : "");
}

#define CORNER "  \xe2\x94\x94 "

static void add_containers_row(struct row_writer *w, const struct engine *e)
{
	size_t count = e->running + e->paused + e->stopped;

	if (engine_is_healthy(e))
		add_rowf(w, CORNER "Containers", "%zu (%zu Running, %zu Paused, %zu Stopped)",
			count, e->running, e->paused, e->stopped);
	else
		add_rowf(w, CORNER "Containers", "%zu", count);
}

/* Whole CPUs as classic shows them; a fraction only where one is reserved. */
static void add_cpus(struct strbuf *sb, int64_t nano_cpus)
{
	strbuf_addf(sb, "%lld", (long long)(nano_cpus / 1000000000));
	if (nano_cpus % 1000000000) {
		strbuf_addf(sb, ".%09lld", (long long)(nano_cpus % 1000000000));
		while (sb->buf[sb->len - 1] == '0')
			sb->buf[--sb->len] = '\0';
	}
}

static void add_reserved_rows(struct row_writer *w, const struct engine *e)
{
	auto_strbuf struct strbuf cpus = STRBUF_INIT, memory = STRBUF_INIT;

	add_cpus(&cpus, e->used_nano_cpus);
	strbuf_add_str(&cpus, " / ");
	strbuf_addf(&cpus, "%lld", (long long)(engine_total_nano_cpus(e) / 1000000000));
	add_row(w, CORNER "Reserved CPUs", cpus.buf);
	format_human_size(&memory, e->used_memory);
	strbuf_add_str(&memory, " / ");
	format_human_size(&memory, engine_total_memory(e));
	add_row(w, CORNER "Reserved Memory", memory.buf);
}

static void add_labels_row(struct row_writer *w, const struct engine *e)
{
	auto_strv struct strv labels = STRV_INIT;

	for (size_t i = 0; i < e->labels.count; i++)
		strv_take(&labels,
			xasprintf("%s=%s", e->labels.items[i].key, e->labels.items[i].value));
	strv_sort(&labels);
	auto_free char *text = strv_join(&labels, ", ");

	add_row(w, CORNER "Labels", text);
}

static void add_engine_rows(struct row_writer *w, const struct engine *e)
{
	auto_free char *title = xasprintf(" %s", *e->name ? e->name : "(unknown)");
	auto_strbuf struct strbuf updated = STRBUF_INIT;

	add_row(w, title, e->addr);
	add_row(w, CORNER "ID", e->id);
	add_row(w, CORNER "Status", engine_state_text(e));
	add_containers_row(w, e);
	add_reserved_rows(w, e);
	add_labels_row(w, e);
	if (reschedule_count_waiting(e))
		add_rowf(w, CORNER "Waiting",
			"%zu (at most one copy of each: docker node rm --force %s, if it is gone)",
			reschedule_count_waiting(e), e->name);
	if (*e->last_error)
		add_row(w, CORNER "Error", e->last_error);
	time_format_utc(&updated, e->updated_at_ns);
	add_row(w, CORNER "UpdatedAt", updated.buf);
	add_row(w, CORNER "ServerVersion", e->server_version);
}

/* A manager without others leads. */
static void add_role_rows(struct row_writer *w, const struct replica *r)
{
	bool leads = !r || replica_leads(r);

	add_row(w, "Role", leads ? "primary" : "replica");
	if (!leads)
		add_row(w, "Primary", replica_leader(r));
}

void system_status_rows(const struct api *api, yyjson_mut_doc *doc, yyjson_mut_val *rows)
{
	struct row_writer w = { doc, rows };
	auto_free char *filters = sched_filter_names(api->manager->sched);
	size_t count;
	struct engine **engines = cluster_sorted_engines(api->cluster, &count);

	add_role_rows(&w, api->config.replica);
	add_row(&w, "Strategy", sched_strategy_name(api->manager->sched));
	add_row(&w, "Filters", filters);
	add_rowf(&w, "Nodes", "%zu", count);
	for (size_t i = 0; i < count; i++)
		add_engine_rows(&w, engines[i]);
	free(engines);
}

/* --- /info --- */

struct totals {
	size_t running, paused, stopped, images;
	int64_t nano_cpus, memory;
};

static struct totals sum_engines(const struct cluster *cluster)
{
	struct totals t = { 0 };

	for (size_t i = 0; i < cluster->engines_count; i++) {
		const struct engine *e = cluster->engines[i];

		if (!engine_is_validated(e))
			continue;
		t.running += e->running;
		t.paused += e->paused;
		t.stopped += e->stopped;
		t.nano_cpus += engine_total_nano_cpus(e);
		t.memory += engine_total_memory(e);
		for (size_t k = 0; k < e->images_count; k++)
			t.images += !image_is_dangling(&e->images[k]);
	}
	return t;
}

static void add_totals(const struct api *api, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	struct totals t = sum_engines(api->cluster);

	yyjson_mut_obj_add_uint(doc, root, "Containers", t.running + t.paused + t.stopped);
	yyjson_mut_obj_add_uint(doc, root, "ContainersRunning", t.running);
	yyjson_mut_obj_add_uint(doc, root, "ContainersPaused", t.paused);
	yyjson_mut_obj_add_uint(doc, root, "ContainersStopped", t.stopped);
	yyjson_mut_obj_add_uint(doc, root, "Images", t.images);
	yyjson_mut_obj_add_sint(doc, root, "NCPU", t.nano_cpus / 1000000000);
	yyjson_mut_obj_add_sint(doc, root, "MemTotal", t.memory);
}

static bool names_value(yyjson_mut_val *list, const char *value)
{
	yyjson_mut_val *item;
	size_t i, max;

	yyjson_mut_arr_foreach(list, i, max, item)
	{
		if (strcmp(yyjson_mut_get_str(item), value) == 0)
			return true;
	}
	return false;
}

static void union_plugins(const struct cluster *cluster, yyjson_mut_doc *doc,
	yyjson_mut_val *plugins, const char *kind)
{
	yyjson_mut_val *list = yyjson_mut_arr(doc);

	for (size_t i = 0; i < cluster->engines_count; i++) {
		yyjson_val *info = yyjson_doc_get_root(cluster->engines[i]->info);
		yyjson_val *names = json_get_arr(json_get_obj(info, "Plugins"), kind), *name;
		size_t k, max;

		yyjson_arr_foreach(names, k, max, name)
		{
			if (yyjson_is_str(name) && !names_value(list, yyjson_get_str(name)))
				yyjson_mut_arr_add_strcpy(doc, list, yyjson_get_str(name));
		}
	}
	yyjson_mut_obj_add_val(doc, plugins, kind, list);
}

static void union_runtimes(const struct cluster *cluster, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *all = yyjson_mut_obj_add_obj(doc, root, "Runtimes");

	for (size_t i = 0; i < cluster->engines_count; i++) {
		yyjson_val *info = yyjson_doc_get_root(cluster->engines[i]->info);
		yyjson_val *key, *value;
		size_t k, max;

		yyjson_obj_foreach(json_get_obj(info, "Runtimes"), k, max, key, value)
		{
			const char *name = yyjson_get_str(key);
			yyjson_mut_val *runtime;

			if (yyjson_mut_obj_get(all, name))
				continue;
			runtime = yyjson_mut_obj(doc);
			yyjson_mut_obj_add_strcpy(
				doc, runtime, "path", json_get_str(value, "path", ""));
			yyjson_mut_obj_add(all, yyjson_mut_strcpy(doc, name), runtime);
		}
	}
}

/* What containers can count on everywhere: true only where every engine says so. */
static void add_capabilities(
	const struct cluster *cluster, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	static const char *const names[] = {
		"MemoryLimit",
		"SwapLimit",
		"CpuCfsPeriod",
		"CpuCfsQuota",
		"CPUShares",
		"CPUSet",
		"PidsLimit",
		"IPv4Forwarding",
		"BridgeNfIptables",
		"BridgeNfIp6tables",
		"OomKillDisable",
	};

	for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
		bool all = true;

		for (size_t i = 0; i < cluster->engines_count; i++) {
			yyjson_val *info = yyjson_doc_get_root(cluster->engines[i]->info);

			all = all && json_get_bool(info, names[n], true);
		}
		yyjson_mut_obj_add_bool(doc, root, names[n], all);
	}
}

static void add_environment(
	yyjson_mut_doc *doc, yyjson_mut_val *root, const char *key, const char *variable)
{
	const char *value = getenv(variable);

	yyjson_mut_obj_add_strcpy(doc, root, key, value ? value : "");
}

static void add_host(const struct api *api, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	struct utsname host = { 0 };
	auto_strbuf struct strbuf now = STRBUF_INIT;

	uname(&host);
	time_format_utc_nano(&now, clock_wall_ns());
	yyjson_mut_obj_add_strcpy(doc, root, "Name", *host.nodename ? host.nodename : "<unknown>");
	yyjson_mut_obj_add_strcpy(doc, root, "KernelVersion", host.release);
	yyjson_mut_obj_add_str(doc, root, "OperatingSystem", "linux");
	yyjson_mut_obj_add_str(doc, root, "OSType", "linux");
	yyjson_mut_obj_add_strcpy(doc, root, "Architecture", go_architecture(host.machine));
	add_swarm_version(api, doc, root, "ServerVersion");
	yyjson_mut_obj_add_strcpy(doc, root, "SystemTime", now.buf);
	add_environment(doc, root, "HttpProxy", "http_proxy");
	add_environment(doc, root, "HttpsProxy", "https_proxy");
	add_environment(doc, root, "NoProxy", "no_proxy");
	yyjson_mut_obj_add_bool(doc, root, "Debug", api->config.debug);
	yyjson_mut_obj_add_bool(doc, root, "ExperimentalBuild", api->config.experimental);
	yyjson_mut_obj_add_uint(doc, root, "NEventsListener", bus_listeners(api->cluster->bus));
}

static void add_swarm_mode(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	yyjson_mut_val *swarm = yyjson_mut_obj_add_obj(doc, root, "Swarm");

	yyjson_mut_obj_add_str(doc, swarm, "NodeID", "");
	yyjson_mut_obj_add_str(doc, swarm, "NodeAddr", "");
	yyjson_mut_obj_add_str(doc, swarm, "LocalNodeState", "inactive");
	yyjson_mut_obj_add_bool(doc, swarm, "ControlAvailable", false);
	yyjson_mut_obj_add_str(doc, swarm, "Error", "");
	yyjson_mut_obj_add_null(doc, swarm, "RemoteManagers");
}

void system_info(struct request *rq)
{
	static const char *const kinds[] = { "Volume", "Network", "Authorization", "Log" };
	const struct api *api = rq->api;
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);

	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_str(doc, root, "ID", "");
	add_totals(api, doc, root);
	yyjson_mut_obj_add_str(doc, root, "Driver", "");
	yyjson_mut_obj_add_null(doc, root, "DriverStatus");
	system_status_rows(api, doc, yyjson_mut_obj_add_arr(doc, root, "SystemStatus"));
	yyjson_mut_val *plugins = yyjson_mut_obj_add_obj(doc, root, "Plugins");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		union_plugins(api->cluster, doc, plugins, kinds[i]);
	add_capabilities(api->cluster, doc, root);
	add_host(api, doc, root);
	union_runtimes(api->cluster, doc, root);
	yyjson_mut_obj_add_str(doc, root, "DefaultRuntime", "");
	add_swarm_mode(doc, root);
	yyjson_mut_obj_add_str(doc, root, "IndexServerAddress", "https://index.docker.io/v1/");
	yyjson_mut_obj_add_arr(doc, root, "Warnings");
	reply_document(rq, doc);
}
