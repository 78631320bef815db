/*
 * docker/config_private.h - the parts of docker/config.c among themselves.
 */
#pragma once

#include "docker/config.h"
#include "docker/config_reader.h"

#define CONTAINER_MODE "container:"

yyjson_mut_val *config_root(const struct container_config *c);
/* The object of that name, made when there is none. */
yyjson_mut_val *config_ensure_object(
	struct container_config *c, yyjson_mut_val *parent, const char *key);
void config_put_label(struct container_config *c, const char *key, const char *value);

/* config_expressions.c: out of the environment, into lists and labels. */
bool config_read_expressions(struct container_config *c, struct config_reader *r);

/* config_needs.c: what is wrong is in r; `host` is HostConfig. */
void config_move_legacy_resources(struct container_config *c, struct config_reader *r);
void config_read_resources(
	struct container_config *c, struct config_reader *r, yyjson_mut_val *host);
void config_read_ports(struct container_config *c, struct config_reader *r, yyjson_mut_val *host);
/* Arrays and what they own. */
void config_free_ports(struct port_use *ports, char **texts, size_t count);
void config_read_exposed(struct container_config *c, struct config_reader *r);
void config_read_namespaces(
	struct container_config *c, struct config_reader *r, yyjson_mut_val *host);
void config_read_binds(struct container_config *c, struct config_reader *r, yyjson_mut_val *host);
void config_read_mounts(struct container_config *c, struct config_reader *r, yyjson_mut_val *host);
void config_read_networks(struct container_config *c, struct config_reader *r);
