/* names/names.c - questions from the network, one datagram or stream at a time. */
#include "names/names.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "manager/manager.h"
#include "names/answer.h"
#include "names/ceiling.h"
#include "net/listen.h"
#include "net/socket.h"
#include "net/udp.h"

enum {
	QUERIES_PER_TURN = 64,
	CLIENTS_MAX = 256,         /* by TCP */
	CLIENT_SILENCE_MS = 10000, /* between two questions of one */
	QUERY_MAX = 4096,
	LENGTH_LEN = 2, /* before each message by TCP */
};

struct names {
	struct manager *manager; /* borrowed */
	const struct publish *publish;
	char *domain;       /* owned */
	char *host;         /* owned */
	const char *own_ip; /* host, or "" when that is any address */
	struct directory directory;
	struct ceiling ceiling;
	struct udp udp;
	struct event event;
	struct listener *listener;
	struct list
		clients; /* struct names_client::link; the one that was silent for longest first */
	size_t clients_count;
	uint32_t turn;
};

struct names_client {
	struct list link;
	struct names *names;
	struct stream *stream;
	struct timer silence;
};

/* --- questions --- */

/* NULL: none is sent. */
static uint8_t *answer(struct names *n, const uint8_t *data, size_t len, const char *local_ip,
	bool by_tcp, size_t *ret_len)
{
	struct packet_answer a = { 0 };
	struct packet_query q;
	uint8_t *bytes = NULL;

	if (!packet_query_parse(&q, data, len)) {
		metric_inc(METRIC_dns_dropped_total);
		return NULL;
	}
	answer_fill(&a,
		&(struct answer_source){
			.directory = &n->directory,
			.publish = n->publish,
			.domain = n->domain,
			.local_ip = local_ip,
			.turn = n->turn++,
		},
		&q);
	bytes = packet_write(&q, &a, by_tcp ? PACKET_TCP_MAX : q.udp_max, ret_len);
	metric_inc(METRIC_dns_queries_total);
	packet_answer_finish(&a);
	packet_query_finish(&q);
	return bytes;
}

static bool is_allowed(struct names *n, const struct sockaddr_storage *client)
{
	if (ceiling_allows(&n->ceiling, client, clock_mono_ms()))
		return true;
	metric_inc(METRIC_dns_dropped_total);
	return false;
}

/* --- UDP --- */

static void answer_datagram(
	struct names *n, const struct udp_peer *peer, const uint8_t *data, size_t len)
{
	char local[INET6_ADDRSTRLEN];
	auto_free uint8_t *bytes = NULL;
	size_t bytes_len;

	if (!is_allowed(n, &peer->client))
		return;
	udp_local_ip(&n->udp, peer, local);
	bytes = answer(n, data, len, local, false, &bytes_len);
	if (bytes)
		udp_send(&n->udp, peer, bytes, bytes_len);
}

static void handle_datagrams(evutil_socket_t fd, short what maybe_unused, void *arg)
{
	struct names *n = arg;

	assert(n->udp.fd == fd);
	for (int i = 0; i < QUERIES_PER_TURN; i++) {
		uint8_t data[QUERY_MAX];
		struct udp_peer peer;
		ssize_t len = udp_receive(&n->udp, data, sizeof(data), &peer);

		if (len < 0 && errno == EAGAIN)
			return;
		if (len >= 0)
			answer_datagram(n, &peer, data, (size_t)len);
	}
}

/* --- TCP --- */

static void client_destroy(struct names_client *c, const char *reason)
{
	list_remove(&c->link);
	c->names->clients_count--;
	timer_stop(&c->silence);
	stream_destroy(c->stream, reason);
	free(c);
}

static void handle_silence(struct timer *t)
{
	client_destroy(container_of(t, struct names_client, silence), "silent");
}

static void send_answer(struct names_client *c, const uint8_t *data, size_t len)
{
	auto_free uint8_t *bytes = NULL;
	size_t bytes_len = 0;

	bytes = answer(c->names, data, len, c->names->own_ip, true, &bytes_len);
	if (!bytes)
		return;
	const uint8_t head[LENGTH_LEN] = { (uint8_t)(bytes_len >> 8), (uint8_t)bytes_len };

	stream_write(c->stream, head, sizeof(head));
	stream_write(c->stream, bytes, bytes_len);
}

/* The next whole message is taken out of the input and answered; false: it is not there yet.  A
 * length that no question has ends the client: ret_ok is false then. */
