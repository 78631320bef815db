/*
 * net/datagrams.c - flows of a UDP port.
 *
 * What cannot be sent at once is lost, as datagrams may be.
 */
#include "net/datagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "net/socket.h"

enum {
	SILENCE_MS = 90 * 1000, /* as the engine's own proxy */
	LOOK_MS = 10 * 1000,
	DATAGRAMS_PER_TURN = 64,
	DATAGRAM_MAX = 65535,
	CONTROL_MAX = 128,
};

/* Who talks, and to which of our addresses; all zero but for what is set. */
struct flow_key {
	struct sockaddr_storage client;
	struct in6_addr local; /* IPv4: its first four bytes */
};

struct flow {
	UT_hash_handle hh;
	struct list by_age;
	struct datagrams *port;
	struct flow_key key;
	socklen_t client_len;
	int fd; /* connected to the far side */
	struct event event;
	int64_t last_ms;
};

struct datagrams {
	struct loop *loop;
	int fd; /* -1: not yet */
	struct event event;
	sa_family_t family;
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

/* From the address that the client wrote to: it takes answers from no other. */
static void put_local(struct msghdr *m, const struct datagrams *d, const struct in6_addr *local)
{
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { .ipi6_addr = *local };
	bool is_v4 = d->family == AF_INET;
	size_t len = is_v4 ? sizeof(v4) : sizeof(v6);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	memcpy(&v4.ipi_spec_dst, local, sizeof(v4.ipi_spec_dst));
	c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), is_v4 ? (void *)&v4 : (void *)&v6, len);
	m->msg_controllen = CMSG_SPACE(len);
}

static void send_to_client(struct flow *f, size_t len)
{
	_Alignas(struct cmsghdr) char control[CONTROL_MAX] = { 0 };
	struct iovec bytes = { datagram, len };
	struct msghdr m = {
		.msg_name = &f->key.client,
		.msg_namelen = f->client_len,
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	put_local(&m, f->port, &f->key.local);
	if (sendmsg(f->port->fd, &m, 0) >= 0)
		metric_inc(METRIC_relay_datagrams_total);
}

static void handle_far(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct flow *f = arg;

	for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
		ssize_t n = recv(fd, datagram, sizeof(datagram), 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) /* "connection refused": nobody listens there, for now */
			continue;
		touch(f);
		send_to_client(f, (size_t)n);
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

static struct flow *flow_create(
	struct datagrams *d, const struct flow_key *key, socklen_t client_len)
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
	f->client_len = client_len;
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

static void read_local(struct msghdr *m, struct in6_addr *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct in_pktinfo v4;
		struct in6_pktinfo v6;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			memcpy(ret, &v4.ipi_addr, sizeof(v4.ipi_addr));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			*ret = v6.ipi6_addr;
		}
	}
}

/* The length of the next datagram, or -1 with errno. */
static ssize_t receive(struct datagrams *d, struct flow_key *ret_key, socklen_t *ret_len)
{
	_Alignas(struct cmsghdr) char control[CONTROL_MAX];
	struct iovec bytes = { datagram, sizeof(datagram) };
	struct msghdr m = {
		.msg_name = &ret_key->client,
		.msg_namelen = sizeof(ret_key->client),
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	memset(ret_key, 0, sizeof(*ret_key)); /* with its gaps: it is compared as bytes */
	n = recvmsg(d->fd, &m, 0);
	*ret_len = m.msg_namelen;
	if (n >= 0)
		read_local(&m, &ret_key->local);
	return n;
}

static void handle_near(evutil_socket_t fd maybe_unused, short what maybe_unused, void *arg)
{
	struct datagrams *d = arg;

	for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
		struct flow_key key;
		socklen_t client_len;
		ssize_t n = receive(d, &key, &client_len);
		struct flow *f = NULL;

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			continue;
		HASH_FIND(hh, d->flows, &key, sizeof(key), f);
		if (!f)
			f = flow_create(d, &key, client_len);
		if (!f)
			continue;
		touch(f);
		if (send(f->fd, datagram, (size_t)n, 0) >= 0)
			metric_inc(METRIC_relay_datagrams_total);
	}
}

static int bind_udp(struct sockaddr_storage *sa, socklen_t len, bool both_families)
{
	int fd = socket(sa->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, v6_only = !both_families, number;

	if (fd < 0)
		return -errno;
	if (sa->ss_family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	} else {
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	}
	if (bind(fd, (struct sockaddr *)sa, len) == 0)
		return fd;
	number = errno;
	close(fd);
	return -number;
}

static bool open_port(struct datagrams *d, const struct forward_config *config, struct error *err)
{
	struct sockaddr_storage sa;
	socklen_t len = socket_set_ip(&sa, *config->host ? config->host : "::", config->port);
	bool any = !*config->host || strcmp(config->host, "::") == 0;

	d->fd = len ? bind_udp(&sa, len, any) : -EADDRNOTAVAIL;
	if (any && (d->fd == -EAFNOSUPPORT || d->fd == -EADDRNOTAVAIL)) {
		len = socket_set_ip(&sa, "0.0.0.0", config->port);
		d->fd = bind_udp(&sa, len, false);
	}
	if (d->fd < 0) {
		auto_free char *port = xasprintf("%u", config->port);
		auto_free char *address = format_host_port(config->host, port);

		return error_set(err, ERROR_CONFLICT, "listen udp %s: bind: %s", address,
			socket_errno_text(-d->fd));
	}
	d->family = sa.ss_family;
	event_assign(&d->event, loop_base(d->loop), d->fd, EV_READ | EV_PERSIST, handle_near, d);
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
	d->fd = -1;
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
	if (d->fd >= 0) {
		event_del(&d->event);
		close(d->fd);
	}
	forward_budget_give(d->budget, 1);
	free(d);
}
