/*
 * manager/decisions.h - why containers are where they are, for as long as this manager remembers.
 *
 * Kept by swarm id, in memory only: not in a label, which users would see and copy.  The oldest
 * give way.
 */
#pragma once

#include <stddef.h>

struct decisions;

enum { DECISIONS_MAX = 8192 };

struct decisions *decisions_create(void);
void decisions_destroy(struct decisions *d);
/* text: JSON; copied.  Replaces what was kept for this id. */
void decisions_keep(struct decisions *d, const char *swarm_id, const char *text);
/* Borrowed until the next keep; NULL: not known, or not any more. */
const char *decisions_find(const struct decisions *d, const char *swarm_id);
