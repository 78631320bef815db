/*
 * docker/objects.h - images, networks and volumes at rest.
 *
 * Like containers: the fields that decide something, and the engine's own entry as text, interned,
 * because the same image lies on many engines.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "docker/label.h"

struct image {
	const char *id;       /* interned, "sha256:..." */
	const char *parent;   /* interned: of what was built or committed, the id it began as */
	bool has_children;    /* another image of the engine began as this one */
	const char **tags;    /* interned; "<none>:<none>" is left out */
	const char **digests; /* interned; "<none>@<none>" is left out */
	uint16_t tags_count, digests_count;
	/* Of each tag, when it came to this image, as who reads the list again and again has seen;
	 * owned; NULL: not known of any.  Monotonic; 0: not known; negative: it was not made. */
	int64_t *came_ms;
	int64_t created_s, size_bytes;
	struct labels labels;
	bool localhost_is_implied; /* Podman: "localhost/busybox" answers to "busybox" too */
	const char *entry;         /* interned: the list entry as the engine gave it */
};

/*
 * A bridge that was created without a node spreads: it is made again on an engine where one of its
 * containers lands, and clients know all of these instances by the id of the first.  What says so
 * are labels, so that it outlives the manager: each instance carries what the client wrote as IPAM
 * (LABEL_NETWORK_IPAM, JSON; an engine tells it mixed with its own choice), the later ones the id
 * of the first (LABEL_NETWORK_ID).
 */
struct network {
	const char *id, *name, *driver, *scope; /* interned */
	const char *logical_id; /* interned: the first instance's, which mostly is this one */
	bool spreads;
	struct labels labels;
	const char *entry; /* interned */
};

struct volume {
	const char *name, *driver, *scope; /* interned */
	struct labels labels;
	const char *entry; /* interned */
};

/* From one item of GET /images/json, /networks, /volumes (or inspect of the latter two). */
bool image_from_json(struct image *ret, yyjson_val *item, struct error *err);
/* Removes the labels that keep what the client wrote, from a network as clients see it. */
void network_hide_labels(yyjson_mut_val *network);
bool network_from_json(struct network *ret, yyjson_val *item, struct error *err);
bool volume_from_json(struct volume *ret, yyjson_val *item, struct error *err);
void image_finish(struct image *i);
void network_finish(struct network *n);
void volume_finish(struct volume *v);
/* Another node's may have the same name, or even the same id: hosts are cloned, and Podman makes
 * ids of names. */
bool network_is_local(const struct network *n);
/* Local, and it does not spread. */
bool network_is_of_one_node(const struct network *n);
bool volume_is_local(const struct volume *v);
bool image_is_dangling(const struct image *i);
/* What only lies under others, unnamed: the steps of a build. */
bool image_is_step(const struct image *i);
/* Sets has_children of all images of an engine. */
void image_children(struct image *images, size_t count);
/* Of one engine, by their names: for volume_in_sorted.  compare is for whoever sorts by pieces. */
int volume_compare(const void *a, const void *b);
void volume_sort(struct volume *volumes, size_t count);
/* NULL when there is none of this name. */
const struct volume *volume_in_sorted(const struct volume *volumes, size_t count, const char *name);
/* Networks none, host and bridge, which every engine has. */
bool network_is_predefined(const char *name);
