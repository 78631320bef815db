#include "cmd/wire.h"

#include <signal.h>

#include "base/log.h"
#include "net/loop.h"

struct wire {
	struct loop *loop;
	struct discovery *discovery;
	struct loop_signal terminate, interrupt;
};

static void handle_members(maybe_unused void *arg, const struct strv *members)
{
	for (size_t i = 0; i < members->count; i++)
		log_fields(LOG_INFO, "Member", "addr", members->items[i], NULL);
}

static void handle_error(maybe_unused void *arg, const struct error *err)
{
	log_error("Discovery error: %s", error_text(err));
}

static const struct discovery_ops discovery_ops = {
	.handle_members = handle_members,
	.handle_error = handle_error,
};

static void handle_terminate(struct loop_signal *s)
{
	struct wire *w = container_of(s, struct wire, terminate);

	loop_stop(w->loop);
}

static void handle_interrupt(struct loop_signal *s)
{
	struct wire *w = container_of(s, struct wire, interrupt);

	loop_stop(w->loop);
}

int wire_run(const struct manage_options *options)
{
	auto_error struct error err = ERROR_INIT;
	struct wire w = { .loop = loop_create() };

	w.discovery = discovery_create(w.loop, &options->discovery, &options->discovery_options,
		options->heartbeat_ms, &discovery_ops, &w, &err);
	if (!w.discovery) {
		log_error("%s", error_text(&err));
		loop_destroy(w.loop);
		return 1;
	}
	loop_signal_start(&w.terminate, w.loop, SIGTERM, handle_terminate);
	loop_signal_start(&w.interrupt, w.loop, SIGINT, handle_interrupt);
	loop_run(w.loop);
	loop_signal_stop(&w.interrupt);
	loop_signal_stop(&w.terminate);
	discovery_destroy(w.discovery);
	loop_destroy(w.loop);
	return 0;
}
