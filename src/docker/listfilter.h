/*
 * docker/listfilter.h - the `filters` parameter of the API.
 *
 * Both encodings of the field: {"label":{"a=b":true}} and {"label":["a=b"]}; values set to false
 * are left out.  Unknown keys and shapes are errors with the engine's texts (invalid filter 'x').
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"

struct regex;

struct list_filter {
	char *key;
	struct strv values;
	struct regex **compiled; /* one per value, made when first needed; private */
};

/* Keys of one request; engines know about twenty. */
#define LIST_FILTERS_MAX 64

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
const struct strv *list_filters_get(
	const struct list_filters *f, const char *key); /* NULL when absent */
void list_filters_add(struct list_filters *f, const char *key, const char *value);
void list_filters_remove(struct list_filters *f, const char *key);
char *list_filters_format(
	const struct list_filters *f) must_check; /* JSON, map of maps, for engines */
/* Value equal to s, or matching it as an unanchored regular expression (an invalid one never
 * matches). */
bool list_filter_matches(const struct strv *values, const char *s);
/* The same for a key of the filters, true when it is absent.  Expressions are compiled once, so
 * this is the one for long lists. */
bool list_filters_match(const struct list_filters *f, const char *key, const char *s);
