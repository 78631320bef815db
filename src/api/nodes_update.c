/*
 * api/nodes_update.c - POST /nodes/{id}/update: what an operator says about a node.
 *
 * The body is the whole specification as it is to be.  It is answered when it is at rest.
 */
#include <string.h>

#include "api/body.h"
#include "api/errand.h"
#include "api/node_document.h"
#include "api/nodes.h"
#include "api/reply.h"
#include "base/mem.h"
#include "base/parse.h"
#include "manager/node_settings.h"

enum { UPDATE_BODY_MAX = 256 * 1024 };

STEP(update_begin);
STEP(update_kept);

struct node_update {
	struct errand errand;
	struct keep_write write;
	char *name; /* of the node; owned */
	enum availability before, now;
};

static struct node_update *update_of(struct errand *e)
{
	return container_of(e, struct node_update, errand);
}

static void update_finish(struct errand *e)
{
	struct node_update *u = update_of(e);

	keep_write_finish(&u->write);
	free(u->name);
}

void nodes_update(struct request *rq)
{
	struct node_update *u = errand_create(rq, sizeof(*u), &update_begin_step, update_finish);

	errand_start_body(&u->errand, UPDATE_BODY_MAX);
}

/* --- what is asked for --- */

static const char *text_of(yyjson_mut_val *root, const char *key)
{
	const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(root, key));

	return text ? text : "";
}

static bool check_role(
	const struct request *rq, const struct engine *e, const char *role, struct error *err)
{
	struct node_leader leader;

	node_leader_init(&leader, rq->api);
	bool same = strcasecmp(role, node_role(&leader, e)) == 0;
	node_leader_finish(&leader);
	if (same)
		return true;
	if (strcasecmp(role, "worker") != 0 && strcasecmp(role, "manager") != 0)
		return error_set(err, ERROR_INVALID, "invalid Role: \"%s\"", role);
	return error_set(err, ERROR_INVALID,
		"node %s cannot become a %s: managers are no nodes here, start or stop "
		"`swarm manage --replication` on its host",
		e->name, role);
}

/* Engines' own words for a version that was overtaken: clients look for them, and for the 500. */
static bool check_version(struct request *rq, const struct node_setting *setting, struct error *err)
{
	const char *text = query_get(&rq->query, "version");
	uint64_t version;

	if (!text || !parse_u64(text, &version))
		return error_set(err, ERROR_INVALID, "invalid node version '%s'", text ? text : "");
	if (version != setting->version)
		return error_set_status(
			err, 500, "rpc error: code = Unknown desc = update out of sequence");
	return true;
}

static bool read_labels(yyjson_mut_val *root, struct labels *ret, struct error *err)
{
	yyjson_mut_val *labels = yyjson_mut_obj_get(root, "Labels"), *key, *value;
	size_t i, max;

	if (labels && !yyjson_mut_is_obj(labels) && !yyjson_mut_is_null(labels))
		return error_set(err, ERROR_INVALID, "Labels are no object");
	yyjson_mut_obj_foreach(labels, i, max, key, value)
	{
		if (!yyjson_mut_is_str(value) || !*yyjson_mut_get_str(key))
			return error_set(err, ERROR_INVALID, "label %s is no text, or has no name",
				yyjson_mut_get_str(key));
		labels_set(ret, yyjson_mut_get_str(key), yyjson_mut_get_str(value));
	}
	return true;
}

static bool read_spec(struct request *rq, const struct engine *e, yyjson_mut_val *root,
	enum availability *ret, struct labels *ret_labels, struct error *err)
{
	const char *word = text_of(root, "Availability"), *name = text_of(root, "Name");

	if (!availability_parse(word, ret))
		return error_set(err, ERROR_INVALID, "invalid Availability: \"%s\"", word);
	if (*name && strcmp(name, e->name) != 0)
		return error_set(err, ERROR_INVALID, "a node has the name of its host, which is %s",
			e->name);
	return check_role(rq, e, text_of(root, "Role"), err) && read_labels(root, ret_labels, err);
}

/* --- the change --- */

static bool change(struct node_update *u, struct error *err)
{
	struct request *rq = u->errand.rq;
	struct node_settings *settings = rq->api->manager->node_settings;
	const struct engine *e = nodes_find(rq->api->cluster, request_name(rq), err);
	auto_json_mut yyjson_mut_doc *doc = e ? body_object(rq, NULL, err) : NULL;
	enum availability availability;
	struct labels labels = { 0 };
	bool ok;

	if (!doc || !manager_check_acting(rq->api->manager, err))
		return false;
	if (!*e->name)
		return error_set(err, ERROR_UNAVAILABLE,
			"node %s has not been reached yet, and its name is not known", e->addr);
	ok = check_version(rq, node_settings_get(settings, e->name), err) &&
	     read_spec(rq, e, yyjson_mut_doc_get_root(doc), &availability, &labels, err);
	if (ok) {
		u->name = xstrdup(e->name);
		u->before = node_settings_get(settings, e->name)->availability;
		u->now = availability;
		node_settings_put(
			settings, e->name, availability, &labels, &u->write, &u->errand.task);
	}
	labels_finish(&labels);
	return ok;
}

static enum task_turn update_begin(struct task *t)
{
	struct node_update *u = update_of(container_of(t, struct errand, task));
	auto_error struct error err = ERROR_INIT;

	if (!change(u, &err))
		return errand_fail(&u->errand, &err);
	return task_wait_for(t, &u->write.done, &update_kept_step);
}

static void tell(const struct node_update *u, struct engine *e)
{
	bool changed = u->before != u->now;

	bus_publish_own(e->cluster->bus, JOURNAL_NODE,
		&(struct event_own){ EVENT_NODE, "update", engine_node_id(e),
			{ { "name", e->name },
				{ "availability.old",
					changed ? availability_text(u->before) : NULL },
				{ "availability.new",
					changed ? availability_text(u->now) : NULL } } },
		e);
}

static enum task_turn update_kept(struct task *t)
{
	struct node_update *u = update_of(container_of(t, struct errand, task));
	struct cluster *cluster = u->errand.rq->api->cluster;
	auto_error struct error err = ERROR_INIT;
	struct engine *e;

	error_move(&err, &u->write.err);
	if (error_is_set(&err)) {
		error_wrap(&err, "node %s", u->name);
		return errand_fail(&u->errand, &err);
	}
	e = cluster_find_engine(cluster, u->name);
	if (e)
		tell(u, e);
	reply_empty(errand_detach(&u->errand), 200);
	return TASK_WAIT;
}
