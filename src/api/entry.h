/*
 * api/entry.h - the way into the Docker API of the cluster.
 *
 * Every exchange of the HTTP server goes through api_handle, which finds its row in the route table
 * (api/routes.c) and calls the endpoint, or passes it to the manager that leads.
 */
#pragma once

#include "api/api.h"

void api_init(struct api *api, struct loop *loop, struct manager *manager,
	const struct api_config *config);
/* The process is about to stop: endless streams end, other requests may finish. */
void api_drain(struct api *api);
/* Cancels every request under way.  The server must be destroyed after this. */
void api_finish(struct api *api);
/* Whether whoever made it may use what this port offers; otherwise it has been answered. */
bool api_admit(struct exchange *x, struct api *api);
/* For struct http_server_config. */
void api_handle(struct exchange *x, void *api);
/* At a port that has the page for operators, admission included, and nothing else. */
void api_handle_page(struct exchange *x, void *api);
void api_refuse(struct exchange *x, int status, const char *text, void *api);
