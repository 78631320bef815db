/*
 * net/peer.h - who is at the other end of a connection; private to this floor.
 *
 * Learnt once, so that it can still be told when the connection is gone.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

struct peer {
	char *address;     /* "10.0.0.5:41234", "/path" or "unix"; owned */
	char *ip;          /* "" for unix; owned */
	char *certificate; /* subject of a verified one; owned; NULL: none */
	int64_t uid;       /* of a unix peer, else -1 */
	bool is_tcp;
	bool may_serve; /* the verified certificate says so: that of a server, not of a mere client
			 */
};

/* ssl: the finished handshake, or NULL. */
void peer_learn(struct peer *p, int fd, SSL *ssl);
void peer_finish(struct peer *p);
