/*
 * api/audit.h - who changed what: a line in a file for every request that may change something.
 *
 * An object in JSON a line: time, client, peer, method, path, status, duration_ms, and the name
 * that a new container is to have and traceparent, when the client sent them; status 0 when the
 * client left before its answer.  Requests that only read (GET, HEAD, OPTIONS) are left out.
 */
#pragma once

#include "api/request.h"

struct audit;

/* Appends to the file, which only the owner may read when it is new. */
struct audit *audit_create(const char *path, struct error *err) must_check;
void audit_destroy(struct audit *a);
/* The file may have been moved away. */
bool audit_reopen(struct audit *a, struct error *err);
/* The request is over, its exchange still there (NULL: somebody else's now); a may be NULL. */
void audit_note(struct audit *a, const struct request *rq);
