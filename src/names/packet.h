/*
 * names/packet.h - DNS messages: a query out of bytes, and an answer into bytes.
 *
 * The wire format is ldns's; here is what this server makes of it.  Pure, and safe for whatever
 * comes from the network.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PACKET_NAME_MAX = 256, /* of a name as text, with its end */
	PACKET_UDP_MIN = 512,  /* what every client takes */
	PACKET_UDP_MAX = 1232, /* what no path cuts in pieces, as servers agree on */
	PACKET_TCP_MAX = 65535,
	PACKET_RECORDS_MAX = 100, /* of an answer; what is more comes by turns */
};

/* The numbers of the protocol. */
enum packet_type {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_ANY = 255,
};

enum packet_code {
	CODE_OK = 0,
	CODE_FORMAT = 1,
	CODE_NO_NAME = 3, /* NXDOMAIN */
	CODE_NOT_IMPLEMENTED = 4,
	CODE_REFUSED = 5,
	CODE_VERSION = 16, /* of EDNS */
};

struct packet_query {
	void *packet;               /* private; owned */
	char name[PACKET_NAME_MAX]; /* in lower case, without the last dot; "" is the root.  A byte
				       that is no part of a host's name is escaped by a backslash.
				     */
	uint16_t type;              /* enum packet_type, or any other */
	size_t udp_max;             /* bytes of an answer by UDP */
	enum packet_code fault;     /* CODE_OK: there is a question; else all that can be said */
};

/* False: not even an error is to be sent back.  Else packet_query_finish ends it. */
bool packet_query_parse(struct packet_query *ret, const uint8_t *data, size_t len);
void packet_query_finish(struct packet_query *q);

enum packet_section {
	SECTION_ANSWER,
	SECTION_AUTHORITY,
	SECTION_ADDITIONAL,
};

struct packet_record {
	uint8_t section;              /* enum packet_section */
	uint16_t type;                /* enum packet_type, but ANY */
	char owner[PACKET_NAME_MAX];  /* "": the name that was asked */
	char target[PACKET_NAME_MAX]; /* NS, SOA, PTR, SRV: as text, without the last dot */
	struct in6_addr address;      /* A (its first four bytes), AAAA */
	uint16_t port;                /* SRV */
};

struct packet_answer {
	enum packet_code code;
	bool is_ours; /* said with authority */
	uint32_t ttl_s;
	struct packet_record *records; /* owned */
	size_t count, cap;
};

/* A zeroed one, to be filled. */
struct packet_record *packet_answer_add(struct packet_answer *a);
void packet_answer_finish(struct packet_answer *a);
/* The message, of at most max bytes, which the caller frees.  One that would be longer is cut to
 * none of its records, and says so, that the client may ask by TCP.  NULL: there is none that can
 * be sent. */
uint8_t *packet_write(
	const struct packet_query *q, const struct packet_answer *a, size_t max, size_t *ret_len);
