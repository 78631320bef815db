/*
 * cluster/reach.h - where a published port answers, for whoever is not on its node.
 */
#pragma once

struct engine;
struct port_use;

/* An IP literal: that of the binding, or the node's.  NULL when nobody else reaches it: it is bound
 * to the node's loopback, is a range or not chosen yet, or the node's address is not known. */
const char *reach_port_ip(const struct engine *e, const struct port_use *u);
