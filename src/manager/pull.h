/*
 * manager/pull.h - an image pulled on one engine, for a create that lacks it.
 */
#pragma once

#include "cluster/engine.h"

enum {
	CREATE_TIMEOUT_MS =
		120 * 1000, /* for the engine's answer to a create: volume plugins can be slow */
	PULL_SILENCE_MS = 300 * 1000, /* between two progress lines */
};

/* POST /images/create on the engine; the progress is gathered only as far as its last line matters.
 */
void pull_send(struct call *call, struct engine *e, const char *image, const char *platform,
	const char *registry_auth, struct task *waiter);
/* The outcome of a finished call: status, or an error line in the stream (`Failed to load x: ...`).
 */
bool pull_check(struct call *call, struct engine *e, const char *image, struct error *err);
/* Whether it failed for want of an image, or of credentials: registries often do not tell which. */
bool pull_is_refused(const struct error *err);
/* Whether an X-Registry-Auth (NULL: none) says who one is. */
bool pull_has_credentials(const char *registry_auth);
