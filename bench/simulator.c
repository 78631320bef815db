/*
 * One process that plays many Docker engines, each on its own loopback address.
 *
 *   simulator ENGINES CONTAINERS_PER_ENGINE [PORT]
 *
 * Engine n listens on 127.77.(n / 250).(n % 250 + 1); the addresses are printed, one a line, then
 * "ready".  Answers have the realistic sizes of an engine's own: about 1.2 kB a list entry and
 * 6 kB an inspect.  create and start change state and send events; everything else is read-only.
 * It ends on SIGTERM or SIGINT.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "base/uri.h"
#include "http/server.h"
#include "net/listen.h"

struct sim_container {
	char id[ID_HEX_LEN + 1];
	char name[ID_HEX_LEN + 1];
	int64_t created_s;
	bool running;
	UT_hash_handle by_id, by_name;
};

struct sim_watcher { /* a client of /events */
	struct list link;
	struct exchange *x;
	struct task task;
};

struct sim_engine {
	char name[32], address[64], ip[32];
	char daemon_id[ID_HEX_LEN + 1];
	struct http_server *server;
	struct listener *listener;
	struct sim_container **containers;
	size_t count, cap;
	struct sim_container *by_id, *by_name;
	struct list watchers;
};

static struct loop *loop;
static struct sim_engine *engines;
static size_t engines_count;

/* --- documents --- */

static void add_labels(struct strbuf *sb, const struct sim_container *c)
{
	strbuf_addf(sb,
		"{\"com.docker.compose.config-hash\":"
		"\"1f0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7c6\","
		"\"com.docker.compose.container-number\":\"1\",\"com.docker.compose.oneoff\":"
		"\"False\","
		"\"com.docker.compose.project\":\"bench\",\"com.docker.compose.service\":\"web\","
		"\"com.docker.compose.version\":\"2.26.1\",\"maintainer\":\"team@bench.invalid\","
		"\"org.opencontainers.image.version\":\"1.4.2\",\"com.docker.swarm.id\":\"%.32s%."
		"32s\"}",
		c->id + 32, c->id);
}

static void add_networks(struct strbuf *sb, const struct sim_container *c)
{
	strbuf_addf(sb,
		"{\"Networks\":{\"bench_default\":{\"IPAMConfig\":null,\"Links\":null,\"Aliases\":"
		"null,"
		"\"NetworkID\":"
		"\"7d1e0c5b2a4f3e6d9c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e2d1c0b9a8f7e6d\","
		"\"EndpointID\":\"%s\",\"Gateway\":\"172.18.0.1\",\"IPAddress\":\"172.18.0.9\","
		"\"IPPrefixLen\":16,\"IPv6Gateway\":\"\",\"GlobalIPv6Address\":\"\","
		"\"GlobalIPv6PrefixLen\":0,\"MacAddress\":\"02:42:ac:12:00:09\",\"DriverOpts\":"
		"null}}}",
		c->running ? c->id : "");
}

#define IMAGE    "registry.bench.invalid:5000/team/service:1.4.2"
#define IMAGE_ID "sha256:9f1c4e0b3a2d5f6e7c8b9a0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f"

static void add_entry(struct strbuf *sb, const struct sim_container *c)
{
	strbuf_addf(sb,
		"{\"Id\":\"%s\",\"Names\":[\"/%s\"],\"Image\":\"" IMAGE "\",\"ImageID\":\"" IMAGE_ID
		"\","
		"\"Command\":\"/usr/local/bin/service --config "
		"/etc/service/service.json\",\"Created\":%lld,"
		"\"Ports\":[{\"PrivatePort\":8080,\"Type\":\"tcp\"}],\"Labels\":",
		c->id, c->name, (long long)c->created_s);
	add_labels(sb, c);
	strbuf_addf(sb,
		",\"State\":\"%s\",\"Status\":\"%s\",\"HostConfig\":{\"NetworkMode\":\"bench_"
		"default\"},"
		"\"NetworkSettings\":",
		c->running ? "running" : "created", c->running ? "Up 3 hours" : "Created");
	add_networks(sb, c);
	strbuf_add_str(sb,
		",\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"bench_data\",\"Source\":"
		"\"/var/lib/docker/volumes/bench_data/_data\",\"Destination\":\"/data\","
		"\"Driver\":\"local\",\"Mode\":\"z\",\"RW\":true,\"Propagation\":\"\"}]}");
}

static void add_filler(struct strbuf *sb)
{
	strbuf_add_str(sb, ",\"Env\":[");
	for (int i = 0; i < 24; i++)
		strbuf_addf(sb,
			"%s\"SERVICE_SETTING_NUMBER_%02d=a value of an ordinary length, %d\"",
			i ? "," : "", i, i * 7);
	strbuf_add_str(sb, "],\"MaskedPaths\":[");
	for (int i = 0; i < 24; i++)
		strbuf_addf(sb, "%s\"/proc/some/path/that/is/masked/%02d\"", i ? "," : "", i);
	strbuf_add_str(sb, "]");
}

