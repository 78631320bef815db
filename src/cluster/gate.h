/*
 * cluster/gate.h - a bound on how many do something at once; the others wait in line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct task;

struct gate {
	size_t limit, inside;
	struct list waiting; /* gate_pass::link, first come first served */
};

/* Embedded in whoever wants in. */
struct gate_pass {
	struct list link;
	struct gate *gate; /* NULL when neither inside nor in line */
	struct task *waiter;
	bool inside;
};

void gate_init(struct gate *g, size_t limit);
/* True when inside (at once, or since the last wake); false: in line, the waiter is woken when let
 * in.  May be asked again and again. */
bool gate_enter(struct gate *g, struct gate_pass *p, struct task *waiter);
/* Goes out, or leaves the line; any number of times, zeroed memory is fine. */
void gate_leave(struct gate_pass *p);
