/* register/catalog_record.c - one text for a service, whichever side it comes from. */
#include "register/catalog_record.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"

#define CHECK_PREFIX "swarm:" /* before the id of the service, in that of its check */

/* --- writing --- */

static void add_text(struct strbuf *sb, const char *text)
{
	strbuf_add_json_str(sb, text, strlen(text));
}

static void add_member(struct strbuf *sb, const char *name, const char *value)
{
	strbuf_addf(sb, "%s\"%s\":", sb->buf[sb->len - 1] == '{' ? "" : ",", name);
	add_text(sb, value);
}

static void add_tags(struct strbuf *sb, const struct strv *tags)
{
	strbuf_add_str(sb, ",\"Tags\":[");
	for (size_t i = 0; i < tags->count; i++) {
		if (i > 0)
			strbuf_add_char(sb, ',');
		add_text(sb, tags->items[i]);
	}
	strbuf_add_char(sb, ']');
}

static bool meta_is_right(const struct label *l)
{
	size_t len = strlen(l->key);

	return len > 0 && len <= CATALOG_KEY_MAX && strlen(l->value) <= CATALOG_VALUE_MAX &&
	       strcmp(l->key, CATALOG_MARK) != 0 && !str_starts_with(l->key, "consul-") &&
	       strspn(l->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
		       len;
}

static void add_meta(struct strbuf *sb, const struct labels *attributes, const char *cluster)
{
	size_t room = CATALOG_META_MAX - 1;

	strbuf_add_str(sb, ",\"Meta\":{");
	for (size_t i = 0; i < attributes->count && room > 0; i++) {
		const struct label *l = &attributes->items[i];

		if (!meta_is_right(l))
			continue;
		add_member(sb, l->key, l->value);
		room--;
	}
	add_member(sb, CATALOG_MARK, cluster);
	strbuf_add_char(sb, '}');
}

void catalog_add(struct kv_entries *ret, const struct book_place *place, const struct service *s)
{
	auto_free char *key = xasprintf("%s/%s", place->node, s->id);
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	strbuf_add_char(&sb, '{');
	add_member(&sb, "Address", place->address);
	add_member(&sb, "Status", service_health_texts[s->health]);
	strbuf_add_str(&sb, ",\"Service\":{");
	add_member(&sb, "ID", s->id);
	add_member(&sb, "Service", s->name);
	add_tags(&sb, &s->tags);
	add_member(&sb, "Address", s->ip);
	strbuf_addf(&sb, ",\"Port\":%u", s->port);
	add_meta(&sb, &s->attributes, place->cluster);
	strbuf_add_str(&sb, "}}");
	kv_entries_add(ret, key, sb.buf, sb.len);
}

/* --- reading --- */

bool catalog_parse_nodes(yyjson_val *answer, const char *cluster, struct strv *ret_ours,
	struct strv *ret_others, struct error *err)
{
	yyjson_arr_iter iter;
	yyjson_val *node;

	if (!yyjson_is_arr(answer))
		return error_set(err, ERROR_PROTOCOL, "Consul's list of nodes is not an array");
	yyjson_arr_iter_init(answer, &iter);
	while ((node = yyjson_arr_iter_next(&iter))) {
		const char *name = json_get_str(node, "Node", "");
		const char *mark = json_get_str(json_get_obj(node, "Meta"), CATALOG_MARK, NULL);

		strv_add(mark && strcmp(mark, cluster) == 0 ? ret_ours : ret_others, name);
	}
	return true;
}

static enum service_health find_status(yyjson_val *checks, const char *id)
{
	auto_free char *wanted = xasprintf(CHECK_PREFIX "%s", id);
	yyjson_arr_iter iter;
	yyjson_val *check;

	yyjson_arr_iter_init(checks, &iter);
	while ((check = yyjson_arr_iter_next(&iter))) {
		const char *status = json_get_str(check, "Status", "");

		if (strcmp(json_get_str(check, "CheckID", ""), wanted) != 0)
			continue;
		for (enum service_health h = SERVICE_PASSING; h <= SERVICE_CRITICAL; h++) {
			if (strcmp(service_health_texts[h], status) == 0)
				return h;
		}
	}
	return SERVICE_UNCHECKED;
}

static void read_attributes(struct labels *ret, yyjson_val *meta)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_obj_iter_init(meta, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		const char *value = yyjson_get_str(yyjson_obj_iter_get_val(key));

		if (value && strcmp(yyjson_get_str(key), CATALOG_MARK) != 0)
			labels_add(ret, yyjson_get_str(key), value);
	}
	labels_sort(ret);
}

