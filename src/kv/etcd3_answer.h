/*
 * kv/etcd3_answer.h - what etcd's JSON gateway says, as data; no I/O.
 *
 * Keys and values are base64, 64-bit numbers are strings, and zero, false and empty members are
 * left out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "kv/entries.h"

/* Of kv/range over "directory/".  Keys are what follows directory and a slash. */
bool etcd3_parse_range(yyjson_val *answer, const char *directory, struct kv_entries *ret,
	int64_t *ret_revision, struct error *err);

/* One line of a watch, applied to the (sorted) entries. */
struct etcd3_news {
	bool changed; /* entries are not what they were */
	bool ended;   /* compacted or cancelled: read the range again */
};
bool etcd3_parse_watch(yyjson_val *line, const char *directory, struct kv_entries *entries,
	struct etcd3_news *ret, struct error *err);

/* Of kv/range over one key. */
struct etcd3_key {
	char *value;   /* NULL: there is no such key; for the caller to free */
	int64_t lease; /* 0: none */
	int64_t revision;
};
bool etcd3_parse_key(yyjson_val *answer, struct etcd3_key *ret, struct error *err);
/* A line of a watch that says more than that the watch has begun. */
bool etcd3_line_is_news(yyjson_val *line);

/* lease/grant; the id is positive. */
bool etcd3_parse_grant(yyjson_val *answer, int64_t *ret_lease, struct error *err);
/* lease/keepalive; false in ret_alive when the lease is gone. */
bool etcd3_parse_keepalive(yyjson_val *answer, bool *ret_alive, struct error *err);
/* kv/txn: its comparisons held, and all was done. */
bool etcd3_parse_txn(yyjson_val *answer, bool *ret_succeeded, struct error *err);
/* auth/authenticate; lives as long as the answer. */
bool etcd3_parse_token(yyjson_val *answer, const char **ret_token, struct error *err);

/* {"key":...,"range_end":...} of everything below the directory, without the closing brace. */
void etcd3_write_range(struct strbuf *sb, const char *directory);
/* A JSON string of the bytes in base64. */
void etcd3_write_bytes(struct strbuf *sb, const char *text);
