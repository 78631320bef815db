/*
 * rig.h - a manager of two fake engines, and the ends that work of many steps can come to.
 *
 * Work is tried once without a fault, which tells how many requests it makes of the first engine;
 * then once for each of them and each fault.  Whatever happens, it must end, and leave nothing
 * under way and nothing reserved.
 *
 * The tasks of manager/, and who tries every wait of each: create.c, with what it embeds
 * (networking, network_spread, pull) and what it asks for published ports: test_create;
 * reschedule.c, a move and the review: test_reschedule; drain.c: test_drain; retire.c: test_retire;
 * fence.c: test_fence.  What waits on behalf of others' tasks (networking, network_spread, fanout
 * with refreshes, pull, fleet, the lists that builds reads): test_parts.  keep: test_keep and
 * test_keep_store.  placing, hold, waiting, network_claim, port_table, publish, share, decisions
 * and image_holders wait for nothing; knock and withdraw are waits of those above.
 */
#pragma once

#include "fixture.h"

#include "manager/parts.h"

struct rig {
	struct fixture fx;
	struct sched *sched;
	struct manager manager;
	struct fake_engine *fakes[2]; /* node-1, where all happens, and node-2 */
	struct engine *engines[2];
};

/* prepare (may be NULL) says what the engines have before the manager knows them. */
void rig_create(struct rig *r, void (*prepare)(struct rig *r));
void rig_destroy(struct rig *r);
/* The next request but n of node-1 ends so. */
void rig_fault(struct rig *r, enum fake_fault fault, int n);
/* Turns until node-1 has been asked what it does not answer. */
void rig_wait_frozen(struct rig *r);
/* Turns until nothing is under way, and fails when something is reserved. */
void rig_wait_idle(struct rig *r);
/* Fails when something is under way or reserved. */
void rig_check_idle(struct rig *r);
