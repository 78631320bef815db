/* net/local.c - a socket that is bound and closed again. */
#include "net/local.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool local_can_bind(const char *ip, uint16_t port, enum local_kind kind)
{
	struct sockaddr_storage sa = { .ss_family = strchr(ip, ':') ? AF_INET6 : AF_INET };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&sa;
	bool is_v4 = sa.ss_family == AF_INET;
	int type = kind == LOCAL_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);
	bool can;

	if (fd < 0)
		return false;
	v6->sin6_port = htons(port); /* at the same place in both families */
	can = inet_pton(sa.ss_family, ip, is_v4 ? (void *)&v4->sin_addr : (void *)&v6->sin6_addr) ==
		      1 &&
	      bind(fd, (struct sockaddr *)&sa, is_v4 ? sizeof(*v4) : sizeof(*v6)) == 0;
	close(fd);
	return can;
}
