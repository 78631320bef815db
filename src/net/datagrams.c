/* net/datagrams.c - flows of a UDP port. */
#include "net/datagrams.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/metrics.h"
#include "net/socket.h"
#include "net/udp.h"

enum {
	SILENCE_MS = 90 * 1000, /* as the engine's own proxy */
	LOOK_MS = 10 * 1000,
	DATAGRAMS_PER_TURN = 64,
	DATAGRAM_MAX = 65535,
};

struct flow {
	UT_hash_handle hh;
	struct list by_age;
	struct datagrams *port;
	struct udp_peer key;
	int fd; /* connected to the far side */
	struct event event;
	int64_t last_ms;
};

struct datagrams {
	struct loop *loop;
	struct udp udp;
	struct event event;
	struct sockaddr_storage to;
	socklen_t to_len;
	struct forward_budget *budget; /* borrowed */
	struct flow *flows;
	struct list by_age; /* struct flow::by_age; the one silent for longest first */
	struct timer silence;
};

/* One at a time, on the one thread. */
static unsigned char datagram[DATAGRAM_MAX];

/* --- flows --- */

static void flow_destroy(struct flow *f)
{
	struct datagrams *d = f->port;

	HASH_DELETE(hh, d->flows, f);
	list_remove(&f->by_age);
	event_del(&f->event);
	close(f->fd);
	forward_budget_give(d->budget, 1);
	metric_add(METRIC_relay_flows, -1);
	free(f);
}

static void drop_flows(struct datagrams *d)
{
	struct flow *f, *next;

	list_for_each_safe (f, next, &d->by_age, by_age)
		flow_destroy(f);
}

static void handle_silence(struct timer *t)
{
	struct datagrams *d = container_of(t, struct datagrams, silence);
	struct flow *f, *next;

	list_for_each_safe (f, next, &d->by_age, by_age) {
		if (clock_mono_ms() - f->last_ms < SILENCE_MS)
			break;
		flow_destroy(f);
	}
	if (d->flows)
		timer_start(&d->silence, LOOK_MS);
}

static void touch(struct flow *f)
{
	f->last_ms = clock_mono_ms();
	list_remove(&f->by_age);
	list_push_back(&f->port->by_age, &f->by_age);
}

static void handle_far(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct flow *f = arg;

	assert(f->fd == fd);
	for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
		ssize_t n = recv(fd, datagram, sizeof(datagram), 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) /* "connection refused": nobody listens there, for now */
			continue;
		touch(f);
		if (udp_send(&f->port->udp, &f->key, datagram, (size_t)n))
			metric_inc(METRIC_relay_datagrams_total);
	}
}

static bool make_room(struct datagrams *d)
{
	bool crowded = HASH_COUNT(d->flows) >= d->budget->clients_max;

	if (!crowded && forward_budget_take(d->budget, 1))
		return true;
	metric_inc(METRIC_relay_refused_total);
	if (list_empty(&d->by_age))
		return false;
	flow_destroy(list_first(&d->by_age, struct flow, by_age));
	return forward_budget_take(d->budget, 1);
}

static int dial_far(const struct datagrams *d)
{
	int fd = socket(d->to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&d->to, d->to_len) == 0)
		return fd;
	close(fd);
	return -1;
}

static struct flow *flow_create(struct datagrams *d, const struct udp_peer *key)
{
	struct flow *f;
	int fd;

	if (!make_room(d))
		return NULL;
	fd = dial_far(d);
	if (fd < 0) {
		metric_inc(METRIC_relay_failures_total);
		forward_budget_give(d->budget, 1);
		return NULL;
	}
	f = xnew(struct flow);
	f->port = d;
	f->fd = fd;
	f->key = *key;
	HASH_ADD(hh, d->flows, key, sizeof(f->key), f);
	list_push_back(&d->by_age, &f->by_age);
	event_assign(&f->event, loop_base(d->loop), fd, EV_READ | EV_PERSIST, handle_far, f);
	event_add(&f->event, NULL);
	metric_add(METRIC_relay_flows, 1);
	if (!timer_pending(&d->silence))
		timer_start(&d->silence, LOOK_MS);
	return f;
}

/* --- the port --- */

static void handle_near(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct datagrams *d = arg;

	assert(d->udp.fd == fd);
	for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
		struct udp_peer key;
		ssize_t n = udp_receive(&d->udp, datagram, sizeof(datagram), &key);
		struct flow *f = NULL;

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			continue;
		HASH_FIND(hh, d->flows, &key, sizeof(key), f);
		if (!f)
			f = flow_create(d, &key);
		if (!f)
			continue;
		touch(f);
		if (send(f->fd, datagram, (size_t)n, 0) >= 0)
			metric_inc(METRIC_relay_datagrams_total);
	}
}

static bool open_port(struct datagrams *d, const struct forward_config *config, struct error *err)
{
	if (!udp_open(&d->udp, config->host, config->port, err))
		return false;
	event_assign(
		&d->event, loop_base(d->loop), d->udp.fd, EV_READ | EV_PERSIST, handle_near, d);
	event_add(&d->event, NULL);
	return true;
}

struct datagrams *datagrams_create(
	struct loop *loop, const struct forward_config *config, struct error *err)
{
	struct datagrams *d;

	if (!forward_budget_take(config->budget, 1)) {
		error_set(err, ERROR_TOO_LARGE, "%s", forward_no_room);
		return NULL;
	}
	d = xnew(struct datagrams);
	d->loop = loop;
	d->udp.fd = -1;
	d->budget = config->budget;
	list_init(&d->by_age);
	timer_init(&d->silence, loop, handle_silence);
	d->to_len = socket_set_ip(&d->to, config->to_ip, config->port);
	if (open_port(d, config, err))
		return d;
	datagrams_destroy(d);
	return NULL;
}

void datagrams_aim(struct datagrams *d, const char *to_ip)
{
	uint16_t port = ntohs(((struct sockaddr_in *)&d->to)->sin_port);

	drop_flows(d);
	d->to_len = socket_set_ip(&d->to, to_ip, port);
}

void datagrams_destroy(struct datagrams *d)
{
	if (!d)
		return;
	drop_flows(d);
	timer_stop(&d->silence);
	if (d->udp.fd >= 0)
		event_del(&d->event);
	udp_close(&d->udp);
	forward_budget_give(d->budget, 1);
	free(d);
}
