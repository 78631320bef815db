#include "fake_engine.h"

#include "base/json.h"
#include "base/strbuf.h"
#include "base/uri.h"
#include "docker/version.h"
#include "http/server.h"
#include "net/listen.h"

struct answer {
	int status;
	struct strbuf body;
};

struct held {
	struct list link;
	struct exchange *x;
	struct answer answer;
};

struct open_stream {
	struct list link;
	struct exchange *x;
};

/*
 * What it says.
 */

static const char *status_of(const struct fake_container *c)
{
	if (c->status)
		return c->status;
	if (strcmp(c->state, "running") == 0)
		return "Up About an hour";
	return strcmp(c->state, "exited") == 0 ? "Exited (0) About an hour ago" : "Created";
}

static void write_labels(struct strbuf *sb, const struct fake_container *c)
{
	if (c->swarm_id[0])
		strbuf_addf(sb, "{\"com.docker.swarm.id\":\"%s\"%s}", c->swarm_id,
			c->more_labels ? c->more_labels : "");
	else
		strbuf_add_str(sb, "{}");
}

static void write_entry(struct strbuf *sb, const struct fake_container *c)
{
	strbuf_addf(sb,
		"{\"Id\":\"%s\",\"Names\":[\"/%s\"],\"Image\":\"busybox\",\"ImageID\":\"sha256:1\","
		"\"Command\":\"top\",\"Created\":1700000000,\"Ports\":[],\"State\":\"%s\","
		"\"Status\":\"%s\",\"HostConfig\":{\"NetworkMode\":\"default\"},\"Labels\":",
		c->id, c->name, c->state, status_of(c));
	write_labels(sb, c);
	strbuf_add_str(sb, ",\"NetworkSettings\":{\"Networks\":{}},\"Mounts\":[]}");
}

static void write_hour_ago(struct strbuf *sb)
{
	time_format_utc_nano(sb, clock_wall_ns() - 3600 * NS_PER_S - 30 * NS_PER_S);
}

static void write_inspect(struct strbuf *sb, const struct fake_container *c)
{
	strbuf_addf(sb,
		"{\"Id\":\"%s\",\"Name\":\"/%s\",\"Image\":\"sha256:1\",\"Created\":"
		"\"2023-11-14T22:13:20Z\",\"State\":{\"Status\":\"%s\",\"Running\":%s,\"ExitCode\":"
		"0,"
		"\"StartedAt\":\"",
		c->id, c->name, c->state, strcmp(c->state, "running") == 0 ? "true" : "false");
	write_hour_ago(sb);
	strbuf_add_str(sb, "\",\"FinishedAt\":\"");
	write_hour_ago(sb);
	strbuf_addf(sb,
		"\"},\"HostConfig\":{\"NetworkMode\":\"default\",\"Memory\":%lld,\"CpuShares\":%"
		"lld},"
		"\"Config\":{\"Image\":\"busybox\",\"Labels\":",
		(long long)c->memory_bytes, (long long)c->cpu_shares);
	write_labels(sb, c);
	strbuf_add_str(sb, "},\"NetworkSettings\":{\"Ports\":{},\"Networks\":{}},\"Mounts\":[]}");
}

static void write_info(struct strbuf *sb, const struct fake_engine *f)
{
	strbuf_addf(sb,
		"{\"ID\":\"%s\",\"Name\":\"%s\",\"NCPU\":%lld,\"MemTotal\":%lld,\"Driver\":"
		"\"driver-test\",\"KernelVersion\":\"1.2.3\",\"OperatingSystem\":\"golang\","
		"\"OSType\":\"linux\",\"Architecture\":\"x86_64\",\"Labels\":%s,"
		"\"Runtimes\":{\"runc\":{\"path\":\"runc\",\"status\":{\"x\":\"long\"}}},"
		"\"MemoryLimit\":true,\"SystemTime\":\"",
		f->daemon_id, f->name, (long long)f->cpus, (long long)f->memory_bytes, f->labels);
	time_format_utc_nano(sb, clock_wall_ns() - f->clock_behind_ms * 1000000);
	strbuf_add_str(sb, "\"}");
}

