/*
 * api/networks_change.h - what create, remove, connect and disconnect have in common.
 *
 * One engine does it (or each, one after the other), and then the records that show it are
 * refreshed.
 */
#pragma once

#include "api/ask.h"
#include "manager/network_claim.h"
#include "manager/network_spread.h"

struct network_change {
	struct ask ask;
	/* Set by prepare: */
	bool everywhere;              /* other engines than the asked one show the change, too */
	char container_id[65];        /* its record changes, too; "" for none */
	char *removed_id;             /* of a network being removed; owned; NULL */
	struct network_claim claim;   /* of the name of one being created */
	struct network_spread spread; /* before the engine is asked */
};

enum {
	NETWORK_BODY_MAX = 4 * 1024 * 1024,
	NETWORK_TIMEOUT_MS = 60 * 1000, /* attaching to an overlay may take an engine 20 s */
};

/* The part of their kinds that is the same. */
#define NETWORK_CHANGE_KIND                                                                        \
	.size = sizeof(struct network_change), .body_max = NETWORK_BODY_MAX,                       \
	.timeout_ms = NETWORK_TIMEOUT_MS, .refresh = networks_change_refresh,                      \
	.is_shown = networks_change_is_shown, .finish = networks_change_finish

void networks_change_refresh(struct ask *a);
bool networks_change_is_shown(const struct ask *a);
void networks_change_finish(struct ask *a);
