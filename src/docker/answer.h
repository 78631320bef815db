/*
 * docker/answer.h - whether a thing is what a client wrote, and how well.
 *
 * Pure questions to one record, which placing and every look-up share: so nobody means another
 * thing by the same word.  Among several records the better rank wins; two of one rank are a guess
 * that only the asker can refuse.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "docker/container.h"
#include "docker/image_name.h"
#include "docker/objects.h"

/* What an engine is called; "" for what is not known yet. */
struct node_names {
	const char *name;      /* "node-1" */
	const char *id;        /* "<daemon id>|<address>" */
	const char *daemon_id; /* "<daemon id>" */
};

/* Best first. */
enum answer {
	ANSWER_ID,
	ANSWER_NAME,
	ANSWER_SWARM_ID, /* of containers: the label com.docker.swarm.id */
	ANSWER_PREFIX,   /* of an id */
	ANSWER_NONE,
};

enum { SHORT_ID_LEN = 12 };

/* "name", "node/name" or "<engine id>/name" of the thing that has this name on this node? */
bool name_means(const struct node_names *node, const char *what, const char *name);

/* Names with or without the leading '/'. */
enum answer container_answers(
	const struct container *c, const struct node_names *node, const char *what);
/* Does an engine that has it know by itself who is meant, by a name, or the beginning of an id? */
bool container_is_known_as(const struct container *c, const char *what);
/* An id's first 12 characters are as good as all of it: that is how ids are shown.  Ids of overlay
 * networks are not hexadecimal. */
enum answer network_answers(
	const struct network *n, const struct node_names *node, const char *what);
/* Ids with or without "sha256:"; a prefix has at least three digits.  Images are not told apart by
 * nodes. */
enum answer image_answers(const struct image *i, const char *what, enum image_match how);
enum answer volume_answers(const struct volume *v, const struct node_names *node, const char *what);

/* The one of a node's list that is meant; NULL when none is, or several as well. */
const struct container *container_pick(struct container *const *items, size_t count,
	const struct node_names *node, const char *what);
const struct network *network_pick(
	const struct network *items, size_t count, const struct node_names *node, const char *what);
const struct volume *volume_pick(
	const struct volume *items, size_t count, const struct node_names *node, const char *what);