static void list_containers(struct fake_engine *f, const char *query, struct strbuf *sb)
{
	struct fake_container *c;
	bool comma = false;

	strbuf_add_char(sb, '[');
	list_for_each (c, &f->containers, link) {
		if (strstr(query, "filters=") && !strstr(query, c->id))
			continue;
		if (comma)
			strbuf_add_char(sb, ',');
		comma = true;
		write_entry(sb, c);
	}
	strbuf_add_char(sb, ']');
	if (strstr(query, "filters="))
		f->filtered_lists++;
	else
		f->lists++;
}

static void inspect(struct fake_engine *f, const char *path, struct answer *a)
{
	struct fake_container *c;

	f->inspects++;
	list_for_each (c, &f->containers, link) {
		if (strstr(path, c->id)) {
			write_inspect(&a->body, c);
			return;
		}
	}
	a->status = 404;
	strbuf_add_str(&a->body, "{\"message\":\"No such container\"}");
}

static bool contains(const char *path, const char *part)
{
	return part && strstr(path, part);
}

static void make_answer(struct fake_engine *f, const char *path, struct answer *a)
{
	a->status = 200;
	if (contains(path, f->fail)) {
		a->status = 500;
		strbuf_add_str(&a->body, "{\"message\":\"out of order\"}");
	} else if (str_starts_with(path, "/_ping")) {
		f->pings++;
		strbuf_add_str(&a->body, "OK");
	} else if (str_starts_with(path, "/events")) {
		f->past_asked++;
		strbuf_add_str(&a->body, f->past ? f->past : "");
	} else if (str_starts_with(path, "/version")) {
		strbuf_addf(&a->body,
			"{\"Version\":\"20.10.24\",\"ApiVersion\":\"%s\",\"MinAPIVersion\":\"%s\"}",
			f->api_max, f->api_min);
	} else if (str_starts_with(path, "/info")) {
		f->infos++;
		write_info(&a->body, f);
	} else if (str_starts_with(path, "/containers/json")) {
		list_containers(f, path, &a->body);
	} else if (str_starts_with(path, "/containers/")) {
		inspect(f, path, a);
	} else if (str_starts_with(path, "/images/json")) {
		f->image_lists++;
		strbuf_addf(&a->body, "[{\"Id\":\"sha256:1\",\"RepoTags\":[\"%s\"]}",
			f->lacks_image ? "other:1" : "busybox:latest");
		for (int i = 0; i < f->more_images; i++)
			strbuf_addf(&a->body, ",{\"Id\":\"%d\"}", i);
		strbuf_add_str(&a->body, "]");
	} else if (str_starts_with(path, "/networks")) {
		f->network_lists++;
		strbuf_add_str(&a->body,
			"[{\"Id\":\"n1\",\"Name\":\"bridge\",\"Driver\":\"bridge\",\"Scope\":"
			"\"local\"}");
		strbuf_add(&a->body, f->networks.buf, f->networks.len);
		strbuf_add_char(&a->body, ']');
	} else if (str_starts_with(path, "/volumes")) {
		f->volume_lists++;
		strbuf_add_str(&a->body, "{\"Volumes\":null}");
	} else {
		a->status = 404;
		strbuf_add_str(&a->body, "{\"message\":\"page not found\"}");
	}
}

/*
 * What it does.
 */

static void keep_labels(struct fake_container *c, yyjson_val *labels)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	size_t i, count;
	yyjson_val *key, *val;

	yyjson_obj_foreach(labels, i, count, key, val)
	{
		if (yyjson_equals_str(key, "com.docker.swarm.id"))
			continue;
		strbuf_add_char(&text, ',');
		json_write(&text, key);
		strbuf_add_char(&text, ':');
		json_write(&text, val);
	}
	c->more_labels = c->asked_labels = xstrdup(text.buf);
}

static void create_container(
	struct fake_engine *f, const char *path, yyjson_val *body, struct answer *a)
{
	const char *name = strstr(path, "name=");
	auto_free char *plain = name ? xstrndup(name + 5, strcspn(name + 5, "&")) : xstrdup("made");
	char id[16];

