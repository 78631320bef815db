/*
 * cluster/event_key.h - which events are the same.
 */
#pragma once

#include <stdint.h>

#include "docker/event.h"

/* Alike for what is the same event: of this engine, with its time, type, action and actor.  In this
 * process only. */
uint64_t event_key_of(const struct docker_event *e, const char *engine_id);
