/*
 * docker/listfilter.h - the `filters` parameter of the API.
 *
 * Both encodings of the field, {"label":{"a=b":true}} and {"label":["a=b"]}, never mixed in one
 * request.  Engines look at the names in a map, whatever they are set to, wherever something is
 * searched for, so {"x":false} asks for x; only where one exact word is asked for (a driver, a
 * flag) does false mean that it was not said.  Whatever is no such text is refused as engines do,
 * because a filter that is not understood must never mean "all".
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"

struct regex;

struct list_filter {
	char *key;
	struct strv values;      /* whatever they were set to */
	struct strv off;         /* those that were set to false */
	struct regex **compiled; /* one per value, made when first needed; private */
};

/* Of one request: keys (engines know about twenty), and values of all keys together. */
#define LIST_FILTERS_MAX       64
#define LIST_FILTER_VALUES_MAX 256

struct list_filters {
	struct list_filter *items;
	size_t count;
};

#define auto_list_filters __attribute__((cleanup(list_filters_finish)))

/* text NULL or "" gives none. */
bool list_filters_parse(struct list_filters *f, const char *text, struct error *err);
void list_filters_finish(struct list_filters *f);
/* `accepted` ends with NULL. */
bool list_filters_check(
	const struct list_filters *f, const char *const *accepted, struct error *err);
/* NULL when absent, and when there are no values: an empty list asks for nothing in particular. */
const struct strv *list_filters_get(const struct list_filters *f, const char *key);
/* Is the key there, with or without values? */
bool list_filters_asks(const struct list_filters *f, const char *key);
/* One exact word: true when it is among the values and not off, or when there are none. */
bool list_filters_has(const struct list_filters *f, const char *key, const char *word);
/* A flag: true, 1, false or 0, otherwise when it is absent.  Fails for other words and for both at
 * once: "invalid filter 'dangling=[x]'". */
bool list_filters_flag(const struct list_filters *f, const char *key, bool otherwise, bool *ret,
	struct error *err);
void list_filters_add(struct list_filters *f, const char *key, const char *value);
void list_filters_remove(struct list_filters *f, const char *key);
char *list_filters_format(
	const struct list_filters *f) must_check; /* JSON, map of maps, for engines */
/* Some value is s, or matches it as an unanchored regular expression (an invalid one never does);
 * true when there are none.  Expressions are compiled once for all calls. */
bool list_filters_match(const struct list_filters *f, const char *key, const char *s);
/* Some value is how s begins; true when there are none. */
bool list_filters_begin(const struct list_filters *f, const char *key, const char *s);
/* As list_filters_match, for the key `name` and a name as its engine writes it ("/web", "data"),
 * which is known without the slash, too, and to values that hold a slash as "node/name". */
bool list_filters_match_name(const struct list_filters *f, const char *node, const char *name);
