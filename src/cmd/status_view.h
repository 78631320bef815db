/*
 * cmd/status_view.h - how a cluster fares, out of what its manager answers.
 *
 * No I/O: documents in, problems with their causes and what to do, and a screen or JSON out.
 */
#pragma once

#include <stdio.h>
#include <yyjson.h>

#include "base/strv.h"

enum status_state {
	STATUS_GOOD,     /* all is well */
	STATUS_DEGRADED, /* there are problems */
	STATUS_NOBODY,   /* no manager answers, or none leads */
};

struct status_problem {
	char *what, *cause, *advice; /* owned; cause may be "" */
};

struct status_view {
	char *address, *version, *role, *leader; /* owned; of the manager that was asked */
	size_t ready, down, unknown;             /* nodes */
	size_t paused, drained;                  /* of these, by what was said about them */
	int64_t running, paused_containers, stopped;
	struct status_problem *problems; /* owned */
	size_t problems_count, problems_cap;
	struct strv work; /* under way, a sentence each */
	enum status_state state;
};

/* address: as it was asked for.  GET /info; NULL with why: it cannot be reached. */
void status_view_init(
	struct status_view *v, const char *address, yyjson_val *info, const char *why);
void status_view_finish(struct status_view *v);
/* GET /nodes; NULL with why: it was refused. */
void status_view_nodes(struct status_view *v, yyjson_val *nodes, const char *why);
/* GET /containers/json of those that are "unhealthy", "restarting" or "dead". */
void status_view_containers(struct status_view *v, yyjson_val *list, const char *state);

void status_view_print(const struct status_view *v, FILE *out);
/* An object of doc. */
yyjson_mut_val *status_view_json(const struct status_view *v, yyjson_mut_doc *doc) must_check;