static void add_inspect(struct strbuf *sb, const struct sim_container *c)
{
	strbuf_addf(sb,
		"{\"Id\":\"%s\",\"Created\":\"2026-01-02T03:04:05.678901234Z\",\"Path\":"
		"\"/usr/local/bin/service\",\"Args\":[\"--config\",\"/etc/service/service.json\"],"
		"\"State\":{\"Status\":\"%s\",\"Running\":%s,\"Paused\":false,\"Restarting\":false,"
		"\"OOMKilled\":false,\"Dead\":false,\"Pid\":4711,\"ExitCode\":0,\"Error\":\"\","
		"\"StartedAt\":\"%s\",\"FinishedAt\":\"0001-01-01T00:00:00Z\"},\"Image\":"
		"\"" IMAGE_ID "\","
		"\"Name\":\"/"
		"%s\",\"RestartCount\":0,\"Driver\":\"overlay2\",\"Platform\":\"linux\","
		"\"HostConfig\":{\"Binds\":null,\"NetworkMode\":\"bench_default\",\"PortBindings\":"
		"{},"
		"\"CpuShares\":0,\"Memory\":67108864,\"NanoCpus\":0,\"AutoRemove\":false",
		c->id, c->running ? "running" : "created", c->running ? "true" : "false",
		c->running ? "2026-01-02T03:04:06.123456789Z" : "0001-01-01T00:00:00Z", c->name);
	add_filler(sb);
	strbuf_add_str(
		sb, "},\"Config\":{\"Hostname\":\"bench\",\"Image\":\"" IMAGE "\",\"Labels\":");
	add_labels(sb, c);
	add_filler(sb);
	strbuf_add_str(sb, "},\"NetworkSettings\":");
	add_networks(sb, c);
	strbuf_add_str(sb, ",\"Mounts\":[]}");
}

static void add_info(struct strbuf *sb, const struct sim_engine *e)
{
	auto_strbuf struct strbuf now = STRBUF_INIT;

	time_format_utc_nano(&now, clock_wall_ns());
	strbuf_addf(sb,
		"{\"ID\":\"%s\",\"Name\":\"%s\",\"Containers\":%zu,\"Driver\":\"overlay2\","
		"\"KernelVersion\":\"6.1.0\",\"OperatingSystem\":\"Debian GNU/Linux 12 "
		"(bookworm)\","
		"\"OSType\":\"linux\",\"Architecture\":\"x86_64\",\"NCPU\":32,\"MemTotal\":"
		"68719476736,"
		"\"Labels\":[\"zone=z%zu\"],\"ServerVersion\":\"20.10.24\",\"SystemTime\":\"%s\","
		"\"Plugins\":{\"Volume\":[\"local\"],\"Network\":[\"bridge\",\"host\"],\"Log\":["
		"\"json-file\"]},"
		"\"Swarm\":{\"LocalNodeState\":\"inactive\"}}",
		e->daemon_id, e->name, e->count, (size_t)(e - engines) % 3, now.buf);
}

/* --- answers --- */

static void answer(struct exchange *x, int status, const struct strbuf *text)
{
	exchange_reply(
		x, status, "application/json", text ? text->buf : NULL, text ? text->len : 0);
	exchange_finish(x);
}

static void answer_text(struct exchange *x, int status, const char *text)
{
	exchange_reply(x, status, "application/json", text, strlen(text));
	exchange_finish(x);
}

static void publish(struct sim_engine *e, const struct sim_container *c, const char *action)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	struct sim_watcher *w;
	int64_t now = clock_wall_ns();

	strbuf_addf(&text,
		"{\"status\":\"%s\",\"id\":\"%s\",\"from\":\"" IMAGE "\",\"Type\":\"container\","
		"\"Action\":\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{\"image\":\"" IMAGE
		"\","
		"\"name\":\"%s\"}},\"scope\":\"local\",\"time\":%lld,\"timeNano\":%lld}\n",
		action, c->id, action, c->id, c->name, (long long)(now / NS_PER_S), (long long)now);
	list_for_each (w, &e->watchers, link)
		exchange_write(w->x, text.buf, text.len);
}

static struct sim_container *add_container(struct sim_engine *e, const char *name, bool running)
{
	struct sim_container *c = xnew(struct sim_container);

	id_new(c->id);
	snprintf(c->name, sizeof(c->name), "%.*s", (int)sizeof(c->name) - 1, *name ? name : c->id);
	c->created_s = clock_wall_ns() / NS_PER_S;
	c->running = running;
	array_reserve(e->containers, e->count, e->cap);
	e->containers[e->count++] = c;
	HASH_ADD(by_id, e->by_id, id, ID_HEX_LEN, c);
	HASH_ADD(by_name, e->by_name, name, strlen(c->name), c);
	return c;
}