	if (f->lacks_image) {
		a->status = 404;
		strbuf_add_str(&a->body, "{\"message\":\"No such image: busybox:latest\"}");
		return;
	}
	if (name && fake_engine_find(f, plain)) {
		a->status = 409;
		strbuf_addf(&a->body, "{\"message\":\"Conflict. The name %s is in use\"}", plain);
		return;
	}
	snprintf(id, sizeof(id), "c%x", f->changes);
	struct fake_container *c = fake_engine_add(f, id, plain);

	c->state = "created";
	keep_labels(c, json_get_obj(body, "Labels"));
	snprintf(c->swarm_id, sizeof(c->swarm_id), "%s",
		json_get_str(json_get_obj(body, "Labels"), "com.docker.swarm.id", ""));
	a->status = 201;
	strbuf_addf(&a->body, "{\"Id\":\"%s\",\"Warnings\":[]}", c->id);
}

static void create_network(struct fake_engine *f, yyjson_val *body, struct answer *a)
{
	auto_strbuf struct strbuf labels = STRBUF_INIT;

	json_write(&labels, json_get_obj(body, "Labels"));
	fake_engine_add_network(f, json_get_str(body, "Name", ""), labels.buf);
	a->status = 201;
	strbuf_add_str(&a->body, "{\"Id\":\"made\",\"Warning\":\"\"}");
}

static void change_container(
	struct fake_engine *f, const char *method, const char *path, struct answer *a)
{
	struct fake_container *c;

	a->status = 404;
	list_for_each (c, &f->containers, link) {
		if (!strstr(path, c->id))
			continue;
		a->status = 204;
		if (strcmp(method, "DELETE") == 0 && !strstr(path, "force=1") &&
			strcmp(c->state, "running") == 0) {
			a->status = 409;
			break;
		}
		if (strcmp(method, "DELETE") == 0)
			fake_engine_remove(f, c);
		else
			c->state = strstr(path, "/start") ? "running" : "exited";
		return;
	}
	strbuf_addf(&a->body, "{\"message\":\"%s\"}",
		a->status == 404 ? "No such container" : "It is running");
}

static void make_change(struct fake_engine *f, const char *method, const char *path,
	yyjson_val *body, struct answer *a)
{
	a->status = 200;
	if (str_starts_with(path, "/containers/create"))
		create_container(f, path, body, a);
	else if (str_starts_with(path, "/containers/"))
		change_container(f, method, path, a);
	else if (str_starts_with(path, "/networks/create"))
		create_network(f, body, a);
	else if (str_starts_with(path, "/images/create"))
		f->lacks_image = false;
}

/*
 * How it says it.
 */

static void send_answer(struct exchange *x, struct answer *a)
{
	exchange_reply(x, a->status, "application/json", a->body.buf, a->body.len);
	exchange_finish(x);
	strbuf_finish(&a->body);
}

static void start_answer(struct fake_engine *f, struct exchange *x, int status)
{
	struct open_stream *s = xnew(struct open_stream);

	s->x = x;
	list_push_back(&f->streams, &s->link);
	exchange_start(x, status, -1);
}

static void open_events(struct fake_engine *f, struct exchange *x, const char *path)
{
	const char *since = strstr(path, "since=");

	f->streams_opened++;
	snprintf(f->since, sizeof(f->since), "%s", since ? since + strlen("since=") : "");
	start_answer(f, x, 200);
}

static void hold_answer(struct fake_engine *f, struct exchange *x, const struct answer *a)
{
	struct held *h = xnew(struct held);

	*h = (struct held){ .x = x, .answer = *a };
	list_push_back(&f->held, &h->link);
}

/* A request whose body must be there first. */
struct incoming {
	struct list link;
	struct task task;
	struct fake_engine *engine;
	struct exchange *x;
	char *path; /* owned */
	bool frozen;
};

STEP(incoming_body);

static void incoming_done(struct task *t)
{
	struct incoming *in = container_of(t, struct incoming, task);

	task_finish(&in->task);
	list_remove(&in->link);
	free(in->path);
	free(in);
}

static void note_auth(struct fake_engine *f, const struct exchange *x, const char *path)
{
	const char *auth = headers_get(&x->head.headers, "X-Registry-Auth");

	if (str_starts_with(path, "/images/create"))
		snprintf(f->pulled_with, sizeof(f->pulled_with), "%s", auth ? auth : "");
}

