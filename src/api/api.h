/*
 * api/api.h - what all endpoints of the Docker API share.
 *
 * Requests come in through api/entry.h.
 */
#pragma once

#include <stdbool.h>

#include "base/log.h"
#include "base/strv.h"
#include "http/server.h"
#include "manager/manager.h"

struct asker;
struct past;
struct request;

struct api_config {
	const char *version; /* "2.0.0"; the API shows "swarm/2.0.0", which clients look for */
	const char *git_commit;
	struct api_version max_version; /* the newest that clients are offered */
	bool no_page;                   /* the API's port has none */
	bool cors;                      /* --api-enable-cors */
	const struct strv *names;       /* what browsers may call this host; NULL: addresses only */
	bool experimental;
	bool debug;
	/* Refresh before a list with this filter (classic's options of the same name). */
	bool refresh_on_node_filter;
	const char *container_name_refresh_filter; /* NULL */
	struct audit *audit;                       /* borrowed; NULL: nobody wants to know */
	struct replica *replica; /* borrowed; NULL: this manager is the only one */
};

struct api {
	struct loop *loop;
	struct manager *manager;       /* borrowed */
	struct cluster *cluster;       /* borrowed */
	struct api_config config;      /* texts borrowed */
	struct list requests;          /* struct request::link: under way */
	struct list event_streams;     /* open /events */
	struct past *past;             /* owned; what engines remember, for them */
	struct asker *asker;           /* owned */
	struct list page_streams;      /* of open pages */
	struct pages_live *pages_live; /* owned */
	/* Is told of every request at its end, its exchange still there (NULL: somebody else's). */
	void (*note)(const struct request *rq);
	struct log_limit failures; /* private to reply */
	int64_t started_ns;
	struct measures *measures; /* owned */
};
