/*
 * cluster/execs.h - from the id of a command in a container to the container.
 */
#pragma once

#include "docker/container.h"

struct cluster;
struct execs;

struct execs *execs_create(void);
void execs_destroy(struct execs *l);

/* exec id -> its container; NULL when unknown. */
struct container *cluster_find_exec(struct cluster *cluster, const char *exec_id);
void cluster_remember_exec(struct cluster *cluster, const struct container *c, const char *exec_id);
/* It has ended: kept for a while, for whoever asks for the exit code. */
void cluster_end_exec(struct cluster *cluster, const char *exec_id);
