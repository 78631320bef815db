/* api/containers.c - container routes that are passed to the container's engine. */
#include "api/containers.h"

#include <string.h>

#include "api/proxy.h"
#include "api/reply.h"
#include "api/routes.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "docker/name.h"
#include "docker/translate.h"

/* "/logs" of "/containers/{name}/logs". */
static const char *route_action(const struct request *rq)
{
	return strchr(rq->route->path, '}') + 1;
}

void containers_pass(struct request *rq)
{
	proxy_container(rq, route_action(rq), 0);
}

/* Whether a query asks for something without end; `otherwise` when it does not say. */
static bool is_asked(const struct request *rq, const char *key, bool otherwise)
{
	const char *value = query_get(&rq->query, key);

	return value ? parse_query_bool(value) : otherwise;
}

/* It ends because the container does, or is removed. */
void containers_stats(struct request *rq)
{
	proxy_container(
		rq, route_action(rq), is_asked(rq, "stream", true) ? PROXY_REFRESH_AT_END : 0);
}

void containers_archive(struct request *rq)
{
	proxy_container(rq, route_action(rq), PROXY_BY_NAME);
}

void containers_change(struct request *rq)
{
	proxy_container(rq, route_action(rq), PROXY_REFRESH);
}

/* What the container writes; clients want to be told how it is framed. */
static void pass_output(struct request *rq, enum proxy_flags flags)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));
	struct proxy *p;

	if (!c)
		return;
	auto_free char *path = xasprintf("/containers/%s%s", c->id, route_action(rq));

	p = proxy_create(rq, c->engine, path, flags);
	memcpy(p->container_id, c->id, sizeof(p->container_id));
	if (c->inspected)
		p->stream_type = translate_stream_type(
			c->tty, rq->version, remote_version(&c->engine->remote, rq->version));
	proxy_start(p);
}

void containers_logs(struct request *rq)
{
	pass_output(rq, is_asked(rq, "follow", false) ? PROXY_REFRESH_AT_END : 0);
}

void containers_attach(struct request *rq)
{
	pass_output(rq, PROXY_HIJACK | PROXY_REFRESH_AT_END);
}

void containers_attach_ws(struct request *rq)
{
	proxy_container(rq, route_action(rq), PROXY_HIJACK | PROXY_REFRESH_AT_END);
}

void containers_checkpoint_remove(struct request *rq)
{
	auto_strbuf struct strbuf action = STRBUF_INIT;

	strbuf_add_str(&action, "/checkpoints/");
	uri_encode_path(&action, rq->captures[1]);
	proxy_container(rq, action.buf, 0);
}

/* A pending record that only holds the name, until the engine has answered. */
static struct container *reserve_name(struct engine *e, const char *name)
{
	struct container *c = container_create();

	c->names = xcalloc(1, sizeof(*c->names));
	c->names[0] = xasprintf("/%s", name);
	c->names_count = 1;
	engine_add_container(e, c);
	return c;
}

void containers_rename(struct request *rq)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));
	auto_error struct error err = ERROR_INIT;
	const struct container *holder;
	const char *name;
	struct proxy *p;

	if (!c)
		return; /* answered: rq is gone */
	name = query_get(&rq->query, "name");
	if (name && name[0] == '/')
		name++;
	if (name && !name_check("container", name, &err)) {
		reply_error(rq, &err);
		return;
	}
	holder = name ? cluster_find_name(rq->api->cluster, name) : NULL;
	if (holder && holder != c) { /* its own name is the engine's to refuse */
		container_name_conflict(holder, name, &err);
		error_wrap(&err, "Error when allocating new name");
		reply_error(rq, &err);
		return;
	}
	auto_free char *path = xasprintf("/containers/%s/rename", c->id);

	p = proxy_create(rq, c->engine, path, PROXY_REFRESH);
	memcpy(p->container_id, c->id, sizeof(p->container_id));
	if (name && *name && !holder) /* an empty one, too, is the engine's to refuse */
		p->reservation = reserve_name(c->engine, name);
	proxy_start(p);
}

void containers_remove(struct request *rq)
{
	proxy_container(rq, "", PROXY_REFRESH);
}

/* The container stands in the query; the rest of it passes as it is. */
void containers_commit(struct request *rq)
{
	const char *name = query_get(&rq->query, "container");
	auto_strbuf struct strbuf path = STRBUF_INIT;
	struct container *c;
	struct proxy *p;

	c = proxy_container_gate(rq, name ? name : "");
	if (!c)
		return;
	query_set(&rq->query, "container", c->id);
	strbuf_add_str(&path, "/commit?");
	query_format(&rq->query, &path);
	rq->raw_query = "";
	p = proxy_create(rq, c->engine, path.buf, PROXY_REFRESH_IMAGES);
	proxy_start(p);
}
