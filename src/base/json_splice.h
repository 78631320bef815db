/*
 * base/json_splice.h - a document changed in its text, for the sake of a few strings of many.
 *
 * Who adds a member and replaces some strings of a long document need not build it as a tree that
 * can be changed and write all of it again: the text between stays as it is, in the words of
 * whoever wrote it.  Changes are noted first, and made when the text is written.
 */
#pragma once

#include "base/json.h"

struct json_splice {
	yyjson_doc *doc;  /* borrowed; of json_parse */
	const char *text; /* borrowed; what it was parsed from */
	size_t len;

	/* Private. */
	struct json_change *changes; /* owned */
	size_t count, cap;
	struct strbuf news; /* the texts that are put in, one after the other */
	bool failed;
};

void json_splice_init(struct json_splice *s, yyjson_doc *doc, const char *text, size_t len);
/* Another string in place of this one. */
void json_splice_set_str(struct json_splice *s, yyjson_val *str, const char *to);
/* Takes an element out of its array; `before` is the one in front of it.  Both are objects whose
 * last members are strings. */
void json_splice_remove(struct json_splice *s, yyjson_val *before, yyjson_val *element);
/* Puts members ("a":1,"b":2) in front of those that an object has, once for each object.  `key` is
 * the object's own name, which is needed only when it may be empty. */
void json_splice_put_first(
	struct json_splice *s, yyjson_val *key, yyjson_val *obj, const struct strbuf *members);
/* ... behind those of the document, which is an object. */
void json_splice_put_last(struct json_splice *s, const struct strbuf *members);
/* The whole text, appended.  False when something was not found in the text, and nothing was
 * written: it is not what was parsed, or what is to be removed does not end with a string. */
bool json_splice_write(struct json_splice *s, struct strbuf *to, struct error *err) must_check;
/* Zeroed memory is fine. */
void json_splice_finish(struct json_splice *s);
