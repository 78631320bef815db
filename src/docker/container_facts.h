/*
 * docker/container_facts.h - pieces that the list entry and the inspect document share.
 *
 * Private to docker/container*.c.
 */
#pragma once

#include <yyjson.h>

#include "docker/container.h"

enum container_state container_state_parse(const char *s, enum container_state otherwise);
/* Replace an interned member. */
void container_set_interned(const char **member, const char *value);
/* Replace; what is no array or object gives none. */
void container_set_labels(struct container *c, yyjson_val *labels);
void container_set_networks(struct container *c, yyjson_val *networks);
void container_set_mounts(struct container *c, yyjson_val *mounts);
void container_clear_names(struct container *c);
void container_clear_ports(struct container *c);
/* Docker's names need no escape in JSON, so the usual case is a copy. */
bool container_text_is_plain(const char *s);
/* Only letters, digits and "_.-", 1 to 64 of them: it becomes part of a path. */
bool container_id_is_valid(const char *id);
/* 0.0.0.0 and :: */
bool container_ip_is_unspecified(const char *ip);
bool container_ip_is_valid(const char *ip);
