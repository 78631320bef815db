/*
 * manager/create.h - one container wanted, somewhere.
 *
 * place -> reserve -> (networks) -> ask the engine -> (pull, ask again) -> (connect) -> adopt.  A
 * failed attempt leaves no reservation.  The work goes on when the client leaves once an engine has
 * been asked, because the container may exist by then.
 *
 * A create owns itself: it is freed after `finished` returned.
 */
#pragma once

#include "cluster/refresh.h"
#include "cluster/touch.h"
#include "http/client.h"
#include "manager/keep.h"
#include "manager/manager.h"
#include "manager/network_spread.h"
#include "manager/networking.h"
#include "manager/placing.h"
#include "manager/work.h"

/* Those that have the image, when the engine chosen at first has not. */
enum create_holders {
	HOLDERS_UNASKED,
	HOLDERS_FIRST, /* one of them; if none fits, another engine pulls it */
	HOLDERS_ONLY,  /* one of them, after a pull has failed */
	HOLDERS_UNFIT, /* none of them, after HOLDERS_FIRST */
};

struct create {
	struct work work;
	struct task task;
	struct manager *manager;

	struct placing placing; /* the configuration, and the engine of the present attempt */
	char *registry_auth;    /* X-Registry-Auth as received; owned; NULL */
	char *trace;            /* traceparent as received; owned; NULL; set after create_start */

	struct call call;
	struct translate_connects connects; /* owned; for after this engine's create */
	struct networking networking;
	struct network_spread spread; /* of a network that the engine does not have yet */
	struct touch *touch;          /* while the engine creates; or NULL */
	struct refresh refresh;
	struct keep_write kept; /* how it is to come back */
	uint32_t retries;
	bool pulled; /* in this attempt */
	enum create_holders holders;
	struct error pull_err; /* why it was tried again where the image is */
	struct error lacking;  /* the engine has the image for another platform */

	/* The result, for `finished`. */
	struct error err;     /* unset: created */
	struct engine *asked; /* counted; the last one; it has the container when all went well */
	char *answer;         /* the engine's body, unchanged; owned */
	size_t answer_len;
	void (*finished)(struct create *c, void *arg);
	void *arg;
};

/* Takes the config.  `finished` is called once, never from inside. */
struct create *create_start(struct manager *m, struct container_config *config,
	const char *registry_auth, struct api_version version,
	void (*finished)(struct create *c, void *arg), void *arg);
/* Nobody is interested in the result any more: `finished` is not called. Work on the engine goes
 * on. */
void create_forget(struct create *c);
/* Ends at once and frees; `finished` is not called. */
void create_cancel(struct create *c);
