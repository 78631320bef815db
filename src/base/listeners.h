/*
 * base/listeners.h - who wants to hear of something, in the order of their coming.
 *
 * A link is embedded in the struct of whoever listens.  Any listener may leave while others are
 * told, itself and the next in line included, and telling may lead to telling again: every round
 * under way keeps its place where leaving sees it.  Who comes meanwhile is told last.
 */
#pragma once

#include <stddef.h>

#include "base/list.h"

struct listeners_round;

struct listeners {
	struct list list; /* listeners_link::link */
	size_t count;
	struct listeners_round *rounds; /* private; under way, innermost first */
};

struct listeners_link {
	struct list link;
	struct listeners *of; /* NULL while it does not listen */
};

/* On the stack of who tells. */
struct listeners_round {
	struct listeners *of;
	struct list *next;
	struct listeners_round *outer;
};

void listeners_init(struct listeners *ls);
/* All leave. */
void listeners_finish(struct listeners *ls);
void listeners_add(struct listeners *ls, struct listeners_link *l);
/* Any number of times; a zeroed listener is fine. */
void listeners_remove(struct listeners_link *l);

/* begin, then next until it says NULL: nothing may leave the loop before. */
void listeners_begin(struct listeners *ls, struct listeners_round *r);
struct listeners_link *listeners_next(struct listeners_round *r);