static struct sim_container *find_container(struct sim_engine *e, const char *what)
{
	struct sim_container *c;

	HASH_FIND(by_id, e->by_id, what, strlen(what), c);
	if (!c)
		HASH_FIND(by_name, e->by_name, what, strlen(what), c);
	return c;
}

static void answer_list(struct sim_engine *e, struct exchange *x, const struct query *query)
{
	const char *filters = query_get(query, "filters");
	auto_json yyjson_doc *doc = filters ? json_parse(filters, strlen(filters), NULL) : NULL;
	yyjson_val *ids = json_get_obj(yyjson_doc_get_root(doc), "id"), *key;
	yyjson_obj_iter iter = yyjson_obj_iter_with(ids);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	strbuf_add_char(&text, '[');
	if (ids) {
		while ((key = yyjson_obj_iter_next(&iter))) {
			struct sim_container *c = find_container(e, yyjson_get_str(key));

			if (c)
				add_entry(&text, c);
		}
	}
	for (size_t i = 0; !ids && i < e->count; i++) {
		if (i)
			strbuf_add_char(&text, ',');
		add_entry(&text, e->containers[i]);
	}
	strbuf_add_str(&text, "]\n");
	answer(x, 200, &text);
}

STEP(watcher_woken);

static enum task_turn watcher_woken(struct task *t)
{
	struct sim_watcher *w = container_of(t, struct sim_watcher, task);

	if (!w->x->gone)
		return TASK_WAIT;
	list_remove(&w->link);
	task_finish(&w->task);
	exchange_finish(w->x);
	free(w);
	return TASK_WAIT;
}

static void answer_events(struct sim_engine *e, struct exchange *x)
{
	struct sim_watcher *w = xnew(struct sim_watcher);

	w->x = x;
	task_init(&w->task, loop, &watcher_woken_step, NULL);
	list_push_back(&e->watchers, &w->link);
	headers_set(&x->answer, "Content-Type", "application/json");
	exchange_start(x, 200, -1);
	exchange_set_waiter(x, &w->task);
}

static void answer_inspect(struct sim_engine *e, struct exchange *x, const char *what)
{
	struct sim_container *c = find_container(e, what);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (!c) {
		answer_text(x, 404, "{\"message\":\"No such container\"}");
		return;
	}
	add_inspect(&text, c);
	answer(x, 200, &text);
}

static void answer_start(struct sim_engine *e, struct exchange *x, const char *what)
{
	struct sim_container *c = find_container(e, what);

	if (!c) {
		answer_text(x, 404, "{\"message\":\"No such container\"}");
		return;
	}
	c->running = true;
	publish(e, c, "start");
	answer(x, 204, NULL);
}

/* The body's content does not matter here; the server throws away what nobody takes. */
static void answer_create(struct sim_engine *e, struct exchange *x, const struct query *query)
{
	const char *name = query_get(query, "name");
	struct sim_container *c = add_container(e, name ? name : "", false);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	publish(e, c, "create");
	strbuf_addf(&text, "{\"Id\":\"%s\",\"Warnings\":[]}\n", c->id);
	answer(x, 201, &text);
}

static void answer_simple(struct sim_engine *e, struct exchange *x, const char *path)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (strcmp(path, "/_ping") == 0) {
		headers_set(&x->answer, "Api-Version", "1.41");
		headers_set(&x->answer, "Ostype", "linux");
		strbuf_add_str(&text, "OK");
	} else if (strcmp(path, "/info") == 0) {
		add_info(&text, e);
	} else if (strcmp(path, "/version") == 0) {
		strbuf_add_str(&text, "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\","
				      "\"MinAPIVersion\":\"1.12\","
				      "\"Os\":\"linux\",\"Arch\":\"amd64\"}");
	} else if (strcmp(path, "/images/json") == 0) {
		strbuf_add_str(&text,
			"[{\"Id\":\"" IMAGE_ID "\",\"RepoTags\":[\"" IMAGE "\"],\"RepoDigests\":[],"
			"\"Created\":1700000000,\"Size\":123456789,\"Labels\":null}]");
	} else if (strcmp(path, "/networks") == 0) {
		strbuf_add_str(&text, "[]");
	} else if (strcmp(path, "/volumes") == 0) {
		strbuf_add_str(&text, "{\"Volumes\":[],\"Warnings\":null}");
	} else {
		answer_text(x, 404, "{\"message\":\"page not found\"}");
		return;
	}
	answer(x, 200, &text);
}

