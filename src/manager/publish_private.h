/*
 * manager/publish_private.h - the parts of manager/publish.h among themselves.
 */
#pragma once

#include "base/log.h"
#include "cluster/engine.h"
#include "manager/port_table.h"
#include "manager/publish.h"
#include "net/forward.h"

struct publisher;

struct publish {
	struct manager *manager; /* borrowed */
	struct publish_config config;
	char *host; /* owned */
	struct engine_listener listener;
	struct deferred work;
	struct publisher *publishers; /* by engine; owned */
	struct port_table table;
	struct list failed; /* struct relayed::failed */
	struct timer retry;
	struct forward_budget budget;
	uint16_t chosen; /* the last one */
	struct log_limit warnings;
};

/* By its label, or the manager's rule. */
bool publish_relays(const struct publish *p, const struct labels *labels);
