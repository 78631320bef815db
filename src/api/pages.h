/*
 * api/pages.h - the page for operators, at / of the port; it only reads (page/page.h).
 */
#pragma once

#include "api/request.h"

void pages_now(struct request *rq);
void pages_nodes(struct request *rq);
void pages_containers(struct request *rq);
void pages_style(struct request *rq);
