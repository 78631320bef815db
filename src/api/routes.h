/*
 * api/routes.h - every path and method that we answer, in one table.
 */
#pragma once

#include "api/request.h"

extern const struct route routes[];
extern const size_t routes_count;

/* Finds the row and fills the request's captures; NULL when none matches, or with err. */
const struct route *routes_find(const char *method, struct request *rq, struct error *err);
