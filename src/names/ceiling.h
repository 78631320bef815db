/*
 * names/ceiling.h - how many queries a client may make; pure but for its memory.
 *
 * A client is an IPv4 address, or the network of 64 bits that an IPv6 address is in.  It may ask
 * CEILING_PER_S times in a second, as long as it likes, and as many once more after a rest.  Of
 * those who asked, the CEILING_CLIENTS latest are remembered.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/list.h"

enum {
	CEILING_PER_S = 500,
	CEILING_CLIENTS = 4096,
};

struct ceiling {
	struct ceiling_client *clients; /* private; owned */
	struct list by_age;             /* private */
};

void ceiling_init(struct ceiling *c);
void ceiling_finish(struct ceiling *c);
/* It asks once more.  now_ms is monotonic. */
bool ceiling_allows(struct ceiling *c, const struct sockaddr_storage *client, int64_t now_ms);
