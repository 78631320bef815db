/*
 * api/measures.h - what /metrics shows: the process, its engines, and how long requests take.
 *
 * Requests are told apart by their row of the route table and the status of the answer, so there
 * are never more series than rows times known statuses.
 */
#pragma once

#include "api/request.h"

struct measures;

struct measures *measures_create(void) must_check;
void measures_destroy(struct measures *m);
/* The request is over, its exchange still there (NULL: somebody else's now). */
void measures_note(const struct request *rq);
/* GET /metrics. */
void measures_show(struct request *rq);
