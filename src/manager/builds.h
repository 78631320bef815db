/*
 * manager/builds.h - what belongs to one build reaches one engine.
 *
 * A BuildKit build comes on several connections: /grpc, which says nothing about itself, /session
 * with the id of the session, /build with the ids of session and build.  A tie says that a key of
 * one of these kinds means an engine.  Ties are held by the requests that use them, and stay for a
 * minute after the last one, because one build leaves gaps between its connections.
 *
 * When a hold is given up the engine's list of images is read again: nobody tells us which of the
 * connections was the one that made an image.
 */
#pragma once

#include "cluster/engine.h"
#include "net/task.h"

enum build_key {
	BUILD_KEY_CLIENT,  /* who asks: exchange_peer_identity */
	BUILD_KEY_SESSION, /* the client's random name of a session */
	BUILD_KEY_ID,      /* the client's random name of a build */
	BUILD_KEYS,
};

struct builds;
struct build_tie;

struct builds *builds_create(struct loop *loop);
/* Ties end whether they are held or not. */
void builds_destroy(struct builds *b);

/* The healthy engine that the key means; NULL when there is none.  Borrowed. */
struct engine *builds_find(const struct builds *b, enum build_key kind, const char *key);
/* Does a request hold the key? */
bool builds_is_held(const struct builds *b, enum build_key kind, const char *key);
/* From now on the key means this engine. */
struct build_tie *builds_hold(
	struct builds *b, enum build_key kind, const char *key, struct engine *e);
void builds_release(struct build_tie *tie); /* NULL is fine */

/* A task that waits for a tie: woken at every new one. */
struct build_waiter {
	struct list link;
	struct task *task;
};
void builds_wait(struct builds *b, struct build_waiter *w, struct task *task);
void builds_stop_waiting(struct build_waiter *w);
