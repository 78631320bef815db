/*
 * net/local.h - what this host could listen on, found out by trying.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum local_kind {
	LOCAL_TCP,
	LOCAL_UDP,
};

/* The IP literal is one of this host's (0.0.0.0 and :: are) and nobody has the port; port 0: some
 * port is free. */
bool local_can_bind(const char *ip, uint16_t port, enum local_kind kind);
/* It is one of this host's own addresses. */
static inline bool local_has_address(const char *ip)
{
	return local_can_bind(ip, 0, LOCAL_UDP);
}
