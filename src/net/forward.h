/*
 * net/forward.h - a TCP port of this host that leads to one elsewhere.
 *
 * Every client gets a connection of its own to the far address and a tunnel to it, so each
 * direction ends alone and both have back-pressure.  A client whose far side cannot be reached, or
 * for whom there is no room, is closed at once; nothing here logs, the metrics count.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/loop.h"

/* What all ports together, and each of them, may take; shared by forwards and datagrams. */
struct forward_budget {
	size_t descriptors, descriptors_max;
	size_t clients_max; /* of one port */
};
/* False when that many are not left. */
bool forward_budget_take(struct forward_budget *b, size_t descriptors);
void forward_budget_give(struct forward_budget *b, size_t descriptors);
/* What a port is told that finds it used up. */
extern const char forward_no_room[];

/* An address as far as it is needed here: an IP literal, and the same number at both ends. */
struct forward_config {
	const char *host; /* of this host; "" for all of them */
	uint16_t port;
	const char *to_ip;
	struct forward_budget *budget; /* borrowed; outlives the forward */
};

struct forward;

/* Errors in the words of net/listen.h; ERROR_TOO_LARGE when the budget is used up. */
struct forward *forward_create(
	struct loop *loop, const struct forward_config *config, struct error *err) must_check;
/* From now on it leads there; clients of the old place are cut off, the port stays open. */
void forward_aim(struct forward *f, const char *to_ip);
/* Closes the port and all that came through it.  NULL is fine. */
void forward_destroy(struct forward *f);
