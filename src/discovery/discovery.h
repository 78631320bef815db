/*
 * discovery/discovery.h - says which addresses are the members, now and whenever that changes.
 *
 * A discovery URL is "scheme://rest" (schemes.h), and its scheme says what can be done with it.  A
 * discovery reports whole lists, in the order of its source, duplicates kept; while the source
 * cannot be read the last list stays in force.  It neither resolves nor contacts members.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"

struct discovery;
struct discovery_config;
struct discovery_url;
struct kv;
struct loop;
struct registration;
struct registration_config;

struct discovery_scheme {
	const char *name;
	const char *form;  /* of its URL, for the help: "file://path/to/file" */
	bool can_register; /* agents can join through it */
	bool can_elect;    /* managers can elect a leader through it */
	bool is_secret;    /* whoever knows the URL may join */
	bool is_tls;       /* what it reads from speaks TLS */
	/* All that can be said about the URL without touching a source. */
	bool (*check)(
		const struct discovery_url *url, const struct strv *options, struct error *err);
	struct discovery *(*create)(const struct discovery_config *config);
	/* See registration.h; NULL exactly when !can_register. */
	struct registration *(*enroll)(struct loop *loop, const struct discovery_url *url,
		const struct strv *options, const struct registration_config *config,
		struct error *err);
};

struct discovery_url {
	const struct discovery_scheme *scheme; /* a row of schemes.h */
	char *rest;                            /* owned; what follows "://" */
};

#define DISCOVERY_URL_INIT ((struct discovery_url){ 0 })

void discovery_url_finish(struct discovery_url *url);
/* text, as it may appear in a log: without the token that is its only secret.  Caller frees. */
char *discovery_url_mask(const struct discovery_url *url, const char *text) must_check;
/* Whether discovery_create would take it: all is well-formed.  options are "key=value". */
bool discovery_url_check(
	const struct discovery_url *url, const struct strv *options, struct error *err);

/* Handlers run from the loop, never inside discovery_create; they may not destroy the discovery. */
struct discovery_ops {
	/* The members are now these (borrowed).  Called once at the start, then for changes. */
	void (*handle_members)(void *arg, const struct strv *members);
	/* Not fatal: the source will be tried again.  A list that is good in part is reported
	 * before the error that says what was left out. */
	void (*handle_error)(void *arg, const struct error *err);
};

/*
 * heartbeat_ms: how often a source that cannot notify is looked at.  ops, arg and loop outlive
 * the discovery.  NULL for the errors of discovery_url_check, and for files (certificates)
 * that cannot be read.
 */
struct discovery *discovery_create(struct loop *loop, const struct discovery_url *url,
	const struct strv *options, int64_t heartbeat_ms, const struct discovery_ops *ops,
	void *arg, struct error *err) must_check;
/* NULL is fine; afterwards no handler is called. */
void discovery_destroy(struct discovery *d);
/* The store behind it, for others to use; lent for as long as the discovery lives.  NULL: there is
 * none. */
struct kv *discovery_store(const struct discovery *d);
/* Look at the source soon, whatever the time (SIGHUP). */
void discovery_reload(struct discovery *d);
