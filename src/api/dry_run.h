/*
 * api/dry_run.h - POST /containers/create?dryrun=1: where it would go, and why nowhere else.
 */
#pragma once

#include "api/request.h"
#include "docker/config.h"

/* Answers and finishes the request; takes the config, which is then zeroed.  Nothing is changed. */
void dry_run_reply(struct request *rq, struct container_config *config);
