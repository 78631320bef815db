/* cmd/invite.c - the command line of `swarm join`, or why there is none. */
#include "cmd/invite.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"

/* Documentation addresses: nothing is sent there, the kernel only looks up the way. */
#define FAR_IPV4 "192.0.2.1"

static char *format_ip(const struct sockaddr_in *sa)
{
	char text[INET_ADDRSTRLEN];

	return xstrdup(inet_ntop(AF_INET, &sa->sin_addr, text, sizeof(text)));
}

/* NULL without a way to other networks. */
static char *ip_of_default_way(void)
{
	struct sockaddr_in far = { .sin_family = AF_INET, .sin_port = htons(9) }, own;
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	if (fd < 0)
		return NULL;
	inet_pton(AF_INET, FAR_IPV4, &far.sin_addr);
	found = connect(fd, (struct sockaddr *)&far, sizeof(far)) == 0 &&
		getsockname(fd, (struct sockaddr *)&own, &len) == 0;
	close(fd);
	return found ? format_ip(&own) : NULL;
}

/* Bridges are where the containers of this host live; nobody comes from there. */
static bool leads_to_others(const struct ifaddrs *i)
{
	auto_free char *bridge = xasprintf("/sys/class/net/%s/bridge", i->ifa_name);

	return i->ifa_addr && i->ifa_addr->sa_family == AF_INET && (i->ifa_flags & IFF_UP) &&
	       !(i->ifa_flags & IFF_LOOPBACK) && access(bridge, F_OK) != 0;
}

static char *ip_of_first_interface(void)
{
	struct ifaddrs *list, *i;
	char *ip = NULL;

	if (getifaddrs(&list) != 0)
		return NULL;
	for (i = list; i && !ip; i = i->ifa_next) {
		if (leads_to_others(i))
			ip = format_ip((const struct sockaddr_in *)i->ifa_addr);
	}
	freeifaddrs(list);
	return ip;
}

char *invite_host_ip(void)
{
	char *ip = ip_of_default_way();

	return ip ? ip : ip_of_first_interface();
}

static bool is_loopback(const char *host)
{
	return str_starts_with(host, "127.") || strcmp(host, "::1") == 0 ||
	       strcmp(host, "localhost") == 0;
}

static bool is_any(const char *host)
{
	return !*host || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* NULL when others cannot reach this listener. */
static char *reachable(const char *listening, const char *host_ip)
{
	auto_free char *host = NULL;
	auto_free char *port = NULL;

	if (listening[0] == '/' || !parse_host_port(listening, &host, &port, NULL) ||
		is_loopback(host))
		return NULL;
	if (!is_any(host))
		return xstrdup(listening);
	return format_host_port(host_ip ? host_ip : "<address of this host>", port);
}

static char *manager_address(const struct invitation *in)
{
	if (in->advertise && *in->advertise)
		return xstrdup(in->advertise);
	for (size_t i = 0; i < in->listening->count; i++) {
		char *address = reachable(in->listening->items[i], in->host_ip);
		if (address)
			return address;
	}
	return NULL;
}

static void add_closed(struct strbuf *sb, const struct invitation *in)
{
	strbuf_addf(sb,
		"This manager keeps the members of its cluster itself, and listens only on this "
		"host.\nSo that others can join, start it with -H tcp://0.0.0.0:%s\n",
		in->tls ? "2376" : "2375");
	if (!in->verify)
		strbuf_add_str(sb,
			"(and with --tlsverify where not everybody may control every engine; "
			"`swarm cert` makes the certificates)\n");
}

static void add_command(struct strbuf *sb, const struct invitation *in, const char *address)
{
	strbuf_addf(sb, "    %s join --advertise <its address>:%s ", in->program,
		in->tls ? "2376" : "2375");
	if (in->tls)
		strbuf_add_str(sb, "--discovery-opt token.cacertfile=ca.pem ");
	if (in->verify)
		strbuf_add_str(sb, "--discovery-opt token.certfile=cert.pem "
				   "--discovery-opt token.keyfile=key.pem ");
	strbuf_addf(sb, "%s://%s/v1/%s\n", in->tls ? "token" : "token+http", address, in->token);
}

void invite_format(struct strbuf *sb, const struct invitation *in)
{
	auto_free char *address = manager_address(in);

	strbuf_add_char(sb, '\n');
	if (address) {
		strbuf_add_str(sb, "This manager keeps the members of its cluster itself.  "
				   "To add a host, run there:\n\n");
		add_command(sb, in, address);
	} else {
		add_closed(sb, in);
	}
	strbuf_add_char(sb, '\n');
}
