/*
 * cmd/wire.h - the running manager: discovery, cluster and API connected to each other.
 */
#pragma once

#include "cmd/manage.h"

/* Runs until a signal ends it; false when it could not start. */
bool wire_run(const struct manage_options *options, struct error *err);
