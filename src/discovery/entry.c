/* discovery/entry.c - host and port, checked as they were always checked. */
#include "discovery/entry.h"

#include <stdint.h>
#include <string.h>

#include "base/parse.h"
#include "base/util.h"
#include "net/address.h"

/* Blanks, control characters and slashes make no host name, whatever the resolver is set to. */
static bool host_is_plausible(const char *host)
{
	if (!*host)
		return false;
	for (const char *c = host; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '/')
			return false;
	}
	return true;
}

bool entry_check_host_port(const char *entry, struct error *err)
{
	auto_free char *host = NULL;
	auto_free char *port = NULL;
	uint64_t number;

	if (!*entry)
		return error_set(err, ERROR_INVALID, "missing port in address");
	if (!parse_host_port(entry, &host, &port, err))
		return false;
	if (!host_is_plausible(host))
		return error_set(err, ERROR_INVALID, "address %s: invalid host '%s'", entry, host);
	/* Classic agents wrote a leading '+' as it came. */
	if (!parse_u64(*port == '+' ? port + 1 : port, &number) || number == 0 ||
		number > UINT16_MAX)
		return error_set(err, ERROR_INVALID, "address %s: invalid port '%s'", entry, port);
	return true;
}

bool entry_check_bytes(const char *entry, size_t len, struct error *err)
{
	if (strlen(entry) != len)
		return error_set(err, ERROR_INVALID, "a NUL byte in the address");
	return entry_check_host_port(entry, err);
}

bool entry_check(const char *entry, struct error *err)
{
	struct address address = { 0 };

	if (!str_starts_with(entry, "unix://"))
		return entry_check_host_port(entry, err);
	if (!address_parse(&address, entry, err))
		return false;
	address_finish(&address);
	return true;
}
