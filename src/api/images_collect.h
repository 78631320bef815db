/*
 * api/images_collect.h - GET /images/get for images of which no engine has all.
 *
 * What the engine with most of them lacks is first loaded there from the others, one after the
 * other, and then that engine is asked.  The archives pass through with back-pressure; merging them
 * here would need to know their formats, which differ between the engines' image stores.  The
 * images stay where they were brought: they are the same under the same names, and the next save
 * finds them.
 */
#pragma once

#include "api/request.h"

/* All of the names are somewhere. */
void images_collect(struct request *rq, const struct strv *names);
