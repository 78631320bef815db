/*
 * api/errand.h - what a request needs several turns of the loop for.
 *
 * A struct that begins with an errand belongs to its request (request::errand) and holds all that
 * the work needs; its steps are those of the errand's task.  It ends in one of three ways:
 * detached, when the request has still to be answered; failed; or ended, when nobody wants an
 * answer or it has been written.  At the end of the process requests end with what they own.
 */
#pragma once

#include "api/request.h"
#include "net/task.h"

struct errand {
	struct request *rq; /* its owner */
	struct task task;
	/* Private. */
	const struct task_step *first;
	void (*finish)(struct errand *e);
	size_t body_max;
};

/* Zeroed memory of this size, which begins with the errand.  `finish` lets go of what that memory
 * holds (NULL: nothing). */
void *errand_create(struct request *rq, size_t size, const struct task_step *first,
	void (*finish)(struct errand *e));
/* The first step runs at the end of this turn. */
void errand_start(struct errand *e);
/* The first step runs when all of the request's body, which is JSON of at most so many bytes, is in
 * rq->x->body; when it cannot be had the request has been answered instead. */
void errand_start_body(struct errand *e, size_t max);
/* The client's leaving, and its reading, wake the task, too. */
void errand_watch_client(struct errand *e);

/* Frees the work; the request is the caller's to answer. */
struct request *errand_detach(struct errand *e);
/* For the end of a step.  err may not be part of the work. */
enum task_turn errand_fail(struct errand *e, const struct error *err);
enum task_turn errand_end(struct errand *e);