static bool take_message(struct names_client *c, bool *ret_ok)
{
	struct evbuffer *in = stream_input(c->stream);
	uint8_t head[LENGTH_LEN], data[QUERY_MAX];
	struct sockaddr_storage sa = { 0 };
	size_t len;

	*ret_ok = true;
	if (evbuffer_copyout(in, head, sizeof(head)) < (ssize_t)sizeof(head))
		return false;
	len = (size_t)head[0] << 8 | head[1];
	socket_set_ip(&sa, stream_peer_ip(c->stream), 0);
	*ret_ok = len <= sizeof(data);
	if (!*ret_ok || evbuffer_get_length(in) < sizeof(head) + len)
		return false;
	evbuffer_drain(in, sizeof(head));
	evbuffer_remove(in, data, len);
	*ret_ok = is_allowed(c->names, &sa);
	if (*ret_ok)
		send_answer(c, data, len);
	return *ret_ok;
}

static void touch(struct names_client *c)
{
	list_remove(&c->link);
	list_push_back(&c->names->clients, &c->link);
	timer_start(&c->silence, CLIENT_SILENCE_MS);
}

static void go_on(struct stream *s, void *arg)
{
	struct names_client *c = arg;
	bool ok = true;

	assert(c->stream == s);
	while (!stream_is_full(s) && take_message(c, &ok))
		touch(c);
	if (!ok)
		client_destroy(c, "asks too much");
	else if (stream_input_ended(s) && !stream_is_full(s))
		stream_end_output(s);
	if (ok && stream_output_ended(s))
		client_destroy(c, "done");
}

static void handle_broken(struct stream *s, void *arg, const struct error *err maybe_unused)
{
	struct names_client *c = arg;

	assert(c->stream == s);
	client_destroy(c, "broken");
}

static const struct stream_ops stream_ops = {
	.handle_input = go_on,
	.handle_end = go_on,
	.handle_drained = go_on,
	.handle_broken = handle_broken,
};

static void handle_stream(struct listener *l, struct stream *s, void *arg)
{
	struct names *n = arg;
	struct names_client *c = xnew(struct names_client);

	assert(n->listener == l);
	if (n->clients_count >= CLIENTS_MAX)
		client_destroy(list_first(&n->clients, struct names_client, link), "others came");
	c->names = n;
	c->stream = s;
	n->clients_count++;
	list_init(&c->link);
	timer_init(&c->silence, n->manager->loop, handle_silence);
	touch(c);
	stream_set_ops(s, &stream_ops, c);
}

static const struct listener_ops listener_ops = { .handle_stream = handle_stream };

/* --- life --- */

static bool open_all(struct names *n, uint16_t port, struct error *err)
{
	auto_free char *number = xasprintf("%u", port);
	auto_free char *spec = format_host_port(n->host, number);

	if (!udp_open(&n->udp, n->host, port, err))
		return error_wrap(err, "--dns");
	event_assign(&n->event, loop_base(n->manager->loop), n->udp.fd, EV_READ | EV_PERSIST,
		handle_datagrams, n);
	event_add(&n->event, NULL);
	n->listener = listener_create(n->manager->loop, spec, NULL, &listener_ops, n, err);
	if (!n->listener)
		return error_wrap(err, "--dns");
	log_fields(LOG_INFO, "Answering DNS", "addr", spec, "domain", n->domain, NULL);
	return true;
}

struct names *names_create(struct manager *m, const struct names_config *c, struct error *err)
{
	struct names *n = xnew(struct names);

	n->manager = m;
	n->publish = c->publish;
	n->domain = xstrdup(c->domain);
	n->host = xstrdup(c->host);
	n->own_ip = strcmp(c->host, "0.0.0.0") == 0 || strcmp(c->host, "::") == 0 ? "" : n->host;
	n->udp.fd = -1;
	list_init(&n->clients);
	ceiling_init(&n->ceiling);
	directory_init(&n->directory, m->cluster);
	if (open_all(n, c->port, err))
		return n;
	names_destroy(n);
	return NULL;
}

void names_destroy(struct names *n)
{
	if (!n)
		return;
	while (!list_empty(&n->clients))
		client_destroy(list_first(&n->clients, struct names_client, link), "the end");
	listener_destroy(n->listener);
	if (n->udp.fd >= 0)
		event_del(&n->event);
	udp_close(&n->udp);
	directory_finish(&n->directory);
	ceiling_finish(&n->ceiling);
	free(n->host);
	free(n->domain);
	free(n);
}
