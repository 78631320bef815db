/*
 * api/build.h - images built on one node of the cluster.
 *
 * The classic builder is placed by what its arguments wish for.  Requests of a BuildKit build
 * (version=2) go to one engine, see api/session.h.  Contexts and answers are relayed, never held.
 */
#pragma once

#include "api/request.h"

void build_start(struct request *rq);
void build_cancel(struct request *rq);
