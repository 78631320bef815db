/*
 * base/uri.h - request targets and query strings.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

/* Percent-decode; '+' stays (paths) or becomes a blank (query).  Bad escape: `invalid URL escape
 * "%zz"`. The result may hold any byte except NUL, which is an error. */
bool uri_decode(const char *s, size_t len, bool plus_is_blank, char **ret, struct error *err);
/* Encode as one path segment; the bytes letters digits -_.~$&+,/:;=@ stay.
 */
void uri_encode_path(struct strbuf *sb, const char *s);
/* A decoded path without empty, "." and ".." segments, as Go's servers clean it; a slash at the end
 * stays.  NULL when it is clean as it is.  Caller frees. */
char *uri_clean_path(const char *path) must_check;
/* Encode as a query value: only letters, digits and -_.~ stay, blank becomes %20. */
void uri_encode_query(struct strbuf *sb, const char *s);

/* Parsed query, in order, repeated keys kept. */
struct query_param {
	char *key, *value;
};
struct query {
	struct query_param *params; /* owned */
	size_t count, cap;
};
#define QUERY_INIT ((struct query){ 0 })
#define auto_query __attribute__((cleanup(query_finish)))

/* "a=1&b=%20"; appends.  At most QUERY_MAX_PARAMS parameters. */
#define QUERY_MAX_PARAMS 4096
bool query_parse(struct query *q, const char *s, size_t len, struct error *err);
void query_finish(struct query *q);
/* Appends all parameters of `from`, repeated ones too. */
void query_copy(struct query *to, const struct query *from);
/* First value of the key, NULL when absent. */
const char *query_get(const struct query *q, const char *key);
/* Set (replace the first, drop further ones) or append. */
void query_set(struct query *q, const char *key, const char *value);
void query_remove(struct query *q, const char *key);
/* "a=1&b=%20", encoded again, without '?'. */
void query_format(const struct query *q, struct strbuf *sb);
