/*
 * docker/port.h - published ports, as something that two containers can fight over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum port_protocol {
	PORT_TCP,
	PORT_UDP,
	PORT_SCTP,
};

struct port_use {
	uint8_t protocol;     /* enum port_protocol */
	bool any_address;     /* "", 0.0.0.0 or :: */
	uint16_t first, last; /* host ports, a range of one mostly; 0 = the engine chooses,
				 conflicts with nothing */
	uint16_t inside;      /* of a container that was inspected: its own port; else 0 */
	const char *address;  /* interned, as requested; "" when none */
};

/* Number, protocol and address (an unspecified address meets every one) overlap. */
bool port_use_conflicts(const struct port_use *a, const struct port_use *b);
/* "80/tcp", "53/udp", "8000-8010" -> container port range and protocol (default tcp). */
bool port_parse(
	const char *s, uint16_t *ret_first, uint16_t *ret_last, enum port_protocol *ret_protocol);
/* "8080" or "8000-8010"; "" gives 0. */
bool port_range_parse(const char *s, uint16_t *ret_first, uint16_t *ret_last);