static enum task_turn incoming_body(struct task *t)
{
	struct incoming *in = container_of(t, struct incoming, task);
	struct exchange *x = in->x;
	struct answer a = { 0 };
	size_t len;

	if (x->gone) {
		exchange_finish(x);
		return TASK_DONE;
	}
	if (!exchange_body_ready(x, 1 << 20, NULL))
		return task_wait(t, &incoming_body_step); /* the test ends before it waits long */
	len = evbuffer_get_length(x->body);
	auto_json yyjson_doc *doc =
		len ? json_parse((char *)evbuffer_pullup(x->body, -1), len, NULL) : NULL;

	strbuf_init(&a.body, 0);
	exchange_set_waiter(x, NULL);
	note_auth(in->engine, x, in->path);
	make_change(in->engine, x->head.method, in->path, yyjson_doc_get_root(doc), &a);
	if (in->frozen)
		hold_answer(in->engine, x, &a);
	else
		send_answer(x, &a);
	return TASK_DONE;
}

static void start_change(struct fake_engine *f, struct exchange *x, const char *path, bool frozen)
{
	struct incoming *in = xnew(struct incoming);

	in->engine = f;
	in->x = x;
	in->path = xstrdup(path);
	in->frozen = frozen;
	list_push_back(&f->incoming, &in->link);
	exchange_set_waiter(x, &in->task);
	task_init(&in->task, f->loop, &incoming_body_step, incoming_done);
	task_start(&in->task);
}

static enum fake_fault count_request(struct fake_engine *f, const char *path, bool is_change)
{
	enum fake_fault fault = FAKE_NO_FAULT;

	if (str_starts_with(path, "/_ping") || str_starts_with(path, "/events"))
		return fault;
	f->asked++;
	f->changes += is_change;
	if (f->fault_at > 0 && --f->fault_at == 0)
		fault = f->fault;
	return fault;
}

static void handle_exchange(struct exchange *x, void *arg)
{
	struct fake_engine *f = arg;
	auto_free char *path = NULL;
	const char *rest;
	struct answer a = { 0 };

	assert_true(uri_decode(x->head.target, strlen(x->head.target), false, &path, NULL));
	api_path_split(path, &rest);
	bool is_change = strcmp(x->head.method, "GET") != 0 && strcmp(x->head.method, "HEAD") != 0;
	enum fake_fault fault = count_request(f, rest, is_change);

	if (fault == FAKE_CUTS) {
		exchange_finish(x);
		return;
	}
	if (is_change && fault != FAKE_REFUSES) {
		start_change(f, x, rest, fault == FAKE_FREEZES);
		return;
	}
	if (contains(rest, f->stall)) {
		start_answer(f, x, 503);
		return;
	}
	if (str_starts_with(rest, "/events") && !contains(rest, "until=") &&
		!contains(rest, f->hold) && !contains(rest, f->fail)) {
		open_events(f, x, rest);
		return;
	}
	strbuf_init(&a.body, 0);
	if (fault == FAKE_REFUSES) {
		a.status = 500;
		strbuf_add_str(&a.body, "{\"message\":\"out of order\"}");
	} else {
		make_answer(f, rest, &a);
	}
	if (fault == FAKE_FREEZES || contains(rest, f->hold)) {
		hold_answer(f, x, &a);
		return;
	}
	send_answer(x, &a);
}

void fake_engine_release(struct fake_engine *f)
{
	struct held *h, *tmp;

	f->hold = NULL;
	list_for_each_safe (h, tmp, &f->held, link) {
		list_remove(&h->link);
		send_answer(h->x, &h->answer);
		free(h);
	}
}

void fake_engine_cut_streams(struct fake_engine *f)
{
	struct open_stream *s, *tmp;

	list_for_each_safe (s, tmp, &f->streams, link) {
		list_remove(&s->link);
		exchange_finish(s->x);
		free(s);
	}
}

void fake_engine_emit_text(struct fake_engine *f, const char *text, size_t len)
{
	struct open_stream *s;

	list_for_each (s, &f->streams, link)
		exchange_write(s->x, text, len);
}

