/* api/node_document.c - what is known of an engine, member by member. */
#include "api/node_document.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <string.h>

#include "api/replica.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "manager/drain.h"
#include "manager/node_settings.h"

/* --- who leads --- */

void node_leader_init(struct node_leader *l, const struct api *api)
{
	const struct replica *replica = api->config.replica;
	auto_free char *port = NULL;

	*l = (struct node_leader){ .address = replica ? replica_leader(replica) : "" };
	if (!replica && getifaddrs(&l->own) != 0)
		l->own = NULL;
	if (!replica || !parse_host_port(l->address, &l->host, &port, NULL))
		l->host = xstrdup("");
}

void node_leader_finish(struct node_leader *l)
{
	free(l->host);
	if (l->own)
		freeifaddrs(l->own);
	*l = (struct node_leader){ 0 };
}

static bool is_address(const struct sockaddr *sa, const char *ip)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr, text, sizeof(text));
	else if (sa && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)sa)->sin6_addr, text,
			sizeof(text));
	return *text && strcmp(text, ip) == 0;
}

/* Of a manager without others: is the engine on its host? */
static bool is_own_address(const struct node_leader *l, const char *ip)
{
	for (const struct ifaddrs *a = l->own; a; a = a->ifa_next) {
		if (is_address(a->ifa_addr, ip))
			return true;
	}
	return false;
}

static bool is_leader(const struct node_leader *l, const struct engine *e)
{
	return *e->ip && (strcmp(l->host, e->ip) == 0 || is_own_address(l, e->ip));
}

const char *node_role(const struct node_leader *l, const struct engine *e)
{
	return is_leader(l, e) ? "manager" : "worker";
}

/* --- the parts --- */

void node_add_time(yyjson_mut_doc *doc, yyjson_mut_val *to, const char *key, int64_t ns)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;

	time_format_utc_nano(&text, ns);
	yyjson_mut_obj_add_strcpy(doc, to, key, text.buf);
}

static void add_labels(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct labels *labels)
{
	yyjson_mut_val *all = yyjson_mut_obj_add_obj(doc, to, "Labels");

	for (size_t i = 0; i < labels->count; i++)
		yyjson_mut_obj_put(all, yyjson_mut_strcpy(doc, labels->items[i].key),
			yyjson_mut_strcpy(doc, labels->items[i].value));
}

static void add_plugins(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct engine *e)
{
	static const char *const kinds[] = { "Log", "Network", "Volume" };
	yyjson_val *plugins = json_get_obj(yyjson_doc_get_root(e->info), "Plugins");
	yyjson_mut_val *all = yyjson_mut_obj_add_arr(doc, to, "Plugins");

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		auto_strv struct strv names = STRV_INIT;

		json_get_strv(plugins, kinds[k], &names);
		for (size_t i = 0; i < names.count; i++) {
			yyjson_mut_val *plugin = yyjson_mut_arr_add_obj(doc, all);

			yyjson_mut_obj_add_str(doc, plugin, "Type", kinds[k]);
			yyjson_mut_obj_add_strcpy(doc, plugin, "Name", names.items[i]);
		}
	}
}

static void add_description(yyjson_mut_doc *doc, yyjson_mut_val *node, const struct engine *e)
{
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, node, "Description"), *part;

	yyjson_mut_obj_add_strcpy(doc, to, "Hostname", *e->name ? e->name : "(unknown)");
	part = yyjson_mut_obj_add_obj(doc, to, "Platform");
	yyjson_mut_obj_add_strcpy(doc, part, "Architecture", e->arch);
	yyjson_mut_obj_add_strcpy(doc, part, "OS", e->os);
	part = yyjson_mut_obj_add_obj(doc, to, "Resources");
	yyjson_mut_obj_add_sint(doc, part, "NanoCPUs", e->cpus * 1000000000);
	yyjson_mut_obj_add_sint(doc, part, "MemoryBytes", e->memory_bytes);
	part = yyjson_mut_obj_add_obj(doc, to, "Engine");
	yyjson_mut_obj_add_strcpy(doc, part, "EngineVersion", e->server_version);
	add_labels(doc, part, &e->labels);
	add_plugins(doc, part, e);
}

static void add_status(
	const struct api *api, yyjson_mut_doc *doc, yyjson_mut_val *node, const struct engine *e)
{
	auto_strbuf struct strbuf drained = STRBUF_INIT;
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, node, "Status");

	yyjson_mut_obj_add_str(doc, to, "State", engine_node_state(e->state));
	drain_describe(api->manager->drain, e, &drained);
	if (*e->last_error || drained.len)
		yyjson_mut_obj_add_strcpy(
			doc, to, "Message", *e->last_error ? e->last_error : drained.buf);
	yyjson_mut_obj_add_strcpy(doc, to, "Addr", e->ip);
}

static void add_manager(yyjson_mut_doc *doc, yyjson_mut_val *node, const struct node_leader *leader,
	const struct engine *e)
{
	yyjson_mut_val *to = yyjson_mut_obj_add_obj(doc, node, "ManagerStatus");

	yyjson_mut_obj_add_bool(doc, to, "Leader", true);
	yyjson_mut_obj_add_str(doc, to, "Reachability", "reachable");
	yyjson_mut_obj_add_strcpy(doc, to, "Addr", *leader->address ? leader->address : e->ip);
}

yyjson_mut_val *node_document(const struct api *api, yyjson_mut_doc *doc,
	const struct node_leader *leader, const struct engine *e)
{
	const struct node_setting *setting =
		node_settings_get(api->manager->node_settings, e->name);
	yyjson_mut_val *node = yyjson_mut_obj(doc), *part;

	yyjson_mut_obj_add_strcpy(doc, node, "ID", engine_node_id(e));
	part = yyjson_mut_obj_add_obj(doc, node, "Version");
	yyjson_mut_obj_add_uint(doc, part, "Index", setting->version);
	node_add_time(doc, node, "CreatedAt", e->known_since_ns);
	node_add_time(doc, node, "UpdatedAt", max_of(setting->updated_at_ns, e->updated_at_ns));
	part = yyjson_mut_obj_add_obj(doc, node, "Spec");
	add_labels(doc, part, &setting->labels);
	yyjson_mut_obj_add_str(doc, part, "Role", node_role(leader, e));
	yyjson_mut_obj_add_str(doc, part, "Availability", availability_text(setting->availability));
	add_description(doc, node, e);
	add_status(api, doc, node, e);
	if (is_leader(leader, e))
		add_manager(doc, node, leader, e);
	return node;
}
