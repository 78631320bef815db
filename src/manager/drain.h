/*
 * manager/drain.h - what may move leaves a node that an operator has drained.
 *
 * Those containers move that would be made anew if their node failed (policy on-node-failure), a
 * few at once and the most important first.  The others stay, and are named: without a policy, with
 * a named volume (unless they may begin with an empty one), and those that share a network with
 * another container.
 *
 * The replacement is started first, on another node.  When it is healthy, or after a few seconds
 * where the container has no such check, the old copy is stopped with its own time-out, and
 * removed.  First stopped, then made anew, are those of which one copy at most may run, and those
 * with an address that was asked for.  A published port is in nobody's way: it is the node's.
 *
 * It goes on for as long as the node is drained: what could not move yet is tried again.  Active
 * again, the node keeps what has not begun to move.
 */
#pragma once

#include "base/strbuf.h"

struct drain;
struct engine;
struct manager;

struct drain *drain_create(struct manager *m) must_check;
/* Before the manager's end.  NULL is fine. */
void drain_destroy(struct drain *d);

/* How far it is with this node, and what stays and why; nothing when it is not drained.
 * d NULL is fine. */
void drain_describe(const struct drain *d, const struct engine *e, struct strbuf *to);
