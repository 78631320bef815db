/*
 * kv/etcd2_answer.h - what etcd's v2 API says, as data; no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/error.h"
#include "kv/entries.h"

enum {
	ETCD2_KEY_NOT_FOUND = 100,
	ETCD2_NOT_A_FILE = 102,
	ETCD2_COMPARE_FAILED = 101,
	ETCD2_NOT_A_DIRECTORY = 104,
	ETCD2_KEY_EXISTS = 105,
	ETCD2_EVENT_INDEX_CLEARED = 401,
};

/* Of GET .../DIR?recursive=true: the files of the first level. */
bool etcd2_parse_list(yyjson_val *answer, struct kv_entries *ret, struct error *err);

struct etcd2_event {
	uint64_t index; /* modifiedIndex */
	bool is_news;   /* something is there, gone, or another than before; no mere heartbeat */
};
bool etcd2_parse_event(yyjson_val *answer, struct etcd2_event *ret, struct error *err);

/* The node of an answer about one key. */
struct etcd2_node {
	const char *value; /* lives as long as the answer */
	uint64_t created, modified;
};
bool etcd2_parse_node(yyjson_val *answer, struct etcd2_node *ret, struct error *err);

/* Of a write that kept the value: whether it is the right one. */
bool etcd2_value_is(yyjson_val *answer, const char *value);
/* errorCode of an error's body; 0 when that is not one of etcd's. */
int etcd2_error_code(const char *body, size_t len);