/* What it lends stays the answer's. */
static void read_service(struct kv_entries *ret, const struct book_place *place, yyjson_val *object,
	yyjson_val *checks)
{
	int64_t port = json_get_int(object, "Port", 0);
	const char *id = json_get_str(object, "ID", "");
	struct service s = {
		.id = (char *)id,
		.name = (char *)json_get_str(object, "Service", ""),
		.ip = (char *)json_get_str(object, "Address", ""),
		.port = (uint16_t)(port > 0 && port <= UINT16_MAX ? port : 0),
		.health = find_status(checks, id),
	};

	json_get_strv(object, "Tags", &s.tags);
	strv_sort(&s.tags);
	read_attributes(&s.attributes, json_get_obj(object, "Meta"));
	catalog_add(ret, place, &s);
	strv_finish(&s.tags);
	labels_finish(&s.attributes);
}

static bool is_ours(yyjson_val *service, const char *cluster)
{
	const char *mark = json_get_str(json_get_obj(service, "Meta"), CATALOG_MARK, NULL);

	return mark && strcmp(mark, cluster) == 0;
}

bool catalog_parse_node(yyjson_val *node, yyjson_val *checks, const char *cluster,
	struct kv_entries *ret_ours, struct strv *ret_others, int64_t *ret_index, struct error *err)
{
	yyjson_val *facts = json_get_obj(node, "Node"), *services = json_get_obj(node, "Services");
	const struct book_place place = {
		.node = json_get_str(facts, "Node", ""),
		.address = json_get_str(facts, "Address", ""),
		.cluster = cluster,
	};
	yyjson_obj_iter iter;
	yyjson_val *key;

	if (!*place.node)
		return error_set(err, ERROR_PROTOCOL, "Consul's node has no name");
	*ret_index = yyjson_obj_size(services) ? 0 : json_get_int(facts, "ModifyIndex", 0);
	yyjson_obj_iter_init(services, &iter);
	while ((key = yyjson_obj_iter_next(&iter))) {
		yyjson_val *service = yyjson_obj_iter_get_val(key);

		if (is_ours(service, cluster))
			read_service(ret_ours, &place, service, checks);
		else
			strv_take(ret_others,
				xasprintf("%s/%s", place.node, json_get_str(service, "ID", "")));
	}
	return true;
}

/* --- transactions --- */

static void begin_changes(struct strbuf *sb, const char *lock_key, const char *session)
{
	strbuf_add_str(sb, "[{\"KV\":{");
	add_member(sb, "Verb", "check-session");
	add_member(sb, "Key", lock_key);
	add_member(sb, "Session", session);
	strbuf_add_str(sb, "}}");
}

static void add_node(struct strbuf *sb, const char *node, const char *address, const char *cluster)
{
	strbuf_add_str(sb, ",{\"Node\":{\"Verb\":\"set\",\"Node\":{");
	add_member(sb, "Node", node);
	add_member(sb, "Address", address);
	strbuf_add_str(sb, ",\"Meta\":{");
	add_member(sb, "external-node", "true");
	add_member(sb, "external-probe", "false");
	add_member(sb, CATALOG_MARK, cluster);
	strbuf_add_str(sb, "}}}}");
}

