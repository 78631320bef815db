/*
 * Dialling and listening, against each other and against wrong peers.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/strv.h"
#include "net/dial.h"
#include "net/listen.h"
#include "net/listen_private.h"

struct server {
	struct loop *loop;
	struct listener *listener;
	struct stream *client; /* the last one accepted */
	struct error failure;
};

static void handle_stream(struct listener *l, struct stream *s, void *arg)
{
	struct server *server = arg;

	(void)l;
	server->client = s;
}

static void handle_failure(struct listener *l, const char *peer, const struct error *err, void *arg)
{
	struct server *server = arg;

	(void)l;
	(void)peer;
	error_clear(&server->failure);
	error_copy(&server->failure, err);
}

static const struct listener_ops ops = { handle_stream, handle_failure };

static char *server_start(struct server *server, const char *spec, struct tls_context *tls)
{
	auto_error struct error err = ERROR_INIT;
	auto_strv struct strv addresses = STRV_INIT;

	*server = (struct server){ .loop = loop_create() };
	server->listener = listener_create(server->loop, spec, tls, &ops, server, &err);
	if (!server->listener)
		fail_msg("%s", error_text(&err));
	listener_addresses(server->listener, &addresses);
	assert_int_equal(addresses.count, 1);
	return xstrdup(addresses.items[0]);
}

static void server_stop(struct server *server)
{
	stream_destroy(server->client, "test");
	listener_destroy(server->listener);
	error_clear(&server->failure);
	loop_destroy(server->loop);
}

static void dial_until_over(struct dial *d, struct loop *loop, const char *to,
	struct tls_context *tls, int64_t timeout_ms)
{
	auto_error struct error err = ERROR_INIT;
	struct address address;

	assert_true(address_parse(&address, to, &err));
	dial_start(d, loop, &address, tls, NULL, timeout_ms, NULL);
	address_finish(&address);
	turn_until(loop, d->finished);
}

static void test_plain(void **state)
{
	struct server server;
	struct dial d;
	auto_free char *address = server_start(&server, "tcp://127.0.0.1:0", NULL);

	(void)state;
	assert_false(listener_is_public(server.listener));
	assert_string_equal(listener_proto(server.listener), "tcp");
	dial_until_over(&d, server.loop, address, NULL, 2000);
	assert_non_null(d.stream);
	assert_string_equal(stream_peer(d.stream), address);
	turn_until(server.loop, server.client);
	dial_finish(&d);
	server_stop(&server);
}

static void test_name(void **state)
{
	struct server server;
	struct dial d;
	auto_free char *address = server_start(&server, "127.0.0.1:0", NULL);
	auto_free char *by_name = xasprintf("localhost%s", strrchr(address, ':'));

	(void)state;
	/* ::1 is refused, 127.0.0.1 is not. */
	dial_until_over(&d, server.loop, by_name, NULL, 5000);
	if (!d.stream)
		fail_msg("%s", error_text(&d.err));
	dial_finish(&d);
	server_stop(&server);
}

static void test_refused(void **state)
{
	struct server server;
	struct dial d;
	auto_free char *address = server_start(&server, "127.0.0.1:0", NULL);
	auto_free char *text = xasprintf("dial tcp %s: connect: connection refused", address);

	(void)state;
	listener_destroy(steal(server.listener));
	loop_turn(server.loop, 0);
	dial_until_over(&d, server.loop, address, NULL, 2000);
	assert_null(d.stream);
	assert_int_equal(d.err.code, ERROR_CONNECT);
	assert_string_equal(d.err.text, text);
	dial_finish(&d);
	dial_until_over(&d, server.loop, "unix:///nowhere/at.all", NULL, 2000);
	assert_string_equal(
		d.err.text, "dial unix /nowhere/at.all: connect: no such file or directory");
	dial_finish(&d);
	server_stop(&server);
}

static void test_unix(void **state)
{
	char folder[] = "/tmp/unix-XXXXXX";
	struct server server, second;
	struct stat st;
	struct dial d;
	auto_error struct error err = ERROR_INIT;
	auto_free char *path = NULL, *spec = NULL, *address = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/s", folder);
	spec = xasprintf("unix://%s", path);
	address = server_start(&server, spec, NULL);
	assert_string_equal(address, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	dial_until_over(&d, server.loop, spec, NULL, 2000);
	assert_non_null(d.stream);
	assert_int_equal(stream_peer_uid(d.stream), getuid());
	dial_finish(&d);
	second = (struct server){ 0 };
	assert_null(listener_create(server.loop, spec, NULL, &ops, &second, &err));
	assert_non_null(strstr(err.text, "bind: address already in use"));
	server_stop(&server);
	assert_int_not_equal(stat(path, &st), 0);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	server = (struct server){ .loop = loop_create() };
	assert_null(listener_create(server.loop, spec, NULL, &ops, &server, &err));
	assert_non_null(strstr(err.text, "not a socket"));
	assert_int_equal(stat(path, &st), 0);
	loop_destroy(server.loop);
	unlink(path);
	rmdir(folder);
}

static const struct {
	const char *spec, *text;
} bad_specs[] = {
	{ "foo://x", "unsupported protocol: \"foo\"" },
	{ "nowhere", "listen tcp: address nowhere: missing port in address" },
	{ "fd://",
		"listen fd: no sockets were passed: start it by socket activation (LISTEN_FDS)" },
};

static void test_bad_specs(void **state)
{
	struct loop *loop = loop_create();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_specs); i++) {
		auto_error struct error err = ERROR_INIT;

		assert_null(listener_create(loop, bad_specs[i].spec, NULL, &ops, NULL, &err));
		assert_string_equal(err.text, bad_specs[i].text);
	}
	loop_destroy(loop);
}

