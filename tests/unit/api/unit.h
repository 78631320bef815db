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

/* The members `key` of a list of objects, joined by blanks. */
static inline maybe_unused char *join_members(yyjson_val *list, const char *key)
{
	auto_strv struct strv names = STRV_INIT;
	yyjson_val *item;
	size_t i, max;

	yyjson_arr_foreach(list, i, max, item) strv_add(&names, json_get_str(item, key, "?"));
	return strv_join(&names, " ");
}
