/*
 * api/object_list.h - the lists of images, networks and volumes, from memory, by pieces.
 *
 * What the engines' lists say when the request comes is held; first it is gathered, then written,
 * a bounded number of objects at a time, so that others have their turn in between.  The client is
 * waited for as long as the engines' lists are still the ones that are held; after that the rest is
 * written, so that old lists can go, and what the client has not read counts as its memory.
 */
#pragma once

#include "api/request.h"
#include "base/map.h"
#include "base/strbuf.h"
#include "cluster/held_lists.h"
#include "docker/label.h"
#include "docker/listfilter.h"

struct object_list;
struct object_row;

struct object_list_kind {
	size_t size; /* of the struct that begins with the object_list */
	enum object_kind objects;
	const char *before, *after; /* the document around the objects */
	/* Reads the filters.  False with err: that is the answer. */
	bool (*init)(struct object_list *l, const struct query *query, struct error *err);
	/* Before an engine's objects; may be NULL. */
	void (*enter)(struct object_list *l, const struct held_list *of);
	void (*gather)(struct object_list *l, const struct held_list *of, size_t i);
	/* All are gathered: some more of what is to be done before they are written; false: it is.
	 * May be NULL. */
	bool (*order)(struct object_list *l);
	/* One of: writes the next row, or nothing when the filters say so; false when there is
	 * none.  Or, where the rows are the list's, writes this one, or nothing. */
	bool (*write)(struct object_list *l, struct strbuf *to);
	void (*write_row)(struct object_list *l, const struct object_row *row, struct strbuf *to);
	void (*finish)(struct object_list *l);
};

/* What some engines have, as one. */
struct object_row {
	char *key;             /* what makes it one; owned */
	const void *thing;     /* the record; borrowed; set by the kind, NULL at first */
	struct engine *engine; /* whose record it is; likewise */
	struct strv nodes;     /* names of all engines that have it */
	bool used;             /* the kind's */
	UT_hash_handle hh;     /* object_list::rows */
};

struct object_list {
	const struct object_list_kind *kind;
	struct cluster *cluster;
	struct api_version client;
	size_t bytes; /* gathered so far; kept by the kind */
	/* Private. */
	struct held_lists held;
	size_t engine, item;
	bool entered, begun, separate;
	struct object_row *rows; /* in the order of the engines' names */
	struct strbuf row;
};

/* NULL with err when the filters are wrong. */
struct object_list *object_list_create(const struct object_list_kind *kind, struct cluster *cluster,
	const struct query *query, struct api_version client, struct error *err);
/* Does some more of the work; false when all is written. */
bool object_list_more(struct object_list *l, struct strbuf *to);
void object_list_destroy(struct object_list *l);
/* Answers with the list. */
void object_list_reply(struct request *rq, const struct object_list_kind *kind);

/* While it is gathered: the row of this key, a new one if there is none, which the engine has. */
struct object_row *object_list_row(struct object_list *l, const char *key, const struct engine *e);
/* The filter `name` names it: as an engine knows it, or as it is shown. */
bool object_row_is_named(
	const struct object_row *row, const struct list_filters *f, const char *name);

/* All values of the filter of this key (`label`) hold. */
bool object_list_has_labels(
	const struct list_filters *f, const char *key, const struct labels *labels);
/*
 * The members of an engine's entry (text of an object), each after a comma, without those named in
 * `except`, which ends with NULL.
 */
void object_list_write_members(struct strbuf *sb, const char *entry, const char *const *except);
