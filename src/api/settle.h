/*
 * api/settle.h - what looks images up waits until the records show what was just made.
 */
#pragma once

#include "api/request.h"

/* Goes on at once when no engine's images are behind (cluster/fresh.h), else when none is any more,
 * and after some seconds in any case.  A client that leaves meanwhile ends the request. */
void settle_images(struct request *rq, void (*go_on)(struct request *rq));
