/*
 * cmd/serve.h - the clients' side of a manager: its ports, its HTTP server, and how they end.
 */
#pragma once

#include "base/log.h"
#include "base/strv.h"
#include "http/server.h"
#include "net/loop.h"
#include "net/tls.h"

struct listener;

struct serve_config {
	const struct strv *hosts; /* to listen on; borrowed */
	struct tls_context *tls;  /* borrowed; NULL: plain */
	size_t client_bytes;      /* held for all clients together at most */
	size_t max_clients;       /* 0: what descriptors there are for */
	const char *open_to_all;  /* the warning when whoever reaches it may use it */
	void (*handle)(struct exchange *x, void *arg);
	void (*refuse)(struct exchange *x, int status, const char *text, void *arg);
	/* Something else has to end before the process may. */
	bool (*is_busy)(void *arg);
	void *arg;
};

struct serve {
	struct serve_config config;
	struct loop *loop;
	struct http_server *server;
	struct listener **listeners; /* owned */
	size_t listeners_count;
	struct timer drain;
	int64_t drain_left_ms;
	struct log_limit refusals;
};

/* Clients get half of the descriptors that this process may have, and no more. */
void serve_init(struct serve *s, struct loop *loop, const struct serve_config *config);
bool serve_listen(struct serve *s, struct error *err);
/* Where it listens, as clients would write it. */
void serve_addresses(const struct serve *s, struct strv *ret);
/* Nobody is let in any more, and what is under way may finish. */
void serve_close(struct serve *s);
/* The same.  The loop stops when all requests have been answered and nothing is
 * busy, but ten seconds later at the latest. */
void serve_drain(struct serve *s);
void serve_stop_listening(struct serve *s);
/* Those who hold exchanges must have let go of them. */
void serve_finish(struct serve *s);

/* Tell the service manager (systemd), when there is one: "READY=1". */
void serve_notify(const char *state);
