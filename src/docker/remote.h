/*
 * docker/remote.h - calls to one Docker engine.
 *
 * A remote is an endpoint plus what its peer speaks.  These functions fill and send a `struct call`
 * (http/client.h) that the caller's task owns and waits for; afterwards remote_check turns the
 * outcome into the error texts of the field.
 */
#pragma once

#include "docker/version.h"
#include "http/client.h"

enum remote_kind {
	REMOTE_UNKNOWN,
	REMOTE_DOCKER,
	REMOTE_PODMAN,
};

struct remote {
	struct endpoint *endpoint; /* owned */
	char *address;             /* "10.0.0.5:2375"; owned; for texts */
	struct api_range range; /* of the engine; max 0.0 until it was asked: then calls go without
				   a prefix */
	enum remote_kind kind;
};

/* What is spoken with the engine for a client of that version (0.0: the newest that we know); 0.0
 * as long as the engine was not asked. */
struct api_version remote_version(const struct remote *r, struct api_version client);
/* "GET", "/containers/json?all=1": the path gets the prefix of the version (clamped into the
 * engine's range; 0.0 = the engine's newest that we know). */
void remote_call_init(struct call *c, const struct remote *r, struct api_version v,
	const char *method, const char *fmt, ...) printf_like(5, 6);
void remote_send(struct call *c, const struct remote *r, struct task *waiter);
/* Ends the call, whatever it was, and sends another, which changes one container: "POST", its id,
 * "/stop"; "DELETE", its id, "?force=1".  The answer is kept as text.  timeout_ms: for its head; 0:
 * the usual. */
void remote_change(struct call *c, const struct remote *r, const char *method, const char *id,
	const char *rest, int64_t timeout_ms, struct task *waiter);
/* The target for a request that is passed on. Caller frees. */
char *remote_target(
	const struct remote *r, struct api_version client, const char *path_and_query) must_check;

/* True when the call ended with a status below 400.  Else err: ERROR_ENGINE with the engine's
 * status and text, or the transport error ("Cannot connect to the Docker daemon at tcp://A. Is the
 * docker daemon running?"). */
bool remote_check(const struct call *c, const struct remote *r, struct error *err);
/* A 404 of create that names a missing image, as opposed to a missing volume
 * plugin, network or container. */
bool remote_error_is_missing_image(const struct error *err);
/* From the head of GET or HEAD /_ping and the body of /version. */
void remote_learn_version(struct remote *r, yyjson_val *version);
