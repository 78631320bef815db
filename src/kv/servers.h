/*
 * kv/servers.h - the HTTP servers of a store, and workers that talk to them; for kv/ only.
 *
 * All watches and leases of a store share one opinion about which server is good.  Whoever meets a
 * failure moves on to the next; nobody goes back before the others have failed too.
 */
#pragma once

#include "base/backoff.h"
#include "kv/driver.h"
#include "kv/way.h"

struct servers {
	struct way *items; /* owned */
	size_t count, current;
	struct tls_context *tls; /* owned; NULL: plain */
	struct headers auth;     /* sent with every call */
};

/* The first one is taken at random, so that the load spreads. */
bool servers_init(struct servers *s, const struct kv_config *config, struct error *err);
void servers_finish(struct servers *s);
bool servers_reload(struct servers *s, struct error *err);
/* "Authorization: Basic ..." from "user:password". */
void servers_set_basic_auth(struct servers *s, const char *user_and_password);

/* A task with one call at a time; embedded in a watch or a lease. */
struct worker {
	struct task task;
	struct servers *servers; /* borrowed */
	struct call call;
	const struct way *server; /* that the call went to; borrowed */
	int64_t sent_ms;          /* when it was begun (clock_mono_ms) */
	struct backoff backoff;
};

struct worker_request {
	const char *method;
	char *target;             /* taken */
	char *body;               /* taken; NULL: none */
	const char *content_type; /* of the body */
	enum call_mode mode;
	int64_t head_timeout_ms; /* 0: WORKER_TIMEOUT_MS */
	int64_t idle_timeout_ms; /* 0: WORKER_TIMEOUT_MS */
	bool stream;             /* a connection of its own, and room for long lines */
};

enum {
	WORKER_TIMEOUT_MS = 10 * 1000,
	WORKER_CONNECT_MS = 5 * 1000,
	WORKER_MAX_ANSWER = 32 * 1024 * 1024,
	WORKER_MAX_LINE = 8 * 1024 * 1024,
	WORKER_SETTLE_MS = 100, /* between two looks: many changes at once are one list */
};

void worker_start(struct worker *w, struct servers *servers, struct loop *loop,
	const struct task_step *first);
void worker_finish(struct worker *w);
/* Leave what is under way and go on with this step (at the end of the turn). */
void worker_divert(struct worker *w, const struct task_step *step);
/* Send, then run next when the call is over; a stream: whenever something happens to it. */
enum task_turn worker_ask(
	struct worker *w, const struct worker_request *request, const struct task_step *next);
/* The call has ended with a 2xx status, or with 404 when absent_is_fine: a redirection comes from
 * somebody else than the store.  Else err says what is wrong, and with which server. */
bool worker_answered(const struct worker *w, bool absent_is_fine, struct error *err);
/* Puts the server in front of err's text. */
bool worker_blame(const struct worker *w, struct error *err);
/* It was no good: others take the next one. */
void worker_leave_server(const struct worker *w);
/* The same; pauses, then step. */
enum task_turn worker_retry(struct worker *w, const struct task_step *step);
/* It worked: the next failure starts with a short pause. */
static inline void worker_succeeded(struct worker *w)
{
	backoff_reset(&w->backoff);
}
