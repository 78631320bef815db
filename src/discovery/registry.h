/*
 * discovery/registry.h - the members of the clusters that this manager keeps itself.
 *
 * A token names a cluster; its members are addresses that beat.  One that stops goes when its time
 * to live is over.  Which tokens and members there are is kept in a state file; a beat that changes
 * neither costs no write.  After a restart every member lives for its whole time again: while the
 * registry was away nobody could beat.
 *
 * Changes are visible at once, and safe a little later: who promises something to somebody waits
 * until its generation is saved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"
#include "discovery/registry_file.h"
#include "net/task.h"

enum {
	REGISTRY_MAX_TOKENS = 1024,
	REGISTRY_MAX_MEMBERS = 65536, /* of all tokens together */
	/* Of one token.  As many are kept free for the manager's own, whatever others register. */
	REGISTRY_MAX_TOKEN_MEMBERS = REGISTRY_MAX_MEMBERS / 2,
	REGISTRY_TOKEN_LEN = 32, /* of those made here */
	REGISTRY_DEFAULT_TTL_S = 180,
};

struct registry;

struct registry_ops {
	/* The state could not be saved; it is tried again every second. */
	void (*handle_error)(void *arg, const struct error *err);
};

/* A folder that cannot be used, and a state file that is malformed, are errors: members are never
 * dropped in silence. */
struct registry *registry_create(struct loop *loop, const char *folder,
	const struct registry_ops *ops, void *arg, struct error *err) must_check;
/* Saves what is not saved yet.  Nobody may wait any more.  NULL is fine. */
void registry_destroy(struct registry *r);

/* The token of the manager's own cluster, made when there is none. */
const char *registry_own_token(struct registry *r);

/* All of these change memory; the state to wait for is registry_generation() afterwards.
 * Errors: ERROR_FULL when there are too many, ERROR_NOT_FOUND, ERROR_INVALID. */
bool registry_add_token(
	struct registry *r, char ret_token[REGISTRY_TOKEN_LEN + 1], struct error *err);
/* Adds or refreshes; an unknown token is made.  ttl_s 1 .. REGISTRY_MAX_TTL_S. */
bool registry_put(struct registry *r, const char *token, const char *address, int64_t ttl_s,
	struct error *err);
bool registry_remove(struct registry *r, const char *token, const char *address, struct error *err);
/* Forget all members; the token stays. */
void registry_clear(struct registry *r, const char *token);

/* In the order of their first registration; none for an unknown token. */
void registry_list(const struct registry *r, const char *token, struct strv *ret);

/* The same as a JSON array, made once for all who ask before it changes. */
struct registry_text {
	char *text; /* owned */
	size_t len;
	size_t references;
};
/* Counted for the caller. */
struct registry_text *registry_list_text(struct registry *r, const char *token) must_check;
void registry_text_unref(struct registry_text *text);
/* Another number whenever the list of this token is another one, also over restarts. */
uint64_t registry_index(const struct registry *r, const char *token);

enum registry_state {
	REGISTRY_SAVING,
	REGISTRY_SAVED,
	REGISTRY_FAILED, /* the last try did; err says why */
};
uint64_t registry_generation(const struct registry *r);
enum registry_state registry_state(
	const struct registry *r, uint64_t generation, struct error *err);

/* Embedded in who waits: its task is woken whenever the state may have changed; to stop waiting is
 * list_remove(&wait->link).  list_init it first. */
struct registry_wait {
	struct list link;
	struct task *task; /* borrowed */
};
/* In a list of somebody else's. */
void registry_wait_in(struct list *list, struct registry_wait *wait, struct task *task);
/* For any change of any list. */
void registry_wait_change(struct registry *r, struct registry_wait *wait, struct task *task);
/* For the end of a save. */
void registry_wait_saved(struct registry *r, struct registry_wait *wait, struct task *task);
