/*
 * net/yield.h - long work, piece by piece, lets everybody go first who has something short to do.
 *
 * A piece runs when nothing that is deferred otherwise (net/loop.h) is left, or when that has taken
 * its time of the turn; so who asks for little waits for one piece of one long work, not for one of
 * each.
 */
#pragma once

#include "net/task.h"

/* As loop_defer. */
void loop_defer_behind(struct loop *loop, struct deferred *d);
/* For the end of a step: the next is a piece of long work. */
enum task_turn task_yield(struct task *t, const struct task_step *next);
