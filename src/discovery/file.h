/*
 * discovery/file.h - members in a file, one item a line; for discovery/ only.
 *
 * The folder of the file is watched, so that both writing in place and renaming over it are seen
 * within milliseconds; the file is also read again at every heartbeat, for file systems that do
 * not notify (NFS) and folders that come later.
 */
#pragma once

#include "discovery/discovery.h"

/* Larger files are not lists of engines. */
#define FILE_MAX_BYTES (4 * 1024 * 1024)

/*
 * Lines are trimmed, '#' starts a comment, blank lines do not count, ranges expand.  ret gets all
 * good lines, always; false when some were not: "line 3: address X: missing port in address", and
 * how many more.
 */
bool file_parse(const char *text, size_t len, struct strv *ret, struct error *err);

bool file_check(const struct discovery_url *url, const struct strv *options, struct error *err);
struct discovery *file_create(const struct discovery_config *config);
