/*
 * api/health.h - whether this manager lives, and whether it can do what it is for.
 */
#pragma once

#include "api/request.h"

/* GET /healthz, /livez: it answers, so it lives. */
void health_live(struct request *rq);
/* GET /readyz: 200 when a leader is known, which on the leader itself needs a healthy engine, too;
 * otherwise 503 with what is missing. */
void health_ready(struct request *rq);