static void add_check(struct strbuf *sb, const char *node, const char *id, const char *status)
{
	auto_free char *check = xasprintf(CHECK_PREFIX "%s", id);

	strbuf_addf(sb, ",{\"Check\":{\"Verb\":\"%s\",\"Check\":{", *status ? "set" : "delete");
	add_member(sb, "Node", node);
	add_member(sb, "CheckID", check);
	if (*status) {
		add_member(sb, "Name", "Health of the container");
		add_member(sb, "Status", status);
		add_member(sb, "ServiceID", id);
	}
	strbuf_add_str(sb, "}}}");
}

static void add_put(
	struct strbuf *sb, const char *node, const char *id, yyjson_val *wanted, yyjson_val *found)
{
	const char *status = json_get_str(wanted, "Status", "");

	strbuf_add_str(sb, ",{\"Service\":{\"Verb\":\"set\",");
	strbuf_add_str(sb, "\"Node\":");
	add_text(sb, node);
	strbuf_add_str(sb, ",\"Service\":");
	json_write(sb, json_get_obj(wanted, "Service"));
	strbuf_add_str(sb, "}}");
	if (*status || *json_get_str(found, "Status", ""))
		add_check(sb, node, id, status);
}

/* Consul goes by the id, but insists on a name. */
static void add_delete(struct strbuf *sb, const char *node, const char *id, yyjson_val *found)
{
	strbuf_add_str(sb, ",{\"Service\":{\"Verb\":\"delete\",\"Node\":");
	add_text(sb, node);
	strbuf_add_str(sb, ",\"Service\":{");
	add_member(sb, "ID", id);
	add_member(sb, "Service", json_get_str(json_get_obj(found, "Service"), "Service", id));
	strbuf_add_str(sb, "}}}");
}

static void add_change(
	struct strbuf *sb, const struct book_change *c, const char *cluster, struct strv *nodes)
{
	const char *slash = strchr(c->key, '/');
	auto_free char *node = xstrndup(c->key, (size_t)(slash - c->key));
	auto_json yyjson_doc *wanted =
		c->wanted ? json_parse(c->wanted, strlen(c->wanted), NULL) : NULL;
	auto_json yyjson_doc *found =
		c->found ? json_parse(c->found, strlen(c->found), NULL) : NULL;

	if (!wanted) {
		add_delete(sb, node, slash + 1, yyjson_doc_get_root(found));
		return;
	}
	if (!strv_contains(nodes, node)) {
		add_node(sb, node, json_get_str(yyjson_doc_get_root(wanted), "Address", ""),
			cluster);
		strv_add(nodes, node);
	}
	add_put(sb, node, slash + 1, yyjson_doc_get_root(wanted), yyjson_doc_get_root(found));
}

char *catalog_format_changes(const char *lock_key, const char *session, const char *cluster,
	const struct book_change *changes, size_t count)
{
	struct strbuf sb = STRBUF_INIT;
	auto_strv struct strv nodes = STRV_INIT;

	begin_changes(&sb, lock_key, session);
	for (size_t i = 0; i < count; i++)
		add_change(&sb, &changes[i], cluster, &nodes);
	strbuf_add_char(&sb, ']');
	return strbuf_steal(&sb);
}

char *catalog_format_removal(
	const char *lock_key, const char *session, const char *node, int64_t index)
{
	struct strbuf sb = STRBUF_INIT;

	begin_changes(&sb, lock_key, session);
	strbuf_add_str(&sb, ",{\"Node\":{\"Verb\":\"delete-cas\",\"Node\":{");
	add_member(&sb, "Node", node);
	strbuf_addf(&sb, ",\"ModifyIndex\":%" PRId64 "}}}]", index);
	return strbuf_steal(&sb);
}

bool catalog_lost_lock(yyjson_val *answer)
{
	yyjson_val *first = yyjson_arr_get_first(json_get_arr(answer, "Errors"));

	return json_get_int(first, "OpIndex", -1) == 0;
}
