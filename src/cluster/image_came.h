/*
 * cluster/image_came.h - since when a name means the image that it means on an engine.
 *
 * On one host a name means what was built, committed or tagged last.  Of several engines each keeps
 * its own, and only who has seen the names come can say which is the last.  What an engine's list
 * shows for the first time counts as come in that moment: as made, when a request of ours that
 * makes images is under way there, else as pulled or whatever somebody did on the host itself.
 * What was there when the manager first looked has no time.
 */
#pragma once

#include "cluster/engine.h"
#include "docker/event.h"

/* While a request makes images on the engine, and until its list has been read after that. */
struct image_making {
	struct engine *engine; /* counted */
};
void image_making_begin(struct image_making *m, struct engine *e);
/* Zeroed memory is fine. */
void image_making_end(struct image_making *m);

/* An event of the engine: a name was given, to the image that has it already maybe, or pulled. */
void image_came_event(struct engine *e, const struct docker_event *event);
/* Before the engine's list is asked for: how many of the pulled names it will show. */
size_t image_came_begin(const struct engine *e);
/* An image of the new list, before that one is the engine's. */
void image_came_date(const struct engine *e, struct image *i, int64_t now_ms);
/* The list of that begin is the engine's. */
void image_came_end(struct engine *e, size_t begun);

/* Of one of its tags: on the monotonic clock; negative when it was not made; 0: not known. */
int64_t image_came_ms(const struct image *i, const char *reference);
