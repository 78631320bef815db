/*
 * kv/options.h - what --discovery-opt says about the store.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/strv.h"

enum kv_etcd_api {
	KV_ETCD_AUTO, /* v2 only when the server has it and a classic cluster lives there */
	KV_ETCD_V2,
	KV_ETCD_V3,
};

/* NULL: not given.  All borrowed from the list of options. */
struct kv_options {
	const char *path; /* of the members below the prefix; default KV_DEFAULT_PATH */
	const char *ca_file, *cert_file, *key_file;
	const char *server_name; /* that the server's certificate is for, in place of its host */
	bool insecure;           /* TLS, and the server's certificate is not checked */
	const char *token;
	const char *username, *password;
	enum kv_etcd_api etcd_api;
};

#define KV_DEFAULT_PATH "docker/swarm/nodes"

/*
 * "key=value" each; of a repeated key the last counts.  Keys that do not start with "kv." belong
 * to others.  Errors: an unknown "kv." key, an empty kv.path, a certificate without its key, a
 * password without its user, what is to be checked together with kv.insecure.
 */
bool kv_options_parse(struct kv_options *ret, const struct strv *options, struct error *err);
/* Any option that has no meaning without it was given. */
bool kv_options_want_tls(const struct kv_options *options);
