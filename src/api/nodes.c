/* api/nodes.c - the nodes as docker node lists them, and one that is out of reach. */
#include "api/nodes.h"

#include <string.h>

#include "api/node_document.h"
#include "api/object_list.h"
#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cluster/cluster.h"
#include "manager/desired.h"
#include "manager/node_settings.h"

struct engine *nodes_find(struct cluster *cluster, const char *what, struct error *err)
{
	struct engine *found = cluster_find_engine(cluster, what), *e;
	size_t count = 0;

	if (found)
		return found;
	cluster_each (e, cluster, CLUSTER_VALIDATED) {
		if (*what && str_starts_with(engine_node_id(e), what)) {
			found = e;
			count++;
		}
	}
	if (count == 1)
		return found;
	if (count)
		error_set(err, ERROR_INVALID, "node %s is ambiguous (%zu matches found)", what,
			count);
	else
		error_set(err, ERROR_NOT_FOUND, "node %s not found", what);
	return NULL;
}

/* --- filters --- */

static bool is_wanted(const struct api *api, const struct list_filters *f,
	const struct node_leader *leader, const struct engine *e)
{
	const struct node_setting *setting =
		node_settings_get(api->manager->node_settings, e->name);

	return list_filters_begin(f, "id", engine_node_id(e)) &&
	       list_filters_begin(f, "name", e->name) &&
	       list_filters_has(f, "role", node_role(leader, e)) &&
	       list_filters_has(f, "membership", "accepted") &&
	       object_list_has_labels(f, "label", &e->labels) &&
	       object_list_has_labels(f, "node.label", &setting->labels);
}

/* --- answers --- */

static void reply_document(struct request *rq, yyjson_mut_doc *doc)
{
	size_t len;
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(rq, 200, text, len);
}

static void reply_list(struct request *rq, const struct list_filters *f)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *list = yyjson_mut_arr(doc);
	struct node_leader leader;
	size_t count;
	auto_free struct engine **engines = cluster_sorted_engines(rq->api->cluster, &count);

	yyjson_mut_doc_set_root(doc, list);
	node_leader_init(&leader, rq->api);
	for (size_t i = 0; i < count; i++) {
		if (is_wanted(rq->api, f, &leader, engines[i]))
			yyjson_mut_arr_append(
				list, node_document(rq->api, doc, &leader, engines[i]));
	}
	node_leader_finish(&leader);
	reply_document(rq, doc);
}

void nodes_list(struct request *rq)
{
	static const char *const accepted[] = { "id", "label", "membership", "name", "node.label",
		"role", NULL };
	auto_list_filters struct list_filters f = { 0 };
	auto_error struct error err = ERROR_INIT;

	if (list_filters_parse(&f, query_get(&rq->query, "filters"), &err) &&
		list_filters_check(&f, accepted, &err))
		reply_list(rq, &f);
	else
		reply_error(rq, &err);
}

void nodes_inspect(struct request *rq)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	auto_error struct error err = ERROR_INIT;
	const struct engine *e = nodes_find(rq->api->cluster, request_name(rq), &err);
	struct node_leader leader;

	if (!e) {
		reply_error(rq, &err);
		return;
	}
	node_leader_init(&leader, rq->api);
	yyjson_mut_doc_set_root(doc, node_document(rq->api, doc, &leader, e));
	node_leader_finish(&leader);
	reply_document(rq, doc);
}

/* --- rm --- */

static bool remove_node(struct request *rq, struct error *err)
{
	struct desired *desired = rq->api->manager->desired;
	const struct engine *e = nodes_find(rq->api->cluster, request_name(rq), NULL);
	const char *name = e ? (*e->id ? e->id : e->addr) : request_name(rq);

	if (!manager_check_acting(rq->api->manager, err))
		return false;
	bool may_run = (e && e->state == ENGINE_UNHEALTHY) || desired_knows_node(desired, name);
	if (may_run && !parse_query_bool(query_get(&rq->query, "force")))
		return error_set(err, ERROR_INVALID,
			"node %s is out of reach and may still run its containers: --force says "
			"that it does not, and those with a reschedule policy are made anew on "
			"other nodes",
			request_name(rq));
	return desired_declare_lost(desired, name, err);
}

void nodes_remove(struct request *rq)
{
	auto_error struct error err = ERROR_INIT;

	if (remove_node(rq, &err))
		reply_empty(rq, 200);
	else
		reply_error(rq, &err);
}