void fake_engine_emit_at(struct fake_engine *f, int64_t time_ns, const char *type,
	const char *action, const char *id, const char *attributes)
{
	auto_free char *text = xasprintf(
		"{\"Type\":\"%s\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{%s}},"
		"\"time\":%lld,\"timeNano\":%lld}\n",
		type, action, id, attributes, (long long)(time_ns / NS_PER_S), (long long)time_ns);

	fake_engine_emit_text(f, text, strlen(text));
}

void fake_engine_emit(struct fake_engine *f, const char *type, const char *action, const char *id,
	const char *attributes)
{
	fake_engine_emit_at(f, clock_wall_ns(), type, action, id, attributes);
}

/*
 * Life.
 */

static void handle_stream(struct listener *l maybe_unused, struct stream *s, void *arg)
{
	struct fake_engine *f = arg;

	http_server_take(f->server, s);
}

static const struct listener_ops listener_ops = { .handle_stream = handle_stream };

void fake_engine_start(struct fake_engine *f)
{
	const char *spec = f->address[0] ? f->address : "127.0.0.1:0";
	auto_strv struct strv bound = STRV_INIT;
	struct error err = ERROR_INIT;

	f->server = http_server_create(
		f->loop, &(struct http_server_config){ .handle = handle_exchange, .arg = f });
	f->listener = listener_create(f->loop, spec, NULL, &listener_ops, f, &err);
	if (!f->listener)
		fail_msg("%s", error_text(&err));
	listener_addresses(f->listener, &bound);
	snprintf(f->address, sizeof(f->address), "%s", bound.items[0]);
}

void fake_engine_stop(struct fake_engine *f)
{
	listener_destroy(steal(f->listener));
	if (f->server)
		http_server_destroy(steal(f->server));
	while (!list_empty(&f->incoming)) {
		struct incoming *in = list_first(&f->incoming, struct incoming, link);

		exchange_finish(in->x);
		incoming_done(&in->task);
	}
	fake_engine_release(f); /* into the void */
	fake_engine_cut_streams(f);
}

struct fake_engine *fake_engine_create(struct loop *loop)
{
	struct fake_engine *f = xnew(struct fake_engine);

	f->loop = loop;
	f->daemon_id = "AAAA:BBBB";
	f->name = "node-1";
	f->cpus = 10;
	f->memory_bytes = INT64_C(8) << 30;
	f->api_min = "1.12";
	f->api_max = "1.41";
	f->labels = "[]";
	list_init(&f->containers);
	list_init(&f->held);
	list_init(&f->incoming);
	strbuf_init(&f->networks, 0);
	list_init(&f->streams);
	fake_engine_start(f);
	return f;
}

void fake_engine_destroy(struct fake_engine *f)
{
	if (!f)
		return;
	fake_engine_stop(f);
	while (!list_empty(&f->containers))
		fake_engine_remove(f, list_first(&f->containers, struct fake_container, link));
	strbuf_finish(&f->networks);
	free(f);
}

struct fake_container *fake_engine_add(struct fake_engine *f, const char *id, const char *name)
{
	struct fake_container *c = xnew(struct fake_container);
	size_t len = strlen(id);

	memset(c->id, '0', sizeof(c->id) - 1);
	memcpy(c->id, id, len);
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->state = "running";
	list_push_back(&f->containers, &c->link);
	return c;
}

void fake_engine_remove(struct fake_engine *f maybe_unused, struct fake_container *c)
{
	list_remove(&c->link);
	free(c->asked_labels);
	free(c);
}

void fake_engine_add_network(struct fake_engine *f, const char *name, const char *labels)
{
	/* "node-1": ids that begin with 1 */
	strbuf_addf(&f->networks,
		",{\"Id\":\"%c%063zx\",\"Name\":\"%s\",\"Driver\":\"bridge\",\"Scope\":\"local\","
		"\"Labels\":%s}",
		f->name[strlen(f->name) - 1], f->networks.len, name, labels);
}

struct fake_container *fake_engine_find(struct fake_engine *f, const char *name)
{
	struct fake_container *c;

	list_for_each (c, &f->containers, link) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}
