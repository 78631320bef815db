/*
 * docker/config_reader.h - typed members of a create request, with one place for "wrong type".
 *
 * Private to docker/config*.c.  A reader remembers the first failure; getters then give defaults,
 * so that a caller reads all it wants and looks once at the end.  null and absent are the same,
 * as for the engine; of a key that came twice the last counts, and the others are removed, so that
 * no reader of the forwarded document can see anything else than was decided on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "base/strv.h"

struct config_reader {
	yyjson_mut_doc *doc; /* borrowed */
	struct error *err;
	bool failed;
};

/* Always returns false. */
bool config_reader_fail(
	struct config_reader *r, const char *where, const char *key, const char *type);
/* As fail, when there are more of them than any container needs: the count then is part of the
 * text. */
bool config_check_count(struct config_reader *r, const char *where, const char *key, size_t count);
/* NULL when absent, null or of another type (then the reader has failed).  `where` is for the
 * error text: "HostConfig." */
yyjson_mut_val *config_read_object(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key);
yyjson_mut_val *config_read_array(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key);
/* "" when absent; in the document */
const char *config_read_str(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key);
int64_t config_read_int(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key);
bool config_read_bool(
	struct config_reader *r, yyjson_mut_val *obj, const char *where, const char *key);
void config_read_strv(struct config_reader *r, yyjson_mut_val *obj, const char *where,
	const char *key, struct strv *ret);
/* A C string, or NULL: another type, or a NUL inside. */
const char *config_plain_str(yyjson_mut_val *val);
/* Put a member in, in place of any of that name; key is static, val is new. */
void config_put(yyjson_mut_doc *doc, yyjson_mut_val *obj, const char *key, yyjson_mut_val *val);
