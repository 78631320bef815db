/*
 * http/budget.h - the memory that all clients together make us hold.  Private.
 *
 * Each connection has an account: what was read and not taken, the body of its request, what waits
 * to be sent, and what the owner of its exchange holds for it (exchange_charge).  When the sum
 * passes http_server_config::max_client_bytes, the client that holds most, over all its
 * connections, is refused with 503 or broken off in the middle of its answer, until the rest fits;
 * others notice nothing.  When much of it has come free, it is given back to the system.
 */
#pragma once

#include "net/loop.h"

struct http_server;
struct http_connection;

struct budget {
	size_t bytes, peak; /* of all accounts, as counted last; since memory was given back */
	struct deferred shed;
	struct timer quiet;
};

void budget_init(struct http_server *server);
void budget_finish(struct http_server *server);
/* To be called when the account may have grown; shrinking may be noticed later. */
void budget_count(struct http_connection *c);
/* The connection leaves its server. */
void budget_leave(struct http_connection *c);
