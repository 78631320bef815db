/* docker/service_facts.c - of an inspect document, the part that registries of services want. */
#include "docker/service_facts.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"

static void read_environment(struct strv *ret, yyjson_val *env)
{
	yyjson_arr_iter iter;
	yyjson_val *item;

	yyjson_arr_iter_init(env, &iter);
	while (ret->count < SERVICE_VALUES_MAX && (item = yyjson_arr_iter_next(&iter))) {
		const char *text = yyjson_get_str(item);

		if (text && str_starts_with(text, SERVICE_PREFIX) && strchr(text, '=') &&
			yyjson_get_len(item) <= SERVICE_VALUE_MAX)
			strv_add(ret, text);
	}
}

static void read_exposed(struct strv *ret, yyjson_val *exposed)
{
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_obj_iter_init(exposed, &iter);
	while (ret->count < SERVICE_EXPOSED_MAX && (key = yyjson_obj_iter_next(&iter)))
		strv_add(ret, yyjson_get_str(key));
}

struct service_facts *service_facts_from_inspect(yyjson_val *inspect)
{
	yyjson_val *config = json_get_obj(inspect, "Config");
	struct service_facts *f;

	if (!json_get_bool(json_get_obj(inspect, "State"), "Running", false))
		return NULL;
	f = xnew(struct service_facts);
	f->image = xstrdup(json_get_str(config, "Image", ""));
	f->host_name = xstrdup(json_get_str(config, "Hostname", ""));
	read_environment(&f->environment, json_get_arr(config, "Env"));
	read_exposed(&f->exposed, json_get_obj(config, "ExposedPorts"));
	return f;
}

void service_facts_destroy(struct service_facts *f)
{
	if (!f)
		return;
	free(f->image);
	free(f->host_name);
	strv_finish(&f->exposed);
	strv_finish(&f->environment);
	free(f);
}
