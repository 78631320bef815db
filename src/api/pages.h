/*
 * api/pages.h - the page for operators, at / of the port; it only reads (page/page.h).
 */
#pragma once

#include "api/request.h"
#include "page/page.h"

void pages_now(struct request *rq);
void pages_nodes(struct request *rq);
void pages_containers(struct request *rq);
void pages_container(struct request *rq);
void pages_activity(struct request *rq);
void pages_style(struct request *rq);
void pages_script(struct request *rq);

/* Fields of every answer: what a browser may do with it. */
void pages_restrict(struct headers *to);
/* What a screen is written from, but for where and for whom. */
void pages_learn(const struct api *api, struct page *p);
