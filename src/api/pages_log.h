/*
 * api/pages_log.h - the end of a container's log on an open page.
 */
#pragma once

#include "api/request.h"

/* GET /page/log?id=: `begin` (what was shown goes), `lines`, `note`.  It follows the container
 * through stops and starts.  What comes faster than anybody reads is not all shown: then the end of
 * the log is asked for anew. */
void pages_log_stream(struct request *rq);
