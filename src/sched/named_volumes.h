/*
 * sched/named_volumes.h - containers follow the data in their named volumes.
 *
 * As on one host: a local volume draws to the node that has it, and a container that cannot be
 * there is refused rather than given an empty volume of the same name.  Of several copies those
 * that something has mounted count, and of these the one that is, or was last, in use is preferred.
 * Fresh ones (docker/volume_use.h) are preferred, and give way to what a container must have: it
 * gets another empty one where it can be.  Private to this floor.
 */
#pragma once

#include "sched/filter.h"

size_t named_volumes_narrow(const struct round *r, struct node **nodes, size_t count);
size_t named_volumes_prefer(const struct round *r, struct node **nodes, size_t count);
/* Where the volumes are that draw, a line each. */
void named_volumes_explain(const struct round *r, struct strv *reasons);
