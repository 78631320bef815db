/* names/zone.c - names taken apart. */
#include "names/zone.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

enum {
	LABEL_MAX = 63,
	DOMAIN_MAX = 100, /* so that names of containers fit before it */
};

/* --- the domain --- */

static bool is_label(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
			return false;
	}
	return len > 0 && len <= LABEL_MAX;
}

char *zone_domain_parse(const char *text, struct error *err)
{
	size_t len = strlen(text) - str_ends_with(text, ".");
	auto_free char *domain = xstrndup(text, len);
	bool ok = len > 0 && len <= DOMAIN_MAX;

	for (size_t at = 0; ok && at <= len;) {
		size_t label = strcspn(domain + at, ".");

		ok = is_label(domain + at, label);
		at += label + 1;
	}
	if (!ok) {
		error_set(err, ERROR_INVALID,
			"'%s' is no domain: write letters, digits, - and dots, such as swarm.",
			text);
		return NULL;
	}
	for (size_t i = 0; i < len; i++)
		domain[i] = (char)tolower((unsigned char)domain[i]);
	return steal(domain);
}

/* --- names --- */

/* The part before ".suffix"; the whole name may be the suffix.  False when it does not end so. */
static bool cut_suffix(const char *name, const char *suffix, char ret[PACKET_NAME_MAX])
{
	size_t len = strlen(name), tail = strlen(suffix);

	if (len < tail || strcmp(name + len - tail, suffix) != 0)
		return false;
	if (len > tail && name[len - tail - 1] != '.')
		return false;
	snprintf(ret, PACKET_NAME_MAX, "%.*s", (int)(len > tail ? len - tail - 1 : 0), name);
	return true;
}

/* Four numbers, last first. */
static bool read_v4(const char *labels, char ret[INET6_ADDRSTRLEN])
{
	unsigned char n[4];
	struct in_addr in;
	char reversed[INET6_ADDRSTRLEN];

	if (strlen(labels) >= sizeof(reversed) || inet_pton(AF_INET, labels, &in) != 1)
		return false;
	memcpy(n, &in, sizeof(n));
	snprintf(ret, INET6_ADDRSTRLEN, "%u.%u.%u.%u", n[3], n[2], n[1], n[0]);
	return true;
}

/* Thirty-two hexadecimal digits, last first. */
static bool read_v6(const char *labels, char ret[INET6_ADDRSTRLEN])
{
	struct in6_addr in = { 0 };

	if (strlen(labels) != 63)
		return false;
	for (size_t i = 0; i < 32; i++) {
		char digit[2] = { labels[2 * i], '\0' };
		unsigned value = (unsigned)strtoul(digit, NULL, 16);

		if (!isxdigit((unsigned char)*digit) || (i < 31 && labels[2 * i + 1] != '.'))
			return false;
		in.s6_addr[15 - i / 2] |= (uint8_t)(i % 2 ? value << 4 : value);
	}
	return inet_ntop(AF_INET6, &in, ret, INET6_ADDRSTRLEN) != NULL;
}

static bool read_address(struct zone_question *ret, const char *name)
{
	char labels[PACKET_NAME_MAX];

	if (cut_suffix(name, "in-addr.arpa", labels))
		return read_v4(labels, ret->ip);
	return cut_suffix(name, "ip6.arpa", labels) && read_v6(labels, ret->ip);
}

static const char *skip_label(const char *s)
{
	const char *dot = strchr(s, '.');

	return dot ? dot + 1 : s + strlen(s);
}

static bool read_protocol(struct zone_question *ret, const char *label)
{
	bool is_udp = str_starts_with(label, "_udp.");

	ret->protocol = is_udp ? PORT_UDP : PORT_TCP;
	return is_udp || str_starts_with(label, "_tcp.");
}

/* "_80._tcp." before the name; the name begins where it ends. */
static const char *read_port(struct zone_question *ret, const char *name)
{
	const char *second = skip_label(name);
	uint64_t port = 0;

	if (*name != '_')
		return name;
	ret->ports = ZONE_NO_PORT;
	if (read_protocol(ret, name))
		return second;
	if (!read_protocol(ret, second))
		return name;
	auto_free char *number = xstrndup(name + 1, strcspn(name + 1, "."));

	if (parse_u64(number, &port) && port > 0 && port <= UINT16_MAX)
		ret->ports = ZONE_ONE_PORT;
	ret->port = (uint16_t)port;
	return skip_label(second);
}

void zone_read(struct zone_question *ret, const char *domain, const char *name)
{
	char inside[PACKET_NAME_MAX];

	*ret = (struct zone_question){ .kind = ZONE_OUTSIDE };
	if (!cut_suffix(name, domain, inside)) {
		if (read_address(ret, name))
			ret->kind = ZONE_ADDRESS;
		return;
	}
	ret->kind = ZONE_APEX;
	if (!*inside)
		return;
	ret->kind = ZONE_NODE;
	if (cut_suffix(inside, ZONE_NODES, ret->name))
		return;
	ret->kind = ZONE_THING;
	snprintf(ret->name, sizeof(ret->name), "%s", read_port(ret, inside));
}
