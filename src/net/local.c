/* net/local.c - a socket that is bound and closed again. */
#include "net/local.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"

bool local_can_bind(const char *ip, uint16_t port, enum local_kind kind)
{
	struct sockaddr_storage sa;
	socklen_t len = socket_set_ip(&sa, ip, port);
	int type = kind == LOCAL_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = len ? socket(sa.ss_family, type | SOCK_CLOEXEC, 0) : -1;
	bool can;

	if (fd < 0)
		return false;
	can = bind(fd, (struct sockaddr *)&sa, len) == 0;
	close(fd);
	return can;
}
