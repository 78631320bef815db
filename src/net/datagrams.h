/*
 * net/datagrams.h - a UDP port of this host that leads to one elsewhere.
 *
 * Every client, that is every address it comes from, is a flow with a socket of its own to the far
 * side, by which answers find back; they leave from the address that the client wrote to.  A flow
 * ends after some silence, or when it is the oldest and there is no room for a new one.
 */
#pragma once

#include "net/forward.h"

struct datagrams;

/* As forward_create. */
struct datagrams *datagrams_create(
	struct loop *loop, const struct forward_config *config, struct error *err) must_check;
/* As forward_aim. */
void datagrams_aim(struct datagrams *d, const char *to_ip);
/* NULL is fine. */
void datagrams_destroy(struct datagrams *d);
