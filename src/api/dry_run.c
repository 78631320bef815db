/* api/dry_run.c - a choice that nobody makes hold, and what each filter says of each node. */
#include "api/dry_run.h"

#include "api/reply.h"
#include "base/json.h"
#include "base/mem.h"
#include "manager/placing.h"

static void add_verdict(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct sched_verdict *v)
{
	yyjson_mut_val *node = yyjson_mut_arr_add_obj(doc, to);
	yyjson_mut_val *refused;

	yyjson_mut_obj_add_strcpy(doc, node, "Name", v->node->name);
	yyjson_mut_obj_add_strcpy(doc, node, "Addr", v->node->addr);
	yyjson_mut_obj_add_bool(doc, node, "Fits", v->refused_count == 0);
	refused = yyjson_mut_obj_add_arr(doc, node, "RefusedBy");
	for (size_t i = 0; i < v->refused_count; i++)
		yyjson_mut_arr_add_str(doc, refused, v->refused_by[i]);
	if (v->refused_count > 0)
		return;
	yyjson_mut_obj_add_real(doc, node, "Weight", v->weight);
	yyjson_mut_obj_add_sint(doc, node, "Containers", v->containers);
}

static void add_nodes(yyjson_mut_doc *doc, yyjson_mut_val *root, struct placing *p)
{
	yyjson_mut_val *nodes = yyjson_mut_obj_add_arr(doc, root, "Nodes");
	size_t count = 0;
	auto_free struct sched_verdict *verdicts = placing_judge(p, &count);

	for (size_t i = 0; i < count; i++)
		add_verdict(doc, nodes, &verdicts[i]);
}

void dry_run_reply(struct request *rq, struct container_config *config)
{
	auto_json_mut yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	auto_error struct error err = ERROR_INIT;
	struct placing p;
	size_t len;

	placing_init(&p, rq->api->manager, config, rq->version);
	yyjson_mut_doc_set_root(doc, root);
	if (placing_choose(&p, &err)) {
		yyjson_mut_obj_add_strcpy(doc, root, "Node", p.engine->name);
		yyjson_mut_obj_add_val(doc, root, "Placement", yyjson_mut_rawcpy(doc, p.why));
	} else {
		yyjson_mut_obj_add_null(doc, root, "Node");
		yyjson_mut_obj_add_strcpy(doc, root, "Message", error_text(&err));
	}
	add_nodes(doc, root, &p);
	placing_finish(&p);
	auto_free char *text = json_doc_text(doc, &len);

	reply_json(rq, 200, text, len);
}
