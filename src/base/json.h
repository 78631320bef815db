/*
 * base/json.h - yyjson with defaults: look once at the border, getters do not fail.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "base/strv.h"

/* Whole text, one value; err names the byte offset.  Depth is bounded (deeper than JSON_MAX_DEPTH
 * is an error), and so is the number of names and values: what is longer is read by pieces
 * (json_pieces.h).  The 65,536 members of a store's answer are 983,041. */
#define JSON_MAX_DEPTH  512
#define JSON_MAX_VALUES 1048576
yyjson_doc *json_parse(const char *text, size_t len, struct error *err) must_check;
/* The same for what a client sent: also an error with more than JSON_MAX_REQUEST_VALUES names and
 * values, because what is done with a request grows with them, in one turn.  A range of 10,000
 * ports to publish, as telephony wants it, is 90,000. */
#define JSON_MAX_REQUEST_VALUES 131072
/* What engines say to a request without a body that needs one. */
#define JSON_TEXT_EMPTY "invalid JSON: got EOF while reading request body"
yyjson_doc *json_parse_request(const char *text, size_t len, struct error *err) must_check;

/* Members of an object; the default when obj is NULL, not an object, or the member is absent or of
 * another type.
 * A string with a NUL inside counts as another type. */
const char *json_get_str(yyjson_val *obj, const char *key, const char *otherwise);
int64_t json_get_int(
	yyjson_val *obj, const char *key, int64_t otherwise); /* reals are truncated, saturating */
double json_get_real(yyjson_val *obj, const char *key, double otherwise);
bool json_get_bool(yyjson_val *obj, const char *key, bool otherwise);
yyjson_val *json_get_obj(yyjson_val *obj, const char *key); /* NULL when not an object */
yyjson_val *json_get_arr(yyjson_val *obj, const char *key);
/* Strings of an array member; others are skipped. */
void json_get_strv(yyjson_val *obj, const char *key, struct strv *ret);

/* The value (not NULL) as compact text, appended; only what JSON demands is escaped. */
void json_write(struct strbuf *sb, yyjson_val *val);
void json_mut_write(struct strbuf *sb, yyjson_mut_val *val);
/* A whole document with a root; free() it.  ret_len may be NULL. */
char *json_doc_text(yyjson_mut_doc *doc, size_t *ret_len) must_check;

static inline void auto_json_handler(yyjson_doc **doc)
{
	yyjson_doc_free(*doc);
}
static inline void auto_json_mut_handler(yyjson_mut_doc **doc)
{
	yyjson_mut_doc_free(*doc);
}
#define auto_json     __attribute__((cleanup(auto_json_handler)))
#define auto_json_mut __attribute__((cleanup(auto_json_mut_handler)))
