/*
 * register/catalog_record.h - services as Consul's catalog tells and takes them; pure.
 *
 * An entry of the ledger has the key "node/id", and as its text
 *
 *   {"Address":"192.0.2.10","Status":"passing","Service":{"ID":...,"Meta":{...}}}
 *
 * which is the same whether it was made from a container or read from the catalog.  The pair
 * "swarm-cluster" in Meta says whose it is.
 */
#pragma once

#include <yyjson.h>

#include "base/error.h"
#include "kv/entries.h"
#include "register/book.h"
#include "register/service.h"

#define CATALOG_MARK "swarm-cluster"

enum {
	CATALOG_META_MAX = 64, /* Consul's own limits */
	CATALOG_KEY_MAX = 128,
	CATALOG_VALUE_MAX = 512,
};

/* Attributes that Consul would not take are left out. */
void catalog_add(struct kv_entries *ret, const struct book_place *place, const struct service *s);

/* GET /v1/catalog/nodes: names of the nodes of this cluster, and of all others. */
bool catalog_parse_nodes(yyjson_val *answer, const char *cluster, struct strv *ret_ours,
	struct strv *ret_others, struct error *err);
/* GET /v1/catalog/node/<node> and GET /v1/health/node/<node>: entries of ours, keys of others'.
 * *ret_index: of the node, when nothing is on it, else 0. */
bool catalog_parse_node(yyjson_val *node, yyjson_val *checks, const char *cluster,
	struct kv_entries *ret_ours, struct strv *ret_others, int64_t *ret_index,
	struct error *err);

/* The body of PUT /v1/txn, which looks first whether the session still holds the key. */
char *catalog_format_changes(const char *lock_key, const char *session, const char *cluster,
	const struct book_change *changes, size_t count) must_check;
/* The same: the node goes, if nothing about it has changed since. */
char *catalog_format_removal(
	const char *lock_key, const char *session, const char *node, int64_t index) must_check;
/* Of a refused transaction: it was the lock, which is not ours any more. */
bool catalog_lost_lock(yyjson_val *answer);
