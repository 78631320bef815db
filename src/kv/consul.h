/*
 * kv/consul.h - the Consul driver's parts; for consul*.c only.
 */
#pragma once

#include "kv/servers.h"

struct consul {
	struct kv base;
	struct servers servers;
};

struct kv_watch *consul_watch_create(struct kv *kv);
void consul_watch_start(struct kv_watch *watch);
void consul_watch_destroy(struct kv_watch *watch);

struct kv_lease *consul_lease_create(struct kv *kv);
void consul_lease_start(struct kv_lease *lease);
void consul_lease_release(struct kv_lease *lease);
void consul_lease_destroy(struct kv_lease *lease);

/* "/v1/kv/" and the key, encoded; caller frees. */
char *consul_key_target(const char *key, const char *suffix) must_check;
