/*
 * api/events.h - GET /events: every engine's events as one stream.
 */
#pragma once

#include "api/request.h"

void events_stream(struct request *rq);
/* The manager stops: all streams end in order. */
void events_end_all(struct api *api);
