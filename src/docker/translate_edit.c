/* docker/translate_edit.c - moving and copying members of a document. */
#include "docker/translate_edit.h"

#include <string.h>

bool version_knows(struct api_version v, int minor)
{
	return !api_version_before(v, 1, minor);
}

bool is_beyond(struct api_version client, struct api_version engine, int minor)
{
	return version_knows(client, minor) && !version_knows(engine, minor);
}

bool is_behind(struct api_version client, struct api_version engine, int minor)
{
	return version_knows(engine, minor) && !version_knows(client, minor);
}

bool edit_is_set(yyjson_mut_val *val)
{
	if (yyjson_mut_is_bool(val))
		return yyjson_mut_get_bool(val);
	if (yyjson_mut_is_str(val))
		return yyjson_mut_get_len(val) > 0;
	if (yyjson_mut_is_num(val))
		return yyjson_mut_get_num(val) != 0;
	return yyjson_mut_is_ctn(val) && yyjson_mut_get_len(val) > 0;
}

const char *edit_text(yyjson_mut_val *object, const char *member)
{
	const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(object, member));

	return text ? text : "";
}

void edit_put_new(
	yyjson_mut_doc *doc, yyjson_mut_val *object, const char *member, yyjson_mut_val *val)
{
	if (!yyjson_mut_obj_get(object, member))
		yyjson_mut_obj_add(object, yyjson_mut_str(doc, member), val);
}

void edit_put(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *member, yyjson_mut_val *val)
{
	yyjson_mut_obj_remove_key(object, member);
	yyjson_mut_obj_add(object, yyjson_mut_str(doc, member), val);
}

yyjson_mut_val *edit_ensure_object(yyjson_mut_doc *doc, yyjson_mut_val *parent, const char *member)
{
	yyjson_mut_val *child = yyjson_mut_obj_get(parent, member);

	if (yyjson_mut_is_obj(child))
		return child;
	child = yyjson_mut_obj(doc);
	edit_put(doc, parent, member, child);
	return child;
}

const char *edit_main_network(yyjson_mut_val *root)
{
	const char *mode = edit_text(yyjson_mut_obj_get(root, "HostConfig"), "NetworkMode");

	return *mode ? mode : "default";
}
