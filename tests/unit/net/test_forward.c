/*
 * Ports of one address that lead to another: TCP with half-close, UDP, room, and moving.
 */
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/metrics.h"
#include "base/strv.h"
#include "net/datagrams.h"
#include "net/dial.h"
#include "net/listen.h"

#define NEAR    "127.0.0.1"
#define FAR     "127.0.0.2"
#define FARTHER "127.0.0.3"

/* --- TCP --- */

/* The far side answers with all that it got, but only after the end of it. */
struct far {
	struct listener *listener;
	struct stream *client;
	size_t accepted;
};

static void handle_far_end(struct stream *s, void *arg)
{
	(void)arg;
	stream_write_buffer(s, stream_input(s));
	stream_end_output(s);
}

static void handle_broken(struct stream *s, void *arg, const struct error *err)
{
	(void)s;
	(void)arg;
	(void)err;
}

static const struct stream_ops far_stream_ops = {
	.handle_end = handle_far_end,
	.handle_broken = handle_broken,
};
static const struct stream_ops near_ops = { .handle_broken = handle_broken };

static void handle_far_client(struct listener *l, struct stream *s, void *arg)
{
	struct far *far = arg;

	(void)l;
	stream_destroy(far->client, "the next");
	far->client = s;
	far->accepted++;
	stream_set_ops(s, &far_stream_ops, far);
}

static const struct listener_ops far_ops = { .handle_stream = handle_far_client };

/* port 0: any; returns the one it got. */
static uint16_t far_listen(struct far *far, struct loop *loop, const char *ip, uint16_t port)
{
	auto_error struct error err = ERROR_INIT;
	auto_strv struct strv addresses = STRV_INIT;
	auto_free char *spec = xasprintf("%s:%u", ip, port);

	*far = (struct far){ .listener = listener_create(loop, spec, NULL, &far_ops, far, &err) };
	if (!far->listener)
		fail_msg("%s", error_text(&err));
	listener_addresses(far->listener, &addresses);
	return (uint16_t)strtoul(strrchr(addresses.items[0], ':') + 1, NULL, 10);
}

static void far_close(struct far *far)
{
	stream_destroy(far->client, "test");
	listener_destroy(far->listener);
}

static enum task_turn nothing_more(struct task *t)
{
	(void)t;
	return TASK_DONE;
}

static struct stream *near_connect(struct loop *loop, uint16_t port)
{
	static const struct task_step step = { "nothing_more", nothing_more };
	auto_free char *text = xasprintf(NEAR ":%u", port);
	struct address to;
	struct dial dial;
	struct task task;
	struct stream *s;

	assert_true(address_parse(&to, text, NULL));
	task_init(&task, loop, &step, NULL);
	dial_start(&dial, loop, &to, NULL, NULL, 5000, &task);
	turn_until(loop, dial.finished);
	s = steal(dial.stream);
	dial_finish(&dial);
	task_finish(&task);
	address_finish(&to);
	if (s)
		stream_set_ops(s, &near_ops, NULL);
	return s;
}

static bool is_over(struct stream *s)
{
	return stream_is_broken(s) || stream_input_ended(s);
}

static void assert_echo(struct loop *loop, uint16_t port)
{
	struct stream *s = near_connect(loop, port);
	char got[8] = "";

	stream_write(s, "hello", 5);
	stream_end_output(s);
	turn_until(loop, stream_input_ended(s));
	assert_int_equal(evbuffer_remove(stream_input(s), got, sizeof(got)), 5);
	assert_string_equal(got, "hello");
	stream_destroy(s, "test");
}

static void test_tcp(void **state)
{
	struct loop *loop = loop_create();
	struct forward_budget budget = { .descriptors_max = 16, .clients_max = 2 };
	struct far far, farther;
	uint16_t port = far_listen(&far, loop, FAR, 0);
	struct forward *f = forward_create(loop,
		&(struct forward_config){
			.host = NEAR, .port = port, .to_ip = FAR, .budget = &budget },
		NULL);

	(void)state;
	assert_non_null(f);
	assert_echo(loop, port);
	turn_until(loop, budget.descriptors == 1);

	far_listen(&farther, loop, FARTHER, port);
	forward_aim(f, FARTHER);
	assert_echo(loop, port);
	assert_int_equal(far.accepted, 1);
	assert_int_equal(farther.accepted, 1);

	far_close(&farther); /* nobody listens there: closed at once */
	struct stream *s = near_connect(loop, port);
	turn_until(loop, is_over(s));
	stream_destroy(s, "test");

	forward_destroy(f);
	assert_int_equal(budget.descriptors, 0);
	assert_null(near_connect(loop, port));
	far_close(&far);
	loop_destroy(loop);
}

/* Two at most of one port, and of all what the descriptors allow; what is there is cut off by the
 * end, and by a move. */
