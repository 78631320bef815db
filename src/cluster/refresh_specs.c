/*
 * cluster/refresh_specs.c - who is there, and may it be a member?
 *
 * First /version, without a prefix, for the range of API versions; then /info in the newest version
 * that both sides know.  The text of every refusal is what the node table shows.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/cluster.h"
#include "cluster/engine_private.h"
#include "cluster/refresh_private.h"

enum {
	HEAD_TIMEOUT_MS = 15 * 1000,
	ANSWER_MAX_BYTES = 4 * 1024 * 1024, /* parts of it are kept */
};

static const int64_t clock_tolerance_ns = 2 * NS_PER_S;

struct job {
	struct refresh_state base;
	struct call call;
	int64_t asked_ms; /* monotonic; for /info */
};

STEP(job_ask_version);
STEP(job_version);
STEP(job_info);

static void job_free(struct refresh_state *base)
{
	struct job *job = container_of(base, struct job, base);

	call_finish(&job->call);
	free(job);
}

static void replace(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

/* --- the range --- */

static enum task_turn job_ask_version(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	const struct remote *remote = &job->base.engine->remote;

	/* no prefix: what was known of the range may be over */
	call_init(&job->call, "GET", "/version");
	job->call.mode = CALL_JSON;
	job->call.head_timeout_ms = HEAD_TIMEOUT_MS;
	job->call.max_body = ANSWER_MAX_BYTES;
	job->call.skips_line = true;
	remote_send(&job->call, remote, t);
	return task_wait(t, &job_version_step); /* the call has deadlines */
}

static bool check_range(const struct engine *e, struct error *err)
{
	const struct api_range *range = &e->remote.range;
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (range->max.major == 0)
		return error_set(err, ERROR_INVALID,
			"%s does not say which API version it speaks: is it a Docker Engine?",
			e->addr);
	if (api_version_compare(range->min, API_VERSION_MAX) <= 0 &&
		api_version_compare(range->max, API_VERSION_MIN) >= 0)
		return true;
	strbuf_add_str(&text, "engine speaks API versions ");
	api_version_format(&text, range->min);
	strbuf_add_str(&text, " to ");
	api_version_format(&text, range->max);
	strbuf_add_str(&text, ", this manager ");
	api_version_format(&text, API_VERSION_MIN);
	strbuf_add_str(&text, " to ");
	api_version_format(&text, API_VERSION_MAX);
	return error_set(err, ERROR_UNSUPPORTED, "%s", text.buf);
}

/* A manager shows the containers of its engines, and ours among them when we are one of those; each
 * would be there twice, and a create would come back to us for ever.  All managers, classic's too,
 * say so in their version. */
static bool check_is_engine(const struct engine *e, struct error *err)
{
	if (!str_starts_with(e->server_version, "swarm/"))
		return true;
	return error_set(err, ERROR_PROTOCOL,
		"%s: this is a manager (%s), no engine: take it out of the list of members",
		e->addr, e->server_version);
}

static enum task_turn job_version(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	struct engine *e = job->base.engine;
	auto_error struct error err = ERROR_INIT;
	yyjson_val *version;

	if (!job->call.done)
		return task_wait(t, &job_version_step); /* the call has deadlines */
	/* An answer is reported as a sign of life only when it is known to be the same daemon. */
	if (error_is_set(&job->call.err))
		engine_report_call(e, &job->call);
	if (!refresh_check(&job->base, &job->call, &err))
		return refresh_fail(&job->base, &err);
	version = yyjson_doc_get_root(job->call.json);
	remote_learn_version(&e->remote, version);
	replace(&e->server_version, json_get_str(version, "Version", ""));
	if (!check_is_engine(e, &err) || !check_range(e, &err))
		return refresh_fail(&job->base, &err);
	refresh_ask(&job->base, &job->call, "/info");
	job->asked_ms = clock_mono_ms();
	job->call.head_timeout_ms = HEAD_TIMEOUT_MS;
	job->call.max_body = ANSWER_MAX_BYTES;
	return task_wait_for(t, &job->call.done, &job_info_step);
}

/* --- the labels --- */

static bool add_engine_label(
	struct engine *e, struct labels *labels, const char *entry, struct error *err)
{
	const char *equals = strchr(entry, '=');
	auto_free char *key = equals ? xstrndup(entry, (size_t)(equals - entry)) : NULL;

	if (!equals)
		return error_set(err, ERROR_INVALID,
			"Engine (ID: %s, Addr: %s) contains an invalid label (%s) not formatted as "
			"\"key=value\".",
			e->id, e->addr, entry);
	if (strcmp(key, "node") == 0 || labels_get(labels, key)) {
		engine_warn(e, "Ignoring a label of the engine: its name is taken", "label", entry);
		return true;
	}
	labels_add(labels, key, equals + 1);
	return true;
}

static void add_fixed_labels(struct labels *labels, yyjson_val *info)
{
	static const struct {
		const char *label, *member;
	} fixed[] = {
		{ "storagedriver", "Driver" },
		{ "kernelversion", "KernelVersion" },
		{ "operatingsystem", "OperatingSystem" },
		{ "ostype", "OSType" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		const char *value = json_get_str(info, fixed[i].member, "");

		if (*value)
			labels_add(labels, fixed[i].label, value);
	}
}

static bool read_labels(struct engine *e, yyjson_val *info, struct error *err)
{
	struct labels labels = { 0 };
	auto_strv struct strv own = STRV_INIT;
	bool ok = true;

	add_fixed_labels(&labels, info);
	json_get_strv(info, "Labels", &own);
	for (size_t i = 0; ok && i < own.count; i++)
		ok = add_engine_label(e, &labels, own.items[i], err);
	labels_finish(&e->labels);
	e->labels = labels; /* values so far stay (2.2) */
	return ok;
}

/* --- the clock --- */

/*
 * The engine looked at its clock at some time between the question and the answer, which a busy one
 * takes seconds for.  So the difference is known as a range only: it is none, or what it was, as
 * long as it may be.
 */
struct shift_range {
	int64_t least_ns, most_ns;
};

static bool shift_may_be(const struct shift_range *range, int64_t shift_ns)
{
	return shift_ns > range->least_ns - clock_tolerance_ns &&
	       shift_ns < range->most_ns + clock_tolerance_ns;
}

static int64_t choose_shift(const struct shift_range *range, int64_t known_ns)
{
	if (shift_may_be(range, 0))
		return 0;
	if (known_ns && shift_may_be(range, known_ns))
		return known_ns;
	return range->most_ns - (range->most_ns - range->least_ns) / 2;
}

static void read_clock(struct engine *e, yyjson_val *info, int64_t took_ms)
{
	const char *text = json_get_str(info, "SystemTime", "");
	struct shift_range range;
	int64_t theirs, shift;

	/* A board without a battery begins in 1970, and none before it. */
	if (!time_parse_rfc3339(text, &theirs) || theirs <= 0) {
		e->clock_shift_ns = 0;
		return;
	}
	range.most_ns = clock_wall_ns() - theirs;
	range.least_ns = range.most_ns - took_ms * 1000000;
	shift = choose_shift(&range, e->clock_shift_ns);
	if (shift && !e->clock_shift_ns) {
		auto_free char *seconds = xasprintf("%.1f", (double)shift / (double)NS_PER_S);

		log_fields(LOG_WARN, "Engine's clock differs from the manager's", "addr", e->addr,
			"seconds", seconds, NULL);
	}
	e->clock_shift_ns = shift;
}

/* --- the rest of /info --- */

/* What GET /info of the manager unites. */
static const char *const kept_members[] = {
	"Plugins",
	"Runtimes",
	"DefaultRuntime",
	"CgroupDriver",
	"CgroupVersion",
	"LoggingDriver",
	"SecurityOptions",
	"DiscoveredDevices",
	"GenericResources",
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

/* A runtime's `status` is 8 kB of what no client reads here. */
static void shorten_runtimes(yyjson_mut_val *runtimes)
{
	yyjson_mut_val *key, *runtime;
	size_t i, max;

	yyjson_mut_obj_foreach(runtimes, i, max, key, runtime)
		yyjson_mut_obj_remove_key(runtime, "status");
}

static void keep_info(struct engine *e, yyjson_val *info)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);

	for (size_t i = 0; i < ARRAY_SIZE(kept_members); i++) {
		yyjson_val *value = yyjson_obj_get(info, kept_members[i]);

		if (value)
			yyjson_mut_obj_add(root, yyjson_mut_str(doc, kept_members[i]),
				yyjson_val_mut_copy(doc, value));
	}
	shorten_runtimes(yyjson_mut_obj_get(root, "Runtimes"));
	yyjson_mut_doc_set_root(doc, root);
	yyjson_doc_free(e->info);
	e->info = yyjson_mut_doc_imut_copy(doc, NULL);
}

/* Among the pairs that describe the storage, as engines tell it from 23.0 on. */
static bool uses_containerd_store(yyjson_val *info)
{
	yyjson_val *pair;
	size_t i, max;

	yyjson_arr_foreach(json_get_arr(info, "DriverStatus"), i, max, pair)
	{
		if (yyjson_equals_str(yyjson_arr_get(pair, 0), "driver-type"))
			return yyjson_equals_str(
				yyjson_arr_get(pair, 1), "io.containerd.snapshotter.v1");
	}
	return false;
}

static void keep_names(struct engine *e, yyjson_val *info)
{
	yyjson_val *swarm = json_get_obj(info, "Swarm");

	replace(&e->name, json_get_str(info, "Name", ""));
	replace(&e->os, json_get_str(info, "OSType", ""));
	replace(&e->os_name, json_get_str(info, "OperatingSystem", ""));
	replace(&e->arch, json_get_str(info, "Architecture", ""));
	replace(&e->kernel, json_get_str(info, "KernelVersion", ""));
	replace(&e->storage_driver, json_get_str(info, "Driver", ""));
	e->containerd_store = uses_containerd_store(info);
	e->swarm_active = strcmp(json_get_str(swarm, "LocalNodeState", ""), "active") == 0;
	e->swarm_control = json_get_bool(swarm, "ControlAvailable", false);
}

static void keep_ip(struct engine *e)
{
	const char *ip = endpoint_peer_ip(e->remote.endpoint);

	if (*ip)
		replace(&e->ip, ip);
}

/* Podman invents an id for every answer. */
static const char *daemon_id(const struct engine *e, yyjson_val *info)
{
	return e->remote.kind == REMOTE_PODMAN ? e->addr : json_get_str(info, "ID", "");
}

static void keep_id(struct engine *e, const char *id)
{
	replace(&e->daemon_id, id);
	free(e->id);
	e->id = xasprintf("%s|%s", id, e->addr);
}

/* False when another daemon than the known one answers there. */
static bool check_id(struct engine *e, const char *id, struct error *err)
{
	if (!engine_is_validated(e) || strcmp(e->daemon_id, id) == 0)
		return true;
	error_set(err, ERROR_CONFLICT,
		"Engine (ID: %s, Addr: %s) shows up with another ID:%s. It is validated anew.",
		e->daemon_id, e->addr, id);
	engine_suspend(e, err->text);
	return false;
}

static bool check_resources(const struct engine *e, struct error *err)
{
	if (e->cpus > 0 && e->memory_bytes > 0)
		return true;
	return error_set(err, ERROR_INVALID,
		"cannot get resources for this engine, make sure %s is a Docker Engine, not a "
		"Swarm manager",
		e->addr);
}

static bool read_info(struct engine *e, yyjson_val *info, int64_t took_ms, struct error *err)
{
	const char *id = daemon_id(e, info);

	if (!check_id(e, id, err))
		return false;
	keep_id(e, id);
	keep_names(e, info);
	keep_ip(e);
	e->cpus = json_get_int(info, "NCPU", 0);
	e->memory_bytes = json_get_int(info, "MemTotal", 0);
	keep_info(e, info);
	read_clock(e, info, took_ms);
	return check_resources(e, err) && read_labels(e, info, err);
}

static enum task_turn job_info(struct task *t)
{
	struct job *job = container_of(t, struct job, base.task);
	struct engine *e = job->base.engine;
	auto_error struct error err = ERROR_INIT;

	if (refresh_check(&job->base, &job->call, &err))
		read_info(e, yyjson_doc_get_root(job->call.json), clock_mono_ms() - job->asked_ms,
			&err);
	engine_report_call(e, &job->call);
	return refresh_fail(&job->base, &err); /* or no error at all */
}

void refresh_specs(struct refresh *r, struct engine *e, struct task *waiter)
{
	struct job *job = xnew(struct job);

	refresh_begin(r, &job->base, e, waiter, &job_ask_version_step, job_free);
}
