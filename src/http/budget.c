/*
 * http/budget.c - the memory that all clients together make us hold: who holds how much, and who
 * has to go.
 *
 * Each connection has an account: what was read and not taken, the body of its request, what waits
 * to be sent, and what the owner of its exchange holds for it (exchange_charge).  When the sum
 * passes http_server_config::max_client_bytes, the client that holds most, over all its
 * connections, is refused with 503 or broken off in the middle of its answer, until the rest fits;
 * others notice nothing.  When much of it has come free, it is given back to the system.
 */
#include <assert.h>
#include <malloc.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "http/server_private.h"

enum {
	QUIET_MS = 1000,
	WORTH_GIVING_BACK = 8 * 1024 * 1024,
};

static const char refusal[] = "the clients of this manager make it hold too much memory, and you "
			      "most of it (--client-memory); try again in a moment";

static size_t held_by(const struct http_connection *c)
{
	size_t bytes = c->charged;

	if (c->stream)
		bytes +=
			evbuffer_get_length(stream_input(c->stream)) + stream_output_len(c->stream);
	if (c->exchange)
		bytes += evbuffer_get_length(c->exchange->body);
	return bytes;
}

static void set_account(struct http_connection *c, size_t bytes)
{
	struct budget *b = &c->server->budget;

	b->bytes = b->bytes - c->counted + bytes;
	b->peak = max_of(b->peak, b->bytes);
	/* of all servers of the process: the page may have one of its own */
	metric_add(METRIC_client_memory_bytes, (int64_t)bytes - (int64_t)c->counted);
	c->counted = bytes;
}

static bool is_over(const struct http_server *server)
{
	return server->budget.bytes > server->config.max_client_bytes;
}

void budget_count(struct http_connection *c)
{
	if (!c->server)
		return;
	struct budget *b = &c->server->budget;

	set_account(c, held_by(c));
	if (is_over(c->server))
		loop_defer(c->loop, &b->shed);
	if (b->peak > WORTH_GIVING_BACK && !timer_pending(&b->quiet))
		timer_start(&b->quiet, QUIET_MS);
}

void budget_leave(struct http_connection *c)
{
	set_account(c, 0);
}

static void count_all(struct http_server *server)
{
	struct http_connection *c;

	list_for_each (c, &server->connections, link)
		set_account(c, held_by(c));
}

/* --- who has to go --- */

struct client_total {
	const char *identity; /* borrowed from a connection */
	size_t bytes;
	struct http_connection *most;
	UT_hash_handle hh;
};

static struct client_total *total_of(struct client_total **totals, struct http_connection *c)
{
	struct client_total *total;

	HASH_FIND_STR(*totals, c->identity, total);
	if (!total) {
		total = xnew(struct client_total);
		total->identity = c->identity;
		HASH_ADD_KEYPTR(hh, *totals, total->identity, strlen(total->identity), total);
	}
	return total;
}

static struct http_connection *find_greediest(struct http_server *server)
{
	struct client_total *totals = NULL, *total, *tmp, *greediest = NULL;
	struct http_connection *c, *found;

	list_for_each (c, &server->connections, link) {
		total = total_of(&totals, c);
		total->bytes += c->counted;
		if (!total->most || c->counted > total->most->counted)
			total->most = c;
		if (!greediest || total->bytes > greediest->bytes)
			greediest = total;
	}
	assert(greediest);
	found = greediest->most;
	HASH_ITER (hh, totals, total, tmp) {
		HASH_DEL(totals, total);
		free(total);
	}
	return found;
}

/* One a time, so that no turn is long; the memory of whoever had its exchange goes with that. */
static void handle_shed(struct deferred *d)
{
	struct http_server *server = container_of(d, struct http_server, budget.shed);

	count_all(server);
	if (!is_over(server))
		return;
	exchange_request_abandon(find_greediest(server), 503, refusal);
	metric_inc(METRIC_clients_refused_memory_total);
	loop_defer(server->loop, d);
}

/* --- giving back --- */

static void handle_quiet(struct timer *t)
{
	struct http_server *server = container_of(t, struct http_server, budget.quiet);
	struct budget *b = &server->budget;

	count_all(server);
	if (b->bytes > b->peak / 2) {
		timer_start(t, QUIET_MS);
		return;
	}
	malloc_trim(0);
	b->peak = b->bytes;
}

void budget_init(struct http_server *server)
{
	deferred_init(&server->budget.shed, handle_shed);
	timer_init(&server->budget.quiet, server->loop, handle_quiet);
}

void budget_finish(struct http_server *server)
{
	deferred_cancel(&server->budget.shed);
	timer_stop(&server->budget.quiet);
}
