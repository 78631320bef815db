/*
 * manager/networking.h - a new container joins the networks that its engine did not take with the
 * create request (docker/translate.h).
 *
 * Embedded in the task that waits; the waiter is woken when `done`.  A container that cannot join
 * all of them is not what was asked for: it is removed again, and err says why.  A manager that no
 * longer leads leaves it as it is.
 */
#pragma once

#include "cluster/engine.h"
#include "docker/translate.h"
#include "manager/manager.h"
#include "net/task.h"

struct networking {
	bool done;
	struct error err;

	struct task task;                   /* private, as all below */
	struct task *waiter;                /* borrowed */
	struct manager *manager;            /* borrowed */
	struct engine *engine;              /* counted */
	char *container_id;                 /* owned */
	struct translate_connects networks; /* owned */
	size_t next;
	struct call call;
};

/* c is zeroed memory; takes the networks. */
void networking_start(struct networking *c, struct manager *m, struct engine *e,
	const char *container_id, struct translate_connects *networks, struct task *waiter);
/* Cancels when under way, frees, leaves zeroed memory.  Zeroed memory is fine. */
void networking_finish(struct networking *c);
