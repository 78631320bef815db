/*
 * One process that plays many agents: each has a registration, and so connections, of its own.
 *
 *   agents URL COUNT SECONDS [PORT]
 *
 * They start evenly spread over SECONDS, and register the addresses of bench/simulator's engines
 * with the defaults of `swarm join`.  "ready N ERRORS" is printed when all N are registered.  It
 * ends on SIGTERM or SIGINT, without leaving: the store is thrown away.
 */
#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/util.h"
#include "discovery/registration.h"
#include "discovery/schemes.h"
#include "kv/kv.h"
#include "net/loop.h"

enum {
	HEARTBEAT_MS = 60 * 1000,
	TTL_MS = 180 * 1000,
	MAX_AGENTS = 5000,
};

struct agents {
	struct loop *loop;
	struct discovery_url url;
	struct strv options;
	struct agent *items; /* owned */
	size_t count, held;
	size_t errors; /* before all were registered */
};

struct agent {
	struct agents *all;
	char address[64];
	struct timer start;
	struct registration *registration; /* owned; NULL before its time */
	bool held;                         /* has been, at least */
};

static void handle_held(void *arg)
{
	struct agent *a = arg;
	struct agents *all = a->all;

	all->held += !a->held;
	if (!a->held && all->held == all->count) {
		printf("ready %zu %zu\n", all->count, all->errors);
		fflush(stdout);
	}
	a->held = true;
}

static void handle_error(void *arg, const struct error *err)
{
	struct agent *a = arg;

	a->all->errors++;
	log_error("%s: %s", a->address, error_text(err));
}

static void handle_released(void *arg, const struct error *err)
{
	(void)arg;
	(void)err;
}

static const struct kv_lease_ops ops = { handle_held, handle_error, handle_released };

static void handle_start(struct timer *t)
{
	struct agent *a = container_of(t, struct agent, start);
	auto_error struct error err = ERROR_INIT;
	struct registration_config config = {
		.address = a->address,
		.heartbeat_ms = HEARTBEAT_MS,
		.ttl_ms = TTL_MS,
		.ops = &ops,
		.arg = a,
	};

	a->registration =
		registration_create(a->all->loop, &a->all->url, &a->all->options, &config, &err);
	if (!a->registration)
		handle_error(a, &err);
}

static void agents_start(struct agents *all, int64_t within_ms, const char *port)
{
	all->items = xcalloc(all->count, sizeof(*all->items));
	for (size_t i = 0; i < all->count; i++) {
		struct agent *a = &all->items[i];

		a->all = all;
		snprintf(a->address, sizeof(a->address), "127.77.%zu.%zu:%s", i / 250, i % 250 + 1,
			port);
		timer_init(&a->start, all->loop, handle_start);
		timer_start(&a->start, within_ms * (int64_t)i / (int64_t)all->count);
	}
}

static void agents_finish(struct agents *all)
{
	for (size_t i = 0; i < all->count; i++) {
		timer_stop(&all->items[i].start);
		registration_destroy(all->items[i].registration);
	}
	free(all->items);
	strv_finish(&all->options);
	discovery_url_finish(&all->url);
}

static struct agents all;

static void handle_signal(struct loop_signal *s)
{
	(void)s;
	loop_stop(all.loop);
}

int main(int argc, char **argv)
{
	auto_error struct error err = ERROR_INIT;
	struct loop_signal term, interrupt;
	uint64_t count, within_s;

	if (argc < 5 || !parse_u64(argv[2], &count) || !parse_u64(argv[3], &within_s) ||
		count == 0 || count > MAX_AGENTS || within_s > 3600) {
		fprintf(stderr, "usage: agents URL COUNT SECONDS PORT [DISCOVERY-OPT]...\n");
		return 2;
	}
	log_set_level(LOG_ERROR);
	if (!schemes_parse_url(&all.url, argv[1], &err)) {
		fprintf(stderr, "agents: %s\n", error_text(&err));
		return 1;
	}
	all.loop = loop_create();
	all.count = count;
	for (int i = 5; i < argc; i++)
		strv_add(&all.options, argv[i]);
	agents_start(&all, (int64_t)within_s * 1000, argv[4]);
	loop_signal_start(&term, all.loop, SIGTERM, handle_signal);
	loop_signal_start(&interrupt, all.loop, SIGINT, handle_signal);
	loop_run(all.loop);
	loop_signal_stop(&term);
	loop_signal_stop(&interrupt);
	agents_finish(&all);
	loop_destroy(all.loop);
	return 0;
}
