/*
 * docker/translate.h - documents on their way between a client and an engine of another version.
 *
 * The path of a call is moved into the range of the engine (docker/remote.h).  What is left are
 * the differences that clients rely on, each a row of a table in translate_*.c with the version
 * that made it.  `client` is the version of the request, `engine` the one that is spoken with the
 * engine; where they are equal nothing is touched, and what no row knows passes.
 */
#pragma once

#include <yyjson.h>

#include "base/error.h"
#include "docker/version.h"

/* What an engine must be able to do for a request, because leaving it out would be a lie. */
struct translate_need {
	struct api_version since; /* 0.0: nothing special */
	const char *what;         /* in words; static */
};

/* Of a create request; root may be NULL. */
struct translate_need translate_create_need(yyjson_mut_val *root, struct api_version client);
/* Of a request for a network.  What else is new in it older engines do without. */
struct translate_need translate_network_need(yyjson_mut_val *root, struct api_version client);
/* Of a request to change the limits of a container, whose engine is settled. */
struct translate_need translate_update_need(yyjson_mut_val *root, struct api_version client);
bool translate_need_is_met(const struct translate_need *need, const struct api_range *engine);
/* ERROR_INVALID with a sentence that names the engine and both versions; always false.  client is
 * 0.0 when the need is not the request's. */
bool translate_need_refuse(const struct translate_need *need, struct api_version client,
	const char *engine_name, const struct api_range *engine, struct error *err);

/* A network to connect to once the container is there, for engines that take only one at first. */
struct translate_connect {
	char *network;  /* owned */
	char *endpoint; /* the EndpointConfig as JSON; owned */
};

struct translate_connects {
	struct translate_connect *items; /* owned */
	size_t count, cap;
};
void translate_connects_finish(struct translate_connects *c);

struct translate_create {
	struct api_version client, engine;
	bool cgroup1; /* the engine's host has control groups of version 1 */
};

/* Edits a create request whose needs are met. */
void translate_create(const struct translate_create *t, yyjson_mut_doc *doc,
	struct translate_connects *ret_connects);

/* The content type of a container's output where the engine does not tell what it is, and the
 * client asks for it (1.42); else NULL: as the engine says. */
const char *translate_stream_type(bool tty, struct api_version client, struct api_version engine);

enum translate_answer {
	TRANSLATE_CONTAINER, /* GET /containers/{name}/json */
	TRANSLATE_IMAGE,     /* GET /images/{name}/json */
};
/* Edits an answer so that the client finds what it knows; is there anything to do at all? */
bool translate_answer_differs(enum translate_answer kind, struct api_version client,
	struct api_version engine) must_check;
void translate_answer(enum translate_answer kind, yyjson_mut_doc *doc, struct api_version client,
	struct api_version engine);
