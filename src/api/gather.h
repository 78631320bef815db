/*
 * api/gather.h - one question to many engines, one answer out of theirs.
 *
 * The engines are asked in parallel; when all have answered, `merge` makes our answer.  Engines
 * that failed are logged and left out, unless all failed: then the client gets the last failure,
 * if the answer is made of theirs alone.
 */
#pragma once

#include "api/request.h"
#include "manager/fanout.h"

struct gather {
	struct request *rq;
	struct task task;
	struct fanout fanout;
	int64_t timeout_ms; /* until an engine's head has come, and from there to its end */
	bool may_lack;      /* a 404 is no failure, but nothing to merge either */
	bool may_fail;      /* `merge` makes an answer without any engine's, too */
	/* What an engine is asked with (malloc'd); NULL: with the client's query. */
	char *(*query_for)(const struct gather *g, const struct engine *e);
	/* The answer, malloc'd; items without JSON have nothing to say.  NULL with err: that is the
	 * answer. */
	char *(*merge)(struct gather *g, size_t *ret_len, struct error *err);
	/* Instead of `merge`, where the answer may be long: what the fan-out's reader has taken. */
	void (*write)(struct gather *g, struct evbuffer *to);
	void *arg;
};

/* No engine is chosen yet. */
struct gather *gather_create(
	struct request *rq, char *(*merge)(struct gather *g, size_t *ret_len, struct error *err));
/* Adds all healthy engines, in natural order of their names. */
void gather_add_healthy(struct gather *g);
/* Asks with the client's method and this path; answers 500 `No healthy node available in the
 * cluster` when no engine was added, unless may_fail. */
void gather_start(struct gather *g, const char *path);
/* The same with a path for each engine (malloc'd). */
void gather_start_each(struct gather *g, char *(*path_for)(const struct engine *e, const void *arg),
	const void *arg);
