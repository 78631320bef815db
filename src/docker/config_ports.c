/* docker/config_ports.c - host ports of a create request, chosen here instead of by the engine. */
#include <string.h>

#include "base/json.h"
#include "docker/config.h"
#include "docker/config_private.h"

static yyjson_mut_val *host_of(const struct container_config *c)
{
	return yyjson_mut_obj_get(config_root(c), "HostConfig");
}

static void read_again(struct container_config *c)
{
	struct config_reader r = { .doc = c->doc };
	bool publishes_all = c->publishes_all;

	config_free_ports(c->ports, c->port_texts, c->ports_count);
	c->ports = NULL;
	c->port_texts = NULL;
	c->ports_count = 0;
	config_read_ports(c, &r, host_of(c));
	c->publishes_all = publishes_all;
}

static bool is_left_open(yyjson_mut_val *binding)
{
	yyjson_mut_val *port = yyjson_mut_obj_get(binding, "HostPort");

	return yyjson_mut_is_obj(binding) &&
	       (!port || yyjson_mut_is_null(port) || yyjson_mut_equals_str(port, "") ||
		       yyjson_mut_equals_str(port, "0"));
}

static bool set_port(struct container_config *c, yyjson_mut_val *binding, uint16_t port)
{
	auto_free char *text = xasprintf("%u", port);

	if (port == 0)
		return false;
	config_put(c->doc, binding, "HostPort", yyjson_mut_strcpy(c->doc, text));
	return true;
}

void config_choose_ports(struct container_config *c,
	uint16_t (*choose)(void *arg, enum port_protocol protocol), void *arg)
{
	yyjson_mut_val *bindings = yyjson_mut_obj_get(host_of(c), "PortBindings"), *key, *binding;
	yyjson_mut_obj_iter iter;
	bool changed = false;

	yyjson_mut_obj_iter_init(bindings, &iter);
	while ((key = yyjson_mut_obj_iter_next(&iter))) {
		yyjson_mut_arr_iter list;
		enum port_protocol protocol;
		uint16_t first, last;

		if (!port_parse(yyjson_mut_get_str(key), &first, &last, &protocol))
			continue;
		yyjson_mut_arr_iter_init(yyjson_mut_obj_iter_get_val(key), &list);
		while ((binding = yyjson_mut_arr_iter_next(&list))) {
			if (is_left_open(binding))
				changed |= set_port(c, binding, choose(arg, protocol));
		}
	}
	if (changed)
		read_again(c);
}

/* --- all that is exposed --- */

static void bind_one(struct container_config *c, yyjson_mut_val *bindings, const char *port)
{
	yyjson_mut_val *list = yyjson_mut_obj_get(bindings, port);

	if (yyjson_mut_arr_size(list) > 0)
		return;
	list = yyjson_mut_arr(c->doc);
	yyjson_mut_arr_add_obj(c->doc, list);
	yyjson_mut_obj_put(bindings, yyjson_mut_strcpy(c->doc, port), list);
}

void config_bind_exposed(struct container_config *c, yyjson_val *of_image)
{
	yyjson_mut_val *own = yyjson_mut_obj_get(config_root(c), "ExposedPorts"), *mine;
	yyjson_mut_val *bindings = config_ensure_object(c, host_of(c), "PortBindings");
	yyjson_mut_obj_iter mine_iter;
	yyjson_obj_iter iter;
	yyjson_val *key;

	yyjson_mut_obj_iter_init(own, &mine_iter);
	while ((mine = yyjson_mut_obj_iter_next(&mine_iter)))
		bind_one(c, bindings, yyjson_mut_get_str(mine));
	yyjson_obj_iter_init(of_image, &iter);
	while ((key = yyjson_obj_iter_next(&iter)))
		bind_one(c, bindings, yyjson_get_str(key));
	c->publishes_all = false;
	read_again(c);
}
