/* net/udp.c - datagrams together with the address of ours that they were sent to. */
#include "net/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "net/socket.h"

enum { CONTROL_MAX = 128 };

static void put_local(struct msghdr *m, sa_family_t family, const struct in6_addr *local)
{
	struct in_pktinfo v4 = { 0 };
	struct in6_pktinfo v6 = { .ipi6_addr = *local };
	bool is_v4 = family == AF_INET;
	size_t len = is_v4 ? sizeof(v4) : sizeof(v6);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	memcpy(&v4.ipi_spec_dst, local, sizeof(v4.ipi_spec_dst));
	c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), is_v4 ? (void *)&v4 : (void *)&v6, len);
	m->msg_controllen = CMSG_SPACE(len);
}

bool udp_send(const struct udp *u, const struct udp_peer *to, const void *data, size_t len)
{
	_Alignas(struct cmsghdr) char control[CONTROL_MAX] = { 0 };
	struct iovec bytes = { (void *)data, len };
	struct msghdr m = {
		.msg_name = (void *)&to->client,
		.msg_namelen = to->client_len,
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	put_local(&m, u->family, &to->local);
	return sendmsg(u->fd, &m, 0) >= 0;
}

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

ssize_t udp_receive(const struct udp *u, void *data, size_t size, struct udp_peer *ret)
{
	_Alignas(struct cmsghdr) char control[CONTROL_MAX];
	struct iovec bytes = { data, size };
	struct msghdr m = {
		.msg_name = &ret->client,
		.msg_namelen = sizeof(ret->client),
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	memset(ret, 0, sizeof(*ret)); /* with its gaps */
	n = recvmsg(u->fd, &m, 0);
	ret->client_len = m.msg_namelen;
	if (n >= 0)
		read_local(&m, &ret->local);
	return n;
}

void udp_local_ip(const struct udp *u, const struct udp_peer *peer, char ret[INET6_ADDRSTRLEN])
{
	bool mapped = u->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&peer->local);
	sa_family_t family = mapped ? AF_INET : u->family;

	if (!inet_ntop(family, peer->local.s6_addr + (mapped ? 12 : 0), ret, INET6_ADDRSTRLEN))
		*ret = '\0';
}

static int bind_udp(const struct sockaddr_storage *sa, socklen_t len, bool both_families)
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
	if (bind(fd, (const struct sockaddr *)sa, len) == 0)
		return fd;
	number = errno;
	close(fd);
	return -number;
}

bool udp_open(struct udp *ret, const char *host, uint16_t port, struct error *err)
{
	struct sockaddr_storage sa;
	socklen_t len = socket_set_ip(&sa, *host ? host : "::", port);
	bool any = !*host || strcmp(host, "::") == 0;
	int fd = len ? bind_udp(&sa, len, any) : -EADDRNOTAVAIL;

	if (any && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) {
		len = socket_set_ip(&sa, "0.0.0.0", port);
		fd = bind_udp(&sa, len, false);
	}
	if (fd < 0) {
		auto_free char *number = xasprintf("%u", port);
		auto_free char *address = format_host_port(host, number);

		return error_set(err, ERROR_CONFLICT, "listen udp %s: bind: %s", address,
			socket_errno_text(-fd));
	}
	*ret = (struct udp){ .fd = fd, .family = sa.ss_family };
	return true;
}

void udp_close(struct udp *u)
{
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
}
