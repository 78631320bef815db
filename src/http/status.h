/*
 * http/status.h - the status that an error is answered with, the one place that says so.
 */
#pragma once

#include "base/error.h"
#include "http/headers.h"

/* An engine's own, where it is an error's.  A client that is to come again is told when, in fields
 * that are set in `to` (NULL: nobody is told). */
int status_of_error(const struct error *err, struct headers *to);
