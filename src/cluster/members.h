/*
 * cluster/members.h - a cluster is put together, and told who is a member.
 *
 * The only room that knows all parts: engines come and go here, each with the monitor that keeps
 * its record true.
 */
#pragma once

#include "base/strv.h"
#include "cluster/cluster.h"

/* A cluster without members. */
struct cluster *members_create(struct loop *loop, const struct cluster_config *config);
/* Engines end at once; whoever still holds one sees it DISCONNECTED.  NULL is fine. */
void members_destroy(struct cluster *cluster);
/* The members are now these addresses.  Removed ones go first, then new ones come (pending,
 * connecting at once). A malformed address is logged by the caller before; here it is refused per
 * entry with a warning. */
void members_set(struct cluster *cluster, const struct strv *addresses);
