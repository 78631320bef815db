/*
 * api/measures.h - what /metrics shows: the process, its engines, and how long requests take.
 *
 * Requests are told apart by their row of the route table and the status of the answer, so there
 * are never more series than rows times known statuses.
 */
#pragma once

#include "api/api.h"
#include "api/route.h"
#include "base/metrics.h"

struct measures;

/* The table outlives it. */
struct measures *measures_create(const struct route *rows, size_t count) must_check;
void measures_destroy(struct measures *m);
/* A request of this row (NULL: of none) is over; status 0: the client got none. */
void measures_note(struct measures *m, const struct route *row, int status, int64_t took_us);
/* All of it. */
void measures_write(const struct api *api, struct exposition *to);
