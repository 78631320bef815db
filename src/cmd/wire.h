/*
 * cmd/wire.h - the running manager: discovery, cluster and API connected to each other.
 */
#pragma once

#include "cmd/manage.h"

/* Runs until a signal ends it; returns the exit status.  Has logged why when that is not 0. */
int wire_run(const struct manage_options *options);
