/*
 * api/pages_live.h - open pages hear of what changes on them.
 *
 * Pages of one address share a view, which is written once for all of them; only parts that have
 * changed are told (page/fragments.h).  A view is written soon after something has happened, and
 * from time to time.  Writing takes at most a few hundredths of the manager's time, however many
 * pages are open: then all of them hear later.  Only when a node changes its state nobody waits for
 * that.
 */
#pragma once

#include "api/request.h"

struct pages_live;

struct pages_live *pages_live_create(struct api *api) must_check;
/* After its streams; NULL is fine. */
void pages_live_destroy(struct pages_live *l);

/* GET /page/live/{name}: of the screen with this name, and its query. */
void pages_live_stream(struct request *rq);
