/*
 * register/keys_record.h - services as keys and values of a store; pure.
 *
 * The key is "name/id".  A service whose name or id cannot be one part of a key is left out.
 */
#pragma once

#include "kv/entries.h"
#include "register/book.h"
#include "register/service.h"

/* "192.0.2.10:8000". */
void keys_add(struct kv_entries *ret, const struct book_place *place, const struct service *s);
/* {"host":"192.0.2.10","port":8000}, as SkyDNS 2 reads it. */
void keys_add_skydns(
	struct kv_entries *ret, const struct book_place *place, const struct service *s);
/* Of an id that was not given by hand; NULL: it does not tell. Caller frees. */
char *keys_node_of(const char *key);
/* "skydns.local" -> "skydns/local/skydns"; NULL: it is no domain.  Caller frees. */
char *keys_skydns_base(const char *domain);
