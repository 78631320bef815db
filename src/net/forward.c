/* net/forward.c - accept, dial, join. */
#include "net/forward.h"

#include <assert.h>

#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "net/dial.h"
#include "net/listen.h"
#include "net/tunnel.h"

enum {
	DIAL_MS = 10 * 1000,
	PORT_DESCRIPTORS = 1,
	LINK_DESCRIPTORS = 2, /* the client's and that to the far side */
};

struct forward {
	struct loop *loop;
	struct listener *listener;
	struct address to;
	struct forward_budget *budget; /* borrowed */
	struct list links;             /* struct link::list */
	size_t links_count;
};

/* One client. */
struct link {
	struct list list;
	struct forward *forward;
	struct task task;
	struct dial dial;
	struct stream *client; /* owned until there is a tunnel */
	struct tunnel *tunnel; /* owned */
};

const char forward_no_room[] = "as many ports and connections are open as this manager may open";

STEP(link_dial);
STEP(link_dialled);

bool forward_budget_take(struct forward_budget *b, size_t descriptors)
{
	if (b->descriptors_max - b->descriptors < descriptors)
		return false;
	b->descriptors += descriptors;
	return true;
}

void forward_budget_give(struct forward_budget *b, size_t descriptors)
{
	assert(b->descriptors >= descriptors);
	b->descriptors -= descriptors;
}

/* --- one client --- */

static void link_destroy(struct link *l, const char *reason)
{
	struct forward *f = l->forward;

	list_remove(&l->list);
	f->links_count--;
	forward_budget_give(f->budget, LINK_DESCRIPTORS);
	metric_add(METRIC_relay_connections, -1);
	task_finish(&l->task);
	dial_finish(&l->dial);
	stream_destroy(l->client, reason);
	tunnel_destroy(l->tunnel);
	free(l);
}

static void handle_over(void *arg, const struct tunnel_result *result)
{
	struct link *l = arg;

	assert(l->tunnel);
	metric_add(METRIC_relay_bytes_total, (int64_t)(result->bytes_ab + result->bytes_ba));
	l->tunnel = NULL;
	link_destroy(l, "over");
}

static enum task_turn link_dial(struct task *t)
{
	struct link *l = container_of(t, struct link, task);

	dial_start(&l->dial, t->loop, &l->forward->to, NULL, NULL, DIAL_MS, t);
	return task_wait_for(t, &l->dial.finished, &link_dialled_step); /* DIAL_MS */
}

static enum task_turn link_dialled(struct task *t)
{
	struct link *l = container_of(t, struct link, task);

	if (!l->dial.stream) {
		metric_inc(METRIC_relay_failures_total);
		link_destroy(l, "the far side cannot be reached");
		return TASK_WAIT;
	}
	l->tunnel = tunnel_create(t->loop, steal(l->client), steal(l->dial.stream), handle_over, l);
	return TASK_DONE;
}

static void handle_client(struct listener *listener, struct stream *s, void *arg)
{
	struct forward *f = arg;

	assert(f->listener == listener);
	if (f->links_count >= f->budget->clients_max ||
		!forward_budget_take(f->budget, LINK_DESCRIPTORS)) {
		metric_inc(METRIC_relay_refused_total);
		stream_destroy(s, "no room");
		return;
	}
	struct link *l = xnew(struct link);

	l->forward = f;
	l->client = s;
	list_push_back(&f->links, &l->list);
	f->links_count++;
	metric_add(METRIC_relay_connections, 1);
	metric_inc(METRIC_relay_connections_total);
	task_init(&l->task, f->loop, &link_dial_step, NULL);
	task_start(&l->task);
}

static const struct listener_ops listener_ops = { .handle_stream = handle_client };

/* --- the port --- */

static void cut_off(struct forward *f, const char *reason)
{
	struct link *l, *next;

	list_for_each_safe (l, next, &f->links, list)
		link_destroy(l, reason);
}

static void set_far(struct forward *f, const char *ip)
{
	char *port = steal(f->to.port);

	address_finish(&f->to);
	f->to = (struct address){ .kind = ADDRESS_TCP, .host = xstrdup(ip), .port = port };
}

struct forward *forward_create(
	struct loop *loop, const struct forward_config *config, struct error *err)
{
	auto_free char *port = xasprintf("%u", config->port);
	auto_free char *spec = format_host_port(config->host, port);
	struct forward *f;

	if (!forward_budget_take(config->budget, PORT_DESCRIPTORS)) {
		error_set(err, ERROR_TOO_LARGE, "%s", forward_no_room);
		return NULL;
	}
	f = xnew(struct forward);
	f->loop = loop;
	f->budget = config->budget;
	list_init(&f->links);
	f->to.port = steal(port);
	set_far(f, config->to_ip);
	f->listener = listener_create(loop, spec, NULL, &listener_ops, f, err);
	if (f->listener)
		return f;
	forward_destroy(f);
	return NULL;
}

void forward_aim(struct forward *f, const char *to_ip)
{
	cut_off(f, "its place has moved");
	set_far(f, to_ip);
}

void forward_destroy(struct forward *f)
{
	if (!f)
		return;
	cut_off(f, "the port is closed");
	listener_destroy(f->listener);
	forward_budget_give(f->budget, PORT_DESCRIPTORS);
	address_finish(&f->to);
	/* a listener that tells of clients looks at its socket afterwards */
	loop_release_later(f->loop, f, free);
}
