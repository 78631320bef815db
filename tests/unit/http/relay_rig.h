/*
 * relay_rig.h - a server that relays all that its raw client asks to a raw peer.
 */
#pragma once

#include "http/relay.h"
#include "http/server.h"
#include "peer.h"

#define GET   "GET /x HTTP/1.1\r\nHost: client\r\n\r\n"
#define OK_HI "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

struct rig {
	struct loop *loop;
	struct http_server *server;
	struct endpoint *endpoint;
	int listener;
	struct raw client, peer;
	struct relay relay; /* settings may be changed before the request comes */
	struct exchange *x;
	struct task owner;
	bool keep; /* the owner does not finish the exchange by itself */
};

void rig_start(struct rig *r);
void rig_stop(struct rig *r);
void accept_peer(struct rig *r);
/* The client asks, the peer has the whole head. */
void ask(struct rig *r, const char *request);
void wait_over(struct rig *r);

#define auto_rig __attribute__((cleanup(rig_stop)))
