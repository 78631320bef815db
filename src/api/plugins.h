/*
 * api/plugins.h - managed plugins of the engines: read, not changed.
 */
#pragma once

#include "api/request.h"

void plugins_list(struct request *rq);
void plugins_inspect(struct request *rq);
void plugins_privileges(struct request *rq);
/* 501: each engine's plugins are its own business. */
void plugins_manage(struct request *rq);
