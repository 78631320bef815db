/* api/containers.c - container routes that are passed to the container's engine. */
#include "api/containers.h"

#include <string.h>

#include "api/proxy.h"
#include "api/reply.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/find_container.h"
#include "docker/name.h"
#include "docker/translate.h"

void containers_pass(struct request *rq)
{
	proxy_container(rq);
}

/* All that an engine says of a signal begins so, of whom it is for as well. */
void containers_kill(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;
	struct container *c = proxy_find_container(rq, request_name(rq), &err);

	if (c) {
		proxy_start(proxy_create_container(rq, c, NULL));
		return;
	}
	error_wrap(&err, "cannot kill container: %s", request_name(rq));
	reply_error(rq, &err);
}

/* A newer engine may know it. */
void containers_unknown(struct request *rq)
{
	const char *rest;
	struct container *c = cluster_find_container_in(
		rq->api->cluster, rq->path + strlen("/containers/"), &rest);

	if (!c || !engine_is_healthy(c->engine)) {
		reply_unknown(rq);
		return;
	}
	auto_free char *path = xasprintf("/containers/%s%s", c->id, rest);

	proxy_start(proxy_create_container(rq, c, path));
}

/* Whether a query asks for something without end; `otherwise` when it does not say. */
static bool is_asked(const struct request *rq, const char *key, bool otherwise)
{
	const char *value = query_get(&rq->query, key);

	return value ? parse_query_bool(value) : otherwise;
}

/* It ends because the container does, or is removed; what was not to go on says nothing. */
static void start_following(struct proxy *p, bool follows)
{
	if (!follows)
		p->flags &= ~ROUTE_CHANGES_AT_END;
	proxy_start(p);
}

void containers_stats(struct request *rq)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));

	if (c)
		start_following(proxy_create_container(rq, c, NULL), is_asked(rq, "stream", true));
}

/* What the container writes; clients want to be told how it is framed. */
static void pass_output(struct request *rq, bool follows)
{
	struct container *c = proxy_container_gate(rq, request_name(rq));
	struct proxy *p;

	if (!c)
		return;
	p = proxy_create_container(rq, c, NULL);
	if (c->inspected)
		p->stream_type = translate_stream_type(
			c->tty, rq->version, remote_version(&c->engine->remote, rq->version));
	start_following(p, follows);
}

void containers_logs(struct request *rq)
{
	pass_output(rq, is_asked(rq, "follow", false));
}

void containers_attach(struct request *rq)
{
	pass_output(rq, true);
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
	p = proxy_create_container(rq, c, NULL);
	if (name && *name && !holder) /* an empty one, too, is the engine's to refuse */
		p->reservation = reserve_name(c->engine, name);
	proxy_start(p);
}

/* The container stands in the query; the rest of it passes as it is. */
void containers_commit(struct request *rq)
{
	const char *name = query_get(&rq->query, "container");
	auto_strbuf struct strbuf path = STRBUF_INIT;
	struct container *c = proxy_container_gate(rq, name ? name : "");

	if (!c)
		return;
	query_set(&rq->query, "container", c->id);
	strbuf_add_str(&path, "/commit?");
	query_format(&rq->query, &path);
	rq->raw_query = "";
	proxy_start(proxy_create(rq, c->engine, path.buf));
}
