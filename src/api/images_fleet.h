/*
 * api/images_fleet.h - a request that brings an image to many engines, answered by their progress.
 *
 * What all engines refuse at once in the same words is answered as an engine would.  Else the
 * status is 200 before much is known, so what failed is told by the last line, as clients expect.
 * While a body is uploaded nothing is answered: not every client reads before it has sent
 * everything.  A client that leaves cancels the work on all engines.
 */
#pragma once

#include "api/errand.h"
#include "manager/fleet.h"

struct images_fleet {
	struct errand errand;
	struct fleet fleet;
	char *title, *failure; /* owned; lent to the fleet */
	char *pulled;          /* of which the closing line of a pull tells; owned; NULL */
	struct strv constraints;

	/* An engine that the body comes from, instead of from the client. */
	struct engine *source; /* counted; NULL */
	struct call download;

	/* The fleet has succeeded: false when there is no more to do; else a new one has been
	 * started. */
	bool (*go_on)(struct images_fleet *is);
	char *last_line; /* told before the verdict; owned; NULL */
};

struct images_fleet *images_fleet_create(struct request *rq);
/* Ends the request with an error. */
void images_fleet_fail(struct images_fleet *is, const struct error *err);
/* The healthy engines in natural order of names: those that satisfy all `constraint` parameters and
 * X-Swarm-Constraint fields of the request, or all.  The caller frees the array; the engines are
 * borrowed.  NULL with the scheduler's text, or when there is none. */
struct engine **images_fleet_choose(
	struct images_fleet *is, size_t *ret_count, struct error *err) must_check;
/* A leg that gets the client's request as it is, with its body, apart from what is only for us. */
void images_fleet_forward(struct images_fleet *is, struct engine *e, const char *path);
/* Tells of the nodes that are left out because they are unhealthy, paused or drained. */
void images_fleet_tell_skipped(struct images_fleet *is);
void images_fleet_start(struct images_fleet *is);
