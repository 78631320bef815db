/*
 * docker/query_need.h - query parameters that came with a version.
 *
 * An engine ignores a parameter that it does not know, and does something else than was asked for.
 * Where there is a choice, an engine that knows it is better.
 */
#pragma once

#include "base/uri.h"
#include "docker/version.h"

/* The version from which on an engine understands all of a request, as far as it matters: the
 * method, the route ("/images/{name}/push") and the query.  0.0: any does. */
struct api_version query_need(const char *method, const char *route, const struct query *q);
/* Removes the parameters that came after that version. */
void query_need_fit(const char *method, const char *route, struct api_version v, struct query *q);
