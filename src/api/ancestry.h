/*
 * api/ancestry.h - which images descend from those that somebody named.
 *
 * An engine that stores images by layers tells what each began as, and `ancestor=` of the container
 * list means an image and all that descends from it.  Every image is looked at once, whatever the
 * shape of what the engines tell: long lines, or circles.
 */
#pragma once

#include <stdbool.h>

#include "base/strv.h"
#include "cluster/cluster.h"

struct ancestry_image;

/* Zeroed memory: nobody named any. */
struct ancestry {
	const struct cluster *cluster; /* borrowed */
	const struct strv *names;      /* names or beginnings of ids; borrowed */
	size_t names_read;
	struct ancestry_image *images; /* by id; owned */
};

void ancestry_init(struct ancestry *a, const struct cluster *cluster, const struct strv *names);
void ancestry_finish(struct ancestry *a);
/* Looks up the next name, a turn's work where engines hold many of that name; false: there is no
 * further one. */
bool ancestry_read(struct ancestry *a);
/* After all are read: is it one of those, or does it descend from one?  id: "sha256:...". */
bool ancestry_has(struct ancestry *a, const char *id);