static void test_room(void **state)
{
	struct loop *loop = loop_create();
	struct forward_budget budget = { .descriptors_max = 6, .clients_max = 2 };
	struct far far;
	uint16_t port = far_listen(&far, loop, FAR, 0);
	struct forward_config config = {
		.host = NEAR, .port = port, .to_ip = FAR, .budget = &budget
	};
	struct forward *f = forward_create(loop, &config, NULL);
	auto_error struct error err = ERROR_INIT;
	int64_t refused = metrics[METRIC_relay_refused_total];

	(void)state;
	assert_null(forward_create(loop, &config, &err));
	assert_string_equal(error_code_name(err.code), "conflict");
	assert_int_equal(budget.descriptors, 1);

	struct stream *first = near_connect(loop, port), *second = near_connect(loop, port);
	turn_until(loop, far.accepted == 2 && budget.descriptors == 5);
	struct stream *third = near_connect(loop, port);
	turn_until(loop, is_over(third));
	assert_false(is_over(second));
	budget.clients_max = 3;
	stream_destroy(third, "test");
	third = near_connect(loop, port);
	turn_until(loop, is_over(third));
	assert_int_equal(metrics[METRIC_relay_refused_total] - refused, 2);

	forward_aim(f, FAR);
	turn_until(loop, is_over(first) && is_over(second));
	assert_int_equal(budget.descriptors, 1);
	budget.descriptors = budget.descriptors_max;
	config.port++;
	assert_null(forward_create(loop, &config, &err));
	assert_string_equal(error_text(&err), forward_no_room);
	budget.descriptors = 1;
	forward_destroy(f);
	stream_destroy(first, "test");
	stream_destroy(second, "test");
	stream_destroy(third, "test");
	far_close(&far);
	loop_destroy(loop);
}

/* --- UDP --- */

static struct sockaddr_in udp_address(const char *ip, uint16_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };

	assert_int_equal(inet_pton(AF_INET, ip, &sa.sin_addr), 1);
	return sa;
}

static int udp_bind(const char *ip, uint16_t port)
{
	struct sockaddr_in sa = udp_address(ip, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static uint16_t udp_port(int fd)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	return ntohs(sa.sin_port);
}

/* Connected: it takes no answer from another address than the one it wrote to. */
static int udp_connect(const char *ip, uint16_t port)
{
	struct sockaddr_in sa = udp_address(ip, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static bool is_readable(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK) >= 0;
}

/* There and back. */
static void assert_talk(struct loop *loop, int client, int far, const char *word)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char got[16] = "", answer[16] = "";

	assert_int_equal(send(client, word, strlen(word), 0), (int)strlen(word));
	turn_until(loop, is_readable(far));
	recvfrom(far, got, sizeof(got) - 1, 0, (struct sockaddr *)&from, &len);
	assert_string_equal(got, word);
	sendto(far, "re", 2, 0, (struct sockaddr *)&from, len);
	turn_until(loop, is_readable(client));
	recv(client, answer, sizeof(answer) - 1, 0);
	assert_string_equal(answer, "re");
}

static void test_udp(void **state)
{
	struct loop *loop = loop_create();
	struct forward_budget budget = { .descriptors_max = 4, .clients_max = 2 };
	int far = udp_bind(FAR, 0), farther = udp_bind(FARTHER, udp_port(far));
	struct forward_config config = {
		.host = NEAR, .port = udp_port(far), .to_ip = FAR, .budget = &budget
	};
	struct datagrams *d = datagrams_create(loop, &config, NULL);
	int clients[3];

	(void)state;
	assert_non_null(d);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = udp_connect(NEAR, config.port);
		assert_talk(loop, clients[i], far, "one");
		assert_talk(loop, clients[i], far, "two");
	}
	assert_int_equal(budget.descriptors, 3); /* the oldest has given way */
	datagrams_aim(d, FARTHER);
	assert_talk(loop, clients[0], farther, "three");
	datagrams_destroy(d);
	assert_int_equal(budget.descriptors, 0);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		close(clients[i]);
	close(far);
	close(farther);
	loop_destroy(loop);
}

static void test_udp_taken(void **state)
{
	struct loop *loop = loop_create();
	struct forward_budget budget = { .descriptors_max = 4, .clients_max = 2 };
	auto_error struct error err = ERROR_INIT;
	int other = udp_bind(NEAR, 0);
	auto_free char *text =
		xasprintf("listen udp " NEAR ":%u: bind: address already in use", udp_port(other));

	(void)state;
	assert_null(datagrams_create(loop,
		&(struct forward_config){
			.host = NEAR, .port = udp_port(other), .to_ip = FAR, .budget = &budget },
		&err));
	assert_string_equal(error_text(&err), text);
	assert_int_equal(budget.descriptors, 0);
	close(other);
	loop_destroy(loop);
}

/* On all addresses an answer leaves from the one that was written to: else the client would not
 * take it.  The far side is of the other family, where the port is free. */
static void test_udp_any(void **state)
{
	struct loop *loop = loop_create();
	struct forward_budget budget = { .descriptors_max = 4, .clients_max = 2 };
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(sa);
	int far = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	(void)state;
	if (far < 0 || bind(far, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		skip(); /* no IPv6 here */
	getsockname(far, (struct sockaddr *)&sa, &len);
	struct forward_config config = {
		.host = "0.0.0.0", .port = ntohs(sa.sin6_port), .to_ip = "::1", .budget = &budget
	};
	struct datagrams *d = datagrams_create(loop, &config, NULL);
	int client = udp_connect("127.0.0.7", config.port);

	assert_non_null(d);
	assert_talk(loop, client, far, "word");
	datagrams_destroy(d);
	close(client);
	close(far);
	loop_destroy(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_udp_taken),
		cmocka_unit_test(test_udp_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
