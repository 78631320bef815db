#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

static void raw_init(struct raw *r, int fd)
{
	*r = (struct raw){ .fd = fd, .in = evbuffer_new() };
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

struct stream *raw_pair(struct loop *loop, struct raw *ret)
{
	int room = 208 * 1024; /* as much as every kernel gives; it doubles that */
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	raw_init(ret, fds[1]);
	return stream_create(loop, fds[0], NULL);
}

int raw_listen(char **ret_address)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_address = xasprintf("127.0.0.1:%d", ntohs(a.sin_port));
	return fd;
}

bool raw_accept(int listener, struct raw *ret)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return false;
	raw_init(ret, fd);
	return true;
}

size_t raw_try_send(struct raw *r, const void *data, size_t len)
{
	ssize_t n = send(r->fd, data, len, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		r->reset = r->ended = true;
	return n > 0 ? (size_t)n : 0;
}

void raw_send_n(struct raw *r, const void *data, size_t len)
{
	assert_int_equal(raw_try_send(r, data, len), len);
}

void raw_send(struct raw *r, const char *text)
{
	raw_send_n(r, text, strlen(text));
}

void raw_end(struct raw *r)
{
	shutdown(r->fd, SHUT_WR);
}

bool raw_read(struct raw *r)
{
	char bytes[65536];
	ssize_t n;

	while (!r->ended && (n = recv(r->fd, bytes, sizeof(bytes), 0)) != 0) {
		if (n < 0) {
			r->ended = r->reset = errno != EAGAIN;
			return true;
		}
		evbuffer_add(r->in, bytes, (size_t)n);
	}
	r->ended = true;
	return true;
}

bool raw_has(struct raw *r, const char *text)
{
	raw_read(r);
	return evbuffer_search(r->in, text, strlen(text), NULL).pos >= 0;
}

bool raw_is(struct raw *r, const char *text)
{
	raw_read(r);
	return evbuffer_get_length(r->in) == strlen(text) && raw_has(r, text);
}

bool raw_ended(struct raw *r)
{
	return raw_read(r) && r->ended;
}

void raw_forget(struct raw *r)
{
	evbuffer_drain(r->in, evbuffer_get_length(r->in));
}

void raw_close(struct raw *r)
{
	if (r->in)
		evbuffer_free(r->in);
	if (r->fd > 0)
		close(r->fd);
	*r = (struct raw){ 0 };
}

size_t resident_bytes(void)
{
	unsigned long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}
