/*
 * api/body.h - requests whose body is gathered before anything is done.
 */
#pragma once

#include <yyjson.h>

#include "api/request.h"
#include "net/task.h"

/* All of them are JSON, and refused when the client calls them something else. */

/* The task is the one that waits for the request from now on. */
void body_start(struct request *rq, struct task *task);
/*
 * Whether all of the body is in rq->x->body.  Otherwise the step ends with err (too large, the
 * client is gone, 408 when nothing came for a minute) or, when err is unset, with `return
 * body_wait(task, &this_step)`.
 */
bool body_is_ready(struct request *rq, struct task *task, size_t max, struct error *err);
enum task_turn body_wait(struct task *task, const struct task_step *step);

/* The body that is ready as an object that may be changed.  No body at all is `otherwise`, or, when
 * that is NULL, the error `EOF`.  NULL with err (400). */
yyjson_mut_doc *body_object(
	const struct request *rq, const char *otherwise, struct error *err) must_check;
