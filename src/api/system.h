/*
 * api/system.h - what the endpoint as a whole says about itself.
 */
#pragma once

#include <yyjson.h>

#include "api/request.h"

void system_ping(struct request *rq);
void system_version(struct request *rq);
void system_info(struct request *rq);
void system_auth(struct request *rq);
void system_metrics(struct request *rq);
/* The node table of /info, as [key, value] rows: docker info prints it. */
void system_status_rows(const struct api *api, yyjson_mut_doc *doc, yyjson_mut_val *rows);
