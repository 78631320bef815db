/*
 * register/metadata.h - what environment and labels of a container say about its services; pure.
 *
 * SERVICE_<key>=value holds for every port, SERVICE_<port>_<key>=value for the port that the
 * container itself listens on, and wins over the former.
 */
#pragma once

#include <stdint.h>

#include "base/strv.h"
#include "docker/label.h"

struct metadata {
	struct labels items; /* keys in lower case, less "service_" and the port */
	struct strv own;     /* the keys that were said of this port alone */
};

enum { METADATA_MAX = 64 }; /* keys of one port; more are left out */

/* Of this port.  said: "SERVICE_KEY=value" each, of which a later one wins. */
void metadata_read(struct metadata *ret, const struct strv *said, uint16_t port);
void metadata_finish(struct metadata *m);
/* NULL when there is none, or it is empty. */
const char *metadata_get(const struct metadata *m, const char *key);
bool metadata_is_own(const struct metadata *m, const char *key);

/* Items of "a,b\,c": split at commas, "\," is one; empty ones vanish, blanks stay.  Appended, each
 * once. */
void metadata_split_tags(struct strv *ret, const char *text);