/* The client's certificate, the server's, and what the client or the server says. */
static const struct {
	enum pki_usage server, client;
	const char *client_says, *server_says;
} handshakes[] = {
	{ PKI_SERVER, PKI_CLIENT, NULL, NULL },
	{ PKI_EXPIRED_SERVER, PKI_CLIENT, "expired on", NULL },
	{ PKI_OTHER_NAME, PKI_CLIENT, "valid for node-9.example, 10.9.9.9, not for 127.0.0.1",
		NULL },
	{ PKI_CLIENT, PKI_CLIENT, "extendedKeyUsage=serverAuth", NULL },
	{ PKI_SERVER, PKI_SERVER, NULL, "extendedKeyUsage=clientAuth" },
};

static void check_handshake(size_t i)
{
	struct server server;
	struct dial d;
	struct pki p;
	struct tls_context *ours, *theirs;
	auto_free char *address = NULL;

	pki_create(&p);
	pki_issue(&p, "s", handshakes[i].server);
	pki_issue(&p, "c", handshakes[i].client);
	theirs = pki_server(&p, "s", TLS_VERIFY_PEER);
	ours = pki_client(&p, "c", TLS_VERIFY_PEER);
	address = server_start(&server, "127.0.0.1:0", theirs);
	dial_until_over(&d, server.loop, address, ours, 5000);
	turn_until(server.loop, server.client || error_is_set(&server.failure));
	assert_int_equal(d.stream != NULL, handshakes[i].client_says == NULL);
	if (handshakes[i].client_says && !strstr(error_text(&d.err), handshakes[i].client_says))
		fail_msg("%s", error_text(&d.err));
	if (handshakes[i].server_says &&
		!strstr(error_text(&server.failure), handshakes[i].server_says))
		fail_msg("%s", error_text(&server.failure));
	dial_finish(&d);
	server_stop(&server);
	tls_context_unref(ours);
	tls_context_unref(theirs);
	pki_destroy(&p);
}

static void test_handshakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(handshakes); i++)
		check_handshake(i);
}

/* A TLS dial to a listener that never speaks ends with its deadline. */
static void test_silent_peer(void **state)
{
	struct server server;
	struct dial d;
	struct pki p;
	struct tls_context *tls;
	auto_free char *address = server_start(&server, "127.0.0.1:0", NULL);

	(void)state;
	pki_create(&p);
	tls = pki_client(&p, NULL, TLS_VERIFY_PEER);
	dial_until_over(&d, server.loop, address, tls, 100);
	assert_int_equal(d.err.code, ERROR_TIMEOUT);
	assert_non_null(strstr(d.err.text, "TLS handshake: i/o timeout"));
	dial_finish(&d);
	server_stop(&server);
	tls_context_unref(tls);
	pki_destroy(&p);
}

static void test_plain_http_on_tls(void **state)
{
	static const char request[] = "DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n";
	struct server server;
	struct dial d;
	struct pki p;
	struct tls_context *tls;
	char got[256] = "";
	auto_free char *address = NULL;

	(void)state;
	pki_create(&p);
	pki_issue(&p, "s", PKI_SERVER);
	tls = pki_server(&p, "s", TLS_VERIFY_NONE);
	address = server_start(&server, "127.0.0.1:0", tls);
	dial_until_over(&d, server.loop, address, NULL, 2000);
	stream_write(d.stream, request, sizeof(request) - 1);
	turn_until(server.loop, stream_input_ended(d.stream));
	evbuffer_remove(stream_input(d.stream), got, sizeof(got) - 1);
	assert_string_equal(got, "HTTP/1.0 400 Bad Request\r\n\r\n"
				 "Client sent an HTTP request to an HTTPS server.\n");
	assert_int_equal(server.failure.code, ERROR_PROTOCOL);
	dial_finish(&d);
	server_stop(&server);
	tls_context_unref(tls);
	pki_destroy(&p);
}

