/*
 * http/headers.h - header fields in order, repeats kept, names compared without case.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct header {
	char *name, *value; /* owned */
};

struct headers {
	struct header *items; /* owned */
	size_t count, cap;
};

#define auto_headers __attribute__((cleanup(headers_finish)))

void headers_finish(struct headers *h);
void headers_add(struct headers *h, const char *name, const char *value);
void headers_add_n(
	struct headers *h, const char *name, size_t name_len, const char *value, size_t value_len);
/* Replace the first, drop further ones, or append. */
void headers_set(struct headers *h, const char *name, const char *value);
void headers_setf(struct headers *h, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void headers_remove(struct headers *h, const char *name);
/* First value, NULL when absent. */
const char *headers_get(const struct headers *h, const char *name);
/* How many fields of that name there are. */
size_t headers_count(const struct headers *h, const char *name);
/* In a comma list, over all fields of that name: headers_has_token(h, "Connection", "upgrade"). */
bool headers_has_token(const struct headers *h, const char *name, const char *token);
void headers_copy(struct headers *to, const struct headers *from); /* appends */
/* Fields of one hop (RFC 9110 7.6.1): Connection and what it names, Keep-Alive, Proxy-*, TE,
 * Transfer-Encoding, Upgrade.  Trailer stays: it announces what relaying passes on. */
void headers_remove_hop_by_hop(struct headers *h);
