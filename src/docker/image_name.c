/* docker/image_name.c - an image's names against what somebody wrote. */
#include "docker/image_name.h"

#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/reference_view.h"

#define SHA256        "sha256:"
#define MIN_ID_PREFIX 3

static const char *find_answer(const struct image *i, const char **names, size_t count,
	const struct view *wanted, enum image_match how)
{
	for (size_t n = 0; n < count; n++) {
		struct view have = view_of(names[n]);

		if (!view_same_repository(&have, wanted) &&
			!(i->localhost_is_implied && view_is_implied_localhost(&have, wanted)))
			continue;
		if (view_version_answers(&have, wanted, how))
			return names[n];
	}
	return NULL;
}

const char *image_find_reference(const struct image *i, const char *name, enum image_match how)
{
	struct view wanted = view_of(name);
	const char *tag = find_answer(i, i->tags, i->tags_count, &wanted, how);

	return tag ? tag : find_answer(i, i->digests, i->digests_count, &wanted, how);
}

bool image_has_reference(const struct image *i, const char *name, enum image_match how)
{
	return image_find_reference(i, name, how) != NULL;
}

bool image_has_digest_of(const struct image *i, const char *name)
{
	struct view wanted = view_of(name);

	for (size_t n = 0; n < i->digests_count; n++) {
		struct view have = view_of(i->digests[n]);

		if (view_same_repository(&have, &wanted))
			return true;
	}
	return false;
}

const char *image_id_hex(const char *id)
{
	return str_starts_with(id, SHA256) ? id + strlen(SHA256) : id;
}

bool image_has_id_prefix(const struct image *i, const char *name)
{
	const char *prefix = image_id_hex(name);
	/* with its algorithm it can be nothing else, however short */
	size_t least = prefix == name ? MIN_ID_PREFIX : 1;

	return id_is_hex(prefix, least) && str_starts_with(image_id_hex(i->id), prefix);
}

bool image_has_name(const struct image *i, const char *name, enum image_match how)
{
	return image_has_id_prefix(i, name) || image_has_reference(i, name, how);
}

bool image_has_id(const struct image *i, const char *name)
{
	return strcmp(image_id_hex(i->id), image_id_hex(name)) == 0;
}

bool image_name_is_id(const char *name)
{
	const char *hex = image_id_hex(name);

	return strlen(hex) == ID_HEX_LEN && id_is_hex(hex, ID_HEX_LEN);
}

const char *image_name_key(const char *name, size_t *ret_len)
{
	struct view v = view_of(name);
	const char *slash = v.path.len ? memrchr(v.path.s, '/', v.path.len) : NULL;
	const char *key = slash ? slash + 1 : v.path.s;

	*ret_len = v.path.len - (size_t)(key - v.path.s);
	return key;
}

char *image_name_missing(const char *name)
{
	struct reference r;
	char *text;

	if (image_name_is_id(name))
		return xasprintf(SHA256 "%s", image_id_hex(name));
	if (str_starts_with(name, SHA256) || !reference_parse(&r, name, NULL))
		return xstrdup(name);
	auto_free char *familiar = reference_familiar(&r);
	if (r.digest)
		text = xasprintf(
			"%s%s%s@%s", familiar, r.tag ? ":" : "", r.tag ? r.tag : "", r.digest);
	else
		text = xasprintf("%s:%s", familiar, r.tag ? r.tag : "latest");
	reference_finish(&r);
	return text;
}
