/*
 * http/router.h - which row of a table a request is for.
 *
 * The rows are structs of the table's owner that begin with two texts: method ("*" for any) and
 * path.  In a path `{name}` takes everything between what stands before and after it, slashes
 * included, because names of containers ("node/name") and images ("host:5000/a/b") hold slashes;
 * `:name` takes what there is up to the next slash.  Nothing captures an empty text.  Rows
 * without captures win, and then those that come first.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

enum { ROUTER_CAPTURES = 2 };

struct router {
	const void *rows;
	size_t count, row_size;
};

/* Of an array. */
#define ROUTER(table)                                                                              \
	{                                                                                          \
		(table), ARRAY_SIZE(table), sizeof((table)[0])                                     \
	}

/* The path as it was asked for, without its query.  What the row captures is decoded into
 * `captures` (owned by the caller; those there are freed).  NULL when there is no row, or with err
 * when what was captured cannot be decoded. */
const void *router_find(const struct router *r, const char *method, const char *path,
	char *captures[ROUTER_CAPTURES], struct error *err);
/* Adds the methods that the path has rows for: "GET, HEAD". */
void router_list_methods(const struct router *r, const char *path, struct strbuf *to);
