/*
 * api/events.h - GET /events: every engine's events as one stream.
 */
#pragma once

#include "api/request.h"

void events_stream(struct request *rq);