static const char *strip_version(const char *path)
{
	const char *slash;

	if (path[0] == '/' && path[1] == 'v' && path[2] >= '0' && path[2] <= '9' &&
		(slash = strchr(path + 1, '/')))
		return slash;
	return path;
}

/* "/containers/<what>/<action>": the part in the middle. */
static char *middle_of(const char *path, const char *action)
{
	static const char before[] = "/containers/";

	if (!str_starts_with(path, before) || !str_ends_with(path, action) ||
		strlen(path) <= strlen(before) + strlen(action))
		return NULL;
	return xstrndup(path + strlen(before), strlen(path) - strlen(before) - strlen(action));
}

static void route(
	struct sim_engine *e, struct exchange *x, const char *path, const struct query *query)
{
	auto_free char *inspected = middle_of(path, "/json");
	auto_free char *started = middle_of(path, "/start");

	if (strcmp(path, "/containers/json") == 0)
		answer_list(e, x, query);
	else if (strcmp(path, "/events") == 0)
		answer_events(e, x);
	else if (strcmp(path, "/containers/create") == 0)
		answer_create(e, x, query);
	else if (inspected)
		answer_inspect(e, x, inspected);
	else if (started)
		answer_start(e, x, started);
	else
		answer_simple(e, x, path);
}

static void handle(struct exchange *x, void *arg)
{
	const char *question = strchr(x->head.target, '?');
	auto_free char *path = xstrndup(x->head.target, strcspn(x->head.target, "?"));
	auto_query struct query query = QUERY_INIT;

	if (question && !query_parse(&query, question + 1, strlen(question + 1), NULL)) {
		answer_text(x, 400, "{\"message\":\"bad query\"}");
		return;
	}
	route(arg, x, strip_version(path), &query);
}

/* --- life --- */

static void handle_stream(struct listener *l, struct stream *s, void *arg)
{
	struct sim_engine *e = arg;

	(void)l;
	http_server_take(e->server, s);
}

static const struct listener_ops listener_ops = { .handle_stream = handle_stream };

static void engine_start(struct sim_engine *e, size_t n, size_t containers, const char *port)
{
	auto_error struct error err = ERROR_INIT;
	struct http_server_config config = { .handle = handle, .arg = e };

	list_init(&e->watchers);
	snprintf(e->name, sizeof(e->name), "bench-%zu", n);
	snprintf(e->ip, sizeof(e->ip), "127.77.%zu.%zu", n / 250, n % 250 + 1);
	snprintf(e->address, sizeof(e->address), "%s:%s", e->ip, port);
	id_new(e->daemon_id);
	for (size_t i = 0; i < containers; i++) {
		char name[ID_HEX_LEN + 1];

		snprintf(name, sizeof(name), "%s-service-%zu", e->name, i);
		add_container(e, name, true);
	}
	e->server = http_server_create(loop, &config);
	e->listener = listener_create(loop, e->address, NULL, &listener_ops, e, &err);
	if (!e->listener) {
		fprintf(stderr, "simulator: %s\n", error_text(&err));
		exit(1);
	}
	printf("%s\n", e->address);
}

static void engine_stop(struct sim_engine *e)
{
	struct sim_watcher *w, *tmp;

	listener_destroy(e->listener);
	list_for_each_safe (w, tmp, &e->watchers, link) {
		task_finish(&w->task);
		exchange_finish(w->x);
		free(w);
	}
	http_server_destroy(e->server);
	HASH_CLEAR(by_id, e->by_id);
	HASH_CLEAR(by_name, e->by_name);
	for (size_t i = 0; i < e->count; i++)
		free(e->containers[i]);
	free(e->containers);
}

static void handle_signal(struct loop_signal *s)
{
	(void)s;
	loop_stop(loop);
}

int main(int argc, char **argv)
{
	struct loop_signal term, interrupt;
	uint64_t count, containers;

	if (argc < 3 || !parse_u64(argv[1], &count) || !parse_u64(argv[2], &containers) ||
		count > 5000) {
		fprintf(stderr, "usage: simulator ENGINES CONTAINERS_PER_ENGINE [PORT]\n");
		return 2;
	}
	loop = loop_create();
	engines = xcalloc(count, sizeof(*engines));
	for (engines_count = 0; engines_count < count; engines_count++)
		engine_start(&engines[engines_count], engines_count, containers,
			argc > 3 ? argv[3] : "2375");
	printf("ready\n");
	fflush(stdout);
	loop_signal_start(&term, loop, SIGTERM, handle_signal);
	loop_signal_start(&interrupt, loop, SIGINT, handle_signal);
	loop_run(loop);
	loop_signal_stop(&term);
	loop_signal_stop(&interrupt);
	for (size_t i = 0; i < engines_count; i++)
		engine_stop(&engines[i]);
	free(engines);
	loop_destroy(loop);
	return 0;
}
