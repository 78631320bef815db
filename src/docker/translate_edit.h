/*
 * docker/translate_edit.h - what both directions of the translation need.  Private to docker/.
 */
#pragma once

#include <yyjson.h>

#include "docker/version.h"

/* API 1.minor, or newer. */
bool version_knows(struct api_version v, int minor);
/* The client knows what came with this version, the engine does not. */
bool is_beyond(struct api_version client, struct api_version engine, int minor);
/* The other way round. */
bool is_behind(struct api_version client, struct api_version engine, int minor);

/* Neither absent nor one of Go's zero values, which mean the same. */
bool edit_is_set(yyjson_mut_val *val);
/* A member's text; "" when it has none. */
const char *edit_text(yyjson_mut_val *object, const char *member);
/* Only where there is no such member.  The name is borrowed. */
void edit_put_new(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *member, yyjson_mut_val *val);
void edit_put(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *member, yyjson_mut_val *val);
/* Of a create request or an inspect document: what NetworkMode says. */
const char *edit_main_network(yyjson_mut_val *root);
/* The member, made an object when it is none. */
yyjson_mut_val *edit_ensure_object(yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *member);
