/*
 * unit/api/unit.h - cmocka and the headers it wants before it, and engines with objects on them.
 */
#pragma once

#include "fixture.h"

#include "base/json.h"

#define assert_row(input, got, expected)                                                           \
	do {                                                                                       \
		if (strcmp((got), (expected)) != 0)                                                \
			fail_msg("'%s': got '%s', expected '%s'", (input), (got), (expected));     \
	} while (0)

/* From the text of one list entry; the test fails when it is none. */
static inline maybe_unused void add_network(struct engine *e, const char *entry)
{
	auto_json yyjson_doc *doc = json_parse(entry, strlen(entry), NULL);

	e->networks = xreallocarray(e->networks, e->networks_count + 1, sizeof(*e->networks));
	assert_true(network_from_json(
		&e->networks[e->networks_count++], yyjson_doc_get_root(doc), NULL));
}

static inline maybe_unused void add_volume(struct engine *e, const char *entry)
{
	auto_json yyjson_doc *doc = json_parse(entry, strlen(entry), NULL);

	e->volumes = xreallocarray(e->volumes, e->volumes_count + 1, sizeof(*e->volumes));
	assert_true(
		volume_from_json(&e->volumes[e->volumes_count++], yyjson_doc_get_root(doc), NULL));
}

/* The members `key` of a list of objects, joined by blanks. */
static inline maybe_unused char *join_members(yyjson_val *list, const char *key)
{
	auto_strv struct strv names = STRV_INIT;
	yyjson_val *item;
	size_t i, max;

	yyjson_arr_foreach(list, i, max, item) strv_add(&names, json_get_str(item, key, "?"));
	return strv_join(&names, " ");
}
