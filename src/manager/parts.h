/*
 * manager/parts.h - a manager is put together from its parts, and taken apart.
 *
 * The parts know the manager, which only lends them to each other; here alone they all are known.
 */
#pragma once

#include "manager/manager.h"

void parts_init(struct manager *m, struct loop *loop, struct cluster *cluster, struct sched *sched,
	uint32_t create_retry);
/* Cancels work under way; those who wait for it must be gone before. */
void parts_finish(struct manager *m);
