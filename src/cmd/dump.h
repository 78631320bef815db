/*
 * cmd/dump.h - what the manager knows, told to the log for whoever looks into a problem (SIGUSR1).
 */
#pragma once

#include "cluster/cluster.h"

void dump_state(struct cluster *cluster);
