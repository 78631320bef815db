/* net/socket.c - options of descriptors, and their errors. */
#include "net/socket.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/parse.h"

enum {
	KEEPALIVE_IDLE_S = 10,
	KEEPALIVE_INTERVAL_S = 5,
	KEEPALIVE_PROBES = 3,
	WINDOW_PROBES = 6, /* unanswered, about 13 s after the first */
};

const char *socket_errno_text(int number)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s", strerror(number));
	text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

bool socket_is_ip(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET || sa->ss_family == AF_INET6;
}

static const struct in6_addr *v6_address(const struct sockaddr_storage *sa)
{
	return &((const struct sockaddr_in6 *)sa)->sin6_addr;
}

static struct in_addr v4_address(const struct sockaddr_storage *sa)
{
	struct in_addr a = { 0 };

	if (sa->ss_family == AF_INET)
		return ((const struct sockaddr_in *)sa)->sin_addr;
	memcpy(&a, v6_address(sa)->s6_addr + 12, sizeof(a));
	return a;
}

/* Clients that reach a socket for both families by IPv4 are shown as what they are. */
static bool is_v4(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET ||
	       (sa->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6_address(sa)));
}

char *socket_format_ip(const struct sockaddr_storage *sa)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in_addr v4;

	if (!socket_is_ip(sa))
		return xstrdup("");
	if (is_v4(sa)) {
		v4 = v4_address(sa);
		inet_ntop(AF_INET, &v4, text, sizeof(text));
	} else {
		inet_ntop(AF_INET6, v6_address(sa), text, sizeof(text));
	}
	return xstrdup(text);
}

static char *format_unix(const struct sockaddr_un *un, socklen_t len)
{
	if (len <= offsetof(struct sockaddr_un, sun_path) || un->sun_path[0] == '\0')
		return xstrdup("unix");
	return xstrndup(un->sun_path, len - offsetof(struct sockaddr_un, sun_path));
}

char *socket_format_address(const struct sockaddr_storage *sa, socklen_t len)
{
	auto_free char *ip = NULL;
	auto_free char *port = NULL;

	if (!socket_is_ip(sa))
		return format_unix((const struct sockaddr_un *)sa, len);
	ip = socket_format_ip(sa);
	/* The port stands at the same place in both families. */
	port = xasprintf("%u", ntohs(((const struct sockaddr_in *)sa)->sin_port));
	return format_host_port(ip, port);
}

socklen_t socket_set_ip(struct sockaddr_storage *ret, const char *ip, uint16_t port)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	*ret = (struct sockaddr_storage){ 0 };
	v4->sin_port = htons(port); /* at the same place in both families */
	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		ret->ss_family = AF_INET;
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, ip, &v6->sin6_addr) != 1)
		return 0;
	ret->ss_family = AF_INET6;
	return sizeof(*v6);
}

bool socket_is_loopback(const struct sockaddr_storage *sa)
{
	if (!socket_is_ip(sa))
		return true;
	if (is_v4(sa))
		return ntohl(v4_address(sa).s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(v6_address(sa));
}

static void set_int(int fd, int level, int option, int value)
{
	/* None of these is worth failing for. */
	setsockopt(fd, level, option, &value, sizeof(value));
}

void socket_tune_tcp(int fd)
{
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

int socket_take_error(int fd)
{
	int number = 0;
	socklen_t len = sizeof(number);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0)
		return errno;
	return number;
}

/*
 * TCP_USER_TIMEOUT would do this in the kernel, but it also ends connections whose peer is alive
 * and only does not read for a while: a pager on `docker logs`.
 */
enum socket_delivery socket_delivery(int fd, int64_t silent_ms)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return SOCKET_DELIVERED;
	if (info.tcpi_probes >= WINDOW_PROBES)
		return SOCKET_SILENT;
	if (info.tcpi_unacked == 0)
		return SOCKET_DELIVERED;
	return info.tcpi_last_ack_recv >= silent_ms && info.tcpi_last_data_recv >= silent_ms
		       ? SOCKET_SILENT
		       : SOCKET_WAITING;
}