static void write_some(struct server *server, struct dial *d, size_t len)
{
	auto_free char *bytes = xcalloc(1, len);

	stream_write(d->stream, bytes, len);
	for (int turns = 0; turns < 3; turns++)
		loop_turn(server->loop, 10);
}

static bool may_open(rlim_t files)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	return limit.rlim_max >= files && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static int connect_silent(uint64_t port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_true(connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 || errno == EINPROGRESS);
	return fd;
}

/* Whoever connects and says nothing takes so many places, and no more. */
static void test_handshakes_are_bounded(void **state)
{
	static int silent[LISTEN_CLIENTS_MAX];
	struct server server;
	struct address to;
	struct dial d;
	struct pki p;
	struct tls_context *ours, *theirs;
	uint64_t port;
	auto_free char *address = NULL;

	(void)state;
	if (!may_open(3 * LISTEN_CLIENTS_MAX))
		skip();
	pki_create(&p);
	pki_issue(&p, "s", PKI_SERVER);
	ours = pki_server(&p, "s", TLS_VERIFY_NONE);
	theirs = pki_client(&p, NULL, TLS_VERIFY_NONE);
	address = server_start(&server, "127.0.0.1:0", ours);
	assert_true(address_parse(&to, address, NULL) && parse_u64(to.port, &port));
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		silent[i] = connect_silent(port);
		loop_turn(server.loop, 0);
	}
	dial_start(&d, server.loop, &to, theirs, NULL, 5000, NULL);
	for (int turns = 0; turns < 20; turns++)
		loop_turn(server.loop, 10);
	assert_false(d.finished);
	close(silent[0]);
	turn_until(server.loop, d.finished);
	assert_non_null(d.stream);
	for (size_t i = 1; i < ARRAY_SIZE(silent); i++)
		close(silent[i]);
	dial_finish(&d);
	address_finish(&to);
	server_stop(&server);
	tls_context_unref(ours);
	tls_context_unref(theirs);
	pki_destroy(&p);
}

/* It is told why, also when it has begun to send its request; but there is an end to that. */
static void test_a_refused_client_may_still_write(void **state)
{
	static const unsigned char hello[] = { 22, 3, 1, 0, 4, 0xff, 0xff, 0xff, 0xff };
	unsigned char alert = 0;
	struct server server;
	struct dial d;
	struct pki p;
	struct tls_context *tls;
	auto_free char *address = NULL;

	(void)state;
	pki_create(&p);
	pki_issue(&p, "s", PKI_SERVER);
	tls = pki_server(&p, "s", TLS_VERIFY_NONE);
	address = server_start(&server, "127.0.0.1:0", tls);
	dial_until_over(&d, server.loop, address, NULL, 2000);
	stream_write(d.stream, hello, sizeof(hello));
	turn_until(server.loop, error_is_set(&server.failure));
	write_some(&server, &d, 4000);
	write_some(&server, &d, 4000);
	turn_until(server.loop, stream_input_ended(d.stream));
	assert_false(stream_is_broken(d.stream));
	assert_int_equal(evbuffer_remove(stream_input(d.stream), &alert, 1), 1);
	assert_int_equal(alert, 21);
	while (!stream_is_broken(d.stream))
		write_some(&server, &d, 40000);
	dial_finish(&d);
	server_stop(&server);
	tls_context_unref(tls);
	pki_destroy(&p);
}

static void test_files(void **state)
{
	auto_error struct error err = ERROR_INIT;
	struct pki p;
	auto_free char *pem = NULL, *key = NULL, *empty = NULL;

	(void)state;
	pki_create(&p);
	pki_issue(&p, "s", PKI_SERVER);
	pem = pki_path(&p, "s", ".pem");
	key = pki_path(&p, "s", ".key");
	empty = pki_path(&p, "empty", ".pem");
	close(open(empty, O_CREAT | O_WRONLY, 0600));
	assert_null(
		tls_client_create(&(struct tls_files){ .ca_file = empty }, TLS_VERIFY_PEER, &err));
	assert_non_null(strstr(err.text, "Couldn't read CA certificate: "));
	assert_null(
		tls_client_create(&(struct tls_files){ NULL, empty, key }, TLS_VERIFY_NONE, &err));
	assert_non_null(strstr(err.text, "Couldn't load X509 key pair ("));
	assert_non_null(strstr(err.text, ". Key encrypted?"));
	chmod(key, 0644);
	assert_null(
		tls_client_create(&(struct tls_files){ NULL, pem, key }, TLS_VERIFY_NONE, &err));
	assert_non_null(strstr(err.text, "chmod 600 "));
	pki_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_bad_specs),
		cmocka_unit_test(test_handshakes),
		cmocka_unit_test(test_silent_peer),
		cmocka_unit_test(test_plain_http_on_tls),
		cmocka_unit_test(test_handshakes_are_bounded),
		cmocka_unit_test(test_a_refused_client_may_still_write),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
