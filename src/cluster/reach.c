/* cluster/reach.c - where a published port answers. */
#include "cluster/reach.h"

#include "cluster/engine.h"
#include "net/socket.h"

static bool ip_is_loopback(const char *ip)
{
	struct sockaddr_storage sa;

	return socket_set_ip(&sa, ip, 0) && socket_is_loopback(&sa);
}

const char *reach_port_ip(const struct engine *e, const struct port_use *u)
{
	const char *ip = u->any_address ? e->ip : u->address;

	if (u->first == 0 || u->first != u->last || !*ip)
		return NULL;
	/* Where the node itself is known by such an address, everybody is on it. */
	if (ip_is_loopback(ip) && !ip_is_loopback(e->ip))
		return NULL;
	return ip;
}
