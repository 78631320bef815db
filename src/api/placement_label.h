/*
 * api/placement_label.h - what the labels of a network or volume to be made say about its place.
 */
#pragma once

#include <yyjson.h>

#include "api/request.h"
#include "base/error.h"
#include "sched/sched.h"

/* Affinities, constraints and whitelists, each label a JSON list of expressions as on containers,
 * and whatever shall stay together; on this node alone, unless it is "". */
struct wish *placement_wish(yyjson_mut_doc *body, const char *node, struct error *err) must_check;
/*
 * Testcontainers sends the id of its session with every request, in a header; NULL: none is there.
 * Where the label that says the same is missing it is written, so that what a session makes stays
 * together and is found by whoever tidies up after it.
 */
const char *placement_session(const struct request *rq);
void placement_session_write(const struct request *rq, yyjson_mut_doc *body);
