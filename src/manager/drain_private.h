/*
 * manager/drain_private.h - what the files of drain share.
 */
#pragma once

#include <stdbool.h>

#include "docker/container.h"

/* A static text; NULL: it may leave, as far as what it is goes. */
const char *drain_why_it_stays(const struct container *c);
/* Now: it is made, has a name, and nothing keeps it. */
bool drain_may_leave(const struct container *c);
/* Of one copy at most, and of an address that was asked for, which the blueprint has, there cannot
 * be two at a time. */
bool drain_may_overlap(const struct container *c);
