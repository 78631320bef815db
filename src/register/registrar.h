/*
 * register/registrar.h - a registry of services, kept as the containers of the pool are.
 *
 * What stands there is a function of what the engines' records say: it is compared as a whole when
 * this manager begins to lead, when the registry was away, and now and then; and of each node that
 * changes or comes back.  Only differences are written, and only by the manager that leads and
 * holds the registry's own lock.  A node that is not heard of keeps its records for a while; one
 * that is known to be dead loses them at once.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct manager;
struct register_options;
struct registrar;

/* The options are borrowed.  NULL: certificates cannot be read. */
struct registrar *registrar_create(
	struct manager *m, const struct register_options *options, struct error *err) must_check;
/* Of several managers this one leads now, or does not. */
void registrar_set_leading(struct registrar *r, bool leading);
/* Nothing more is written; the next manager need not wait for the lock. */
void registrar_resign(struct registrar *r);
/* The store is being told so. */
bool registrar_is_resigning(const struct registrar *r);
/* Before the manager's end; NULL is fine. */
void registrar_destroy(struct registrar *r);
